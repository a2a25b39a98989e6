// runtime_foreign.c - futures that no task awaits, with wakers of somebody else's: these may drop
// what else waits, and the futures may outlive their executor.
#include "net_support.h"

#include <asyncc/pipe.h>
#include <asyncc/stream.h>

// ---- A context whose wakes run code -------------------------------------------------------------

static int wakes, clones;
static void (*in_wake)(void); // once

static void on_clone(void *data)
{
    (void)data, clones++;
}

static void on_wake(void *data)
{
    (void)data, wakes++;
    void (*now)(void) = in_wake;
    in_wake = NULL;
    if (now)
        now();
}

static void on_drop(void *data)
{
    (void)data, clones--;
}

static const struct async_waker_ops ops = {.clone = on_clone, .wake = on_wake, .drop = on_drop};
static struct async_context outside = {.waker = {&clones, &ops}, .arena = &async_arena_none};

static int begin(void **unused)
{
    wakes = clones = 0;
    return count_descriptors(unused);
}

static int end(void **unused)
{
    assert_int_equal(clones, 0);
    return no_descriptor_leaks(unused);
}

// ---- Reads, each of a stream of its own or all of one -------------------------------------------

enum {
    READS = 3
};

static struct {
    struct async_stream *from, *to;
    struct async_stream_read_future future;
    char buf[8];
} reads[READS];

// The step of a script: descriptors are used while an executor runs.
static enum async_poll poll_reads(void *one_stream, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    for (int i = 0; i < READS; i++) {
        struct async_stream *from = reads[one_stream ? 0 : i].from;
        async_stream_read_future_init(&reads[i].future, from, reads[i].buf, sizeof reads[i].buf);
        assert_int_equal(async_stream_read_future_poll(&reads[i].future, &outside), ASYNC_PENDING);
    }
    return ASYNC_READY;
}

static void begin_reads(bool one_stream)
{
    for (int i = 0; i < READS; i++)
        assert_int_equal(async_stream_pair(&reads[i].from, &reads[i].to), 0);
    async_detach(spawn_script(poll_reads, NULL, one_stream ? reads : NULL));
    nap(1);
}

static void write_to(int i)
{
    assert_int_equal(write(async_stream_fd(reads[i].to), "x", 1), 1);
}

// A read whose memory is gone: it may neither be read nor written any more.
static void drop_read(int i)
{
    async_stream_read_future_drop(&reads[i].future);
    memset(&reads[i].future, 0x5a, sizeof reads[i].future);
    memset(reads[i].buf, 0x5a, sizeof reads[i].buf);
}

static void close_reads(void)
{
    for (int i = 0; i < READS; i++) {
        async_stream_close(reads[i].from);
        async_stream_close(reads[i].to);
    }
}

static void drop_second(void)
{
    drop_read(1);
}

static void drop_last(void)
{
    drop_read(2);
}

static void a_wake_drops_the_next_in_line(void **unused)
{
    (void)unused;
    begin_reads(true);
    in_wake = drop_second;
    write_to(0);
    nap(1);
    assert_null(in_wake);
    drop_read(0);
    drop_read(2);
    close_reads();
}

// With io_uring, dropping the first waits for the kernel, and meanwhile the second is woken.
static void a_wake_within_a_drop_drops_another(void **unused)
{
    (void)unused;
    begin_reads(false);
    in_wake = drop_last;
    write_to(1);
    drop_read(0);
    nap(1);
    assert_null(in_wake);
    assert_int_equal(wakes, 1); // of the second
    write_to(0);
    write_to(2);
    nap(1);
    assert_int_equal(wakes, 1);
    assert_int_equal(reads[0].buf[0], 0x5a);
    assert_int_equal(reads[2].buf[0], 0x5a);
    drop_read(1);
    close_reads();
}

// ---- Futures that outlive their executor --------------------------------------------------------

static void reads_end_with_their_executor(void **unused)
{
    (void)unused;
    begin_reads(true);
    async_executor_close();
    assert_int_equal(wakes, READS);
    for (int i = 0; i < READS; i++) {
        assert_int_equal(async_stream_read_future_poll(&reads[i].future, &outside), ASYNC_READY);
        assert_int_equal(reads[i].future.result, -ECANCELED);
    }
    close_reads();
}

static struct async_sleep_ms_future sleeps[4];

static enum async_poll poll_sleeps(void *data, struct async_context *cx, int *state)
{
    static const uint64_t ms[4] = {20, 1000, 86400000, UINT64_MAX};
    (void)data, (void)cx, (void)state;
    for (int i = 0; i < 4; i++) {
        async_sleep_ms_future_init(&sleeps[i], ms[i]);
        assert_int_equal(async_sleep_ms_future_poll(&sleeps[i], &outside), ASYNC_PENDING);
    }
    return ASYNC_READY;
}

static void sleeps_end_with_their_executor(void **unused)
{
    (void)unused;
    struct async_task *task = spawn_script(poll_sleeps, NULL, NULL);
    nap(0);
    assert_true(async_task_done(task));
    async_detach(task);
    async_executor_close();
    assert_int_equal(wakes, 4);
    assert_int_equal(async_sleep_ms_future_poll(&sleeps[0], &outside), ASYNC_READY);
    for (int i = 1; i < 4; i++)
        async_sleep_ms_future_drop(&sleeps[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wake_drops_the_next_in_line, begin, end),
        cmocka_unit_test_setup_teardown(a_wake_within_a_drop_drops_another, begin, end),
        cmocka_unit_test_setup_teardown(reads_end_with_their_executor, begin, end),
        cmocka_unit_test_setup_teardown(sleeps_end_with_their_executor, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
