// runtime_uring.c - io_uring: what cancelled operations had taken is not lost, the kernel lets go
// of what is dropped, queues overflow, buffers run out, and where it is refused there is epoll.
//
// `runtime_uring probe` exits 0 if io_uring can be used here, and 77 if not.
#define _GNU_SOURCE
#include "runtime_operations.h"

#include "buffers.h"
#include "executor.h"
#include "io.h"
#include "memory.h"
#include "ring.h"
#include "stream.h"

#include <asyncc/stream.h>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_IO_URING

ASYNC_FUTURE_TYPE(async_tcp_accept);
ASYNC_FUTURE_TYPE(async_tcp_connect);
ASYNC_FUTURE_TYPE(async_readable);

// ---- Steps --------------------------------------------------------------------------------------

// Polled before anything is handed to the kernel.
static enum async_poll cancels_at_once(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    struct async_task *task = data;
    assert_int_equal(op_of(task)->state, OP_WAITING);
    async_cancel(task);
    return ASYNC_READY;
}

static void cancel_at_once(struct async_task *task)
{
    run_script(cancels_at_once, task);
    async_detach(task);
}

// ---- What was taken is kept ---------------------------------------------------------------------

static void a_cancelled_read_keeps_bytes(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    char dropped[64];

    // Done, but not collected.
    struct async_task *task = start(p.stream, OP_READ, dropped, sizeof dropped);
    turns();
    say(p, "woken");
    cancel_when_woken(task);
    assert_non_null(((struct async_stream *)p.stream)->source.kept);
    hear(p, "woken");
    assert_null(p.stream->source.kept);

    // The bytes are there, and the kernel may or may not have moved them yet.
    task = start(p.stream, OP_READ, dropped, sizeof dropped);
    turns();
    say(p, "race");
    cancel(task);
    hear(p, "race");

    // Not even handed over: then nothing is taken.
    say(p, "never");
    cancel_at_once(start(p.stream, OP_READ, dropped, sizeof dropped));
    assert_null(p.stream->source.kept);
    hear(p, "never");

    // Nothing came. The buffer is the caller's again at once.
    task = start(p.stream, OP_READ, dropped, sizeof dropped);
    turns();
    assert_int_equal(op_of(task)->state, OP_WAITING);
    cancel(task);
    memset(dropped, '-', sizeof dropped);
    say(p, "late");
    hear(p, "late");
    for (size_t i = 0; i < sizeof dropped; i++)
        assert_int_equal(dropped[i], '-');
    end_pair(p);
}

static void kept_bytes_come_in_parts(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    char a[4], b[4];
    struct iovec parts[2] = {{a, 4}, {b, 4}};
    struct async_task *task = start(p.stream, OP_READV, parts, 2);
    turns();
    say(p, "abcdefg");
    cancel_when_woken(task);
    say(p, "h");

    char buf[8];
    assert_int_equal(now(p.stream, OP_READ, buf, 0), 0);
    assert_int_equal(now(p.stream, OP_READABLE, NULL, 0), 0);
    assert_int_equal(now(p.stream, OP_READ, buf, 2), 2);
    assert_memory_equal(buf, "ab", 2);
    struct iovec small[2] = {{buf, 1}, {buf + 1, 2}};
    assert_int_equal(now(p.stream, OP_READV, small, 2), 3);
    assert_memory_equal(buf, "cde", 3);
    struct raw_future f;
    raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
    assert_int_equal(run_raw(&f), 2);
    assert_memory_equal(f.op.at, "fg", 2);
    buffer_return(&async_current->buffers, f.op.at);
    hear(p, "h");

    // A borrowed buffer is kept, too.
    task = start(p.stream, OP_READ_BORROWED, NULL, 0);
    turns();
    say(p, "lent");
    cancel_when_woken(task);
    hear(p, "lent");

    // What is kept does not make the descriptor readable for others.
    task = start(p.stream, OP_READ, buf, 8);
    turns();
    say(p, "mine");
    cancel_when_woken(task);
    struct async_readable_future *other = async_task_new(&async_readable_future_type);
    async_readable_future_init(other, async_stream_fd(p.stream));
    struct async_task *waits = async_task_start(other);
    turns();
    assert_false(async_task_done(waits));
    cancel(waits);
    hear(p, "mine");
    end_pair(p);
}

