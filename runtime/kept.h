// kept.h - what operations had taken from a descriptor when they were cancelled: bytes, messages,
// connections. The next operation on the source gets it first.
//
// For back ends that hand operations to the kernel: those may be done before a cancellation reaches
// them. Keeping allocates, except for bytes that are in one of the executor's buffers: these stay
// there; and except for errors. Where that fails a connection is closed and a datagram is lost, as
// the network may do it, too; a stream has a hole, and all its later reads return -ENOMEM.
#ifndef ASYNCC_RUNTIME_KEPT_H
#define ASYNCC_RUNTIME_KEPT_H

#include "io.h"

#pragma GCC visibility push(hidden)

// Keeps what a cancelled operation (one that reads) took, if it did. op->result is what it has come
// to; what it filled is still there.
void kept_add(struct async_source *source, struct async_op *op);

// Keeps the first `size` bytes of a buffer, more than 0, behind what is kept already. They are a
// stream's. The buffer is returned when they were taken.
void kept_add_buffer(struct async_source *source, void *buffer, size_t size);

// Keeps an error that the socket reports only once: it comes after all else. Others are the
// socket's to report again.
void kept_add_error(struct async_source *source, intptr_t error);

static inline bool kept_any(const struct async_source *source)
{
    return source->kept || source->error;
}

// Is more than one thing kept, not counting an error?
bool kept_several(const struct async_source *source);

// May an operation that reads be served from what is kept?
static inline bool kept_serves(const struct async_op *op)
{
    return op->code != OP_READABLE || !(op->flags & OP_UNBUFFERED);
}

// Serves an operation from what is kept. False: it has to ask the kernel.
bool kept_take(struct async_source *source, struct async_op *op);

// Frees all of it, and closes descriptors.
void kept_drop(struct async_source *source);

#pragma GCC visibility pop
#endif
