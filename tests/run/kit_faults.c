// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// The runtime under the test kit: each allocation and each system call fails in turn, each
// suspension is a cancellation, and many seeds: on sim, and on the reactors of the kernel.
#include <asyncc/blocking.h>
#include <asyncc/group.h>
#include <asyncc/io.h>
#include <asyncc/net.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/test.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asyncc/async.h>

// ---- A talk over TCP ------------------------------------------------------------------------

// The connection stays the caller's, for a task that is cancelled before it begins closes nothing.
static async int echo(struct async_tcp *tcp)
{
    char buf[16];
    ssize_t n;
    while ((n = await async_tcp_read(tcp, buf, sizeof buf)) > 0)
        if ((n = await async_tcp_write_all(tcp, buf, (size_t)n)) < 0)
            break;
    async_stream_shutdown(async_tcp_stream(tcp), SHUT_WR);
    return n == -ECONNRESET || n == -EPIPE ? 0 : (int)n;
}

static async int serve(struct async_listener *listener)
{
    struct async_tcp *peers[2] = {0};
    defer async_tcp_close(peers[0]);
    defer async_tcp_close(peers[1]);
    struct async_group connections;
    for (int i = 0; i < 2; i++) {
        int rc = await async_tcp_accept(listener, &peers[i]);
        if (rc == 0)
            rc = async_group_spawn(&connections, echo(peers[i]));
        if (rc < 0)
            return rc;
    }
    return await async_group_wait(&connections);
}

static async int client(int port, const char *text, bool half_close)
{
    struct async_tcp *tcp;
    int rc = await async_tcp_connect("127.0.0.1", port, &tcp);
    if (rc < 0)
        return rc;
    defer async_tcp_close(tcp);
    size_t size = strlen(text), got = 0;
    char buf[64];
    ssize_t n = await async_tcp_write_all(tcp, text, size);
    if (n >= 0 && half_close)
        n = async_stream_shutdown(async_tcp_stream(tcp), SHUT_WR);
    while (n >= 0 && got < size) {
        n = await async_tcp_read(tcp, buf + got, size - got);
        if (n == 0)
            return -EPIPE;
        if (n > 0)
            got += (size_t)n;
    }
    if (n < 0)
        return (int)n;
    ASYNC_TEST_CHECK(memcmp(buf, text, size) == 0);
    return 0;
}

static async int test_talk(void *arg)
{
    (void)arg;
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", 0, &listener);
    if (rc < 0)
        return rc;
    defer async_listener_close(listener);
    int port = async_listener_port(listener);
    struct async_group tasks;
    if ((rc = async_group_spawn(&tasks, serve(listener))) < 0 ||
        (rc = async_group_spawn(&tasks, client(port, "hello world, how are you", true))) < 0 ||
        (rc = async_group_spawn(&tasks, client(port, "bye", false))) < 0)
        return rc;
    async_group_fail_fast(&tasks);
    int status = await async_timeout_ms(60000, rc = async_group_wait(&tasks));
    return status < 0 ? status : rc;
}

// ---- More bytes than anybody buffers --------------------------------------------------------

enum {
    MUCH = 30000 // on sim with small buffers, see below
};

static async int send_much(struct async_tcp *tcp)
{
    char *bytes = malloc(MUCH);
    if (!bytes)
        return -ENOMEM;
    defer free(bytes);
    memset(bytes, 'x', MUCH);
    struct iovec parts[2] = {{bytes, 1000}, {bytes, 1}};
    ssize_t n = await async_stream_writev(async_tcp_stream(tcp), parts, 2);
    if (n > 0)
        n = await async_tcp_write_all(tcp, bytes, MUCH - (size_t)n);
    if (n > 0)
        n = async_stream_shutdown(async_tcp_stream(tcp), SHUT_WR);
    return n < 0 ? (int)n : 0;
}

static async int take_much(struct async_tcp *tcp)
{
    size_t got = 0;
    char buf[5000];
    ssize_t n = 1;
    while (n > 0) {
        int rc = await async_stream_readable(async_tcp_stream(tcp));
        if (rc < 0)
            return rc;
        n = await async_tcp_read(tcp, buf, sizeof buf);
        got += n > 0 ? (size_t)n : 0;
    }
    ASYNC_TEST_CHECK(n < 0 || got == MUCH);
    return (int)n;
}

static async int test_much(void *arg)
{
    (void)arg;
    struct async_listener *listener;
    struct async_tcp *a = NULL, *b = NULL;
    int rc = async_tcp_listen("127.0.0.1", 0, &listener);
    if (rc < 0)
        return rc;
    defer async_listener_close(listener);
    defer async_tcp_close(a);
    defer async_tcp_close(b);
    rc = await async_tcp_connect("127.0.0.1", async_listener_port(listener), &a);
    if (rc == 0) {
        int status = await async_timeout_ms(5000, rc = async_tcp_accept(listener, &b));
        rc = status < 0 ? status : rc;
    }
    if (rc < 0)
        return rc;
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    if ((rc = async_group_spawn(&tasks, send_much(a))) == 0)
        rc = async_group_spawn(&tasks, take_much(b));
    if (rc < 0)
        return rc;
    int status = await async_timeout_ms(60000, rc = async_group_wait(&tasks));
    return status < 0 ? status : rc;
}

// ---- Descriptors of the program's -----------------------------------------------------------

static async int read_pipe(int fd)
{
    for (;;) {
        char byte;
        ssize_t n = read(fd, &byte, 1);
        if (n >= 0)
            return n == 1 && byte == '!' ? 0 : -EIO;
        int rc = await async_readable(fd);
        if (rc < 0)
            return rc;
    }
}

