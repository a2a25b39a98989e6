// runtime_blocking_cancel.c - the pool of threads: calls that are cancelled before they begin, while
// they run and when they are done; and cancelling that races with completion.
#define _GNU_SOURCE
#include "blocking_support.h"

ASYNC_FUTURE_TYPE(async_blocking_owned);

// ---- Cancelling ---------------------------------------------------------------------------------

static void cancelled_before_the_first_poll(void **unused)
{
    (void)unused;
    struct async_blocking_owned_future f;
    async_blocking_owned_future_init(&f, never, NULL, discard);
    async_blocking_owned_future_drop(&f);
}

static void cancelled_in_line(void **unused)
{
    (void)unused;
    async_blocking_configure(1, 10, ASYNC_BLOCKING_IDLE_NS);
    struct gate gate, other;
    gate_init(&gate);
    gate_init(&other);
    struct async_blocking_job blocker;
    async_blocking_job_init(&blocker, pass, &gate, 0, NULL);
    start_job(&blocker);
    sem_wait(&gate.begun);
    struct async_blocking_owned_future f;
    async_blocking_owned_future_init(&f, never, &other, discard);
    assert_int_equal(async_blocking_owned_future_poll(&f, &loop_cx), ASYNC_PENDING);
    async_blocking_owned_future_drop(&f);
    assert_int_equal(other.discards, 1);
    assert_int_equal(other.discarded, -ECANCELED);
    assert_true(pthread_equal(other.discarded_by, pthread_self()));
    sem_post(&gate.open);
    assert_int_equal(run_job(&blocker), 42);
    gate_fini(&gate);
    gate_fini(&other);
}

static void cancelled_while_it_runs(void **unused)
{
    (void)unused;
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job *job = malloc(sizeof *job); // gone as soon as it is dropped
    async_blocking_job_init(job, pass, &gate, 0, discard);
    start_job(job);
    sem_wait(&gate.begun);
    async_blocking_job_drop(job);
    free(job);
    assert_int_equal(wakers, 0);
    assert_int_equal(gate.discards, 0);
    sem_post(&gate.open);
    async_blocking_stop();
    assert_int_equal(gate.discards, 1);
    assert_int_equal(gate.discarded, 42);
    assert_false(pthread_equal(gate.discarded_by, pthread_self()));
    gate_fini(&gate);
}

struct copied {
    struct gate *gate;
    int value;
};

static intptr_t pass_copied(void *arg)
{
    struct copied *copied = arg;
    pass(copied->gate);
    return ++copied->value;
}

static void discard_copied(void *arg, intptr_t result)
{
    struct copied *copied = arg;
    discard(copied->gate, copied->value * 100 + result);
}

static void copied_arguments_outlive_the_wait(void **unused)
{
    (void)unused;
    struct gate gate;
    gate_init(&gate);
    struct copied *args = malloc(sizeof *args);
    *args = (struct copied){&gate, 5};
    struct async_blocking_job job;
    async_blocking_job_init(&job, pass_copied, args, sizeof *args, discard_copied);
    start_job(&job);
    sem_wait(&gate.begun);
    async_blocking_job_drop(&job);
    free(args);
    sem_post(&gate.open);
    async_blocking_stop();
    assert_int_equal(gate.discards, 1);
    assert_int_equal(gate.discarded, 606);
    gate_fini(&gate);
}

static void cancelled_when_it_is_done(void **unused)
{
    (void)unused;
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job job;
    async_blocking_job_init(&job, pass, &gate, 0, discard);
    start_job(&job);
    sem_post(&gate.open);
    sem_wait(&woken); // the result is there
    async_blocking_job_drop(&job);
    assert_int_equal(gate.discards, 1);
    assert_int_equal(gate.discarded, 42);
    assert_true(pthread_equal(gate.discarded_by, pthread_self()));
    gate_fini(&gate);
}

static void waited_out(void **unused)
{
    (void)unused;
    async_blocking_configure(1, 10, ASYNC_BLOCKING_IDLE_NS);
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job job, other;
    async_blocking_job_init(&job, pass, &gate, 0, discard);
    async_blocking_job_init(&other, never, NULL, 0, discard);
    assert_false(blocking_wait_out(&job)); // not started
    start_job(&job);
    start_job(&other);
    assert_false(blocking_wait_out(&other)); // in line, at least
    sem_post(&gate.open);
    sem_wait(&gate.begun);
    assert_true(blocking_wait_out(&job));
    assert_int_equal(job.result, 42);
    assert_false(blocking_wait_out(&job)); // over
    assert_int_equal(gate.discards, 0);
    gate_fini(&gate);
}

// Another waker in a later poll is the one that is woken.
static void the_last_waker_counts(void **unused)
{
    (void)unused;
    sem_t other;
    sem_init(&other, 0, 0);
    struct async_context cx = {.waker = {&other, &loop_ops}};
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job job;
    async_blocking_job_init(&job, pass, &gate, 0, NULL);
    start_job(&job);
    assert_int_equal(async_blocking_job_poll(&job, &cx), ASYNC_PENDING);
    assert_int_equal(wakers, 1);
    sem_post(&gate.open);
    sem_wait(&other);
    assert_int_equal(async_blocking_job_poll(&job, &cx), ASYNC_READY);
    assert_int_equal(job.result, 42);
    assert_int_equal(sem_trywait(&woken), -1);
    sem_destroy(&other);
    gate_fini(&gate);
}

