// stream.c - reading and writing streams.
#define _GNU_SOURCE
#include "stream.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

int stream_new(int fd, bool socket, struct async_stream **out)
{
    struct async_stream *stream = memory_alloc(sizeof *stream);
    int rc = stream ? source_open(async_current, &stream->source, fd, socket) : -ENOMEM;
    if (rc < 0) {
        memory_free(stream);
        sys->close(fd);
        return rc;
    }
    *out = stream;
    return 0;
}

int unix_stream_new(int fd, struct async_stream **out)
{
    int rc = stream_new(fd, true, out);
    if (rc == 0)
        (*out)->source.rights = true;
    return rc;
}

int async_stream_open(int fd, struct async_stream **out)
{
    int rc = executor_need();
    if (rc < 0)
        return rc;
    int flags = sys->fcntl(fd, F_GETFL, 0);
    if (flags < 0)
        return flags;
    int type = 0, family = 0;
    bool socket = sys->getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}) == 0;
    if (socket)
        sys->getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &(socklen_t){sizeof family});
    struct async_stream *stream = memory_alloc(sizeof *stream);
    rc = stream ? source_open(async_current, &stream->source, fd, socket) : -ENOMEM;
    if (rc < 0) {
        memory_free(stream);
        return rc;
    }
    stream->source.bytes = type == SOCK_STREAM;
    stream->source.rights = socket && family != AF_INET && family != AF_INET6;
    rc = source_unblock(&stream->source, flags);
    if (rc == 0)
        *out = stream;
    return rc;
}

void async_stream_close(struct async_stream *stream)
{
    if (stream)
        source_shut(&stream->source);
}

int async_stream_shutdown(struct async_stream *stream, int how)
{
    return sys->shutdown(stream->source.fd, how);
}

int async_stream_fd(const struct async_stream *stream)
{
    return stream->source.fd;
}

// ---- Operations -----------------------------------------------------------------------------

static enum async_poll stream_poll(struct async_op *op, enum op_code code, struct async_context *cx)
{
    op->code = code;
    return op_poll(op, cx);
}

// Into, or from, `op->size` parts.
static enum async_poll vector_poll(struct async_op *op, enum op_code code, struct async_context *cx)
{
    if (op->size <= IOV_MAX)
        return stream_poll(op, code, cx);
    op->result = -EINVAL; // what Linux says, but not of sockets
    return ASYNC_READY;
}

enum async_poll stream_read(struct async_op *op, struct async_context *cx)
{
    return stream_poll(op, OP_READ, cx);
}

enum async_poll async_stream_read_future_poll(struct async_stream_read_future *self,
                                              struct async_context *cx)
{
    return stream_read(&self->op, cx);
}

void async_stream_read_future_drop(struct async_stream_read_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_stream_readv_future_poll(struct async_stream_readv_future *self,
                                               struct async_context *cx)
{
    return vector_poll(&self->op, OP_READV, cx);
}

void async_stream_readv_future_drop(struct async_stream_readv_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_stream_write_future_poll(struct async_stream_write_future *self,
                                               struct async_context *cx)
{
    return stream_poll(&self->op, OP_WRITE, cx);
}

void async_stream_write_future_drop(struct async_stream_write_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_stream_writev_future_poll(struct async_stream_writev_future *self,
                                                struct async_context *cx)
{
    return vector_poll(&self->op, OP_WRITEV, cx);
}

void async_stream_writev_future_drop(struct async_stream_writev_future *self)
{
    op_drop(&self->op);
}

ssize_t stream_write_all(struct async_op *op, const char *end, struct async_context *cx)
{
    while ((char *)op->at < end) {
        if (stream_poll(op, OP_WRITE, cx) == ASYNC_PENDING)
            return end - (char *)op->at;
        if (op->result < 0)
            return op->result;
        op->at = (char *)op->at + op->result;
        op->size = (size_t)(end - (char *)op->at);
    }
    return 0;
}

enum async_poll async_stream_write_all_future_poll(struct async_stream_write_all_future *self,
                                                   struct async_context *cx)
{
    ssize_t left = stream_write_all(&self->op, self->end, cx);
    if (left > 0)
        return ASYNC_PENDING;
    self->result = left < 0 ? left : (ssize_t)self->n;
    return ASYNC_READY;
}

void async_stream_write_all_future_drop(struct async_stream_write_all_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_stream_readable_future_poll(struct async_stream_readable_future *self,
                                                  struct async_context *cx)
{
    if (stream_poll(&self->op, OP_READABLE, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = (int)self->op.result;
    return ASYNC_READY;
}

void async_stream_readable_future_drop(struct async_stream_readable_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_stream_writable_future_poll(struct async_stream_writable_future *self,
                                                  struct async_context *cx)
{
    if (stream_poll(&self->op, OP_WRITABLE, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = (int)self->op.result;
    return ASYNC_READY;
}

void async_stream_writable_future_drop(struct async_stream_writable_future *self)
{
    op_drop(&self->op);
}
