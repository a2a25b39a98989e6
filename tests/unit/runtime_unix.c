// runtime_unix.c - Unix sockets: files that stay and go, full backlogs, packets, descriptors that
// are passed, also those that nobody takes.
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"

#include <asyncc/pipe.h>
#include <asyncc/unix.h>
#include <sys/stat.h>

ASYNC_FUTURE_TYPE(async_unix_accept);
ASYNC_FUTURE_TYPE(async_unix_connect);
ASYNC_FUTURE_TYPE(async_unix_send_fds);
ASYNC_FUTURE_TYPE(async_unix_receive_fds);
ASYNC_FUTURE_TYPE(async_stream_read);
ASYNC_FUTURE_TYPE(async_stream_write_all);
ASYNC_FUTURE_TYPE(async_datagram_receive_from);
ASYNC_FUTURE_TYPE(async_datagram_send_to);

static char directory[] = "/tmp/asyncc-unix-XXXXXX";
static char path[sizeof directory + 10], abstract[40];

static int make_directory(void **unused)
{
    (void)unused;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/socket", directory);
    snprintf(abstract, sizeof abstract, "@asyncc-test-%ld", (long)getpid());
    return 0;
}

static int remove_directory(void **unused)
{
    (void)unused;
    return rmdir(directory); // fails if a file is left
}

static bool exists(const char *name)
{
    struct stat stat;
    return lstat(name, &stat) == 0;
}

