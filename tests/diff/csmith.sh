#!/bin/sh
# csmith.sh - random programs by csmith, converted to async ones, must compute what they computed before.
#
#     sh tests/diff/csmith.sh [COUNT [SEED]]       programs of the seeds SEED ... SEED + COUNT - 1; 20 and 1 by default
#     KEEP=DIR sh tests/diff/csmith.sh 1 4711      leaves all files of the program in DIR
#
# From the environment: ASYNCC (build/bin/asyncc), JOBS (all processors), CSMITH_FLAGS, CONVERT_FLAGS. Each program is compiled by gcc -O0 as it is,
# which is the reference; converted by convert.py; translated; compiled by gcc -O2, clang -O0, and for every fourth by
# gcc or clang under ASan and UBSan; run with all, no and random suspensions; and cancelled at several of them.
#
# Prints a line for each program that fails, a table of the kinds, and last `N passed, N failed`. The files of failing
# programs stay in the directory it names. Programs that csmith made too slow, or whose result already depends on the
# compiler, are skipped.

set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
ulimit -c 0

# ---- One program -------------------------------------------------------------------------------------------

command_of() # gcc or clang, which may be called clang-14
{
    [ "$1" = gcc ] && echo gcc || echo "$CLANG"
}

# result KIND [WHAT] - the program's line, and the end
result()
{
    printf '%s %s %s\n' "$1" "$seed" "${2:-}"
    [ "$1" != ok ] && [ "$1" != skip ] || [ -n "${KEEP:-}" ] || rm -rf "$T"
    exit 0
}

# The files of a program by itself, for compiling and running it again.
plain()
{
    "$@" -w -I"$csmith" program.c -o plain.other -lm 2>/dev/null && timeout 5 ./plain.other 1 >plain.other.out 2>&1
}

# agree PROGRAM SCHEDULE - runs it; its output must be the reference's.
agree()
{
    DT_SCHEDULE=$2 DT_COUNT=1 timeout 60 "./$1" 1 >"$1.$2.out" 2>"$1.$2.err"
    status=$?
    if [ $status -eq 124 ]; then
        result hang "$1 with DT_SCHEDULE=$2"
    elif ! tail -n 1 "$1.$2.err" | grep -q '^[0-9][0-9]*$'; then
        result crash "$1 with DT_SCHEDULE=$2: exit status $status"
    elif ! cmp -s "$1.$2.out" expected; then
        # Is it the program that has no single meaning?
        for reference in "gcc -O2" "$CLANG -O0" "$CLANG -O2" \
            "gcc -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all"; do
            plain $reference
            cmp -s plain.other.out expected || result skip "plain $reference disagrees with plain gcc -O0"
        done
        result DIFFERENT "$1 with DT_SCHEDULE=$2"
    fi
}

# cancelled PROGRAM SUSPENSION
cancelled()
{
    DT_SCHEDULE=always DT_CANCEL=$2 timeout 60 "./$1" >"$1.cancel.out" 2>"$1.cancel.err"
    status=$?
    [ $status -eq 0 ] || result cancel "$1 with DT_CANCEL=$2: exit status $status"
}

compile()
{
    out=$1
    shift
    lib=$1
    shift
    "$@" -Wall -Wextra -Werror=implicit-function-declaration -I"$csmith" -I"$root" -I"$root/include" program.out.c "$lib" -lpthread -lm -o "$out" \
        >"$out.log" 2>&1 || result compile "$*"
}

