// fd.c - waiting for descriptors that are not ours, and reading and writing them.
//
// Their sources live only while somebody waits for them, for we are not told when they are closed.
// What they remember is not used: the caller reads and writes behind our back, so poll(2) says
// whether there is anything to wait for. The only operations here are waits; the calls that follow
// them are made at once, and so nothing is lost by a dropped future on any back end.
#define _GNU_SOURCE
#include "io.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

enum {
    SMALL_WRITE = 512 // POSIX: the least room of a pipe that poll(2) calls writable
};

// Is fd ready in this direction? 1, 0, or -errno.
static int ready_now(int fd, int direction)
{
    if (fd < 0)
        return -EBADF; // poll(2) would ignore it
    struct pollfd look = {.fd = fd, .events = direction == IO_READ ? POLLIN : POLLOUT};
    int n = sys->poll(&look, 1, 0);
    if (n < 0)
        return n;
    return look.revents & POLLNVAL ? -EBADF : n;
}

// ---- Waits ----------------------------------------------------------------------------------

// The source of fd, with one user more.
static int use_source(struct async_executor *executor, int fd, struct async_source **out)
{
    struct async_source *source = (size_t)fd < executor->source_room ? executor->sources[fd] : NULL;
    if (source) {
        source->users++;
        *out = source;
        return 0;
    }
    source = memory_alloc(sizeof *source);
    if (!source)
        return -ENOMEM;
    int rc = source_open(executor, source, fd, false);
    if (rc < 0)
        memory_free(source);
    else
        *out = source;
    return rc;
}

static void unuse_source(struct async_op *op)
{
    source_release(op->source);
    op->source = NULL;
}

// To be called when fd has just turned out not to be ready. 0 or -errno.
static int wait_begin(struct async_op *op, int fd, enum op_code code)
{
    int rc = use_source(async_current, fd, &op->source);
    if (rc < 0)
        return rc;
    op->code = code;
    op->flags = OP_UNBUFFERED;
    op->source->ready &= (uint8_t) ~(1u << op_direction(op));
    return 0;
}

// ASYNC_READY: *status is 0 or -errno.
static enum async_poll wait_poll(struct async_op *op, struct async_context *cx, int *status)
{
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    *status = (int)op->result;
    unuse_source(op);
    return ASYNC_READY;
}

static void wait_drop(struct async_op *op)
{
    if (!op->source)
        return;
    op_drop(op);
    unuse_source(op);
}

static enum async_poll others_first(struct async_context *cx)
{
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static enum async_poll fd_poll(struct async_op *op, int *fd, enum op_code code,
                               struct async_context *cx)
{
    if (!op->source) {
        if (!io_spend())
            return others_first(cx);
        int rc = ready_now(*fd, code == OP_READABLE ? IO_READ : IO_WRITE);
        if (rc == 0)
            rc = wait_begin(op, *fd, code);
        if (rc != 0 || !op->source) {
            *fd = rc < 0 ? rc : 0;
            return ASYNC_READY;
        }
    }
    if (wait_poll(op, cx, fd) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (*fd == -EPERM)
        *fd = 0; // what the reactor need not watch
    return ASYNC_READY;
}

enum async_poll async_readable_future_poll(struct async_readable_future *self,
                                           struct async_context *cx)
{
    return fd_poll(&self->op, &self->result, OP_READABLE, cx);
}

void async_readable_future_drop(struct async_readable_future *self)
{
    wait_drop(&self->op);
}

enum async_poll async_writable_future_poll(struct async_writable_future *self,
                                           struct async_context *cx)
{
    return fd_poll(&self->op, &self->result, OP_WRITABLE, cx);
}

void async_writable_future_drop(struct async_writable_future *self)
{
    wait_drop(&self->op);
}

// ---- Calls that do not wait. -EAGAIN: fd is not ready ---------------------------------------

// What is to be read or written.
struct transfer {
    int fd, count;
    const struct iovec *parts;
};

static bool is_on_disk(int fd)
{
    struct stat stat;
    return sys->fstat(fd, &stat) == 0 && (S_ISREG(stat.st_mode) || S_ISBLK(stat.st_mode));
}

// A call that must not wait brought nothing. Should it be made again, and then be allowed to wait?
// 1, or 0: no, the descriptor is not ready, or -errno. A descriptor that is ready after a -EAGAIN
// has become so just now, or is a file whose disk has to be waited for.
static int may_wait(int fd, int direction, ssize_t error)
{
    int rc = ready_now(fd, direction);
    if (rc <= 0 || error == -EOPNOTSUPP)
        return rc;
    return is_on_disk(fd);
}

static ssize_t try_read(const struct transfer *t)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)t->parts,
                             .msg_iovlen = (size_t)t->count};
    ssize_t n = sys->recvmsg(t->fd, &message, MSG_DONTWAIT);
    if (n != -ENOTSOCK)
        return n;
    n = sys->readv_now(t->fd, t->parts, t->count);
    if (n != -EAGAIN && n != -EOPNOTSUPP)
        return n;
    int rc = may_wait(t->fd, IO_READ, n);
    if (rc <= 0)
        return rc < 0 ? rc : -EAGAIN;
    return sys->readv(t->fd, t->parts, t->count);
}

