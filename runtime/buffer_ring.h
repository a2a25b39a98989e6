// buffer_ring.h - buffers that the kernel may pick from when bytes arrive, so that reads that wait
// hold none.
//
// They are the executor's ordinary buffers: those that the kernel has picked are lent, and when
// they are returned it gets them again. It has few at first, so that these stay in the cache, and
// more when it runs out of them: about as many as there are reads that end at once.
#ifndef ASYNCC_RUNTIME_BUFFER_RING_H
#define ASYNCC_RUNTIME_BUFFER_RING_H

#include "buffers.h"
#include "ring.h"

#ifdef HAVE_IO_URING

#pragma GCC visibility push(hidden)

enum {
    BUFFER_GROUP = 0,      // its number in the kernel
    PROBE_GROUP = 1,       // that of what is tried at start
    BUFFER_RING_FIRST = 4, // buffers, when the first one is asked for
    BUFFER_RING_MOST = 256 // a power of two
};

struct buffer_ring {
    struct io_uring_buf_ring *shared; // with the kernel
    unsigned wanted;                  // how many the kernel should have
    unsigned count;                   // how many it has, or has picked without our knowing yet
    void *buffers[BUFFER_RING_MOST];  // those, by number
    uint16_t spare[BUFFER_RING_MOST]; // numbers of no buffer: BUFFER_RING_MOST - count of them
};

// 0 or -errno; buffer_ring_fini is to be called either way.
int buffer_ring_init(struct buffer_ring *self, struct ring *ring);

// After ring_fini.
void buffer_ring_fini(struct buffer_ring *self);

// The kernel found none: it gets more, if it was right. False: there is no memory for any.
bool buffer_ring_refill(struct buffer_ring *self, struct buffers *buffers);

// Gives the kernel one that was returned. False: it has enough.
bool buffer_ring_give(struct buffer_ring *self, void *buffer);

// The buffer that a completion picked.
void *buffer_ring_picked(struct buffer_ring *self, uint32_t cqe_flags);

#pragma GCC visibility pop
#endif
#endif
