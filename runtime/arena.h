// arena.h - chunks for the frame arenas of tasks (see future.h for the arena itself).
#ifndef ASYNCC_RUNTIME_ARENA_H
#define ASYNCC_RUNTIME_ARENA_H

#include <asyncc/future.h>

#pragma GCC visibility push(hidden)

enum {
    ARENA_CHUNK_MIN = 1024,
    ARENA_CHUNK_MAX = 65536,
    ARENA_CHUNK_SIZES = 7
};

struct arena_chunk;

// Chunks that no arena uses, kept for the next one that grows. All zero is empty. Owner thread
// only.
struct arena_cache {
    struct arena_chunk *free[ARENA_CHUNK_SIZES];
    unsigned count[ARENA_CHUNK_SIZES];
};

// The arena of every task that has had no frame in one yet: it is never written to. Growing makes
// an arena of the task's own, in a chunk of this thread's executor.
extern struct async_arena arena_empty;

// Gives back an arena and its chunks, whatever is in them. The empty one stays what it is.
void arena_fini(struct async_arena *arena, struct arena_cache *cache);

void arena_cache_fini(struct arena_cache *cache);

#pragma GCC visibility pop
#endif
