// blocking.c - the pool of threads that run what blocks.
//
// One lock guards the line, the counts and what a job and its thread know of each other. A job
// lives in the future that waits for it. When a thread takes it out of the line, it copies what it
// needs to its own stack, and from then on the job and the thread point at each other; whoever is
// done with the other first, the thread with its function or the future with waiting, cuts that
// under the lock. So neither touches the other's memory when it may be gone, and no call needs
// memory of its own.
#define _GNU_SOURCE
#include "blocking.h"

#include "executor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

// job->where
enum {
    JOB_OUTSIDE, // not started, or over
    JOB_IN_POOL,
    JOB_SIMULATED // runs at the next poll
};

// job->state of a job in the pool
enum {
    JOB_IN_LINE,
    JOB_RUNS,
    JOB_DONE
};

// On the stack of a thread of the pool.
struct async_blocking_thread {
    struct async_blocking_job *job; // that it runs; NULL: none, or nobody waits for it any more
    _Alignas(max_align_t) char args[ASYNC_BLOCKING_COPY];
};

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    pthread_cond_t work; // there is a job in line, or threads are to end
    pthread_cond_t over; // a job that somebody waits out is done, or the last thread ends
    struct async_blocking_job *first, **end;
    size_t in_line, max_queue;
    unsigned threads, max_threads;
    unsigned idle; // of the threads, those that wait for work or will look for it without delay
    unsigned waiting_out; // blocking_wait_out is called so many times just now
    bool stopping;
    uint64_t idle_ns;
} pool = {
    .once = PTHREAD_ONCE_INIT,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .over = PTHREAD_COND_INITIALIZER,
    .end = &pool.first,
    .max_queue = ASYNC_BLOCKING_QUEUE,
    .max_threads = ASYNC_BLOCKING_THREADS,
    .idle_ns = ASYNC_BLOCKING_IDLE_NS,
};

// ---- The line: under the lock -------------------------------------------------------------------

static void line_push(struct async_blocking_job *job)
{
    job->state = JOB_IN_LINE;
    job->next = NULL;
    job->link = pool.end;
    *pool.end = job;
    pool.end = &job->next;
    pool.in_line++;
}

static void line_remove(struct async_blocking_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    else
        pool.end = job->link;
    pool.in_line--;
}

// ---- Threads ------------------------------------------------------------------------------------

// With the lock held, which it gives up meanwhile.
static void run_first(struct async_blocking_thread *self)
{
    struct async_blocking_job *job = pool.first;
    line_remove(job);
    async_blocking_fn *fn = job->fn;
    async_blocking_discard *discard = job->discard;
    size_t size = job->size;
    void *arg = job->arg;
    if (size)
        arg = memcpy(self->args, arg, size);
    job->state = JOB_RUNS;
    job->thread = self;
    self->job = job;
    pthread_mutex_unlock(&pool.lock);

    intptr_t result = fn(arg);

    pthread_mutex_lock(&pool.lock);
    job = self->job;
    if (!job) {
        pthread_mutex_unlock(&pool.lock);
        if (discard)
            discard(arg, result);
        pthread_mutex_lock(&pool.lock);
        return;
    }
    self->job = NULL;
    if (size)
        memcpy(job->arg, arg, size);
    job->result = result;
    job->state = JOB_DONE;
    struct async_waker waker = job->waker;
    if (pool.waiting_out)
        pthread_cond_broadcast(&pool.over);
    pool.idle++;                      // who is woken may have the next job at once
    pthread_mutex_unlock(&pool.lock); // and the job may be gone
    async_waker_wake_and_drop(&waker);
    pthread_mutex_lock(&pool.lock);
    pool.idle--;
}

// Waits for a job, as long as an idle thread may. With the lock held.
static void wait_for_work(void)
{
    uint64_t idle_ns = pool.idle_ns;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t seconds = idle_ns / 1000000000;
    pool.idle++;
    int rc = 0;
    while (!pool.first && !pool.stopping && pool.threads <= pool.max_threads && rc != ETIMEDOUT) {
        if (seconds > INT32_MAX) { // a lifetime
            pthread_cond_wait(&pool.work, &pool.lock);
            continue;
        }
        struct timespec end = {.tv_sec = now.tv_sec + (time_t)seconds,
                               .tv_nsec = now.tv_nsec + (long)(idle_ns % 1000000000)};
        if (end.tv_nsec >= 1000000000) {
            end.tv_sec++;
            end.tv_nsec -= 1000000000;
        }
        rc = pthread_cond_timedwait(&pool.work, &pool.lock, &end);
    }
    pool.idle--;
}

static void *thread_main(void *unused)
{
    (void)unused;
    struct async_blocking_thread self = {.job = NULL};
    pthread_mutex_lock(&pool.lock);
    pool.idle--;
    while (pool.threads <= pool.max_threads) {
        if (!pool.first)
            wait_for_work();
        // A job that came before a thread saw that it is one too many is another's: all that waited
        // were woken when the threads became too many.
        if (!pool.first || pool.threads > pool.max_threads)
            break;
        run_first(&self);
    }
    if (--pool.threads == 0)
        pthread_cond_broadcast(&pool.over);
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

static void init_clock(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool.work, &attr);
    pthread_condattr_destroy(&attr);
}

// 0 or -errno. The thread inherits the blocked signals; those for faults kill the process anyway,
// and blocked they would do so without a word of the handler's.
static int start_thread(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t all, before;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);
    if (rc)
        return -rc;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    rc = pthread_create(&thread, &attr, thread_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (rc == 0) {
        pool.threads++;
        pool.idle++;
    }
    return -rc;
}

