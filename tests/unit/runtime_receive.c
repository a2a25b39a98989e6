// runtime_receive.c - io_uring receives for as long as a connection lives: each byte comes once and
// in order, whoever reads it and however, and the kernel stops when nobody reads, and lets go.
#define _GNU_SOURCE
#include "runtime_operations.h"

#include "buffers.h"
#include "memory.h"
#include "reactor_uring.h"

#include <netinet/in.h>
#include <poll.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#ifdef HAVE_IO_URING

static struct pair new_connection(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &(socklen_t){sizeof at}), 0);
    struct pair p = {.peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(p.peer, (struct sockaddr *)&at, sizeof at), 0);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal(async_stream_open(fd, &p.stream), 0);
    close(listener);
    return p;
}

static bool receives(struct pair p)
{
    return p.stream->source.receiving;
}

static unsigned submissions(void)
{
    return async_current->reactor->ring.sq_next;
}

// The bytes have come to the socket, and the kernel has done with them what it does.
static void settle(struct pair p)
{
    int left = 1;
    for (int i = 0; i < 1000 && left > 0; i++) {
        turns();
        ioctl(p.peer, SIOCOUTQ, &left);
    }
    turns();
}

static void return_buffer(void *at)
{
    buffer_return(&async_current->buffers, at);
}

// The kernel gets so many, unless it has more, and them back.
static struct buffer_ring *give_buffers(unsigned count)
{
    struct buffer_ring *ring = &async_current->reactor->buffers;
    ring->wanted = count;
    while (ring->count < count)
        return_buffer(buffer_borrow(&(struct buffers){0}));
    return ring;
}

// Reads into a buffer of the executor's.
static void hear_borrowed(struct pair p, const char *text)
{
    struct raw_future f;
    raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
    assert_int_equal(run_raw(&f), strlen(text));
    assert_memory_equal(f.op.at, text, strlen(text));
    return_buffer(f.op.at);
}

static struct async_task *start_borrowed(struct pair p)
{
    struct async_task *task = start(p.stream, OP_READ_BORROWED, NULL, 0);
    turns();
    return task;
}

static void until_done(struct async_task *task)
{
    for (int i = 0; i < 1000 && !async_task_done(task); i++)
        turns();
    assert_true(async_task_done(task));
}

// The result of a task that reads, which ends.
static intptr_t result_of(struct async_task *task)
{
    until_done(task);
    intptr_t result = op_of(task)->result;
    if (op_of(task)->code == OP_READ_BORROWED && result > 0)
        return_buffer(op_of(task)->at);
    async_detach(task);
    return result;
}

// The kernel begins to receive.
static void begin_to_receive(struct pair p)
{
    say(p, "begin");
    hear_borrowed(p, "begin");
    if (!receives(p))
        cancel(start_borrowed(p));
    assert_true(receives(p));
}

// ---- One request for all reads ------------------------------------------------------------------

static void a_hundred_reads_are_one_request(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    unsigned before = submissions();
    memory_fails = counts;
    allocations = 0;
    for (int i = 0; i < 100; i++) {
        say(p, i % 3 ? "again" : "and again");
        if (i % 2)
            settle(p); // nobody waits yet
        hear_borrowed(p, i % 3 ? "again" : "and again");
    }
    memory_fails = NULL;
    assert_int_equal(allocations, 0);
    assert_int_equal(submissions(), before);
    end_pair(p);
}

static void only_connections_are_received_from(void **unused)
{
    (void)unused;
    struct pair p = new_pair(SOCK_STREAM);
    struct async_task *task = start_borrowed(p);
    assert_false(receives(p));
    say(p, "x");
    assert_int_equal(result_of(task), 1);
    end_pair(p);
}

// ---- Nobody waits -------------------------------------------------------------------------------

static char byte_at(size_t offset)
{
    return (char)(offset * 31 + (offset >> 8) * 7 + (offset >> 16));
}

// Sends until no more is taken. How many bytes that was.
static size_t flood(struct pair p, size_t from)
{
    static char bytes[65536];
    size_t sent = 0;
    for (;;) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = byte_at(from + sent + i);
        ssize_t n = send(p.peer, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0)
            return sent;
        sent += (size_t)n;
    }
}

static void expect_bytes(const char *at, size_t n, size_t from)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] != byte_at(from + i))
            fail_msg("byte %zu is not what was sent", from + i);
}

