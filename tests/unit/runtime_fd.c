// runtime_fd.c - waiting for descriptors that are not the runtime's, and reading and writing them:
// blocking and non-blocking pipes, sockets, terminals, files.
// also: sim
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"
#include "sys.h"

#include <limits.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <termios.h>

ASYNC_FUTURE_TYPE(async_readable);
ASYNC_FUTURE_TYPE(async_writable);
ASYNC_FUTURE_TYPE(async_read);
ASYNC_FUTURE_TYPE(async_readv);
ASYNC_FUTURE_TYPE(async_write);
ASYNC_FUTURE_TYPE(async_writev);
ASYNC_FUTURE_TYPE(async_write_all);

// ---- Waiting ------------------------------------------------------------------------------------

static void waits_for_a_pipe(void **unused)
{
    (void)unused;
    for (int round = 0; round < 3; round++) { // the same numbers again and again
        int fds[2];
        assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
        assert_int_equal(NOW(async_writable, fds[1]), 0);
        struct async_task *reader = START(async_readable, fds[0]);
        struct async_task *reader2 = START(async_readable, fds[0]);
        struct async_task *dropped = START(async_readable, fds[0]);
        nap(2);
        assert_false(async_task_done(reader));
        async_cancel(dropped);
        async_detach(dropped);
        assert_int_equal(write(fds[1], "x", 1), 1);
        nap(2);
        assert_int_equal(async_task_result(reader, int), 0);
        assert_int_equal(async_task_result(reader2, int), 0);
        async_detach(reader);
        async_detach(reader2);
        assert_int_equal(NOW(async_readable, fds[0]), 0); // still unread
        char c;
        assert_int_equal(read(fds[0], &c, 1), 1);
        reader = START(async_readable, fds[0]);
        nap(2);
        assert_false(async_task_done(reader));
        close(fds[1]);
        nap(2);
        assert_int_equal(async_task_result(reader, int), 0);
        async_detach(reader);
        close(fds[0]);
    }
}

static void needs_not_wait_for_a_file(void **unused)
{
    (void)unused;
    FILE *file = tmpfile();
    assert_int_equal(NOW(async_readable, fileno(file)), 0);
    assert_int_equal(NOW(async_writable, fileno(file)), 0);
    fclose(file);
    assert_int_equal(NOW(async_readable, 9999), -EBADF);
    assert_int_equal(NOW(async_writable, -1), -EBADF);
}

// ---- Reading and writing ------------------------------------------------------------------------

enum kind {
    BLOCKING_PIPE,
    PIPE,
    BLOCKING_SOCKETS,
    SOCKETS,
    KINDS
};

struct ends {
    int in, out;
};

static struct ends make_ends(enum kind kind)
{
    int fds[2];
    if (kind <= PIPE)
        assert_int_equal(pipe2(fds, kind == PIPE ? O_NONBLOCK : 0), 0);
    else
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | (kind == SOCKETS ? SOCK_NONBLOCK : 0), 0,
                                    fds),
                         0);
    return (struct ends){fds[0], fds[1]};
}

static void close_ends(struct ends e)
{
    if (e.in >= 0)
        close(e.in);
    if (e.out >= 0)
        close(e.out);
}

// Can this system be told not to wait in a call? If not, as in the second round, poll has to do.
static ssize_t cannot_tell(int fd, const struct iovec *parts, int count)
{
    (void)fd;
    (void)parts;
    (void)count;
    return -EOPNOTSUPP;
}

static struct sys old_system;

static void for_each_kind(void (*test)(enum kind kind))
{
    old_system = sys_kernel;
    old_system.readv_now = old_system.writev_now = cannot_tell;
    for (int old = 0; old < 2; old++) {
        sys = old ? &old_system : &sys_kernel;
        for (int kind = 0; kind < KINDS; kind++)
            test((enum kind)kind);
    }
    sys = &sys_kernel;
}

static void read_and_write(enum kind kind)
{
    struct ends e = make_ends(kind);
    int flags_in = fcntl(e.in, F_GETFL), flags_out = fcntl(e.out, F_GETFL);
    char buf[20] = "";
    struct async_task *reader = START(async_read, e.in, buf, sizeof buf);
    nap(1);
    assert_false(async_task_done(reader));
    assert_int_equal(NOW(async_write, e.out, "hello", 5), 5);
    assert_int_equal(RESULT(reader, ssize_t), 5);
    assert_string_equal(buf, "hello");
    struct iovec out[] = {{"", 0}, {"ab", 2}, {"cd", 2}}, in[] = {{buf, 1}, {buf + 10, 5}};
    ssize_t n = NOW(async_writev, e.out, out, 3);
    assert_true(n == 4 || n == 2); // a part is a part
    if (n == 2)
        assert_int_equal(NOW(async_write_all, e.out, "cd", 2), 2);
    assert_int_equal(NOW(async_readv, e.in, in, 2), 4);
    assert_memory_equal(buf, "a", 1);
    assert_memory_equal(buf + 10, "bcd", 3);
    assert_int_equal(NOW(async_write_all, e.out, "x", 0), 0);
    assert_int_equal(fcntl(e.in, F_GETFL), flags_in);
    assert_int_equal(fcntl(e.out, F_GETFL), flags_out);
    reader = START(async_read, e.in, buf, sizeof buf);
    nap(1);
    close(e.out);
    assert_int_equal(RESULT(reader, ssize_t), 0);
    e.out = -1;
    close_ends(e);
}

