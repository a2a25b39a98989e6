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
    TASK_RUNNING = 2,    // its poll or drop is on the stack; excludes being dropped by async_cancel
    TASK_DONE = 4,       // finished or dropped: never polled again; excludes RUNNING
    TASK_HANDLE = 8,     // the handle was not given up
    TASK_CANCEL = 16,    // async_cancel was called while RUNNING: dropped when the poll returns
    TASK_CANCELED = 32,  // with DONE: dropped by async_cancel
    TASK_NO_MEMORY = 64, // with DONE: dropped because a frame could not be allocated
    TASK_BORROWED = 128  // the storage holds a pointer to the caller's future (block_on)
};

struct async_task {
    struct async_context cx;
    const struct async_future_type *type;
    struct async_task *next;                // in the ready queue, or in its slab's free list
    struct async_task *inbox_next;          // in the inbox
    struct async_task_join_future *joiners; // who waits for DONE
    atomic_int shared;
    int16_t owner_wakers;
    // In the ready queue. Set by the owner's wake, a signal handler's included, and cleared by the
    // executor; both only between executor_shut and executor_reopen.
    uint8_t queued;
    uint8_t flags;
};

// The future's storage follows the head, and is aligned to 16 because slabs put it there.
_Static_assert(sizeof(struct async_task) % 8 == 0, "blocks are a multiple of 8");

extern const struct async_waker_ops task_waker_ops;

// Polls a task that was taken from the ready queue, or frees it if it is done.
void task_run(struct async_task *task);

// A task of the pool, not started; NULL with no memory left.
struct async_task *task_new(struct async_executor *executor, const struct async_future_type *type,
                            size_t size, size_t align);

// Drops the future of a task that is not done and not running, and reports `status` (a flag) to
// those who join it.
void task_drop(struct async_task *task, uint8_t status);

// Where the future is.
static inline void *task_future(struct async_task *task)
{
    return task->flags & TASK_BORROWED ? *(void **)(task + 1) : (void *)(task + 1);
}

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
