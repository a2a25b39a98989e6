// runtime_buffered.c - readers and writers over socket pairs: every way in which bytes can arrive
// in pieces, limits, ends and errors; that dropped operations lose nothing; that nobody who is idle
// holds a buffer.
// also: sim
#define _GNU_SOURCE
#include "runtime_support.h"

#include <asyncc/buffered.h>

#include "buffers.h"
#include "executor.h"
#include "memory.h"
#include "sys.h"

#include <sys/socket.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE(async_reader_fill);
ASYNC_FUTURE_TYPE(async_reader_peek);
ASYNC_FUTURE_TYPE(async_reader_read);
ASYNC_FUTURE_TYPE(async_reader_read_exact);
ASYNC_FUTURE_TYPE(async_reader_until);
ASYNC_FUTURE_TYPE(async_reader_line);
ASYNC_FUTURE_TYPE(async_reader_skip);
ASYNC_FUTURE_TYPE(async_reader_copy);
ASYNC_FUTURE_TYPE(async_copy);
ASYNC_FUTURE_TYPE(async_writer_flush);
ASYNC_FUTURE_TYPE(async_writer_reserve);
ASYNC_FUTURE_TYPE(async_writer_write);
ASYNC_FUTURE_TYPE(async_task_join);

// The result of an operation that is run to its end.
#define AWAIT(NAME, ...)                                      \
    ({                                                        \
        struct NAME##_future future_;                         \
        NAME##_future_init(&future_, __VA_ARGS__);            \
        async_block_on_future(&NAME##_future_type, &future_); \
        future_.result;                                       \
    })

// A task that runs an operation. It has done what it can do without waiting.
#define START(NAME, ...)                                                     \
    ({                                                                       \
        struct NAME##_future *future_ = async_task_new(&NAME##_future_type); \
        NAME##_future_init(future_, __VA_ARGS__);                            \
        struct async_task *task_ = async_task_start(future_);                \
        turn();                                                              \
        task_;                                                               \
    })

// Keeps the executor busy for so long that it polls everybody who is ready, and looks at the
// descriptors, a few times: io_uring is asked there for each step.
static enum async_poll yield_often(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if (++*state > 16 * EXECUTOR_POLLS)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void turn(void)
{
    run_script(yield_often, NULL);
}

// Drops the operation of a task that waits.
static void drop(struct async_task *task)
{
    assert_false(async_task_done(task));
    async_cancel(task);
    async_detach(task);
}

// The result of the operation of a task, which is of type T.
#define FINISH(task, T)                                    \
    ({                                                     \
        assert_int_equal(AWAIT(async_task_join, task), 0); \
        T result_ = *(T *)async_task_result_at(task);      \
        async_detach(task);                                \
        result_;                                           \
    })

// ---- The two sides --------------------------------------------------------------------------

struct sides {
    struct async_stream *stream;
    struct async_reader in;
    struct async_writer out;
    int peer; // the other end; blocking. -1: closed
};

static struct async_stream *new_pair(int *peer)
{
    int fds[2];
    struct async_stream *stream;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(async_stream_open(fds[0], &stream), 0);
    *peer = fds[1];
    return stream;
}

static void open_sides(struct sides *s)
{
    s->stream = new_pair(&s->peer);
    async_reader_init(&s->in, s->stream);
    async_writer_init(&s->out, s->stream);
}

// One buffer was lent, and has come back. io_uring lends others, of its own.
static void assert_nobody_borrows(void)
{
    if (async_current->ops == &reactor_epoll)
        assert_int_equal(async_current->buffers.count, 1);
}

static void hang_up(struct sides *s)
{
    close(s->peer);
    s->peer = -1;
}

static void close_sides(struct sides *s)
{
    async_reader_fini(&s->in);
    async_writer_fini(&s->out);
    async_stream_close(s->stream);
    if (s->peer >= 0)
        close(s->peer);
    assert_int_equal(async_current->source_count, 0);
    async_executor_close();
}

static void send_bytes(struct sides *s, const void *bytes, size_t n)
{
    assert_int_equal(write(s->peer, bytes, n), (ssize_t)n);
}

static void send_text(struct sides *s, const char *text)
{
    send_bytes(s, text, strlen(text));
}

// What the peer gets next is this text.
static void expect_text(struct sides *s, const char *text)
{
    char got[1024];
    size_t n = strlen(text);
    assert_int_equal(recv(s->peer, got, n, MSG_WAITALL | MSG_DONTWAIT), (ssize_t)n);
    assert_memory_equal(got, text, n);
}

static void expect_nothing(struct sides *s)
{
    char c;
    assert_int_equal(recv(s->peer, &c, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

// Not random, but no two places look the same for long.
static void fill_pattern(char *at, size_t n, size_t from)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (char)(((from + i) * 2654435761u) >> 13);
}

static void expect_pattern(const char *at, size_t n, size_t from)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(at[i], (char)(((from + i) * 2654435761u) >> 13));
}

// ---- Readers --------------------------------------------------------------------------------

static void idle_readers_hold_no_buffer(void **unused)
{
    (void)unused;
    struct sides s;
    open_sides(&s);
    struct async_task *fill = START(async_reader_fill, &s.in);
    assert_false(async_task_done(fill));
    assert_null(s.in.buffer);
    send_text(&s, "hello");
    assert_int_equal(FINISH(fill, ssize_t), 5);
    assert_non_null(s.in.buffer);
    assert_memory_equal(s.in.at, "hello", 5);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 5); // again: they are still there
    async_reader_consume(&s.in, 2);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 3);
    async_reader_consume(&s.in, 3);
    fill = START(async_reader_fill, &s.in);
    assert_null(s.in.buffer);
    assert_nobody_borrows();
    drop(fill);
    send_text(&s, "!");
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 1);
    async_reader_consume(&s.in, 1);
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 0);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 0);
    assert_null(s.in.buffer);
    close_sides(&s);
}

