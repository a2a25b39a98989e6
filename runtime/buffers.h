// buffers.h - the executor's buffers, lent for as long as there are bytes in them, so that
// connections that wait hold none. The one returned last is lent first: it is in the cache.
//
// In front of each there is room for a note of whoever has it: keeping it needs no other memory.
#ifndef ASYNCC_RUNTIME_BUFFERS_H
#define ASYNCC_RUNTIME_BUFFERS_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

enum {
    BUFFER_SIZE = 16384, // bytes
    BUFFER_NOTE = 96,    // bytes in front of them, aligned for any type
    BUFFERS_KEPT = 64    // free ones that are not given back to the heap
};

// The note of one that is free.
struct buffer {
    struct buffer *next;
};

static_assert(BUFFER_NOTE % alignof(max_align_t) == 0, "the bytes are aligned, too");

// All zero: there are none. Owner thread only.
struct buffers {
    struct buffer *free;
    unsigned count; // of free ones
    // Of a back end that has free ones of its own: takes one that was returned, or says that it has
    // enough. NULL: there is none.
    bool (*give)(void *owner, void *buffer);
    void *owner;
};

// BUFFER_SIZE bytes, or NULL with no memory left.
void *buffer_borrow(struct buffers *buffers);

void buffer_return(struct buffers *buffers, void *buffer);

// Frees one for good. NULL is allowed.
void buffer_free(void *buffer);

static inline void *buffer_note(void *buffer)
{
    return (char *)buffer - BUFFER_NOTE;
}

// Frees those that are not lent.
void buffers_fini(struct buffers *buffers);

#pragma GCC visibility pop
#endif