// ---- Jobs ---------------------------------------------------------------------------------------

// Puts the job in line and sees to a thread for it. 0 or -EAGAIN. With the lock held.
static int enqueue(struct async_blocking_job *job)
{
    size_t unborn = pool.threads < pool.max_threads ? pool.max_threads - pool.threads : 0;
    size_t taken_at_once = pool.idle + unborn;
    if (pool.in_line >= taken_at_once && pool.in_line - taken_at_once >= pool.max_queue)
        return -EAGAIN;
    line_push(job);
    if (pool.in_line > pool.idle && unborn > 0 && start_thread() < 0 && pool.threads == 0) {
        line_remove(job);
        return -EAGAIN;
    }
    pthread_cond_signal(&pool.work);
    return 0;
}

static enum async_poll start(struct async_blocking_job *job, struct async_context *cx)
{
    if (job->size > ASYNC_BLOCKING_COPY) {
        job->result = -EINVAL;
        return ASYNC_READY;
    }
    if (async_current && async_current->simulated) {
        job->where = JOB_SIMULATED;
        async_waker_wake(&cx->waker);
        return ASYNC_PENDING;
    }
    pthread_once(&pool.once, init_clock);
    job->waker = async_waker_clone(&cx->waker);
    pthread_mutex_lock(&pool.lock);
    int rc = enqueue(job);
    pthread_mutex_unlock(&pool.lock);
    if (rc == 0) {
        job->where = JOB_IN_POOL;
        return ASYNC_PENDING;
    }
    async_waker_drop(&job->waker);
    job->result = rc;
    return ASYNC_READY;
}

static enum async_poll poll_in_pool(struct async_blocking_job *job, struct async_context *cx)
{
    struct async_waker unused = async_waker_clone(&cx->waker);
    pthread_mutex_lock(&pool.lock);
    bool done = job->state == JOB_DONE;
    if (!done) { // polled before it was woken: whoever polls now is to be woken
        struct async_waker now = unused;
        unused = job->waker;
        job->waker = now;
    }
    pthread_mutex_unlock(&pool.lock);
    async_waker_drop(&unused);
    if (!done)
        return ASYNC_PENDING;
    job->where = JOB_OUTSIDE;
    return ASYNC_READY;
}

enum async_poll async_blocking_job_poll(struct async_blocking_job *job, struct async_context *cx)
{
    switch (job->where) {
    case JOB_OUTSIDE:
        return start(job, cx);
    case JOB_IN_POOL:
        return poll_in_pool(job, cx);
    default:
        job->where = JOB_OUTSIDE;
        job->result = job->fn(job->arg);
        return ASYNC_READY;
    }
}

// Takes a job that is in line out of it, and a waker that nobody will wake away from it. The state
// it was in. With the lock held.
static int leave(struct async_blocking_job *job, struct async_waker *waker)
{
    int state = job->state;
    if (state == JOB_IN_LINE)
        line_remove(job);
    if (state != JOB_DONE)
        *waker = job->waker;
    return state;
}

void async_blocking_job_drop(struct async_blocking_job *job)
{
    if (job->where == JOB_OUTSIDE)
        return;
    int state = JOB_IN_LINE;
    struct async_waker waker = {0};
    if (job->where == JOB_IN_POOL) {
        pthread_mutex_lock(&pool.lock);
        state = leave(job, &waker);
        if (state == JOB_RUNS)
            job->thread->job = NULL; // from here on, the discarding is the thread's
        pthread_mutex_unlock(&pool.lock);
    }
    job->where = JOB_OUTSIDE;
    if (waker.ops)
        async_waker_drop(&waker);
    if (job->discard && state != JOB_RUNS)
        job->discard(job->arg, state == JOB_DONE ? job->result : -ECANCELED);
}

bool blocking_wait_out(struct async_blocking_job *job)
{
    bool ran = false;
    if (job->where == JOB_IN_POOL) {
        struct async_waker waker;
        pthread_mutex_lock(&pool.lock);
        if (job->state == JOB_IN_LINE) {
            leave(job, &waker);
            pthread_mutex_unlock(&pool.lock);
            async_waker_drop(&waker);
        } else {
            pool.waiting_out++;
            while (job->state != JOB_DONE)
                pthread_cond_wait(&pool.over, &pool.lock);
            pool.waiting_out--;
            pthread_mutex_unlock(&pool.lock);
            ran = true;
        }
    }
    job->where = JOB_OUTSIDE;
    return ran;
}

// ---- The pool -----------------------------------------------------------------------------------

int async_blocking_configure(unsigned max_threads, size_t max_queue, uint64_t idle_ns)
{
    if (max_threads == 0)
        return -EINVAL;
    pthread_once(&pool.once, init_clock);
    pthread_mutex_lock(&pool.lock);
    pool.max_threads = max_threads;
    pool.max_queue = max_queue;
    pool.idle_ns = idle_ns;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    return 0;
}

void async_blocking_stop(void)
{
    pthread_once(&pool.once, init_clock);
    pthread_mutex_lock(&pool.lock);
    pool.stopping = true;
    pthread_cond_broadcast(&pool.work);
    while (pool.threads)
        pthread_cond_wait(&pool.over, &pool.lock);
    pool.stopping = false;
    pthread_mutex_unlock(&pool.lock);
}
