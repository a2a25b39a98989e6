// runtime_blocking.c - the pool of threads: results, the line and its bound, threads that come and go
// or cannot be started.
#define _GNU_SOURCE
#include "blocking_support.h"

#include <signal.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE(async_blocking);
ASYNC_FUTURE_TYPE(async_blocking_copy);
ASYNC_FUTURE_TYPE(async_task_join);

// ---- Threads that cannot be started: the linker sends pthread_create here -----------------------

static atomic_bool no_threads;
static atomic_int threads_started;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    if (no_threads)
        return EAGAIN;
    threads_started++;
    return __real_pthread_create(thread, attr, run, arg);
}

static int set_up_threads(void **state)
{
    no_threads = false;
    threads_started = 0;
    return set_up(state);
}

// ---- Results ------------------------------------------------------------------------------------

struct seen {
    pthread_t thread;
    sigset_t blocked;
};

static intptr_t look(void *arg)
{
    struct seen *seen = arg;
    seen->thread = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
    return 7;
}

static void runs_on_another_thread_without_signals(void **unused)
{
    (void)unused;
    struct seen seen;
    struct async_blocking_future f;
    async_blocking_future_init(&f, look, &seen);
    async_block_on_future(&async_blocking_future_type, &f);
    assert_int_equal(f.result, 7);
    assert_false(pthread_equal(seen.thread, pthread_self()));
    assert_true(sigismember(&seen.blocked, SIGTERM));
    assert_true(sigismember(&seen.blocked, SIGALRM));
    assert_false(sigismember(&seen.blocked, SIGSEGV));
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    assert_false(sigismember(&ours, SIGTERM));
    async_executor_close();
}

struct numbers {
    int in, out;
};

static intptr_t twice(void *arg)
{
    struct numbers *numbers = arg;
    numbers->out = 2 * numbers->in;
    numbers->in = -1;
    return numbers->out + 1;
}

static void copies_arguments_there_and_back(void **unused)
{
    (void)unused;
    struct numbers numbers = {21, 0};
    struct async_blocking_copy_future f;
    async_blocking_copy_future_init(&f, twice, &numbers, sizeof numbers, NULL);
    async_block_on_future(&async_blocking_copy_future_type, &f);
    assert_int_equal(f.result, 43);
    assert_int_equal(numbers.out, 42);
    assert_int_equal(numbers.in, -1);
    async_executor_close();
}

static void discarded(void *arg, intptr_t result)
{
    (void)arg, (void)result;
    fail();
}

static void refuses_to_copy_too_much(void **unused)
{
    (void)unused;
    struct {
        struct numbers numbers;
        char more[ASYNC_BLOCKING_COPY];
    } args = {{21, 0}, {0}};
    struct async_blocking_copy_future f;
    async_blocking_copy_future_init(&f, twice, &args, sizeof args, discarded);
    async_block_on_future(&async_blocking_copy_future_type, &f);
    assert_int_equal(f.result, -EINVAL);
    assert_int_equal(args.numbers.in, 21);
    async_executor_close();
}

static atomic_int at_once, most_at_once;

static intptr_t count(void *arg)
{
    int now = ++at_once;
    int most = most_at_once;
    while (now > most && !atomic_compare_exchange_weak(&most_at_once, &most, now))
        ;
    sched_yield();
    at_once--;
    return (intptr_t)arg * 3;
}

enum {
    MANY = 1000
};

// The number of wrong results, in `data`.
static void *many_calls(void *data)
{
    int *wrong = data;
    struct async_task **tasks = calloc(MANY, sizeof *tasks);
    for (intptr_t i = 0; i < MANY; i++) {
        struct async_blocking_future *f = async_task_new(&async_blocking_future_type);
        async_blocking_future_init(f, count, (void *)i);
        tasks[i] = async_task_start(f);
    }
    for (intptr_t i = 0; i < MANY; i++) {
        struct async_task_join_future join;
        async_task_join_future_init(&join, tasks[i]);
        async_block_on_future(&async_task_join_future_type, &join);
        *wrong += join.result != 0 || *(intptr_t *)async_task_result_at(tasks[i]) != i * 3;
        async_detach(tasks[i]);
    }
    free(tasks);
    async_executor_close();
    return NULL;
}

