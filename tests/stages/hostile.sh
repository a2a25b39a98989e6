# hostile - peers that behave badly, against the examples under ASan and UBSan, on epoll and on io_uring. A server must go
# on serving the others, and have no more descriptors open afterwards than before.
. tests/lib.sh
if [ -z "$reactor" ]; then
    scratch hostile
else
    T=$WORK/hostile # as the first run has built them
fi
pid=
behind=
trap '[ -z "$pid" ] || stop_server $pid; [ -z "$behind" ] || stop_server $behind' EXIT
command -v python3 >/dev/null || { skip "hostile: python3 is not installed"; ok "hostile: nothing to check"; exit 0; }

# hostile CHECK SERVER [ARGUMENT...]
hostile()
{
    check "hostile/$2: $1" timeout 100 python3 tests/hostile/hostile.py "$1" "$2" "$port" "$pid" ${3:-}
}

# attack SERVER CHECKS PROGRAM ARGUMENT... - starts it, and checks it.
attack()
{
    server=$1
    checks=$2
    shift 2
    [ -x "$1" ] || [ "$1" = few ] || return
    if ! start_server "$@"; then
        fail "hostile/$server: starts" "$T/server.log"
        return
    fi
    for what in $checks; do
        hostile "$what" "$server" ${http_port:-}
    done
    if kill -0 "$pid" 2>/dev/null; then
        ok "hostile/$server: still there, nothing reported"
    else
        fail "hostile/$server: it ended" "$T/server.log"
    fi
    stop_server "$pid"
    pid=
}

# few PROGRAM ARGUMENT... - runs it with few descriptors.
few()
{
    ulimit -n 40
    exec "$@"
}

if [ -z "$reactor" ]; then
    check "hostile: the runtime under ASan and UBSan" sanitized_runtime gcc "$T/lib" || exit 1
    for example in echo_server http_server redis_server chat_server socks5_proxy; do
        check "hostile: $example translates and compiles" build_example "$example"
    done
    mkdir "$T/www"
fi
echo '<p>front page</p>' >"$T/www/index.html"
head -c 1000000 /dev/zero >"$T/www/big.bin"

most="early_reset sigpipe half_open"
attack echo "$most" "$T/echo_server" 0
attack http "$most loris endless" "$T/http_server" 0 "$T/www" 700
attack redis "$most loris endless slow_reader" "$T/redis_server" 0 64 700
attack chat "$most endless slow_reader" "$T/chat_server" 0 700
if start_server "$T/http_server" 0 "$T/www"; then
    behind=$pid
    http_port=$port
    attack socks5 "$most loris endless" "$T/socks5_proxy" 0 700
    stop_server "$behind"
    behind=
    http_port=
fi
attack echo descriptors few "$T/echo_server" 0
attack http descriptors few "$T/http_server" 0 "$T/www"
attack redis descriptors few "$T/redis_server" 0
[ -n "$reactor" ] || on_io_uring hostile sh "$0"
exit 0
