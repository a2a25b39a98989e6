// runtime_wakes.c - a million wakes: from another thread while nobody listens, for one task and for
// many, and by a task that never stops. They are taken once, and nothing else starves.
#include "runtime_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);
ASYNC_FUTURE_TYPE(async_readable);

enum {
    WAKES = 1000000,
    TASKS = 100000
};

static struct async_waker wakers[TASKS];
static int polls;

// Hands its waker on, and is ready when it is polled again.
static enum async_poll wait_once(void *data, struct async_context *cx, int *state)
{
    polls++;
    if ((*state)++)
        return ASYNC_READY;
    *(struct async_waker *)data = async_waker_clone(&cx->waker);
    return ASYNC_PENDING;
}

static void nap(uint64_t ms)
{
    struct async_sleep_ms_future f;
    async_sleep_ms_future_init(&f, ms);
    async_block_on_future(&async_sleep_ms_future_type, &f);
}

static void spawn_waiting(int count)
{
    polls = 0;
    for (int i = 0; i < count; i++)
        async_detach(spawn_script(wait_once, NULL, &wakers[i]));
    nap(0);
    while (polls < count)
        nap(0);
}

static void *wake_all(void *count)
{
    for (int i = 0; i < WAKES; i++)
        async_waker_wake(&wakers[i % *(int *)count]);
    for (int i = 0; i < *(int *)count; i++)
        async_waker_drop(&wakers[i]);
    return NULL;
}

// The executor does not run meanwhile.
static void queue_wakes(int count)
{
    spawn_waiting(count);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_all, &count), 0);
    pthread_join(thread, NULL);
    while (polls < 2 * count)
        nap(0);
    nap(1);
    assert_int_equal(polls, 2 * count);
    async_executor_close();
}

static void one_task_is_woken_a_million_times(void **unused)
{
    (void)unused;
    queue_wakes(1);
}

static void many_tasks_are_woken_a_million_times(void **unused)
{
    (void)unused;
    queue_wakes(TASKS);
}

static atomic_bool stop;

static void *wake_until_stopped(void *waker)
{
    while (!stop)
        async_waker_wake(waker);
    async_waker_drop(waker);
    return NULL;
}

static enum async_poll wait_until_stopped(void *data, struct async_context *cx, int *state)
{
    if (!(*state)++)
        *(struct async_waker *)data = async_waker_clone(&cx->waker);
    return stop ? ASYNC_READY : ASYNC_PENDING;
}

// A thread that wakes without end takes neither timers nor descriptors from the others.
static void a_flood_of_wakes_starves_nobody(void **unused)
{
    (void)unused;
    stop = false;
    struct async_task *flooded = spawn_script(wait_until_stopped, NULL, &wakers[0]);
    nap(1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_until_stopped, &wakers[0]), 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 20; i++) {
        nap(1);
        assert_int_equal(write(ends[1], "x", 1), 1);
        struct async_readable_future f;
        async_readable_future_init(&f, ends[0]);
        async_block_on_future(&async_readable_future_type, &f);
        assert_int_equal(f.result, 0);
        char byte;
        assert_int_equal(read(ends[0], &byte, 1), 1);
    }
    stop = true;
    pthread_join(thread, NULL);
    while (!async_task_done(flooded)) {
        async_cancel(flooded); // no more wakes come
        nap(0);
    }
    async_detach(flooded);
    close(ends[0]);
    close(ends[1]);
    async_executor_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_task_is_woken_a_million_times),
        cmocka_unit_test(many_tasks_are_woken_a_million_times),
        cmocka_unit_test(a_flood_of_wakes_starves_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