static void peek_waits_for_so_many(void **unused)
{
    (void)unused;
    struct sides s;
    open_sides(&s);
    send_text(&s, "ab");
    struct async_task *peek = START(async_reader_peek, &s.in, 4);
    assert_false(async_task_done(peek));
    assert_int_equal(s.in.size, 2);
    send_text(&s, "cde");
    assert_int_equal(FINISH(peek, ssize_t), 5);
    assert_memory_equal(s.in.at, "abcde", 5);
    assert_int_equal(AWAIT(async_reader_peek, &s.in, 0), 5);
    assert_int_equal(AWAIT(async_reader_peek, &s.in, BUFFER_SIZE + 1), -EMSGSIZE);
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_peek, &s.in, 6), 5);
    close_sides(&s);
}

static void reads_take_what_is_there(void **unused)
{
    (void)unused;
    struct sides s;
    char buf[BUFFER_SIZE + 10] = "";
    open_sides(&s);
    send_text(&s, "abcdef");
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, 0), 0);
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, 2), 2);
    assert_string_equal(buf, "ab");
    assert_int_equal(s.in.size, 4);
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, sizeof buf), 4);
    send_text(&s, "xyz"); // goes past the buffer
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, sizeof buf), 3);
    assert_memory_equal(buf, "xyz", 3);
    assert_null(s.in.buffer);
    struct async_task *small = START(async_reader_read, &s.in, buf, 1);
    drop(small);
    struct async_task *large = START(async_reader_read, &s.in, buf, sizeof buf);
    drop(large);
    send_text(&s, "!");
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, 10), 1);
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, 10), 0);
    assert_int_equal(AWAIT(async_reader_read, &s.in, buf, sizeof buf), 0);
    close_sides(&s);
}

static void exact_reads_are_all_or_nothing(void **unused)
{
    (void)unused;
    struct sides s;
    char buf[16] = "";
    open_sides(&s);
    assert_int_equal(AWAIT(async_reader_read_exact, &s.in, buf, 0), 0);
    send_text(&s, "abc");
    struct async_task *exact = START(async_reader_read_exact, &s.in, buf, 6);
    drop(exact);
    assert_int_equal(s.in.size, 3);
    assert_int_equal(s.in.done, 0);
    assert_string_equal(buf, "");
    send_text(&s, "defg");
    assert_int_equal(AWAIT(async_reader_read_exact, &s.in, buf, 6), 6);
    assert_string_equal(buf, "abcdef");
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_read_exact, &s.in, buf, 2), -ENODATA);
    assert_int_equal(s.in.size, 1);
    assert_int_equal(s.in.at[0], 'g');
    close_sides(&s);
}