// Cancels the first of two that is WOKEN, before its task is polled. The other one stays.
static enum async_poll cancels_one_of_two(void *data, struct async_context *cx, int *state)
{
    struct async_task **two = data;
    for (int i = 0; i < 2; i++) {
        if (op_of(two[i])->state == OP_WOKEN) {
            cancel(two[i]);
            two[0] = two[1 - i];
            return ASYNC_READY;
        }
    }
    assert_true(++*state < 1000000);
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void kept_bytes_are_handed_on(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    char bufs[2][8];
    struct async_task *two[2];
    for (int i = 0; i < 2; i++)
        two[i] = start(p.stream, OP_READ, bufs[i], sizeof bufs[i]);
    struct async_task *other = two[1];
    turns();
    say(p, "x"); // the kernel gives it to one, and the other waits there
    run_script(cancels_one_of_two, two);
    turns();
    assert_true(async_task_done(two[0]));
    assert_int_equal(op_of(two[0])->result, 1);
    assert_int_equal(bufs[two[0] == other][0], 'x');
    async_detach(two[0]);
    end_pair(p);
}

static void errors_are_kept(void **unused)
{
    (void)unused;
    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    struct async_tcp *a, *b;
    struct async_tcp_connect_future c;
    async_tcp_connect_future_init(&c, "127.0.0.1", async_listener_port(listener), &a);
    async_block_on_future(&async_tcp_connect_future_type, &c);
    assert_int_equal(c.result, 0);
    struct async_tcp_accept_future f;
    async_tcp_accept_future_init(&f, listener, &b);
    async_block_on_future(&async_tcp_accept_future_type, &f);
    assert_int_equal(f.result, 0);

    char buf[8];
    struct async_task *task = start(a, OP_READ, buf, sizeof buf);
    turns();
    struct linger reset = {.l_onoff = 1};
    setsockopt(async_tcp_fd(b), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    async_tcp_close(b);
    cancel_when_woken(task);
    assert_int_equal(now(a, OP_READ, buf, sizeof buf), -ECONNRESET);
    assert_int_equal(now(a, OP_READ, buf, sizeof buf), 0);
    async_tcp_close(a);
    async_listener_close(listener);
}

// ---- Accepting ----------------------------------------------------------------------------------

static int dial(const struct async_listener *listener)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)async_listener_port(listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void a_cancelled_accept_keeps_the_connection(void **unused)
{
    (void)unused;
    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);

    struct async_task *task = start(listener, OP_ACCEPT, NULL, 0);
    turns();
    int client = dial(listener);
    cancel_when_woken(task);
    struct async_tcp *tcp;
    struct async_tcp_accept_future f;
    async_tcp_accept_future_init(&f, listener, &tcp);
    async_block_on_future(&async_tcp_accept_future_type, &f);
    assert_int_equal(f.result, 0);
    assert_int_equal(send(client, "hi", 2, 0), 2);
    char buf[4];
    assert_int_equal(now(tcp, OP_READ, buf, sizeof buf), 2);
    async_tcp_close(tcp);
    close(client);

    // Another accept waits in the kernel already.
    struct async_task *two[2];
    for (int i = 0; i < 2; i++)
        two[i] = start(listener, OP_ACCEPT, NULL, 0);
    turns();
    client = dial(listener);
    run_script(cancels_one_of_two, two);
    turns();
    assert_true(async_task_done(two[0]));
    assert_true(op_of(two[0])->result >= 0);
    close((int)op_of(two[0])->result);
    async_detach(two[0]);
    close(client);

    // Nobody wants it: it is closed with the listener.
    task = start(listener, OP_ACCEPT, NULL, 0);
    turns();
    client = dial(listener);
    cancel_when_woken(task);
    assert_non_null(((struct async_source *)listener)->kept);
    async_listener_close(listener);
    assert_true(recv(client, buf, 1, 0) <= 0);
    close(client);
}

// ---- Messages with descriptors ------------------------------------------------------------------

struct letter {
    struct msghdr header;
    struct iovec part;
    char text[16];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))];
};

