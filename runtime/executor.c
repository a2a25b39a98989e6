// executor.c - turns: run ready tasks, take what other threads sent, fire timers, wait for
// descriptors.
#define _GNU_SOURCE
#include "executor.h"

#include "io.h"
#include "memory.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct async_executor *async_current;
_Thread_local struct async_executor *volatile executor_open;

static pthread_key_t thread_end;
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;
static bool thread_end_made;

static void close_at_thread_end(void *executor)
{
    if (executor == async_current)
        async_executor_close();
}

static void make_thread_end(void)
{
    thread_end_made = pthread_key_create(&thread_end, close_at_thread_end) == 0;
}

static int executor_new(const struct async_executor_options *options, struct async_executor **out)
{
    struct async_executor *executor =
        memory_aligned(_Alignof(struct async_executor), sizeof(struct async_executor));
    if (!executor)
        return -ENOMEM;
    memset(executor, 0, sizeof *executor);
    int status = reactor_open(executor, options->reactor);
    if (status < 0) {
        memory_free(executor);
        return status;
    }
    executor->pool.executor = executor;
    executor->cx.waker.ops = &task_waker_ops;
    executor->polls = options->polls ? options->polls : EXECUTOR_POLLS;
    if (!executor->simulated) // spinning would wait for a clock that stands still
        executor->spin_ns = executor->spin_now_ns = options->spin_ns;
    atomic_init(&executor->refs, 1);
    *out = executor;
    return 0;
}

int async_executor_open(const struct async_executor_options *options)
{
    static const struct async_executor_options defaults;
    if (async_current)
        return -EBUSY;
    pthread_once(&thread_end_once, make_thread_end);
    int status = executor_new(options ? options : &defaults, &async_current);
    if (status == 0 && thread_end_made)
        pthread_setspecific(thread_end, async_current); // failing, it lives as long as the process
    return status;
}

int executor_need(void)
{
    return async_current ? 0 : async_executor_open(NULL);
}

struct async_executor *executor_get(void)
{
    executor_need();
    return async_current;
}

const char *async_executor_reactor(void)
{
    return async_current ? async_current->ops->name : NULL;
}

void executor_unref(struct async_executor *executor)
{
    if (atomic_fetch_sub(&executor->refs, 1) != 1)
        return;
    executor->ops->fini(executor->reactor);
    pool_fini(&executor->pool);
    memory_free(executor);
}

// ---- The inbox ------------------------------------------------------------------------------

// Frees what came too late: tasks that are done, and whose memory the executor's end has left to
// their wakers.
static void drain_closed(struct async_executor *executor)
{
    struct async_task *task = atomic_exchange(&executor->inbox, NULL);
    while (task) {
        struct async_task *next = task->inbox_next;
        int shared = atomic_fetch_and(&task->shared, ~TASK_NOTIFIED) & ~TASK_NOTIFIED;
        if (shared == TASK_MERGED)
            executor_unref(executor); // and with the last one, the slabs
        task = next;
    }
}

void executor_send(struct async_executor *executor, struct async_task *task)
{
    // The caller's waker, or the task's own reference, keeps the executor until the task is in the
    // inbox; from then on the owner may free both, so the rest needs a reference of its own.
    atomic_fetch_add(&executor->refs, 1);
    struct async_task *first = atomic_load_explicit(&executor->inbox, memory_order_relaxed);
    do
        task->inbox_next = first;
    while (!atomic_compare_exchange_weak(&executor->inbox, &first, task));
    if (atomic_load(&executor->sleeping) && atomic_exchange(&executor->sleeping, false))
        executor->ops->wake(executor->reactor);
    if (atomic_load(&executor->closed))
        drain_closed(executor);
    executor_unref(executor);
}

// Takes what other threads and signal handlers sent, in the order in which they did.
static void receive(struct async_executor *executor)
{
    if (!atomic_load_explicit(&executor->inbox, memory_order_relaxed))
        return;
    struct async_task *newest = atomic_exchange(&executor->inbox, NULL);
    struct async_task *oldest = NULL;
    while (newest) {
        struct async_task *next = newest->inbox_next;
        newest->inbox_next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct async_task *next = oldest->inbox_next; // read before the task may be sent again
        executor->counts.received++;
        executor_shut();
        task_received(oldest);
        executor_reopen(executor);
        oldest = next;
    }
}

// ---- Turns ----------------------------------------------------------------------------------

