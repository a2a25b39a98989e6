// blocking.h - running functions that block on other threads, so that the executor's goes on.
//
//     #include <asyncc/blocking.h>
//     #include <asyncc/async.h>
//
//     static intptr_t read_all(void *arg)            // plain C, on another thread
//     {
//         FILE *file = fopen(arg, "rb");
//         ...
//     }
//
//     static async int load(void)
//     {
//         return (int)await async_blocking(read_all, "settings");
//     }
//
// THE POOL. A process has one pool of threads, for all its executors. It starts a thread when a
// call finds none idle, up to a maximum; a thread ends when it has been idle for a while. Calls
// beyond that wait in line, first in, first out; the line runs through the futures that wait, so it
// takes no memory. When it is full, a call is refused with -EAGAIN.
//
// Threads: the functions run on a thread of the pool, with all signals blocked (but those for
// faults of its own). Everything a function did is seen by the task that awaited it. The awaiting
// side is like any future: polled, and dropped, by one thread.
//
// Cancelling: a dropped wait never waits itself. A function that has not begun is taken out of the
// line and never runs. One that runs cannot be stopped: it goes on, detached, and its result is
// discarded (see below). What it uses must therefore live until it returns, longer perhaps than the
// function that awaits it: so `arg` is not a local variable of that, unless it is copied
// (async_blocking_copy).
//
// Errors: the result is the function's, or
//   -EAGAIN  the line is full, or no thread could be started and there is none
//   -EINVAL  more bytes were to be copied than async_blocking_copy copies
// Then the function does not run, and nothing is discarded.
//
// Memory: no call allocates. A thread takes what pthread_create takes.
//
// The end: neither async_executor_close nor the end of the process waits for functions that run
// detached. async_blocking_stop does. A child made by fork has the pool's memory but none of its
// threads: it must not use the pool.
//
// On a simulated executor there are no threads: the function runs on the executor's own when the
// awaiting task is polled the next time, so that each run is like the one before.
#ifndef ASYNCC_BLOCKING_H
#define ASYNCC_BLOCKING_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// What blocks.
typedef intptr_t async_blocking_fn(void *arg);

// What is called in place of handing the result over, when the wait was cancelled: frees what the
// result, or arg, own. Exactly once, after the function has returned, on its thread; or on the
// thread that cancels, if the function is done (then with its result) or never ran (then with
// -ECANCELED).
typedef void async_blocking_discard(void *arg, intptr_t result);

// ---- Jobs: what the futures below are made of ---------------------------------------------------

// A call. The members are the pool's.
struct async_blocking_job {
    // set by init
    async_blocking_fn *fn;
    async_blocking_discard *discard; // or NULL
    void *arg;
    uint16_t size; // bytes at arg, of which the function gets a copy; 0: it gets arg itself
    uint8_t where; // not started, in the pool, or simulated; of the awaiting side only
    // under the pool's lock
    uint8_t state;
    struct async_blocking_job *next, **link; // while in line
    struct async_blocking_thread *thread;    // while running
    struct async_waker waker;                // held until it is done
    intptr_t result;                         // when it is done
};

enum {
    ASYNC_BLOCKING_COPY = 256 // the most bytes that are copied
};

static inline void async_blocking_job_init(struct async_blocking_job *job, async_blocking_fn *fn,
                                           void *arg, size_t size, async_blocking_discard *discard)
{
    job->fn = fn;
    job->discard = discard;
    job->arg = arg;
    job->size = (uint16_t)(size <= ASYNC_BLOCKING_COPY ? size : UINT16_MAX); // refused by poll
    job->where = 0;
}

// Starts the job at the first call. ASYNC_READY when it is done, with job->result.
enum async_poll async_blocking_job_poll(struct async_blocking_job *job, struct async_context *cx);

// The same, with a place for the result.
static inline enum async_poll async_blocking_job_finish(struct async_blocking_job *job,
                                                        struct async_context *cx, intptr_t *result)
{
    if (async_blocking_job_poll(job, cx) == ASYNC_PENDING)
        return ASYNC_PENDING; // and job->result is the thread's
    *result = job->result;
    return ASYNC_READY;
}

// Cancels a job that was started and is not ready; else does nothing.
void async_blocking_job_drop(struct async_blocking_job *job);