static void large_exact_reads_say_how_far_they_came(void **unused)
{
    (void)unused;
    enum {
        SIZE = 3 * BUFFER_SIZE + 100,
        FIRST = 20000
    };
    static char sent[SIZE], got[SIZE];
    struct sides s;
    open_sides(&s);
    fill_pattern(sent, SIZE, 0);
    send_bytes(&s, sent, FIRST);
    assert_int_equal(AWAIT(async_reader_peek, &s.in, 10), BUFFER_SIZE); // some are in the buffer
    struct async_task *exact = START(async_reader_read_exact, &s.in, got, SIZE);
    drop(exact);
    assert_int_equal(s.in.done, FIRST);
    send_bytes(&s, sent + FIRST, SIZE - FIRST);
    assert_int_equal(AWAIT(async_reader_read_exact, &s.in, got + FIRST, SIZE - FIRST),
                     SIZE - FIRST);
    assert_memory_equal(sent, got, SIZE);
    send_bytes(&s, sent, FIRST);
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_read_exact, &s.in, got, SIZE), -ENODATA);
    assert_int_equal(s.in.done, FIRST);
    close_sides(&s);
}

static void skips_forget(void **unused)
{
    (void)unused;
    struct sides s;
    static char bytes[2 * BUFFER_SIZE];
    open_sides(&s);
    send_bytes(&s, bytes, sizeof bytes);
    struct async_task *skip = START(async_reader_skip, &s.in, sizeof bytes + 3);
    drop(skip);
    assert_int_equal(s.in.done, sizeof bytes);
    send_text(&s, "xyzhello");
    assert_int_equal(AWAIT(async_reader_skip, &s.in, 3), 0);
    assert_int_equal(s.in.size, 5);
    assert_int_equal(AWAIT(async_reader_skip, &s.in, 0), 0);
    hang_up(&s);
    assert_int_equal(AWAIT(async_reader_skip, &s.in, 6), -ENODATA);
    assert_int_equal(s.in.done, 5);
    close_sides(&s);
}

// ---- Lines and delimiters -------------------------------------------------------------------

// The text arrives in pieces of `step` bytes, each when all before it was read. Lines are joined
// with '|'; what is not a line ends them.
static ssize_t read_lines(const char *text, size_t step, void *buffer, size_t room, char *lines)
{
    struct sides s;
    open_sides(&s);
    if (buffer)
        async_reader_init_buffer(&s.in, s.stream, buffer, room);
    size_t left = strlen(text);
    ssize_t n = 0;
    *lines = '\0';
    while (n >= 0) {
        char *line;
        struct async_task *task = START(async_reader_line, &s.in, 8, &line);
        while (!async_task_done(task)) {
            size_t now = left < step ? left : step;
            send_bytes(&s, text, now);
            text += now;
            left -= now;
            if (now == 0)
                shutdown(s.peer, SHUT_WR);
            turn();
        }
        n = FINISH(task, ssize_t);
        if (n >= 0) {
            assert_int_equal(line[n], '\0');
            strcat(strcat(lines, line), "|");
        }
    }
    close_sides(&s);
    return n;
}

static void lines_arrive_in_any_pieces(void **unused)
{
    (void)unused;
    const char *text = "one\ntwo\r\n\n\r\n\rx\r\r\n12345678\r\n12345678\nlast";
    char lines[100], buffer[10];
    for (size_t step = 1; step <= strlen(text); step++)
        for (int given = 0; given < 2; given++) {
            ssize_t end = read_lines(text, step, given ? buffer : NULL, sizeof buffer, lines);
            assert_int_equal(end, -ENODATA);
            assert_string_equal(lines, "one|two|||\rx\r|12345678|12345678|last|");
        }
}

static void long_lines_are_refused(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"123456789\n", "123456789\r\n",          "1234567890\n",
                                        "123456789",   "12345678901234567890\n", "123456789\r"};
    char lines[100], buffer[10];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t step = 1; step <= strlen(texts[i]); step++)
            for (int given = 0; given < 2; given++) {
                ssize_t end = read_lines(texts[i], step, given ? buffer : NULL, 10, lines);
                assert_int_equal(end, -EMSGSIZE);
                assert_string_equal(lines, "");
            }
}

static void after_a_long_line_one_may_go_on(void **unused)
{
    (void)unused;
    struct sides s;
    char *line;
    open_sides(&s);
    send_text(&s, "a very long line\nok\n");
    assert_int_equal(AWAIT(async_reader_line, &s.in, 4, &line), -EMSGSIZE);
    assert_int_equal(AWAIT(async_reader_line, &s.in, 4, &line), -EMSGSIZE);
    async_reader_consume(&s.in, 15);
    assert_int_equal(AWAIT(async_reader_line, &s.in, 4, &line), 1);
    assert_string_equal(line, "e");
    assert_int_equal(AWAIT(async_reader_line, &s.in, 4, &line), 2);
    assert_string_equal(line, "ok");
    close_sides(&s);
}