static async int write_pipe(int fd)
{
    await async_sleep_ms(1);
    int rc = await async_writable(fd);
    if (rc == 0 && write(fd, "!", 1) != 1)
        rc = -EIO;
    if (rc < 0)
        shutdown(fd, SHUT_WR); // so that nobody waits for us
    return rc;
}

static async int test_pipe(void *arg)
{
    (void)arg;
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    defer close(fds[0]);
    defer close(fds[1]);
    int a = 0, b = 0;
    int status = await async_timeout_ms(1, a = read_pipe(fds[0])); // nobody writes yet
    if (status == 0)
        return a < 0 ? a : 1;
    await async_join(a = read_pipe(fds[0]), b = write_pipe(fds[1]));
    return a < 0 ? a : b;
}

// ---- Locks, timers, tasks, frames -----------------------------------------------------------

struct shared {
    struct async_mutex mutex;
    struct async_rwlock lock;
    struct async_semaphore semaphore;
    struct async_condition condition;
    struct async_event event;
    int value, done;
};

static async int worker(struct shared *s, int id)
{
    for (int i = 0; i < 2; i++) {
        {
            await async_semaphore_acquire(&s->semaphore, 1);
            defer async_semaphore_release(&s->semaphore, 1);
            await async_mutex_lock(&s->mutex);
            defer async_mutex_unlock(&s->mutex);
            int value = s->value;
            await async_sleep_ms((uint64_t)id);
            s->value = value + 1;
        }
        await async_rwlock_read(&s->lock);
        defer async_rwlock_read_unlock(&s->lock);
        await async_yield();
    }
    await async_rwlock_write(&s->lock);
    s->done++;
    async_rwlock_write_unlock(&s->lock);
    if (s->done == 3)
        async_event_set(&s->event);
    return 0;
}

static async int test_locks(void *arg)
{
    (void)arg;
    struct shared s = {.semaphore = {.permits = 2}};
    struct async_group tasks;
    for (int i = 0; i < 3; i++)
        if (async_group_spawn(&tasks, worker(&s, i)) < 0)
            return -ENOMEM;
    int status = await async_timeout_ms(1000, async_event_wait(&s.event));
    int rc = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(async_test_hit() || (s.value == 6 && s.done == 3));
    return status < 0 ? status : rc;
}

static async int depth(int n)
{
    if (n == 0) {
        await async_sleep_ms(1);
        return 0;
    }
    return 1 + await depth(n - 1);
}

static async int never(void)
{
    for (;;)
        await async_sleep_ms(3600000);
}

static async int test_tasks(void *arg)
{
    (void)arg;
    struct async_task *deep = async_spawn(depth(50));
    if (!deep)
        return -ENOMEM;
    defer async_detach(deep);
    defer async_cancel(deep);
    struct async_task *endless = async_spawn(never());
    if (!endless)
        return -ENOMEM;
    defer async_detach(endless);
    defer async_cancel(endless);
    int n = 0, status;
    int first = await async_select(status = async_task_join(deep), async_sleep_ms(1000000));
    ASYNC_TEST_CHECK(first == 0);
    if (status < 0)
        return status;
    n = async_task_result(deep, int);
    ASYNC_TEST_CHECK(n == 50);
    status = await async_timeout_ms(10, async_task_join(endless));
    ASYNC_TEST_CHECK(status == -ETIMEDOUT || async_test_hit());
    return await depth(3) == 3 ? 0 : 1;
}

static intptr_t slow(void *arg)
{
    return *(int *)arg + 1;
}

static intptr_t slow_owned(void *arg)
{
    return ++*(int *)arg;
}

static void discard(void *arg, intptr_t result)
{
    (void)result;
    free(arg);
}

static async int test_blocking(void *arg)
{
    (void)arg;
    int number = 41;
    intptr_t n = await async_blocking_copy(slow, &number, sizeof number, NULL);
    if (n < 0)
        return (int)n;
    ASYNC_TEST_CHECK(n == 42);
    int *owned = malloc(sizeof *owned);
    if (!owned)
        return -ENOMEM;
    *owned = 1;
    n = await async_blocking_owned(slow_owned, owned, discard);
    if (n < 0)
        return (int)n;
    free(owned);
    return n == 2 ? 0 : 1;
}

// ---- Everything -----------------------------------------------------------------------------

static int failures;

static void explore(const char *name, async_test_fn test, const char *reactor, unsigned what,
                    unsigned seeds)
{
    struct async_test_options options = {
        .name = name, .reactor = reactor, .seeds = seeds, .segment = 1000};
    if (!reactor) {
        options.latency_ns = 100000;
        options.buffer = 4096;
    }
    int rc = async_test_explore(test, NULL, what, &options);
    if (rc == -EINVAL && reactor)
        return; // this library has no such reactor
    if (rc)
        printf("%s on %s: %d\n", name, reactor ? reactor : "sim", rc);
    failures += rc != 0;
    // Any task, not only the test itself.
    options.cancel_task = "*";
    options.suspend = true;
    if (!reactor && (rc = async_test_explore(test, NULL, ASYNC_TEST_CANCEL, &options)) != 0)
        printf("%s, any task cancelled: %d\n", name, rc);
    failures += rc != 0;
}

static const struct {
    const char *name;
    async_test_fn test;
} tests[] = {
    {"talk", test_talk},   {"much", test_much},   {"pipe", test_pipe},
    {"locks", test_locks}, {"tasks", test_tasks}, {"blocking", test_blocking},
};

int main(void)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        explore(tests[i].name, tests[i].test, NULL, ASYNC_TEST_ALL, 10);
        explore(tests[i].name, tests[i].test, "epoll", ASYNC_TEST_ALL, 1);
        explore(tests[i].name, tests[i].test, "io_uring", ASYNC_TEST_ALL, 1);
    }
    async_blocking_stop();
    return failures != 0;
}
