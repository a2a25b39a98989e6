# run - tests/run/NAME.c, or all C files of tests/run/NAME/ together, translated, compiled in several ways and run.
# The output must be NAME.out, if that exists, and the exit status 0, within 20 seconds. Among the first ten lines
# (of NAME/main.c, for a directory) may stand
#     // cflags: FLAGS      for the translation and the compilers
#     // asyncc: FLAGS      for asyncc
#     // args: WORDS        the program's arguments
#     // exit: N            the exit status, instead of 0
#     // no-tcc: REASON     tcc lacks something the source itself uses
. tests/lib.sh
if [ $# -eq 0 ]; then
    for cc in gcc "$CLANG"; do
        scratch "run-lib-${cc##*/}"
        check "run: the runtime under ASan and UBSan, by ${cc##*/}" sanitized_runtime "$cc" "$T" || exit 1
    done
    IO_URING=
    if io_uring_works; then
        IO_URING=yes
    else
        skip "run: io_uring: it is refused here"
    fi
    export IO_URING
    set -- tests/run/*.c
    for dir in tests/run/*/; do
        [ -d "$dir" ] && set -- "$@" "${dir%/}"
    done
    each_case "$@"
    exit
fi

name=$(basename "$1" .c)
scratch "run/$name"
if [ -d "$1" ]; then
    sources=$(echo "$1"/*.c)
    main=$1/main.c
    include="-Iinclude -I$1"
    expected=$1/main.out
    [ -e "$expected" ] || expected=$1.out
else
    sources=$1
    main=$1
    include="-Iinclude -Itests/run"
    expected=${1%.c}.out
fi
cflags=$(directive cflags "$main")
arguments=$(directive args "$main")
status=$(directive exit "$main")
: "${status:=0}"

is_async()
{
    grep -q '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]asyncc/async\.h[>"]' "$1"
}

# translate PATH DIR - all async sources, to DIR/NAME.out.c
translate()
{
    mkdir -p "$2"
    for file in $sources; do
        is_async "$file" || continue
        run_tool "$1" "$file" -o "$2/$(basename "$file" .c).out.c" $(directive asyncc "$main") \
            -- $include $cflags || return
    done
}

# compile CC... - what was translated, and the plain sources, to $T/program
compile()
{
    files=
    for file in $sources; do
        if is_async "$file"; then
            files="$files $T/$(basename "$file" .c).out.c"
        else
            files="$files $file"
        fi
    done
    "$@" $include "-I$(dirname "$main")" $cflags $files "$lib" -lpthread -lm -o "$T/program"
}

run_program()
{
    timeout 20 "$T/program" $arguments >"$T/stdout"
    got=$?
    [ $got -ne 124 ] || echo "still running after 20 seconds"
    [ $got -eq "$status" ] || { echo "exit status $got, not $status"; tail -n 5 "$T/stdout"; return 1; }
    [ ! -e "$expected" ] || diff -u "$expected" "$T/stdout"
}

# try WHAT CC... - compiles and runs; one check
try()
{
    what=$1
    shift
    rm -f "$T/program"
    both()
    {
        compile "$@" && run_program
    }
    check "run/$name: $what" both "$@"
}

if ! check "run/$name: translates" translate "$ASYNCC" "$T"; then
    exit 0
fi
for other in $OTHER_TOOLS; do
    tool=$(tool_name "$other")
    [ "$tool" != sanitized ] || continue
    translate "${other#*:}" "$T/$tool" >"$T/$tool.log" 2>&1 || fail "run/$name: $tool" "$T/$tool.log"
    for file in "$T"/*.out.c; do
        check "run/$name: same $(basename "$file") by $tool" diff -u "$file" "$T/$tool/$(basename "$file")"
    done
done

# layouts PATH - what the futures hold, in both forms
layouts()
{
    for file in $sources; do
        is_async "$file" || continue
        for form in layout layout,json; do
            run_tool "$1" "--emit=$form" "$file" -o "$T/$form" $(directive asyncc "$main") -- $include $cflags || return
        done
    done
}
for other in $OTHER_TOOLS; do
    [ "$(tool_name "$other")" != sanitized ] || check "run/$name: layout, sanitized" layouts "${other#*:}"
done

lib=$WORK/run-lib-gcc/libasyncc.a
if try "gcc -O0, sanitized" gcc -O0 $warnings $sanitize && [ -n "$IO_URING" ]; then
    (ASYNCC_REACTOR=io_uring; export ASYNCC_REACTOR
     check "run/$name: gcc -O0, sanitized, io_uring" run_program)
fi
lib=$WORK/run-lib-${CLANG##*/}/libasyncc.a
try "clang -O2, sanitized" "$CLANG" -O2 $warnings $sanitize
lib=$LIB
try "gcc -O2" gcc -O2 $warnings
reason=$(directive no-tcc "$main")
if [ -z "$TCC" ]; then
    skip "run/$name: tcc is not installed"
elif [ -n "$reason" ]; then
    skip "run/$name: tcc: $reason"
else
    lib=$BUILD/lib/libasyncc.so # tcc cannot link the thread-local data of an archive
    LD_LIBRARY_PATH=$BUILD/lib
    export LD_LIBRARY_PATH
    try tcc "$TCC"
fi
exit 0
