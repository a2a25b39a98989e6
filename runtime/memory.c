// memory.c - see memory.h.
#include "memory.h"

_Thread_local bool (*memory_fails)(void);
const struct memory_watch *memory_watch;

void *memory_realloc_watched(void *old, size_t size)
{
    const struct memory_watch *watch = memory_watched();
    if (watch && old)
        watch->gone(old);
    void *memory = realloc(old, size);
    if (watch && memory)
        watch->got(memory, size);
    return memory;
}