static void talk(const char *name)
{
    struct async_listener *l;
    assert_int_equal(async_unix_listen(name, &l), 0);
    assert_int_equal(async_listener_port(l), -EINVAL);
    struct async_stream *a, *b;
    assert_int_equal(NOW(async_unix_connect, name, &a), 0);
    assert_int_equal(NOW(async_unix_accept, l, &b), 0);
    char buf[10];
    assert_int_equal(NOW(async_stream_write_all, a, "hello", 5), 5);
    assert_int_equal(NOW(async_stream_read, b, buf, sizeof buf), 5);
    struct async_unix_peer peer;
    assert_int_equal(async_unix_peer(b, &peer), 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    assert_int_equal(peer.gid, getgid());
    struct async_address address;
    char text[ASYNC_ADDRESS_TEXT];
    assert_int_equal(async_address_of_peer(async_stream_fd(a), &address), 0);
    assert_string_equal(async_address_format(&address, text, sizeof text), name);
    struct async_task *accept = START(async_unix_accept, l, &b);
    nap(1);
    struct async_stream *first = b;
    async_listener_close(l);
    assert_int_equal(RESULT(accept, int), -ECANCELED);
    assert_int_equal(NOW(async_unix_connect, name, &b), *name == '@' ? -ECONNREFUSED : -ENOENT);
    async_stream_close(a);
    async_stream_close(first);
}

static void talks(void **unused)
{
    (void)unused;
    talk(path);
    assert_false(exists(path));
    talk(abstract);
}

static void minds_files(void **unused)
{
    (void)unused;
    struct async_listener *l, *second;
    struct async_listen_options replace = {.replace = true};
    assert_int_equal(async_unix_listen(path, &l), 0);
    // Nobody's place is taken who is there.
    assert_int_equal(async_unix_listen(path, &second), -EADDRINUSE);
    assert_int_equal(async_unix_listen_with(path, &replace, &second), -EADDRINUSE);
    // A file of another's stays.
    assert_int_equal(unlink(path), 0);
    assert_int_equal(async_unix_listen(path, &second), 0);
    async_listener_close(l);
    assert_true(exists(path));
    async_listener_close(second);
    assert_false(exists(path));
    // What a dead process left.
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct async_address address;
    assert_int_equal(async_address_unix(path, &address), 0);
    assert_int_equal(bind(fd, &address.any, address.length), 0);
    close(fd);
    assert_int_equal(async_unix_listen(path, &l), -EADDRINUSE);
    assert_int_equal(async_unix_listen_with(path, &replace, &l), 0);
    async_listener_close(l);
    // No socket.
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(async_unix_listen_with(path, &replace, &l), -EADDRINUSE);
    assert_true(exists(path));
    unlink(path);
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[150] = 0;
    assert_int_equal(async_unix_listen(longest, &l), -ENAMETOOLONG);
    assert_int_equal(async_unix_listen("", &l), -EINVAL);
    assert_int_equal(async_unix_listen("/no/such/directory", &l), -ENOENT);
    struct async_stream *peer;
    assert_int_equal(NOW(async_unix_connect, longest, &peer), -ENAMETOOLONG);
    assert_int_equal(NOW(async_unix_connect, path, &peer), -ENOENT);
}

static void waits_for_a_full_backlog(void **unused)
{
    (void)unused;
    enum {
        MANY = 20
    };
    struct async_listener *l;
    struct async_listen_options few = {.backlog = 1};
    assert_int_equal(async_unix_listen_with(path, &few, &l), 0);
    struct async_stream *clients[MANY] = {0}, *peers[MANY];
    struct async_task *tasks[MANY];
    for (int i = 0; i < MANY; i++)
        tasks[i] = START(async_unix_connect, path, &clients[i]);
    nap(1);
    assert_false(async_task_done(tasks[MANY - 1]));
    struct async_stream *never = NULL;
    cancel_pending(START(async_unix_connect, path, &never));
    assert_null(never);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(NOW(async_unix_accept, l, &peers[i]), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(RESULT(tasks[i], int), 0);
        async_stream_close(clients[i]);
        async_stream_close(peers[i]);
    }
    // The listener goes.
    for (int i = 0; i < 4; i++)
        tasks[i] = START(async_unix_connect, path, &clients[i]);
    nap(1);
    assert_false(async_task_done(tasks[3]));
    async_listener_close(l);
    for (int i = 0; i < 4; i++) {
        int rc = RESULT(tasks[i], int);
        assert_true(rc == 0 || rc == -ECONNREFUSED || rc == -ENOENT);
        if (rc == 0)
            async_stream_close(clients[i]);
    }
    cancel_pending(
        START(async_unix_accept, (assert_int_equal(async_unix_listen(path, &l), 0), l), &never));
    async_listener_close(l);
}

// ---- Packets ------------------------------------------------------------------------------------

static void sends_packets(void **unused)
{
    (void)unused;
    struct async_datagram *server, *client, *second;
    struct async_address to, from;
    assert_int_equal(async_unix_datagram(path, false, &server), 0);
    assert_int_equal(async_unix_datagram(path, true, &second), -EADDRINUSE);
    assert_int_equal(async_unix_datagram(NULL, false, &client), 0);
    assert_int_equal(async_address_unix(path, &to), 0);
    char buf[10];
    assert_int_equal(NOW(async_datagram_send_to, client, "one", 3, &to), 3);
    assert_int_equal(NOW(async_datagram_receive_from, server, buf, 2, &from), 3); // cut short
    assert_int_equal(from.length ? async_address_port(&from) : -EINVAL, -EINVAL);
    // Nobody tells a sender that is not connected when there is room.
    int sent = 0;
    struct async_task *sender = NULL;
    do {
        if (sender)
            async_detach(sender);
        sender = START(async_datagram_send_to, client, "x", 1, &to);
        nap(1);
        sent++;
    } while (async_task_done(sender) && sent < 100000);
    cancel_pending(START(async_datagram_send_to, client, "x", 1, &to));
    struct async_task *closed = START(async_datagram_send_to, client, "x", 1, &to);
    nap(1);
    assert_false(async_task_done(closed));
    for (int i = 0; i < sent; i++)
        assert_int_equal(NOW(async_datagram_receive_from, server, buf, sizeof buf, NULL), 1);
    assert_int_equal(RESULT(sender, ssize_t), 1);
    assert_int_equal(RESULT(closed, ssize_t), 1);
    for (int i = 0; i < sent; i++) {
        sender = START(async_datagram_send_to, client, "x", 1, &to);
        nap(0);
        async_detach(sender);
    }
    closed = START(async_datagram_send_to, client, "x", 1, &to);
    nap(1);
    async_datagram_close(client);
    ssize_t rc = RESULT(closed, ssize_t);
    assert_true(rc == -ECANCELED || rc == 1);
    async_datagram_close(server);
    assert_false(exists(path));
    assert_int_equal(async_unix_datagram(abstract, false, &server), 0);
    async_datagram_close(server);
    assert_int_equal(async_current->source_count, 0);
}

// ---- Passing descriptors ------------------------------------------------------------------------

// Sends both ends of a pipe, and says what came out at the other end by going through it.
static void check_pipe(int in, int out)
{
    char byte = 0;
    assert_int_equal(write(out, "p", 1), 1);
    assert_int_equal(read(in, &byte, 1), 1);
    assert_int_equal(byte, 'p');
    assert_true(fcntl(in, F_GETFD) & FD_CLOEXEC);
    close(in);
    close(out);
}

static void passes_descriptors(void **unused)
{
    (void)unused;
    struct async_stream *a, *b;
    assert_int_equal(async_stream_pair(&a, &b), 0);
    int fds[2], got[4], count = 4;
    assert_int_equal(pipe(fds), 0);
    char buf[10];
    struct async_task *receiver = START(async_unix_receive_fds, b, buf, sizeof buf, got, &count);
    nap(1);
    assert_false(async_task_done(receiver));
    assert_int_equal(NOW(async_unix_send_fds, a, "two", 3, fds, 2), 3);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(RESULT(receiver, ssize_t), 3);
    assert_int_equal(count, 2);
    assert_memory_equal(buf, "two", 3);
    check_pipe(got[0], got[1]);
    // None, and the end.
    count = 4;
    assert_int_equal(NOW(async_unix_send_fds, a, "none", 4, NULL, 0), 4);
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, got, &count), 4);
    assert_int_equal(count, 0);
    async_stream_close(a);
    count = 4;
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, got, &count), 0);
    assert_int_equal(count, 0);
    async_stream_close(b);
}