// A call that may wait, to a descriptor that is ready.
static ssize_t write_waiting(const struct transfer *t)
{
    int flags = sys->fcntl(t->fd, F_GETFL, 0);
    if (flags < 0)
        return flags;
    if (flags & O_NONBLOCK || is_on_disk(t->fd))
        return sys->writev(t->fd, t->parts, t->count);
    const struct iovec *part = t->parts, *end = part + t->count;
    while (part < end && part->iov_len == 0)
        part++;
    if (part == end)
        return 0;
    return sys->write(t->fd, part->iov_base,
                      part->iov_len < SMALL_WRITE ? part->iov_len : SMALL_WRITE);
}

static ssize_t try_write(const struct transfer *t)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)t->parts,
                             .msg_iovlen = (size_t)t->count};
    ssize_t n = sys->sendmsg(t->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n != -ENOTSOCK)
        return n;
    n = sys->writev_now(t->fd, t->parts, t->count);
    if (n != -EAGAIN && n != -EOPNOTSUPP)
        return n;
    int rc = may_wait(t->fd, IO_WRITE, n);
    if (rc <= 0)
        return rc < 0 ? rc : -EAGAIN;
    return write_waiting(t);
}

// ---- Reading and writing --------------------------------------------------------------------

static enum async_poll transfer(const struct transfer *t, enum op_code wait, struct async_op *op,
                                struct async_context *cx, ssize_t *result)
{
    for (;;) {
        int status = 0;
        if (op->source && wait_poll(op, cx, &status) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (status == 0) {
            if (!io_spend())
                return others_first(cx);
            *result = wait == OP_READABLE ? try_read(t) : try_write(t);
            if (*result != -EAGAIN)
                return ASYNC_READY;
            status = wait_begin(op, t->fd, wait);
        }
        if (status < 0) {
            *result = status == -EPERM ? -EAGAIN : status; // -EPERM: nobody tells when it is ready
            return ASYNC_READY;
        }
    }
}

static enum async_poll vector_transfer(const struct transfer *t, enum op_code wait,
                                       struct async_op *op, struct async_context *cx,
                                       ssize_t *result)
{
    if (t->count >= 0 && t->count <= IOV_MAX)
        return transfer(t, wait, op, cx, result);
    *result = -EINVAL; // what Linux says, but not of sockets
    return ASYNC_READY;
}

enum async_poll async_read_future_poll(struct async_read_future *self, struct async_context *cx)
{
    struct transfer t = {self->fd, 1, &self->part};
    return transfer(&t, OP_READABLE, &self->op, cx, &self->result);
}

void async_read_future_drop(struct async_read_future *self)
{
    wait_drop(&self->op);
}

enum async_poll async_readv_future_poll(struct async_readv_future *self, struct async_context *cx)
{
    struct transfer t = {self->fd, self->count, self->parts};
    return vector_transfer(&t, OP_READABLE, &self->op, cx, &self->result);
}

void async_readv_future_drop(struct async_readv_future *self)
{
    wait_drop(&self->op);
}

enum async_poll async_write_future_poll(struct async_write_future *self, struct async_context *cx)
{
    struct transfer t = {self->fd, 1, &self->part};
    return transfer(&t, OP_WRITABLE, &self->op, cx, &self->result);
}

void async_write_future_drop(struct async_write_future *self)
{
    wait_drop(&self->op);
}

enum async_poll async_writev_future_poll(struct async_writev_future *self, struct async_context *cx)
{
    struct transfer t = {self->fd, self->count, self->parts};
    return vector_transfer(&t, OP_WRITABLE, &self->op, cx, &self->result);
}

void async_writev_future_drop(struct async_writev_future *self)
{
    wait_drop(&self->op);
}

enum async_poll async_write_all_future_poll(struct async_write_all_future *self,
                                            struct async_context *cx)
{
    struct transfer t = {self->fd, 1, &self->part};
    while (self->part.iov_len) {
        ssize_t n;
        if (transfer(&t, OP_WRITABLE, &self->op, cx, &n) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (n < 0) {
            self->result = n;
            return ASYNC_READY;
        }
        self->part.iov_base = (char *)self->part.iov_base + n;
        self->part.iov_len -= (size_t)n;
    }
    self->result = (ssize_t)self->n;
    return ASYNC_READY;
}

void async_write_all_future_drop(struct async_write_all_future *self)
{
    wait_drop(&self->op);
}