static void dropped_lines_lose_nothing(void **unused)
{
    (void)unused;
    struct sides s;
    char *line;
    open_sides(&s);
    const char *text = "first\r\nsecond\n";
    for (const char *c = text; *c; c++) {
        send_bytes(&s, c, 1);
        if (c[1] == '\0')
            break;
        struct async_task *task = START(async_reader_line, &s.in, 100, &line);
        if (async_task_done(task)) {
            assert_int_equal(FINISH(task, ssize_t), 5);
            assert_string_equal(line, "first");
        } else {
            drop(task);
        }
    }
    assert_int_equal(AWAIT(async_reader_line, &s.in, 100, &line), 6);
    assert_string_equal(line, "second");
    close_sides(&s);
}

static void delimiters_arrive_in_any_pieces(void **unused)
{
    (void)unused;
    const char *text = "GET\r\n\r\r\n\r\n\r\nrest";
    char *at;
    for (size_t first = 0; first <= 12; first++) {
        struct sides s;
        open_sides(&s);
        if (first > 0)
            send_bytes(&s, text, first);
        struct async_task *task = START(async_reader_until, &s.in, "\r\n\r\n", 20, &at);
        assert_int_equal(async_task_done(task), first >= 10);
        send_bytes(&s, text + first, strlen(text) - first);
        assert_int_equal(FINISH(task, ssize_t), 10);
        assert_memory_equal(at, text, 10);
        hang_up(&s);
        assert_int_equal(AWAIT(async_reader_until, &s.in, "\r\n\r\n", 20, &at), 6);
        assert_memory_equal(at, "\r\nrest", 6);
        assert_int_equal(AWAIT(async_reader_until, &s.in, "\r\n\r\n", 20, &at), 0);
        close_sides(&s);
    }
}

static void limits_count_the_delimiter(void **unused)
{
    (void)unused;
    struct sides s;
    char *at;
    open_sides(&s);
    send_bytes(&s, "abc\0abcd\0", 9);
    assert_int_equal(AWAIT(async_reader_until, &s.in, "", 4, &at), 4);
    assert_int_equal(AWAIT(async_reader_until, &s.in, "", 4, &at), -EMSGSIZE);
    assert_int_equal(s.in.size, 5);
    assert_int_equal(AWAIT(async_reader_until, &s.in, "", 5, &at), 5);
    assert_string_equal(at, "abcd");
    close_sides(&s);
}

// Records of all sizes, up to the whole buffer, one behind the other: they straddle its end.
static void records_straddle_the_buffer(void **unused)
{
    (void)unused;
    static char record[BUFFER_SIZE];
    struct sides s;
    char *at;
    open_sides(&s);
    for (size_t n = 1; n <= sizeof record; n += n < 100 ? 1 : 1237) {
        memset(record, 'a' + (int)(n % 26), n);
        record[n - 1] = '\n';
        send_bytes(&s, record, n);
        send_bytes(&s, record, n);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(AWAIT(async_reader_until, &s.in, "\n", SIZE_MAX, &at), n);
            assert_memory_equal(at, record, n);
        }
    }
    memset(record, 'x', sizeof record);
    send_bytes(&s, record, sizeof record);
    assert_int_equal(AWAIT(async_reader_until, &s.in, "\n", SIZE_MAX, &at), -EMSGSIZE);
    assert_int_equal(AWAIT(async_reader_line, &s.in, SIZE_MAX, &at), -EMSGSIZE);
    close_sides(&s);
}

// ---- Writers --------------------------------------------------------------------------------

static void writes_wait_for_a_flush(void **unused)
{
    (void)unused;
    struct sides s;
    open_sides(&s);
    assert_int_equal(AWAIT(async_writer_flush, &s.out), 0);
    assert_null(s.out.buffer);
    assert_int_equal(AWAIT(async_writer_write, &s.out, "one ", 4), 4);
    assert_int_equal(async_writer_put(&s.out, "two ", 4), 0);
    assert_int_equal(async_writer_printf(&s.out, "%d ", 3), 2);
    expect_nothing(&s);
    assert_int_equal(s.out.size, 10);
    assert_int_equal(AWAIT(async_writer_flush, &s.out), 0);
    expect_text(&s, "one two 3 ");
    assert_null(s.out.buffer);
    assert_nobody_borrows();
    assert_int_equal(AWAIT(async_writer_write, &s.out, "", 0), 0);
    assert_int_equal(async_writer_put(&s.out, "", 0), 0);
    assert_int_equal(async_writer_printf(&s.out, "%s", ""), 0);
    assert_null(s.out.buffer);
    close_sides(&s);
}