static void letter_init(struct letter *letter, size_t text, size_t control)
{
    *letter = (struct letter){.header = {.msg_iov = &letter->part, .msg_iovlen = 1}};
    letter->part = (struct iovec){letter->text, text};
    letter->header.msg_control = letter->control;
    letter->header.msg_controllen = control;
}

// Sends `text`, and the writing end of a pipe twice. Returns the reading end.
static int send_letter(struct pair p, const char *text)
{
    struct letter letter;
    letter_init(&letter, strlen(text), CMSG_SPACE(2 * sizeof(int)));
    memcpy(letter.text, text, strlen(text));
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct cmsghdr *part = CMSG_FIRSTHDR(&letter.header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(part), (int[]){ends[1], ends[1]}, 2 * sizeof(int));
    assert_int_equal(sendmsg(p.peer, &letter.header, 0), strlen(text));
    close(ends[1]);
    return ends[0];
}

// All descriptors of the pipe's other end are closed.
static void expect_closed(int end)
{
    char byte;
    fcntl(end, F_SETFL, O_NONBLOCK);
    assert_int_equal(read(end, &byte, 1), 0);
    close(end);
}

static void leave_letter(struct pair p, const char *text, int *end)
{
    struct letter dropped;
    letter_init(&dropped, sizeof dropped.text, sizeof dropped.control);
    struct async_task *task = start(p.stream, OP_RECVMSG, &dropped.header, 0);
    turns();
    *end = send_letter(p, text);
    cancel_when_woken(task);
    assert_non_null(p.stream->source.kept);
}

static void descriptors_are_kept(void **unused)
{
    (void)unused;
    for (int datagrams = 0; datagrams < 2; datagrams++) {
        struct pair p = new_pair(datagrams ? SOCK_DGRAM : SOCK_STREAM);
        int end;
        struct letter letter;

        leave_letter(p, "letter", &end);
        letter_init(&letter, 3, sizeof letter.control);
        assert_int_equal(now(p.stream, OP_RECVMSG, &letter.header, 0), 3);
        assert_memory_equal(letter.text, "let", 3);
        assert_int_equal(letter.header.msg_flags & MSG_TRUNC, datagrams ? MSG_TRUNC : 0);
        struct cmsghdr *part = CMSG_FIRSTHDR(&letter.header);
        assert_non_null(part);
        assert_int_equal(part->cmsg_len, CMSG_LEN(2 * sizeof(int)));
        int fds[2];
        memcpy(fds, CMSG_DATA(part), sizeof fds);
        assert_int_equal(write(fds[0], "x", 1), 1);
        char byte;
        assert_int_equal(read(end, &byte, 1), 1);
        close(fds[0]);
        close(fds[1]);
        expect_closed(end);
        if (datagrams)
            assert_null(p.stream->source.kept);
        else
            hear(p, "ter");

        // No room for descriptors, or no wish for them.
        leave_letter(p, "small", &end);
        letter_init(&letter, 16, CMSG_LEN(sizeof(int)));
        assert_int_equal(now(p.stream, OP_RECVMSG, &letter.header, 0), 5);
        assert_int_equal(letter.header.msg_flags & MSG_CTRUNC, MSG_CTRUNC);
        expect_closed(end);
        leave_letter(p, "plain", &end);
        hear(p, "plain");
        expect_closed(end);

        // Nobody takes it.
        leave_letter(p, "left", &end);
        end_pair(p);
        expect_closed(end);
    }
}

