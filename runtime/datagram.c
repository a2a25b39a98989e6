// datagram.c - sending and receiving packets.
#define _GNU_SOURCE
#include "datagram.h"

#include "memory.h"
#include "pause.h"
#include "unix_file.h"

#include <errno.h>
#include <fcntl.h>

enum {
    RETRY_MS = 5
};

int datagram_new(int fd, struct async_datagram **out)
{
    struct async_datagram *datagram = memory_zeroed(sizeof *datagram);
    int rc = datagram ? source_open(async_current, &datagram->source, fd, true) : -ENOMEM;
    if (rc < 0) {
        memory_free(datagram);
        return rc;
    }
    datagram->source.bytes = false;
    *out = datagram;
    return 0;
}

int async_datagram_open(int fd, struct async_datagram **out)
{
    int type;
    int rc = sys->getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type});
    if (rc < 0)
        return rc == -ENOTSOCK ? -EINVAL : rc;
    if (type != SOCK_DGRAM)
        return -EINVAL;
    int flags = sys->fcntl(fd, F_GETFL, 0);
    if (flags < 0)
        return flags;
    rc = executor_need();
    if (rc < 0)
        return rc;
    rc = datagram_new(fd, out);
    return rc < 0 ? rc : source_unblock(&(*out)->source, flags);
}

int async_datagram_connect(struct async_datagram *socket, const struct async_address *peer)
{
    static const struct sockaddr none = {.sa_family = AF_UNSPEC};
    return peer->length ? sys->connect(socket->source.fd, &peer->any, peer->length)
                        : sys->connect(socket->source.fd, &none, sizeof none);
}

int async_datagram_fd(const struct async_datagram *socket)
{
    return socket->source.fd;
}

void async_datagram_close(struct async_datagram *socket)
{
    if (!socket)
        return;
    unix_file_remove(socket->file);
    source_shut(&socket->source);
}

// Fills in the message of an operation at its first poll. While it is under way, it is the
// system's.
static void prepare(struct async_op *op, struct msghdr *message, struct iovec *part,
                    const struct async_address *address, socklen_t length)
{
    if (op->at)
        return;
    *message = (struct msghdr){
        .msg_name = address ? (void *)(uintptr_t)&address->any : NULL,
        .msg_namelen = length,
        .msg_iov = part,
        .msg_iovlen = 1,
    };
    op->at = message;
}

// ---- Receiving ------------------------------------------------------------------------------

enum async_poll
async_datagram_receive_from_future_poll(struct async_datagram_receive_from_future *self,
                                        struct async_context *cx)
{
    struct async_op *op = &self->op;
    prepare(op, &self->message, &self->part, self->from,
            self->from ? sizeof self->from->storage : 0);
    op->code = OP_RECVMSG;
    op->flags = MSG_TRUNC; // the result is the size of the packet, not of what had room
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = op->result;
    if (self->from)
        self->from->length = op->result < 0 ? 0 : self->message.msg_namelen;
    return ASYNC_READY;
}

void async_datagram_receive_from_future_drop(struct async_datagram_receive_from_future *self)
{
    op_drop(&self->op);
}

// ---- Sending --------------------------------------------------------------------------------

// To a Unix socket that need not be the connected one: nobody tells when there is room.
static enum async_poll send_to_unix(struct async_datagram_send_to_future *self,
                                    struct async_context *cx)
{
    struct async_op *op = &self->op;
    int rc = pause_poll(&self->pause, op, cx);
    if (rc > 0)
        return ASYNC_PENDING;
    if (rc == 0) {
        if (!io_spend())
            return pause_begin(&self->pause, op, cx, 0);
        self->result = sys->sendmsg(op->source->fd, &self->message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (self->result == -EAGAIN)
            return pause_begin(&self->pause, op, cx, RETRY_MS);
    } else {
        self->result = rc;
    }
    return ASYNC_READY;
}

enum async_poll async_datagram_send_to_future_poll(struct async_datagram_send_to_future *self,
                                                   struct async_context *cx)
{
    struct async_op *op = &self->op;
    prepare(op, &self->message, &self->part, self->to, self->to ? self->to->length : 0);
    if (self->to && self->to->length && self->to->any.sa_family == AF_UNIX)
        return send_to_unix(self, cx);
    op->code = OP_SENDMSG;
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = op->result;
    return ASYNC_READY;
}

void async_datagram_send_to_future_drop(struct async_datagram_send_to_future *self)
{
    if (self->pause.on)
        pause_drop(&self->pause, &self->op);
    else
        op_drop(&self->op);
}
