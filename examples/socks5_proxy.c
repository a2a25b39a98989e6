// socks5_proxy.c - a proxy by RFC 1928: no authentication, CONNECT to IPv4 and IPv6 addresses.
//
//     asyncc socks5_proxy.c -o socks5_proxy.out.c
//     cc socks5_proxy.out.c -lasyncc -lpthread -o socks5_proxy
//     ./socks5_proxy [PORT [IDLE_MS]]          PORT 0 is any free one
//     curl --socks5 127.0.0.1:PORT http://127.0.0.1:8000/
//
// Names are not looked up, but for numeric ones and "localhost". A connection on which nothing
// moves for IDLE_MS is closed.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <asyncc/buffered.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static uint64_t idle_ms = 300000;     // for something to move
static uint64_t handshake_ms = 10000; // for a client to say what it wants, a server to answer

// ---- The protocol -------------------------------------------------------------------------------

enum {
    VERSION = 5,
    NO_AUTHENTICATION = 0,
    NO_METHOD = 0xff,
    CONNECT = 1,
    IPV4 = 1,
    NAME = 3,
    IPV6 = 4
};

enum reply {
    SUCCEEDED = 0,
    FAILED = 1,
    NETWORK_UNREACHABLE = 3,
    HOST_UNREACHABLE = 4,
    REFUSED = 5,
    TIMED_OUT = 6,
    NOT_A_COMMAND = 7,
    NOT_AN_ADDRESS = 8
};

static enum reply reply_of(int error)
{
    switch (error) {
    case 0:
        return SUCCEEDED;
    case -ENETUNREACH:
        return NETWORK_UNREACHABLE;
    case -EHOSTUNREACH:
    case -EINVAL: // a name that is not looked up
        return HOST_UNREACHABLE;
    case -ECONNREFUSED:
        return REFUSED;
    case -ETIMEDOUT:
        return TIMED_OUT;
    default:
        return FAILED;
    }
}

// A reply with our side of the connection to the server; `server` NULL: there is none. Its size.
static size_t put_reply(unsigned char out[22], enum reply reply, struct async_tcp *server)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } ours = {.v4 = {.sin_family = AF_INET}};
    socklen_t length = sizeof ours;
    if (server)
        getsockname(async_tcp_fd(server), &ours.any, &length);
    bool v6 = ours.any.sa_family == AF_INET6;
    size_t size = v6 ? 16 : 4;
    memcpy(out, (unsigned char[]){VERSION, reply, 0, v6 ? IPV6 : IPV4}, 4);
    memcpy(out + 4, v6 ? (void *)&ours.v6.sin6_addr : (void *)&ours.v4.sin_addr, size);
    memcpy(out + 4 + size, v6 ? &ours.v6.sin6_port : &ours.v4.sin_port, 2);
    return 4 + size + 2;
}

// ---- Handshake ----------------------------------------------------------------------------------

struct target {
    char host[256];
    int port;
};

// Waits for n bytes at in->at. 0, or -errno; -ENODATA: the client has gone.
static async int need(struct async_reader *in, size_t n)
{
    ssize_t there = await async_reader_peek(in, n);
    if (there < 0)
        return (int)there;
    return (size_t)there < n ? -ENODATA : 0;
}

// Reads which methods the client knows. Returns the one that is taken, or -errno.
static async int read_methods(struct async_reader *in)
{
    int rc = await need(in, 2);
    if (rc == 0 && in->at[0] != VERSION)
        rc = -EPROTO;
    if (rc == 0)
        rc = await need(in, 2 + (unsigned char)in->at[1]);
    if (rc < 0)
        return rc;
    size_t count = (unsigned char)in->at[1];
    bool known = memchr(in->at + 2, NO_AUTHENTICATION, count) != NULL;
    async_reader_consume(in, 2 + count);
    return known ? NO_AUTHENTICATION : NO_METHOD;
}

// Reads where the client wants to go. Returns an enum reply, or -errno.
static async int read_request(struct async_reader *in, struct target *target)
{
    int rc = await need(in, 5); // of a name: with its length
    if (rc < 0)
        return rc;
    const unsigned char *request = (const unsigned char *)in->at;
    if (request[0] != VERSION)
        return -EPROTO;
    int type = request[3];
    if (type != IPV4 && type != IPV6 && type != NAME)
        return NOT_AN_ADDRESS;
    size_t from = type == NAME ? 5 : 4;
    size_t size = type == NAME ? request[4] : type == IPV6 ? 16 : 4;
    rc = await need(in, from + size + 2);
    if (rc < 0)
        return rc;

    request = (const unsigned char *)in->at; // the bytes may have moved
    if (type == NAME) {
        memcpy(target->host, request + from, size);
        target->host[size] = '\0';
    } else {
        inet_ntop(type == IPV6 ? AF_INET6 : AF_INET, request + from, target->host,
                  sizeof target->host);
    }
    target->port = request[from + size] << 8 | request[from + size + 1];
    int command = request[1];
    async_reader_consume(in, from + size + 2);
    return command == CONNECT ? SUCCEEDED : NOT_A_COMMAND;
}