// Reads the bytes `from` to `n`, each time in another way.
static void expect_flood(struct pair p, size_t from, size_t n)
{
    static char bytes[20000];
    for (size_t at = from, k = 0; at < n; k++) {
        size_t left = n - at;
        struct iovec parts[2] = {{bytes, 5000}, {bytes + 5000, 15000}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        intptr_t got = 0;
        switch (k % 5) {
        case 0:
        case 4: {
            struct raw_future f;
            raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
            got = run_raw(&f);
            assert_true(got > 0 && (size_t)got <= left);
            memcpy(bytes, f.op.at, (size_t)got);
            return_buffer(f.op.at);
            break;
        }
        case 1:
            got = now(p.stream, OP_READ, bytes, 3000);
            break;
        case 2:
            got = now(p.stream, OP_READV, parts, 2);
            break;
        case 3:
            assert_int_equal(now(p.stream, OP_READABLE, NULL, 0), 0);
            got = now(p.stream, OP_RECVMSG, &message, 0);
            break;
        }
        assert_true(got > 0 && (size_t)got <= left);
        expect_bytes(bytes, (size_t)got, at);
        at += (size_t)got;
    }
}

// The kernel has so many buffers when it is flooded.
static void flood_with_buffers(unsigned count)
{
    struct pair p = new_connection();
    begin_to_receive(p);
    struct buffer_ring *ring = give_buffers(count);
    size_t sent = 0, taken = 0;
    for (int i = 0; i < 20; i++) {
        sent += flood(p, sent);
        turns();
    }
    assert_false(receives(p));
    assert_non_null(p.stream->source.kept);
    if (count == BUFFER_RING_MOST)
        assert_in_range(ring->count, 1, count - 2); // it has not stopped for lack of them
    else
        assert_int_equal(ring->count, 0);

    // And does not begin as long as a buffer is too small for what is there.
    struct raw_future f;
    for (size_t at = 0; at < sent / 2; at += (size_t)f.result) {
        raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
        run_raw(&f);
        expect_bytes(f.op.at, (size_t)f.result, at);
        return_buffer(f.op.at);
        assert_false(receives(p));
        taken = at + (size_t)f.result;
    }
    expect_flood(p, taken, sent);
    assert_null(p.stream->source.kept);

    // It goes on, when the peer is slower than we are again.
    for (int i = 0; i < 3; i++) {
        say(p, "slow");
        hear_borrowed(p, "slow");
    }
    struct async_task *task = start_borrowed(p);
    assert_true(receives(p));
    say(p, "received");
    assert_int_equal(result_of(task), 8);
    end_pair(p);
}

static void a_flood_stops_it(void **unused)
{
    (void)unused;
    flood_with_buffers(BUFFER_RING_FIRST);
    flood_with_buffers(BUFFER_RING_MOST);
}

// ---- Others read, too ---------------------------------------------------------------------------

static void other_reads_are_served(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    static char buf[2 * BUFFER_SIZE];
    struct iovec part = {buf, sizeof buf};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    const struct {
        enum op_code code;
        const void *at;
        size_t size;
        bool copied; // else it is read straight to where it is wanted
    } reads[] = {{OP_READ, buf, 100, true},
                 {OP_READ, buf, sizeof buf, false},
                 {OP_READV, &part, 1, false},
                 {OP_RECVMSG, &message, 0, false}};
    for (int waits = 0; waits < 2; waits++) {
        for (int i = 0; i < 4; i++) {
            begin_to_receive(p);
            memset(buf, 0, 8);
            if (!waits) {
                say(p, "text");
                settle(p);
            }
            struct async_task *task = start(p.stream, reads[i].code, reads[i].at, reads[i].size);
            turns();
            if (waits) {
                assert_int_equal(receives(p), reads[i].copied);
                assert_false(async_task_done(task));
                say(p, "text");
            }
            assert_int_equal(result_of(task), 4);
            assert_memory_equal(buf, "text", 4);
        }
        begin_to_receive(p);
        struct async_task *task = start(p.stream, OP_READABLE, NULL, 0);
        turns();
        assert_false(async_task_done(task));
        say(p, "text");
        assert_int_equal(result_of(task), 0);
        assert_true(receives(p));
        hear_borrowed(p, "text");
    }
    end_pair(p);
}

// A head, and a body that comes later: the reader has a buffer then, and reads into that.
static void a_message_in_two_parts_is_no_request_either(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    unsigned before = submissions();
    for (int i = 0; i < 10; i++) {
        char body[64];
        say(p, "head");
        hear_borrowed(p, "head");
        struct async_task *task = start(p.stream, OP_READ, body, sizeof body);
        turns();
        say(p, "body");
        assert_int_equal(result_of(task), 4);
    }
    assert_int_equal(submissions(), before);
    end_pair(p);
}

// More than a buffer at once, and the reader keeps up.
static void a_large_message_stops_nothing(void **unused)
{
    (void)unused;
    static char sent[65536];
    struct pair p = new_connection();
    begin_to_receive(p);
    unsigned before = submissions();
    for (int i = 0; i < 10; i++) {
        struct async_task *task = start_borrowed(p);
        assert_int_equal(send(p.peer, sent, sizeof sent, 0), sizeof sent);
        size_t got = (size_t)result_of(task);
        while (got < sizeof sent) {
            struct raw_future f;
            raw_future_init(&f, p.stream, OP_READ_BORROWED, NULL, 0);
            assert_true(run_raw(&f) > 0);
            got += (size_t)f.result;
            return_buffer(f.op.at);
        }
        assert_int_equal(got, sizeof sent);
    }
    assert_int_equal(submissions(), before);
    end_pair(p);
}

// They get the bytes in one order or another, each once.
static void several_read_at_once(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    char buf[16];
    struct async_task *tasks[] = {start(p.stream, OP_READ_BORROWED, NULL, 0),
                                  start(p.stream, OP_READ_BORROWED, NULL, 0),
                                  start(p.stream, OP_READABLE, NULL, 0),
                                  start(p.stream, OP_READ, buf, sizeof buf)};
    turns();
    intptr_t sum = 0;
    for (int i = 0; i < 3; i++) {
        say(p, "xyz");
        settle(p);
    }
    for (int i = 0; i < 4; i++)
        sum += result_of(tasks[i]);
    assert_int_equal(sum, 9);
    end_pair(p);
}

// What one asked the kernel for is not taken away by what another one waits for in vain.
static void it_does_not_begin_beside_others(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    char buf[16];
    struct async_task *task = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    struct async_task *other = start_borrowed(p);
    assert_false(receives(p));
    cancel(other);
    say(p, "mine");
    assert_int_equal(result_of(task), 4);
    end_pair(p);
}

// One who reads from the descriptor itself finds all that came since he waited.
static void it_stops_for_those_who_read_themselves(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    struct raw_future *f = async_task_new(&raw_future_type);
    raw_future_init(f, p.stream, OP_READABLE, NULL, 0);
    f->op.flags = OP_UNBUFFERED;
    struct async_task *task = async_task_start(f);
    turns();
    assert_false(receives(p));
    assert_false(async_task_done(task));
    say(p, "raw");
    assert_int_equal(result_of(task), 0);
    char buf[8];
    assert_int_equal(recv(async_stream_fd(p.stream), buf, sizeof buf, MSG_DONTWAIT), 3);
    end_pair(p);
}

// ---- Dropped ------------------------------------------------------------------------------------

static void a_dropped_read_loses_nothing(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);

    // Dropped while it waits: no call is made.
    unsigned before = submissions();
    struct async_task *task = start_borrowed(p);
    cancel(task);
    assert_int_equal(submissions(), before);
    say(p, "late");
    settle(p);
    hear_borrowed(p, "late");

    // Dropped when it has its bytes, and more have come behind those.
    task = start_borrowed(p);
    say(p, "first");
    cancel_when_woken(task);
    say(p, "second");
    settle(p);
    char buf[16] = {0};
    assert_int_equal(now(p.stream, OP_READ, buf, 2), 2);
    assert_int_equal(now(p.stream, OP_READ, buf + 2, 14), 3);
    assert_int_equal(now(p.stream, OP_READ, buf + 5, 11), 6);
    assert_string_equal(buf, "firstsecond");
    end_pair(p);
}