static void many_tasks_of_several_executors(void **unused)
{
    (void)unused;
    async_blocking_configure(3, 10 * MANY, ASYNC_BLOCKING_IDLE_NS);
    most_at_once = 0;
    pthread_t threads[3];
    int wrong[3] = {0};
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_calls, &wrong[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
    assert_in_range(most_at_once, 1, 3);
    assert_in_range(threads_started, 4, 6); // ours too
}

// ---- The line -----------------------------------------------------------------------------------

static int order[8], ordered;

static intptr_t note(void *arg)
{
    order[ordered++] = (int)(intptr_t)arg; // one thread only
    return 0;
}

static void first_in_first_out(void **unused)
{
    (void)unused;
    async_blocking_configure(1, 100, ASYNC_BLOCKING_IDLE_NS);
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job blocker, jobs[8];
    async_blocking_job_init(&blocker, pass, &gate, 0, NULL);
    start_job(&blocker);
    sem_wait(&gate.begun);
    ordered = 0;
    for (intptr_t i = 0; i < 8; i++) {
        async_blocking_job_init(&jobs[i], note, (void *)i, 0, NULL);
        start_job(&jobs[i]);
    }
    async_blocking_job_drop(&jobs[0]); // from the beginning, the middle and the end
    async_blocking_job_drop(&jobs[4]);
    async_blocking_job_drop(&jobs[7]);
    async_blocking_job_init(&jobs[0], note, (void *)8, 0, NULL);
    start_job(&jobs[0]);
    sem_post(&gate.open);
    assert_int_equal(run_job(&blocker), 42);
    static const int expected[] = {1, 2, 3, 5, 6, 8};
    run_job(&jobs[0]);
    for (int i = 1; i < 7; i++)
        if (i != 4)
            run_job(&jobs[i]);
    assert_int_equal(ordered, 6);
    assert_memory_equal(order, expected, sizeof expected);
    gate_fini(&gate);
}

static void a_full_line_refuses(void **unused)
{
    (void)unused;
    async_blocking_configure(2, 1, ASYNC_BLOCKING_IDLE_NS);
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job jobs[4];
    for (int i = 0; i < 4; i++)
        async_blocking_job_init(&jobs[i], pass, &gate, 0, discard);
    for (int i = 0; i < 3; i++)
        start_job(&jobs[i]); // two for the threads, one in line
    assert_int_equal(async_blocking_job_poll(&jobs[3], &loop_cx), ASYNC_READY);
    assert_int_equal(jobs[3].result, -EAGAIN);
    async_blocking_job_drop(&jobs[3]); // ready: nothing to do
    assert_int_equal(gate.discards, 0);
    sem_wait(&gate.begun);
    sem_wait(&gate.begun);
    async_blocking_job_drop(&jobs[2]); // makes room
    assert_int_equal(gate.discards, 1);
    async_blocking_job_init(&jobs[3], pass, &gate, 0, NULL);
    start_job(&jobs[3]);
    for (int i = 0; i < 3; i++)
        sem_post(&gate.open);
    assert_int_equal(run_job(&jobs[0]), 42);
    assert_int_equal(run_job(&jobs[1]), 42);
    assert_int_equal(run_job(&jobs[3]), 42);
    gate_fini(&gate);
}

// ---- Threads ------------------------------------------------------------------------------------

static void threads_are_used_again(void **unused)
{
    (void)unused;
    struct seen seen;
    struct async_blocking_job job;
    for (int i = 0; i < 100; i++) {
        async_blocking_job_init(&job, look, &seen, 0, NULL);
        assert_int_equal(run_job(&job), 7);
    }
    assert_int_equal(threads_started, 1);
    async_blocking_stop();
    async_blocking_job_init(&job, look, &seen, 0, NULL);
    assert_int_equal(run_job(&job), 7);
    assert_int_equal(threads_started, 2);
}

static void idle_threads_end(void **unused)
{
    (void)unused;
    async_blocking_configure(4, 10, 0);
    struct seen seen;
    struct async_blocking_job job;
    async_blocking_job_init(&job, look, &seen, 0, NULL);
    assert_int_equal(run_job(&job), 7);
    // It ends without being told to.
    for (int last = threads_started; threads_started == last;) {
        async_blocking_job_init(&job, look, &seen, 0, NULL);
        assert_int_equal(run_job(&job), 7);
        sched_yield();
    }
}

static void fewer_threads(void **unused)
{
    (void)unused;
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job jobs[4];
    for (int i = 0; i < 4; i++) {
        async_blocking_job_init(&jobs[i], pass, &gate, 0, NULL);
        start_job(&jobs[i]);
    }
    for (int i = 0; i < 4; i++)
        sem_wait(&gate.begun);
    assert_int_equal(threads_started, 4);
    assert_int_equal(async_blocking_configure(0, 1, 1), -EINVAL);
    assert_int_equal(async_blocking_configure(1, 10, UINT64_MAX), 0);
    for (int i = 0; i < 4; i++)
        sem_post(&gate.open);
    for (int i = 0; i < 4; i++)
        assert_int_equal(run_job(&jobs[i]), 42);
    most_at_once = 0;
    for (intptr_t i = 0; i < 4; i++) {
        async_blocking_job_init(&jobs[i], count, (void *)i, 0, NULL);
        start_job(&jobs[i]);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(run_job(&jobs[i]), i * 3);
    assert_int_equal(most_at_once, 1);
    assert_int_equal(threads_started, 4);
    gate_fini(&gate);
}

static intptr_t count_slowly(void *arg)
{
    int now = ++at_once;
    if (now > most_at_once)
        most_at_once = now;
    usleep(100);
    at_once--;
    return (intptr_t)arg;
}

// Those that are too many wait for work when that is decided: they take none that comes before they
// have noticed, and the one that is left takes it.
static void fewer_idle_threads(void **unused)
{
    (void)unused;
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job jobs[8];
    for (int round = 0; round < 100; round++) {
        assert_int_equal(async_blocking_configure(8, 10, UINT64_MAX), 0);
        for (int i = 0; i < 8; i++) {
            async_blocking_job_init(&jobs[i], pass, &gate, 0, NULL);
            start_job(&jobs[i]);
        }
        for (int i = 0; i < 8; i++)
            sem_wait(&gate.begun);
        for (int i = 0; i < 8; i++)
            sem_post(&gate.open);
        for (int i = 0; i < 8; i++)
            assert_int_equal(run_job(&jobs[i]), 42);
        usleep(round % 3 * 100); // then they are idle
        most_at_once = 0;
        assert_int_equal(async_blocking_configure(1, 10, UINT64_MAX), 0);
        for (intptr_t i = 0; i < 8; i++) {
            async_blocking_job_init(&jobs[i], count_slowly, (void *)i, 0, NULL);
            start_job(&jobs[i]);
        }
        for (int i = 0; i < 8; i++)
            assert_int_equal(run_job(&jobs[i]), i);
        assert_int_equal(most_at_once, 1);
    }
    gate_fini(&gate);
}

static void no_thread_can_be_started(void **unused)
{
    (void)unused;
    no_threads = true;
    struct gate gate;
    gate_init(&gate);
    struct async_blocking_job jobs[3];
    async_blocking_job_init(&jobs[0], never, NULL, 0, NULL);
    assert_int_equal(async_blocking_job_poll(&jobs[0], &loop_cx), ASYNC_READY);
    assert_int_equal(jobs[0].result, -EAGAIN);
    assert_int_equal(wakers, 0);
    no_threads = false;
    for (int i = 0; i < 3; i++) {
        async_blocking_job_init(&jobs[i], pass, &gate, 0, NULL);
        start_job(&jobs[i]);
        no_threads = true; // the others wait for the one there is
    }
    assert_int_equal(threads_started, 1);
    for (int i = 0; i < 3; i++)
        sem_post(&gate.open);
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_job(&jobs[i]), 42);
    gate_fini(&gate);
}

// ---- A simulated executor -----------------------------------------------------------------------

static enum async_poll simulates(void *data, struct async_context *cx, int *state)
{
    (void)data;
    static struct async_blocking_future f, cancelled;
    static struct seen seen;
    switch ((*state)++) {
    case 0:
        async_blocking_future_init(&cancelled, never, NULL);
        assert_int_equal(async_blocking_future_poll(&cancelled, cx), ASYNC_PENDING);
        async_blocking_future_drop(&cancelled);
        async_blocking_future_init(&f, look, &seen);
        memset(&seen, 0, sizeof seen);
        assert_int_equal(async_blocking_future_poll(&f, cx), ASYNC_PENDING);
        return ASYNC_PENDING; // woken
    default:
        assert_int_equal(async_blocking_future_poll(&f, cx), ASYNC_READY);
        assert_int_equal(f.result, 7);
        assert_true(pthread_equal(seen.thread, pthread_self()));
        assert_int_equal(threads_started, 0);
        return ASYNC_READY;
    }
}

static void runs_in_place_when_simulated(void **unused)
{
    (void)unused;
    executor_get()->simulated = true;
    run_script(simulates, NULL);
    async_executor_close();
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up_threads, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(runs_on_another_thread_without_signals),
        TEST(copies_arguments_there_and_back),
        TEST(refuses_to_copy_too_much),
        TEST(many_tasks_of_several_executors),
        TEST(first_in_first_out),
        TEST(a_full_line_refuses),
        TEST(threads_are_used_again),
        TEST(idle_threads_end),
        TEST(fewer_threads),
        TEST(fewer_idle_threads),
        TEST(no_thread_can_be_started),
        TEST(runs_in_place_when_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
