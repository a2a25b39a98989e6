// task.h - what a task is made of.
//
// THE REFERENCES OF A TASK. Its memory is kept by the future running (until DONE), by the handle
// (HANDLE), by its place in the ready queue (`queued`), and by wakers. Wakers are cloned and
// dropped on any thread, and almost always on the owner's, where an atomic operation would cost
// more than all the rest; so they are counted twice: clones minus drops by the owner thread in
// `owner_wakers`, by others in `shared`. Either may be negative; the sum is the number of wakers
// alive. It is exact for the owner at any time, because every clone and drop changes one of the two
// once. So when the task is done and has no handle, the owner looks:
//  - the sum is 0 and the inbox does not have it: nobody can reach the task. It is freed, with no
//    atomic operation having happened in its life.
//  - otherwise the owner adds its count to `shared` and sets TASK_MERGED there. From then on every
//    thread counts in `shared` alone, and who takes it to 0 sends the task back to the owner's
//    inbox, to be freed.
#ifndef ASYNCC_RUNTIME_TASK_H
#define ASYNCC_RUNTIME_TASK_H

#include <asyncc/task.h>
#include <stdatomic.h>

#include "pool.h"

#pragma GCC visibility push(hidden)

// In `shared`. The count is above the bits.
enum {
    // In the inbox, or about to be: set by a foreign wake, cleared by the owner when it takes the
    // task out; counts as a reference; excludes a second entry.
    TASK_NOTIFIED = 1,
    TASK_MERGED = 2, // `shared` holds the whole count and the task is done: set once, by the owner
    TASK_WAKER = 4   // one waker
};

// In `flags`: owner thread only, and never changed by a wake, which may come from a signal handler.
enum {
    TASK_LIVE = 1,       // the block is a task: set by async_task_new, cleared when it is freed
    TASK_DONE = 4,       // finished or dropped: never polled again
    TASK_HANDLE = 8,     // the handle was not given up
    TASK_CANCEL = 16,    // async_cancel came while it could not be dropped: dropped when it can be
    TASK_CANCELED = 32,  // with DONE: dropped by async_cancel
    TASK_NO_MEMORY = 64, // with DONE: dropped because a frame could not be allocated
    TASK_BORROWED = 128, // a root: the storage holds a pointer to the caller's future
    TASK_EXTRA = 256,    // `extra` holds, not `joiners`; never cleared
    TASK_GROUP = 512,    // a group_member lies behind the future; never cleared
    TASK_HELD = 1024,    // not started: its group lets no more of them run at a time
    TASK_FAILS = 2048    // with GROUP: the result is a signed number, negative if it failed
};

// What few tasks have, in memory of its own; freed with the task.
struct task_extra {
    struct async_task_join_future *joiners; // in place of the task's
    struct task_local *locals;              // until DONE
    char *name;                             // NULL: the function's
};

struct async_task {
    const struct async_future_type *type;
    struct async_frame suspended;  // the innermost frame that waits; or see BY HAND in task.c
    struct async_arena *arena;     // the shared empty one if it has had no frame there
    struct async_task *next;       // in the ready queue, or in its slab's free list
    struct async_task *inbox_next; // in the inbox
    union {
        struct async_task_join_future *joiners; // who waits for DONE
        struct task_extra *extra;               // TASK_EXTRA
    };
    atomic_int shared;
    uint16_t flags;
    int8_t owner_wakers;
    // In the ready queue. Set by the owner's wake, a signal handler's included, and cleared by the
    // executor; both only between executor_shut and executor_reopen.
    uint8_t queued;
};

// Drops of tasks that are underway on this thread, the innermost first. Lives on the stack.
struct task_dropping {
    struct async_task *task;
    struct task_dropping *outer;
};

// The future's storage follows the head, and is aligned to 16 because slabs put it there.
_Static_assert(sizeof(struct async_task) % 8 == 0, "blocks are a multiple of 8");

extern const struct async_waker_ops task_waker_ops;

// Polls the tasks of the ready queue, or frees those that are done, until it is empty or the
// executor's budget is used up.
void tasks_run(struct async_executor *executor);

// The same for one task, which was taken from the queue.
void task_run(struct async_executor *executor, struct async_task *task);

// A task of the pool, not started; NULL with no memory left.
struct async_task *task_new(struct async_executor *executor, const struct async_future_type *type,
                            size_t size, size_t align);

// Makes a task that is not started, with room for a pointer, the root of a run: its future is the
// caller's.
void task_borrow(struct async_task *task, void *future);

// Frees one that is not started after all.
void task_abandon(struct async_task *task);

// Drops the future of a task that is not done and not running, and reports `status` (a flag) to
// those who join it.
void task_drop(struct async_task *task, uint16_t status);

// async_cancel of a task of this thread that is not done. True: it was dropped. False: it is
// underway on the stack, or owns the group of one that is, and is dropped afterwards.
bool task_cancel(struct async_task *task);

// 0, or the -errno of a task that is done but has no result.
int task_status(const struct async_task *task);

// The innermost task whose poll or drop is underway, or NULL.
struct async_task *task_current(const struct async_executor *executor);

// Where the future is.
static inline void *task_future(struct async_task *task)
{
    return task->flags & TASK_BORROWED ? *(void **)(task + 1) : (void *)(task + 1);
}

// The list of those who join the task.
static inline struct async_task_join_future **task_joiners(struct async_task *task)
{
    return task->flags & TASK_EXTRA ? &task->extra->joiners : &task->joiners;
}

// ---- local.c: names and local values ----

// Hands on what `from`, which has TASK_EXTRA, has for its children. `to` is not started. 0 or
// -ENOMEM.
int task_inherit(struct async_task *to, struct async_task *from);

// Ends the local values of a task that has TASK_EXTRA.
void task_locals_fini(struct async_task *task);

// Frees the extra of a task that has TASK_EXTRA.
void task_extra_free(struct async_task *task);

// ---- group.c ----

// A task with TASK_GROUP is done: its group forgets it.
void group_left(struct async_task *task);

// The task in whose frame the group of this task lies, or NULL.
struct async_task *group_owner(const struct async_task *task);

// Frees the task, or leaves that to the last waker, if it is done and neither queued nor owned by a
// handle.
void task_release(struct async_task *task);

// The owner took the task out of the inbox.
void task_received(struct async_task *task);

// A future is polled again before it was woken: makes it wake who polls it now.
static inline void waker_update(struct async_waker *kept, const struct async_waker *now)
{
    if (kept->data == now->data && kept->ops == now->ops)
        return;
    async_waker_drop(kept);
    *kept = async_waker_clone(now);
}

#pragma GCC visibility pop
#endif
