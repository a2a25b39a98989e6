// arena.c - grows and shrinks a task's frame arena by chunks.
//
// A chunk ends with a footer, so that arena->end finds it. The bottom chunk begins with the arena
// itself, and is kept until the task ends, so that calls from there stay a pointer bump; chunks
// above it go to a cache of the executor, so that a recursion that swings about a chunk's border
// does not call malloc.
#include "arena.h"

#include "executor.h"
#include "memory.h"

#include <assert.h>

// The footer.
struct arena_chunk {
    struct arena_chunk *below; // the chunk that was full, or NULL; in the cache: the next one
    char *below_top;           // arena->top when that chunk was left
    void *memory;              // where this chunk begins
    size_t size;               // in all
};

enum {
    CACHED_BYTES = 65536
}; // per size

static size_t chunk_size(unsigned class)
{
    return (size_t)ARENA_CHUNK_MIN << class;
}

// The smallest class of at least `size` bytes, or ARENA_CHUNK_SIZES if there is none.
static unsigned chunk_class(size_t size)
{
    unsigned class = 0;
    while (class < ARENA_CHUNK_SIZES && chunk_size(class) < size)
        class ++;
    return class;
}

static struct arena_chunk *chunk_new(struct arena_cache *cache, size_t size)
{
    unsigned class = chunk_class(size);
    if (class < ARENA_CHUNK_SIZES) {
        struct arena_chunk *chunk = cache->free[class];
        if (chunk) {
            cache->free[class] = chunk->below;
            cache->count[class]--;
            return chunk;
        }
        size = chunk_size(class);
    }
    char *memory = memory_aligned(ASYNC_BLOCK_ALIGN, size);
    if (!memory)
        return NULL;
    struct arena_chunk *chunk = (struct arena_chunk *)(memory + size - sizeof(struct arena_chunk));
    chunk->memory = memory;
    chunk->size = size;
    return chunk;
}

static void chunk_free(struct arena_cache *cache, struct arena_chunk *chunk)
{
    unsigned class = chunk_class(chunk->size);
    if (class < ARENA_CHUNK_SIZES && cache->count[class] < CACHED_BYTES / chunk_size(class)) {
        chunk->below = cache->free[class];
        cache->free[class] = chunk;
        cache->count[class]++;
    } else {
        memory_free(chunk->memory);
    }
}

// What a bottom chunk begins with: the arena, in as much as keeps blocks aligned.
static const size_t head_size =
    (sizeof(struct async_arena) + ASYNC_BLOCK_ALIGN - 1) / ASYNC_BLOCK_ALIGN * ASYNC_BLOCK_ALIGN;

static struct async_block *arena_grow(struct async_context *cx, size_t size);
static void arena_shrink(struct async_arena *arena, struct async_block *first);

struct async_arena arena_empty = {.grow = arena_grow, .shrink = arena_shrink};

// Where the blocks of a chunk begin.
static char *chunk_blocks(struct arena_chunk *chunk)
{
    return (char *)chunk->memory + (chunk->below ? 0 : head_size);
}

static struct async_block *arena_grow(struct async_context *cx, size_t size)
{
    struct async_executor *executor = async_current;
    assert(executor && "a frame is allocated outside its executor");
    // A context that somebody made from the task's may not know that the task has got an arena.
    struct async_arena *arena = cx->arena == &arena_empty ? executor->cx.arena : cx->arena;
    struct arena_chunk *below = (struct arena_chunk *)arena->end;
    size_t want = below ? below->size * 2 : ARENA_CHUNK_MIN;
    if (want > ARENA_CHUNK_MAX)
        want = ARENA_CHUNK_MAX;
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t need = size + (below ? 0 : head_size) + sizeof(struct arena_chunk);
    struct arena_chunk *chunk = chunk_new(&executor->chunks, want < need ? need : want);
    if (!chunk)
        return NULL;
    chunk->below = below;
    chunk->below_top = arena->top;
    if (!below) {
        struct async_task *task = executor->cx.waker.data;
        arena = chunk->memory;
        *arena = arena_empty;
        task->arena = executor->cx.arena = arena;
    }
    cx->arena = arena;
    struct async_block *block = (struct async_block *)chunk_blocks(chunk);
    block->below = (struct async_block *)((uintptr_t)arena->last | ASYNC_BLOCK_FIRST);
    arena->last = block;
    arena->top = (char *)block + size;
    arena->end = (char *)chunk;
    return block;
}

static void arena_shrink(struct async_arena *arena, struct async_block *first)
{
    struct arena_chunk *chunk = (struct arena_chunk *)arena->end;
    assert((char *)first >= (char *)chunk->memory && (char *)first < arena->end);
    (void)first;
    if (!chunk->below) {
        arena->top = chunk_blocks(chunk);
        return;
    }
    arena->top = chunk->below_top;
    arena->end = (char *)chunk->below;
    chunk_free(&async_current->chunks, chunk);
}

void arena_fini(struct async_arena *arena, struct arena_cache *cache)
{
    assert(!arena->last && "a frame was left behind");
    struct arena_chunk *chunk = (struct arena_chunk *)arena->end;
    while (chunk) {
        struct arena_chunk *below = chunk->below;
        chunk_free(cache, chunk);
        chunk = below;
    }
}

void arena_cache_fini(struct arena_cache *cache)
{
    for (unsigned class = 0; class < ARENA_CHUNK_SIZES; class ++) {
        struct arena_chunk *chunk = cache->free[class];
        while (chunk) {
            struct arena_chunk *next = chunk->below;
            memory_free(chunk->memory);
            chunk = next;
        }
    }
}
