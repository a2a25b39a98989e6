// buffered.h - what readers and writers share.
//
// The struct async_op of one of their operations does one thing at a time: it reads for a reader,
// writes for a writer, or flushes the writer that is tied to a reader. What it does next is chosen
// when it is idle, so futures may be polled as often as one likes.
#ifndef ASYNCC_RUNTIME_BUFFERED_H
#define ASYNCC_RUNTIME_BUFFERED_H

#include <asyncc/buffered.h>

#include "buffers.h"
#include "stream.h"

#pragma GCC visibility push(hidden)

// Sends what is in the writer. Ready: it is empty, holds no buffer, and op->result is 0; or that is
// -errno.
enum async_poll writer_flush(struct async_writer *writer, struct async_op *op,
                             struct async_context *cx);

// A flush is dropped: what is not sent stays in the writer.
void writer_flush_drop(struct async_writer *writer, struct async_op *op);

static inline void *buffered_borrow(void)
{
    assert(async_current && "a stream is used on the thread that opened it");
    return buffer_borrow(&async_current->buffers);
}

static inline void buffered_return(void *buffer)
{
    assert(async_current && "readers and writers end before their executor");
    buffer_return(&async_current->buffers, buffer);
}

static inline size_t buffered_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#pragma GCC visibility pop
#endif
