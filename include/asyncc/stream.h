// stream.h - bytes in order: TCP connections, Unix sockets, pipes, any descriptor that streams.
//
//     #include <asyncc/stream.h>
//     #include <asyncc/async.h>
//
//     static async int copy(struct async_stream *from, struct async_stream *to)
//     {
//         char buf[4096];
//         for (;;) {
//             ssize_t n = await async_stream_read(from, buf, sizeof buf);
//             if (n <= 0)
//                 return (int)n;
//             n = await async_stream_write_all(to, buf, (size_t)n);
//             if (n < 0)
//                 return (int)n;
//         }
//     }
//
// A TCP connection is a stream (async_tcp_stream in net.h), and so are the others: what is here
// works for all of them. Errors are -errno. Writing to a closed stream returns -EPIPE and raises no
// signal, where it is a socket.
//
// Streams belong to the executor of the thread that made them and are used on that thread only. One
// task may read while another writes. Closing a stream ends what is under way on it with
// -ECANCELED. With epoll, the first operation that has to wait may return -ENOMEM or -ENOSPC (the
// system's limit of watched descriptors).
//
// With io_uring, a read that is dropped may have its bytes already. They are kept for the next
// read, which allocates; with no memory left they are lost, and all later reads return -ENOMEM. And
// readers (buffered.h) have the kernel receive ahead from a TCP connection: see there.
#ifndef ASYNCC_STREAM_H
#define ASYNCC_STREAM_H

#include <asyncc/io.h>
#include <sys/types.h>
#include <sys/uio.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_stream;

// Makes a stream of a descriptor of yours, which is made non-blocking, and belongs to the stream
// from here on. 0 or -ENOMEM, -EBADF; then the descriptor is still yours. A stream is one
// allocation; and the executor's table of descriptors grows with the numbers in use.
int async_stream_open(int fd, struct async_stream **out);

// Closes the stream; what was written is still sent. NULL is allowed.
void async_stream_close(struct async_stream *stream);

// Ends one direction: `how` is that of shutdown(2). Sockets only. 0 or -errno.
int async_stream_shutdown(struct async_stream *stream, int how);

// The descriptor, for setsockopt and the like. It stays the stream's. Reading from it passes by
// what, with io_uring, dropped reads left behind or was received ahead for a reader.
int async_stream_fd(const struct async_stream *stream);

// ---- await async_stream_read(stream, buf, n) ----------------------------------------------------
//
// Waits for bytes and reads at most n of them. Returns how many (at least 1 unless n is 0), 0 at
// the end of the stream, or -ECONNRESET, ... buf must stay until then. Cancel-safe: a dropped read
// has read nothing.
asyncc_async ssize_t async_stream_read(struct async_stream *stream, void *buf, size_t n);

struct async_stream_read_future {
    ASYNC_OP_AND_RESULT_(ssize_t);
};

static inline void async_stream_read_future_init(struct async_stream_read_future *self,
                                                 struct async_stream *stream, void *buf, size_t n)
{
    async_op_init_(&self->op, stream, buf, n);
}

enum async_poll async_stream_read_future_poll(struct async_stream_read_future *self,
                                              struct async_context *cx);
void async_stream_read_future_drop(struct async_stream_read_future *self);

// ---- await async_stream_readv(stream, parts, count) ---------------------------------------------
//
// The same into `count` buffers, at most IOV_MAX (-EINVAL). The array must stay, too.
asyncc_async ssize_t async_stream_readv(struct async_stream *stream, const struct iovec *parts,
                                        int count);

struct async_stream_readv_future {
    ASYNC_OP_AND_RESULT_(ssize_t);
};

static inline void async_stream_readv_future_init(struct async_stream_readv_future *self,
                                                  struct async_stream *stream,
                                                  const struct iovec *parts, int count)
{
    async_op_init_(&self->op, stream, parts, (size_t)count);
}

enum async_poll async_stream_readv_future_poll(struct async_stream_readv_future *self,
                                               struct async_context *cx);
