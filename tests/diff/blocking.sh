#!/bin/sh
# blocking.sh - the programs of tests/run as plain blocking C: they must print what they print as async ones.
#
#     sh tests/diff/blocking.sh [PATTERN]
#
# gcc compiles them with -DASYNCC_BLOCKING and blocking.h, untranslated. A program with the directive
# `// blocking: no: REASON` among its first ten lines is exempt: because it cancels or selects, or because it looks at the
# order of evaluation, which C leaves open and asyncc fixes. Used by the stage diff; needs no asyncc.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh
WORK=${WORK:-$(mktemp -d)}
scratch diff-blocking

blocking()
{
    rm -f "$T/program"
    gcc -O1 -g -w -fsanitize=address,undefined -fno-sanitize-recover=all -DASYNCC_BLOCKING \
        -include tests/diff/blocking.h -Iinclude "-I$T/run" "-I$(dirname "$main")" $cflags $sources -lm -o "$T/program" ||
        return
    timeout 20 "$T/program" $arguments >"$T/stdout"
    got=$?
    [ $got -eq "$status" ] || { echo "exit status $got, not $status"; tail -n 5 "$T/stdout"; return 1; }
    diff -u "$expected" "$T/stdout"
}

# In this view a defer takes a block.
cp -r tests/run "$T/run"
find "$T/run" -name '*.[ch]' -exec sed -i 's/\([[:space:]]\)defer \([^{;][^;]*;\)/\1defer { \2 }/' {} +

for main in "$T"/run/*.c "$T"/run/*/main.c; do
    sources=$main
    name=$(basename "$main" .c)
    expected=${main%.c}.out
    case $main in
    */main.c)
        sources=$(echo "${main%/main.c}"/*.c)
        name=$(basename "${main%/main.c}")
        [ -e "$expected" ] || expected=${main%/main.c}.out
    esac
    case $name in
    ${1:-*}) ;;
    *) continue ;;
    esac
    cflags=$(directive cflags "$main")
    arguments=$(directive args "$main")
    status=$(directive exit "$main")
    : "${status:=0}"
    reason=$(directive blocking "$main")
    case $reason in
    "") check "diff/blocking/$name" blocking ;;
    no:*) skip "diff/blocking/$name: ${reason#no: }" ;;
    *) fail "diff/blocking/$name: the directive is 'blocking: no: REASON'" ;;
    esac
done
exit 0