static void closes_what_does_not_fit(void **unused)
{
    (void)unused;
    struct async_stream *a, *b;
    assert_int_equal(async_stream_pair(&a, &b), 0);
    int many[ASYNC_UNIX_FDS + 1], got[ASYNC_UNIX_FDS], count = 1;
    for (int i = 0; i <= ASYNC_UNIX_FDS; i++)
        many[i] = async_stream_fd(a);
    char buf[10];
    int before = open_descriptors();
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, many, ASYNC_UNIX_FDS), 1);
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, got, &count), 1);
    assert_int_equal(count, 1);
    assert_int_equal(open_descriptors(), before + 1);
    close(got[0]);
    // As many as there may be, and more than that by another program.
    count = ASYNC_UNIX_FDS;
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, many, ASYNC_UNIX_FDS), 1);
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, got, &count), 1);
    assert_int_equal(count, ASYNC_UNIX_FDS);
    for (int i = 0; i < count; i++)
        close(got[i]);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof many)];
    } control = {.header = {CMSG_LEN(sizeof many), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), many, sizeof many);
    struct iovec part = {"y", 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    assert_int_equal(sendmsg(async_stream_fd(a), &message, 0), 1);
    count = 0;
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, NULL, &count), 1);
    assert_int_equal(count, 0);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, many, ASYNC_UNIX_FDS + 1), -EINVAL);
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 0, many, 1), -EINVAL);
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, (int[]){-1}, 1), -EBADF);
    count = 1;
    assert_int_equal(NOW(async_unix_receive_fds, b, buf, 0, got, &count), -EINVAL);
    assert_int_equal(count, 0);
    async_stream_close(a);
    async_stream_close(b);
}