// Runs what is ready, at most `budget` polls.
static void run_turn(struct async_executor *executor, unsigned budget)
{
    executor->counts.turns++;
    if (executor->counts.clock)
        observe_turn_begins(executor);
    executor->budget = budget;
    tasks_run(executor);
    if (executor->counts.turn_since)
        observe_turn_ends(executor);
}

// Waits, unless a task became ready meanwhile. The executor is shut until this is over, so a signal
// handler that wakes a task makes the reactor return, like another thread would.
static void wait_or_look(struct async_executor *executor, uint64_t timeout_ns)
{
    executor_shut();
    if (executor->ready_first) {
        timeout_ns = 0;
    } else {
        atomic_store(&executor->sleeping, true);
        if (atomic_load(&executor->inbox))
            timeout_ns = 0;
    }
    executor->counts.waits++;
    executor->ops->wait(executor->reactor, timeout_ns);
    atomic_store_explicit(&executor->sleeping, false, memory_order_relaxed);
    executor_reopen(executor);
}

static bool has_ready(struct async_executor *executor)
{
    return executor->ready_first || atomic_load(&executor->inbox);
}

// Looks for descriptors and wakes again and again before it lets the thread sleep. A spin that
// brought nothing is halved the next time; a sleep that a spin would have spared restores it.
static void spin_and_wait(struct async_executor *executor, uint64_t timeout_ns)
{
    const struct async_reactor_ops *ops = executor->ops;
    uint64_t start = ops->now_ns(executor->reactor), now = start;
    uint64_t limit = timeout_ns < executor->spin_now_ns ? timeout_ns : executor->spin_now_ns;
    while (now - start < limit) {
        executor_shut();
        ops->wait(executor->reactor, 0);
        executor_reopen(executor);
        if (has_ready(executor)) {
            executor->spin_now_ns = executor->spin_ns;
            return;
        }
        now = ops->now_ns(executor->reactor);
    }
    if (now - start >= timeout_ns)
        return;
    executor->spin_now_ns /= 2;
    wait_or_look(executor, timeout_ns == TIMER_NEVER ? timeout_ns : timeout_ns - (now - start));
    if (ops->now_ns(executor->reactor) - start < executor->spin_ns)
        executor->spin_now_ns = executor->spin_ns;
}

// How long the executor may sleep. Fires the timers that are due.
static uint64_t advance_timers(struct async_executor *executor)
{
    if (!timer_wheel_busy(&executor->timers))
        return TIMER_NEVER;
    uint64_t now = executor->ops->now_ns(executor->reactor);
    timer_wheel_advance(&executor->timers, now);
    uint64_t next = timer_wheel_next(&executor->timers);
    if (next == TIMER_NEVER)
        return TIMER_NEVER;
    return next > now ? next - now : 0;
}

// Fires timers, takes wakes and looks at descriptors. Waits for them if `may_wait`.
static void look_around(struct async_executor *executor, bool may_wait)
{
    bool timers = timer_wheel_busy(&executor->timers);
    uint64_t timeout_ns = advance_timers(executor);
    receive(executor);
    // With nothing registered there is nothing to look for.
    if (executor->ready_first && !executor->source_count)
        return;
    if (!may_wait)
        timeout_ns = 0;
    if (executor->spin_ns && timeout_ns && !executor->ready_first)
        spin_and_wait(executor, timeout_ns);
    else
        wait_or_look(executor, timeout_ns);
    if (timers)
        timer_wheel_advance(&executor->timers, executor->ops->now_ns(executor->reactor));
    receive(executor);
}

// From here on tasks may run. What plain C woke before comes first.
static void begin(struct async_executor *executor)
{
    executor->running = true;
    atomic_store_explicit(&executor->sleeping, false, memory_order_relaxed);
    executor_reopen(executor);
    receive(executor);
}

// Until the next call, a wake makes the reactor's descriptor readable.
static void end(struct async_executor *executor)
{
    executor_shut();
    executor->running = false;
    if (executor->ops->flush)
        executor->ops->flush(executor->reactor);
    atomic_store(&executor->sleeping, true);
}

// This thread's executor, to be run now. 0, -EDEADLK if it is running already, or the reason why
// there is none.
static int enter(struct async_executor **out)
{
    int status = executor_need();
    if (status < 0)
        return status;
    *out = async_current;
    return (*out)->running || (*out)->closing ? -EDEADLK : 0;
}