static void reads_and_writes(void **unused)
{
    (void)unused;
    for_each_kind(read_and_write);
}

// More than there is room for, and the executor goes on meanwhile.
static void write_much(enum kind kind)
{
    enum {
        SIZE = 1 << 20
    };
    struct ends e = make_ends(kind);
    char *out = malloc(SIZE), *in = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        out[i] = (char)(i * 31 + i / 4096);
    struct async_task *writer = START(async_write_all, e.out, out, SIZE);
    nap(1);
    assert_false(async_task_done(writer));
    size_t got = 0;
    while (got < SIZE) {
        size_t want = 1 + got % 7001;
        ssize_t n = NOW(async_read, e.in, in + got, want < SIZE - got ? want : SIZE - got);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(in, out, SIZE);
    assert_int_equal(RESULT(writer, ssize_t), SIZE);
    free(in);
    free(out);
    close_ends(e);
}

static void writes_much(void **unused)
{
    (void)unused;
    for_each_kind(write_much);
}

// Nothing is lost by what is dropped, and no registration is left.
static void cancel(enum kind kind)
{
    struct ends e = make_ends(kind);
    char buf[10];
    struct iovec part = {buf, sizeof buf};
    cancel_pending(START(async_read, e.in, buf, sizeof buf));
    cancel_pending(START(async_readv, e.in, &part, 1));
    struct async_task *woken = START(async_read, e.in, buf, sizeof buf);
    nap(1);
    assert_int_equal(write(e.out, "abc", 3), 3);
    async_cancel(woken);
    async_detach(woken);
    assert_int_equal(NOW(async_read, e.in, buf, sizeof buf), 3);
    // Full.
    int flags = fcntl(e.out, F_GETFL);
    fcntl(e.out, F_SETFL, flags | O_NONBLOCK);
    char *much = calloc(1, 1 << 20);
    while (write(e.out, much, 4096) > 0)
        ;
    fcntl(e.out, F_SETFL, flags);
    part = (struct iovec){much, 1 << 20};
    cancel_pending(START(async_write, e.out, much, 1 << 20));
    cancel_pending(START(async_writev, e.out, &part, 1));
    cancel_pending(START(async_write_all, e.out, much, 1 << 20));
    assert_int_equal(async_current->source_count, 0);
    free(much);
    close_ends(e);
}

static void cancels(void **unused)
{
    (void)unused;
    for_each_kind(cancel);
}

static void break_pipe(enum kind kind)
{
    struct ends e = make_ends(kind);
    close(e.in);
    e.in = -1;
    assert_int_equal(NOW(async_write, e.out, "x", 1), -EPIPE);
    assert_int_equal(NOW(async_write_all, e.out, "x", 1), -EPIPE);
    close_ends(e);
}

static volatile sig_atomic_t broken;

static void note_broken(int signal)
{
    (void)signal;
    broken++;
}

// Pipes raise SIGPIPE, as the header says; sockets do not.
static void reports_broken_pipes(void **unused)
{
    (void)unused;
    struct sigaction note = {.sa_handler = note_broken}, before;
    sigaction(SIGPIPE, &note, &before);
    broken = 0;
    for_each_kind(break_pipe);
    assert_int_equal(broken, 2 * 2 * 2);
    sigaction(SIGPIPE, &before, NULL);
}

static void reports_bad_descriptors(void **unused)
{
    (void)unused;
    char byte;
    assert_int_equal(NOW(async_read, -1, &byte, 1), -EBADF);
    assert_int_equal(NOW(async_write, 9999, &byte, 1), -EBADF);
    struct ends e = make_ends(PIPE);
    assert_int_equal(NOW(async_read, e.out, &byte, 1), -EBADF);
    assert_int_equal(NOW(async_write, e.in, &byte, 1), -EBADF);
    close_ends(e);
}

static void count_parts(enum kind kind)
{
    static char bytes[IOV_MAX + 1];
    static struct iovec parts[IOV_MAX + 1];
    for (int i = 0; i <= IOV_MAX; i++)
        parts[i] = (struct iovec){&bytes[i], 1};
    struct ends e = make_ends(kind);
    assert_true(NOW(async_writev, e.out, parts, IOV_MAX) > 0);
    assert_int_equal(NOW(async_writev, e.out, parts, IOV_MAX + 1), -EINVAL);
    assert_int_equal(NOW(async_writev, e.out, parts, -1), -EINVAL);
    assert_int_equal(NOW(async_readv, e.in, parts, IOV_MAX + 1), -EINVAL);
    assert_int_equal(NOW(async_readv, e.in, parts, -1), -EINVAL);
    assert_true(NOW(async_readv, e.in, parts, IOV_MAX) > 0);
    close_ends(e);
}

static void refuses_too_many_parts(void **unused)
{
    (void)unused;
    for_each_kind(count_parts);
}

static void use_a_file(enum kind kind)
{
    (void)kind;
    FILE *file = tmpfile();
    char buf[10];
    char *much = calloc(1, 100000);
    assert_int_equal(NOW(async_write_all, fileno(file), much, 100000), 100000);
    assert_int_equal(lseek(fileno(file), 99998, SEEK_SET), 99998);
    assert_int_equal(NOW(async_read, fileno(file), buf, sizeof buf), 2);
    assert_int_equal(NOW(async_read, fileno(file), buf, sizeof buf), 0);
    free(much);
    fclose(file);
}

static ssize_t nothing_in_memory(int fd, const struct iovec *parts, int count)
{
    (void)fd;
    (void)parts;
    (void)count;
    return -EAGAIN;
}

static void reads_and_writes_files(void **unused)
{
    (void)unused;
    for_each_kind(use_a_file);
    struct sys slow_disk = sys_kernel;
    slow_disk.readv_now = slow_disk.writev_now = nothing_in_memory;
    sys = &slow_disk;
    use_a_file(PIPE);
    sys = &sys_kernel;
}

// A terminal gives a line at a time, and a line that is left makes no noise.
static void reads_lines_of_a_terminal(void **unused)
{
    (void)unused;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        skip();
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    struct termios raw;
    tcgetattr(terminal, &raw);
    raw.c_lflag &= (tcflag_t)~ECHO;
    tcsetattr(terminal, TCSANOW, &raw);
    char buf[100];
    struct async_task *reader = START(async_read, terminal, buf, sizeof buf);
    nap(1);
    assert_false(async_task_done(reader));
    assert_int_equal(NOW(async_write_all, master, "one\ntwo\n", 8), 8);
    assert_int_equal(RESULT(reader, ssize_t), 4);
    assert_int_equal(NOW(async_read, terminal, buf, sizeof buf), 4);
    cancel_pending(START(async_read, terminal, buf, sizeof buf));
    // The same as a stream, which it becomes.
    struct async_stream *stream;
    assert_int_equal(async_stream_open(terminal, &stream), 0);
    assert_int_equal(NOW(async_write_all, terminal, "ok\n", 3), 3);
    ssize_t got = 0; // "ok" and "\r\n" may come one after the other
    while (got < 4) {
        ssize_t n = NOW(async_read, master, buf + got, sizeof buf - (size_t)got);
        assert_true(n > 0);
        got += n;
    }
    assert_int_equal(got, 4);
    assert_memory_equal(buf, "ok\r\n", 4);
    async_stream_close(stream);
    close(master);
}

static void reads_packets(void **unused)
{
    (void)unused;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    char buf[10];
    assert_int_equal(NOW(async_write, fds[0], "a", 1), 1);
    assert_int_equal(NOW(async_write, fds[0], "bc", 2), 2);
    assert_int_equal(NOW(async_read, fds[1], buf, sizeof buf), 1);
    assert_int_equal(NOW(async_read, fds[1], buf, sizeof buf), 2);
    close(fds[0]);
    close(fds[1]);
    int event = eventfd(3, 0);
    uint64_t count = 0;
    assert_int_equal(NOW(async_read, event, &count, sizeof count), 8);
    assert_int_equal(count, 3);
    cancel_pending(START(async_read, event, &count, sizeof count));
    close(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(waits_for_a_pipe),
        DESCRIPTOR_TEST(needs_not_wait_for_a_file),
        DESCRIPTOR_TEST(reads_and_writes),
        DESCRIPTOR_TEST(writes_much),
        DESCRIPTOR_TEST(cancels),
        DESCRIPTOR_TEST(reports_broken_pipes),
        DESCRIPTOR_TEST(reports_bad_descriptors),
        DESCRIPTOR_TEST(refuses_too_many_parts),
        DESCRIPTOR_TEST(reads_and_writes_files),
        DESCRIPTOR_TEST(reads_lines_of_a_terminal),
        DESCRIPTOR_TEST(reads_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