static void datagrams_are_kept_whole(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_DGRAM);
    char buf[16];
    struct async_task *task = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    say(p, "one");
    cancel_when_woken(task);
    say(p, "two");
    assert_int_equal(now(p.stream, OP_READ, buf, 2), 2);
    hear(p, "two");

    // An empty one is one.
    task = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    assert_int_equal(send(p.peer, "", 0, 0), 0);
    cancel_when_woken(task);
    say(p, "three");
    hear(p, "");
    hear(p, "three");
    end_pair(p);
}

// ---- No memory to keep it -----------------------------------------------------------------------

static enum async_poll cancels_without_memory(void *data, struct async_context *cx, int *state)
{
    memory_fails = op_of(data)->state == OP_WOKEN ? always : NULL;
    enum async_poll poll = sees_woken(data, cx, state);
    memory_fails = NULL;
    return poll;
}

static void without_memory_it_is_an_error(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    char buf[16];
    struct async_task *task = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    say(p, "lost");
    run_script(cancels_without_memory, task);
    async_detach(task);
    say(p, "more");
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), -ENOMEM);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), -ENOMEM);
    assert_int_equal(now(p.stream, OP_WRITE, "still", 5), 5);
    end_pair(p);

    p = new_pair(SOCK_DGRAM);
    struct letter letter;
    letter_init(&letter, sizeof letter.text, sizeof letter.control);
    task = start(p.stream, OP_RECVMSG, &letter.header, 0);
    turns();
    int end = send_letter(p, "lost");
    run_script(cancels_without_memory, task);
    async_detach(task);
    expect_closed(end);
    say(p, "next");
    hear(p, "next");
    end_pair(p);

    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    task = start(listener, OP_ACCEPT, NULL, 0);
    turns();
    int client = dial(listener);
    run_script(cancels_without_memory, task);
    async_detach(task);
    assert_true(recv(client, buf, 1, 0) <= 0);
    close(client);
    async_listener_close(listener);
}

// ---- A stream of numbers, read by reads that are dropped at random ------------------------------

enum {
    STREAM_BYTES = 400000
};

static unsigned random_below(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % limit;
}

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 7 + (i >> 8));
}

static void *writes_numbers(void *peer)
{
    unsigned seed = 1;
    unsigned char buf[600];
    for (size_t i = 0; i < STREAM_BYTES;) {
        size_t n = 1 + random_below(&seed, sizeof buf);
        if (n > STREAM_BYTES - i)
            n = STREAM_BYTES - i;
        for (size_t k = 0; k < n; k++)
            buf[k] = byte_at(i + k);
        if (write(*(int *)peer, buf, n) != (ssize_t)n)
            return "a short write";
        i += n;
        if (random_below(&seed, 4) == 0)
            sched_yield();
    }
    shutdown(*(int *)peer, SHUT_WR);
    return NULL;
}

struct numbers {
    struct async_stream *stream;
    struct raw_future f;
    struct msghdr header;
    struct iovec parts[2];
    unsigned char buf[900];
    unsigned seed;
    unsigned dropped, kept;
    size_t seen;
    unsigned patience; // polls until the read is dropped
    bool begun;
};

static void begin_read(struct numbers *n)
{
    size_t size = 1 + random_below(&n->seed, sizeof n->buf);
    size_t half = random_below(&n->seed, (unsigned)size);
    n->parts[0] = (struct iovec){n->buf, half};
    n->parts[1] = (struct iovec){n->buf + half, size - half};
    n->header = (struct msghdr){.msg_iov = n->parts, .msg_iovlen = 2};
    switch (random_below(&n->seed, 4)) {
    case 0:
        raw_future_init(&n->f, n->stream, OP_READ, n->buf, size);
        break;
    case 1:
        raw_future_init(&n->f, n->stream, OP_READV, n->parts, 2);
        break;
    case 2:
        raw_future_init(&n->f, n->stream, OP_RECVMSG, &n->header, 0);
        break;
    default:
        raw_future_init(&n->f, n->stream, OP_READ_BORROWED, NULL, 0);
    }
    n->patience = random_below(&n->seed, random_below(&n->seed, 4) ? 4 : 400);
    n->begun = true;
}

