// runtime_misuse.c - misuse ends the process, rather than waiting for ever or freeing twice.
#include "net_support.h"

#include <asyncc/buffered.h>
#include <asyncc/pipe.h>
#include <sys/resource.h>
#include <sys/wait.h>

ASYNC_FUTURE_TYPE(async_stream_write);
ASYNC_FUTURE_TYPE(async_stream_write_all);
ASYNC_FUTURE_TYPE(async_reader_peek);
ASYNC_FUTURE_TYPE(async_reader_read);
ASYNC_FUTURE_TYPE(async_reader_skip);
ASYNC_FUTURE_TYPE(async_reader_line);
ASYNC_FUTURE_TYPE(async_reader_copy);
ASYNC_FUTURE_TYPE(async_writer_flush);
ASYNC_FUTURE_TYPE(async_writer_reserve);

static enum async_poll waits(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx, (void)state;
    return ASYNC_PENDING;
}

static void detaches_twice(void)
{
    struct async_task *task = spawn_script(waits, NULL, NULL);
    async_detach(task);
    async_detach(task);
}

static enum async_poll joins_itself(void *data, struct async_context *cx, int *state)
{
    (void)state;
    struct async_task_join_future *join = data;
    async_task_join_future_init(join, async_task_current());
    return async_task_join_future_poll(join, cx);
}

static void waits_for_itself(void)
{
    static struct async_task_join_future join;
    async_detach(spawn_script(joins_itself, NULL, &join));
    nap(1);
}

static void close_it(void *data)
{
    (void)data;
    async_executor_close();
}

static void closes_while_closing(void)
{
    async_detach(spawn_script(waits, close_it, NULL));
    nap(0);
    async_executor_close();
}

static void closes_in_a_task(void)
{
    struct async_task *task = spawn_script(waits, close_it, NULL);
    nap(0);
    async_cancel(task);
}

static enum async_poll cancels_itself(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx, (void)state;
    async_cancel(async_task_current());
    return ASYNC_PENDING;
}

static void blocks_on_what_is_cancelled(void)
{
    struct script_future future;
    script_future_init(&future, cancels_itself, NULL, NULL);
    async_block_on_future(&script_future_type, &future);
}

// A reader with three bytes, and a task that waits for more.
static struct async_reader reader;
static struct async_writer writer;
static struct async_stream *ends[2];

static void begin_reading(void)
{
    assert_int_equal(async_stream_pair(&ends[0], &ends[1]), 0);
    async_reader_init(&reader, ends[0]);
    async_writer_init(&writer, ends[0]);
    assert_int_equal(NOW(async_stream_write, ends[1], "abc", 3), 3);
    START(async_reader_peek, &reader, 10);
    nap(1);
}

static void reads_while_another_waits(void)
{
    char buf[3];
    begin_reading();
    (void)NOW(async_reader_read, &reader, buf, 3);
}

static void skips_while_another_waits(void)
{
    begin_reading();
    (void)NOW(async_reader_skip, &reader, 1);
}

static void reads_a_line_while_another_waits(void)
{
    char *line;
    begin_reading();
    (void)NOW(async_reader_line, &reader, 1, &line);
}

static void copies_while_another_waits(void)
{
    begin_reading();
    START(async_reader_copy, &reader, ends[1]);
    nap(1);
}

static void consumes_while_another_waits(void)
{
    begin_reading();
    async_reader_consume(&reader, 1);
}

static void ties_while_another_waits(void)
{
    begin_reading();
    async_reader_tie(&reader, &writer);
}

static void reserves_while_another_flushes(void)
{
    static char much[100000];
    begin_reading();
    START(async_stream_write_all, ends[0], much, sizeof much);
    START(async_stream_write_all, ends[0], much, sizeof much);
    START(async_stream_write_all, ends[0], much, sizeof much);
    nap(1);
    assert_int_equal(async_writer_put(&writer, "abc", 3), 0);
    START(async_writer_flush, &writer);
    nap(1);
    assert_int_equal(writer.size, 3);
    (void)NOW(async_writer_reserve, &writer, 1);
}

static void expect_abort(void (*misuse)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        misuse();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void misuse_aborts(void **unused)
{
    (void)unused;
    expect_abort(detaches_twice);
    expect_abort(waits_for_itself);
    expect_abort(closes_while_closing);
    expect_abort(closes_in_a_task);
    expect_abort(blocks_on_what_is_cancelled);
    expect_abort(reads_while_another_waits);
    expect_abort(skips_while_another_waits);
    expect_abort(reads_a_line_while_another_waits);
    expect_abort(copies_while_another_waits);
    expect_abort(consumes_while_another_waits);
    expect_abort(ties_while_another_waits);
    expect_abort(reserves_while_another_flushes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(misuse_aborts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