void async_stream_readv_future_drop(struct async_stream_readv_future *self);

// ---- await async_stream_write(stream, buf, n) ---------------------------------------------------
//
// Waits for room and writes at most n bytes. Returns how many, or -EPIPE, -ECONNRESET, ... buf must
// stay until then. A dropped write has written nothing, except with io_uring: there it may have.
asyncc_async ssize_t async_stream_write(struct async_stream *stream, const void *buf, size_t n);

struct async_stream_write_future {
    ASYNC_OP_AND_RESULT_(ssize_t);
};

static inline void async_stream_write_future_init(struct async_stream_write_future *self,
                                                  struct async_stream *stream, const void *buf,
                                                  size_t n)
{
    async_op_init_(&self->op, stream, buf, n);
}

enum async_poll async_stream_write_future_poll(struct async_stream_write_future *self,
                                               struct async_context *cx);
void async_stream_write_future_drop(struct async_stream_write_future *self);

// ---- await async_stream_writev(stream, parts, count) --------------------------------------------
//
// The same from `count` buffers, at most IOV_MAX (-EINVAL). The array must stay, too.
asyncc_async ssize_t async_stream_writev(struct async_stream *stream, const struct iovec *parts,
                                         int count);

struct async_stream_writev_future {
    ASYNC_OP_AND_RESULT_(ssize_t);
};

static inline void async_stream_writev_future_init(struct async_stream_writev_future *self,
                                                   struct async_stream *stream,
                                                   const struct iovec *parts, int count)
{
    async_op_init_(&self->op, stream, parts, (size_t)count);
}

enum async_poll async_stream_writev_future_poll(struct async_stream_writev_future *self,
                                                struct async_context *cx);
void async_stream_writev_future_drop(struct async_stream_writev_future *self);

// ---- await async_stream_write_all(stream, buf, n) -----------------------------------------------
//
// Writes all n bytes. Returns n, or -EPIPE, -ECONNRESET, ... when some of them could not be
// written. buf must stay until then. NOT cancel-safe in one respect: a dropped write may have sent
// a part of its bytes.
asyncc_async ssize_t async_stream_write_all(struct async_stream *stream, const void *buf, size_t n);

struct async_stream_write_all_future {
    struct async_op op; // of what is left
    const char *end;    // of the bytes
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void
async_stream_write_all_future_init(struct async_stream_write_all_future *self,
                                   struct async_stream *stream, const void *buf, size_t n)
{
    async_op_init_(&self->op, stream, buf, n);
    self->end = (const char *)buf + n;
    self->n = n;
}

enum async_poll async_stream_write_all_future_poll(struct async_stream_write_all_future *self,
                                                   struct async_context *cx);
void async_stream_write_all_future_drop(struct async_stream_write_all_future *self);

// ---- await async_stream_readable(stream), await async_stream_writable(stream) -------------------
//
// Waits until reading (writing) would not block: there is data or room, the end of the stream, or
// an error to collect. 0 or -errno. Cancel-safe.
asyncc_async int async_stream_readable(struct async_stream *stream);
asyncc_async int async_stream_writable(struct async_stream *stream);

struct async_stream_readable_future {
    struct async_op op;
    int result;
};

struct async_stream_writable_future {
    struct async_op op;
    int result;
};

static inline void async_stream_readable_future_init(struct async_stream_readable_future *self,
                                                     struct async_stream *stream)
{
    async_op_init_(&self->op, stream, NULL, 0);
}

enum async_poll async_stream_readable_future_poll(struct async_stream_readable_future *self,
                                                  struct async_context *cx);
void async_stream_readable_future_drop(struct async_stream_readable_future *self);

static inline void async_stream_writable_future_init(struct async_stream_writable_future *self,
                                                     struct async_stream *stream)
{
    async_op_init_(&self->op, stream, NULL, 0);
}

enum async_poll async_stream_writable_future_poll(struct async_stream_writable_future *self,
                                                  struct async_context *cx);
void async_stream_writable_future_drop(struct async_stream_writable_future *self);

#endif
