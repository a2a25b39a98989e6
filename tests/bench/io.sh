#!/bin/sh
# io.sh - what serving sockets costs, beside raw epoll and raw io_uring (the limits), libuv, tokio, Asio and Go.
#
#     sh tests/bench/io.sh               every row
#     sh tests/bench/io.sh calls G18     these: G16, calls (G16'), G17, G18, G19, http
#
# Each measurement is a server of its own on one core, and the load generator (io/load.c) on another, for MS milliseconds
# (default 1000). Servers take turns, ROUNDS times (default 7; MEMORY_ROUNDS, default 3, for G18); figures are medians, and
# ratios are medians of the ratio to the limit in the same round. System calls a request (strace, the difference of two
# lengths) nearly repeat. SERVERS and LOADS choose among those of G16 and G17 (LOADS="64-1000 16384-1000": bytes and
# connections). The exit status is 1 if a gate is missed; times decide nothing on a machine that is not quiet.
#
# The io_uring back end is asked for by ASYNCC_REACTOR=io_uring; a library that has none, or falls back, shows as
# "no io_uring". ASYNCC is the compiler, LIB its libasyncc.a. What peers need: see peers.sh.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
here=tests/bench
W=${BENCH_WORK:-$PWD/build-test/bench/io}
ASYNCC=${ASYNCC:-build-test/release/bin/asyncc}
LIB=${LIB:-${ASYNCC%/bin/asyncc}/lib/libasyncc.a}
ROUNDS=${ROUNDS:-7}
MEMORY_ROUNDS=${MEMORY_ROUNDS:-3}
MS=${MS:-1000}
IDLE=${IDLE:-5000} # connections of G18
SPIN_US=${SPIN_US:-50}
. $here/peers.sh
mkdir -p "$W"
raw="epoll uring multishot"
peers="libuv tokio asio go"
# lean: takes a buffer when there are bytes
servers=${SERVERS:-$raw asyncc asyncc-lean asyncc-uring asyncc-lean-uring $peers}
server_core= load_core=
if have taskset && [ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ]; then
    server_core="taskset -c 0" load_core="taskset -c 1"
fi

build()
{
    spin=
    ! grep -q spin_ns include/asyncc/executor.h || spin=-DBENCH_SPIN
    c_program $here/io/load.c load
    c_program $here/io/epoll.c epoll
    if have_header liburing.h $GCC -x c; then
        c_program $here/io/uring.c uring -luring
    else
        without "raw io_uring" liburing.h
    fi
    asyncc_program $here/io/asyncc.c asyncc $spin
    asyncc_program $here/io/http_asyncc.c http-asyncc -I$here/io
    asyncc_program examples/http_server.c http-example
    libuv_program $here/io/libuv.c libuv
    libuv_program $here/io/http_libuv.c http-libuv
    asio_program $here/io/asio.cpp asio
    go_program $here/io/echo.go go
    go_program $here/io/http.go http-go
    tokio_programs
    mkdir -p "$W/site"
    head -c 1024 /dev/zero | tr '\0' x >"$W/site/index.html"
}

# ---- Servers: each prints "...:PORT" when it listens

# command_of SERVER BYTES
command_of()
{
    case $1 in
    epoll-spin) echo "$W/epoll $2 $SPIN_US" ;;
    multishot) echo "$W/uring $2 multishot" ;;
    asyncc | http-asyncc) echo "env ASYNCC_REACTOR=epoll $W/$1 $2" ;;
    asyncc-lean) echo "env ASYNCC_REACTOR=epoll $W/asyncc 0" ;;
    asyncc-spin) echo "env ASYNCC_REACTOR=epoll $W/asyncc $2 $SPIN_US" ;;
    asyncc-uring) echo "env ASYNCC_REACTOR=io_uring $W/asyncc $2" ;;
    asyncc-lean-uring) echo "env ASYNCC_REACTOR=io_uring $W/asyncc 0" ;;
    tokio) echo "$W/tokio-echo $2" ;;
    http-tokio) echo "$W/tokio-http" ;;
    http-example) echo "env ASYNCC_REACTOR=epoll $W/http-example 0 $W/site" ;;
    *) echo "$W/$1 $2" ;;
    esac
}

