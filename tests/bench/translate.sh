#!/bin/sh
# translate.sh - what a translation costs, and how that grows.
#
#     sh tests/bench/translate.sh            all of it
#     sh tests/bench/translate.sh ratio      only the ratios to clang -fsyntax-only
#     sh tests/bench/translate.sh growth     only the growth
#
# A ratio is asyncc to `clang -fsyntax-only`, process against process, on the same file and the same libclang version.
# Gates are about processor time, user and system, the median of ROUNDS interleaved rounds; instructions (callgrind,
# repeatable) are reported. Growth is in processor time and peak memory less those for an empty file: the
# cost of doubling, between two sizes, is (what it grew by) ^ (log 2 / log (what the size grew by)).
# The exit status is 1 if a gate is missed. ASYNCC is the compiler under test, CLANG its clang.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
W=${BENCH_WORK:-$PWD/build-test/bench}
ASYNCC=${ASYNCC:-build-test/release/bin/asyncc}
CLANG=${CLANG:-clang-14}
ROUNDS=${ROUNDS:-31}
missed=0

for tool in "$ASYNCC" "$CLANG" valgrind cc; do
    command -v "$tool" >/dev/null || { echo "No '$tool'. See the head of $0." >&2; exit 2; }
done
mkdir -p "$W/headers"
cc -O2 -Wall -Wextra -o "$W/cpu" tests/bench/cpu.c || exit 2

# ---- Inputs ------------------------------------------------------------------------------------------------

# The 50 headers: types, constants, prototypes and small functions.
headers()
{
    awk -v "dir=$W/headers" 'BEGIN {
        for (h = 0; h < 50; h++) {
            file = dir "/h" h ".h"
            printf "#ifndef H%d_H\n#define H%d_H\n", h, h >file
            for (i = 0; i < 12; i++) {
                printf "#define H%d_LIMIT_%d %d\n", h, i, i * h + 1 >file
                printf "struct h%d_item_%d {\n    int key;\n    char name[32];\n    struct h%d_item_%d *next;\n};\n",
                    h, i, h, i >file
                printf "int h%d_compare_%d(const struct h%d_item_%d *a, const struct h%d_item_%d *b);\n",
                    h, i, h, i, h, i >file
                printf "static inline int h%d_key_%d(const struct h%d_item_%d *item)\n{\n", h, i, h, i >file
                printf "    return item ? item->key : H%d_LIMIT_%d;\n}\n", h, i >file
            }
            printf "#endif\n" >file
            close(file)
        }
    }'
}

# functions COUNT MACROS INCLUDES EVERY - COUNT functions of 20 lines, one in EVERY of them async; MACROS of the awaits
# are in a macro
functions()
{
    echo '#include <asyncc/async.h>'
    echo '#include <asyncc/task.h>'
    echo '#include <asyncc/time.h>'
    awk -v "n=$1" -v "macros=$2" -v "includes=$3" -v "every=$4" 'BEGIN {
        last = "first"
        for (h = 0; h < includes; h++)
            printf "#include \"headers/h%d.h\"\n", h
        print "#define TRY(e) do { int r_ = await e; if (r_ < 0) return r_; total += r_; } while (0)"
        print "static async int first(int n)\n{\n    await async_sleep_ms(1);\n    return n;\n}"
        for (i = 0; i < n; i++) {
            is_async = i % every == 0
            printf "\n// Does a bit of work%s.\n", is_async ? ", and waits for the one before" : ""
            printf "%sint work_%d(int n)\n{\n    int total = 0;\n", is_async ? "static async " : "", i
            print "    for (int i = 0; i < n; i++) {"
            print "        if (i % 3 == 1)\n            continue;"
            print "        total += i * (n - i);\n    }"
            if (is_async && macros > 0)
                printf "    TRY(%s(n - 1));\n", last
            else
                printf "    total += %s(n - 1);\n", is_async ? "await " last : "-"
            if (macros-- > n)
                printf "    TRY(%s(n - 2));\n", last
            print "    switch (total & 3) {\n    case 0:\n        total++;\n        break;\n    default:"
            print "        total += n;\n    }\n    return total;\n}"
            if (is_async)
                last = "work_" i
        }
        printf "async int all(void)\n{\n    return await %s(7);\n}\n", last
    }'
}

# awaits COUNT - one function with as many awaits
awaits()
{
    functions 0 0 0 1
    awk -v "n=$1" 'BEGIN {
        print "async int many(int n)\n{\n    int total = n;"
        for (i = 0; i < n; i++)
            printf "    total += await first(total + %d);\n", i
        print "    return total;\n}"
    }'
}

