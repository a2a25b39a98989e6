// ring_calls.h - what is asked of the kernel: the submissions of operations.
#ifndef ASYNCC_RUNTIME_RING_CALLS_H
#define ASYNCC_RUNTIME_RING_CALLS_H

#include "io.h"
#include "ring.h"

#ifdef HAVE_IO_URING

#pragma GCC visibility push(hidden)

// The call of an operation. `message` is memory that a submission may need until the kernel has
// seen it. The caller sets `fd` and `user_data`.
void ring_call(struct io_uring_sqe *sqe, const struct async_op *op, struct msghdr *message);

// Waits once until a descriptor is ready in this direction.
void ring_poll(struct io_uring_sqe *sqe, int direction);

#pragma GCC visibility pop
#endif
#endif
