// blocking_support.h - for the tests of the blocking pool: a loop that polls jobs, and functions that
// block until they are told to go on.
#ifndef BLOCKING_SUPPORT_H
#define BLOCKING_SUPPORT_H

#include "runtime_support.h"

#include "../../runtime/blocking.h"
#include "../../runtime/executor.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

// ---- A loop of the test's own -------------------------------------------------------------------

static sem_t woken;
static atomic_int wakers;

static inline void on_clone(void *data)
{
    (void)data;
    wakers++;
}

static inline void on_wake(void *data)
{
    sem_post(data);
}

static inline void on_drop(void *data)
{
    (void)data;
    wakers--;
}

static const struct async_waker_ops loop_ops = {
    .clone = on_clone, .wake = on_wake, .drop = on_drop};
static struct async_context loop_cx = {.waker = {&woken, &loop_ops}};

static inline intptr_t run_job(struct async_blocking_job *job)
{
    while (async_blocking_job_poll(job, &loop_cx) == ASYNC_PENDING)
        sem_wait(&woken);
    return job->result;
}

static inline void start_job(struct async_blocking_job *job)
{
    assert_int_equal(async_blocking_job_poll(job, &loop_cx), ASYNC_PENDING);
}

static inline int set_up(void **unused)
{
    (void)unused;
    sem_init(&woken, 0, 0);
    return async_blocking_configure(ASYNC_BLOCKING_THREADS, ASYNC_BLOCKING_QUEUE,
                                    ASYNC_BLOCKING_IDLE_NS);
}

static inline int tear_down(void **unused)
{
    (void)unused;
    async_blocking_stop();
    sem_destroy(&woken);
    return wakers; // none is left
}

// ---- What blocks --------------------------------------------------------------------------------

// A function that says when it has begun, and returns when it is told.
struct gate {
    sem_t begun, open;
    atomic_int discards;
    intptr_t discarded;
    pthread_t discarded_by;
};

static inline void gate_init(struct gate *gate)
{
    memset(gate, 0, sizeof *gate);
    sem_init(&gate->begun, 0, 0);
    sem_init(&gate->open, 0, 0);
}

static inline void gate_fini(struct gate *gate)
{
    sem_destroy(&gate->begun);
    sem_destroy(&gate->open);
}

static inline intptr_t pass(void *arg)
{
    struct gate *gate = arg;
    sem_post(&gate->begun);
    sem_wait(&gate->open);
    return 42;
}

static inline void discard(void *arg, intptr_t result)
{
    struct gate *gate = arg;
    gate->discarded = result;
    gate->discarded_by = pthread_self();
    gate->discards++;
}

static inline intptr_t never(void *arg)
{
    (void)arg;
    abort();
}

#endif
