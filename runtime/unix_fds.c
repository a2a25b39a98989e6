// unix_fds.c - descriptors that go with the bytes of a Unix stream.
#define _GNU_SOURCE
#include <asyncc/unix.h>

#include "stream.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct async_unix_control) >= CMSG_SPACE(ASYNC_UNIX_FDS * sizeof(int)),
               "struct async_unix_control is too small for this system");

// ---- Sending --------------------------------------------------------------------------------

// Fills in the message at the first poll. While the operation is under way, it is the system's.
static int prepare_send(struct async_unix_send_fds_future *self)
{
    if (self->op.at)
        return 0;
    if (self->part.iov_len == 0 || self->count < 0 || self->count > ASYNC_UNIX_FDS)
        return -EINVAL;
    struct msghdr *message = &self->message;
    *message = (struct msghdr){.msg_iov = &self->part, .msg_iovlen = 1};
    self->op.at = message;
    if (self->count == 0)
        return 0;
    size_t size = (size_t)self->count * sizeof(int);
    memset(&self->control, 0, sizeof self->control);
    message->msg_control = &self->control;
    message->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), self->fds, size);
    return 0;
}

enum async_poll async_unix_send_fds_future_poll(struct async_unix_send_fds_future *self,
                                                struct async_context *cx)
{
    self->result = prepare_send(self);
    if (self->result < 0)
        return ASYNC_READY;
    self->op.code = OP_SENDMSG;
    if (op_poll(&self->op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = self->op.result;
    return ASYNC_READY;
}

void async_unix_send_fds_future_drop(struct async_unix_send_fds_future *self)
{
    op_drop(&self->op);
}

// ---- Receiving ------------------------------------------------------------------------------

static int prepare_receive(struct async_unix_receive_fds_future *self)
{
    if (self->op.at)
        return 0;
    if (self->part.iov_len == 0 || *self->count < 0)
        return -EINVAL;
    self->message = (struct msghdr){
        .msg_iov = &self->part,
        .msg_iovlen = 1,
        .msg_control = &self->control,
        .msg_controllen = CMSG_SPACE(ASYNC_UNIX_FDS * sizeof(int)),
    };
    self->op.at = &self->message;
    self->op.flags = MSG_CMSG_CLOEXEC;
    return 0;
}

// Hands over the descriptors that there is room for, and closes the others. How many were handed
// over.
static int take_fds(struct async_unix_receive_fds_future *self)
{
    int taken = 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&self->message);
    for (; header; header = CMSG_NXTHDR(&self->message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t many = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < many; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (taken < *self->count)
                self->fds[taken++] = fd;
            else
                sys->close(fd);
        }
    }
    return taken;
}

enum async_poll async_unix_receive_fds_future_poll(struct async_unix_receive_fds_future *self,
                                                   struct async_context *cx)
{
    self->result = prepare_receive(self);
    if (self->result == 0) {
        self->op.code = OP_RECVMSG;
        if (op_poll(&self->op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        self->result = self->op.result;
    }
    *self->count = self->result < 0 ? 0 : take_fds(self);
    return ASYNC_READY;
}

void async_unix_receive_fds_future_drop(struct async_unix_receive_fds_future *self)
{
    op_drop(&self->op);
}