static async int send_bytes(struct async_tcp *client, const void *bytes, size_t size)
{
    ssize_t n = await async_tcp_write_all(client, bytes, size);
    return n < 0 ? (int)n : 0;
}

// Agrees with the client on where to go. Returns an enum reply, or -errno.
static async int negotiate(struct async_tcp *client, struct async_reader *in, struct target *target)
{
    int method = await read_methods(in);
    if (method < 0)
        return method;
    int rc = await send_bytes(client, (unsigned char[]){VERSION, (unsigned char)method}, 2);
    if (rc == 0 && method == NO_METHOD)
        rc = -EACCES;
    return rc < 0 ? rc : await read_request(in, target);
}

// ---- Relay --------------------------------------------------------------------------------------

// One direction. When it has ended, the other side is told that no more comes; when it fails, both
// directions end.
static async void relay(struct async_reader *from, struct async_tcp *source, struct async_tcp *sink)
{
    bool failed = await async_reader_copy(from, async_tcp_stream(sink)) < 0;
    async_stream_shutdown(async_tcp_stream(sink), failed ? SHUT_RDWR : SHUT_WR);
    if (failed)
        async_stream_shutdown(async_tcp_stream(source), SHUT_RDWR);
}

// Ends when nothing has moved for a while, in both directions.
static async void until_idle(const struct async_reader *a, const struct async_reader *b)
{
    uint64_t moved;
    do {
        moved = a->done + b->done;
        await async_sleep_ms(idle_ms);
    } while (a->done + b->done != moved);
}

static async void relay_both(struct async_reader *from_client, struct async_tcp *client,
                             struct async_reader *from_server, struct async_tcp *server)
{
    await async_join(relay(from_client, client, server), relay(from_server, server, client));
}

static async int serve(struct async_tcp *client)
{
    defer async_tcp_close(client);
    struct async_reader from_client, from_server;
    async_reader_init(&from_client, async_tcp_stream(client));
    defer async_reader_fini(&from_client);

    struct target target;
    int reply;
    if (await async_timeout_ms(handshake_ms, reply = negotiate(client, &from_client, &target)) != 0)
        return -ETIMEDOUT;
    if (reply < 0)
        return reply;
    struct async_tcp *server = NULL;
    defer async_tcp_close(server);
    if (reply == SUCCEEDED) {
        int rc;
        if (await async_timeout_ms(handshake_ms,
                                   rc = async_tcp_connect(target.host, target.port, &server)) != 0)
            rc = -ETIMEDOUT;
        reply = reply_of(rc);
    }
    unsigned char out[22];
    size_t size = put_reply(out, (enum reply)reply, server);
    int rc = await send_bytes(client, out, size);
    if (rc < 0 || reply != SUCCEEDED)
        return rc;

    async_reader_init(&from_server, async_tcp_stream(server));
    defer async_reader_fini(&from_server);
    (void)await async_select(relay_both(&from_client, client, &from_server, server),
                             until_idle(&from_client, &from_server));
    return 0;
}

// ---- The proxy ----------------------------------------------------------------------------------

async int main(int argc, char **argv)
{
    if (argc > 2)
        idle_ms = strtoull(argv[2], NULL, 10);
    if (handshake_ms > idle_ms)
        handshake_ms = idle_ms;
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", argc > 1 ? atoi(argv[1]) : 1080, &listener);
    if (rc == 0) {
        printf("socks5: listening on 127.0.0.1:%d\n", async_listener_port(listener));
        fflush(stdout);
    }
    while (rc == 0) {
        struct async_tcp *client;
        if ((rc = await async_tcp_accept(listener, &client)) != 0)
            break;
        struct async_task *task = async_spawn(serve(client));
        if (!task)
            async_tcp_close(client); // no memory: nothing ran
        async_detach(task);
    }
    fprintf(stderr, "socks5: %s\n", strerror(-rc));
    return 1;
}
