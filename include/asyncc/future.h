// future.h - the contract between futures and whoever polls them. Needs no heap and no libc.
//
// A future is a struct and three functions. asyncc generates them from an `async` function; anyone
// may write them by hand, and `await` cannot tell the difference. This is a complete one, ready on
// the second poll:
//
//     async void twice(void);            // so that the front end knows the type of twice()
//     struct twice_future {
//         bool polled;
//     };
//     static inline void twice_future_init(struct twice_future *self)
//     {
//         self->polled = false;
//     }
//     static inline enum async_poll twice_future_poll(struct twice_future *self,
//                                                     struct async_context *cx)
//     {
//         if (self->polled)
//             return ASYNC_READY;
//         self->polled = true;
//         async_waker_wake(&cx->waker);  // "poll me again"
//         return ASYNC_PENDING;
//     }
//     static inline void twice_future_drop(struct twice_future *self)
//     {
//         (void)self;
//     }
//
// A future that yields a value of type T has a member `T result`, set before poll returns
// ASYNC_READY.
//
// The rules:
//  - init stores the arguments and runs nothing. Between init and the first poll a future may be
//    moved or forgotten; from its first poll until it is ready or dropped it stays where it is.
//  - poll is called until it returns ASYNC_READY, and never again after that. Before it returns
//    ASYNC_PENDING it has arranged for cx->waker (or a clone of it) to be woken.
//  - drop cancels a pending future: afterwards nothing refers to its memory. It does nothing on a
//    future that was never polled or is ready. It must not be called twice.
//  - init, poll and drop of one future are called by one thread at a time.
#ifndef ASYNCC_FUTURE_H
#define ASYNCC_FUTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __cplusplus
// What generated code copies arrays and structs with. <string.h> is the user's to include.
void *(memcpy)(void *to, const void *from, size_t size);
void *(memmove)(void *to, const void *from, size_t size);
#endif

enum async_poll {
    ASYNC_PENDING, // not done; a waker was kept and will be woken
    ASYNC_READY,   // done; the future's result may be read, and it is not polled again
};

// ---- Wakers -------------------------------------------------------------------------------------

// What a waker points to decides what these do, so that a foreign event loop can bring its own.
// All of them may be called from any thread if the table's owner says so; the runtime's may.
//
// A wake comes in the midst of something: within a poll, be it of the same future, within a drop,
// or when a stream is closed. So it takes note (in a queue, by writing to a pipe), and whoever
// polls does so later. It must not poll, nor end what wakes it: drop that future, close that
// stream or give up that handle.
struct async_waker_ops {
    void (*clone)(void *data);         // one more waker points to data
    void (*wake)(void *data);          // whoever polls should poll again; keeps the waker
    void (*drop)(void *data);          // one waker fewer points to data
    void (*wake_and_drop)(void *data); // both, where that is cheaper; NULL: it is not
};

// A waker is borrowed while it sits in a context. To keep it past the poll, clone it.
struct async_waker {
    void *data;
    const struct async_waker_ops *ops;
};

static inline struct async_waker async_waker_clone(const struct async_waker *waker)
{
    // Word by word: whoever polls has just stored one of the two, and a load of both would stall.
    const volatile struct async_waker *from = waker;
    void *data = from->data;
    const struct async_waker_ops *ops = from->ops;
    ops->clone(data);
    struct async_waker clone;
    clone.data = data;
    clone.ops = ops;
    return clone;
}

static inline void async_waker_wake(const struct async_waker *waker)
{
    waker->ops->wake(waker->data);
}

static inline void async_waker_drop(struct async_waker *waker)
{
    waker->ops->drop(waker->data);
    waker->ops = NULL;
}

// For async_waker_wake_and_drop: in two steps.
__attribute__((__noinline__, __unused__)) static void
async_waker_wake_then_drop(void *data, const struct async_waker_ops *ops)
{
    ops->wake(data);
    ops->drop(data);
}

// Wakes, and drops the waker, whose memory may be gone before this returns.
static inline void async_waker_wake_and_drop(const struct async_waker *waker)
{
    if (waker->ops->wake_and_drop)
        waker->ops->wake_and_drop(waker->data);
    else
        async_waker_wake_then_drop(waker->data, waker->ops);
}

