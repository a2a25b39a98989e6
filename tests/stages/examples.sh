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

# ---- redis_server --------------------------------------------------------------------------------------

cli()
{
    timeout 20 redis-cli -p "$port" "$@"
}

# replies 'COMMANDS, one a line' 'REPLIES, one a line'
replies()
{
    printf "$1" | cli >"$T/replies" 2>&1
    printf "$2" | diff - "$T/replies"
}

redis()
{
    what="examples/redis_server: $1"
    shift
    check "$what" "$@"
}

redis_large()
{
    head -c 700000 /dev/urandom | base64 -w 0 >"$T/value"
    cli -x set large <"$T/value" && cli get large | head -c "$(wc -c <"$T/value")" | cmp - "$T/value"
}

redis_pipe()
{
    awk 'BEGIN { for (i = 0; i < 20000; i++) printf "SET key:%d %d\r\n", i, i * 7 }' | cli --pipe && replies 'get key:19999\n' '139993\n'
}

redis_expires()
{
    replies 'set a 1 px 100000\nexists a\nset a 1 px 30\n' 'OK\n1\nOK\n' || return
    for i in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.05
        [ "$(cli exists a)" = 1 ] || break
    done
    replies 'exists a\nset b 1 ex 100\nttl b\npersist b\nttl b\nttl c\n' '0\nOK\n100\n1\n-1\n-2\n'
}

# Of keys that nobody asks for.
redis_sweeps()
{
    awk 'BEGIN { for (i = 0; i < 1000; i++) printf "SET gone:%d x PX 1\r\n", i }' | cli --pipe || return
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        [ "$(cli dbsize)" -gt "$1" ] || return 0
        sleep 0.1
    done
    return 1
}

redis_channels()
{
    timeout 20 redis-cli -p "$port" subscribe one two >"$T/heard" &
    subscriber=$!
    tries=0
    while [ "$(cli publish one first)" != 1 ] && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    [ "$(cli publish two second)" = 1 ] && [ "$(cli publish three third)" = 0 ] || return
    while ! grep -q second "$T/heard" && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill $subscriber
    wait $subscriber
    printf 'subscribe\none\n1\nsubscribe\ntwo\n2\nmessage\none\nfirst\nmessage\ntwo\nsecond\n' | diff - "$T/heard" || return
    while [ "$(cli publish one more)" != 0 ] && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    [ $tries -lt 100 ]
}

redis_benchmark()
{
    timeout 100 redis-benchmark -p "$port" "$@" --csv >"$T/benchmark" 2>"$T/benchmark.errors"
    status=$?
    cat "$T/benchmark" "$T/benchmark.errors"
    [ $status = 0 ] && ! grep -i error "$T/benchmark.errors"
}

# 200 values of 131,072 bytes are more than 16 megabytes.
redis_full()
{
    awk 'BEGIN {
        value = "x"
        while (length(value) < 100000)
            value = value value
        for (i = 100; i < 300; i++)
            printf "*3\r\n$3\r\nSET\r\n$3\r\n%d\r\n$%d\r\n%s\r\n", i, length(value), value
    }' | cli --pipe >"$T/pipe" 2>&1
    tail -n 1 "$T/pipe"
    grep -q 'OOM command not allowed' "$T/pipe" && replies 'flushall\ndbsize\n' 'OK\n0\n'
}

# raw_reply 'BYTES' 'REPLY'
raw_reply()
{
    raw "$1"
    printf -- "$2" | cmp - "$T/raw"
}

if [ -x "$T/redis_server" ] && ! command -v redis-cli >/dev/null; then
    skip "examples/redis_server: redis-cli is not installed"
