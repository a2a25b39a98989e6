// io.h - waiting for file descriptors.
//
//     #include <asyncc/async.h>
//     #include <asyncc/io.h>
//
//     static async ssize_t read_some(int fd, void *buf, size_t n)   // fd is non-blocking
//     {
//         for (;;) {
//             ssize_t got = read(fd, buf, n);
//             if (got >= 0)
//                 return got;
//             if (errno != EAGAIN)
//                 return -errno;
//             int rc = await async_readable(fd);
//             if (rc < 0)
//                 return rc;
//         }
//     }
//
// The descriptor stays the caller's: it is not closed, and its flags are not changed. It must not
// be closed while somebody waits for it. These waits are for terminals, devices and other
// libraries' sockets; stream.h and net.h have cheaper ones for pipes and sockets. Owner thread
// only.
#ifndef ASYNCC_IO_H
#define ASYNCC_IO_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_source;

// An operation of the runtime's on a descriptor, in the memory of the future that awaits it. It is
// for the runtime's own futures, which are what may be awaited.
struct async_op {
    struct async_op *next;       // the source's list
    struct async_waker waker;    // held while it waits
    struct async_source *source; // what is operated on
    void *at;                    // what the operation needs: a buffer, say
    uint8_t code, state;         // private to the runtime
    uint8_t phase;               // private to its reactor
    int flags;                   // of the system call
    union {
        size_t size;     // until done: bytes, or what else the operation needs
        intptr_t result; // when done: what the system call returned, or -errno
    };
};

// The members of a future whose result is its operation's, of type TYPE.
#define ASYNC_OP_AND_RESULT_(TYPE)                         \
    union {                                                \
        struct async_op op;                                \
        struct {                                           \
            char op_[offsetof(struct async_op, result)];   \
            TYPE result;                                   \
        };                                                 \
    }

static inline void async_op_init_(struct async_op *op, void *source, const void *at, size_t size)
{
    op->source = (struct async_source *)source;
    op->at = (void *)(uintptr_t)at;
    op->size = size;
    op->state = 0;
    op->flags = 0;
}

// ---- await async_readable(fd), await async_writable(fd) -----------------------------------------
//
// Waits until reading from (writing to) fd would not block: there is data or room, the end of the
// stream, or an error to collect. What cannot block in this sense, like a regular file, is ready at
// once. Returns 0, -EBADF, -ENOMEM, or -ENOSPC (the system's limit of watched descriptors). Several
// may wait for one fd. Cancel-safe; a dropped wait leaves no registration behind.
asyncc_async int async_readable(int fd);
asyncc_async int async_writable(int fd);

struct async_readable_future {
    struct async_op op; // op.source NULL: not waiting
    union {
        int fd; // until done
        int result;
    };
};

struct async_writable_future {
    struct async_op op; // op.source NULL: not waiting
    union {
        int fd; // until done
        int result;
    };
};

static inline void async_readable_future_init(struct async_readable_future *self, int fd)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->fd = fd;
}

enum async_poll async_readable_future_poll(struct async_readable_future *self,
                                           struct async_context *cx);
void async_readable_future_drop(struct async_readable_future *self);

static inline void async_writable_future_init(struct async_writable_future *self, int fd)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->fd = fd;
}

enum async_poll async_writable_future_poll(struct async_writable_future *self,
                                           struct async_context *cx);
void async_writable_future_drop(struct async_writable_future *self);

#endif
