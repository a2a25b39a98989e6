#!/bin/sh
# quickstart.sh - builds asyncc, translates the two example servers, and talks to them with nc and curl.
#
#     sh examples/quickstart.sh
#
# On Debian it installs what is missing if it may (as root, or with sudo that asks nothing); else it says what to
# install and exits 2. It changes nothing outside build/ and stops every server it starts.

set -eu
cd "$(dirname "$0")/.."
. tests/packages.sh

out=build/quickstart
step=0
pids=

step()
{
    step=$((step + 1))
    printf '\n%d. %s\n' $step "$1"
}

run()
{
    printf '   $ %s\n' "$*"
    "$@"
}

give_up()
{
    printf '\nFAILED: %s\n' "$1" >&2
    exit 1
}

stop_servers()
{
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=
}
trap stop_servers EXIT
trap 'exit 1' INT TERM HUP

have_libclang()
{
    ls /usr/lib/llvm-*/include/clang-c/Index.h /usr/include/clang-c/Index.h >/dev/null 2>&1 ||
        command -v llvm-config >/dev/null
}

install_missing()
{
    missing=
    for pair in cc:gcc make:make cmake:cmake curl:curl nc:netcat-openbsd; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
    done
    [ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
    have_libclang || missing="$missing libclang-14-dev"
    install_packages $(printf '%s\n' $missing | sort -u)
}

# serve PROGRAM ARGUMENT... - starts it, waits until it says "...:PORT", sets $port.
serve()
{
    log=$out/$(basename "$1").log
    : >"$log"
    printf '   $ %s &\n' "$*"
    "$@" >"$log" 2>&1 &
    server=$!
    pids="$pids $server"
    for tries in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        port=$(sed -n '1s/.*:\([0-9][0-9]*\).*/\1/p' "$log")
        if [ -n "$port" ]; then
            sed 's/^/   /' "$log"
            return
        fi
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    give_up "$1 does not listen"
}

step "What is needed"
install_missing
echo "   a C compiler, cmake, make, libclang, nc and curl are there"

step "Build asyncc"
mkdir -p "$out"
{ cmake -S . -B build && cmake --build build -j "$(getconf _NPROCESSORS_ONLN)"; } >"$out/build.log" 2>&1 || {
    tail -n 40 "$out/build.log" >&2
    give_up "the build; all of its messages are in $out/build.log"
}
echo "   $(build/bin/asyncc --version | head -n 1): build/bin/asyncc, build/lib/libasyncc.a"

step "Translate the examples to plain C, and compile that"
for example in echo_server http_server; do
    run build/bin/asyncc examples/$example.c -o $out/$example.c
    run cc -O2 -Iinclude $out/$example.c build/lib/libasyncc.a -lpthread -o $out/$example
done

step "echo_server, with three nc clients at once"
serve $out/echo_server 0
clients=
for i in 1 2 3; do
    echo "hello from client $i" >"$out/sent.$i"
    timeout 10 nc -N 127.0.0.1 "$port" <"$out/sent.$i" >"$out/got.$i" &
    clients="$clients $!"
done
wait $clients || true
for i in 1 2 3; do
    cmp -s "$out/sent.$i" "$out/got.$i" || give_up "client $i got something else back than it sent"
    echo "   client $i got back: $(cat "$out/got.$i")"
done

step "http_server, with curl"
serve $out/http_server 0 .
url=http://127.0.0.1:$port

curl -sS -m 10 -o "$out/got.readme" "$url/README.md" || give_up "curl $url/README.md"
cmp -s README.md "$out/got.readme" || give_up "README.md arrived changed"
echo "   GET /README.md: $(wc -c <README.md) bytes, as on disk"

# wants STATUS CURL-ARGUMENT... - the last argument is the path
wants()
{
    want=$1
    shift
    status=$(curl -sS -m 10 -o /dev/null --path-as-is -w '%{http_code}' "$@") || true
    [ "$status" = "$want" ] || give_up "curl $*: status $status, not $want"
    echo "   curl $*: $status"
}
wants 200 -I "$url/LICENSE"
wants 404 "$url/nothing-here"
wants 404 "$url/../../../etc/passwd"
wants 405 -X DELETE "$url/LICENSE"

if command -v wrk >/dev/null; then
    run wrk -t1 -c50 -d2s "$url/LICENSE" >"$out/wrk.log" || give_up "wrk"
    grep -q 'requests in' "$out/wrk.log" || give_up "wrk served nothing"
    ! grep -E 'Non-2xx|Socket errors' "$out/wrk.log" || give_up "wrk saw errors"
    sed -n '/requests in/s/^ */   wrk, 50 connections: /p' "$out/wrk.log"
fi

for pid in $pids; do
    kill -0 "$pid" 2>/dev/null || give_up "a server ended by itself"
done
stop_servers

step "Done"
cat <<END
   Your own program:
     build/bin/asyncc mine.c -o mine.out.c
     cc -Iinclude mine.out.c build/lib/libasyncc.a -lpthread -o mine
   To read a translation: build/bin/asyncc --no-line examples/echo_server.c -o echo_server.out.c
END