static void check_read(struct numbers *n)
{
    bool borrowed = n->f.op.code == OP_READ_BORROWED;
    const unsigned char *at = borrowed ? n->f.op.at : n->buf;
    for (intptr_t i = 0; i < n->f.result; i++)
        assert_int_equal(at[i], byte_at(n->seen + (size_t)i));
    n->seen += (size_t)n->f.result;
    if (borrowed && n->f.result > 0)
        buffer_return(&async_current->buffers, n->f.op.at);
}

static enum async_poll reads_numbers(void *data, struct async_context *cx, int *state)
{
    (void)state;
    struct numbers *n = data;
    if (!n->begun)
        begin_read(n);
    bool full = n->f.op.state == OP_WOKEN; // what is dropped leaves something behind
    if (n->patience-- == 0 || (full && random_below(&n->seed, 3) == 0)) {
        raw_future_drop(&n->f);
        n->begun = false;
        n->dropped++;
        n->kept += n->stream->source.kept != NULL;
    } else if (raw_future_poll(&n->f, cx) == ASYNC_READY) {
        n->begun = false;
        assert_true(n->f.result >= 0);
        if (n->f.result == 0)
            return ASYNC_READY;
        check_read(n);
    }
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void no_byte_is_lost(void **unused)
{
    (void)unused;
    for (unsigned seed = 1; seed <= 4; seed++) {
        struct pair p = new_pair(SOCK_STREAM);
        pthread_t thread;
        void *problem;
        pthread_create(&thread, NULL, writes_numbers, &p.peer);
        struct numbers n = {.stream = p.stream, .seed = seed};
        run_script(reads_numbers, &n);
        pthread_join(thread, &problem);
        assert_null(problem);
        assert_int_equal(n.seen, STREAM_BYTES);
        print_message("seed %u: %u reads dropped, %u left something behind\n", seed, n.dropped,
                      n.kept);
        assert_true(n.dropped > n.kept && n.kept > 0);
        end_pair(p);
    }
}

// ---- Writing ------------------------------------------------------------------------------------

static void a_cancelled_write_lets_go(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    static char zeros[1 << 20];
    size_t written = 0;
    struct async_task *task;
    for (;;) { // until the socket is full
        task = start(p.stream, OP_WRITE, zeros, sizeof zeros);
        turns();
        if (!async_task_done(task))
            break;
        written += (size_t)op_of(task)->result;
        async_detach(task);
    }
    cancel(task);

    // A dropped write may have written; but not here, and not later.
    char *buf = malloc(1 << 20);
    size_t read_back = 0;
    fcntl(p.peer, F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = read(p.peer, buf, 1 << 20)) > 0;)
        read_back += (size_t)n;
    turns();
    assert_int_equal(read(p.peer, buf, 1), -1);
    assert_int_equal(read_back, written);
    free(buf);

    // Not handed over: it has written nothing.
    cancel_at_once(start(p.stream, OP_WRITE, "never", 5));
    assert_int_equal(now(p.stream, OP_WRITE, "last", 4), 4);
    char last[8];
    assert_int_equal(read(p.peer, last, sizeof last), 4);
    close(p.peer);
    struct iovec part = {last, 4};
    assert_int_equal(now(p.stream, OP_WRITE, "x", 1), -EPIPE); // and no signal
    assert_int_equal(now(p.stream, OP_WRITEV, &part, 1), -EPIPE);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    assert_int_equal(now(p.stream, OP_SENDMSG, &message, 0), -EPIPE);
    async_stream_close(p.stream);
}

// ---- The end, with operations under way ---------------------------------------------------------

