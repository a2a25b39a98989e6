// Streams, packets and descriptors between tasks: pipes, TCP, UDP and Unix sockets, addresses, ends
// that close, and waits that are cancelled.
// blocking: no: waits for other tasks
#include <asyncc/io.h>
#include <asyncc/net.h>
#include <asyncc/pipe.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/udp.h>
#include <asyncc/unix.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <asyncc/async.h>

// Reads until the end: how many bytes there were, and their sum.
static async int drain(struct async_stream *from, int *sum)
{
    unsigned char buf[1000];
    int total = 0;
    ssize_t n;
    while ((n = await async_stream_read(from, buf, sizeof buf)) > 0) {
        total += (int)n;
        for (ssize_t i = 0; i < n; i++)
            *sum += buf[i];
    }
    return n < 0 ? (int)n : total;
}

static async ssize_t pour(struct async_stream *to, size_t size)
{
    static unsigned char bytes[300000];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i % 251);
    defer async_stream_close(to);
    return await async_stream_write_all(to, bytes, size);
}

static async int pipes(void)
{
    struct async_stream *in, *out;
    if (async_pipe(&in, &out) < 0)
        return 1;
    defer async_stream_close(in);
    ssize_t written;
    int total, sum = 0;
    await async_join(written = pour(out, 300000), total = drain(in, &sum));
    printf("pipe: %d written, %d read, sum %d\n", (int)written, total, sum);
    return 0;
}

// ---- TCP, with addresses

static async int answer(struct async_listener *listener)
{
    struct async_tcp *peer;
    int rc = await async_tcp_accept(listener, &peer);
    if (rc < 0)
        return rc;
    defer async_tcp_close(peer);
    char buf[10];
    ssize_t n = await async_tcp_read(peer, buf, sizeof buf);
    if (n > 0)
        n = await async_tcp_write_all(peer, buf, (size_t)n);
    return (int)n;
}

static async int ask(const struct async_address *where)
{
    struct async_tcp *peer;
    int rc = await async_tcp_connect_to(where, &peer);
    if (rc < 0)
        return rc;
    defer async_tcp_close(peer);
    struct async_address there;
    if (async_tcp_peer_address(peer, &there) < 0 || !async_address_equal(&there, where))
        return -EINVAL;
    ssize_t n = await async_tcp_write_all(peer, "echo", 4);
    char buf[10];
    if (n > 0)
        n = await async_tcp_read(peer, buf, sizeof buf);
    return (int)n;
}

static async int tcp(void)
{
    struct async_listener *listener;
    if (async_tcp_listen("127.0.0.1", 0, &listener) < 0)
        return 1;
    defer async_listener_close(listener);
    struct async_address where;
    async_address_of_socket(async_listener_fd(listener), &where);
    int a, b;
    await async_join(a = answer(listener), b = ask(&where));
    struct async_tcp *nobody;
    int rc = await async_timeout_ms(1, async_tcp_accept(listener, &nobody));
    printf("tcp: %d %d, %s\n", a, b, rc == -ETIMEDOUT ? "nobody" : "?");
    return 0;
}

// ---- UDP

static async int echo_packets(struct async_datagram *udp, int count)
{
    char buf[8];
    struct async_address from;
    int cut = 0;
    for (int i = 0; i < count; i++) {
        ssize_t n = await async_datagram_receive_from(udp, buf, sizeof buf, &from);
        if (n > (ssize_t)sizeof buf) {
            n = sizeof buf;
            cut++;
        }
        if (n < 0 || await async_datagram_send_to(udp, buf, (size_t)n, &from) != n)
            return -1;
    }
    return cut;
}

static async int send_packets(struct async_datagram *udp)
{
    static const char *packets[] = {"a", "", "a long one", "b"};
    int total = 0;
    for (int i = 0; i < 4; i++) {
        char buf[20];
        if (await async_datagram_send(udp, packets[i], strlen(packets[i])) < 0)
            return -1;
        total = total * 10 + (int)await async_datagram_receive(udp, buf, sizeof buf);
    }
    return total;
}

static async int packets(void)
{
    struct async_datagram *server, *client;
    if (async_udp_bind("127.0.0.1", 0, &server) < 0)
        return 1;
    defer async_datagram_close(server);
    if (async_udp_connect("127.0.0.1", async_udp_port(server), &client) < 0)
        return 1;
    defer async_datagram_close(client);
    int cut, sizes;
    await async_join(cut = echo_packets(server, 4), sizes = send_packets(client));
    char byte;
    int rc = await async_timeout_ms(1, async_datagram_receive(client, &byte, 1));
    printf("udp: %d cut, sizes %04d, %s\n", cut, sizes, rc == -ETIMEDOUT ? "no more" : "?");
    return 0;
}

// ---- Unix sockets: one end of a pipe goes to the server, who writes into it

static async int serve_pipe(struct async_listener *listener)
{
    struct async_stream *peer;
    if (await async_unix_accept(listener, &peer) < 0)
        return -1;
    defer async_stream_close(peer);
    char byte;
    int fd, count = 1;
    ssize_t n = await async_unix_receive_fds(peer, &byte, 1, &fd, &count);
    if (n != 1 || count != 1)
        return -1;
    defer close(fd);
    return (int)await async_write_all(fd, "through a pipe", 14);
}

static async int receive_by_pipe(const char *name)
{
    struct async_stream *peer;
    int fds[2];
    if (await async_unix_connect(name, &peer) < 0)
        return -1;
    defer async_stream_close(peer);
    if (pipe(fds) < 0)
        return -1;
    defer close(fds[0]);
    ssize_t n;
    {
        defer close(fds[1]); // the peer has a copy
        n = await async_unix_send_fds(peer, "x", 1, &fds[1], 1);
    }
    int total = 0;
    char buf[5];
    while (n > 0 && (n = await async_read(fds[0], buf, sizeof buf)) > 0)
        total += (int)n;
    return total;
}

static async int unix_sockets(void)
{
    char name[50];
    snprintf(name, sizeof name, "@asyncc-run-%ld", (long)getpid());
    struct async_listener *listener;
    if (async_unix_listen(name, &listener) < 0)
        return 1;
    defer async_listener_close(listener);
    int a, b;
    await async_join(a = serve_pipe(listener), b = receive_by_pipe(name));
    printf("unix: %d %d\n", a, b);
    return 0;
}

// ---- Closing ends what waits

static async void close_later(struct async_stream *stream)
{
    defer async_stream_close(stream);
    await async_yield();
}

static async int closing(void)
{
    struct async_stream *a, *b;
    if (async_stream_pair(&a, &b) < 0)
        return 1;
    defer async_stream_close(b);
    char byte;
    ssize_t n;
    await async_join(n = async_stream_read(a, &byte, 1), close_later(a));
    ssize_t m = await async_stream_write_all(b, "x", 1);
    printf("closed: %d %d\n", n == -ECANCELED, m == -EPIPE);
    return 0;
}

async int main(void)
{
    int failed = await pipes();
    failed += await tcp();
    failed += await packets();
    failed += await unix_sockets();
    failed += await closing();
    return failed;
}
