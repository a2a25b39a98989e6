// kept.h - what operations had taken from a descriptor when they were cancelled: bytes, messages,
// connections. The next operation on the source gets it first.
//
// For back ends that hand operations to the kernel: those may be done before a cancellation reaches
// them. Keeping allocates. Where that fails a connection is closed and a datagram is lost, as the
// network may do it, too; a stream has a hole, and all its later reads return -ENOMEM.
#ifndef ASYNCC_RUNTIME_KEPT_H
#define ASYNCC_RUNTIME_KEPT_H

#include "io.h"

#pragma GCC visibility push(hidden)

// Keeps what a cancelled operation (one that reads) took, if it did. op->result is what it has come
// to; what it filled is still there.
void kept_add(struct async_source *source, struct async_op *op);

// Serves an operation from what is kept. False: it has to ask the kernel.
bool kept_take(struct async_source *source, struct async_op *op);

// Frees all of it, and closes descriptors.
void kept_drop(struct async_source *source);

#pragma GCC visibility pop
#endif