exists()
{
    set -- $(command_of "$1" 0)
    while [ "$1" = env ] || [ "$1" != "${1#*=}" ]; do
        shift
    done
    [ -x "$1" ]
}

# start SERVER BYTES [BEFORE...] - sets $pid (of BEFORE, if there is one) and $port. False: it does not run here.
start()
{
    exists "$1" || return 1
    command=$(command_of "$1" "$2")
    shift 2
    $server_core "$@" $command >"$W/server.log" 2>&1 </dev/null &
    pid=$!
    tries=0
    port=
    while [ -z "$port" ] && [ $tries -lt 200 ] && kill -0 $pid 2>/dev/null; do
        sleep 0.02
        port=$(sed -n '1s|.*:\([0-9][0-9]*\).*|\1|p' "$W/server.log")
        tries=$((tries + 1))
    done
    [ -n "$port" ] || { stop; return 1; }
}

stop()
{
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
}

pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null' EXIT
trap 'exit 130' INT TERM

# fell_back SERVER - is it to use io_uring, and has the one at $pid no ring?
fell_back()
{
    case $1 in
    asyncc-*uring) ! ls -l "/proc/$pid/fd" 2>/dev/null | grep -q io_uring ;;
    *) false ;;
    esac
}

load()
{
    timeout 60 $load_core "$W/load" "$@"
}

# measure ROUND SERVER BYTES CONNECTIONS - requests of BYTES, to a server with buffers of 16 KiB. Appends to $W/values: cpu-BYTES-CONNECTIONS, req-..., p50-..., p99-...
measure()
{
    start "$2" 16384 || return
    if ! fell_back "$2"; then
        if load "$port" "$pid" "$4" "$3" "${MS}ms" >"$W/one"; then
            read -r req cpu p50 p99 count <"$W/one"
            for value in "req $req" "cpu $cpu" "p50 $p50" "p99 $p99"; do
                echo "$1 $2 ${value% *}-$3-$4 ${value#* }"
            done >>"$W/values"
        else
            echo "(the load on $2 failed: $4 connections, $3 bytes)" >&2
        fi
    fi
    stop
}

# rounds SERVERS LOAD... - a LOAD is BYTES-CONNECTIONS
rounds()
{
    who=$1
    shift
    round=0
    while [ $round -lt "$ROUNDS" ]; do
        for what; do
            for server in $who; do
                measure $round "$server" "${what%-*}" "${what#*-}"
            done
        done
        round=$((round + 1))
    done
}

