// memory.h - the runtime's allocations: malloc's, and the test kit's failures.
#ifndef ASYNCC_RUNTIME_MEMORY_H
#define ASYNCC_RUNTIME_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#pragma GCC visibility push(hidden)

// This thread's: asked before each allocation, which fails if it returns true. NULL: none fails.
extern _Thread_local bool (*memory_fails)(void);

// For an allocation made otherwise: must it fail?
static inline bool memory_refused(void)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails();
}

static inline void *memory_alloc(size_t size)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails() ? NULL : malloc(size);
}

static inline void *memory_zeroed(size_t size)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails() ? NULL : calloc(1, size);
}

// `size` is a multiple of `align`.
static inline void *memory_aligned(size_t align, size_t size)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails() ? NULL
                                                                       : aligned_alloc(align, size);
}

static inline void *memory_realloc(void *old, size_t size)
{
    return __builtin_expect(memory_fails != NULL, 0) && memory_fails() ? NULL : realloc(old, size);
}

static inline void memory_free(void *memory)
{
    free(memory);
}

#pragma GCC visibility pop
#endif