static void full_writers_flush(void **unused)
{
    (void)unused;
    struct sides s;
    char buffer[8];
    open_sides(&s);
    async_writer_init_buffer(&s.out, s.stream, buffer, sizeof buffer);
    assert_int_equal(async_writer_put(&s.out, "123456789", 9), -ENOBUFS);
    assert_int_equal(async_writer_put(&s.out, "12345678", 8), 0);
    assert_int_equal(async_writer_put(&s.out, "9", 1), -ENOBUFS);
    assert_int_equal(AWAIT(async_writer_write, &s.out, "9", 1), 1);
    expect_text(&s, "123456789"); // both at once
    expect_nothing(&s);
    assert_int_equal(async_writer_printf(&s.out, "%s", "12345678"), -ENOBUFS);
    assert_int_equal(s.out.size, 0);
    assert_int_equal(async_writer_printf(&s.out, "%s", "1234567"), 7);
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, 1), 0);
    expect_nothing(&s);
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, 2), 0);
    expect_text(&s, "1234567");
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, 8), 0);
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, 9), -EMSGSIZE);
    assert_int_equal(AWAIT(async_writer_write, &s.out, "a long one", 10), 10);
    expect_text(&s, "a long one");
    close_sides(&s);
}

// Takes everything that comes, in the pieces it comes in.
static size_t drain(struct sides *s, size_t from)
{
    static char buf[65536];
    ssize_t n;
    while ((n = recv(s->peer, buf, sizeof buf, MSG_DONTWAIT)) > 0) {
        expect_pattern(buf, (size_t)n, from);
        from += (size_t)n;
    }
    return from;
}

// Writes and flushes that are dropped while the peer takes nothing, again and again. The peer gets
// every byte that was taken, once.
static void dropped_writes_lose_and_repeat_nothing(void **unused)
{
    (void)unused;
    enum {
        SIZE = 1000000
    };
    static char bytes[SIZE];
    static const size_t sizes[] = {1, 5000, 16384, 70000, 16383, 300000};
    struct sides s;
    open_sides(&s);
    fill_pattern(bytes, SIZE, 0);
    size_t taken = 0, got = 0, drops = 0;
    for (size_t i = 0; taken < SIZE; i++) {
        size_t n = sizes[i % 6] < SIZE - taken ? sizes[i % 6] : SIZE - taken;
        struct async_task *task = START(async_writer_write, &s.out, bytes + taken, n);
        if (async_task_done(task)) {
            assert_int_equal(FINISH(task, ssize_t), n);
            assert_int_equal(s.out.done, n);
        } else {
            drop(task);
            drops++;
            got = drain(&s, got);
        }
        taken += s.out.done;
        if (i % 5 == 4) {
            task = START(async_writer_flush, &s.out);
            if (async_task_done(task)) {
                assert_int_equal(FINISH(task, int), 0);
            } else {
                drop(task);
                drops++;
                got = drain(&s, got);
            }
        }
    }
    assert_true(drops > 3);
    got = drain(&s, got);
    struct async_task *task = START(async_writer_flush, &s.out);
    while (!async_task_done(task)) {
        got = drain(&s, got);
        turn();
    }
    assert_int_equal(FINISH(task, int), 0);
    assert_int_equal(drain(&s, got), SIZE);
    assert_null(s.out.buffer);
    close_sides(&s);
}

static void a_peer_that_is_gone_is_an_error(void **unused)
{
    (void)unused;
    static char large[2 * BUFFER_SIZE];
    struct sides s;
    open_sides(&s);
    hang_up(&s);
    assert_int_equal(async_writer_put(&s.out, "abc", 3), 0);
    assert_int_equal(AWAIT(async_writer_flush, &s.out), -EPIPE);
    assert_int_equal(s.out.size, 3);
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, BUFFER_SIZE), -EPIPE);
    assert_int_equal(AWAIT(async_writer_write, &s.out, large, sizeof large), -EPIPE);
    assert_int_equal(s.out.done, 0);
    assert_int_equal(AWAIT(async_reader_copy, &s.in, s.stream), 0);
    close_sides(&s);
}

static void closing_ends_operations(void **unused)
{
    (void)unused;
    struct sides s;
    char *line;
    open_sides(&s);
    send_text(&s, "half a");
    struct async_task *task = START(async_reader_line, &s.in, 100, &line);
    async_stream_close(s.stream);
    s.stream = NULL;
    assert_int_equal(FINISH(task, ssize_t), -ECANCELED);
    assert_int_equal(s.in.size, 6);
    close_sides(&s);
}

// ---- Ties -----------------------------------------------------------------------------------

