// task.c - the life of a task: new, started, polled, done, released; and its waker.
#include "task.h"

#include "executor.h"
#include "memory.h"

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
    else if (++task->owner_wakers == INT8_MAX)
        spill(task);
}

static void drop_from_outside(struct async_task *task)
{
    // Once the count is given back, the task may be gone.
    struct async_executor *executor = executor_of(task);
    int before = atomic_fetch_sub_explicit(&task->shared, TASK_WAKER, memory_order_acq_rel);
    if (before - TASK_WAKER == TASK_MERGED)
        executor_send(executor, task);
}

static void waker_drop(void *data)
{
    struct async_task *task = data;
    if (!counted_by_owner(task))
        drop_from_outside(task);
    else if (--task->owner_wakers == INT8_MIN)
        spill(task);
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
    if (executor != executor_open) {
        wake_from_outside(executor, task);
        return;
    }
    executor_shut();
    if (!task->queued && !(task->flags & TASK_DONE))
        executor_push(executor, task);
    executor_reopen(executor);
}

__attribute__((__noinline__)) static void wake_then_drop(struct async_task *task)
{
    waker_wake(task);
    waker_drop(task);
}

static void waker_wake_and_drop(void *data)
{
    struct async_task *task = data;
    struct async_executor *executor = executor_of(task);
    if (executor != executor_open ||
        (atomic_load_explicit(&task->shared, memory_order_relaxed) & TASK_MERGED)) {
        wake_then_drop(task);
        return;
    }
    executor_shut();
    if (!task->queued && !(task->flags & TASK_DONE))
        executor_push(executor, task);
    executor_reopen(executor);
    if (--task->owner_wakers == INT8_MIN)
        spill(task);
}

const struct async_waker_ops task_waker_ops = {waker_clone, waker_wake, waker_drop,
                                               waker_wake_and_drop};

// ---- Life -----------------------------------------------------------------------------------

// BY HAND. Where a generated future has left its innermost frame, one that was written by hand has
// the task itself, and this in the place of what runs a frame; so a turn need not ask which it is.
static enum async_poll poll_by_hand(void *frame, struct async_context *cx)
{
    struct async_task *task = frame;
    enum async_poll poll = task->type->poll(task_future(task), cx);
    cx->suspended = task->suspended;
    return poll;
}

static const struct async_frame_type by_hand = {.poll = poll_by_hand};

int task_status(const struct async_task *task)
{
    if (task->flags & TASK_NO_MEMORY)
        return -ENOMEM;
    return task->flags & TASK_CANCELED ? -ECANCELED : 0;
}

static bool inherit(struct async_executor *executor, struct async_task *task)
{
    struct async_task *parent = task_current(executor);
    if (!parent || !(parent->flags & TASK_EXTRA) || task_inherit(task, parent) == 0)
        return true;
    task_abandon(task);
    return false;
}

static inline struct async_task *new_task(struct async_executor *executor,
                                          const struct async_future_type *type, size_t size,
                                          size_t align)
{
    // Memory for a task is there more often than not, so the test kit asks each time.
    if (executor->closing || (executor->test && memory_refused()))
        return NULL;
    struct async_task *task = pool_alloc(&executor->pool, size, align);
    if (!task)
        return NULL;
    task->type = type;
    task->suspended.frame = type->frame ? task + 1 : task;
    task->suspended.type = type->frame ? type->frame : &by_hand;
    task->arena = &arena_empty;
    task->joiners = NULL;
    atomic_init(&task->shared, 0);
    task->flags = TASK_LIVE | TASK_HANDLE;
    task->owner_wakers = 0;
    task->queued = false;
    if (executor->has_locals && !inherit(executor, task))
        return NULL;
    executor->counts.spawned++;
    return task;
}

struct async_task *task_new(struct async_executor *executor, const struct async_future_type *type,
                            size_t size, size_t align)
{
    return new_task(executor, type, size, align);
}

void task_borrow(struct async_task *task, void *future)
{
    *(void **)(task + 1) = future;
    task->flags |= TASK_BORROWED;
    if (task->type->frame)
        task->suspended.frame = future;
}

void task_abandon(struct async_task *task)
{
    if (task->flags & TASK_EXTRA) {
        task_locals_fini(task);
        task_extra_free(task);
    }
    pool_free(&executor_of(task)->pool, task);
}

void *async_task_new(const struct async_future_type *type)
{
    struct async_executor *executor = async_current ? async_current : executor_get();
    if (!executor)
        return NULL;
    struct async_task *task = new_task(executor, type, type->size, type->align);
    return task ? task + 1 : NULL;
}

