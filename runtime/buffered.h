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

// Before an operation does something, and with what that came to: misuse is noticed.
static inline void buffered_enter(const struct async_op *busy, const struct async_op *op)
{
    assert((!busy || busy == op) && "a reader or writer does one thing at a time");
    (void)busy;
    (void)op;
}

static inline enum async_poll buffered_leave(const struct async_op **busy,
                                             const struct async_op *op, enum async_poll poll)
{
    *busy = poll == ASYNC_PENDING ? op : NULL;
    return poll;
}

static inline void buffered_dropped(const struct async_op **busy, const struct async_op *op)
{
    if (*busy == op)
        *busy = NULL;
}

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
