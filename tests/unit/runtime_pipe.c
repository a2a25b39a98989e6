// runtime_pipe.c - pipes and pairs of sockets as streams, vectored and whole writes, ends that
// close.
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"

#include <asyncc/pipe.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

ASYNC_FUTURE_TYPE(async_stream_read);
ASYNC_FUTURE_TYPE(async_stream_readv);
ASYNC_FUTURE_TYPE(async_stream_write);
ASYNC_FUTURE_TYPE(async_stream_writev);
ASYNC_FUTURE_TYPE(async_stream_write_all);
ASYNC_FUTURE_TYPE(async_stream_readable);
ASYNC_FUTURE_TYPE(async_stream_writable);

typedef int maker(struct async_stream **in, struct async_stream **out);

static void flow(maker *make)
{
    struct async_stream *in, *out;
    assert_int_equal(make(&in, &out), 0);
    assert_true(fcntl(async_stream_fd(in), F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(async_stream_fd(out), F_GETFD) & FD_CLOEXEC);
    char buf[10];
    struct async_task *reader = START(async_stream_read, in, buf, sizeof buf);
    nap(1);
    assert_false(async_task_done(reader));
    struct iovec parts[] = {{"ab", 2}, {"cde", 3}}, room[] = {{buf, 1}, {buf + 5, 5}};
    assert_int_equal(NOW(async_stream_writev, out, parts, 2), 5);
    assert_int_equal(RESULT(reader, ssize_t), 5);
    assert_memory_equal(buf, "abcde", 5);
    struct async_task *looker = START(async_stream_readable, in);
    nap(1);
    assert_false(async_task_done(looker));
    assert_int_equal(NOW(async_stream_write, out, "xyz", 3), 3);
    assert_int_equal(RESULT(looker, int), 0);
    assert_int_equal(NOW(async_stream_readv, in, room, 2), 3);
    assert_memory_equal(buf + 5, "yz", 2);
    static struct iovec many[IOV_MAX + 1];
    assert_int_equal(NOW(async_stream_writev, out, many, IOV_MAX + 1), -EINVAL);
    assert_int_equal(NOW(async_stream_writev, out, parts, -1), -EINVAL);
    assert_int_equal(NOW(async_stream_readv, in, many, IOV_MAX + 1), -EINVAL);
    assert_int_equal(NOW(async_stream_readv, in, room, -1), -EINVAL);
    // The end comes behind what was written.
    assert_int_equal(NOW(async_stream_write_all, out, "end", 3), 3);
    async_stream_close(out);
    assert_int_equal(NOW(async_stream_read, in, buf, sizeof buf), 3);
    assert_int_equal(NOW(async_stream_read, in, buf, sizeof buf), 0);
    assert_int_equal(NOW(async_stream_readable, in), 0);
    async_stream_close(in);
}

static void flows(void **unused)
{
    (void)unused;
    flow(async_pipe);
    flow(async_stream_pair);
}

static void fill(maker *make)
{
    enum {
        SIZE = 1 << 20
    };
    struct async_stream *in, *out;
    assert_int_equal(make(&in, &out), 0);
    char *bytes = malloc(SIZE), *got = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 + i / 4096);
    struct async_task *writer = START(async_stream_write_all, out, bytes, SIZE);
    nap(1);
    assert_false(async_task_done(writer));
    struct iovec all = {bytes, SIZE};
    cancel_pending(START(async_stream_write, out, bytes, SIZE));
    cancel_pending(START(async_stream_writev, out, &all, 1));
    cancel_pending(START(async_stream_writable, out));
    size_t n = 0;
    while (n < SIZE) {
        ssize_t more = NOW(async_stream_read, in, got + n, SIZE - n < 9999 ? SIZE - n : 9999);
        assert_true(more > 0);
        n += (size_t)more;
    }
    assert_memory_equal(got, bytes, SIZE);
    assert_int_equal(RESULT(writer, ssize_t), SIZE);
    cancel_pending(START(async_stream_read, in, got, 1));
    cancel_pending(START(async_stream_readv, in, &all, 1));
    cancel_pending(START(async_stream_readable, in));
    // The reader goes while somebody writes.
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    writer = START(async_stream_write_all, out, bytes, SIZE);
    nap(1);
    async_stream_close(in);
    assert_int_equal(RESULT(writer, ssize_t), -EPIPE);
    assert_int_equal(NOW(async_stream_writable, out), 0);
    assert_int_equal(NOW(async_stream_write, out, "x", 1), -EPIPE);
    sigaction(SIGPIPE, &before, NULL);
    async_stream_close(out);
    assert_int_equal(async_current->source_count, 0);
    free(bytes);
    free(got);
}

static void fills(void **unused)
{
    (void)unused;
    fill(async_pipe);
    fill(async_stream_pair);
}

static void closing_ends_what_waits(void **unused)
{
    (void)unused;
    struct async_stream *in, *out;
    assert_int_equal(async_pipe(&in, &out), 0);
    char byte;
    struct async_task *reader = START(async_stream_read, in, &byte, 1);
    struct async_task *looker = START(async_stream_readable, in);
    nap(1);
    async_stream_close(in);
    assert_int_equal(RESULT(reader, ssize_t), -ECANCELED);
    assert_int_equal(RESULT(looker, int), -ECANCELED);
    async_stream_close(out);
    async_stream_close(NULL);
}

static void fails_without_descriptors(void **unused)
{
    (void)unused;
    nap(0); // the executor has its own
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    struct async_stream *in, *out;
    assert_int_equal(async_pipe(&in, &out), -EMFILE);
    assert_int_equal(async_stream_pair(&in, &out), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &before);
}

// ---- SIGPIPE and async_run_main -----------------------------------------------------------------

static void handle(int signal)
{
    (void)signal;
}

static enum async_poll break_a_pipe(void *data, struct async_context *cx, int *state)
{
    (void)cx;
    (void)state;
    int fds[2];
    if (pipe(fds) == 0) {
        close(fds[0]);
        *(bool *)data = write(fds[1], "x", 1) < 0 && errno == EPIPE; // or it ends the process
        close(fds[1]);
    }
    return ASYNC_READY;
}

// In a process of its own, whose exit status says whether all was well.
static int main_with_sigpipe(void (*before)(int), void (*after)(int))
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, before);
        bool survived = false;
        struct script_future f;
        script_future_init(&f, break_a_pipe, NULL, &survived);
        async_run_main(&script_future_type, &f);
        struct sigaction now;
        sigaction(SIGPIPE, NULL, &now);
        _exit(survived && now.sa_handler == after ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void main_ignores_sigpipe(void **unused)
{
    (void)unused;
    assert_int_equal(main_with_sigpipe(SIG_DFL, SIG_IGN), 0);
    assert_int_equal(main_with_sigpipe(SIG_IGN, SIG_IGN), 0);
    assert_int_equal(main_with_sigpipe(handle, handle), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(flows),
        DESCRIPTOR_TEST(fills),
        DESCRIPTOR_TEST(closing_ends_what_waits),
        DESCRIPTOR_TEST(fails_without_descriptors),
        DESCRIPTOR_TEST(main_ignores_sigpipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