# judge ROW VALUE GATE STRETCH [at-least] WHAT
judge()
{
    least=
    [ $# -eq 5 ] || least=$5
    for last; do :; done
    says=$(verdict "$2" "$3" "$4" "$least")
    printf '%-5s %-9s gate %-5s stretch %-5s %-8s %s\n' "$1" "$2" "$3" "$4" "$says" "$last" | tee -a "$W/verdicts"
}

# cell FIGURE SERVER LIMIT - value (ratio)
cell()
{
    value=$(value_of "$W/values" "$1" "$2")
    if [ "$value" = - ]; then
        echo -
    else
        printf '%.4g (%.2f)\n' "$value" "$(ratio_of "$W/values" "$1" "$2" "$3" | sed 's/^-$/0/')"
    fi
}

# print_table LIMIT SERVERS FIGURE...
print_table()
{
    limit=$1 who=$2
    shift 2
    printf '    %-14s' server
    printf ' %15s' "$@"
    echo
    for server in $who; do
        exists "$server" || continue
        printf '    %-14s' "$server"
        for figure; do
            printf ' %15s' "$(cell "$figure" "$server" "$limit")"
        done
        echo
    done
}

rounded()
{
    awk '{ if ($1 == "-") print; else printf "%.3f\n", $1 }'
}

# ---- G16, G17, G19: how long, how much

loads=${LOADS:-64-1 64-50 64-1000 16384-1 16384-50 16384-1000}

echo_rows() # once for both rows
{
    [ ! -e "$W/echoed" ] || return
    : >"$W/echoed"
    rounds "$servers" $loads
    for figure in cpu:"processor time of the server a request, microseconds" req:"requests a second" \
        p50:"median latency, microseconds" p99:"99th percentile, microseconds"; do
        echo "# Echo: ${figure#*:} (ratio to raw epoll)"
        print_table epoll "$servers" $(for what in $loads; do echo "${figure%%:*}-$what"; done)
    done
}

row_G16()
{
    echo_rows
    for what in $loads; do
        case $what in
        *-1) gate=- stretch=- ;;
        64-*) gate=1.05 stretch=1.00 ;;
        *) gate=1.10 stretch=1.03 ;;
        esac
        judge G16 "$(ratio_of "$W/values" cpu-$what asyncc-lean epoll | rounded)" $gate $stretch \
            "processor time to raw epoll, bytes-connections $what"
        # A large buffer of each connection's own is cold: shown, not promised.
        [ ${what%-*} = 64 ] || gate=- stretch=-
        judge G16 "$(ratio_of "$W/values" cpu-$what asyncc epoll | rounded)" $gate $stretch \
            "the same, with a buffer of the connection's own"
    done
}

# to_raw_uring SERVER LOAD - its processor time to that of the faster of the two raw ones
to_raw_uring()
{
    for limit in uring multishot; do
        ratio_of "$W/values" "cpu-$2" "$1" $limit
    done | sort -g | tail -n 1 | rounded
}

row_G17()
{
    echo_rows
    if [ "$(value_of "$W/values" "cpu-${loads%% *}" asyncc-lean-uring)" = - ]; then
        echo "G17   no io_uring" | tee -a "$W/verdicts"
        return
    fi
    for what in $loads; do
        case $what in
        *-1) gate=- stretch=- ;;
        *) gate=1.05 stretch=1.00 ;;
        esac
        judge G17 "$(to_raw_uring asyncc-lean-uring "$what")" $gate $stretch \
            "processor time to raw io_uring, bytes-connections $what"
        judge G17 "$(to_raw_uring asyncc-uring "$what")" - - "the same, with a buffer of the connection's own"
    done
}

row_G19()
{
    rounds "epoll epoll-spin asyncc asyncc-spin $peers" 64-1
    echo "# One connection: requests a second (ratio to raw epoll, which sleeps at once)"
    print_table epoll "epoll epoll-spin asyncc asyncc-spin $peers" req-64-1 cpu-64-1 p99-64-1
    judge G19 "$(ratio_of "$W/values" req-64-1 asyncc epoll | rounded)" 0.97 1.5 at-least "requests a second to raw epoll"
    if [ -n "$spin" ]; then
        judge G19 "$(ratio_of "$W/values" req-64-1 asyncc-spin epoll | rounded)" - 1.5 at-least "the same, spinning $SPIN_US us"
    else
        echo "G19   no option to spin" | tee -a "$W/verdicts"
    fi
}

# ---- G16': system calls