static void the_end_takes_operations_back(void **unused)
{
    (void)unused;
    static char buf[64];
    struct pair p[3];
    struct iovec part = {buf, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    start(listener, OP_ACCEPT, NULL, 0);
    for (int i = 0; i < 3; i++) {
        p[i] = new_pair(SOCK_STREAM);
        start(p[i].stream, OP_READ, buf, 8);
        start(p[i].stream, OP_READ_BORROWED, NULL, 0);
        start(p[i].stream, OP_READV, &part, 1);
        start(p[i].stream, OP_RECVMSG, &message, 0);
        start(p[i].stream, OP_READABLE, NULL, 0);
    }
    turns();
    say(p[1], "now");
    // The streams are not closed first: their sources end with the executor, and they with them.
    struct async_stream *streams[3] = {p[0].stream, p[1].stream, p[2].stream};
    int client = dial(listener);
    start(p[2].stream, OP_WRITE, buf, 8); // never handed over
    async_executor_close();
    for (int i = 0; i < 3; i++) {
        async_stream_close(streams[i]);
        close(p[i].peer);
    }
    async_listener_close(listener);
    close(client);
    assert_non_null(executor_get());
}

// ---- Queues that are too short ------------------------------------------------------------------

enum {
    CROWD = 10000 // more than both queues hold
};

static void ten_thousand_wait(void **unused)
{
    (void)unused;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    static struct async_task *tasks[CROWD];
    for (int i = 0; i < CROWD; i++) {
        struct async_readable_future *f = async_task_new(&async_readable_future_type);
        async_readable_future_init(f, ends[0]);
        tasks[i] = async_task_start(f);
    }
    for (int i = 0; i < CROWD / 100; i++)
        turns();
    for (int i = 0; i < CROWD; i++)
        assert_false(async_task_done(tasks[i]));
    for (int i = 0; i < CROWD; i += 2) // one in two goes
        cancel(tasks[i]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    int left = CROWD;
    for (int round = 0; round < 10 * CROWD / 100 && left; round++) {
        turns();
        left = 0;
        for (int i = 1; i < CROWD; i += 2)
            left += !async_task_done(tasks[i]);
    }
    assert_int_equal(left, 0);
    for (int i = 1; i < CROWD; i += 2)
        async_detach(tasks[i]);
    close(ends[0]);
    close(ends[1]);
}

// One poll of one task begins more operations than the queue holds.
static enum async_poll begins_many(void *data, struct async_context *cx, int *state)
{
    static struct raw_future many[1000];
    struct pair *p = data;
    if ((*state)++ == 0) {
        for (int i = 0; i < 1000; i++) {
            raw_future_init(&many[i], p->stream, OP_READABLE, NULL, 0);
            assert_int_equal(raw_future_poll(&many[i], cx), ASYNC_PENDING);
        }
        say(*p, "x");
    }
    int left = 0;
    for (int i = 0; i < 1000; i++) {
        if (many[i].op.source && raw_future_poll(&many[i], cx) == ASYNC_READY) {
            assert_int_equal(many[i].result, 0);
            many[i].op.source = NULL;
        }
        left += many[i].op.source != NULL;
    }
    return left ? ASYNC_PENDING : ASYNC_READY;
}

static void one_poll_begins_a_thousand(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    run_script(begins_many, &p);
    hear(p, "x");
    end_pair(p);
}

// ---- Buffers ------------------------------------------------------------------------------------

enum {
    READERS = 600 // more than the kernel has buffers
};

static void reads_outnumber_the_buffers(void **unused)
{
    (void)unused;
    static struct pair pairs[READERS];
    static struct async_task *tasks[READERS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < READERS; i++) {
            if (round == 0)
                pairs[i] = new_pair(SOCK_STREAM);
            tasks[i] = start(pairs[i].stream, OP_READ_BORROWED, NULL, 0);
        }
        turns();
        for (int i = 0; i < READERS; i++) {
            char text[16];
            snprintf(text, sizeof text, "%d of %d", i, round);
            say(pairs[i], text);
        }
        int left = READERS;
        for (int k = 0; k < 1000 && left; k++) {
            turns();
            left = 0;
            for (int i = 0; i < READERS; i++)
                left += !async_task_done(tasks[i]);
        }
        assert_int_equal(left, 0);
        for (int i = 0; i < READERS; i++) {
            struct async_op *op = op_of(tasks[i]);
            char text[16];
            int n = snprintf(text, sizeof text, "%d of %d", i, round);
            assert_int_equal(op->result, n);
            assert_memory_equal(op->at, text, (size_t)n);
            buffer_return(&async_current->buffers, op->at);
            async_detach(tasks[i]);
        }
        assert_true(async_current->buffers.count > 0); // the kernel has enough
    }
    for (int i = 0; i < READERS; i++) {
        close(pairs[i].peer);
        assert_int_equal(now(pairs[i].stream, OP_READ_BORROWED, NULL, 0), 0);
        async_stream_close(pairs[i].stream);
    }
}

static void the_kernel_gets_buffers_back(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    for (int i = 0; i < 100; i++) {
        if (i == 10) { // it has got those that it needs
            allocations = 0;
            memory_fails = counts;
        }
        say(p, "again");
        struct raw_future f;
        raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
        assert_int_equal(run_raw(&f), 5);
        assert_memory_equal(f.op.at, "again", 5);
        buffer_return(&async_current->buffers, f.op.at);
    }
    memory_fails = NULL;
    assert_int_equal(allocations, 0);
    end_pair(p);
}

static enum async_poll holds_on(void *data, struct async_context *cx, int *state)
{
    (void)state;
    enum async_poll poll = raw_future_poll(data, cx);
    memory_fails = poll == ASYNC_PENDING ? always : NULL;
    return poll;
}

// None is left, and no memory; later there is some again. What was lent outlives the executor.
static void without_a_buffer_it_is_an_error(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    say(p, "x");
    struct raw_future f;
    raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
    run_script(holds_on, &f);
    assert_int_equal(f.result, -ENOMEM);
    assert_int_equal(now(p.stream, OP_READABLE, NULL, 0), 0);
    raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
    assert_int_equal(run_raw(&f), 1);
    end_pair(p);
    async_executor_close();
    assert_memory_equal(f.op.at, "x", 1);
    assert_non_null(executor_get());
    buffer_return(&async_current->buffers, f.op.at);
}

// ---- Descriptors that are no sockets ------------------------------------------------------------

static void reads_a_terminal_and_a_pipe(void **unused)
{
    (void)unused;
    int control = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (control >= 0) {
        assert_int_equal(grantpt(control) | unlockpt(control), 0);
        int terminal = open(ptsname(control), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(terminal >= 0);
        struct pair p = {.peer = control};
        assert_int_equal(async_stream_open(terminal, &p.stream), 0);
        char buf[16] = {0};
        for (int borrowed = 0; borrowed < 2; borrowed++) {
            struct async_task *task = borrowed ? start(p.stream, OP_READ_BORROWED, NULL, 0)
                                               : start(p.stream, OP_READ, buf, 16);
            turns();
            assert_false(async_task_done(task));
            assert_int_equal(write(control, "line\n", 5), 5);
            for (int i = 0; i < 1000 && !async_task_done(task); i++)
                turns();
            assert_true(async_task_done(task));
            struct async_op *op = op_of(task);
            assert_int_equal(op->result, 5);
            assert_memory_equal(borrowed ? op->at : buf, "line\n", 5);
            if (borrowed)
                buffer_return(&async_current->buffers, op->at);
            async_detach(task);
        }
        struct async_task *task = start(p.stream, OP_READ, buf, 16);
        turns();
        cancel(task);
        end_pair(p);
    }

    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct pair p = {.peer = ends[1]};
    assert_int_equal(async_stream_open(ends[0], &p.stream), 0);
    char buf[16];
    struct async_task *task = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    assert_int_equal(write(p.peer, "piped", 5), 5);
    cancel_when_woken(task);
    assert_int_equal(write(p.peer, "+", 1), 1);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), 5);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), 1);
    close(p.peer);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), 0);
    async_stream_close(p.stream);
}

