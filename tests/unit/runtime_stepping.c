// runtime_stepping.c - executors with options, stepped by hand in somebody else's loop, and spinning.
#define _GNU_SOURCE
#include "runtime_support.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE(async_readable);
ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);

static bool readable(void)
{
    struct pollfd fd = {.fd = async_executor_fd(), .events = POLLIN};
    assert_true(fd.fd >= 0);
    return poll(&fd, 1, 0) == 1;
}

static int polls;

static enum async_poll yields(void *data, struct async_context *cx, int *state)
{
    polls++;
    if (++*state > *(int *)data)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void one_poll_each(void **unused)
{
    (void)unused;
    int three = 3, none = 0;
    assert_int_equal(async_executor_timeout_ns(), UINT64_MAX);
    assert_int_equal(async_executor_poll_once(), 0);
    assert_int_equal(async_executor_timeout_ns(), UINT64_MAX);
    assert_false(readable());
    async_detach(spawn_script(yields, NULL, &three));
    async_detach(spawn_script(yields, NULL, &none));
    assert_int_equal(async_executor_timeout_ns(), 0);
    polls = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(async_executor_poll_once(), 1);
        assert_int_equal(polls, 2 + i);
        assert_int_equal(async_executor_timeout_ns(), 0);
    }
    assert_int_equal(async_executor_poll_once(), 0);
    assert_int_equal(polls, 5);
    async_executor_close();
}

static enum async_poll steps_itself(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx, (void)state;
    assert_int_equal(async_executor_poll_once(), -EDEADLK);
    return ASYNC_READY;
}

// The tests after this one are to run on the reactor that was asked for.
static void set_reactor(const char *name)
{
    if (name)
        setenv("ASYNCC_REACTOR", name, 1);
    else
        unsetenv("ASYNCC_REACTOR");
}

static void options(void **unused)
{
    (void)unused;
    const char *value = getenv("ASYNCC_REACTOR");
    char *asked_for = value ? strdup(value) : NULL;
    assert_int_equal(async_executor_open(&(struct async_executor_options){.reactor = "none"}),
                     -EINVAL);
    setenv("ASYNCC_REACTOR", "neither", 1);
    assert_int_equal(async_executor_open(NULL), -EINVAL);
    assert_int_equal(async_executor_poll_once(), -EINVAL);
    assert_null(async_task_new(&script_future_type));
    assert_int_equal(async_executor_fd(), -EINVAL);
    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), -EINVAL);
    struct async_stream *stream;
    assert_int_equal(async_stream_open(0, &stream), -EINVAL);
    assert_int_equal(async_executor_open(
                         &(struct async_executor_options){.reactor = "epoll", .polls = 2}),
                     0);
    assert_string_equal(async_executor_reactor(), "epoll");
    assert_int_equal(async_executor_open(NULL), -EBUSY);
    int none = 0;
    for (int i = 0; i < 5; i++)
        async_detach(spawn_script(yields, NULL, &none));
    polls = 0;
    assert_int_equal(async_executor_poll_once(), 1);
    assert_int_equal(polls, 2);
    assert_int_equal(async_executor_poll_once(), 1);
    assert_int_equal(async_executor_poll_once(), 0);
    assert_int_equal(polls, 5);
    run_script(steps_itself, NULL);
    async_executor_close();
    set_reactor("epoll");
    assert_int_equal(async_executor_open(NULL), 0);
    async_executor_close();
    assert_null(async_executor_reactor());
    set_reactor(asked_for);
    free(asked_for);
}

// ---- The descriptor -----------------------------------------------------------------------------

static struct async_waker kept;
static sem_t is_kept;

static enum async_poll keeps_waker(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if ((*state)++)
        return ASYNC_READY;
    kept = async_waker_clone(&cx->waker);
    sem_post(&is_kept);
    return ASYNC_PENDING;
}

static void *wakes(void *unused)
{
    async_waker_wake(&kept);
    async_waker_drop(&kept);
    return unused;
}

static void wakes_are_seen(void **unused)
{
    (void)unused;
    for (int from_thread = 0; from_thread < 2; from_thread++) {
        struct async_task *t = spawn_script(keeps_waker, NULL, NULL);
        assert_int_equal(async_executor_poll_once(), 0);
        assert_false(readable());
        assert_int_equal(async_executor_timeout_ns(), UINT64_MAX);
        if (from_thread) {
            pthread_t thread;
            assert_int_equal(pthread_create(&thread, NULL, wakes, NULL), 0);
            assert_int_equal(pthread_join(thread, NULL), 0);
        } else {
            wakes(NULL);
        }
        assert_true(readable());
        assert_int_equal(async_executor_timeout_ns(), 0);
        assert_int_equal(async_executor_poll_once(), 0);
        assert_true(async_task_done(t));
        assert_false(readable());
        async_detach(t);
    }
    async_executor_close();
}