// ---- Frames: how a wake resumes the innermost future, not the root ------------------------------
//
// A generated future is also called a frame. Polling a chain of a hundred frames from its root at
// every wake would cost a hundred calls, so a task remembers the innermost frame that suspended,
// and whoever wakes it polls that one. When a frame is done, its parent is polled next, and so on
// up. A frame finds its parent through a link: a constant that says which function the parent runs
// and how far into the parent's frame the child sits.

struct async_context;
struct async_frame_type;

struct async_frame_link {
    const struct async_frame_type *parent;
    size_t offset; // from the start of the parent's frame to the start of this one
};

#define ASYNC_LINK_NO_BYTE ((size_t)-1)

// What resuming needs to know of a generated function. One constant per function.
struct async_frame_type {
    enum async_poll (*poll)(void *frame, struct async_context *cx);
    // If the frame is always embedded in the same place, and never a root: there, `offset` bytes
    // from the start of the parent's frame. What follows is of no use then.
    const struct async_frame_type *parent;
    size_t offset;
    // Where else the frame may be embedded: a link byte of n > 0 says in links[n - 1]. Of a frame
    // whose byte is 0 the header of its arena block knows the parent.
    const struct async_frame_link *links;
    // Offset of the frame's link byte. ASYNC_LINK_NO_BYTE: it needs none, for it is always embedded
    // in links[0], or always in an arena block (links is NULL).
    size_t link_at;
    // Where the function may stand, from the outermost frame inwards: see Traces. NULL: it has no
    // await. Resuming does not read it.
    const struct async_trace *awaits;
};

// A suspended frame, and what runs it.
struct async_frame {
    void *frame;
    const struct async_frame_type *type;
};

// ---- The frame arena: frames of recursive calls and of calls through pointers -------------------

// Precedes each frame in the arena. Frames are freed last in, first out in all but rare cases; one
// freed early is only marked, and goes when all above it have gone.
struct async_block {
    void *parent; // the frame that awaits this one
    const struct async_frame_type *parent_type;
    struct async_arena *arena;
    struct async_block *below; // the block allocated before this one; its lowest bits are flags
};

enum {
    ASYNC_BLOCK_FREED = 1, // in `below`: freed before a block above it
    ASYNC_BLOCK_DONE = 2,  // in `below`: the frame has become ready
    ASYNC_BLOCK_FIRST = 4, // in `below`: first of its chunk, so that freeing it may free the chunk
    ASYNC_BLOCK_FLAGS = 7,
    ASYNC_BLOCK_ALIGN = 16
};

// A stack of blocks in chunks. All zero is an empty arena that cannot grow.
struct async_arena {
    char *top;                // first free byte
    char *end;                // end of the current chunk
    struct async_block *last; // topmost block, or NULL
    // Called when `size` bytes (header included) do not fit: makes room and returns a block with
    // ASYNC_BLOCK_FIRST set in `below`, already linked, or NULL with no memory left. It may make
    // another arena and put that into cx->arena, if there is no block in this one: so a task that
    // needs none shares an empty one with all the others.
    struct async_block *(*grow)(struct async_context *cx, size_t size);
    // Called when a first block was popped (arena->last is already the one below it): goes back a
    // chunk.
    void (*shrink)(struct async_arena *arena, struct async_block *first);
};

// For contexts of one's own: an arena without memory.
__attribute__((__unused__)) static struct async_arena async_arena_none;

// ---- Contexts -----------------------------------------------------------------------------------

// What a poll is given, for as long as it lasts. The next poll of a future may have another one,
// but with the same `suspended` (where async_resume is used) and `arena` as the last one left.
struct async_context {
    struct async_waker waker;
    // Set by the innermost generated frame that returned ASYNC_PENDING.
    struct async_frame suspended;
    // Never NULL, and alive for as long as the future is. The poll may put another one here.
    struct async_arena *arena;
    bool out_of_memory; // a frame could not be allocated: the poller must drop the future
};

static inline struct async_block *async_block_of(void *frame)
{
    return (struct async_block *)((char *)frame - sizeof(struct async_block));
}