static void tied_writers_are_flushed_before_a_wait(void **unused)
{
    (void)unused;
    struct sides s;
    char *line;
    open_sides(&s);
    async_reader_tie(&s.in, &s.out);
    send_text(&s, "a\nb\nc");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(AWAIT(async_reader_line, &s.in, 100, &line), 1);
        assert_int_equal(async_writer_printf(&s.out, "%s!", line), 2);
        expect_nothing(&s); // the other line is there already
    }
    struct async_task *task = START(async_reader_line, &s.in, 100, &line);
    expect_text(&s, "a!b!");
    assert_null(s.out.buffer);
    send_text(&s, "\n");
    assert_int_equal(FINISH(task, ssize_t), 1);
    assert_string_equal(line, "c");
    // Also what was only reserved.
    assert_int_equal(AWAIT(async_writer_reserve, &s.out, 10), 0);
    assert_non_null(s.out.buffer);
    drop(START(async_reader_line, &s.in, 100, &line));
    assert_null(s.out.buffer);
    assert_int_equal(async_writer_put(&s.out, "x", 1), 0);
    async_reader_tie(&s.in, NULL);
    drop(START(async_reader_line, &s.in, 100, &line));
    expect_nothing(&s);
    close_sides(&s);
}

// An empty writer whose own buffer is passed by: that is no reason for the reader to flush it.
static void a_tied_writer_writes_through(void **unused)
{
    (void)unused;
    enum {
        MUCH = 4 << 20
    };
    struct sides s;
    char own[64], *line;
    open_sides(&s);
    async_writer_fini(&s.out);
    async_writer_init_buffer(&s.out, s.in.stream, own, sizeof own);
    async_reader_tie(&s.in, &s.out);
    char *much = calloc(1, MUCH);
    struct async_task *writer = START(async_writer_write, &s.out, much, MUCH);
    turn();
    assert_false(async_task_done(writer));
    assert_int_equal(s.out.size, 0);
    send_text(&s, "a\n");
    assert_int_equal(AWAIT(async_reader_line, &s.in, 100, &line), 1);
    drop(writer);
    free(much);
    close_sides(&s);
}

static void tied_errors_reach_the_reader(void **unused)
{
    (void)unused;
    struct sides s, other;
    open_sides(&s);
    other.stream = new_pair(&other.peer);
    async_writer_init(&other.out, other.stream);
    async_reader_tie(&s.in, &other.out);
    assert_int_equal(async_writer_put(&other.out, "x", 1), 0);
    hang_up(&other);
    send_text(&s, "abc");
    assert_int_equal(AWAIT(async_reader_fill, &s.in), -EPIPE);
    async_writer_fini(&other.out);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 3);
    async_stream_close(other.stream);
    close_sides(&s);
}

// A reader that is dropped while the tied writer waits for room, and then goes on.
static void dropped_in_a_tied_flush(void **unused)
{
    (void)unused;
    enum {
        SIZE = 400000
    };
    static char bytes[SIZE];
    struct sides s;
    open_sides(&s);
    fill_pattern(bytes, SIZE, 0);
    async_reader_tie(&s.in, &s.out);
    struct async_task *task = START(async_writer_write, &s.out, bytes, SIZE);
    drop(task); // the peer has all it can hold
    size_t taken = s.out.done;
    size_t n = SIZE - taken < 100 ? SIZE - taken : 100;
    assert_int_equal(async_writer_put(&s.out, bytes + taken, n), 0);
    send_text(&s, "hello");
    drop(START(async_reader_fill, &s.in));
    assert_int_equal(drain(&s, 0), taken + n - s.out.size);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 5);
    assert_int_equal(drain(&s, taken), taken + n);
    close_sides(&s);
}

// ---- Copies ---------------------------------------------------------------------------------

static void copies_go_to_the_end(void **unused)
{
    (void)unused;
    struct sides s, to;
    open_sides(&s);
    to.stream = new_pair(&to.peer);
    send_text(&s, "hello, ");
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 7);
    struct async_task *task = START(async_reader_copy, &s.in, to.stream);
    expect_text(&to, "hello, "); // what the reader had
    assert_int_equal(s.in.done, 7);
    assert_null(s.in.buffer);
    send_text(&s, "world");
    while (s.in.done < 12)
        turn();
    expect_text(&to, "world");
    shutdown(s.peer, SHUT_WR);
    assert_int_equal(FINISH(task, int64_t), 12);
    async_stream_close(to.stream);
    close(to.peer);
    close_sides(&s);
}

