// task.c - the life of a task: new, started, polled, done, released; and its waker.
#include "task.h"

#include "executor.h"

#include <assert.h>
#include <errno.h>

// ---- Wakers: see THE REFERENCES OF A TASK in task.h -----------------------------------------

static struct async_executor *executor_of(const struct async_task *task)
{
    return pool_slab_of(task)->executor;
}

static bool counted_by_owner(struct async_task *task)
{
    return executor_of(task) == async_current &&
           !(atomic_load_explicit(&task->shared, memory_order_relaxed) & TASK_MERGED);
}

// Moves the owner's count over before it overflows.
static void spill(struct async_task *task)
{
    atomic_fetch_add(&task->shared, task->owner_wakers * TASK_WAKER);
    task->owner_wakers = 0;
}

static void waker_clone(void *data)
{
    struct async_task *task = data;
    if (!counted_by_owner(task))
        atomic_fetch_add_explicit(&task->shared, TASK_WAKER, memory_order_relaxed);
    else if (++task->owner_wakers == INT16_MAX)
        spill(task);
}

static void waker_drop(void *data)
{
    struct async_task *task = data;
    if (counted_by_owner(task)) {
        if (--task->owner_wakers == INT16_MIN)
            spill(task);
        return;
    }
    // Once the count is given back, the task may be gone.
    struct async_executor *executor = executor_of(task);
    int before = atomic_fetch_sub_explicit(&task->shared, TASK_WAKER, memory_order_acq_rel);
    if (before - TASK_WAKER == TASK_MERGED)
        executor_send(executor, task);
}

static void wake_from_outside(struct async_executor *executor, struct async_task *task)
{
    int shared = atomic_load_explicit(&task->shared, memory_order_relaxed);
    do {
        if (shared & (TASK_NOTIFIED | TASK_MERGED)) {
            // What the waker's thread did before is to be seen by the poll that the first wake
            // brings about. That needs this to be ordered with the owner's clearing of the bit.
            if ((shared & TASK_MERGED) ||
                atomic_compare_exchange_weak(&task->shared, &shared, shared))
                return;
            continue;
        }
        if (atomic_compare_exchange_weak(&task->shared, &shared, shared | TASK_NOTIFIED)) {
            executor_send(executor, task);
            return;
        }
    } while (true);
}

static void waker_wake(void *data)
{
    struct async_task *task = data;
    struct async_executor *executor = executor_of(task);
    if (executor != async_current || !executor->open) {
        wake_from_outside(executor, task);
        return;
    }
    executor_shut(executor);
    if (!task->queued && !(task->flags & TASK_DONE))
        executor_push(executor, task);
    executor_reopen(executor);
}

const struct async_waker_ops task_waker_ops = {waker_clone, waker_wake, waker_drop};

// ---- Life -----------------------------------------------------------------------------------

static int status_of(const struct async_task *task)
{
    if (task->flags & TASK_NO_MEMORY)
        return -ENOMEM;
    return task->flags & TASK_CANCELED ? -ECANCELED : 0;
}

struct async_task *task_new(struct async_executor *executor, const struct async_future_type *type,
                            size_t size, size_t align)
{
    if (executor->closing)
        return NULL;
    struct async_task *task = pool_alloc(&executor->pool, size, align);
    if (!task)
        return NULL;
    executor->counts.spawned++;
    task->type = type;
    task->flags = TASK_LIVE | TASK_HANDLE;
    task->cx.waker.data = task;
    task->cx.waker.ops = &task_waker_ops;
    arena_init(&task->cx.arena);
    return task;
}

void *async_task_new(const struct async_future_type *type)
{
    struct async_executor *executor = executor_get();
    if (!executor)
        return NULL;
    struct async_task *task = task_new(executor, type, type->size, type->align);
    return task ? task + 1 : NULL;
}

struct async_task *async_task_start(void *future)
{
    struct async_task *task = (struct async_task *)future - 1;
    struct async_executor *executor = async_current;
    assert(executor == executor_of(task) && "a task is started on the thread that made it");
    bool open = executor->open;
    executor_shut(executor);
    executor_push(executor, task);
    if (open)
        executor_reopen(executor);
    return task;
}

