// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Readers and writers under the test kit: buffers smaller than what goes through them, streams that
// move a few bytes at a time, and users who lose patience in the middle of each operation and go on
// later. Every byte has a place, and comes there once.
#include "kit.h"
#include <asyncc/buffered.h>
#include <asyncc/group.h>
#include <asyncc/pipe.h>
#include <asyncc/time.h>
#include <string.h>
#include <sys/socket.h>
#include <asyncc/async.h>

enum {
    TOTAL = 200, // bytes
    ROOM = 16,   // of a buffer
    LINES = 5
};

// For all of a test. Who waits for a cancelled one goes on trying: not for long on sim.
static uint64_t time_ms;

static char byte_at(size_t place)
{
    return (char)(place * 7 % 251);
}

static void fill_bytes(char *buf, size_t place, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf[i] = byte_at(place + i);
}

static bool are_bytes(const char *buf, size_t place, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (buf[i] != byte_at(place + i))
            return false;
    return true;
}

// ---- Writing, with little patience ----------------------------------------------------------

static async int write_in_pieces(struct async_writer *out, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = 0;
        int status = await async_timeout_ms(1, written = async_writer_write(out, bytes, n));
        if (written < 0)
            return (int)written;
        if (status < 0 && status != -ETIMEDOUT)
            return status;
        ASYNC_TEST_CHECK(out->done <= n && (status < 0 || out->done == n));
        bytes += out->done;
        n -= (size_t)out->done;
    }
    return 0;
}

static async int flush_in_pieces(struct async_writer *out)
{
    int rc = 0, status;
    while ((status = await async_timeout_ms(1, rc = async_writer_flush(out))) == -ETIMEDOUT)
        ;
    ASYNC_TEST_CHECK(status < 0 || rc < 0 || out->size == 0);
    return status < 0 ? status : rc;
}

// Pieces of 1 to 40 bytes, some as one write, some put into space that was reserved.
static async int send_bytes(struct async_stream *stream)
{
    char room[ROOM], bytes[40];
    struct async_writer out;
    async_writer_init_buffer(&out, stream, room, sizeof room);
    defer async_writer_fini(&out);
    size_t place = 0;
    for (size_t n = 1; place < TOTAL; n = n * 3 % 41) {
        n = n < TOTAL - place ? n : TOTAL - place;
        fill_bytes(bytes, place, n);
        int rc;
        if (n <= 10 && (rc = await async_writer_reserve(&out, n)) == 0)
            rc = async_writer_put(&out, bytes, n);
        else if (n > 10)
            rc = await write_in_pieces(&out, bytes, n);
        if (rc == 0 && n % 4 == 0)
            rc = await flush_in_pieces(&out);
        if (rc < 0)
            return rc;
        place += n;
        if (n % 3 == 0)
            await async_sleep_ms(2);
    }
    int rc = await flush_in_pieces(&out);
    return rc < 0 ? rc : async_stream_shutdown(stream, SHUT_WR);
}

// ---- Records --------------------------------------------------------------------------------

// One operation of each kind. Returns how many bytes it consumed, 0 at the end, or -errno; after a
// timeout what was consumed till then.
static async ssize_t read_exactly(struct async_reader *in, size_t place, size_t want)
{
    char buf[64];
    ssize_t n = 0;
    int status = await async_timeout_ms(1, n = async_reader_read_exact(in, buf, want));
    size_t got = status == 0 && n > 0 ? (size_t)n : want > ROOM ? (size_t)in->done : 0;
    ASYNC_TEST_CHECK(got <= want && are_bytes(buf, place, got));
    if (n == -ENODATA) // what is left is too short, and still there
        return got > 0 ? (ssize_t)got : await async_reader_read(in, buf, 1);
    return n < 0 && status == 0 ? n : status < 0 && status != -ETIMEDOUT ? status : (ssize_t)got;
}

static async ssize_t skip_some(struct async_reader *in, size_t want)
{
    int rc = 0;
    int status = await async_timeout_ms(1, rc = async_reader_skip(in, want));
    return rc < 0 && rc != -ENODATA ? rc : status < 0 && status != -ETIMEDOUT ? status
                                                                              : (ssize_t)in->done;
}

static async ssize_t look_ahead(struct async_reader *in, size_t place, size_t want)
{
    ssize_t n = 0;
    int status = await async_timeout_ms(1, n = async_reader_peek(in, want));
    if (n < 0 || (status < 0 && status != -ETIMEDOUT))
        return n < 0 ? n : status;
    ASYNC_TEST_CHECK(are_bytes(in->at, place, in->size));
    size_t consumed = in->size / 2;
    async_reader_consume(in, consumed);
    return (ssize_t)consumed;
}

static async ssize_t find_byte(struct async_reader *in, size_t place)
{
    const char delimiter[2] = {byte_at(place + 9), 0};
    char *at;
    ssize_t n = 0;
    int status = await async_timeout_ms(1, n = async_reader_until(in, delimiter, ROOM, &at));
    if (status < 0)
        return status == -ETIMEDOUT ? 0 : status;
    if (n > 0)
        ASYNC_TEST_CHECK(are_bytes(at, place, (size_t)n) && (n == 10 || place + 10 > TOTAL));
    return n;
}

