#!/bin/sh
# run.sh - what generated code costs, beside the same programs in C by hand, Rust and C++20.
#
#     sh tests/bench/run.sh               every row
#     sh tests/bench/run.sh G3 G5         these
#     ROUNDS=0 sh tests/bench/run.sh      without times
#
# G1 to G6 are instructions per operation (callgrind, by differencing two lengths of one program, so they repeat
# exactly), G8 is the bytes of a frame. These are what a gate is about; the times that follow, medians of the ratios of
# ROUNDS interleaved rounds, are only reported. The exit status is 1 if a gate is missed.
#
# ASYNCC is the compiler under test and LIB its libasyncc.a (default: those of sh tests/run.sh). A peer whose compiler
# is not there is left out. CLANG, GCC, CLANGXX, GXX, RUSTC name the compilers. Scratch files are in $BENCH_WORK.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
here=tests/bench
W=${BENCH_WORK:-$PWD/build-test/bench}
ASYNCC=${ASYNCC:-build-test/release/bin/asyncc}
LIB=${LIB:-${ASYNCC%/bin/asyncc}/lib/libasyncc.a}
ROUNDS=${ROUNDS:-15}
GCC=${GCC:-gcc} CLANG=${CLANG:-clang} GXX=${GXX:-g++} CLANGXX=${CLANGXX:-clang++} RUSTC=${RUSTC:-rustc}
missed=0

for tool in "$ASYNCC" valgrind "$GCC" "$CLANG"; do
    command -v "$tool" >/dev/null || { echo "No '$tool'. See the head of $0." >&2; exit 2; }
done
mkdir -p "$W"

# ---- Building ----------------------------------------------------------------------------------------------

die()
{
    echo "$1" >&2
    exit 2
}

# have TOOL
have()
{
    command -v "$1" >/dev/null
}

build()
{
    flags="-O2 -DNDEBUG -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Iinclude -I$here"
    for name in rows frames; do
        "$ASYNCC" $here/$name.c -o "$W/$name.out.c" -- -Iinclude || die "asyncc refused $name.c"
    done
    for cc in "gcc $GCC" "clang $CLANG"; do
        set -- $cc
        $2 $flags "$W/rows.out.c" $here/rows_main.c -o "$W/asyncc-$1" || die "$2 refused rows"
        $2 $flags $here/rows_hand.c -o "$W/hand-$1" || die "$2 refused rows_hand.c"
        $2 $flags "$W/frames.out.c" $here/frames_main.c $here/frames_opaque.c -o "$W/frames-$1" \
            "$LIB" -lpthread ||
            die "$2 refused frames"
    done
    if have "$RUSTC"; then
        for name in rows frames; do
            "$RUSTC" --edition 2021 -C opt-level=3 -C codegen-units=1 $here/$name.rs -o "$W/$name-rust" ||
                die "rustc refused $name.rs"
        done
    fi
    $GCC $flags -c $here/frames_opaque.c -o "$W/frames_opaque.o" || die "$GCC refused frames_opaque.c"
    for cc in "gcc $GXX" "clang $CLANGXX"; do
        set -- $cc
        have "$2" || continue
        flags="-O2 -std=c++20 -Wall -Wextra -Werror -I$here"
        $2 $flags $here/rows.cpp -o "$W/rows-c++-$1" || die "$2 refused rows.cpp"
        $2 $flags $here/frames.cpp "$W/frames_opaque.o" -o "$W/frames-c++-$1" || die "$2 refused frames.cpp"
    done
}

# ---- Measuring ---------------------------------------------------------------------------------------------

# program PEER TEST - what runs TEST of PEER: PROGRAM TEST. A peer by hand is hand-CC/SHAPE.
program()
{
    case $1 in
    hand-*) echo "$W/${1%%/*} $2:${1#*/}" ;;
    asyncc-*) echo "$W/$1 $2" ;;
    *) echo "$W/rows-$1 $2" ;;
    esac
}

