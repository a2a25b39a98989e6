// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Datagrams, Unix sockets and pipes under the test kit.
#include <asyncc/group.h>
#include <asyncc/pipe.h>
#include <asyncc/test.h>
#include <asyncc/time.h>
#include <asyncc/udp.h>
#include <asyncc/unix.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <asyncc/async.h>

// ---- UDP ------------------------------------------------------------------------------------

static async int answer(struct async_datagram *socket)
{
    char buf[20];
    struct async_address from;
    ssize_t n = await async_datagram_receive_from(socket, buf, sizeof buf, &from);
    if (n > 0)
        n = await async_datagram_send_to(socket, buf, (size_t)n, &from);
    return n < 0 ? (int)n : 0;
}

static async int question(int port)
{
    struct async_datagram *socket;
    int rc = async_udp_connect("127.0.0.1", port, &socket);
    if (rc < 0)
        return rc;
    defer async_datagram_close(socket);
    char buf[20];
    ssize_t n = await async_datagram_send(socket, "who?", 4);
    if (n >= 0) {
        int status =
            await async_timeout_ms(100, n = async_datagram_receive(socket, buf, sizeof buf));
        n = status < 0 ? status : n;
    }
    ASYNC_TEST_CHECK(n < 0 || (n == 4 && memcmp(buf, "who?", 4) == 0));
    return n < 0 ? (int)n : 0;
}

static async int test_udp(void *arg)
{
    (void)arg;
    struct async_datagram *socket;
    int rc = async_udp_bind("127.0.0.1", 0, &socket);
    if (rc < 0)
        return rc;
    defer async_datagram_close(socket);
    struct async_group tasks;
    if ((rc = async_group_spawn(&tasks, answer(socket))) < 0)
        return rc;
    return await question(async_udp_port(socket));
}

// ---- A Unix socket, and a pipe that goes through it -----------------------------------------

static char path[64];

static async int give_pipe(struct async_listener *listener)
{
    struct async_stream *stream, *from, *to;
    int rc = await async_unix_accept(listener, &stream);
    if (rc < 0)
        return rc;
    defer async_stream_close(stream);
    rc = async_pipe(&from, &to);
    if (rc < 0)
        return rc;
    defer async_stream_close(from);
    defer async_stream_close(to);
    int fd = async_stream_fd(from);
    ssize_t n = await async_unix_send_fds(stream, "p", 1, &fd, 1);
    if (n > 0)
        n = await async_stream_write_all(to, "through", 7);
    return n < 0 ? (int)n : 0;
}

static async int take_pipe(void)
{
    struct async_stream *stream, *pipe;
    int rc = await async_unix_connect(path, &stream);
    if (rc < 0)
        return rc;
    defer async_stream_close(stream);
    char buf[20];
    int fd = -1, count = 1;
    ssize_t n = await async_unix_receive_fds(stream, buf, sizeof buf, &fd, &count);
    if (n <= 0 || count != 1)
        return n < 0 ? (int)n : -EPIPE;
    rc = async_stream_open(fd, &pipe);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    defer async_stream_close(pipe);
    size_t got = 0;
    while ((n = await async_stream_read(pipe, buf + got, sizeof buf - got)) > 0)
        got += (size_t)n;
    ASYNC_TEST_CHECK(n < 0 || async_test_hit() || (got == 7 && memcmp(buf, "through", 7) == 0));
    return (int)n;
}

static async int test_unix(void *arg)
{
    (void)arg;
    struct async_listener *listener;
    int rc = async_unix_listen(path, &listener);
    if (rc < 0)
        return rc;
    defer async_listener_close(listener);
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    if ((rc = async_group_spawn(&tasks, give_pipe(listener))) < 0 ||
        (rc = async_group_spawn(&tasks, take_pipe())) < 0)
        return rc;
    int status = await async_timeout_ms(10000, rc = async_group_wait(&tasks));
    return status < 0 ? status : rc;
}

// ---- Everything -----------------------------------------------------------------------------

static int failures;

static void explore(const char *name, async_test_fn test, const char *reactor, unsigned seeds)
{
    struct async_test_options options = {.name = name, .reactor = reactor, .seeds = seeds};
    if (!reactor)
        options.latency_ns = 100000;
    int rc = async_test_explore(test, NULL, ASYNC_TEST_ALL, &options);
    if (rc == -EINVAL && reactor)
        return; // this library has no such reactor
    if (rc)
        printf("%s on %s: %d\n", name, reactor ? reactor : "sim", rc);
    failures += rc != 0;
}

int main(void)
{
    static const char *const reactors[] = {NULL, "epoll", "io_uring"};
    for (int i = 0; i < 3; i++) {
        // On sim, a path is no file. Elsewhere, a file could be left if removing it fails.
        snprintf(path, sizeof path, "%s/kit-net-%d", i ? "@asyncc" : "/nowhere", (int)getpid());
        explore("udp", test_udp, reactors[i], i ? 1 : 20);
        explore("unix", test_unix, reactors[i], i ? 1 : 20);
    }
    return failures != 0;
}