# locals COUNT - one function with as many locals that live across an await
locals()
{
    functions 0 0 0 1
    awk -v "n=$1" 'BEGIN {
        print "int value(int);\nasync int many(int n)\n{\n    int total = 0;"
        for (i = 0; i < n; i++)
            printf "    int v%d = value(n + %d);\n", i, i
        print "    total += await first(n);"
        for (i = 0; i < n; i++)
            printf "    total += v%d;\n", i
        print "    return total;\n}"
    }'
}

# ---- Measuring ---------------------------------------------------------------------------------------------

# collected COMMAND... - its instructions
collected()
{
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

verdict()
{
    if awk -v "a=$1" -v "b=$2" 'BEGIN { exit !(a <= b) }'; then
        verdict=held
    else
        verdict=MISSED
        missed=$((missed + 1))
    fi
}

# compare WHAT GATE FILE FLAG...; GATE may be `none`
compare()
{
    what=$1 gate=$2 file=$3
    shift 3
    ours=$(collected "$ASYNCC" "$file" -o "$W/t.out.c" -- "$@")
    clangs=$(collected "$CLANG" -fsyntax-only "$@" "$file")
    ratio=$(awk -v "a=$ours" -v "b=$clangs" 'BEGIN { printf "%.3f", a / b }')
    set -- $("$W/cpu" "$ROUNDS" "$ASYNCC" "$file" -o "$W/t.out.c" -- "$@" VERSUS "$CLANG" -fsyntax-only "$@" "$file")
    verdict=
    [ "$gate" = none ] || verdict "$5" "$gate"
    printf '%-42s %5s lines  time %s (%s / %s ms)  gate %-5s %-7s instructions %s\n' "$what" \
        "$(wc -l <"$file")" "$5" "$1" "$3" "$gate" "$verdict" "$ratio"
}

# grow WHAT GENERATOR SIZE... - gates the last step
grow()
{
    what=$1 generator=$2
    shift 2
    last=$(($# - 1))
    step=0
    before=
    for size; do
        file=$W/grow.c
        $generator "$size" $extra >"$file"
        rounds=9
        [ "$size" -lt 10000 ] || rounds=3
        measured=$("$W/cpu" $rounds "$ASYNCC" "$file" -o "$W/t.out.c" -- -Iinclude) || {
            printf '%-42s %6s  failed\n' "$what" "$size"
            missed=$((missed + 1))
            return
        }
        if [ -z "$before" ]; then
            printf '%-42s %6s  %9s ms %8s KiB\n' "$what" "$size" $measured
        else
            costs=$(echo "$before $measured $base $size" | awk '{
                power = log(2) / log($8 / $1)
                printf "%.2f %.2f\n", over($4, $2, $6, 0.5) ^ power, over($5, $3, $7, 500) ^ power }
                # The growth from b to a, both over the base c; what is less than d is noise.
                function over(a, b, c, d)
                {
                    return (a - c > d ? a - c : d) / (b - c > d ? b - c : d)
                }')
            set_costs $costs
            if [ $step -eq $last ]; then
                verdict "$time_cost" 2.2
                of_time=$verdict
                verdict "$memory_cost" 2.2
                [ "$of_time" = held ] || verdict=$of_time
            else
                verdict=
            fi
            printf '%-42s %6s  %9s ms %8s KiB  a doubling: %s time, %s memory  %s\n' "$what" "$size" \
                $measured "$time_cost" "$memory_cost" "$verdict"
        fi
        before="$size $measured"
        step=$((step + 1))
    done
}

set_costs()
{
    time_cost=$1 memory_cost=$2
}

ratios()
{
    echo "# asyncc to $CLANG -fsyntax-only"
    compare "a small file (examples/echo_server.c)" 1.1 examples/echo_server.c -Iinclude
    headers
    functions 247 0 50 4 >"$W/large.c"
    compare "5,000 lines, 50 headers, 1 in 4 async" 1.25 "$W/large.c" -Iinclude
    functions 247 0 50 1 >"$W/dense.c"
    compare "the same, every function async" none "$W/dense.c" -Iinclude
    functions 247 400 50 1 >"$W/macros.c"
    compare "the same with 400 macros opened" 2.5 "$W/macros.c" -Iinclude
}

growth()
{
    echo "# Growth (gate of the last step: 2.2)"
    : >"$W/empty.c"
    base=$("$W/cpu" 9 "$ASYNCC" "$W/empty.c" -o "$W/t.out.c")
    extra="0 0 1"
    grow "async functions" functions 100 1000 10000
    extra=
    grow "awaits in one function" awaits 10 100 1000 10000
    grow "locals alive across an await" locals 100 1000 10000
}

case ${1:-all} in
ratio) ratios ;;
growth) growth ;;
all) ratios; growth ;;
*) echo "usage: $0 [ratio | growth]" >&2; exit 2 ;;
esac
[ $missed -eq 0 ]
