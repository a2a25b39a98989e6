// reactor_uring.h - what the parts of the io_uring back end share: its operations
// (reactor_uring.c), and receiving for as long as a connection lives (receive.c).
#ifndef ASYNCC_RUNTIME_REACTOR_URING_H
#define ASYNCC_RUNTIME_REACTOR_URING_H

#include "buffer_ring.h"
#include "io.h"
#include "ring.h"

#ifdef HAVE_IO_URING

#pragma GCC visibility push(hidden)

// What a completion belongs to: nobody, the eventfd of wakes, or whose address it is.
enum {
    FOR_NOBODY = 0,
    FOR_WAKE = 1
};

// In the low bits of an address.
enum {
    FOR_SOURCE = 1, // it is a source's: the kernel has received from it. Else an operation's
    // It is the cancellation's of that. An operation's is only heard of if it failed: then the
    // operation was about to end.
    FOR_RECALL = 2
};

// What an operation that is WAITING or WOKEN is at.
enum {
    PHASE_CALL,        // its call is the kernel's, or done
    PHASE_POLL,        // the call would have blocked: it is made again when the descriptor is ready
    PHASE_RECEIVE,     // it is not the kernel's: it waits for what its source receives
    PHASE_RECALLED = 4 // added to these: its end is waited for, and nobody is to be woken by it.
                       // More than one may be, for a waker that is woken meanwhile may drop others
};

struct async_reactor {
    struct async_executor *executor;
    struct ring ring;
    struct buffer_ring buffers;
    bool receives; // receive.c: the kernel can do what that asks of it
    int wake;      // an eventfd, which is never read: each write is an event
    struct msghdr messages[RING_SUBMISSIONS]; // of submissions: the kernel copies them
};

// A submission to fill in. NULL with no memory left in the kernel.
struct io_uring_sqe *uring_sqe(struct async_reactor *reactor);

// Begins a WAITING operation, or one that is about to wait. 0 or -ENOMEM.
int uring_begin(struct async_reactor *reactor, struct async_op *op);

// What an operation that is WAITING has come to.
void uring_finish(struct async_op *op, intptr_t result);

// The first that is WAITING for what may be kept. NULL: there is none.
struct async_op *uring_first_to_serve(const struct async_source *source);

// Takes all completions that there are.
void uring_reap(struct async_reactor *reactor);

// ---- receive.c ------------------------------------------------------------------------------

// Can this kernel do what is asked of it here? When the ring is new.
bool receive_works(struct ring *ring);

// Is an operation that begins to be served by what its source receives? Then it is in
// PHASE_RECEIVE, and not the kernel's.
bool receive_serves(struct async_reactor *reactor, struct async_op *op);

// The kernel has received from a source.
void receive_received(struct async_reactor *reactor, struct async_source *source,
                      const struct io_uring_cqe *cqe);

// The kernel has been told to stop, and this is what it says.
void receive_told(struct async_reactor *reactor, struct async_source *source, int result);

// Waits until the kernel has let go of a source.
void receive_end(struct async_reactor *reactor, struct async_source *source);

#pragma GCC visibility pop
#endif
#endif
