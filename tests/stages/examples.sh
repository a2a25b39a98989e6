# examples - the examples are translated, compiled under ASan and UBSan, and serve real clients, on epoll and on
# io_uring.
. tests/lib.sh
if [ -z "$reactor" ]; then
    scratch examples
else
    T=$WORK/examples # as the first run has built them
    rm -rf "$T/www"
fi
pid=
trap '[ -z "$pid" ] || stop_server $pid' EXIT

build_example()
{
    run_tool "$ASYNCC" "examples/$1.c" -o "$T/$1.c" &&
        gcc -O1 $warnings $sanitize -Iinclude "$T/$1.c" "$T/lib/libasyncc.a" -lpthread -o "$T/$1"
}

if [ -z "$reactor" ]; then
    check "examples: the runtime under ASan and UBSan" sanitized_runtime gcc "$T/lib" || exit 1
    for example in examples/*.c; do
        check "examples/$(basename "$example" .c): translates and compiles" build_example "$(basename "$example" .c)"
    done
fi

# Says so when a sanitizer ended a server.
check_server()
{
    if kill -0 "$pid" 2>/dev/null; then
        ok "$1: still there, nothing reported"
    else
        fail "$1: it ended" "$T/server.log"
    fi
    stop_server "$pid"
    pid=
}

# ---- echo_server ---------------------------------------------------------------------------------------

echo_one()
{
    printf 'hello\nworld\n' >"$T/in"
    timeout 10 nc -N 127.0.0.1 "$port" <"$T/in" >"$T/back"
    cmp "$T/in" "$T/back"
}

echo_many()
{
    head -c 300000 /dev/urandom >"$T/in"
    pids=
    for i in 1 2 3 4 5 6 7 8; do
        timeout 10 nc -N 127.0.0.1 "$port" <"$T/in" >"$T/back$i" &
        pids="$pids $!"
    done
    wait $pids
    for i in 1 2 3 4 5 6 7 8; do
        cmp "$T/in" "$T/back$i" || return
    done
}

# A client that stays silent does not keep the next one waiting; one that vanishes does no harm.
echo_idle()
{
    sleep 5 | timeout 10 nc 127.0.0.1 "$port" >/dev/null &
    idle=$!
    echo_one
    status=$?
    kill $idle 2>/dev/null
    wait $idle 2>/dev/null
    return $status
}

# The client stops sending at once; all of it comes back all the same.
echo_half_close()
{
    head -c 4000000 /dev/zero | tr '\0' 'x' >"$T/in"
    timeout 20 nc -N 127.0.0.1 "$port" <"$T/in" >"$T/back"
    cmp "$T/in" "$T/back"
}

if [ -x "$T/echo_server" ]; then
    if start_server "$T/echo_server" 0; then
        check "examples/echo_server: one client" echo_one
        check "examples/echo_server: eight clients at once" echo_many
        check "examples/echo_server: an idle client beside it" echo_idle
        check "examples/echo_server: four megabytes, then end of input" echo_half_close
        check "examples/echo_server: a busy port" sh -c "! timeout 5 '$T/echo_server' $port"
        check_server "examples/echo_server"
    else
        fail "examples/echo_server: starts" "$T/server.log"
    fi
fi

# ---- http_server ---------------------------------------------------------------------------------------

www=$T/www
mkdir -p "$www/sub dir"
echo '<p>front page</p>' >"$www/index.html"
echo 'text' >"$www/sub dir/a+b.txt"
echo 'secret' >"$T/secret"
ln -s ../secret "$www/link"
mkfifo "$www/fifo"
: >"$www/empty.css"
head -c 1000000 /dev/urandom >"$www/big.bin"

# status EXPECTED CURL-ARGUMENT... PATH
status()
{
    want=$1
    shift
    got=$(curl -s -o "$T/body" -m 10 -w '%{http_code}' --path-as-is "$@") || echo "curl: exit status $?"
    echo "status $got, expected $want"
    [ "$got" = "$want" ]
}

# raw 'REQUEST' - what comes back for these bytes, as printf writes them; both sides hang up in the end.
raw()
{
    printf "$1" | timeout 10 nc -N 127.0.0.1 "$port" >"$T/raw"
}

# raw_is 'REQUEST' STATUS... - the statuses of the responses, in order
raw_is()
{
    raw "$1"
    shift
    got=$(tr -d '\r' <"$T/raw" | sed -n 's/^HTTP\/1\.1 \([0-9]*\) .*/\1/p' | tr '\n' ' ')
    echo "statuses: $got; expected: $*"
    [ "$got" = "$* " ]
}

header_is()
{
    curl -s -m 10 -D "$T/head" -o /dev/null "$1" && tr -d '\r' <"$T/head" && tr -d '\r' <"$T/head" | grep -q -i -x "$2"
}

body_is()
{
    curl -s -m 10 -o "$T/body" "$1" && cmp "$T/body" "$2"
}

keep_alive()
{
    curl -s -v -m 10 -o /dev/null -o /dev/null -o /dev/null "$url/" "$url/big.bin" "$url/nothing" 2>"$T/curl"
    [ "$(grep -c -i 're-using existing connection' "$T/curl")" = 2 ] || { cat "$T/curl"; return 1; }
}

