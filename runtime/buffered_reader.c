// buffered_reader.c - readers: bytes are kept until they are consumed.
#define _GNU_SOURCE
#include "buffered.h"

#include <string.h>

void async_reader_init(struct async_reader *reader, struct async_stream *stream)
{
    *reader = (struct async_reader){.stream = stream, .room = BUFFER_SIZE};
}

void async_reader_init_buffer(struct async_reader *reader, struct async_stream *stream,
                              void *buffer, size_t size)
{
    assert(size > 0 && "a buffer has room for something");
    *reader = (struct async_reader){
        .stream = stream, .buffer = buffer, .at = buffer, .room = size, .given = true};
}

// The reader is empty: it needs no buffer.
static void reader_release(struct async_reader *r)
{
    r->size = 0;
    r->at = r->buffer;
    if (r->given || !r->buffer)
        return;
    buffered_return(r->buffer);
    r->buffer = r->at = NULL;
}

void async_reader_fini(struct async_reader *reader)
{
    buffered_enter(reader->busy, NULL);
    reader_release(reader);
}

static size_t take(struct async_reader *r, void *to, size_t most)
{
    size_t n = buffered_smaller(r->size, most);
    if (n > 0)
        memcpy(to, r->at, n);
    async_reader_consume(r, n);
    return n;
}

// Begins to read into `to`, and the reader is empty; or, if that is NULL, into the reader behind
// what is in it, and it is not full.
static void begin_read(struct async_reader *r, struct async_op *op, void *to, size_t n)
{
    op->source = &r->stream->source;
    if (r->size == 0)
        reader_release(r);
    if (!to && !r->buffer) {
        op->code = OP_READ_BORROWED;
        return;
    }
    if (!to && r->at > r->buffer) {
        memmove(r->buffer, r->at, r->size);
        r->at = r->buffer;
    }
    op->code = OP_READ;
    op->at = to ? to : r->at + r->size;
    op->size = to ? n : r->room - r->size;
}

// An empty writer that holds a lent buffer, for what is only reserved, gives it back in its flush.
static bool is_to_flush(const struct async_writer *w)
{
    return w->size > 0 || (w->buffer && !w->given && !w->busy);
}

