// buffer_ring.h - buffers that the kernel may pick from when bytes arrive, so that reads that wait
// hold none.
//
// There are few at first, so that these stay in the cache, and more when the kernel runs out of
// them: as many as there are reads that end at once.
#ifndef ASYNCC_RUNTIME_BUFFER_RING_H
#define ASYNCC_RUNTIME_BUFFER_RING_H

#include "buffers.h"
#include "ring.h"

#ifdef HAVE_IO_URING

#pragma GCC visibility push(hidden)

enum {
    BUFFER_GROUP = 0,       // its number in the kernel
    BUFFER_RING_FIRST = 4,  // buffers at first
    BUFFER_RING_MOST = 256, // a power of two
    BUFFER_RING_SIZE = BUFFER_RING_MOST * BUFFER_SIZE
};

struct buffer_ring {
    struct io_uring_buf_ring *shared; // with the kernel: the free ones
    char *memory;                     // BUFFER_RING_MOST buffers, touched when they are used
    unsigned count;                   // of those that were given to the kernel
};

// 0 or -errno; buffer_ring_fini is to be called either way.
int buffer_ring_init(struct buffer_ring *self, struct ring *ring);

// After ring_fini.
void buffer_ring_fini(struct buffer_ring *self);

// Gives the kernel as many buffers more as it has. False: that were too many.
bool buffer_ring_grow(struct buffer_ring *self);

// The kernel has one free buffer more.
void buffer_ring_add(struct buffer_ring *self, void *buffer);

// The buffer that a completion used.
static inline void *buffer_ring_used(const struct buffer_ring *self, uint32_t cqe_flags)
{
    return self->memory + (size_t)(cqe_flags >> IORING_CQE_BUFFER_SHIFT) * BUFFER_SIZE;
}

#pragma GCC visibility pop
#endif
#endif