// Runs the future as a task. Its status, or that of enter, or -ENOMEM if there was no memory for
// the task. Unless it is 0, the future has no result.
static int run(const struct async_future_type *type, void *future)
{
    struct async_executor *executor;
    int status = enter(&executor);
    if (status < 0)
        return status;
    struct async_task *root = task_new(executor, type, sizeof(void *), _Alignof(void *));
    if (!root)
        return -ENOMEM;
    task_borrow(root, future);
    begin(executor);
    async_task_start(root + 1);
    for (;;) {
        run_turn(executor, executor->polls);
        if (root->flags & TASK_DONE)
            break;
        look_around(executor, true);
    }
    end(executor);
    status = task_status(root);
    async_detach(root);
    return status;
}

static const char *explain(int status)
{
    switch (status) {
    case -ECANCELED:
        return "it was cancelled, and has no result";
    case -EDEADLK:
        return "it was called by a task, which should await the future instead";
    case -EINVAL:
        return "the environment variable ASYNCC_REACTOR names no reactor of this library";
    default:
        return "out of memory or descriptors";
    }
}

void async_block_on_future(const struct async_future_type *type, void *future)
{
    int status = run(type, future);
    if (status == 0)
        return;
    fprintf(stderr, "asyncc: async_block_on cannot run '%s': %s\n", type->name, explain(status));
    abort();
}

void *async_future_new(const struct async_future_type *type)
{
    size_t align = type->align < sizeof(void *) ? sizeof(void *) : type->align;
    void *future = memory_aligned(align, (type->size + align - 1) / align * align);
    if (future)
        return future;
    fprintf(stderr, "asyncc: async_block_on cannot run '%s': %s\n", type->name, explain(-ENOMEM));
    abort();
}

void async_future_free(void *future)
{
    memory_free(future);
}

// The default ends the process without a word when a pipe is written that nobody reads. Whoever set
// something else, also the process that started this one, keeps it.
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
        now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

int async_run_main(const struct async_future_type *type, void *future)
{
    ignore_sigpipe();
    int status = run(type, future);
    if (status < 0) {
        fprintf(stderr, "asyncc: cannot run '%s': %s\n", type->name, explain(status));
        if (status == -EDEADLK)
            return 70;
    }
    async_executor_close();
    if (status < 0)
        return 70;
    return type->result_size == sizeof(int) ? *(int *)((char *)future + type->result_at) : 0;
}

// ---- By hand, in somebody else's loop --------------------------------------------------------

// What is ready now, and no more than a turn's budget.
static unsigned one_round(const struct async_executor *executor)
{
    uint64_t ready = executor->counts.queued - executor->counts.taken;
    return ready < executor->polls ? (unsigned)ready : executor->polls;
}

int async_executor_poll_once(void)
{
    struct async_executor *executor;
    int status = enter(&executor);
    if (status < 0)
        return status;
    begin(executor);
    if (executor->ready_first)
        run_turn(executor, one_round(executor));
    look_around(executor, false);
    end(executor);
    return has_ready(executor);
}

int async_executor_fd(void)
{
    int status = executor_need();
    if (status < 0)
        return status;
    const struct async_executor *executor = async_current;
    return executor->ops->fd ? executor->ops->fd(executor->reactor) : -ENOTSUP;
}

uint64_t async_executor_timeout_ns(void)
{
    struct async_executor *executor = async_current;
    if (!executor)
        return UINT64_MAX;
    uint64_t timeout_ns = advance_timers(executor);
    return has_ready(executor) ? 0 : timeout_ns;
}

// ---- The end --------------------------------------------------------------------------------

static void drop_living(struct async_task *task)
{
    if (!(task->flags & TASK_DONE))
        task_drop(task, TASK_CANCELED);
}

static void release_done(struct async_task *task)
{
    if (atomic_load_explicit(&task->shared, memory_order_relaxed) & TASK_MERGED)
        return;
    task->flags &= (uint16_t)~TASK_HANDLE;
    task->queued = false;
    task_release(task);
}

void async_executor_close(void)
{
    struct async_executor *executor = async_current;
    if (!executor)
        return;
    assert(!executor->running && !executor->closing && !executor->dropping &&
           "an executor is not closed by its own task");
    executor->closing = executor->pool.closing = true;
    pool_each(&executor->pool, drop_living);
    executor->ready_first = NULL;
    pool_each(&executor->pool, release_done);
    timer_wheel_fini(&executor->timers);
    io_fini(executor);
    buffers_fini(&executor->buffers);
    arena_cache_fini(&executor->chunks);
    async_current = NULL;
    if (thread_end_made)
        pthread_setspecific(thread_end, NULL);
    atomic_store(&executor->closed, true);
    drain_closed(executor);
    executor_unref(executor);
}
