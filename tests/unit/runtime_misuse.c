// runtime_misuse.c - misuse ends the process, rather than waiting for ever or freeing twice.
#include "net_support.h"

#include <sys/resource.h>
#include <sys/wait.h>

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
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(misuse_aborts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