struct overtaken {
    struct pair p;
    struct async_task *task;
};

// The read is WOKEN with the first bytes, and others are kept, when it is dropped.
static enum async_poll drops_it_late(void *data, struct async_context *cx, int *state)
{
    struct overtaken *o = data;
    assert_true(++*state < 1000000);
    async_waker_wake(&cx->waker);
    if (op_of(o->task)->state != OP_WOKEN)
        return ASYNC_PENDING;
    say(o->p, "second");
    struct async_reactor *reactor = async_current->reactor;
    while (!o->p.stream->source.kept) { // the task is not polled meanwhile
        ring_enter(&reactor->ring, 0, 0);
        uring_reap(reactor);
    }
    async_cancel(o->task);
    return ASYNC_READY;
}

static void the_order_stays(void **unused)
{
    (void)unused;
    struct overtaken o = {.p = new_connection()};
    begin_to_receive(o.p);
    o.task = start_borrowed(o.p);
    say(o.p, "first");
    run_script(drops_it_late, &o);
    async_detach(o.task);
    hear_borrowed(o.p, "first");
    hear_borrowed(o.p, "second");
    end_pair(o.p);
}

// ---- Ends ---------------------------------------------------------------------------------------

static void shut_down(struct pair p)
{
    assert_int_equal(shutdown(p.peer, SHUT_WR), 0);
}

