// executor.c - turns: run ready tasks, take what other threads sent, fire timers, wait for
// descriptors.
#include "executor.h"

#include "io.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct async_executor *async_current;

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

static struct async_executor *executor_new(void)
{
    struct async_executor *executor =
        aligned_alloc(_Alignof(struct async_executor), sizeof(struct async_executor));
    if (!executor)
        return NULL;
    memset(executor, 0, sizeof *executor);
    executor->ops = &reactor_epoll;
    if (executor->ops->init(executor, &executor->reactor) < 0) {
        free(executor);
        return NULL;
    }
    executor->pool.executor = executor;
    atomic_init(&executor->refs, 1);
    return executor;
}

struct async_executor *executor_get(void)
{
    if (!async_current) {
        pthread_once(&thread_end_once, make_thread_end);
        async_current = executor_new();
        if (async_current && thread_end_made)
            // failing, it lives as long as the process
            pthread_setspecific(thread_end, async_current);
    }
    return async_current;
}

void executor_unref(struct async_executor *executor)
{
    if (atomic_fetch_sub(&executor->refs, 1) != 1)
        return;
    executor->ops->fini(executor->reactor);
    pool_fini(&executor->pool);
    free(executor);
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
        executor_shut(executor);
        task_received(oldest);
        executor_reopen(executor);
        oldest = next;
    }
}

// ---- Turns ----------------------------------------------------------------------------------

static struct async_task *pop(struct async_executor *executor)
{
    executor_shut(executor);
    struct async_task *task = executor->ready_first;
    if (task) {
        executor->ready_first = task->next;
        task->queued = false;
        executor->counts.taken++;
    }
    executor_reopen(executor);
    return task;
}

static void run_ready(struct async_executor *executor, struct async_task *root)
{
    for (int i = 0; i < EXECUTOR_POLLS && !(root->flags & TASK_DONE); i++) {
        struct async_task *task = pop(executor);
        if (!task)
            return;
        executor->io_credit = EXECUTOR_IO;
        task_run(task);
    }
}

static void run_turn(struct async_executor *executor, struct async_task *root)
{
    executor->counts.turns++;
    if (executor->counts.clock)
        observe_turn_begins(executor);
    run_ready(executor, root);
    if (executor->counts.turn_since)
        observe_turn_ends(executor);
}

// Waits, unless a task became ready meanwhile. The executor is shut until this is over, so a signal
// handler that wakes a task makes the reactor return, like another thread would.
static void wait_or_look(struct async_executor *executor, uint64_t timeout_ns)
{
    executor_shut(executor);
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

static void look_around(struct async_executor *executor)
{
    uint64_t timeout_ns = TIMER_NEVER;
    bool timers = timer_wheel_busy(&executor->timers);
    if (timers) {
        uint64_t now = executor->ops->now_ns(executor->reactor);
        timer_wheel_advance(&executor->timers, now);
        uint64_t next = timer_wheel_next(&executor->timers);
        if (next != TIMER_NEVER)
            timeout_ns = next > now ? next - now : 0;
    }
    receive(executor);
    // With nothing registered there is nothing to look for.
    if (executor->ready_first && !executor->source_count)
        return;
    wait_or_look(executor, timeout_ns);
    if (timers)
        timer_wheel_advance(&executor->timers, executor->ops->now_ns(executor->reactor));
    receive(executor);
}

// Runs the future as a task. Its status, or -ENOMEM if there was no memory for the task, or
// -EDEADLK if the executor is running already.
static int run(const struct async_future_type *type, void *future)
{
    struct async_executor *executor = executor_get();
    if (!executor)
        return -ENOMEM;
    if (executor->running || executor->closing)
        return -EDEADLK;
    struct async_task *root = task_new(executor, type, sizeof(void *), _Alignof(void *));
    if (!root)
        return -ENOMEM;
    *(void **)(root + 1) = future;
    root->flags |= TASK_BORROWED;
    executor->running = true;
    executor_reopen(executor);
    receive(executor); // what plain C woke before comes first
    async_task_start(root + 1);
    for (;;) {
        run_turn(executor, root);
        if (root->flags & TASK_DONE)
            break;
        look_around(executor);
    }
    executor_shut(executor);
    executor->running = false;
    int status = root->flags & TASK_NO_MEMORY ? -ENOMEM : 0;
    async_detach(root);
    return status;
}

static const char *explain(int status)
{
    return status == -EDEADLK ? "it was called by a task, which should await the future instead"
                              : "out of memory or descriptors";
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
    void *future = aligned_alloc(align, (type->size + align - 1) / align * align);
    if (future)
        return future;
    fprintf(stderr, "asyncc: async_block_on cannot run '%s': %s\n", type->name, explain(-ENOMEM));
    abort();
}

void async_future_free(void *future)
{
    free(future);
}

int async_run_main(const struct async_future_type *type, void *future)
{
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
    task->flags &= (uint8_t)~TASK_HANDLE;
    task->queued = false;
    task_release(task);
}

void async_executor_close(void)
{
    struct async_executor *executor = async_current;
    if (!executor)
        return;
    assert(!executor->running && "an executor is not closed by its own task");
    executor->closing = executor->pool.closing = true;
    pool_each(&executor->pool, drop_living);
    executor->ready_first = NULL;
    pool_each(&executor->pool, release_done);
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
