# golden - tests/golden/NAME.c is translated to exactly NAME.expected.c, by every libclang, and that compiles without
# a warning. Line 1 says how: `// asyncc: ASYNCC-FLAGS [-- CC-FLAGS]`. NAME.passes is what each pass leaves, as
# --dump=PASS prints it. BLESS=1 rewrites what is expected.
. tests/lib.sh
if [ $# -eq 0 ]; then
    set --
    for file in tests/golden/*.c; do
        case $file in
        *.expected.c)
            [ -e "${file%.expected.c}.c" ] || fail "golden: $file has no source" ;;
        *) set -- "$@" "$file" ;;
        esac
    done
    each_case "$@"
    exit
fi

source=$1
base=${source%.c}
name=${base##*/}
scratch "golden/$name"
if ! head -n 1 "$source" | grep -q '^// asyncc:'; then
    fail "golden/$name: line 1 is no '// asyncc: FLAGS'"
    exit 0
fi
split_flags $(directive asyncc "$source")

# translate PATH OUT [FLAG...]
translate()
{
    program=$1
    out=$2
    shift 2
    run_tool "$program" "$source" -o "$out" --no-line "$@" $tool_flags -- $cc_flags
}

# compare WHAT EXPECTED ACTUAL
compare()
{
    if [ -n "$BLESS" ]; then
        cp "$3" "$2"
    fi
    check "golden/$name: $1" diff -u "$2" "$3"
}

if check "golden/$name: translates" translate "$ASYNCC" "$T/out.c"; then
    compare output "$base.expected.c" "$T/out.c"
    for other in $OTHER_TOOLS; do
        tool=$(tool_name "$other")
        translate "${other#*:}" "$T/$tool.c" >"$T/$tool.log" 2>&1 || fail "golden/$name: $tool" "$T/$tool.log"
        check "golden/$name: same output by $tool" diff -u "$T/out.c" "$T/$tool.c"
    done
fi
if [ -f "$base.expected.c" ]; then
    for cc in gcc "$CLANG"; do
        check "golden/$name: compiles with ${cc##*/}" \
            $cc -std=c11 $warnings -Iinclude $cc_flags -c "$base.expected.c" -o "$T/out.o"
    done
    reason=$(directive no-tcc "$source")
    if [ -z "$TCC" ]; then
        skip "golden/$name: tcc is not installed"
    elif [ -n "$reason" ]; then
        skip "golden/$name: tcc: $reason"
    else
        check "golden/$name: compiles with tcc" "$TCC" -Iinclude $cc_flags -c "$base.expected.c" -o "$T/out.o"
    fi
fi

# The debug build verifies between the passes, too.
passes()
{
    for pass in front expand check lower flow layout; do
        printf '%s %s\n' '=====' "$pass"
        translate "$1" - --dump="$pass" || return
    done
}

passes "$ASYNCC" >"$T/out.passes" 2>"$T/log" || fail "golden/$name: --dump" "$T/log"
compare "every pass" "$base.passes" "$T/out.passes"
exit 0
