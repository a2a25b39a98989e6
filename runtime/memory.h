// memory.h - the runtime's allocations: malloc's, watched by the test kit.
#ifndef ASYNCC_RUNTIME_MEMORY_H
#define ASYNCC_RUNTIME_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#pragma GCC visibility push(hidden)

// This thread's: asked before each allocation, which fails if it returns true. NULL: none fails.
extern _Thread_local bool (*memory_fails)(void);

struct memory_watch {
    void (*got)(void *memory, size_t size);
    void (*gone)(void *memory); // NULL, too
};

// All threads', for a block may be freed on another one. NULL: nobody watches.
extern const struct memory_watch *memory_watch;

static inline const struct memory_watch *memory_watched(void)
{
    return __atomic_load_n(&memory_watch, __ATOMIC_ACQUIRE);
}

// For an allocation made otherwise: must it fail? If not, memory_got tells of it.
static inline bool memory_refused(void)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails();
}

static inline void *memory_got(void *memory, size_t size)
{
    const struct memory_watch *watch = memory_watched();
    if (__builtin_expect(watch != NULL, 0) && memory)
        watch->got(memory, size);
    return memory;
}

static inline void *memory_alloc(size_t size)
{
    return memory_refused() ? NULL : memory_got(malloc(size), size);
}

static inline void *memory_zeroed(size_t size)
{
    return memory_refused() ? NULL : memory_got(calloc(1, size), size);
}

// `size` is a multiple of `align`.
static inline void *memory_aligned(size_t align, size_t size)
{
    return memory_refused() ? NULL : memory_got(aligned_alloc(align, size), size);
}

static inline void memory_free(void *memory)
{
    const struct memory_watch *watch = memory_watched();
    if (__builtin_expect(watch != NULL, 0))
        watch->gone(memory);
    free(memory);
}

// memory.c
void *memory_realloc_watched(void *old, size_t size);

static inline void *memory_realloc(void *old, size_t size)
{
    if (memory_refused())
        return NULL;
    if (__builtin_expect(memory_watched() != NULL, 0))
        return memory_realloc_watched(old, size);
    return realloc(old, size);
}

#pragma GCC visibility pop
#endif
