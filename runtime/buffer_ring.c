// buffer_ring.c - giving buffers to the kernel.
#define _GNU_SOURCE
#include "buffer_ring.h"

#ifdef HAVE_IO_URING

#include <errno.h>
#include <sys/mman.h>

static void *reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int buffer_ring_init(struct buffer_ring *self, struct ring *ring)
{
    *self = (struct buffer_ring){0};
    self->shared = reserve(BUFFER_RING_MOST * sizeof *self->shared->bufs);
    self->memory = reserve(BUFFER_RING_SIZE);
    if (!self->shared || !self->memory)
        return -ENOMEM;
    struct io_uring_buf_reg group = {
        .ring_addr = (uintptr_t)self->shared,
        .ring_entries = BUFFER_RING_MOST,
        .bgid = BUFFER_GROUP,
    };
    int rc = ring_register(ring, IORING_REGISTER_PBUF_RING, &group, 1);
    if (rc < 0)
        return rc;
    while (self->count < BUFFER_RING_FIRST)
        buffer_ring_add(self, self->memory + (size_t)self->count++ * BUFFER_SIZE);
    return 0;
}

void buffer_ring_fini(struct buffer_ring *self)
{
    if (self->shared)
        munmap(self->shared, BUFFER_RING_MOST * sizeof *self->shared->bufs);
    if (self->memory)
        munmap(self->memory, BUFFER_RING_SIZE);
}

bool buffer_ring_grow(struct buffer_ring *self)
{
    if (self->count == BUFFER_RING_MOST)
        return false;
    for (unsigned last = 2 * self->count; self->count < last; self->count++)
        buffer_ring_add(self, self->memory + (size_t)self->count * BUFFER_SIZE);
    return true;
}

void buffer_ring_add(struct buffer_ring *self, void *buffer)
{
    uint16_t tail = self->shared->tail;
    struct io_uring_buf *slot = &self->shared->bufs[tail & (BUFFER_RING_MOST - 1)];
    slot->addr = (uintptr_t)buffer; // member by member: the tail lies in the first slot
    slot->len = BUFFER_SIZE;
    slot->bid = (uint16_t)(((char *)buffer - self->memory) / BUFFER_SIZE);
    __atomic_store_n(&self->shared->tail, (uint16_t)(tail + 1), __ATOMIC_RELEASE);
}

#else

typedef int no_buffer_ring; // a translation unit is not empty

#endif
