// pool.h - memory for tasks: slabs of equal blocks.
#ifndef ASYNCC_RUNTIME_POOL_H
#define ASYNCC_RUNTIME_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct async_executor;
struct async_task;

#pragma GCC visibility push(hidden)

// A slab is aligned to its size, so that a task finds its slab, and there its executor. What is
// bigger than a slab's fair share, or more aligned, has a slab of its own: a longer one, but the
// task's head is in the first POOL_SLAB bytes. To align memory, malloc takes twice as much and
// gives back the rest. glibc does that within its heap up to 128 KiB; a larger slab would be a
// mapping of its own, at two pages more.
enum {
    POOL_SLAB = 32768,
    POOL_CLASSES = 80
};

struct pool_slab {
    struct async_executor *executor;
    struct pool_slab *all_next, **all_link; // all slabs of the pool
    // those of one class that have room; link NULL: not in it
    struct pool_slab *room_next, **room_link;
    struct async_task *free; // freed blocks, by task->next
    size_t block_size;
    uint64_t number;   // of the first block, among all blocks the pool has ever had
    uint32_t first;    // offset of the first block
    uint32_t capacity; // blocks in all
    uint32_t carved;   // the first so many were in use at some time
    uint32_t live;     // blocks in use
    unsigned class;    // POOL_CLASSES: a slab of its own
};

// All zero is an empty pool. Owner thread only.
struct pool {
    struct async_executor *executor;
    struct pool_slab *all;
    struct pool_slab *room[POOL_CLASSES];
    uint64_t numbers; // of blocks, handed out
    bool closing;     // no slab is given back any more
};

static inline struct pool_slab *pool_slab_of(const struct async_task *task)
{
    return (struct pool_slab *)((uintptr_t)task & ~(uintptr_t)(POOL_SLAB - 1));
}

// A task, of any content, followed by room for `size` bytes aligned to `align`. NULL with no memory
// left.
struct async_task *pool_alloc(struct pool *pool, size_t size, size_t align);

void pool_free(struct pool *pool, struct async_task *task);

// Calls visit for every task that is not freed. It may free tasks if the pool is closing.
void pool_each(struct pool *pool, void (*visit)(struct async_task *task));

// The first task that is not freed, or the one behind `task`; NULL: there are no more. Older slabs
// come first.
struct async_task *pool_next(struct pool *pool, const struct async_task *task);

// 1, 2, ..: no two tasks of a pool have the same number at a time.
uint64_t pool_number(const struct async_task *task);

// Frees all memory.
void pool_fini(struct pool *pool);

#pragma GCC visibility pop
#endif