// Room for a frame of `size` bytes awaited by `parent`; NULL with no memory left.
static inline void *async_frame_alloc(struct async_context *cx, size_t size, void *parent,
                                      const struct async_frame_type *parent_type)
{
    struct async_arena *arena = cx->arena;
    size_t need = (size + sizeof(struct async_block) + (ASYNC_BLOCK_ALIGN - 1)) &
                  ~(size_t)(ASYNC_BLOCK_ALIGN - 1);
    struct async_block *block;
    if (need <= (size_t)(arena->end - arena->top)) {
        block = (struct async_block *)arena->top;
        arena->top += need;
        block->below = arena->last;
        arena->last = block;
    } else {
        block = arena->grow ? arena->grow(cx, need) : NULL;
        if (!block) {
            cx->out_of_memory = true;
            return NULL;
        }
        arena = cx->arena;
    }
    block->parent = parent;
    block->parent_type = parent_type;
    block->arena = arena;
    return block + 1;
}

// The same for a frame that needs more than ASYNC_BLOCK_ALIGN, or may need it.
static inline void *async_frame_alloc_aligned(struct async_context *cx, size_t size, size_t align,
                                              void *parent,
                                              const struct async_frame_type *parent_type)
{
    if (align <= ASYNC_BLOCK_ALIGN)
        return async_frame_alloc(cx, size, parent, parent_type);
    if (size > SIZE_MAX - align) {
        cx->out_of_memory = true;
        return NULL;
    }
    char *frame = (char *)async_frame_alloc(cx, size + align, parent, parent_type);
    if (!frame)
        return NULL;
    size_t skip = (align - (uintptr_t)frame % align) % align;
    struct async_block block = *async_block_of(frame); // moves up with its frame
    frame += skip;
    *async_block_of(frame) = block;
    cx->arena->last = async_block_of(frame);
    return frame;
}

// For async_frame_free: a block that is not the topmost, the first of a chunk, or above one that
// was freed early.
__attribute__((__noinline__, __unused__)) static void
async_frame_free_slowly(struct async_block *block)
{
    struct async_arena *arena = block->arena;
    if (block != arena->last) {
        block->below = (struct async_block *)((uintptr_t)block->below | ASYNC_BLOCK_FREED);
        return;
    }
    for (;;) {
        uintptr_t below = (uintptr_t)block->below;
        struct async_block *next = (struct async_block *)(below & ~(uintptr_t)ASYNC_BLOCK_FLAGS);
        arena->last = next;
        if (below & ASYNC_BLOCK_FIRST)
            arena->shrink(arena, block);
        else
            arena->top = (char *)block;
        if (!next || !((uintptr_t)next->below & ASYNC_BLOCK_FREED))
            return;
        block = next;
    }
}

// Gives back what async_frame_alloc returned. The frame is ready or dropped.
static inline void async_frame_free(void *frame)
{
    struct async_block *block = async_block_of(frame);
    struct async_arena *arena = block->arena;
    uintptr_t below = (uintptr_t)block->below;
    struct async_block *next = (struct async_block *)(below & ~(uintptr_t)ASYNC_BLOCK_FLAGS);
    if (block != arena->last || below & ASYNC_BLOCK_FIRST ||
        (next && (uintptr_t)next->below & ASYNC_BLOCK_FREED)) {
        async_frame_free_slowly(block);
        return;
    }
    arena->last = next;
    arena->top = (char *)block;
}

// Has the walk of async_resume already seen this arena frame become ready?
static inline bool async_frame_done(void *frame)
{
    return (uintptr_t)async_block_of(frame)->below & ASYNC_BLOCK_DONE;
}

// `frame` has become ready: polls its parent, and so on up, until one is pending or `root` is
// ready: the frame, of type `root_type`, that a task or a join polls.
static inline enum async_poll async_resume_parents(struct async_context *cx, void *done,
                                                   const struct async_frame_type *type,
                                                   const void *root,
                                                   const struct async_frame_type *root_type)
{
    char *frame = (char *)done;
    do {
        if (type->parent) {
            frame -= type->offset;
            type = type->parent;
            continue;
        }
        if (frame == root && type == root_type) // a root and its first member have the same address
            return ASYNC_READY;
        const struct async_frame_link *link = type->links;
        if (type->link_at != ASYNC_LINK_NO_BYTE) {
            unsigned n = (unsigned char)frame[type->link_at];
            link = n ? link + n - 1 : NULL;
        }
        if (link) {
            frame -= link->offset;
            type = link->parent;
        } else {
            struct async_block *block = async_block_of(frame);
            block->below = (struct async_block *)((uintptr_t)block->below | ASYNC_BLOCK_DONE);
            frame = (char *)block->parent;
            type = block->parent_type;
        }
    } while (type->poll(frame, cx) == ASYNC_READY);
    return ASYNC_PENDING;
}

