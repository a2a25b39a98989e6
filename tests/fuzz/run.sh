#!/bin/sh
# run.sh - fuzzes the compiler with mutated programs.
#
#     sh tests/fuzz/run.sh [EXECUTIONS [SEED]]     100,000 by default; the seed is the time
#     sh tests/fuzz/run.sh try FILE...             what is wrong with each
#     sh tests/fuzz/run.sh reduce FILE OUT         a smaller program that is wrong in the same way
#
# Builds the compiler with clang, ASan, UBSan and coverage counters into build-fuzz/, or the directory in $FUZZ_DIR. What
# was found is in findings/ there, the programs that reached something new in queue/, where the next run goes on.
# FUZZ_COMPILE=0 leaves out compiling the translations. fuzz.c says what counts as a finding. Exits with 0 if there was none.

set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
CLANG=$(command -v clang-14 || command -v clang)
CONFIG=$(command -v llvm-config-14 || command -v llvm-config)
dir=${FUZZ_DIR:-build-fuzz}
mkdir -p "$dir/bin"
dir=$(cd "$dir" && pwd)
ln -sfn "$PWD/include" "$dir/include"

common="-std=gnu11 -g -O1 -Wall -Wextra -fno-omit-frame-pointer -I$($CONFIG --includedir) -DFUZZ_CLANG=\"${CLANG##*/}\""
checked="-fsanitize=${FUZZ_SANITIZE-address,undefined} -fno-sanitize-recover=all"
objects=
for file in compiler/*.c tests/fuzz/*.c; do
    object=$dir/$(echo "$file" | tr / -).o
    objects="$objects $object"
    newer=$(find compiler tests/fuzz -name '*.[ch]' -newer "$object" 2>/dev/null | head -n 1) || newer=yes
    [ -e "$object" ] && [ -z "$newer" ] && continue
    case $file in
    compiler/*) flags="$checked -fsanitize-coverage=inline-8bit-counters -Dmain=asyncc_main" ;;
    *) flags= ;;
    esac
    "$CLANG" $common $flags -c "$file" -o "$object"
done
"$CLANG" $checked $objects -Wl,--wrap=mem_alloc "-L$($CONFIG --libdir)" "-Wl,-rpath,$($CONFIG --libdir)" -lclang -lpthread \
    -o "$dir/bin/fuzz"

ASAN_OPTIONS=detect_leaks=0:exitcode=99:quarantine_size_mb=1:malloc_context_size=4
UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS
case ${1:-} in
try | reduce) exec "$dir/bin/fuzz" "$@" ;;
esac
seed=${2:-$(date +%s)}
echo "seed $seed"
exec nice -n 10 "$dir/bin/fuzz" run "$dir" "${1:-100000}" "$seed" tests/run/*.c tests/run/*/*.c tests/golden/[!.]*.c \
    tests/reject/*.c examples/*.c tests/fuzz/corpus/*.c