// Flushes the tied writer, and reads as begin_read says. Ready: op->result is how many bytes were
// read, 0 at the end of the stream, or -errno of either.
static enum async_poll advance(struct async_reader_operation *self, void *to, size_t n,
                               struct async_context *cx)
{
    struct async_reader *r = self->reader;
    struct async_op *op = &self->op;
    if (r->tied && (op->state == OP_IDLE ? is_to_flush(r->tied) : op->code == OP_WRITE)) {
        if (writer_flush(r->tied, op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (op->result < 0)
            return ASYNC_READY;
    }
    if (op->state == OP_IDLE)
        begin_read(r, op, to, n);
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (op->result <= 0 || to)
        return ASYNC_READY;
    if (op->code == OP_READ_BORROWED)
        r->buffer = r->at = op->at;
    r->size += (size_t)op->result;
    return ASYNC_READY;
}

static enum async_poll perform(struct async_reader_operation *self, void *to, size_t n,
                               struct async_context *cx)
{
    return buffered_leave(&self->reader->busy, &self->op, advance(self, to, n, cx));
}

// The same, into the reader.
static enum async_poll more(struct async_reader_operation *self, struct async_context *cx)
{
    return perform(self, NULL, 0, cx);
}

void async_reader_operation_drop_(struct async_reader_operation *self)
{
    struct async_reader *r = self->reader;
    buffered_dropped(&r->busy, &self->op);
    if (r->tied && r->tied->busy == &self->op)
        writer_flush_drop(r->tied, &self->op);
    else
        op_drop(&self->op); // what was read is the next one's
}

// Ready: there are n bytes and *result is how many there are, or it is what async_reader_peek says.
static enum async_poll wait_for(struct async_reader_operation *self, size_t n, ssize_t *result,
                                struct async_context *cx)
{
    struct async_reader *r = self->reader;
    buffered_enter(r->busy, &self->op);
    while (r->size < n) {
        if (n > r->room) {
            *result = -EMSGSIZE;
            return ASYNC_READY;
        }
        if (more(self, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (self->op.result < 0) {
            *result = self->op.result;
            return ASYNC_READY;
        }
        if (self->op.result == 0)
            break;
    }
    *result = (ssize_t)r->size;
    return ASYNC_READY;
}

enum async_poll async_reader_fill_future_poll(struct async_reader_fill_future *self,
                                              struct async_context *cx)
{
    return wait_for(&self->operation, 1, &self->result, cx);
}

enum async_poll async_reader_peek_future_poll(struct async_reader_peek_future *self,
                                              struct async_context *cx)
{
    return wait_for(&self->operation, self->n, &self->result, cx);
}

enum async_poll async_reader_read_future_poll(struct async_reader_read_future *self,
                                              struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    size_t n = self->n;
    buffered_enter(r->busy, &self->operation.op);
    if (r->size == 0 && n > 0) {
        bool direct = n >= r->room;
        if (perform(&self->operation, direct ? self->buf : NULL, n, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        intptr_t got = self->operation.op.result;
        if (direct || got <= 0) {
            self->result = got;
            return ASYNC_READY;
        }
    }
    self->result = (ssize_t)take(r, self->buf, n);
    return ASYNC_READY;
}

// The result of an operation that counts in r->done up to n, if there is one already: 0, the end of
// the stream came before that or there is an error.
static ssize_t ended(intptr_t read)
{
    return read < 0 ? read : -ENODATA;
}

enum async_poll async_reader_read_exact_future_poll(struct async_reader_read_exact_future *self,
                                                    struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    size_t n = self->n;
    buffered_enter(r->busy, &self->operation.op);
    if (!self->begun)
        r->done = 0;
    self->begun = true;
    if (n <= r->room) { // all at once
        ssize_t there;
        if (wait_for(&self->operation, n, &there, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (there < 0 || (size_t)there < n) {
            self->result = ended(there < 0 ? there : 0);
            return ASYNC_READY;
        }
    }
    while (r->done < n) {
        char *to = (char *)self->buf + r->done;
        size_t left = n - (size_t)r->done;
        if (r->size > 0) {
            r->done += take(r, to, left);
            continue;
        }
        if (perform(&self->operation, to, left, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (self->operation.op.result <= 0) {
            self->result = ended(self->operation.op.result);
            return ASYNC_READY;
        }
        r->done += (size_t)self->operation.op.result;
    }
    self->result = (ssize_t)n;
    return ASYNC_READY;
}

enum async_poll async_reader_skip_future_poll(struct async_reader_skip_future *self,
                                              struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    buffered_enter(r->busy, &self->operation.op);
    if (!self->begun)
        r->done = 0;
    self->begun = true;
    for (;;) {
        uint64_t left = self->n - r->done;
        size_t n = r->size < left ? r->size : (size_t)left;
        async_reader_consume(r, n);
        r->done += n;
        if (r->done == self->n)
            break;
        if (more(&self->operation, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (self->operation.op.result <= 0) {
            self->result = (int)ended(self->operation.op.result);
            return ASYNC_READY;
        }
    }
    self->result = 0;
    return ASYNC_READY;
}

// ---- Delimiters -----------------------------------------------------------------------------

// How many bytes there are with the first delimiter; 0: there is none. Remembers how far it looked.
static size_t find(struct async_reader_until_future *self)
{
    const struct async_reader *r = self->operation.reader;
    size_t length = *self->delimiter ? strlen(self->delimiter) : 1;
    if (r->size - self->searched < length)
        return 0;
    const char *from = r->at + self->searched;
    size_t size = r->size - self->searched;
    const char *found = length == 1 ? memchr(from, *self->delimiter, size)
                                    : memmem(from, size, self->delimiter, length);
    if (found)
        return (size_t)(found - r->at) + length;
    self->searched = r->size - (length - 1);
    return 0;
}

// Ready: *result is how many bytes are to be consumed, or what async_reader_until says.
static enum async_poll wait_until(struct async_reader_until_future *self, size_t limit,
                                  ssize_t *result, struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    size_t found;
    buffered_enter(r->busy, &self->operation.op);
    while ((found = find(self)) == 0) {
        if (r->size >= buffered_smaller(limit, r->room)) {
            *result = -EMSGSIZE;
            return ASYNC_READY;
        }
        if (more(&self->operation, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (self->operation.op.result <= 0) {
            *result = self->operation.op.result < 0 ? self->operation.op.result : (ssize_t)r->size;
            return ASYNC_READY;
        }
    }
    *result = found <= limit ? (ssize_t)found : -EMSGSIZE;
    return ASYNC_READY;
}

enum async_poll async_reader_until_future_poll(struct async_reader_until_future *self,
                                               struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    ssize_t n;
    if (wait_until(self, self->limit, &n, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (n >= 0) {
        *self->at = r->at;
        async_reader_consume(r, (size_t)n);
    }
    self->result = n;
    return ASYNC_READY;
}

// The length of a line without its end.
static size_t without_end(const char *line, size_t n)
{
    if (n > 0 && line[n - 1] == '\n')
        n -= n > 1 && line[n - 2] == '\r' ? 2 : 1;
    return n;
}

enum async_poll async_reader_line_future_poll(struct async_reader_line_future *self,
                                              struct async_context *cx)
{
    struct async_reader *r = self->until.operation.reader;
    ssize_t n;
    if (wait_until(&self->until, self->until.limit, &n, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = n == 0 ? -ENODATA : n;
    if (n <= 0)
        return ASYNC_READY;
    char *line = r->at;
    size_t length = without_end(line, (size_t)n);
    if (length > self->limit) {
        self->result = -EMSGSIZE;
        return ASYNC_READY;
    }
    async_reader_consume(r, (size_t)n);
    // In place of the end; or, if the stream ended without one, behind the last byte: that read had
    // room for at least one more.
    line[length] = '\0';
    *self->until.at = line;
    self->result = (ssize_t)length;
    return ASYNC_READY;
}

// ---- Copies ---------------------------------------------------------------------------------

enum async_poll async_reader_copy_future_poll(struct async_reader_copy_future *self,
                                              struct async_context *cx)
{
    struct async_reader *r = self->operation.reader;
    struct async_op *op = &self->operation.op;
    buffered_enter(r->busy, op);
    if (!self->begun)
        r->done = 0;
    self->begun = true;
    for (;;) {
        if (r->size == 0) {
            if (more(&self->operation, cx) == ASYNC_PENDING)
                return ASYNC_PENDING;
            if (op->result <= 0)
                break;
        }
        if (op->state == OP_IDLE) {
            op->source = &self->stream->source;
            op->code = OP_WRITE;
            op->at = r->at;
            op->size = r->size;
        }
        if (buffered_leave(&r->busy, op, op_poll(op, cx)) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (op->result < 0)
            break;
        async_reader_consume(r, (size_t)op->result);
        r->done += (size_t)op->result;
    }
    self->result = op->result < 0 ? op->result : (int64_t)r->done;
    return ASYNC_READY;
}

void async_reader_copy_future_drop(struct async_reader_copy_future *self)
{
    struct async_reader *r = self->operation.reader;
    if (!self->begun)
        r->done = 0;
    if (r->size == 0) { // it reads, or flushes for that
        async_reader_operation_drop_(&self->operation);
        return;
    }
    buffered_dropped(&r->busy, &self->operation.op);
    intptr_t n = op_drop(&self->operation.op);
    if (n > 0) {
        async_reader_consume(r, (size_t)n);
        r->done += (size_t)n;
    }
}

enum async_poll async_copy_future_poll(struct async_copy_future *self, struct async_context *cx)
{
    self->copy.operation.reader = &self->reader; // it may have moved before its first poll
    if (async_reader_copy_future_poll(&self->copy, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = self->copy.result;
    async_reader_fini(&self->reader);
    return ASYNC_READY;
}