elif [ -x "$T/redis_server" ]; then
    if start_server "$T/redis_server" 0 16 500; then
        redis "PING, ECHO, SELECT" replies 'ping\necho hello\nselect 0\nselect 1\n' 'PONG\nhello\nOK\nERR DB index is out of range\n\n'
        redis "GET, SET" replies 'get a\nset a 1\nget a\nset a 2 nx\nset b 3 xx\nset a 4 xx\nget a\n' '\nOK\n1\n\n\nOK\n4\n'
        redis "INCR" replies 'set n 41\nincr n\nincrby n -50\ndecr n\nincr new\nset s x\nincr s\n' 'OK\n42\n-8\n-9\n1\nOK\nERR value is not an integer or out of range\n\n'
        redis "INCR at the end of numbers" replies 'set n 9223372036854775807\nincr n\ndecr n\nset n -9223372036854775808\ndecr n\n' 'OK\nERR value is not an integer or out of range\n\n9223372036854775806\nOK\nERR value is not an integer or out of range\n\n'
        redis "DEL, EXISTS" replies 'set a 1\nset b 2\nexists a b a nothing\ndel a b nothing\nexists a b\n' 'OK\nOK\n3\n2\n0\n'
        redis "lists" replies 'lpush l b a\nrpush l c\nllen l\nlrange l 0 -1\nlrange l -2 -2\nlrange l 5 9\nllen no\n' '2\n3\n3\na\nb\nc\nb\n\n0\n'
        redis "a list is no string" replies 'lpush x 1\nget x\nset x 1\nlrange x 0 1\n' '1\nWRONGTYPE Operation against a key holding the wrong kind of value\n\nOK\nWRONGTYPE Operation against a key holding the wrong kind of value\n\n'
        redis "errors" replies 'foo\nget\nset a 1 ex\nset a 1 ex 0\nexpire a x\n' "ERR unknown command\n\nERR wrong number of arguments\n\nERR syntax error\n\nERR invalid expire time in 'set' command\n\nERR value is not an integer or out of range\n\n"
        redis "a value of a megabyte" redis_large
        redis "20,000 commands through a pipe" redis_pipe
        redis "keys end in time" redis_expires
        cli flushall >/dev/null
        cli set stays 1 >/dev/null
        redis "keys that nobody asks for end, too" redis_sweeps 1
        redis "PUBLISH, SUBSCRIBE" redis_channels
        redis "inline requests, and QUIT" raw_reply 'PING\r\n\r\n  echo   x \nQUIT\r\nPING\r\n' '+PONG\r\n$1\r\nx\r\n+OK\r\n'
        redis "no words" raw_reply '*0\r\n*-1\r\nPING\r\n' '+PONG\r\n'
        redis "a bad count" raw_reply 'PING\r\n*x\r\n' '+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n'
        redis "a bad length" raw_reply '*1\r\n$-1\r\n' '-ERR Protocol error: invalid bulk length\r\n'
        redis "a bad end" raw_reply '*1\r\n$4\r\nPINGxx' '-ERR Protocol error: bulk string without an end\r\n'
        redis "too many words" raw_reply '*1025\r\n' '-ERR Protocol error: too many arguments\r\n'
        redis "no more memory than it may take" redis_full
        redis "redis-benchmark, pipelined" redis_benchmark -P 16 -n 20000 -t set,get,incr,lpush
        redis "redis-benchmark, long replies" redis_benchmark -P 16 -n 2000 -t lrange
        redis "redis-benchmark, one at a time" redis_benchmark -n 10000 -t ping,set,get
        check_server "examples/redis_server"
    else
        fail "examples/redis_server: starts" "$T/server.log"
    fi
fi

# ---- socks5_proxy --------------------------------------------------------------------------------------

socks()
{
    what="examples/socks5_proxy: $1"
    shift
    check "$what" "$@"
}