static void reset(struct pair p)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    assert_int_equal(close(p.peer), 0);
}

static void the_end_comes_to_all(void **unused)
{
    (void)unused;
    for (int kind = 0; kind < 4; kind++) {
        struct pair p = new_connection();
        begin_to_receive(p);
        char buf[8];
        const enum op_code codes[] = {OP_READ_BORROWED, OP_READ, OP_READABLE, OP_READ_BORROWED};
        struct async_task *one = NULL, *two = NULL;
        if (kind < 3) {
            one = start(p.stream, codes[kind], buf, sizeof buf);
            two = start(p.stream, OP_READ_BORROWED, NULL, 0);
            turns();
        }
        shut_down(p);
        settle(p);
        assert_false(receives(p));
        if (kind < 3) {
            assert_int_equal(result_of(one), 0);
            assert_int_equal(result_of(two), 0);
        }
        for (int i = 0; i < 3; i++)
            assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), 0);
        assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), 0);
        end_pair(p);
    }
}

static void an_error_is_reported_once(void **unused)
{
    (void)unused;
    for (int kind = 0; kind < 3; kind++) {
        struct pair p = new_connection();
        begin_to_receive(p);
        struct async_task *task = kind == 0   ? start(p.stream, OP_READ_BORROWED, NULL, 0)
                                  : kind == 1 ? start(p.stream, OP_READABLE, NULL, 0)
                                              : NULL;
        turns();
        if (kind == 2)
            say(p, "last words");
        settle(p);
        reset(p);
        for (int i = 0; i < 10; i++)
            turns();
        assert_false(receives(p));
        if (kind == 0)
            assert_int_equal(result_of(task), -ECONNRESET);
        if (kind == 1)
            assert_int_equal(result_of(task), 0);
        if (kind == 2)
            hear_borrowed(p, "last words");
        if (kind != 0)
            assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), -ECONNRESET);
        assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), 0);
        async_stream_close(p.stream);
    }
}

// Bytes and the end come before the kernel is entered: it must not overlook the end.
static void the_end_right_behind_bytes_is_seen(void **unused)
{
    (void)unused;
    for (int kind = 0; kind < 3; kind++) {
        struct pair p = new_connection();
        begin_to_receive(p);
        struct async_task *task = start_borrowed(p);
        say(p, "last");
        if (kind == 0)
            shut_down(p);
        else if (kind == 1)
            assert_int_equal(async_stream_shutdown(p.stream, SHUT_RD), 0);
        else
            reset(p);
        assert_int_equal(result_of(task), 4);
        assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), kind == 2 ? -ECONNRESET : 0);
        assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), 0);
        async_stream_close(p.stream);
        if (kind < 2)
            close(p.peer);
    }
}

// More bytes than the kernel receives at a time, and a reset behind them, before it is asked.
static void a_reset_that_came_before_is_seen(void **unused)
{
    (void)unused;
    static char bytes[1 << 20];
    struct pair p = new_connection();
    begin_to_receive(p);
    give_buffers(BUFFER_RING_MOST);
    end_pair(p);

    p = new_connection();
    int room = 4 << 20;
    if (setsockopt(async_stream_fd(p.stream), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        room = 0; // as many as there may be, then
    size_t sent = 0;
    ssize_t n;
    while (sent < sizeof bytes && (n = send(p.peer, bytes, sizeof bytes - sent, MSG_DONTWAIT)) > 0)
        sent += (size_t)n;
    settle(p);
    reset(p);
    size_t got = 0;
    intptr_t result;
    while ((result = result_of(start_borrowed(p))) > 0)
        got += (size_t)result;
    assert_int_equal(result, -ECONNRESET);
    if (room)
        assert_int_equal(got, sent);
    assert_int_equal(now(p.stream, OP_READ_BORROWED, NULL, 0), 0);
    async_stream_close(p.stream);
}

// An error that nobody waits for takes no memory, and comes before the end.
static void an_error_needs_no_memory(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    memory_fails = always;
    reset(p);
    for (int i = 0; i < 10; i++)
        turns();
    memory_fails = NULL;
    assert_false(receives(p));
    char buf[8];
    struct async_task *task = start(p.stream, OP_READABLE, NULL, 0);
    assert_int_equal(result_of(task), 0);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), -ECONNRESET);
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), 0);
    async_stream_close(p.stream);
}

