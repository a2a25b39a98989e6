// memory.c - see memory.h.
#include "memory.h"

_Thread_local bool (*memory_fails)(void);
_Thread_local const struct memory_watch *memory_watch;

void *memory_realloc_watched(void *old, size_t size)
{
    const struct memory_watch *watch = memory_watch;
    if (old)
        watch->gone(old);
    void *memory = realloc(old, size);
    if (memory)
        watch->got(memory, size);
    return memory;
}