static async int take_records(struct async_stream *stream)
{
    char room[ROOM];
    struct async_reader in;
    async_reader_init_buffer(&in, stream, room, sizeof room);
    defer async_reader_fini(&in);
    size_t place = 0;
    for (int i = 0; place < TOTAL; i++) {
        ssize_t n = i % 5 == 0   ? await read_exactly(&in, place, 12)
                    : i % 5 == 1 ? await skip_some(&in, 20)
                    : i % 5 == 2 ? await look_ahead(&in, place, 8)
                    : i % 5 == 3 ? await find_byte(&in, place)
                                 : await read_exactly(&in, place, 50);
        if (n < 0)
            return (int)n;
        place += (size_t)n;
        if (n == 0 && i > 1000)
            return -EPIPE; // the sender was cancelled
    }
    ASYNC_TEST_CHECK(place == TOTAL);
    return await async_reader_fill(&in) == 0 ? 0 : -EIO;
}

static async int both(struct async_group *tasks)
{
    int rc = 0;
    int status = await async_timeout_ms(time_ms, rc = async_group_wait(tasks));
    return status < 0 ? status : rc;
}

static async int test_records(void *arg)
{
    (void)arg;
    struct async_stream *a, *b;
    int rc = async_stream_pair(&a, &b);
    if (rc < 0)
        return rc;
    defer async_stream_close(a);
    defer async_stream_close(b);
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    if ((rc = async_group_spawn(&tasks, send_bytes(a))) < 0 ||
        (rc = async_group_spawn(&tasks, take_records(b))) < 0)
        return rc;
    return await both(&tasks);
}

// ---- Lines, and answers through a tied writer -----------------------------------------------

// Answers each line with its length.
static async int measure_lines(struct async_stream *stream)
{
    struct async_reader in;
    struct async_writer out;
    char room[ROOM + 4];
    async_reader_init_buffer(&in, stream, room, sizeof room);
    defer async_reader_fini(&in);
    async_writer_init(&out, stream);
    defer async_writer_fini(&out);
    async_reader_tie(&in, &out);
    for (;;) {
        char *line;
        ssize_t n = 0;
        int status = await async_timeout_ms(1, n = async_reader_line(&in, ROOM, &line));
        if (status == -ETIMEDOUT)
            continue;
        if (n < 0 || status < 0)
            return n == -ENODATA ? 0 : status < 0 ? status : (int)n;
        int rc = await async_writer_reserve(&out, 32);
        if (rc < 0)
            return rc;
        (void)async_writer_printf(&out, "%zd %c\r\n", n, n ? line[n - 1] : '-');
    }
}

// Asks for three at a time, and waits for the answers before it goes on.
static async int ask(struct async_stream *stream)
{
    struct async_reader in;
    struct async_writer out;
    async_reader_init(&in, stream);
    defer async_reader_fini(&in);
    async_writer_init(&out, stream);
    defer async_writer_fini(&out);
    async_reader_tie(&in, &out);
    for (int i = 0; i < LINES; i++) {
        for (int k = 0; k < 3; k++) {
            int length = (i * 5 + k) % (ROOM + 1);
            int rc = await async_writer_reserve(&out, 32);
            if (rc < 0)
                return rc;
            (void)async_writer_printf(&out, "%.*s%s", length, "abcdefghijklmnop", k ? "\n" : "\r\n");
        }
        for (int k = 0; k < 3; k++) {
            int length = (i * 5 + k) % (ROOM + 1);
            char *line, expected[20];
            ssize_t n = await async_reader_line(&in, 30, &line);
            if (n < 0)
                return n == -ENODATA ? -EPIPE : (int)n;
            snprintf(expected, sizeof expected, "%d %c", length, length ? 'a' + length - 1 : '-');
            ASYNC_TEST_CHECK(strcmp(line, expected) == 0);
        }
    }
    return async_stream_shutdown(stream, SHUT_WR);
}

static async int test_lines(void *arg)
{
    (void)arg;
    struct async_stream *a, *b;
    int rc = async_stream_pair(&a, &b);
    if (rc < 0)
        return rc;
    defer async_stream_close(a);
    defer async_stream_close(b);
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    if ((rc = async_group_spawn(&tasks, measure_lines(a))) < 0 ||
        (rc = async_group_spawn(&tasks, ask(b))) < 0)
        return rc;
    return await both(&tasks);
}

// ---- Copies ---------------------------------------------------------------------------------

// With a copy that is given up and taken up again.
static async int pass_on(struct async_stream *from, struct async_stream *to)
{
    struct async_reader in;
    async_reader_init(&in, from);
    defer async_reader_fini(&in);
    uint64_t total = 0;
    int64_t n = 0;
    int status;
    do {
        status = await async_timeout_ms(1, n = async_reader_copy(&in, to));
        total += in.done;
    } while (status == -ETIMEDOUT);
    if (status < 0 || n < 0)
        return status < 0 ? status : (int)n;
    ASYNC_TEST_CHECK((uint64_t)n == in.done && (total == TOTAL || async_test_hit()));
    return async_stream_shutdown(to, SHUT_WR);
}

