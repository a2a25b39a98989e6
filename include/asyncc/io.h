// io.h - reading, writing and waiting for any file descriptor.
//
//     #include <asyncc/io.h>
//     #include <asyncc/async.h>
//
//     static async int echo(int in, int out)     // the terminal, pipes, other people's sockets
//     {
//         char buf[4096];
//         for (;;) {
//             ssize_t n = await async_read(in, buf, sizeof buf);
//             if (n <= 0)
//                 return (int)n;
//             n = await async_write_all(out, buf, (size_t)n);
//             if (n < 0)
//                 return (int)n;
//         }
//     }
//
// The descriptor stays the caller's: it is not closed, and its flags are not changed, so it may be
// one that is shared with other processes, like the standard input. It must not be closed while
// somebody waits for it. Each operation takes a system call or two more than those of stream.h and
// net.h, which own their descriptors. Owner thread only. Errors are -errno.
//
// BLOCKING DESCRIPTORS need not be made non-blocking: the operations wait until the descriptor is
// ready, and ask the system not to wait in the call. Where it cannot be asked that (terminals, and
// pipes before Linux 6.4), a call may block after all if another process takes the bytes, or fills
// the room, between the two; and then at most 512 bytes are written at a time, which an output that
// is ready has room for, except for a terminal whose reader is stuck: make that one non-blocking.
//
// REGULAR FILES are always ready. They are read and written at once, on this thread, which waits
// for the disk if it has to; file.h does that on other threads.
//
// SIGPIPE: writing to a pipe that nobody reads returns -EPIPE, and like in all of C raises SIGPIPE,
// which ends the process by default. async_run_main ignores it for that reason; a program that
// comes with a main of its own should, too: signal(SIGPIPE, SIG_IGN). For sockets it is not raised.
#ifndef ASYNCC_IO_H
#define ASYNCC_IO_H

#include <asyncc/time.h>
#include <sys/types.h>
#include <sys/uio.h>
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
    bool yielded;                // likewise: it was not woken, but lets others run once
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

// A while after which an operation is tried again. Like async_op.
struct async_pause {
    struct async_sleep_ms_future sleep;
    bool on;
};

static inline void async_op_init_(struct async_op *op, void *source, const void *at, size_t size)
{
    op->source = (struct async_source *)source;
    op->at = (void *)(uintptr_t)at;
    op->size = size;
    op->state = 0;
    op->yielded = false;
    op->flags = 0;
}

// ---- await async_readable(fd), await async_writable(fd) -----------------------------------------
//
// Waits until reading from (writing to) fd would not block: there is data or room, the end of the
// stream, or an error to collect. What cannot block in this sense, like a regular file, is ready at
// once. Returns 0, -EBADF, -ENOMEM, or -ENOSPC (the system's limit of watched descriptors). Several
// may wait for one fd. Cancel-safe; a dropped wait leaves no registration behind. The first to wait
// for an fd allocates some 100 bytes, until the last one is done; and the table of descriptors
// grows with the numbers in use.
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

// ---- await async_read(fd, buf, n), await async_readv(fd, parts, count) --------------------------
//
// Waits for bytes and reads at most n of them, or into `count` buffers (at most IOV_MAX, else
// -EINVAL). Returns how many (at least 1 unless there is no room for any), 0 at the end of the
// file, or the error of read(2); -ENOMEM and -ENOSPC are also those of the wait. The memory must
// stay until then. Packets, lines and records come one at a time, as they do with read(2).
// Cancel-safe: a dropped read has read nothing. Allocates as async_readable does.
asyncc_async ssize_t async_read(int fd, void *buf, size_t n);
asyncc_async ssize_t async_readv(int fd, const struct iovec *parts, int count);

struct async_read_future {
    struct async_op op; // the wait; op.source NULL: not waiting
    struct iovec part;
    int fd;
    ssize_t result;
};

struct async_readv_future {
    struct async_op op; // the wait; op.source NULL: not waiting
    const struct iovec *parts;
    int count, fd;
    ssize_t result;
};

static inline void async_read_future_init(struct async_read_future *self, int fd, void *buf,
                                          size_t n)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->part.iov_base = buf;
    self->part.iov_len = n;
    self->fd = fd;
}

enum async_poll async_read_future_poll(struct async_read_future *self, struct async_context *cx);
void async_read_future_drop(struct async_read_future *self);

static inline void async_readv_future_init(struct async_readv_future *self, int fd,
                                           const struct iovec *parts, int count)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->parts = parts;
    self->count = count;
    self->fd = fd;
}

enum async_poll async_readv_future_poll(struct async_readv_future *self, struct async_context *cx);
void async_readv_future_drop(struct async_readv_future *self);

// ---- await async_write(fd, buf, n), await async_writev(fd, parts, count) ------------------------
//
// Waits for room and writes at most n bytes, or those of `count` buffers (at most IOV_MAX, else
// -EINVAL). Returns how many, or -EPIPE or another error of write(2); -ENOMEM and -ENOSPC are also
// those of the wait. The memory must stay until then. Cancel-safe: a dropped write has written
// nothing. Allocates as async_writable does.
asyncc_async ssize_t async_write(int fd, const void *buf, size_t n);
asyncc_async ssize_t async_writev(int fd, const struct iovec *parts, int count);

struct async_write_future {
    struct async_op op; // the wait; op.source NULL: not waiting
    struct iovec part;
    int fd;
    ssize_t result;
};

struct async_writev_future {
    struct async_op op; // the wait; op.source NULL: not waiting
    const struct iovec *parts;
    int count, fd;
    ssize_t result;
};

static inline void async_write_future_init(struct async_write_future *self, int fd, const void *buf,
                                           size_t n)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->part.iov_base = (void *)(uintptr_t)buf;
    self->part.iov_len = n;
    self->fd = fd;
}

enum async_poll async_write_future_poll(struct async_write_future *self, struct async_context *cx);
void async_write_future_drop(struct async_write_future *self);

static inline void async_writev_future_init(struct async_writev_future *self, int fd,
                                            const struct iovec *parts, int count)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->parts = parts;
    self->count = count;
    self->fd = fd;
}

enum async_poll async_writev_future_poll(struct async_writev_future *self,
                                         struct async_context *cx);
void async_writev_future_drop(struct async_writev_future *self);

// ---- await async_write_all(fd, buf, n) ----------------------------------------------------------
//
// Writes all n bytes. Returns n, or the error that kept some of them from being written. NOT
// cancel-safe in one respect: a dropped write may have written a part of its bytes. Else as
// async_write.
asyncc_async ssize_t async_write_all(int fd, const void *buf, size_t n);

struct async_write_all_future {
    struct async_op op; // the wait; op.source NULL: not waiting
    struct iovec part;  // what is left
    int fd;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_write_all_future_init(struct async_write_all_future *self, int fd,
                                               const void *buf, size_t n)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->part.iov_base = (void *)(uintptr_t)buf;
    self->part.iov_len = n;
    self->fd = fd;
    self->n = n;
}

enum async_poll async_write_all_future_poll(struct async_write_all_future *self,
                                            struct async_context *cx);
void async_write_all_future_drop(struct async_write_all_future *self);

#endif
