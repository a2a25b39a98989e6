#!/bin/sh
# runtime.sh - what tasks, timers, channels and locks cost, beside C by hand (the limit), libuv, tokio, Asio and Go.
#
#     sh tests/bench/runtime.sh               every row
#     sh tests/bench/runtime.sh G13 G15       these
#     ROUNDS=0 sh tests/bench/runtime.sh      instructions only
#
# The programs take turns, ROUNDS times (default 9; SLEEP_ROUNDS, default 3, for the rows with a million sleepers);
# figures are medians, and ratios are medians of the ratio to the limit in the same round. Instructions (callgrind, the
# difference of two lengths) repeat exactly, except for sleeping, which depends on the clock. A gate is about the ratio
# of times, or the bytes; the exit status is 1 if one is missed, so run this on a quiet machine.
#
# ASYNCC is the compiler, LIB its libasyncc.a (default: those of sh tests/run.sh). What peers need: see peers.sh.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
here=tests/bench
W=${BENCH_WORK:-$PWD/build-test/bench/runtime}
ASYNCC=${ASYNCC:-build-test/release/bin/asyncc}
LIB=${LIB:-${ASYNCC%/bin/asyncc}/lib/libasyncc.a}
ROUNDS=${ROUNDS:-9}
SLEEP_ROUNDS=${SLEEP_ROUNDS:-3}
[ "$ROUNDS" -ge "$SLEEP_ROUNDS" ] || SLEEP_ROUNDS=$ROUNDS
BENCH_LEAD_MS=${BENCH_LEAD_MS:-9000} # all are to sleep before the first wakes: Go takes 7 us to make one
export BENCH_LEAD_MS
. $here/peers.sh
mkdir -p "$W"
peers="hand asyncc libuv tokio-runtime asio go"

# ROW PROGRAM-ROW OPERATIONS FIGURE GATE STRETCH. A figure without a gate is only shown.
table="
G9  spawn_join      200000  spawn_join      3    1.5
G9  spawn_batch    1000000  spawn_batch     -    -
G10 sleep          1000000  sleep_rss       160  112
G11 sleep          1000000  sleep_create    2.5  1.5
G11 sleep          1000000  sleep_fire      2    1.5
G12 timeout_cancel  200000  timeout_cancel  5    2
G13 yield_pp       1000000  yield_pp        3    1.5
G14 mpsc1          2000000  mpsc1           4    2
G14 mpsc4          2000000  mpsc4           4    2
G14 chan_pp         500000  chan_pp         -    -
G14 oneshot_ready   500000  oneshot_ready   -    -
G14 oneshot_task    500000  oneshot_task    -    -
G15 mutex_un       5000000  mutex_un        1.5  1.2
G15 mutex_ct        500000  mutex_ct        3    2
"

# selected COLUMNS ROW... - lines of the table
selected()
{
    columns=$1
    shift
    echo "$table" | awk -v "rows=$*" -v "columns=$columns" '
        BEGIN { n = split(rows, r, " "); for (i = 1; i <= n; i++) want[r[i]] = 1; m = split(columns, c, " ") }
        NF && (!n || $1 in want) {
            line = ""
            for (i = 1; i <= m; i++) line = line (i > 1 ? " " : "") $c[i]
            if (!seen[line]++) print line
        }'
}

build()
{
    asyncc_program $here/runtime/asyncc.c asyncc
    c_program $here/runtime/hand.c hand
    libuv_program $here/runtime/libuv.c libuv
    asio_program $here/runtime/asio.cpp asio
    go_program $here/runtime/runtime.go go
    tokio_programs
}

# one_round ROUND PROGRAM-ROW N - appends to $W/values and $W/sums
one_round()
{
    for peer in $peers; do
        [ -x "$W/$peer" ] || continue
        # A peer that lacks the row says so.
        timeout 120 "$W/$peer" "$2" "$3" >"$W/one" 2>/dev/null || continue
        # Where the first woke before the last was there, what all of them take is not known.
        awk -v "round=$1" -v "peer=$peer" -v "n=$3" -v "lead=$BENCH_LEAD_MS" '
            $1 == "sleep_create" { late = $2 * n > lead * 1e6 }
            !late || $1 == "sleep_create" { print round, peer, $1, $2 }' "$W/one" >>"$W/values"
        awk '{ print $1, $3 }' "$W/one" >>"$W/sums"
    done
}

run_rounds()
{
    round=0
    while [ $round -lt "$ROUNDS" ]; do
        selected "2 3" "$@" | while read -r row n; do
            if [ "$row" = sleep ] && [ $round -ge "$SLEEP_ROUNDS" ]; then
                continue
            fi
            one_round $round "$row" "$n"
        done
        round=$((round + 1))
    done
    [ "$(sort -u "$W/sums" | wc -l)" -eq "$(cut -d' ' -f1 "$W/sums" | sort -u | wc -l)" ] ||
        die "The peers disagree: $(sort "$W/sums" | uniq -c)"
}

# collected PROGRAM ROW N
collected()
{
    BENCH_LEAD_MS=200 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" "$3" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

# instructions PEER ROW - per operation
instructions()
{
    few=4096 many=12288
    a=$(collected "$W/$1" "$2" $few)
    b=$(collected "$W/$1" "$2" $many)
    awk -v "a=$a" -v "b=$b" -v "n=$((many - few))" 'BEGIN { printf "%.1f\n", (b - a) / n }'
}

all_instructions()
{
    have valgrind || { without "counts of instructions" valgrind; return; }
    echo
    echo "# Instructions an operation: limit, asyncc, ratio (sleep: create, fire and free)"
    selected 2 "$@" | while read -r row; do
        hand=$(instructions hand "$row")
        ours=$(instructions asyncc "$row")
        printf '%-16s %8s %8s %6s\n' "$row" "$hand" "$ours" "$(ratio "$ours" "$hand")"
    done
}

print_times()
{
    echo
    echo "# Medians of $ROUNDS rounds: nanoseconds (sleep_rss: bytes); the ratio to the limit is the median of its rounds"
    printf '%-4s %-15s %8s %8s %6s %5s %7s %-8s  %s\n' row figure limit asyncc ratio gate stretch "" \
        "peers: value (ratio)"
    : >"$W/verdicts"
    selected "1 4 5 6" "$@" | while read -r id figure gate stretch; do
        ours=$(value_of "$W/values" "$figure" asyncc)
        by=$(ratio_of "$W/values" "$figure" asyncc hand)
        judged=$by
        [ "$figure" != sleep_rss ] || judged=$ours
        says=$(verdict "$judged" "$gate" "$stretch")
        echo "$says" >>"$W/verdicts"
        others=
        for peer in libuv tokio-runtime asio go; do
            value=$(value_of "$W/values" "$figure" $peer)
            [ "$value" = - ] || others="$others ${peer%-*} $(printf '%.4g (%.3g)' "$value" \
                "$(ratio_of "$W/values" "$figure" $peer hand)")"
        done
        printf '%-4s %-15s %8.4g %8.4g %6.2f %5s %7s %-8s %s\n' "$id" "$figure" \
            "$(value_of "$W/values" "$figure" hand)" "$ours" "$by" "$gate" "$stretch" "$says" "$others"
    done
}

[ -n "$(selected 1 "$@")" ] || die "No row '$*'. There are: $(selected 1 | tr '\n' ' ')"
build
: >"$W/values"
: >"$W/sums"
all_instructions "$@"
[ "$ROUNDS" -gt 0 ] || exit 0
run_rounds "$@"
print_times "$@"
! grep -q MISSED "$W/verdicts"