static enum async_poll yields_once(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if ((*state)++)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void the_end_of_the_executor_cancels(void **unused)
{
    (void)unused;
    async_blocking_configure(1, 10, ASYNC_BLOCKING_IDLE_NS);
    struct gate gate;
    gate_init(&gate);
    for (int i = 0; i < 3; i++) {
        struct async_blocking_owned_future *f = async_task_new(&async_blocking_owned_future_type);
        async_blocking_owned_future_init(f, pass, &gate, discard);
        async_detach(async_task_start(f));
    }
    run_script(yields_once, NULL); // behind the three
    sem_wait(&gate.begun);
    async_executor_close();
    assert_int_equal(gate.discards, 2);
    assert_int_equal(gate.discarded, -ECANCELED);
    sem_post(&gate.open);
    async_blocking_stop();
    assert_int_equal(gate.discards, 3);
    assert_int_equal(gate.discarded, 42);
    gate_fini(&gate);
}

// ---- Cancelling races with completion -----------------------------------------------------------

static intptr_t add(void *arg)
{
    return ++*(int *)arg;
}

static void count_discard(void *arg, intptr_t result)
{
    *(int *)arg += result == -ECANCELED ? 1000000 : 1000;
}

// Each job is on the heap and freed when it is dropped, and each has its own number: what became of
// it is exactly one of run and delivered, run and discarded, never run.
static void cancelling_races_with_completion(void **unused)
{
    (void)unused;
    enum {
        ROUNDS = 4000
    };
    int *numbers = calloc(ROUNDS, sizeof *numbers);
    bool *delivered = calloc(ROUNDS, sizeof *delivered);
    volatile unsigned spin;
    for (int i = 0; i < ROUNDS; i++) {
        struct async_blocking_job *job = malloc(sizeof *job);
        async_blocking_job_init(job, add, &numbers[i], i % 2 ? sizeof *numbers : 0, count_discard);
        start_job(job);
        for (spin = 0; spin < (unsigned)(i * 7919) % 6000; spin++)
            ;
        if (i % 5 == 0)
            delivered[i] = async_blocking_job_poll(job, &loop_cx) == ASYNC_READY;
        if (!delivered[i])
            async_blocking_job_drop(job);
        free(job);
    }
    async_blocking_stop();
    for (int i = 0; i < ROUNDS; i++) {
        int n = numbers[i];
        if (delivered[i])
            assert_int_equal(n, 1);
        else if (i % 2) // what became of a copy is only seen if it came back
            assert_true(n == 0 || n == 1001 || n == 1000000);
        else
            assert_true(n == 1001 || n == 1000000);
    }
    free(numbers);
    free(delivered);
}

// The same with tasks: some are cancelled, some finish, some are left to the end of the executor.
struct crowd {
    struct async_task *tasks[4];
    int *numbers, used, rounds;
};

enum {
    CROWD_ROUNDS = 500
};

static enum async_poll spawn_and_cancel(void *data, struct async_context *cx, int *state)
{
    (void)state;
    struct crowd *crowd = data;
    for (int i = 0; i < 4; i++) {
        async_cancel(crowd->tasks[i]); // of the last round
        async_detach(crowd->tasks[i]);
        crowd->tasks[i] = NULL;
    }
    if (crowd->rounds++ == CROWD_ROUNDS)
        return ASYNC_READY;
    for (int i = 0; i < 5; i++) {
        struct async_blocking_owned_future *f = async_task_new(&async_blocking_owned_future_type);
        assert_non_null(f);
        async_blocking_owned_future_init(f, add, &crowd->numbers[crowd->used++], count_discard);
        struct async_task *task = async_task_start(f);
        if (i < 4)
            crowd->tasks[i] = task;
        else
            async_detach(task);
    }
    for (volatile unsigned spin = 0; spin < (unsigned)(crowd->rounds * 7919) % 6000; spin++)
        ;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void tasks_are_cancelled_while_functions_end(void **unused)
{
    (void)unused;
    async_blocking_configure(3, ASYNC_BLOCKING_QUEUE, ASYNC_BLOCKING_IDLE_NS);
    struct crowd crowd = {.numbers = calloc(5 * CROWD_ROUNDS, sizeof *crowd.numbers)};
    run_script(spawn_and_cancel, &crowd);
    async_executor_close();
    async_blocking_stop();
    assert_int_equal(crowd.used, 5 * CROWD_ROUNDS);
    for (int i = 0; i < crowd.used; i++) {
        int n = crowd.numbers[i]; // 0: the task was cancelled before it began
        assert_true(n == 0 || n == 1 || n == 1001 || n == 1000000);
    }
    free(crowd.numbers);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cancelled_before_the_first_poll),
        TEST(cancelled_in_line),
        TEST(cancelled_while_it_runs),
        TEST(copied_arguments_outlive_the_wait),
        TEST(cancelled_when_it_is_done),
        TEST(waited_out),
        TEST(the_last_waker_counts),
        TEST(the_end_of_the_executor_cancels),
        TEST(cancelling_races_with_completion),
        TEST(tasks_are_cancelled_while_functions_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