// ---- Refusals -----------------------------------------------------------------------------------

struct refusal {
    long number;
    int error;
    const char *reactor; // what there is instead
    ssize_t read;
};

static void *lives_with_a_refusal(void *data)
{
    struct refusal *refusal = data;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refusal->number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)refusal->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
        return "no filter"; // of this thread alone
    struct pair p = new_pair(SOCK_STREAM);
    refusal->reactor = async_executor_reactor();
    say(p, "well");
    char buf[8];
    refusal->read = now(p.stream, OP_READ, buf, sizeof buf);
    end_pair(p);
    async_executor_close();
    return NULL;
}

static void where_it_is_refused_there_is_epoll(void **unused)
{
    (void)unused;
    struct refusal refusals[] = {
        {SYS_io_uring_setup, ENOSYS, NULL, 0},   {SYS_io_uring_setup, EPERM, NULL, 0},
        {SYS_io_uring_setup, ENOMEM, NULL, 0},   {SYS_io_uring_setup, EINVAL, NULL, 0},
        {SYS_io_uring_register, EPERM, NULL, 0}, {SYS_io_uring_enter, EPERM, NULL, 0},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        pthread_t thread;
        void *problem;
        pthread_create(&thread, NULL, lives_with_a_refusal, &refusals[i]);
        pthread_join(thread, &problem);
        if (problem) {
            print_message("skipped: %s\n", (char *)problem);
            return;
        }
        assert_string_equal(refusals[i].reactor, "epoll");
        assert_int_equal(refusals[i].read, 4);
    }
}