static void timers_and_io_are_seen(void **unused)
{
    (void)unused;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct async_readable_future *r = async_task_new(&async_readable_future_type);
    async_readable_future_init(r, ends[0]);
    struct async_task *reading = async_task_start(r);
    assert_int_equal(async_executor_poll_once(), 0);
    assert_int_equal(async_executor_poll_once(), 0);
    assert_false(readable());
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(readable());
    assert_int_equal(async_executor_poll_once(), 1); // it is ready now
    assert_int_equal(async_executor_poll_once(), 0);
    assert_true(async_task_done(reading));
    async_detach(reading);

    struct async_sleep_ms_future *s = async_task_new(&async_sleep_ms_future_type);
    async_sleep_ms_future_init(s, 3);
    struct async_task *sleeping = async_task_start(s);
    uint64_t start = async_now_ns();
    int more = async_executor_poll_once();
    // Not ready yet, unless the machine was busy with something else for as long as it sleeps.
    assert_true(more == 0 || (more == 1 && async_now_ns() - start >= 3000000));
    uint64_t ns = async_executor_timeout_ns();
    assert_true(ns <= 5000000);
    for (; !async_task_done(sleeping); more = async_executor_poll_once()) {
        ns = async_executor_timeout_ns();
        assert_true(ns != UINT64_MAX);
        struct pollfd fd = {.fd = async_executor_fd(), .events = POLLIN};
        poll(&fd, 1, more ? 0 : (int)(ns / 1000000) + (ns != 0));
    }
    async_detach(sleeping);
    close(ends[0]);
    close(ends[1]);

    // What was stepped may be run to its end as usual, and the other way round.
    async_detach(spawn_script(keeps_waker, NULL, NULL));
    assert_int_equal(async_executor_poll_once(), 0);
    int three = 3;
    run_script(yields, &three);
    wakes(NULL);
    assert_true(readable());
    assert_int_equal(async_executor_poll_once(), 0);
    async_executor_close();
}

// ---- Spinning: what is waited for comes while it spins, and after that --------------------------

struct later {
    int fd;
    unsigned us;
};

static void *writes_later(void *data)
{
    struct later *later = data;
    usleep(later->us);
    assert_int_equal(write(later->fd, "x", 1), 1);
    return NULL;
}

static void *wakes_later(void *data)
{
    struct later *later = data;
    while (sem_wait(&is_kept) != 0)
        ;
    usleep(later->us);
    return wakes(NULL);
}

static void spins(void **unused)
{
    (void)unused;
    static const uint64_t spin_ns[] = {1, 100000, 50000000};
    static const unsigned delay_us[] = {0, 200, 2000};
    for (int i = 0; i < 9; i++) {
        struct later later = {.us = delay_us[i % 3]};
        int ends[2];
        char byte;
        pthread_t thread;
        assert_int_equal(pipe(ends), 0);
        later.fd = ends[1];
        assert_int_equal(async_executor_open(
                             &(struct async_executor_options){.spin_ns = spin_ns[i / 3]}),
                         0);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(pthread_create(&thread, NULL, writes_later, &later), 0);
            struct async_readable_future r;
            async_readable_future_init(&r, ends[0]);
            async_block_on_future(&async_readable_future_type, &r);
            assert_int_equal(r.result, 0);
            assert_int_equal(read(ends[0], &byte, 1), 1);
            assert_int_equal(pthread_join(thread, NULL), 0);

            sem_init(&is_kept, 0, 0);
            assert_int_equal(pthread_create(&thread, NULL, wakes_later, &later), 0);
            run_script(keeps_waker, NULL);
            assert_int_equal(pthread_join(thread, NULL), 0);

            struct async_sleep_ms_future s;
            async_sleep_ms_future_init(&s, 1);
            async_block_on_future(&async_sleep_ms_future_type, &s);
        }
        async_executor_close();
        close(ends[0]);
        close(ends[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_poll_each),  cmocka_unit_test(options),
        cmocka_unit_test(wakes_are_seen), cmocka_unit_test(timers_and_io_are_seen),
        cmocka_unit_test(spins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