// A copy that is dropped again and again, while the other side is full, delivers every byte once.
static void dropped_copies_lose_nothing(void **unused)
{
    (void)unused;
    enum {
        SIZE = 1500000
    };
    static char bytes[SIZE];
    struct sides s, to;
    open_sides(&s);
    to.stream = new_pair(&to.peer);
    fill_pattern(bytes, SIZE, 0);
    size_t sent = 0, got = 0, copied = 0, drops = 0;
    bool done = false;
    while (!done) {
        ssize_t n = 0;
        while (sent < SIZE &&
               (n = send(s.peer, bytes + sent, SIZE - sent < 40000 ? SIZE - sent : 40000,
                         MSG_DONTWAIT)) > 0)
            sent += (size_t)n;
        if (sent == SIZE)
            shutdown(s.peer, SHUT_WR);
        struct async_task *task = START(async_reader_copy, &s.in, to.stream);
        done = async_task_done(task);
        if (done) {
            assert_int_equal(FINISH(task, int64_t), s.in.done);
        } else {
            drop(task); // with io_uring, it may have written more until then
            drops++;
            got = drain(&to, got);
        }
        copied += s.in.done;
    }
    assert_true(drops > 3);
    assert_int_equal(copied, SIZE);
    assert_int_equal(drain(&to, got), SIZE);
    async_stream_close(to.stream);
    close(to.peer);
    close_sides(&s);
}

static void streams_are_copied(void **unused)
{
    (void)unused;
    struct sides s, to;
    open_sides(&s);
    open_sides(&to);
    struct async_task *task = START(async_copy, s.stream, to.stream);
    send_text(&s, "hello");
    turn();
    expect_text(&to, "hello");
    assert_nobody_borrows();
    shutdown(s.peer, SHUT_WR);
    assert_int_equal(FINISH(task, int64_t), 5);
    assert_int_equal(AWAIT(async_copy, s.stream, to.stream), 0);
    drop(START(async_copy, to.stream, s.stream));
    async_stream_close(to.stream);
    close(to.peer);
    close_sides(&s);
}

// ---- No memory ------------------------------------------------------------------------------

static bool fails(void)
{
    return true;
}

static void no_memory_for_a_buffer(void **unused)
{
    (void)unused;
    struct sides s;
    open_sides(&s);
    turn(); // the executor has what it needs
    send_text(&s, "abc");
    memory_fails = fails;
    ssize_t filled = AWAIT(async_reader_fill, &s.in);
    int put = async_writer_put(&s.out, "x", 1), printed = async_writer_printf(&s.out, "x");
    ssize_t written = AWAIT(async_writer_write, &s.out, "x", 1);
    int reserved = AWAIT(async_writer_reserve, &s.out, 1);
    memory_fails = NULL;
    if (async_current->ops == &reactor_epoll) // io_uring has some at hand
        assert_int_equal(filled, -ENOMEM);
    assert_int_equal(put, -ENOMEM);
    assert_int_equal(printed, -ENOMEM);
    assert_int_equal(written, -ENOMEM);
    assert_int_equal(reserved, -ENOMEM);
    assert_int_equal(AWAIT(async_reader_fill, &s.in), 3);
    assert_int_equal(AWAIT(async_writer_write, &s.out, "x", 1), 1);
    close_sides(&s);
}

// ---- A kernel that does things by halves ------------------------------------------------------

// Bytes of a vectored write; 0: every call fails with -ECONNRESET. Others are not cut short: they
// say that a socket is full or empty by that, and it is waited for.
static size_t at_most;

static ssize_t recv_or_fail(int fd, void *buf, size_t n, int flags)
{
    return at_most == 0 ? -ECONNRESET : sys_kernel.recv(fd, buf, n, flags);
}

static ssize_t recvmsg_or_fail(int fd, struct msghdr *message, int flags)
{
    return at_most == 0 ? -ECONNRESET : sys_kernel.recvmsg(fd, message, flags);
}

static ssize_t send_or_fail(int fd, const void *buf, size_t n, int flags)
{
    return at_most == 0 ? -ECONNRESET : sys_kernel.send(fd, buf, n, flags);
}

static ssize_t sendmsg_little(int fd, const struct msghdr *message, int flags)
{
    char bytes[64];
    size_t n = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        for (size_t k = 0; k < message->msg_iov[i].iov_len && n < at_most; k++)
            bytes[n++] = ((char *)message->msg_iov[i].iov_base)[k];
    return at_most == 0 ? -ECONNRESET : sys_kernel.send(fd, bytes, n, flags);
}

