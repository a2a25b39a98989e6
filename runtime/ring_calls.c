// ring_calls.c - filling in submissions.
#define _GNU_SOURCE
#include "ring_calls.h"

#ifdef HAVE_IO_URING

#include "buffer_ring.h"

// The kernel takes no longer buffers than this, and no call does more.
static unsigned length(size_t size)
{
    return size < 0x7ffff000 ? (unsigned)size : 0x7ffff000;
}

static void fill(struct io_uring_sqe *sqe, unsigned char opcode, const void *at, size_t size)
{
    sqe->opcode = opcode;
    sqe->addr = (uintptr_t)at;
    sqe->len = length(size);
    if (opcode == IORING_OP_READ || opcode == IORING_OP_WRITE || opcode == IORING_OP_READV ||
        opcode == IORING_OP_WRITEV)
        sqe->off = UINT64_MAX; // at the descriptor's position
}

void ring_poll(struct io_uring_sqe *sqe, int direction)
{
    unsigned events = direction == IO_READ ? POLLIN : POLLOUT;
    sqe->opcode = IORING_OP_POLL_ADD;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    events = events << 16 | events >> 16;
#endif
    sqe->poll32_events = events;
}

static void pick_buffer(struct io_uring_sqe *sqe, unsigned group)
{
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = (uint16_t)group;
}

void ring_receive(struct io_uring_sqe *sqe, int fd, unsigned group)
{
    sqe->opcode = IORING_OP_RECV;
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->fd = fd;
    pick_buffer(sqe, group);
}

void ring_provide(struct io_uring_sqe *sqe, unsigned group, void *buffers, unsigned count,
                  size_t size)
{
    sqe->opcode = IORING_OP_PROVIDE_BUFFERS;
    sqe->fd = (int)count;
    sqe->addr = (uintptr_t)buffers;
    sqe->len = length(size);
    sqe->buf_group = (uint16_t)group;
}

void ring_cancel(struct io_uring_sqe *sqe, uint64_t user_data)
{
    sqe->opcode = IORING_OP_ASYNC_CANCEL;
    sqe->fd = -1;
    sqe->addr = user_data;
}

static void fill_write(struct io_uring_sqe *sqe, const struct async_op *op, struct msghdr *message)
{
    bool socket = op->source->socket;
    sqe->msg_flags = socket ? MSG_NOSIGNAL : 0;
    if (op->code == OP_WRITE) {
        fill(sqe, socket ? IORING_OP_SEND : IORING_OP_WRITE, op->at, op->size);
    } else if (!socket) {
        fill(sqe, IORING_OP_WRITEV, op->at, op->size);
    } else {
        *message = (struct msghdr){.msg_iov = op->at, .msg_iovlen = op->size};
        fill(sqe, IORING_OP_SENDMSG, message, 1);
    }
}

void ring_call(struct io_uring_sqe *sqe, const struct async_op *op, struct msghdr *message)
{
    bool socket = op->source->socket;
    switch ((enum op_code)op->code) {
    case OP_READABLE:
    case OP_WRITABLE:
        ring_poll(sqe, op_direction(op));
        break;
    case OP_READ:
        fill(sqe, socket ? IORING_OP_RECV : IORING_OP_READ, op->at, op->size);
        break;
    case OP_READ_BORROWED:
        fill(sqe, socket ? IORING_OP_RECV : IORING_OP_READ, NULL, BUFFER_SIZE);
        pick_buffer(sqe, BUFFER_GROUP);
        break;
    case OP_READV:
        fill(sqe, IORING_OP_READV, op->at, op->size);
        break;
    case OP_RECVMSG:
        fill(sqe, IORING_OP_RECVMSG, op->at, 1);
        sqe->msg_flags = (unsigned)op->flags;
        break;
    case OP_ACCEPT:
        sqe->opcode = IORING_OP_ACCEPT;
        sqe->accept_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
        break;
    case OP_WRITE:
    case OP_WRITEV:
        fill_write(sqe, op, message);
        break;
    case OP_SENDMSG:
        fill(sqe, IORING_OP_SENDMSG, op->at, 1);
        sqe->msg_flags = (unsigned)op->flags | MSG_NOSIGNAL;
        break;
    case OP_CONNECT:
        sqe->opcode = IORING_OP_CONNECT;
        sqe->addr = (uintptr_t)op->at;
        sqe->off = op->size;
        break;
    case OP_CODES:
        break;
    }
}

#else

typedef int no_ring_calls; // a translation unit is not empty

#endif