// Polls the innermost suspended frame, and each parent whose child is done, until one is pending or
// `root` is ready. On ASYNC_PENDING cx->suspended is up to date.
static inline enum async_poll async_resume(struct async_context *cx, const void *root,
                                           const struct async_frame_type *root_type)
{
    void *frame = cx->suspended.frame;
    const struct async_frame_type *type = cx->suspended.type;
    if (type->poll(frame, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    return async_resume_parents(cx, frame, type, root, root_type);
}

// The same for one operand of a join or select, which keeps its own innermost frame.
static inline enum async_poll async_resume_operand(struct async_frame *operand,
                                                   struct async_context *cx, const void *root,
                                                   const struct async_frame_type *root_type)
{
    cx->suspended = *operand;
    enum async_poll poll = async_resume(cx, root, root_type);
    *operand = cx->suspended;
    return poll;
}

// Used by generated code: what polling an operand for the first time returned. A generated operand
// that is pending has left its innermost frame in the context.
static inline enum async_poll async_operand_polled(struct async_frame *operand,
                                                   struct async_context *cx, bool generated,
                                                   enum async_poll poll)
{
    if (generated && poll == ASYNC_PENDING)
        *operand = cx->suspended;
    return poll;
}

// Used by generated code: a future was polled again after it was ready, which a debug build
// catches. With NDEBUG the compiler may take it for impossible, and spare the test.
static inline enum async_poll async_polled_when_done(void)
{
#ifndef NDEBUG
    extern void abort(void);
    abort();
#elif defined(__GNUC__) && !defined(__TINYC__)
    __builtin_unreachable();
#endif
    return ASYNC_READY;
}

// ---- Descriptors: handling a future without knowing its type ------------------------------------

struct async_future_type {
    const char *name; // the function's, as in the source
    const char *file;
    size_t size, align;
    size_t result_at, result_size; // 0, 0: no result
    void (*init)(
        void); // really void (*)(void *future, P...), the arguments as the function takes them
    enum async_poll (*poll)(void *future, struct async_context *cx);
    void (*drop)(void *future);
    const struct async_frame_type *frame; // NULL: written by hand
};

// `async_fn(T, (P, Q))`: pointer to an async function. A name of an async function converts to it.
// In the translated view it points to the function's descriptor.
typedef const struct async_future_type *async_fn_pointer;

// ---- Traces: where a suspended function stands --------------------------------------------------
//
// Constants for those who look at a program from outside, like async_dump of observe.h and
// debuggers. The state of a frame says at which await it is, and that where the frames of its
// callees are; so all that a task waits for is found from its outermost frame.

enum async_operand_kind {
    ASYNC_OPERAND_EMBEDDED, // the callee's future is in the frame, at `at`
    ASYNC_OPERAND_BLOCK,    // it is in the arena, and the pointer to it at `at`
    ASYNC_OPERAND_FOREIGN,  // the same, of a function of another file
    ASYNC_OPERAND_POINTER   // the same, called through an async_fn, which is at `type_at`
};

// One call that is awaited.
struct async_operand_info {
    const char *name; // of the function
    // EMBEDDED, BLOCK: its async_frame_type; NULL: it is written by hand. FOREIGN: its
    // async_future_type. POINTER: NULL.
    const void *type;
    uint32_t at, type_at; // offsets in the caller's frame
    enum async_operand_kind kind;
};

enum async_await_kind {
    ASYNC_AWAIT_CALL, // one operand
    ASYNC_AWAIT_JOIN, // pending are those whose bit is set in the 1, 2, 4 or 8 bytes at `left_at`
    ASYNC_AWAIT_SELECT,
    ASYNC_AWAIT_TIMEOUT
};

// One suspension point of a generated function.
struct async_state_info {
    const char *name; // of the state, as in the enum
    const struct async_operand_info *operands;
    uint32_t operand_count;
    uint32_t line; // of the await in the source
    enum async_await_kind kind;
    uint32_t left_at; // JOIN
};

struct async_trace {
    const char *name, *file;               // as in the source
    const struct async_state_info *states; // state n > 0 is states[n - 1], but for the last: done
    uint32_t state_count;
    uint32_t state_size; // bytes of the state member
    size_t state_at;     // its offset
};

// memcpy is part of every freestanding C implementation; generated code copies arrays with it.
void *memcpy(void *restrict to, const void *restrict from, size_t size);

#endif
