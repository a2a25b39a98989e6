// readiness.c - operations on descriptors that a back end only watches.
//
// A source remembers in `ready` what may succeed: operations try only then, and clear the bit when
// the descriptor turns out to be drained. It is watched from the first time on that an operation
// has to wait, so a connection that never waits costs no call for that.
#include "readiness.h"

#include "buffers.h"

#include <assert.h>
#include <errno.h>

// ---- Tries: each makes its system call once. -EAGAIN: it has to wait ------------------------

static intptr_t try_poll(struct async_op *op)
{
    if (op->state == OP_WOKEN)
        return 0;
    struct pollfd look = {.fd = op->source->fd,
                          .events = op->code == OP_READABLE ? POLLIN : POLLOUT};
    int n = sys->poll(&look, 1, 0);
    if (n < 0)
        return n;
    return n == 0 ? -EAGAIN : 0;
}

// Fewer bytes than asked for: the descriptor has nothing (no room) left, and an edge will tell when
// it has. Except for packets, lines and records, of which a call moves one, and for the end of the
// stream: if that was reported already, no edge will come.
static void drained(struct async_source *source, unsigned what)
{
    if (source->bytes && !(source->ready & READY_CLOSED))
        source->ready &= (uint8_t)~what;
}

// From a Unix socket: a read ends behind the descriptors that somebody sent, wanted or not, though
// there is more to read. `whole`: it did not.
static ssize_t receive(struct async_source *source, void *buf, size_t size, bool *whole)
{
    struct iovec part = {.iov_base = buf, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n = sys->recvmsg(source->fd, &message, 0);
    *whole = !(message.msg_flags & MSG_CTRUNC);
    return n;
}

static ssize_t read_into(struct async_source *source, void *buf, size_t size)
{
    bool whole = true;
    ssize_t n = source->rights   ? receive(source, buf, size, &whole)
                : source->socket ? sys->recv(source->fd, buf, size, 0)
                                 : sys->read(source->fd, buf, size);
    if (n > 0 && (size_t)n < size && whole)
        drained(source, READY_READ);
    return n;
}

static intptr_t try_read(struct async_op *op)
{
    return read_into(op->source, op->at, op->size);
}

static intptr_t try_read_borrowed(struct async_op *op)
{
    struct buffers *buffers = &async_current->buffers;
    op->at = buffer_borrow(buffers);
    if (!op->at)
        return -ENOMEM;
    ssize_t n = read_into(op->source, op->at, BUFFER_SIZE);
    if (n <= 0)
        buffer_return(buffers, op->at);
    return n;
}

static intptr_t try_readv(struct async_op *op)
{
    return sys->readv(op->source->fd, op->at, (int)op->size);
}

static intptr_t try_recvmsg(struct async_op *op)
{
    return sys->recvmsg(op->source->fd, op->at, op->flags);
}

static intptr_t try_accept(struct async_op *op)
{
    return sys->accept(op->source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static intptr_t try_write(struct async_op *op)
{
    struct async_source *source = op->source;
    ssize_t n = source->socket ? sys->send(source->fd, op->at, op->size, MSG_NOSIGNAL)
                               : sys->write(source->fd, op->at, op->size);
    if (n >= 0 && (size_t)n < op->size)
        drained(source, READY_WRITE);
    return n;
}

static intptr_t try_writev(struct async_op *op)
{
    struct async_source *source = op->source;
    if (!source->socket)
        return sys->writev(source->fd, op->at, (int)op->size);
    struct msghdr message = {.msg_iov = op->at, .msg_iovlen = op->size};
    return sys->sendmsg(source->fd, &message, MSG_NOSIGNAL);
}

static intptr_t try_sendmsg(struct async_op *op)
{
    return sys->sendmsg(op->source->fd, op->at, op->flags | MSG_NOSIGNAL);
}

// `at` is NULL once the connection is on its way.
static intptr_t try_connect(struct async_op *op)
{
    int fd = op->source->fd;
    if (op->at) {
        int rc = sys->connect(fd, op->at, (socklen_t)op->size);
        if (rc == -EAGAIN)
            return -ENOBUFS; // a Unix socket's backlog is full, and no edge will come
        if (rc != -EINPROGRESS && rc != -EINTR)
            return rc;
        op->at = NULL;
        return -EAGAIN;
    }
    int error = 0;
    int rc = sys->getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    return rc < 0 ? rc : -error;
}

static intptr_t (*const tries[OP_CODES])(struct async_op *op) = {
    [OP_READABLE] = try_poll,   [OP_WRITABLE] = try_poll,
    [OP_READ] = try_read,       [OP_READ_BORROWED] = try_read_borrowed,
    [OP_READV] = try_readv,     [OP_RECVMSG] = try_recvmsg,
    [OP_ACCEPT] = try_accept,   [OP_WRITE] = try_write,
    [OP_WRITEV] = try_writev,   [OP_SENDMSG] = try_sendmsg,
    [OP_CONNECT] = try_connect,
};

// ---- Operations -----------------------------------------------------------------------------

// Sees to it that an edge will come. 0 or -errno.
static int watch_source(struct async_reactor *reactor, struct async_source *source,
                        readiness_watch *watch)
{
    if (source->watched)
        return 0;
    int rc = watch(reactor, source);
    source->watched = rc == 0;
    return rc;
}

static enum async_poll ready(struct async_op *op, intptr_t result)
{
    op_unlink(op);
    op->result = result;
    return ASYNC_READY;
}

enum async_poll readiness_perform(struct async_reactor *reactor, struct async_op *op,
                                  struct async_context *cx, readiness_watch *watch)
{
    struct async_source *source = op->source;
    if (op->state == OP_WAITING) { // polled without having been woken
        op_wait(op, &cx->waker);
        return ASYNC_PENDING;
    }
    if (op->yielded)
        op_unlink(op);
    unsigned bit = 1u << op_direction(op);
    while (source->ready & bit) {
        if (!async_current->io_credit) {
            op_unlink(op);
            op_yield(op, &cx->waker);
            return ASYNC_PENDING;
        }
        async_current->io_credit--;
        intptr_t result = tries[op->code](op);
        if (result != -EAGAIN)
            return ready(op, result);
        source->ready &= (uint8_t)~bit;
    }
    int rc = watch_source(reactor, source, watch);
    if (rc < 0)
        return ready(op, rc);
    op_wait(op, &cx->waker);
    return ASYNC_PENDING;
}

void readiness_cancel(struct async_reactor *reactor, struct async_op *op)
{
    (void)reactor;
    op_unlink(op);
    op->result = -ECANCELED; // none has begun its system call
}

// ---- Reports --------------------------------------------------------------------------------

uint64_t readiness_token(const struct async_source *source)
{
    return (uint64_t)source->generation << 32 | (uint32_t)source->fd;
}

struct async_source *readiness_source(struct async_executor *executor, uint64_t token)
{
    size_t fd = (uint32_t)token;
    struct async_source *source = fd < executor->source_room ? executor->sources[fd] : NULL;
    return source && source->generation == token >> 32 ? source : NULL;
}

void readiness_report(struct async_source *source, unsigned events)
{
    source->ready |= (uint8_t)(events & ~(unsigned)READY_URGENT);
    if (events & READY_URGENT)
        source->bytes = false; // from now on: there may be more such data
    source->users++;           // for as long as it is needed here
    if (events & READY_READ)
        op_wake_all(source, IO_READ);
    if (events & READY_WRITE)
        op_wake_all(source, IO_WRITE);
    source_release(source);
}