static void cancelling_loses_no_descriptor(void **unused)
{
    (void)unused;
    struct async_stream *a, *b;
    assert_int_equal(async_stream_pair(&a, &b), 0);
    int fds[2], got[2], count = 2;
    assert_int_equal(pipe(fds), 0);
    char buf[10];
    cancel_pending(START(async_unix_receive_fds, b, buf, sizeof buf, got, &count));
    struct async_task *woken = START(async_unix_receive_fds, b, buf, sizeof buf, got, &count);
    nap(1);
    struct async_unix_send_fds_future send;
    async_unix_send_fds_future_init(&send, a, "x", 1, fds, 2);
    async_block_on_future(&async_unix_send_fds_future_type, &send); // wakes no task of b's yet
    bool was_done = async_task_done(woken);
    async_cancel(woken);
    async_detach(woken);
    if (!was_done) {
        count = 2;
        assert_int_equal(NOW(async_unix_receive_fds, b, buf, sizeof buf, got, &count), 1);
    }
    assert_int_equal(count, 2);
    close(fds[0]);
    close(fds[1]);
    check_pipe(got[0], got[1]);
    // Full, cancelled, closed.
    static const int zero = 0;
    static char much[1 << 20];
    cancel_pending(START(async_stream_write_all, a, much, sizeof much));
    cancel_pending(START(async_unix_send_fds, a, "x", 1, &zero, 1));
    struct async_task *sender = START(async_unix_send_fds, a, "x", 1, &zero, 1);
    nap(1);
    async_stream_close(a);
    assert_int_equal(RESULT(sender, ssize_t), -ECANCELED);
    async_stream_close(b);
    // Sent, and never received.
    assert_int_equal(async_stream_pair(&a, &b), 0);
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, &zero, 1), 1);
    async_stream_close(b);
    assert_int_equal(NOW(async_unix_send_fds, a, "x", 1, &zero, 1), -EPIPE);
    async_stream_close(a);
}

// Waits in vain first, so that what is sent next comes with an edge, and only one.
static void reads_past_descriptors(struct async_stream *from, struct async_stream *to)
{
    char buf[100];
    cancel_pending(START(async_stream_read, to, buf, sizeof buf));
    int fd = async_stream_fd(from);
    assert_int_equal(NOW(async_unix_send_fds, from, "x", 1, &fd, 1), 1);
    assert_int_equal(NOW(async_stream_write_all, from, "hello", 5), 5);
    ssize_t got = 0;
    while (got < 6) {
        struct async_task *read = START(async_stream_read, to, buf + got, sizeof buf - (size_t)got);
        ssize_t n = RESULT(read, ssize_t);
        assert_true(n > 0);
        got += n;
    }
    assert_memory_equal(buf, "xhello", 6);
    async_stream_close(from);
    async_stream_close(to);
}

static void unwanted_descriptors_hide_no_bytes(void **unused)
{
    (void)unused;
    struct async_stream *a, *b;
    assert_int_equal(async_stream_pair(&a, &b), 0);
    reads_past_descriptors(a, b);
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(async_stream_open(fds[0], &a), 0);
    assert_int_equal(async_stream_open(fds[1], &b), 0);
    reads_past_descriptors(a, b);
    struct async_listener *l;
    assert_int_equal(async_unix_listen(abstract, &l), 0);
    assert_int_equal(NOW(async_unix_connect, abstract, &a), 0);
    assert_int_equal(NOW(async_unix_accept, l, &b), 0);
    reads_past_descriptors(a, b);
    assert_int_equal(NOW(async_unix_connect, abstract, &a), 0);
    assert_int_equal(NOW(async_unix_accept, l, &b), 0);
    reads_past_descriptors(b, a);
    async_listener_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(talks),
        DESCRIPTOR_TEST(minds_files),
        DESCRIPTOR_TEST(waits_for_a_full_backlog),
        DESCRIPTOR_TEST(sends_packets),
        DESCRIPTOR_TEST(passes_descriptors),
        DESCRIPTOR_TEST(closes_what_does_not_fit),
        DESCRIPTOR_TEST(cancelling_loses_no_descriptor),
        DESCRIPTOR_TEST(unwanted_descriptors_hide_no_bytes),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