// One waits to be able to read, and one reads: who reads gets the error.
static void an_error_comes_before_the_end(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    char buf[8];
    struct async_task *waits = start(p.stream, OP_READABLE, NULL, 0);
    struct async_task *reads = start(p.stream, OP_READ, buf, sizeof buf);
    turns();
    assert_true(receives(p));
    reset(p);
    assert_int_equal(result_of(waits), 0);
    assert_int_equal(result_of(reads), -ECONNRESET);
    async_stream_close(p.stream);
}

// ---- Closing ------------------------------------------------------------------------------------

// After the tasks that were started before it, and before the kernel is entered.
static enum async_poll closes(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    const struct pair *p = data;
    async_stream_close(p->stream);
    return ASYNC_READY;
}

static void closing_ends_it(void **unused)
{
    (void)unused;
    for (int kind = 0; kind < 5; kind++) {
        struct pair p = new_connection();
        if (kind > 0) // else the kernel has not even seen the request
            begin_to_receive(p);
        struct async_task *task = NULL;
        if (kind == 0 || kind == 2)
            task = start(p.stream, OP_READ_BORROWED, NULL, 0);
        if (kind == 2)
            turns();
        if (kind == 3) {
            say(p, "never read");
            settle(p);
        }
        if (kind == 4)
            flood(p, 0);
        run_script(closes, &p);
        if (task)
            assert_int_equal(result_of(task), -ECANCELED);
        char byte;
        assert_true(recv(p.peer, &byte, 1, 0) <= 0); // at once: the kernel does not hold it
        close(p.peer);
    }
}

static void the_end_of_the_executor_ends_it(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    begin_to_receive(p);
    say(p, "never read");
    async_executor_close();
    assert_false(receives(p));
    assert_non_null(executor_get());
    async_stream_close(p.stream);
    close(p.peer);
}

// ---- Buffers run out ----------------------------------------------------------------------------

static void without_a_buffer_it_begins_again(void **unused)
{
    (void)unused;
    enum {
        MANY = 400
    };
    static struct pair pairs[MANY];
    for (int i = 0; i < MANY; i++) {
        pairs[i] = new_connection();
        begin_to_receive(pairs[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++)
            say(pairs[i], round % 2 ? "odd" : "even");
        if (round) // with nobody waiting, the kernel may run out of them
            for (int i = 0; i < 5; i++)
                turns();
        for (int i = 0; i < MANY; i++)
            hear_borrowed(pairs[i], round % 2 ? "odd" : "even");
    }
    for (int i = 0; i < MANY; i++)
        end_pair(pairs[i]);
}

// After a task that was started before it, and before the kernel asks for a buffer.
static enum async_poll loses_memory(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    assert_true(receives(*(struct pair *)data));
    memory_fails = always;
    return ASYNC_READY;
}

static void without_memory_a_read_fails_and_the_next_one_does_not(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    struct async_task *task = start(p.stream, OP_READ_BORROWED, NULL, 0);
    run_script(loses_memory, &p);
    turns();
    memory_fails = NULL;
    assert_int_equal(result_of(task), -ENOMEM);
    say(p, "x");
    hear_borrowed(p, "x");
    end_pair(p);
}

// A read that brings its own memory needs none, also where the one before had begun to receive.
static void without_memory_other_reads_wait(void **unused)
{
    (void)unused;
    struct pair p = new_connection();
    char buf[8];
    struct async_task *dropped = start(p.stream, OP_READ_BORROWED, NULL, 0);
    struct async_task *task = start(p.stream, OP_READ, buf, sizeof buf);
    run_script(loses_memory, &p);
    cancel(dropped);
    turns();
    memory_fails = NULL;
    assert_false(async_task_done(task));
    say(p, "x");
    assert_int_equal(result_of(task), 1);
    end_pair(p);
}

// ---- In somebody else's loop --------------------------------------------------------------------

static void run_what_is_ready(void)
{
    while (async_executor_poll_once() > 0)
        ;
}

// Like the loop of executor.h, and for a second at most.
static void step(void)
{
    struct pollfd fd = {.fd = async_executor_fd(), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 1000), 1);
    run_what_is_ready();
}