# collected PROGRAM TEST N - instructions of the whole run
collected()
{
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" "$3" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

# instructions PEER TEST - per operation
instructions()
{
    set -- $(program "$1" "$2") "$2"
    [ -x "$1" ] || { echo -; return; }
    few=1000 many=3000
    [ "$3" != fib ] || few=1 many=2
    a=$(collected "$1" "$2" $few)
    b=$(collected "$1" "$2" $many)
    [ "$3" != fib ] || many=242786 # the calls in one fib(25)
    awk -v "a=$a" -v "b=$b" -v "n=$((many - few))" 'BEGIN { printf "%.1f\n", (b - a) / n }'
}

ratio()
{
    awk -v "a=$1" -v "b=$2" 'BEGIN { printf "%.2f\n", a / b }'
}

at_most()
{
    awk -v "a=$1" -v "b=$2" 'BEGIN { exit !(a <= b) }'
}

# judge ROW CC RATIO GATE STRETCH WHAT
judge()
{
    if ! at_most "$3" "$4"; then
        verdict="MISSED"
        missed=$((missed + 1))
    elif at_most "$3" "$5"; then
        verdict="stretch"
    else
        verdict="held"
    fi
    printf '%-4s %-6s %6s   gate %-5s stretch %-5s %-8s %s\n' "$1" "$2" "$3" "$4" "$5" "$verdict" "$6" |
        tee -a "$W/verdicts"
}

# row ROW TEST LIMIT-SHAPE GATE STRETCH OTHER-SHAPE... - asyncc's instructions against those of a shape by hand
row()
{
    id=$1 test=$2 limit=$3 gate=$4 stretch=$5
    shift 5
    echo "# $id $test: instructions per operation"
    for peer in c++-gcc c++-clang rust; do
        printf '    %-20s %s\n' $peer "$(instructions $peer $test)"
    done
    for cc in gcc clang; do
        for shape; do
            printf '    %-20s %s\n' hand-$cc/$shape "$(instructions hand-$cc/$shape $test)"
        done
        hand=$(instructions hand-$cc/$limit $test)
        ours=$(instructions asyncc-$cc $test)
        printf '    %-20s %s  (the limit)\n' hand-$cc/$limit "$hand"
        printf '    %-20s %s\n' asyncc-$cc "$ours"
        judge "$id" $cc "$(ratio "$ours" "$hand")" "$gate" "$stretch" "asyncc / $limit by hand"
    done
}

depth_row()
{
    echo "# G4 leafloop: instructions per resume at depth 1 and 64"
    for peer in c++-gcc c++-clang rust asyncc-gcc asyncc-clang; do
        one=$(instructions $peer leafloop_1)
        deep=$(instructions $peer leafloop_64)
        printf '    %-20s %s %s\n' $peer "$one" "$deep"
        case $peer in
        asyncc-*) judge G4 ${peer#asyncc-} "$(ratio "$deep" "$one")" 2.00 1.10 "depth 64 / depth 1" ;;
        esac
    done
    for cc in gcc clang; do
        printf '    %-20s %s %s\n' hand-$cc/poll "$(instructions hand-$cc/poll suspend)" \
            "$(instructions hand-$cc/poll leafloop_64)"
    done
}

# Columns: program, by hand, asyncc, Rust, C++ gcc, C++ clang.
frames_row()
{
    echo "# G8 bytes of a frame"
    "$W/frames-gcc" >"$W/frames.txt"
    "$W/frames-clang" | cmp -s - "$W/frames.txt" || die "gcc and clang disagree on the frames"
    for peer in rust c++-gcc c++-clang; do
        if [ -x "$W/frames-$peer" ]; then
            "$W/frames-$peer" | cut -d' ' -f2 >"$W/frames.$peer"
        else
            sed 's/.*/-/' "$W/frames.txt" >"$W/frames.$peer"
        fi
    done
    paste -d' ' "$W/frames.txt" "$W/frames.rust" "$W/frames.c++-gcc" "$W/frames.c++-clang" >"$W/frames.all"
    awk 'BEGIN { printf "    %-18s %6s %6s %6s %6s %6s\n", "program", "hand", "asyncc", "rust", "gcc++", "clang++" }
         { printf "    %-18s %6s %6s %6s %6s %6s%s\n", $1, $2, $3, $4, $5, $6, \
                  ($4 != "-" && $3 > $4) ? " above Rust" : "" }
         NR <= 8 { product += log($3 / $2) }
         { all += log($3 / $2); above += ($4 != "-" && $3 > $4) }
         END { print exp(product / 8), exp(all / NR), above + 0 >"'"$W"'/frames.mean" }' "$W/frames.all"
    read -r mean all above <"$W/frames.mean"
    judge G8 "" "$(ratio "$mean" 1)" 1.27 1.10 "asyncc / by hand, mean over the first eight"
    printf '    mean over all: %s\n' "$(ratio "$all" 1)"
    judge G8 "" "$above" 0 0 "rows above Rust"
}

# ---- Times -------------------------------------------------------------------------------------------------

# nanoseconds PEER TEST N - of one run; the checksum goes to $W/sums
nanoseconds()
{
    set -- $(program "$1" "$2") "$3" "$1"
    [ -x "$1" ] || { echo -; return; }
    "$1" "$2" "$3" >"$W/one"
    read -r sum time <"$W/one"
    echo "${2%:*} $sum" >>"$W/sums"
    echo "$time"
}

# time_row TEST N LIMIT-SHAPE PEER... - the ratio to LIMIT-SHAPE, by gcc, in each round; then the medians
time_row()
{
    test=$1 n=$2 limit=$3
    shift 3
    : >"$W/times"
    round=0
    while [ $round -lt "$ROUNDS" ]; do
        for peer; do
            echo "$round $peer $(nanoseconds "$peer" "$test" "$n")"
        done >>"$W/times"
        round=$((round + 1))
    done
    awk -v "limit=$limit" -v "test=$test" -v "n=$n" -v "peers=$*" '
        $3 != "-" { t[$1, $2] = $3; rounds = $1 + 1 }
        function median(peer, relative,   i, j, k, v, x) {
            k = 0
            for (i = 0; i < rounds; i++)
                if ((i, peer) in t)
                    v[k++] = relative ? t[i, peer] / t[i, limit] : t[i, peer] / n
            for (i = 1; i < k; i++)
                for (j = i; j > 0 && v[j] < v[j - 1]; j--) {
                    x = v[j]; v[j] = v[j - 1]; v[j - 1] = x
                }
            return k ? v[int(k / 2)] : 0
        }
        END {
            count = split(peers, p, " ")
            for (q = 1; q <= count; q++)
                if ((0, p[q]) in t)
                    printf "    %-14s %-20s %10.2f ns  %6.2f\n", test, p[q], median(p[q], 0), median(p[q], 1)
        }' "$W/times"
}

all_times()
{
    echo "# Times: median of $ROUNDS interleaved rounds, and of the ratio to the limit by hand with gcc"
    : >"$W/sums"
    peers="asyncc-gcc asyncc-clang rust c++-gcc c++-clang"
    for id; do
        case $id in
        G1) time_row ready_visible 2000000 hand-gcc/poll hand-gcc/poll hand-clang/poll $peers ;;
        G2) time_row ready_opaque 2000000 hand-gcc/poll hand-gcc/poll hand-clang/poll $peers ;;
        G3) time_row suspend 2000000 hand-gcc/poll hand-gcc/poll hand-clang/poll $peers ;;
        G4)
            time_row leafloop_1 1000000 asyncc-gcc $peers
            time_row leafloop_64 200000 asyncc-gcc $peers
            ;;
        G5) time_row rootloop_16 100000 hand-gcc/direct hand-gcc/direct hand-clang/direct hand-gcc/hybrid \
            hand-clang/hybrid $peers ;;
        G6) time_row fib 5 hand-gcc/direct hand-gcc/direct hand-clang/direct hand-gcc/hybrid hand-clang/hybrid $peers ;;
        esac
    done
    [ "$(sort -u "$W/sums" | wc -l)" -eq "$(cut -d' ' -f1 "$W/sums" | sort -u | wc -l)" ] ||
        die "the peers disagree on a checksum"
}

# ---- All of it ---------------------------------------------------------------------------------------------

[ $# -gt 0 ] || set -- G1 G2 G3 G4 G5 G6 G8
build
: >"$W/verdicts"
for id; do
    case $id in
    G1) row G1 ready_visible poll 1.25 1.05 spill ;;
    G2) row G2 ready_opaque poll 1.15 0.90 spill ;;
    G3) row G3 suspend poll 1.25 1.05 hybrid direct ;;
    G4) depth_row ;;
    G5) row G5 rootloop_16 direct 1.60 1.20 poll hybrid ;;
    G6) row G6 fib direct 2.30 1.50 hybrid ;;
    G8) frames_row ;;
    *) echo "No row '$id'. There are: G1 G2 G3 G4 G5 G6 G8" >&2; exit 2 ;;
    esac
done
[ "$ROUNDS" -eq 0 ] || all_times "$@"
echo "# Summary"
cat "$W/verdicts"
[ $missed -eq 0 ]