// ---- await async_blocking(fn, arg) --------------------------------------------------------------
//
// Runs fn(arg) on a thread of the pool, and returns its result. `arg` must live until fn returns.
// If the wait is cancelled, the result is forgotten.
asyncc_async intptr_t async_blocking(async_blocking_fn *fn, void *arg);

struct async_blocking_future {
    struct async_blocking_job job;
    intptr_t result;
};

static inline void async_blocking_future_init(struct async_blocking_future *self,
                                              async_blocking_fn *fn, void *arg)
{
    async_blocking_job_init(&self->job, fn, arg, 0, NULL);
}

static inline enum async_poll async_blocking_future_poll(struct async_blocking_future *self,
                                                         struct async_context *cx)
{
    return async_blocking_job_finish(&self->job, cx, &self->result);
}

static inline void async_blocking_future_drop(struct async_blocking_future *self)
{
    async_blocking_job_drop(&self->job);
}

// ---- await async_blocking_owned(fn, arg, discard) -----------------------------------------------
//
// The same, and if the wait is cancelled, discard(arg, result) is called. So arg may be memory that
// the awaiting function frees after the await, and discard frees if it does not come to that.
asyncc_async intptr_t async_blocking_owned(async_blocking_fn *fn, void *arg,
                                           async_blocking_discard *discard);

struct async_blocking_owned_future {
    struct async_blocking_job job;
    intptr_t result;
};

static inline void async_blocking_owned_future_init(struct async_blocking_owned_future *self,
                                                    async_blocking_fn *fn, void *arg,
                                                    async_blocking_discard *discard)
{
    async_blocking_job_init(&self->job, fn, arg, 0, discard);
}

static inline enum async_poll
async_blocking_owned_future_poll(struct async_blocking_owned_future *self, struct async_context *cx)
{
    return async_blocking_job_finish(&self->job, cx, &self->result);
}

static inline void async_blocking_owned_future_drop(struct async_blocking_owned_future *self)
{
    async_blocking_job_drop(&self->job);
}

// ---- await async_blocking_copy(fn, args, size, discard) -----------------------------------------
//
//     struct stat_args { char path[100]; struct stat st; } args;      // a local variable is fine
//     ...
//     intptr_t rc = await async_blocking_copy(do_stat, &args, sizeof args, NULL);
//
// The same with a copy of the `size` bytes at args, at most ASYNC_BLOCKING_COPY: fn gets a pointer
// to the copy, which is copied back when it has returned, before the await ends. Until then the
// bytes at args are not to be touched. If the wait is cancelled while fn runs, nothing is copied
// back any more. discard, which may be NULL, gets the copy, or args if fn does not run any more.
asyncc_async intptr_t async_blocking_copy(async_blocking_fn *fn, void *args, size_t size,
                                          async_blocking_discard *discard);

struct async_blocking_copy_future {
    struct async_blocking_job job;
    intptr_t result;
};

static inline void async_blocking_copy_future_init(struct async_blocking_copy_future *self,
                                                   async_blocking_fn *fn, void *args, size_t size,
                                                   async_blocking_discard *discard)
{
    async_blocking_job_init(&self->job, fn, args, size, discard);
}

static inline enum async_poll
async_blocking_copy_future_poll(struct async_blocking_copy_future *self, struct async_context *cx)
{
    return async_blocking_job_finish(&self->job, cx, &self->result);
}

static inline void async_blocking_copy_future_drop(struct async_blocking_copy_future *self)
{
    async_blocking_job_drop(&self->job);
}

// ---- The pool -----------------------------------------------------------------------------------

enum {
    ASYNC_BLOCKING_THREADS = 16, // the defaults
    ASYNC_BLOCKING_QUEUE = 65536
};

#define ASYNC_BLOCKING_IDLE_NS UINT64_C(10000000000)

// At most max_threads threads (at least 1), at most max_queue calls in line that no thread is there
// for, and threads that end after idle_ns nanoseconds without work (UINT64_MAX: never). Any thread,
// at any time: with fewer threads than there are, those that are too many end after their job. 0,
// or -EINVAL.
int async_blocking_configure(unsigned max_threads, size_t max_queue, uint64_t idle_ns);

// Waits until all functions have run, in line and detached ones too, and all threads have ended.
// For a process that wants to end with nothing left: after async_executor_close, on any thread but
// the pool's. The pool can be used again.
void async_blocking_stop(void);

#endif
