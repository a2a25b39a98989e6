// buffers.c - lending and taking back.
#include "buffers.h"

#include "memory.h"

void *buffer_borrow(struct buffers *buffers)
{
    struct buffer *buffer = buffers->free;
    if (buffer) {
        buffers->free = buffer->next;
        buffers->count--;
    } else {
        buffer = memory_alloc(BUFFER_NOTE + BUFFER_SIZE);
    }
    return buffer ? (char *)buffer + BUFFER_NOTE : NULL;
}

void buffer_free(void *buffer)
{
    if (buffer)
        memory_free(buffer_note(buffer));
}

void buffer_return(struct buffers *buffers, void *at)
{
    if (buffers->give && buffers->give(buffers->owner, at))
        return;
    if (buffers->count == BUFFERS_KEPT) {
        buffer_free(at);
        return;
    }
    struct buffer *buffer = buffer_note(at);
    buffer->next = buffers->free;
    buffers->free = buffer;
    buffers->count++;
}

void buffers_fini(struct buffers *buffers)
{
    while (buffers->free) {
        struct buffer *next = buffers->free->next;
        memory_free(buffers->free);
        buffers->free = next;
    }
    buffers->count = 0;
}
