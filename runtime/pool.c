// pool.c - slabs of tasks, by size.
//
// A task is found from its slab and its slab from the task, so tasks need no list and no pointer to
// their executor; and a slab whose tasks are all gone is given back.
#define _POSIX_C_SOURCE 200809L
#include "pool.h"

#include "memory.h"
#include "task.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif

#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

enum {
    ALIGN = 16,   // of the storage behind a task
    SMALL = 1024, // up to here, classes are 16 bytes apart; above, four for each doubling
    // What posix_memalign puts before its blocks stays out of the next slab's way.
    SLAB_BYTES = POOL_SLAB - 64,
    // So that the storage, behind the head, is aligned.
    FIRST = (sizeof(struct pool_slab) + sizeof(struct async_task) + ALIGN - 1) / ALIGN * ALIGN -
            sizeof(struct async_task)
};

// The class of blocks of at least `size` bytes, and their size. POOL_CLASSES if they are too big
// for a slab.
static unsigned class_of(size_t size, size_t *block_size)
{
    if (size <= SMALL) {
        *block_size = (size + ALIGN - 1) / ALIGN * ALIGN;
        return (unsigned)(*block_size / ALIGN - 1);
    }
    unsigned class = SMALL / ALIGN;
    for (size_t base = SMALL; class < POOL_CLASSES; base *= 2) {
        for (size_t quarter = 1; quarter <= 4; quarter++, class ++) {
            *block_size = base + base / 4 * quarter;
            if (size <= *block_size)
                return class;
        }
    }
    return POOL_CLASSES;
}

// Freed blocks keep their `flags` and `next` readable.
static void poison(struct pool_slab *slab, struct async_task *task)
{
    ASAN_POISON_MEMORY_REGION(task, offsetof(struct async_task, next));
    ASAN_POISON_MEMORY_REGION(task + 1, slab->block_size - sizeof *task);
}

static void unpoison(struct pool_slab *slab, struct async_task *task)
{
    ASAN_UNPOISON_MEMORY_REGION(task, slab->block_size);
}

static struct async_task *block_at(struct pool_slab *slab, uint32_t i)
{
    return (struct async_task *)((char *)slab + slab->first + i * slab->block_size);
}

static void room_add(struct pool *pool, struct pool_slab *slab)
{
    struct pool_slab **list = &pool->room[slab->class];
    slab->room_next = *list;
    if (*list)
        (*list)->room_link = &slab->room_next;
    slab->room_link = list;
    *list = slab;
}

static void room_remove(struct pool_slab *slab)
{
    *slab->room_link = slab->room_next;
    if (slab->room_next)
        slab->room_next->room_link = slab->room_link;
    slab->room_link = NULL;
}

static struct pool_slab *slab_new(struct pool *pool, size_t bytes, size_t first, size_t block_size)
{
    void *memory;
    if (memory_refused() || posix_memalign(&memory, POOL_SLAB, bytes) != 0)
        return NULL;
    struct pool_slab *slab = memory_got(memory, bytes);
    *slab = (struct pool_slab){
        .executor = pool->executor,
        .all_next = pool->all,
        .all_link = &pool->all,
        .block_size = block_size,
        .number = pool->numbers,
        .first = (uint32_t)first,
        .capacity = (uint32_t)((bytes - first) / block_size),
        .class = POOL_CLASSES,
    };
    if (pool->all)
        pool->all->all_link = &slab->all_next;
    pool->all = slab;
    pool->numbers += slab->capacity;
    return slab;
}

static void slab_free(struct pool_slab *slab)
{
    for (uint32_t i = 0; i < slab->carved; i++)
        unpoison(slab, block_at(slab, i));
    *slab->all_link = slab->all_next;
    if (slab->all_next)
        slab->all_next->all_link = slab->all_link;
    if (slab->room_link)
        room_remove(slab);
    memory_free(slab);
}

static struct pool_slab *own_slab(struct pool *pool, size_t size, size_t align)
{
    if (align < ALIGN)
        align = ALIGN;
    size_t head = sizeof(struct pool_slab) + sizeof(struct async_task);
    size_t storage = (head + align - 1) / align * align;
    if (storage >= POOL_SLAB || size > SIZE_MAX / 2)
        return NULL;
    size_t first = storage - sizeof(struct async_task);
    size = (size + 7) / 8 * 8;
    return slab_new(pool, storage + size, first, sizeof(struct async_task) + size);
}