# traced SERVER CONNECTIONS REQUESTS - system calls of the whole run
traced()
{
    start "$1" 16384 strace -c -f -qq -o "$W/strace" || { echo -; return; }
    server=$(cat /proc/$pid/task/*/children | awk '{ print $1; exit }')
    tracer=$pid
    pid=$server
    if fell_back "$1"; then
        calls=-
    elif load "$port" "$server" "$2" 64 "$3" >/dev/null; then
        calls=
    else
        calls=-
    fi
    kill "$server"
    wait "$tracer" 2>/dev/null
    pid=
    [ -n "$calls" ] || calls=$(awk '$NF == "total" { print $(NF == 5 ? 3 : 4) }' "$W/strace")
    echo "$calls"
}

# calls_of SERVER CONNECTIONS - a request
calls_of()
{
    few=$(traced "$1" "$2" 2000)
    many=$(traced "$1" "$2" 6000)
    awk -v "a=$few" -v "b=$many" 'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%.2f\n", (b - a) / 4000 }'
}

row_calls()
{
    have strace || { without "counts of system calls" strace; return; }
    echo "# System calls a request, 64 bytes: 1 and 50 connections"
    for server in $servers; do
        exists "$server" || continue
        one=$(calls_of "$server" 1)
        fifty=$(calls_of "$server" 50)
        printf '    %-14s %8s %8s\n' "$server" "$one" "$fifty"
        case $server in
        asyncc)
            judge "G16'" "$one" 3.05 3.05 "system calls a request, 1 connection"
            judge "G16'" "$fifty" 2.1 2.1 "system calls a request, 50 connections"
            ;;
        asyncc-uring)
            if [ "$one" = - ]; then
                echo "G17   no io_uring" | tee -a "$W/verdicts"
                continue
            fi
            judge G17 "$one" 2.05 2.05 "system calls a request, io_uring, 1 connection"
            judge G17 "$fifty" 0.1 0.1 "system calls a request, io_uring, 50 connections"
            ;;
        esac
    done
}

# ---- G18: memory

row_G18()
{
    round=0
    while [ $round -lt "$MEMORY_ROUNDS" ]; do
        for server in $servers; do
            for size in 64 16384; do
                start "$server" $size || continue
                if ! fell_back "$server"; then
                    load "$port" "$pid" "$IDLE" 64 idle >"$W/one" &&
                        echo "$round $server rss-$size $(cat "$W/one")" >>"$W/values"
                fi
                stop
            done
        done
        round=$((round + 1))
    done
    echo "# Resident bytes a connection that is idle, of $IDLE: buffers of 64 bytes, of 16 KiB"
    for server in $servers; do
        ! exists "$server" ||
            printf '    %-14s %8s %8s\n' "$server" "$(value_of "$W/values" rss-64 "$server")" \
                "$(value_of "$W/values" rss-16384 "$server")"
    done
    judge G18 "$(value_of "$W/values" rss-64 asyncc)" 300 200 "bytes, with a small buffer of its own"
    judge G18 "$(value_of "$W/values" rss-16384 asyncc-lean)" 600 200 "bytes, with room for 16 KiB when it is needed"
    for server in asyncc-uring asyncc-lean-uring; do
        judge G18 "$(value_of "$W/values" rss-16384 $server)" - - "bytes, $server, 16 KiB"
    done
}

# ---- HTTP

row_http()
{
    have wrk || { without HTTP wrk; return; }
    round=0
    all="http-asyncc http-example http-libuv http-tokio http-go"
    while [ $round -lt "$ROUNDS" ]; do
        for server in $all; do
            start "$server" "" || continue
            timeout 60 $load_core wrk -t1 -c50 -d"$(((MS + 999) / 1000))s" "http://127.0.0.1:$port/" >"$W/one" 2>&1
            if grep -q 'Non-2xx\|Socket errors' "$W/one"; then
                echo "(wrk on $server: $(grep 'Non-2xx\|Socket errors' "$W/one"))" >&2
            else
                awk -v "r=$round" -v "s=$server" '/^Requests\/sec/ { print r, s, "http", $2 }' "$W/one" >>"$W/values"
            fi
            stop
        done
        round=$((round + 1))
    done
    echo "# HTTP keep-alive, 50 connections, 1 KiB, wrk: requests a second (ratio to libuv)"
    print_table http-libuv "$all" http
}

# ---- All of it

[ $# -gt 0 ] || set -- G16 G17 calls G18 G19 http
for row; do
    case $row in
    G16 | G17 | calls | G18 | G19 | http) ;;
    *) die "No row '$row'. There are: G16 G17 calls G18 G19 http" ;;
    esac
done
build
: >"$W/values"
: >"$W/verdicts"
rm -f "$W/echoed"
for row; do
    "row_$row"
done
echo "# Summary"
cat "$W/verdicts"
! grep -q MISSED "$W/verdicts"
