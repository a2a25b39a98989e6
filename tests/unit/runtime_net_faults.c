// runtime_net_faults.c - what makes sockets, streams and files, with each of its allocations and
// each of its system calls failing in turn: it reports that, and nothing is left behind.
// also: sim
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"
#include "memory.h"
#include "sys.h"

#include <asyncc/pipe.h>
#include <asyncc/udp.h>
#include <asyncc/unix.h>

ASYNC_FUTURE_TYPE(async_tcp_accept);
ASYNC_FUTURE_TYPE(async_tcp_connect);
ASYNC_FUTURE_TYPE(async_unix_connect);
ASYNC_FUTURE_TYPE(async_read);
ASYNC_FUTURE_TYPE(async_write);

// ---- Failing in turn ----------------------------------------------------------------------------

static int calls_left, allocations_left; // until one fails; negative: none will
static bool failed;

static bool allocation_fails(void)
{
    bool now = allocations_left-- == 0;
    failed |= now;
    return now;
}

static bool call_fails(void)
{
    bool now = calls_left-- == 0;
    failed |= now;
    return now;
}

// A call that fails with -EIO when its turn comes.
#define FAILING(RETURNS, NAME, PARAMETERS, ...)                    \
    static RETURNS NAME##_or_fail PARAMETERS                       \
    {                                                              \
        return call_fails() ? -EIO : sys_kernel.NAME(__VA_ARGS__); \
    }

FAILING(int, socket, (int family, int type, int protocol), family, type, protocol)
FAILING(int, socketpair, (int family, int type, int protocol, int fds[2]), family, type, protocol,
        fds)
FAILING(int, pipe, (int fds[2], int flags), fds, flags)
FAILING(int, bind, (int fd, const struct sockaddr *at, socklen_t length), fd, at, length)
FAILING(int, listen, (int fd, int backlog), fd, backlog)
FAILING(int, connect, (int fd, const struct sockaddr *to, socklen_t length), fd, to, length)
FAILING(int, accept, (int fd, struct sockaddr *from, socklen_t *length, int flags), fd, from,
        length, flags)
FAILING(int, getsockname, (int fd, struct sockaddr *at, socklen_t *length), fd, at, length)
FAILING(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length), fd, level,
        name, value, length)
FAILING(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length), fd,
        level, name, value, length)
FAILING(int, fcntl, (int fd, int command, int argument), fd, command, argument)
FAILING(int, poll, (struct pollfd * fds, nfds_t count, int timeout_ms), fds, count, timeout_ms)
FAILING(int, lstat, (const char *path, struct stat *out), path, out)
FAILING(int, fstat, (int fd, struct stat *out), fd, out)
FAILING(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), fd, message, flags)
FAILING(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)
FAILING(ssize_t, readv_now, (int fd, const struct iovec *parts, int count), fd, parts, count)
FAILING(ssize_t, writev_now, (int fd, const struct iovec *parts, int count), fd, parts, count)

static struct sys failing_table(void)
{
    struct sys table = sys_kernel;
    table.socket = socket_or_fail;
    table.socketpair = socketpair_or_fail;
    table.pipe = pipe_or_fail;
    table.bind = bind_or_fail;
    table.listen = listen_or_fail;
    table.connect = connect_or_fail;
    table.accept = accept_or_fail;
    table.getsockname = getsockname_or_fail;
    table.getsockopt = getsockopt_or_fail;
    table.setsockopt = setsockopt_or_fail;
    table.fcntl = fcntl_or_fail;
    table.poll = poll_or_fail;
    table.lstat = lstat_or_fail;
    table.fstat = fstat_or_fail;
    table.recvmsg = recvmsg_or_fail;
    table.sendmsg = sendmsg_or_fail;
    table.readv_now = readv_now_or_fail;
    table.writev_now = writev_now_or_fail;
    return table;
}

// Something that makes one thing and closes it again. 0 or -errno. What it needs beside that is
// made by `set_up` and closed by `clear`.
struct maker {
    const char *name;
    int (*make)(void);
    void (*set_up)(void);
    void (*clear)(void);
};

static int attempt(const struct maker *maker, int allocations, int calls)
{
    struct sys table = failing_table();
    if (maker->set_up)
        maker->set_up();
    int before = open_descriptors();
    size_t sources = async_current->source_count;
    failed = false;
    allocations_left = allocations;
    calls_left = calls;
    memory_fails = allocation_fails;
    sys = &table;
    int rc = maker->make();
    sys = &sys_kernel;
    memory_fails = NULL;
    assert_int_equal(async_current->source_count, sources);
    assert_int_equal(open_descriptors(), before);
    if (maker->clear)
        maker->clear();
    return rc;
}

static void fail_in_turn(const struct maker *maker)
{
    nap(0); // what the executor allocates once, it has
    assert_int_equal(attempt(maker, -1, -1), 0);
    for (int n = 0;; n++) {
        int rc = attempt(maker, n, -1);
        if (!failed) {
            assert_int_equal(rc, 0);
            break;
        }
        if (rc != 0 && rc != -ENOMEM)
            fail_msg("%s: %d after allocation %d failed", maker->name, rc, n);
    }
    for (int n = 0;; n++) {
        int rc = attempt(maker, -1, n);
        if (!failed) {
            assert_int_equal(rc, 0);
            break;
        }
        // Not all calls matter, like those that only make a connection faster.
        if (rc != 0 && rc != -EIO)
            fail_msg("%s: %d after call %d failed", maker->name, rc, n);
    }
}

