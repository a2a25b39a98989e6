#!/bin/sh
# cancel.sh - the programs of tests/run, their main polled from its root, and dropped at each suspension in turn.
#
#     sh tests/diff/cancel.sh [PATTERN]
#
# Compiled under ASan and UBSan: nothing may leak, be dropped twice or be touched after it was dropped. A program with
# more than $CANCEL_POINTS suspensions of main (30 by default) is dropped at that many of them. `// cancel: no: REASON`
# among its first ten lines exempts a program. Used by the stage diff.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh
WORK=${WORK:-$(mktemp -d)}
ASYNCC=${ASYNCC:-build/bin/asyncc}

build()
{
    files=
    for file in $sources; do
        if grep -q '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]asyncc/async\.h[>"]' "$file"; then
            out=$T/$(basename "$file" .c).out.c
            "$ASYNCC" "$file" -o "$out" $(directive asyncc "$main") -- -Iinclude -Itests/run "-I$dir" $cflags || return
            file=$out
        fi
        files="$files $file"
    done
    gcc -O1 -w $sanitize -Iinclude -Itests/run "-I$dir" $cflags -Wl,--wrap=async_run_main $files tests/diff/cancel.c \
        "$lib" -lpthread -lm -o "$T/program"
}

uncancelled()
{
    timeout 20 "$T/program" $arguments >"$T/stdout" 2>"$T/stderr"
    got=$?
    [ $got -eq "$status" ] || { echo "exit status $got, not $status"; tail -n 5 "$T/stdout" "$T/stderr"; return 1; }
    [ ! -e "$expected" ] || diff -u "$expected" "$T/stdout"
}

cancelled()
{
    step=$((count / ${CANCEL_POINTS:-30} + 1))
    k=1
    while [ $k -le "$count" ]; do
        CANCEL_AT=$k timeout 20 "$T/program" $arguments >"$T/stdout" 2>"$T/stderr"
        got=$?
        case $got in
        99 | 124 | 13[0-9])
            echo "CANCEL_AT=$k: exit status $got"
            tail -n 30 "$T/stderr"
            return 1
            ;;
        esac
        k=$((k + step))
    done
}

if [ "${2:-}" = --one ]; then
    main=$1
    sources=$main
    dir=$(dirname "$main")
    name=$(basename "$main" .c)
    expected=${main%.c}.out
    case $main in
    */main.c)
        sources=$(echo "$dir"/*.c)
        name=$(basename "$dir")
        [ -e "$expected" ] || expected=$dir.out
        ;;
    esac
    scratch "diff-cancel/$name"
    cflags=$(directive cflags "$main")
    arguments=$(directive args "$main")
    status=$(directive exit "$main")
    : "${status:=0}"
    reason=$(directive cancel "$main")
    case $reason in
    "") ;;
    no:*) skip "diff/cancel/$name: ${reason#no: }"; exit 0 ;;
    *) fail "diff/cancel/$name: the directive is 'cancel: no: REASON'"; exit 0 ;;
    esac
    if check "diff/cancel/$name: builds" build && check "diff/cancel/$name: polled from its root" uncancelled; then
        count=$(tail -n 1 "$T/stderr")
        case $count in
        *[!0-9]* | "") skip "diff/cancel/$name: its main is a plain function" ;;
        *) check "diff/cancel/$name: dropped at each of $count suspensions" cancelled ;;
        esac
    fi
    exit 0
fi

scratch diff-cancel
lib=$T/libasyncc.a
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
export WORK ASYNCC lib JOBS
check "diff/cancel: the runtime" sanitized_runtime gcc "$T" || exit 1
for main in tests/run/*.c tests/run/*/main.c; do
    case $main in
    */main.c) name=$(basename "${main%/main.c}") ;;
    *) name=$(basename "$main" .c) ;;
    esac
    case $name in
    ${1:-*}) echo "$main" ;;
    esac
done | xargs -I '{}' -P "$JOBS" sh "$0" '{}' --one
exit 0