one()
{
    seed=$1
    T=$diff_work/$seed
    rm -rf "$T"
    mkdir -p "$T"
    cd "$T" || exit 1
    flags="--max-funcs $((3 + seed % 5)) --max-block-depth $((3 + seed % 3)) --max-expr-complexity $((4 + seed % 7))"
    [ $((seed % 3)) -ne 0 ] || flags="$flags --inline-function"
    [ $((seed % 5)) -ne 0 ] || flags="$flags --float"
    [ $((seed % 7)) -ne 0 ] || flags="$flags --max-pointer-depth 3 --max-struct-fields 4"
    timeout 20 csmith --seed "$seed" $flags ${CSMITH_FLAGS:-} -o program.c >csmith.log 2>&1 || result skip "csmith does not end"
    gcc -O0 -w -I"$csmith" program.c -o plain -lm >plain.log 2>&1 || result skip "gcc refuses it"
    timeout 2 ./plain 1 >expected 2>/dev/null || result skip "it does not end"

    python3 "$here/convert.py" --seed "$seed" ${CONVERT_FLAGS:-} program.c -o program.async.c 2>convert.log || result convert
    timeout 60 "$ASYNCC" program.async.c -o program.out.c -- -I"$csmith" -I"$root" -I"$root/include" >asyncc.log 2>&1
    case $? in
    0) ;;
    1) result refused "$(grep -m 1 'error:' asyncc.log)" ;;
    *) result fault "$(tail -n 1 asyncc.log)" ;;
    esac

    compile gcc-O2 "$LIB" gcc -O2
    compile clang-O0 "$LIB" $CLANG -O0
    for program in gcc-O2 clang-O0; do
        agree $program always
        agree $program never
        agree $program "$seed"
    done
    if [ $((seed % 4)) -eq 0 ]; then
        cc=gcc
        [ $((seed % 8)) -eq 0 ] || cc=clang
        compile sanitized "$diff_work/$cc/libasyncc.a" "$(command_of $cc)" -O1 -g -fsanitize=address,undefined \
            -fno-sanitize=alignment,float-cast-overflow -fno-sanitize-recover=all
        agree sanitized always
        agree sanitized "$seed"
        program=sanitized
    else
        program=gcc-O2
    fi
    count=$(tail -n 1 $program.always.err)
    [ "$count" -eq 0 ] || for k in 1 2 $((count / 3)) $((count / 2)) $((count - 1)) "$count" $((seed * 7919 % count + 1)); do
        [ "$k" -lt 1 ] || cancelled $program "$k"
    done
    # New kinds of warnings, against those the plain program gives; but not those that come and go with what the
    # compiler knows of values, nor gcc's -Wsequence-point, which takes the address of a member for a use of its value.
    gcc -O2 -Wall -Wextra -I"$csmith" program.c -o plain -lm 2>&1 | grep -o '\[-W[^]]*\]' | sort -u >warnings.plain
    grep -o '\[-W[^]]*\]' gcc-O2.log | sort -u | comm -13 warnings.plain - |
        grep -v -x -e '\[-Wtautological-compare]' -e '\[-Waddress]' -e '\[-Wtype-limits]' -e '\[-Wunused-value]' -e '\[-Woverflow]' \
            -e '\[-Wsign-compare]' -e '\[-Wbool-compare]' -e '\[-Wint-in-bool-context]' \
            -e '\[-Warray-bounds]' -e '\[-Wsequence-point]' -e '\[-Wdangling-pointer=]' -e '\[-Wdangling-pointer]' \
            -e '\[-Wparentheses]' -e '\[-Wbool-operation]' -e '\[-Wunused-but-set-variable]' \
            >warnings.new
    [ ! -s warnings.new ] || result warning "gcc: $(tr '\n' ' ' <warnings.new)"
    result ok "$count"
}

# ---- All of them ---------------------------------------------------------------------------------------------

if [ "${1:-}" = --one ]; then
    one "$2"
fi

count=${1:-20}
first=${2:-1}
root=$(cd "$here/../.." && pwd)
ASYNCC=${ASYNCC:-$root/build/bin/asyncc}
LIB=${LIB:-$(dirname "$ASYNCC")/../lib/libasyncc.a}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
csmith=/usr/include/csmith
KEEP=${KEEP:-}
ASAN_OPTIONS=detect_stack_use_after_return=1
UBSAN_OPTIONS=print_stacktrace=1
CLANG=$(command -v clang || command -v clang-14 || echo clang)
for tool in csmith gcc "$CLANG" python3 "$ASYNCC"; do
    command -v "$tool" >/dev/null || { echo "No '$tool' on this system." >&2; exit 2; }
done
[ -f $csmith/csmith.h ] || { echo "No csmith.h: install libcsmith-dev." >&2; exit 2; }
if [ -n "$KEEP" ]; then
    mkdir -p "$KEEP"
    diff_work=$(cd "$KEEP" && pwd)
else
    diff_work=$(mktemp -d)
fi
export CLANG here root ASYNCC LIB csmith diff_work KEEP ASAN_OPTIONS UBSAN_OPTIONS

for cc in gcc clang; do
    mkdir -p "$diff_work/$cc"
    for file in "$root"/runtime/*.c; do
        $(command_of $cc) -O1 -g -fsanitize=address,undefined -I"$root/include" -I"$root/runtime" -c "$file" \
            -o "$diff_work/$cc/$(basename "$file" .c).o" || exit 1
    done
    rm -f "$diff_work/$cc/libasyncc.a"
    ar rcs "$diff_work/$cc/libasyncc.a" "$diff_work/$cc"/*.o
done

seq "$first" $((first + count - 1)) | xargs -n 1 -P "$JOBS" sh "$0" --one |
    tee "$diff_work/results" | grep --line-buffered -v '^ok '

echo
awk '{ n[$1]++ } END { for (kind in n) printf "%6d %s\n", n[kind], kind }' "$diff_work/results" | sort -rn
passed=$(grep -c '^ok ' "$diff_work/results")
skipped=$(grep -c '^skip ' "$diff_work/results")
failed=$((count - passed - skipped))
suspensions=$(awk '/^ok / { n += $3 } END { print n + 0 }' "$diff_work/results")
echo "$suspensions suspensions in those that passed; $skipped skipped"
if [ "$failed" -gt 0 ] || [ -n "$KEEP" ]; then
    echo "The files are in $diff_work"
else
    rm -rf "$diff_work"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