# through CURL-ARGUMENT... URL FILE - the body is that file's.
through()
{
    for file; do :; done
    while [ $# -gt 1 ]; do
        set -- "$@" "$1"
        shift
        [ "$1" != "$file" ] || break
    done
    shift
    curl -s -m 10 -o "$T/body" "$@" && cmp "$T/body" "$file"
}

# refused REPLY CURL-ARGUMENT... - the proxy says so.
refused()
{
    want=$1
    shift
    curl -s -v -m 10 -o "$T/body" "$@" 2>&1 | tee "$T/curl" | grep "Can't complete SOCKS5 connection.*($want)"
}

# hex 'BYTES' HEX - what comes back for these bytes.
hex()
{
    raw "$1"
    got=$(od -An -v -tx1 <"$T/raw" | tr -d ' \n')
    echo "$got"
    [ "$got" = "$2" ]
}

# Both sides can end their half while the other goes on: the echo server sends what is left.
socks_half_close()
{
    head -c 3000000 /dev/urandom >"$T/in"
    timeout 20 nc -X 5 -x "127.0.0.1:$port" -N 127.0.0.1 "$echo_port" <"$T/in" >"$T/back"
    cmp "$T/in" "$T/back"
}

if [ -x "$T/socks5_proxy" ] && [ -x "$T/http_server" ] && [ -x "$T/echo_server" ]; then
    start_server "$T/http_server" 0 "$www" && http_pid=$pid http_port=$port
    start_server "$T/echo_server" 0 && echo_pid=$pid echo_port=$port
    if start_server "$T/socks5_proxy" 0 1000; then
        url=http://127.0.0.1:$http_port
        proxy="--socks5 127.0.0.1:$port"
        named="--socks5-hostname 127.0.0.1:$port"
        socks "an address" through $proxy "$url/big.bin" "$www/big.bin"
        socks "a number as a name" through $named "$url/index.html" "$www/index.html"
        socks "localhost" through $named "http://localhost:$http_port/index.html" "$www/index.html"
        socks "other names are not found" refused 4 $named "http://no.such.host/"
        socks "a port that nobody listens on" refused 5 $proxy "http://127.0.0.1:1/"
        socks "half-close" socks_half_close
        socks "a client that cannot do without a password" hex '\005\001\002' 05ff
        socks "another version" hex '\004\001\000' ''
        socks "BIND is refused" hex '\005\001\000\005\002\000\001\177\000\000\001\000\120' 050005070001000000000000
        socks "an unknown address type" hex '\005\001\000\005\001\000\002\177\000\000\001\000\120' 050005080001000000000000
        socks "an idle connection is closed" timeout 20 nc -d -X 5 -x "127.0.0.1:$port" 127.0.0.1 "$echo_port"
        check_server "examples/socks5_proxy"
    else
        fail "examples/socks5_proxy: starts" "$T/server.log"
    fi
    stop_server "$http_pid"
    stop_server "$echo_pid"
fi

# ---- chat_server ---------------------------------------------------------------------------------------

# wait_for TEXT FILE
wait_for()
{
    tries=0
    while ! grep -q "$1" "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { echo "no '$1' in $2:"; cat "$2"; return 1; }
        sleep 0.05
    done
}

# Three clients; what each says comes from a fifo that stays open until the server hangs up.
chat_three()
{
    rm -f "$T"/says.* "$T"/hears.*
    for name in ann bob cyd; do
        mkfifo "$T/says.$name"
        timeout 30 nc 127.0.0.1 "$port" <"$T/says.$name" >"$T/hears.$name" 2>&1 &
    done
    exec 3>"$T/says.ann" 4>"$T/says.bob" 5>"$T/says.cyd"
    printf 'ann\n/who\n' >&3
    wait_for 'here are: ann' "$T/hears.ann" || return # only now it is hers
    printf 'ann\nbob\n' >&4                           # taken, so he is asked again
    wait_for 'bob is here' "$T/hears.ann" || return
    echo cyd >&5
    wait_for 'cyd is here' "$T/hears.ann" && wait_for 'cyd is here' "$T/hears.bob" || return
    echo 'hello' >&3
    printf 'hi \033[2J there\r\n' >&4
    wait_for 'ann: hello' "$T/hears.bob" && wait_for 'ann: hello' "$T/hears.cyd" &&
        wait_for 'bob: hi  \[2J there' "$T/hears.ann" && wait_for 'bob: hi' "$T/hears.cyd" || return
    ! grep 'ann: hello' "$T/hears.ann" || return
    echo /who >&5
    wait_for 'here are:.*ann' "$T/hears.cyd" || return
    echo /quit >&5
    wait_for 'cyd has gone' "$T/hears.ann"
}

# SIGTERM: the others are told, their connections end, and so does the server, without an error.
chat_ends()
{
    kill -TERM "$pid"
    wait "$pid"
    status=$?
    pid=
    wait_for 'the room is closed' "$T/hears.ann" && wait_for 'the room is closed' "$T/hears.bob" || return
    cat "$T/server.log"
    grep -q 'chat: closed' "$T/server.log" && [ $status = 0 ]
}

if [ -x "$T/chat_server" ]; then
    if start_server "$T/chat_server" 0; then
        check "examples/chat_server: three clients" chat_three
        check "examples/chat_server: SIGTERM" chat_ends
        exec 3>&- 4>&- 5>&-
    else
        fail "examples/chat_server: starts" "$T/server.log"
    fi
fi

# ---- What a newcomer runs ------------------------------------------------------------------------------

[ -n "$reactor" ] || check "examples/quickstart.sh" sh examples/quickstart.sh
[ -n "$reactor" ] || on_io_uring examples sh "$0"
exit 0
