// buffered_writer.c - writers: bytes are kept until there are enough of them.
#include "buffered.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void async_writer_init(struct async_writer *writer, struct async_stream *stream)
{
    *writer = (struct async_writer){.stream = stream, .room = BUFFER_SIZE};
}

void async_writer_init_buffer(struct async_writer *writer, struct async_stream *stream,
                              void *buffer, size_t size)
{
    assert(size > 0 && "a buffer has room for something");
    *writer = (struct async_writer){
        .stream = stream, .buffer = buffer, .at = buffer, .room = size, .given = true};
}

// The writer is empty: it needs no buffer.
static void writer_release(struct async_writer *w)
{
    w->size = 0;
    w->at = w->buffer;
    if (w->given || !w->buffer)
        return;
    buffered_return(w->buffer);
    w->buffer = w->at = NULL;
}

void async_writer_fini(struct async_writer *writer)
{
    buffered_enter(writer->busy, NULL);
    writer_release(writer);
}

// Gets a buffer, with all of its room behind what is in it. 0 or -ENOMEM.
static int writer_hold(struct async_writer *w)
{
    if (!w->buffer)
        w->buffer = w->at = buffered_borrow();
    if (!w->buffer)
        return -ENOMEM;
    if (w->at > w->buffer) {
        memmove(w->buffer, w->at, w->size);
        w->at = w->buffer;
    }
    return 0;
}

static int put(struct async_writer *w, const void *bytes, size_t n)
{
    if (n > w->room - w->size)
        return -ENOBUFS;
    if (n == 0)
        return 0;
    // What is left behind the bytes is enough but after a part was sent.
    if (!w->buffer || n > (size_t)(w->buffer + w->room - w->at) - w->size) {
        int rc = writer_hold(w);
        if (rc < 0)
            return rc;
    }
    memcpy(w->at + w->size, bytes, n);
    w->size += n;
    return 0;
}

int async_writer_put(struct async_writer *writer, const void *bytes, size_t n)
{
    buffered_enter(writer->busy, NULL);
    return put(writer, bytes, n);
}

int async_writer_printf(struct async_writer *writer, const char *format, ...)
{
    buffered_enter(writer->busy, NULL);
    int n = writer_hold(writer);
    if (n == 0) {
        size_t left = writer->room - writer->size;
        va_list arguments;
        va_start(arguments, format);
        n = vsnprintf(writer->at + writer->size, left, format, arguments);
        va_end(arguments);
        if (n < 0)
            n = -EINVAL;
        else if ((size_t)n >= left)
            n = -ENOBUFS;
        else
            writer->size += (size_t)n;
    }
    if (writer->size == 0)
        writer_release(writer);
    return n;
}

// n bytes of the buffer were sent.
static void writer_sent(struct async_writer *w, size_t n)
{
    if (n > 0) // for `at` may be NULL
        w->at += n;
    w->size -= n;
    if (w->size == 0)
        writer_release(w);
}

enum async_poll writer_flush(struct async_writer *w, struct async_op *op, struct async_context *cx)
{
    buffered_enter(w->busy, op);
    while (w->size > 0) {
        if (op->state == OP_IDLE) {
            op->source = &w->stream->source;
            op->code = OP_WRITE;
            op->at = w->at;
            op->size = w->size;
        }
        if (buffered_leave(&w->busy, op, op_poll(op, cx)) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (op->result < 0)
            return ASYNC_READY;
        writer_sent(w, (size_t)op->result);
    }
    writer_release(w);
    op->result = 0;
    return ASYNC_READY;
}

void writer_flush_drop(struct async_writer *w, struct async_op *op)
{
    intptr_t sent = op_drop(op);
    buffered_dropped(&w->busy, op);
    if (sent > 0)
        writer_sent(w, (size_t)sent);
}

void async_writer_operation_drop_(struct async_writer_operation *self)
{
    writer_flush_drop(self->writer, &self->op);
}

enum async_poll async_writer_flush_future_poll(struct async_writer_flush_future *self,
                                               struct async_context *cx)
{
    struct async_op *op = &self->operation.op;
    if (writer_flush(self->operation.writer, op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = (int)op->result;
    return ASYNC_READY;
}

enum async_poll async_writer_reserve_future_poll(struct async_writer_reserve_future *self,
                                                 struct async_context *cx)
{
    struct async_writer *w = self->operation.writer;
    struct async_op *op = &self->operation.op;
    buffered_enter(w->busy, op);
    self->result = 0;
    if (self->n > w->room) {
        self->result = -EMSGSIZE;
    } else if (op->state != OP_IDLE || self->n > w->room - w->size) {
        if (writer_flush(w, op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        self->result = (int)op->result;
    }
    if (self->result == 0)
        self->result = writer_hold(w);
    return ASYNC_READY;
}

// Begins to write what is in the buffer and the bytes that do not fit behind it.
static void begin_writev(struct async_writer_write_future *self, const char *bytes, size_t left)
{
    struct async_writer *w = self->operation.writer;
    struct async_op *op = &self->operation.op;
    self->parts[0] = (struct iovec){w->at, w->size};
    self->parts[1] = (struct iovec){(void *)(uintptr_t)bytes, left};
    op->source = &w->stream->source;
    op->code = OP_WRITEV;
    op->at = w->size > 0 ? self->parts : self->parts + 1;
    op->size = w->size > 0 ? 2 : 1;
}

// n bytes of both were written.
static void written(struct async_writer *w, size_t n)
{
    size_t buffered = buffered_smaller(n, w->size);
    w->done += n - buffered;
    writer_sent(w, buffered);
}

enum async_poll async_writer_write_future_poll(struct async_writer_write_future *self,
                                               struct async_context *cx)
{
    struct async_writer *w = self->operation.writer;
    struct async_op *op = &self->operation.op;
    buffered_enter(w->busy, op);
    if (!self->begun)
        w->done = 0;
    self->begun = true;
    for (;;) {
        if (op->state == OP_IDLE) {
            const char *bytes = self->buf + w->done;
            size_t left = self->n - (size_t)w->done;
            int rc = put(w, bytes, left);
            if (rc != -ENOBUFS) {
                w->done += rc == 0 ? left : 0;
                self->result = rc == 0 ? (ssize_t)self->n : rc;
                return ASYNC_READY;
            }
            begin_writev(self, bytes, left);
        }
        if (buffered_leave(&w->busy, op, op_poll(op, cx)) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (op->result < 0) {
            self->result = op->result;
            return ASYNC_READY;
        }
        written(w, (size_t)op->result);
    }
}

void async_writer_write_future_drop(struct async_writer_write_future *self)
{
    struct async_writer *w = self->operation.writer;
    if (!self->begun)
        w->done = 0;
    intptr_t n = op_drop(&self->operation.op);
    buffered_dropped(&w->busy, &self->operation.op);
    if (n > 0)
        written(w, (size_t)n);
}