// Between two steps everything that was begun is the kernel's: also what was begun once more, for
// it had no buffer yet, and what plain C leaves behind.
static void a_loop_of_somebody_else_is_woken(void **unused)
{
    (void)unused;
    struct pair p = new_connection(), other = new_connection();
    struct async_task *task = start(p.stream, OP_READ_BORROWED, NULL, 0);
    run_what_is_ready();
    say(p, "x");
    while (!async_task_done(task))
        step();
    assert_int_equal(result_of(task), 1);

    struct async_task *dropped = start(other.stream, OP_READ_BORROWED, NULL, 0);
    task = start(p.stream, OP_READ_BORROWED, NULL, 0);
    run_what_is_ready();
    cancel(dropped);
    end_pair(other);
    assert_int_equal(ring_unseen(&async_current->reactor->ring), 0);
    say(p, "y");
    while (!async_task_done(task))
        step();
    assert_int_equal(result_of(task), 1);
    end_pair(p);
}

// Also when it is a write that is dropped, and what ends meanwhile begins again: for it finds no
// buffer.
static void a_dropped_write_leaves_nothing_behind(void **unused)
{
    (void)unused;
    struct pair p = new_connection(), full = new_connection(), greedy[BUFFER_RING_MOST];
    int n = 0;
    begin_to_receive(p);
    while (async_current->reactor->buffers.count > 0) {
        greedy[n] = new_connection();
        begin_to_receive(greedy[n]);
        say(greedy[n], "kept");
        settle(greedy[n++]);
    }
    static char bytes[8 << 20];
    struct async_task *reads = start(p.stream, OP_READ_BORROWED, NULL, 0);
    struct async_task *writes = start(full.stream, OP_WRITE, bytes, sizeof bytes);
    run_what_is_ready();
    while (async_task_done(writes)) { // it went into the socket
        result_of(writes);
        writes = start(full.stream, OP_WRITE, bytes, sizeof bytes);
        run_what_is_ready();
    }
    assert_true(receives(p));
    say(p, "x");
    cancel(writes);
    assert_int_equal(ring_unseen(&async_current->reactor->ring), 0);
    while (!async_task_done(reads))
        step();
    assert_int_equal(result_of(reads), 1);
    while (n > 0)
        end_pair(greedy[--n]);
    end_pair(full);
    end_pair(p);
}

int main(void)
{
    setenv("ASYNCC_REACTOR", "io_uring", 1);
    bool usable = on_io_uring() && async_current->reactor->receives;
    async_executor_close();
    if (!usable) {
        puts("no io_uring here, or one that cannot receive again and again");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hundred_reads_are_one_request, begin, end),
        cmocka_unit_test_setup_teardown(only_connections_are_received_from, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_stops_it, begin, end),
        cmocka_unit_test_setup_teardown(other_reads_are_served, begin, end),
        cmocka_unit_test_setup_teardown(a_message_in_two_parts_is_no_request_either, begin, end),
        cmocka_unit_test_setup_teardown(a_large_message_stops_nothing, begin, end),
        cmocka_unit_test_setup_teardown(several_read_at_once, begin, end),
        cmocka_unit_test_setup_teardown(it_does_not_begin_beside_others, begin, end),
        cmocka_unit_test_setup_teardown(it_stops_for_those_who_read_themselves, begin, end),
        cmocka_unit_test_setup_teardown(a_dropped_read_loses_nothing, begin, end),
        cmocka_unit_test_setup_teardown(the_order_stays, begin, end),
        cmocka_unit_test_setup_teardown(the_end_comes_to_all, begin, end),
        cmocka_unit_test_setup_teardown(an_error_is_reported_once, begin, end),
        cmocka_unit_test_setup_teardown(the_end_right_behind_bytes_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(a_reset_that_came_before_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(an_error_needs_no_memory, begin, end),
        cmocka_unit_test_setup_teardown(an_error_comes_before_the_end, begin, end),
        cmocka_unit_test_setup_teardown(closing_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(the_end_of_the_executor_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(without_a_buffer_it_begins_again, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_a_read_fails_and_the_next_one_does_not,
                                        begin, end),
        cmocka_unit_test_setup_teardown(without_memory_other_reads_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_loop_of_somebody_else_is_woken, begin, end),
        cmocka_unit_test_setup_teardown(a_dropped_write_leaves_nothing_behind, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    puts("the library has no io_uring");
    return 77;
}

#endif