// ---- What is made -------------------------------------------------------------------------------

static char path[] = "/tmp/asyncc-faults-XXXXXX";
static struct async_listener *listener;
static int client = -1;

static int make_tcp_listener(void)
{
    struct async_listener *l;
    int rc = async_tcp_listen_with("127.0.0.1", 0,
                                   &(struct async_listen_options){.reuse_port = true}, &l);
    if (rc == 0)
        async_listener_close(l);
    return rc;
}

static int make_unix_listener(void)
{
    struct async_listener *l;
    int rc = async_unix_listen_with(path, &(struct async_listen_options){.replace = true}, &l);
    if (rc == 0)
        async_listener_close(l);
    unlink(path); // the call that was to say whose file it is may have failed
    return rc;
}

static int make_udp(void)
{
    struct async_datagram *a, *b;
    int rc = async_udp_bind("127.0.0.1", 0, &a);
    if (rc < 0)
        return rc;
    int port = async_udp_port(a);
    rc = port < 0 ? port : async_udp_connect("127.0.0.1", port, &b);
    if (rc == 0)
        async_datagram_close(b);
    async_datagram_close(a);
    return rc;
}

static int make_unix_datagram(void)
{
    struct async_datagram *a, *b;
    int rc = async_unix_datagram(path, false, &a);
    if (rc == 0) {
        rc = async_unix_datagram(NULL, false, &b);
        if (rc == 0)
            async_datagram_close(b);
        async_datagram_close(a);
    }
    unlink(path);
    return rc;
}

static int make_pipe(void)
{
    struct async_stream *a, *b;
    int rc = async_pipe(&a, &b);
    if (rc == 0) {
        async_stream_close(a);
        async_stream_close(b);
    }
    return rc;
}

static int make_pair(void)
{
    struct async_stream *a, *b;
    int rc = async_stream_pair(&a, &b);
    if (rc == 0) {
        async_stream_close(a);
        async_stream_close(b);
    }
    return rc;
}

static int make_of_descriptors(void)
{
    int fds[2];
    struct async_datagram *datagram;
    struct async_stream *stream;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) < 0)
        return -errno;
    int rc = async_datagram_open(fds[0], &datagram);
    if (rc == 0)
        async_datagram_close(datagram);
    else
        close(fds[0]); // it is still ours
    int rc2 = async_stream_open(fds[1], &stream);
    if (rc2 == 0)
        async_stream_close(stream);
    else
        close(fds[1]);
    return rc < 0 ? rc : rc2;
}

// ---- Operations ---------------------------------------------------------------------------------

static void listen_with_client(void)
{
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    struct async_address address;
    assert_int_equal(async_address_of_socket(async_listener_fd(listener), &address), 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, &address.any, address.length), 0);
}

static void listen_on_path(void)
{
    assert_int_equal(async_unix_listen(path, &listener), 0);
}

static void stop_listening(void)
{
    async_listener_close(listener);
    if (client >= 0)
        close(client);
    client = -1;
}

static int make_tcp_connection(void)
{
    struct async_tcp *tcp;
    int port = async_listener_port(listener);
    int rc = port < 0 ? port : NOW(async_tcp_connect, "127.0.0.1", port, &tcp);
    if (rc == 0)
        async_tcp_close(tcp);
    return rc;
}

static int accept_tcp_connection(void)
{
    struct async_tcp *tcp;
    int rc = NOW(async_tcp_accept, listener, &tcp);
    if (rc == 0)
        async_tcp_close(tcp);
    return rc;
}

static int make_unix_connection(void)
{
    struct async_stream *stream;
    int rc = NOW(async_unix_connect, path, &stream);
    if (rc == 0)
        async_stream_close(stream);
    return rc;
}

static int read_and_write(void)
{
    int fds[2];
    char byte;
    if (pipe(fds) < 0)
        return -errno;
    ssize_t n = NOW(async_write, fds[1], "x", 1);
    if (n > 0)
        n = NOW(async_read, fds[0], &byte, 1);
    close(fds[0]);
    close(fds[1]);
    return n < 0 ? (int)n : 0;
}

static void each_failure_is_survived(void **unused)
{
    (void)unused;
    static const struct maker makers[] = {
        {"tcp listener", make_tcp_listener, NULL, NULL},
        {"unix listener", make_unix_listener, NULL, NULL},
        {"udp", make_udp, NULL, NULL},
        {"unix datagram", make_unix_datagram, NULL, NULL},
        {"pipe", make_pipe, NULL, NULL},
        {"pair", make_pair, NULL, NULL},
        {"of descriptors", make_of_descriptors, NULL, NULL},
        {"tcp connect", make_tcp_connection, listen_with_client, stop_listening},
        {"tcp accept", accept_tcp_connection, listen_with_client, stop_listening},
        {"unix connect", make_unix_connection, listen_on_path, stop_listening},
        {"read and write", read_and_write, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        fail_in_turn(&makers[i]);
}

static int choose_path(void **unused)
{
    (void)unused;
    int fd = mkstemp(path);
    close(fd);
    unlink(path);
    return fd < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(each_failure_is_survived),
    };
    return cmocka_run_group_tests(tests, choose_path, NULL);
}
