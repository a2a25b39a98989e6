// buffer_ring.c - giving buffers to the kernel, and finding those that it picked.
#define _GNU_SOURCE
#include "buffer_ring.h"

#ifdef HAVE_IO_URING

#include <errno.h>
#include <sys/mman.h>

static const size_t shared_size = BUFFER_RING_MOST * sizeof(struct io_uring_buf);

int buffer_ring_init(struct buffer_ring *self, struct ring *ring)
{
    *self = (struct buffer_ring){0};
    for (unsigned i = 0; i < BUFFER_RING_MOST; i++)
        self->spare[i] = (uint16_t)i;
    void *shared =
        mmap(NULL, shared_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -errno;
    self->shared = shared;
    struct io_uring_buf_reg group = {
        .ring_addr = (uintptr_t)shared,
        .ring_entries = BUFFER_RING_MOST,
        .bgid = BUFFER_GROUP,
    };
    int rc = ring_register(ring, IORING_REGISTER_PBUF_RING, &group, 1);
    return rc < 0 ? rc : 0;
}

void buffer_ring_fini(struct buffer_ring *self)
{
    for (unsigned i = 0; i < BUFFER_RING_MOST; i++)
        buffer_free(self->buffers[i]);
    if (self->shared)
        munmap(self->shared, shared_size);
}

static void give(struct buffer_ring *self, void *buffer)
{
    uint16_t number = self->spare[BUFFER_RING_MOST - 1 - self->count++];
    self->buffers[number] = buffer;
    uint16_t tail = self->shared->tail;
    struct io_uring_buf *slot = &self->shared->bufs[tail & (BUFFER_RING_MOST - 1)];
    slot->addr = (uintptr_t)buffer; // member by member: the tail lies in the first slot
    slot->len = BUFFER_SIZE;
    slot->bid = number;
    __atomic_store_n(&self->shared->tail, (uint16_t)(tail + 1), __ATOMIC_RELEASE);
}

bool buffer_ring_refill(struct buffer_ring *self, struct buffers *buffers)
{
    if (self->count)
        return true; // since then, it got some
    if (!self->wanted)
        self->wanted = BUFFER_RING_FIRST;
    else if (self->wanted < BUFFER_RING_MOST)
        self->wanted *= 2;
    while (self->count < self->wanted) {
        void *buffer = buffer_borrow(buffers);
        if (!buffer)
            break;
        give(self, buffer);
    }
    return self->count > 0;
}

bool buffer_ring_give(struct buffer_ring *self, void *buffer)
{
    if (self->count >= self->wanted)
        return false;
    give(self, buffer);
    return true;
}

void *buffer_ring_picked(struct buffer_ring *self, uint32_t cqe_flags)
{
    uint16_t number = (uint16_t)(cqe_flags >> IORING_CQE_BUFFER_SHIFT);
    void *buffer = self->buffers[number];
    self->buffers[number] = NULL;
    self->spare[BUFFER_RING_MOST - self->count--] = number;
    return buffer;
}

#else

typedef int no_buffer_ring; // a translation unit is not empty

#endif