// A block of a slab that has room.
static inline struct async_task *take(struct pool_slab *slab)
{
    struct async_task *task = slab->free;
    if (task) {
        slab->free = task->next;
        unpoison(slab, task);
    } else {
        task = block_at(slab, slab->carved++);
    }
    if (++slab->live == slab->capacity && slab->room_link)
        room_remove(slab);
    return task;
}

// No slab of the size has room.
__attribute__((__noinline__)) static struct async_task *alloc_slowly(struct pool *pool, size_t size,
                                                                     size_t align)
{
    size_t block_size = 0;
    unsigned class = POOL_CLASSES;
    if (align <= ALIGN && size < SIZE_MAX / 2)
        class = class_of(sizeof(struct async_task) + size, &block_size);
    struct pool_slab *slab;
    if (class == POOL_CLASSES) {
        slab = own_slab(pool, size, align);
        if (!slab)
            return NULL;
    } else {
        slab = pool->room[class];
        if (!slab) {
            slab = slab_new(pool, SLAB_BYTES, FIRST, block_size);
            if (!slab)
                return NULL;
            slab->class = class;
            room_add(pool, slab);
        }
    }
    return take(slab);
}

struct async_task *pool_alloc(struct pool *pool, size_t size, size_t align)
{
    if (size > SMALL - sizeof(struct async_task) || align > ALIGN)
        return alloc_slowly(pool, size, align);
    size_t class = (sizeof(struct async_task) + size + ALIGN - 1) / ALIGN - 1; // as class_of says
    struct pool_slab *slab = pool->room[class];
    return slab ? take(slab) : alloc_slowly(pool, size, align);
}

// What a slab's last block needs, and the first one of a full slab.
__attribute__((__noinline__)) static void slab_changed(struct pool *pool, struct pool_slab *slab)
{
    // One slab of a class with nothing in it is kept.
    if (!slab->live && !pool->closing &&
        (slab->class == POOL_CLASSES || (slab->room_link && pool->room[slab->class]->room_next)))
        slab_free(slab);
    else if (!slab->room_link && slab->class < POOL_CLASSES)
        room_add(pool, slab);
}

void pool_free(struct pool *pool, struct async_task *task)
{
    struct pool_slab *slab = pool_slab_of(task);
    assert(slab->live > 0 && task->flags);
    task->flags = 0;
    task->next = slab->free;
    slab->free = task;
    poison(slab, task);
    if (!--slab->live || !slab->room_link)
        slab_changed(pool, slab);
}

void pool_each(struct pool *pool, void (*visit)(struct async_task *task))
{
    for (struct pool_slab *slab = pool->all; slab; slab = slab->all_next) {
        for (uint32_t i = 0; i < slab->carved; i++) {
            struct async_task *task = block_at(slab, i);
            if (task->flags)
                visit(task);
        }
    }
}

static uint32_t index_of(const struct pool_slab *slab, const struct async_task *task)
{
    return (uint32_t)((size_t)((const char *)task - (const char *)slab - slab->first) /
                      slab->block_size);
}

// The slab that was made before this one is the next in the list, so this is the one in front.
static struct pool_slab *newer(struct pool *pool, struct pool_slab *slab)
{
    if (slab->all_link == &pool->all)
        return NULL;
    return (struct pool_slab *)((char *)slab->all_link - offsetof(struct pool_slab, all_next));
}

static struct pool_slab *oldest(struct pool *pool)
{
    struct pool_slab *slab = pool->all;
    while (slab && slab->all_next)
        slab = slab->all_next;
    return slab;
}

struct async_task *pool_next(struct pool *pool, const struct async_task *task)
{
    struct pool_slab *slab = task ? pool_slab_of(task) : oldest(pool);
    uint32_t i = task ? index_of(slab, task) + 1 : 0;
    for (; slab; slab = newer(pool, slab), i = 0) {
        for (; i < slab->carved; i++) {
            struct async_task *next = block_at(slab, i);
            if (next->flags)
                return next;
        }
    }
    return NULL;
}

uint64_t pool_number(const struct async_task *task)
{
    const struct pool_slab *slab = pool_slab_of(task);
    return slab->number + index_of(slab, task) + 1;
}

void pool_fini(struct pool *pool)
{
    while (pool->all)
        slab_free(pool->all);
}