struct async_task *async_task_start(void *future)
{
    struct async_task *task = (struct async_task *)future - 1;
    struct async_executor *executor = async_current;
    assert(executor == executor_of(task) && "a task is started on the thread that made it");
    bool open = executor_open;
    executor_shut();
    executor_push(executor, task);
    if (open)
        executor_reopen(executor);
    return task;
}

struct async_task *task_current(const struct async_executor *executor)
{
    return executor->dropping ? executor->dropping->task : executor->cx.waker.data;
}

// Nobody owns it any more.
static inline void release(struct async_executor *executor, struct async_task *task)
{
    if (task->flags & TASK_EXTRA)
        task_extra_free(task);
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

void task_release(struct async_task *task)
{
    if (task->flags & TASK_DONE && !(task->flags & TASK_HANDLE) && !task->queued)
        release(executor_of(task), task);
}

static void put_joiner(struct async_task_join_future **joiners,
                       struct async_task_join_future *joiner)
{
    joiner->next = *joiners;
    if (joiner->next)
        joiner->next->link = &joiner->next;
    joiner->link = joiners;
    *joiners = joiner;
}

// The last one was put in front.
static void put_in_order(struct async_task_join_future **joiners)
{
    struct async_task_join_future *joiner = *joiners, *next;
    *joiners = NULL;
    for (; joiner; joiner = next) {
        next = joiner->next;
        put_joiner(joiners, joiner);
    }
}

// Who waits keeps nothing of the task, so that it may be freed before they run.
__attribute__((__noinline__)) static void tell_joiners(struct async_task *task,
                                                       struct async_task_join_future **joiners)
{
    struct async_task_join_future *joiner;
    if ((*joiners)->next)
        put_in_order(joiners);
    while ((joiner = *joiners)) {
        *joiners = joiner->next;
        if (joiner->next)
            joiner->next->link = joiners;
        joiner->link = NULL;
        joiner->task = NULL;
        joiner->result = task_status(task);
        async_waker_wake_and_drop(&joiner->waker);
    }
}

static inline void finish(struct async_executor *executor, struct async_task *task, uint16_t status)
{
    task->flags = (uint16_t)((task->flags & ~TASK_CANCEL) | TASK_DONE | status);
    executor->counts.finished++;
    if (task->arena != &arena_empty)
        arena_fini(task->arena, &executor->chunks);
    if (*task_joiners(task))
        tell_joiners(task, task_joiners(task));
    if (task->flags & TASK_GROUP)
        group_left(task);
    if (task->flags & TASK_BORROWED)
        executor->budget = 1; // the turn ends with this poll: who runs the root goes on
    if (!(task->flags & TASK_HANDLE) && !task->queued)
        release(executor, task);
}

void task_drop(struct async_task *task, uint16_t status)
{
    struct async_executor *executor = executor_of(task);
    struct task_dropping dropping = {task, executor->dropping};
    executor->dropping = &dropping;
    task->type->drop(task_future(task));
    if (task->flags & TASK_EXTRA)
        task_locals_fini(task);
    executor->dropping = dropping.outer;
    finish(executor, task, status);
}

// The innermost frame is done, and may not be the root; or a future of the caller's is.
__attribute__((__noinline__)) static enum async_poll poll_parents(struct async_context *cx,
                                                                  struct async_task *task)
{
    struct async_frame done = task->suspended;
    if (done.type == &by_hand)
        return ASYNC_READY;
    return async_resume_parents(cx, done.frame, done.type, task_future(task), task->type->frame);
}

__attribute__((__noinline__)) static void is_ready(struct async_executor *executor,
                                                   struct async_task *task)
{
    if (task->flags & TASK_EXTRA)
        task_locals_fini(task);
    executor->cx.waker.data = NULL;
    executor->cx.out_of_memory = false;
    finish(executor, task, 0);
}

// It may not be polled again: out of memory, or cancelled by itself.
__attribute__((__noinline__)) static void is_given_up(struct async_executor *executor,
                                                      struct async_task *task)
{
    bool no_memory = executor->cx.out_of_memory;
    executor->cx.waker.data = NULL;
    executor->cx.out_of_memory = false;
    task_drop(task, no_memory ? TASK_NO_MEMORY : TASK_CANCELED);
}

__attribute__((__noinline__)) static void run_no_more(struct async_executor *executor,
                                                      struct async_task *task)
{
    executor->counts.not_polled++;
    executor->cx.waker.data = NULL;
    if (task->flags & TASK_DONE)
        task_release(task);
    else
        task_drop(task, TASK_CANCELED);
}

// The executor's context stands for the task from when it is polled until another one is.
static inline void run(struct async_executor *executor, struct async_task *task)
{
    if (task->flags & (TASK_DONE | TASK_CANCEL)) {
        run_no_more(executor, task);
        return;
    }
    struct async_context *cx = &executor->cx;
    cx->waker.data = task;
    cx->arena = task->arena;
    const struct async_frame_type *frame = task->suspended.type;
    enum async_poll poll = frame->poll(task->suspended.frame, cx);
    // Most often the root itself is done. (Its first member has its address, but not its type.)
    if (poll == ASYNC_READY && (task->suspended.frame != task + 1 || frame != task->type->frame))
        poll = poll_parents(cx, task);
    if (poll == ASYNC_READY) {
        is_ready(executor, task);
        return;
    }
    if (cx->out_of_memory || task->flags & TASK_CANCEL) {
        is_given_up(executor, task);
        return;
    }
    // Word by word: the poll has just stored them so, and a load of both at once would stall.
    volatile struct async_frame *from = &cx->suspended;
    task->suspended.frame = from->frame;
    task->suspended.type = from->type;
}

static inline struct async_task *pop(struct async_executor *executor)
{
    executor_shut();
    struct async_task *task = executor->ready_first;
    if (task) {
        executor->ready_first = task->next;
        task->queued = false;
        executor->counts.taken++;
    }
    executor_reopen(executor);
    return task;
}

void task_run(struct async_executor *executor, struct async_task *task)
{
    run(executor, task);
    executor->cx.waker.data = NULL;
}

__attribute__((__noinline__)) static void run_tests(struct async_executor *executor)
{
    struct async_task *task;
    while ((task = pop(executor))) {
        executor->io_credit = EXECUTOR_IO;
        executor->test->run(executor, task);
        if (--executor->budget == 0)
            return;
    }
}

// In this file, and not with the turns, so that the compiler makes one loop of it all.
void tasks_run(struct async_executor *executor)
{
    if (executor->test) {
        run_tests(executor);
        return;
    }
    struct async_task *task;
    while ((task = pop(executor))) {
        executor->io_credit = EXECUTOR_IO;
        run(executor, task);
        if (--executor->budget == 0)
            break;
    }
    executor->cx.waker.data = NULL;
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
    task->flags &= (uint16_t)~TASK_HANDLE;
    if (task->flags & TASK_DONE)
        task_release(task);
}

// The task in whose frame its group lies, and whose drop drops it, too. NULL: none.
static struct async_task *owner_of(const struct async_task *task)
{
    return task->flags & TASK_GROUP ? group_owner(task) : NULL;
}

// Would dropping it drop a task whose poll or drop is underway?
static bool is_underway(const struct async_task *task)
{
    struct async_executor *executor = executor_of(task);
    const struct task_dropping *d = executor->dropping;
    if (d && owner_of(task) == d->task)
        return false; // or its owner would not be dropped now
    const struct async_task *inner;
    while (d) {
        inner = d->task;
        d = d->outer;
        for (; inner; inner = owner_of(inner)) {
            if (inner == task)
                return true;
            if (d && d->task == inner)
                d = d->outer; // looked at in passing
        }
    }
    for (inner = executor->cx.waker.data; inner; inner = owner_of(inner))
        if (inner == task)
            return true;
    return false;
}

bool task_cancel(struct async_task *task)
{
    if (!is_underway(task)) {
        task_drop(task, TASK_CANCELED);
        return true;
    }
    task->flags |= TASK_CANCEL;
    waker_wake(task); // to be dropped in its turn, if it is not the one that is polled
    return false;
}

void async_cancel(struct async_task *task)
{
    if (!task || (task->flags & TASK_DONE))
        return;
    assert(executor_of(task) == async_current && "a handle belongs to the thread of its task");
    task_cancel(task);
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
        self->result = task_status(task);
        return ASYNC_READY;
    }
    if (self->link) {
        waker_update(&self->waker, &cx->waker);
        return ASYNC_PENDING;
    }
    assert(task != async_task_current() && "a task that joins itself waits for ever");
    self->waker = async_waker_clone(&cx->waker);
    put_joiner(task_joiners(task), self);
    return ASYNC_PENDING;
}
