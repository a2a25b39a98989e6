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

// Receives from a connection again and again, into buffers of a group.
void ring_receive(struct io_uring_sqe *sqe, int fd, unsigned group);

// Gives a group `count` buffers of this size, one behind the other.
void ring_provide(struct io_uring_sqe *sqe, unsigned group, void *buffers, unsigned count,
                  size_t size);

// Cancels what has this user_data.
void ring_cancel(struct io_uring_sqe *sqe, uint64_t user_data);

#pragma GCC visibility pop
#endif
#endif