// Tells those who wait. They keep nothing of the task, so that it may be freed before they run.
static void finish(struct async_task *task, uint8_t status)
{
    task->flags = (uint8_t)((task->flags & ~(TASK_RUNNING | TASK_CANCEL)) | TASK_DONE | status);
    executor_of(task)->counts.finished++;
    arena_fini(&task->cx.arena, &executor_of(task)->chunks);
    struct async_task_join_future *joiner;
    while ((joiner = task->joiners)) {
        task->joiners = joiner->next;
        if (joiner->next)
            joiner->next->link = &task->joiners;
        joiner->link = NULL;
        joiner->task = NULL;
        joiner->result = status_of(task);
        struct async_waker waker = joiner->waker;
        async_waker_wake(&waker);
        async_waker_drop(&waker);
    }
    task_release(task);
}

void task_drop(struct async_task *task, uint8_t status)
{
    assert(!(task->flags & (TASK_RUNNING | TASK_DONE)));
    task->flags |= TASK_RUNNING; // what the drop runs may try to cancel us again
    task->type->drop(task_future(task));
    finish(task, status);
}

void task_run(struct async_task *task)
{
    if (task->flags & TASK_DONE) {
        executor_of(task)->counts.not_polled++;
        task_release(task);
        return;
    }
    struct async_context *cx = &task->cx;
    task->flags |= TASK_RUNNING;
    enum async_poll poll = task->type->frame && cx->suspended.type
                               ? async_resume(cx, task_future(task), task->type->frame)
                               : task->type->poll(task_future(task), cx);
    if (poll == ASYNC_READY) {
        finish(task, 0);
        return;
    }
    task->flags &= (uint8_t)~TASK_RUNNING;
    if (cx->out_of_memory)
        task_drop(task, TASK_NO_MEMORY);
    else if (task->flags & TASK_CANCEL)
        task_drop(task, TASK_CANCELED);
}

void task_release(struct async_task *task)
{
    if (!(task->flags & TASK_DONE) || (task->flags & TASK_HANDLE) || task->queued)
        return;
    struct async_executor *executor = executor_of(task);
    int owner = task->owner_wakers * TASK_WAKER;
    if (atomic_load_explicit(&task->shared, memory_order_acquire) + owner == 0) {
        pool_free(&executor->pool, task);
        return;
    }
    atomic_fetch_add(&executor->refs, 1);
    int before = atomic_fetch_add(&task->shared, owner + TASK_MERGED);
    if (before + owner == 0) { // the last one went meanwhile
        pool_free(&executor->pool, task);
        executor_unref(executor);
    }
}

void task_received(struct async_task *task)
{
    struct async_executor *executor = executor_of(task);
    int shared = atomic_fetch_and(&task->shared, ~TASK_NOTIFIED) & ~TASK_NOTIFIED;
    if (shared == TASK_MERGED) {
        pool_free(&executor->pool, task);
        executor_unref(executor);
    } else if (!(shared & TASK_MERGED)) {
        if (task->flags & TASK_DONE)
            task_release(task);
        else if (!task->queued)
            executor_push(executor, task);
    }
}

// ---- Handles --------------------------------------------------------------------------------

void async_detach(struct async_task *task)
{
    if (!task)
        return;
    assert(executor_of(task) == async_current && "a handle belongs to the thread of its task");
    assert((task->flags & TASK_HANDLE) && "a handle is given up once");
    task->flags &= (uint8_t)~TASK_HANDLE;
    task_release(task);
}

void async_cancel(struct async_task *task)
{
    if (!task || (task->flags & TASK_DONE))
        return;
    assert(executor_of(task) == async_current && "a handle belongs to the thread of its task");
    if (task->flags & TASK_RUNNING)
        task->flags |= TASK_CANCEL;
    else
        task_drop(task, TASK_CANCELED);
}

bool async_task_done(struct async_task *task)
{
    return task->flags & TASK_DONE;
}

void *async_task_result_at(struct async_task *task)
{
    assert((task->flags & (TASK_DONE | TASK_CANCELED | TASK_NO_MEMORY)) == TASK_DONE &&
           "only a finished task has a result");
    return (char *)task_future(task) + task->type->result_at;
}

enum async_poll async_task_join_future_poll(struct async_task_join_future *self,
                                            struct async_context *cx)
{
    struct async_task *task = self->task;
    if (!task)
        return ASYNC_READY;
    if (task->flags & TASK_DONE) {
        self->result = status_of(task);
        return ASYNC_READY;
    }
    if (self->link) {
        waker_update(&self->waker, &cx->waker);
        return ASYNC_PENDING;
    }
    self->waker = async_waker_clone(&cx->waker);
    self->next = task->joiners;
    if (self->next)
        self->next->link = &self->next;
    self->link = &task->joiners;
    task->joiners = self;
    return ASYNC_PENDING;
}