static async int pass_on_whole(struct async_stream *from, struct async_stream *to)
{
    int64_t n = await async_copy(from, to);
    ASYNC_TEST_CHECK(n < 0 || n == TOTAL || async_test_hit());
    return n < 0 ? (int)n : async_stream_shutdown(to, SHUT_WR);
}

static async int take_all(struct async_stream *stream)
{
    size_t place = 0;
    char buf[30];
    ssize_t n;
    while ((n = await async_stream_read(stream, buf, sizeof buf)) > 0) {
        ASYNC_TEST_CHECK(are_bytes(buf, place, (size_t)n));
        place += (size_t)n;
        if (place % 5 == 0)
            await async_sleep_ms(2);
    }
    ASYNC_TEST_CHECK(n < 0 || place == TOTAL || async_test_hit());
    return (int)n;
}

static async int test_copy(void *arg)
{
    (void)arg;
    struct async_stream *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL, *f = NULL;
    defer async_stream_close(a);
    defer async_stream_close(b);
    defer async_stream_close(c);
    defer async_stream_close(d);
    defer async_stream_close(e);
    defer async_stream_close(f);
    int rc = async_stream_pair(&a, &b);
    if (rc < 0 || (rc = async_stream_pair(&c, &d)) < 0 || (rc = async_stream_pair(&e, &f)) < 0)
        return rc;
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    if ((rc = async_group_spawn(&tasks, send_bytes(a))) < 0 ||
        (rc = async_group_spawn(&tasks, pass_on(b, c))) < 0 ||
        (rc = async_group_spawn(&tasks, pass_on_whole(d, e))) < 0 ||
        (rc = async_group_spawn(&tasks, take_all(f))) < 0)
        return rc;
    return await both(&tasks);
}

// ---- Operations that are given up at once ------------------------------------------------------

static async int nothing(void)
{
    return 0;
}

// A write that was put off, or never polled, has taken nothing; nor do counts of earlier ones stay.
static async int test_given_up(void *arg)
{
    (void)arg;
    struct async_stream *a, *b;
    int rc = async_stream_pair(&a, &b);
    if (rc < 0)
        return rc;
    defer async_stream_close(a);
    defer async_stream_close(b);
    char room[ROOM], bytes[TOTAL], buf[TOTAL];
    struct async_writer out;
    struct async_reader in;
    async_writer_init_buffer(&out, a, room, sizeof room);
    defer async_writer_fini(&out);
    async_reader_init(&in, b);
    defer async_reader_fini(&in);
    fill_bytes(bytes, 0, TOTAL);
    size_t sent = 0;
    for (int i = 0; i < 20 && sent < TOTAL; i++) {
        ssize_t n = 0;
        size_t most = TOTAL - sent < 40 ? TOTAL - sent : 40;
        if (i % 3 == 0) {
            await async_select(nothing(), n = async_writer_write(&out, bytes + sent, most));
            ASYNC_TEST_CHECK(out.done == 0);
        } else {
            await async_timeout_ms(0, n = async_writer_write(&out, bytes + sent, most));
        }
        if (n < 0)
            return (int)n;
        sent += (size_t)out.done;
    }
    if ((rc = await async_writer_flush(&out)) < 0 || (rc = async_stream_shutdown(a, SHUT_WR)) < 0)
        return rc;
    size_t place = 0;
    for (ssize_t n = 1; n != 0; place += (size_t)n) {
        n = await async_stream_read(b, buf, sizeof buf);
        if (n < 0)
            return (int)n;
        ASYNC_TEST_CHECK(are_bytes(buf, place, (size_t)n));
    }
    ASYNC_TEST_CHECK(place == sent);
    in.done = 7;
    int64_t copied = 0;
    await async_select(nothing(), copied = async_reader_copy(&in, a), async_reader_skip(&in, 1),
                       async_reader_read_exact(&in, buf, 1), copied = async_copy(b, a));
    ASYNC_TEST_CHECK(in.done == 0 && copied == 0);
    return 0;
}

// ---- Everything -----------------------------------------------------------------------------

static void explore(const char *name, async_test_fn test, unsigned seeds)
{
    static const char *const reactors[] = {"epoll", "io_uring"};
    struct async_test_options options = {.name = name, .seeds = seeds, .buffer = 50};
    time_ms = 200;
    kit_try(name, test, NULL, ASYNC_TEST_ALL, &options);
    options.cancel_task = "*";
    options.segment = 7;
    kit_try(name, test, NULL, ASYNC_TEST_CANCEL, &options);
    time_ms = 60000;
    for (int i = 0; i < 2; i++) {
        struct async_test_options real = {.name = name, .reactor = reactors[i], .seeds = 1};
        kit_try(name, test, NULL, ASYNC_TEST_SEEDS, &real);
    }
}

int main(void)
{
    explore("records", test_records, 20);
    explore("lines", test_lines, 20);
    explore("copy", test_copy, 20);
    explore("given up", test_given_up, 20);
    return kit_failures != 0;
}