static void *asks_for_nonsense(void *unused)
{
    (void)unused;
    return executor_get();
}

static void unknown_names_are_an_error(void **unused)
{
    (void)unused;
    pthread_t thread;
    void *executor;
    setenv("ASYNCC_REACTOR", "kqueue", 1);
    pthread_create(&thread, NULL, asks_for_nonsense, NULL);
    pthread_join(thread, &executor);
    assert_null(executor);
    setenv("ASYNCC_REACTOR", "io_uring", 1);
}

int main(int argc, char **argv)
{
    setenv("ASYNCC_REACTOR", "io_uring", 1);
    bool usable = on_io_uring();
    async_executor_close();
    if (argc > 1 && strcmp(argv[1], "probe") == 0)
        return usable ? 0 : 77;
    if (!usable) {
        puts("no io_uring here");
        return 77;
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cancelled_read_keeps_bytes, begin, end),
        cmocka_unit_test_setup_teardown(kept_bytes_come_in_parts, begin, end),
        cmocka_unit_test_setup_teardown(kept_bytes_are_handed_on, begin, end),
        cmocka_unit_test_setup_teardown(errors_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_cancelled_accept_keeps_the_connection, begin, end),
        cmocka_unit_test_setup_teardown(descriptors_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(datagrams_are_kept_whole, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_it_is_an_error, begin, end),
        cmocka_unit_test_setup_teardown(no_byte_is_lost, begin, end),
        cmocka_unit_test_setup_teardown(a_cancelled_write_lets_go, begin, end),
        cmocka_unit_test_setup_teardown(the_end_takes_operations_back, begin, end),
        cmocka_unit_test_setup_teardown(ten_thousand_wait, begin, end),
        cmocka_unit_test_setup_teardown(one_poll_begins_a_thousand, begin, end),
        cmocka_unit_test_setup_teardown(reads_outnumber_the_buffers, begin, end),
        cmocka_unit_test_setup_teardown(the_kernel_gets_buffers_back, begin, end),
        cmocka_unit_test_setup_teardown(without_a_buffer_it_is_an_error, begin, end),
        cmocka_unit_test_setup_teardown(reads_a_terminal_and_a_pipe, begin, end),
        cmocka_unit_test_setup_teardown(where_it_is_refused_there_is_epoll, begin, end),
        cmocka_unit_test_setup_teardown(unknown_names_are_an_error, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("this system's headers have no io_uring");
    return 77;
}

#endif