static bool kernel_is_faked(void)
{
    static struct sys little;
    if (async_current->ops != &reactor_epoll) // io_uring does not ask us
        return false;
    little = sys_kernel;
    little.recv = recv_or_fail;
    little.recvmsg = recvmsg_or_fail;
    little.send = send_or_fail;
    little.sendmsg = sendmsg_little;
    sys = &little;
    return true;
}

static void short_vectored_writes(void **unused)
{
    (void)unused;
    for (at_most = 1; at_most < 30; at_most++) {
        struct sides s;
        char buffer[8];
        open_sides(&s);
        if (kernel_is_faked()) {
            async_writer_init_buffer(&s.out, s.stream, buffer, sizeof buffer);
            assert_int_equal(AWAIT(async_writer_write, &s.out, "one two", 7), 7);
            assert_int_equal(AWAIT(async_writer_write, &s.out, " three four five\n", 17), 17);
            assert_int_equal(s.out.done, 17);
            assert_int_equal(AWAIT(async_writer_write, &s.out, "six", 3), 3);
            assert_int_equal(AWAIT(async_writer_flush, &s.out), 0);
            expect_text(&s, "one two three four five\nsix");
            expect_nothing(&s);
        }
        sys = &sys_kernel;
        close_sides(&s);
    }
}

static void errors_keep_what_is_there(void **unused)
{
    (void)unused;
    struct sides s;
    char buffer[8], *line;
    open_sides(&s);
    if (kernel_is_faked()) {
        at_most = 100;
        send_text(&s, "half");
        assert_int_equal(AWAIT(async_reader_fill, &s.in), 4);
        send_text(&s, " a line\n");
        at_most = 0;
        assert_int_equal(AWAIT(async_reader_line, &s.in, 20, &line), -ECONNRESET);
        assert_int_equal(AWAIT(async_reader_skip, &s.in, 30), -ECONNRESET);
        assert_int_equal(s.in.done, 4);
        at_most = 100;
        assert_int_equal(AWAIT(async_reader_line, &s.in, 20, &line), 7);
        assert_string_equal(line, " a line");

        async_writer_init_buffer(&s.out, s.stream, buffer, sizeof buffer);
        at_most = 0;
        assert_int_equal(AWAIT(async_writer_write, &s.out, "one ", 4), 4);
        assert_int_equal(AWAIT(async_writer_write, &s.out, "two three", 9), -ECONNRESET);
        assert_int_equal(s.out.done, 0);
        assert_int_equal(AWAIT(async_writer_flush, &s.out), -ECONNRESET);
        at_most = 100;
        assert_int_equal(AWAIT(async_writer_write, &s.out, "two three", 9), 9);
        assert_int_equal(AWAIT(async_writer_flush, &s.out), 0);
        expect_text(&s, "one two three");
    }
    sys = &sys_kernel;
    close_sides(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_readers_hold_no_buffer),
        cmocka_unit_test(peek_waits_for_so_many),
        cmocka_unit_test(reads_take_what_is_there),
        cmocka_unit_test(exact_reads_are_all_or_nothing),
        cmocka_unit_test(large_exact_reads_say_how_far_they_came),
        cmocka_unit_test(skips_forget),
        cmocka_unit_test(lines_arrive_in_any_pieces),
        cmocka_unit_test(long_lines_are_refused),
        cmocka_unit_test(after_a_long_line_one_may_go_on),
        cmocka_unit_test(dropped_lines_lose_nothing),
        cmocka_unit_test(delimiters_arrive_in_any_pieces),
        cmocka_unit_test(limits_count_the_delimiter),
        cmocka_unit_test(records_straddle_the_buffer),
        cmocka_unit_test(writes_wait_for_a_flush),
        cmocka_unit_test(full_writers_flush),
        cmocka_unit_test(dropped_writes_lose_and_repeat_nothing),
        cmocka_unit_test(a_peer_that_is_gone_is_an_error),
        cmocka_unit_test(closing_ends_operations),
        cmocka_unit_test(tied_writers_are_flushed_before_a_wait),
        cmocka_unit_test(a_tied_writer_writes_through),
        cmocka_unit_test(tied_errors_reach_the_reader),
        cmocka_unit_test(dropped_in_a_tied_flush),
        cmocka_unit_test(copies_go_to_the_end),
        cmocka_unit_test(dropped_copies_lose_nothing),
        cmocka_unit_test(streams_are_copied),
        cmocka_unit_test(no_memory_for_a_buffer),
        cmocka_unit_test(short_vectored_writes),
        cmocka_unit_test(errors_keep_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