head_only()
{
    raw 'HEAD /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    tr -d '\r' <"$T/raw" | grep -x 'Content-Length: 1000000' && [ "$(tr -d '\r' <"$T/raw" | sed '1,/^$/d' | wc -c)" = 0 ]
}

# A request that arrives byte by byte.
trickle()
{
    {
        for piece in 'GE' 'T /' ' HTT' 'P/1.1\r' '\nHo' 'st: x\r\nConnection: close\r\n' '\r' '\n'; do
            printf "$piece"
            sleep 0.05
        done
    } | timeout 10 nc -N 127.0.0.1 "$port" >"$T/raw"
    grep '200 OK' "$T/raw"
}

http()
{
    what="examples/http_server: $1"
    shift
    check "$what" "$@"
}

get='GET / HTTP/1.1\r\nHost: x\r\n'
long=$(head -c 5000 /dev/zero | tr '\0' 'a')

if [ -x "$T/http_server" ]; then
    if start_server "$T/http_server" 0 "$www"; then
        url=http://127.0.0.1:$port
        http "200" status 200 "$url/index.html"
        http "a directory's index" body_is "$url/" "$www/index.html"
        http "a large file" body_is "$url/big.bin" "$www/big.bin"
        http "an empty file" body_is "$url/empty.css" "$www/empty.css"
        http "percent-decoding, and a query" body_is "$url/sub%20dir/a+b%2etxt?x=%2e" "$www/sub dir/a+b.txt"
        http "Content-Type" header_is "$url/empty.css" 'Content-Type: text/css.*'
        http "HEAD" head_only
        http "keep-alive" keep_alive
        http "pipelining" raw_is "$get\r\n${get}\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\n$get\r\n" 200 200 404 200
        http "Connection: close ends it" raw_is "${get}Connection: close\r\n\r\n$get\r\n" 200
        http "HTTP/1.0 ends it" raw_is "GET / HTTP/1.0\r\n\r\n$get\r\n" 200
        http "HTTP/1.0 with keep-alive" raw_is "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n$get\r\n" 200 200
        http "byte by byte" trickle
        http "absolute form" raw_is 'GET http://x/index.html HTTP/1.1\r\nHost: x\r\n\r\n' 200
        http "404" status 404 "$url/nothing"
        http "404 for a file taken as a directory" status 404 "$url/index.html/"
        http "404 for a directory without a slash" status 404 "$url/sub%20dir"
        http "no way out with .." status 404 "$url/../secret"
        http "no way out with %2e%2e" status 404 "$url/%2e%2e/secret"
        http "no way out with %2f" status 404 "$url/..%2fsecret"
        http "no way out through a link" status 404 "$url/link"
        http "404 for a fifo" status 404 "$url/fifo"
        http "405" status 405 -X DELETE "$url/"
        http "405 with Allow" sh -c "curl -s -i -m 10 -X PUT -d x $url/ | grep -i '^Allow: GET, HEAD'"
        http "a body is skipped" raw_is "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello$get\r\n" 405 200
        http "Expect is ignored" status 405 -H 'Expect: 100-continue' -d hello "$url/"
        http "501 for an unknown method" status 501 -X BREW "$url/"
        http "501 for a chunked body" status 501 -X GET -H 'Transfer-Encoding: chunked' -d x "$url/"
        http "413" status 413 -X GET -H 'Expect:' --data-binary "@$www/big.bin" "$url/"
        http "414" status 414 "$url/$long"
        http "431" status 431 -H "X-A: $long" -H "X-B: $long" "$url/"
        http "505" raw_is 'GET / HTTP/2.0\r\nHost: x\r\n\r\n' 505
        http "400 for no Host" raw_is 'GET / HTTP/1.1\r\n\r\n' 400
        http "400 for two Hosts" raw_is "${get}Host: y\r\n\r\n" 400
        http "400 for a bad escape" raw_is 'GET /%%zz HTTP/1.1\r\nHost: x\r\n\r\n' 400
        http "400 for %00" raw_is 'GET /a%%00b HTTP/1.1\r\nHost: x\r\n\r\n' 400
        http "400 for a space before the colon" raw_is "${get}X : y\r\n\r\n" 400
        http "400 for a folded header" raw_is "${get}X: y\r\n z\r\n\r\n" 400
        http "400 for a bad length" raw_is "${get}Content-Length: -1\r\n\r\n" 400
        http "400 for two lengths" raw_is "${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n" 400
        http "400 for noise" raw_is 'hello\r\n\r\n' 400
        if command -v wrk >/dev/null; then
            http "wrk: 50 connections for 2 seconds, no error" sh -c "
                wrk -t1 -c50 -d2s $url/ >'$T/wrk' 2>&1; cat '$T/wrk'
                grep -q 'requests in' '$T/wrk' && ! grep -q -E 'Non-2xx|Socket errors' '$T/wrk'"
        else
            skip "examples/http_server: wrk is not installed"
        fi
        check_server "examples/http_server"
    else
        fail "examples/http_server: starts" "$T/server.log"
    fi
fi

# ---- What a newcomer runs ------------------------------------------------------------------------------

[ -n "$reactor" ] || check "examples/quickstart.sh" sh examples/quickstart.sh
[ -n "$reactor" ] || on_io_uring examples sh "$0"
exit 0
