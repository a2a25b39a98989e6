// unix.h - Unix sockets: streams and datagrams between processes of one machine, with descriptors
// passed along.
//
//     #include <asyncc/unix.h>
//     #include <asyncc/async.h>
//
//     static async int hand_over(const char *path, int fd)
//     {
//         struct async_stream *peer;
//         int rc = await async_unix_connect(path, &peer);
//         if (rc < 0)
//             return rc;
//         defer async_stream_close(peer);
//         ssize_t n = await async_unix_send_fds(peer, "x", 1, &fd, 1);
//         return n < 0 ? (int)n : 0;
//     }
//
// Connections are streams (stream.h), listeners are those of listener.h. Paths are as in
// async_address_unix (address.h): "@name" is an abstract name. Errors are -errno. Sockets are
// non-blocking and close-on-exec.
//
// FILES: binding to a path makes a file, and closing the listener or datagram socket removes it,
// unless another file has taken its place. A process that dies leaves its file behind, and the next
// one to bind there gets -EADDRINUSE; with the option `replace`, a socket file that nobody is bound
// to is removed first. A relative path is looked up again when it is removed.
#ifndef ASYNCC_UNIX_H
#define ASYNCC_UNIX_H

#include <asyncc/datagram.h>
#include <asyncc/listener.h>
#include <asyncc/stream.h>
#include <sys/types.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// Listens at a path. Returns 0 and a listener to be closed by the caller, or -EINVAL (""),
// -ENAMETOOLONG, -EADDRINUSE, -EACCES, -ENOENT, -EMFILE, -ENOMEM, ... Two allocations. Does not
// wait.
int async_unix_listen(const char *path, struct async_listener **out);
int async_unix_listen_with(const char *path, const struct async_listen_options *options,
                           struct async_listener **out);

// Makes a datagram socket that receives at a path, or one without an address for NULL: such a one
// can send, but not be answered. `replace` is as in the options. Returns as async_unix_listen.
int async_unix_datagram(const char *path, bool replace, struct async_datagram **out);

// Who has made the other end of a connection: its process at that time.
struct async_unix_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

// 0 or -errno. Does not wait.
int async_unix_peer(const struct async_stream *stream, struct async_unix_peer *out);

// ---- await async_unix_accept(listener, &peer) ---------------------------------------------------
//
// Waits for a connection. Returns as async_tcp_accept (net.h) does, and is cancel-safe like that.
asyncc_async int async_unix_accept(struct async_listener *listener, struct async_stream **out);

struct async_unix_accept_future {
    struct async_accept accept;
    struct async_stream **out;
    int result;
};

static inline void async_unix_accept_future_init(struct async_unix_accept_future *self,
                                                 struct async_listener *listener,
                                                 struct async_stream **out)
{
    async_accept_init_(&self->accept, listener);
    self->out = out;
}

enum async_poll async_unix_accept_future_poll(struct async_unix_accept_future *self,
                                              struct async_context *cx);
void async_unix_accept_future_drop(struct async_unix_accept_future *self);

// ---- await async_unix_connect(path, &peer) ------------------------------------------------------
//
// Connects to a listener. `path` is read at the first poll only. Returns 0 and a connection to be
// closed by the caller, or -EINVAL, -ENAMETOOLONG, -ENOENT, -ECONNREFUSED, -EACCES, -EMFILE, ...
// While the listener's backlog is full, it tries again every 5 ms, since the system does not tell
// when it may succeed. Cancel-safe: a dropped connect closes its socket.
asyncc_async int async_unix_connect(const char *path, struct async_stream **out);

struct async_unix_connect_future {
    struct async_op op; // op.source is the socket's; NULL: nothing is in flight
    struct async_pause pause;
    struct async_stream **out;
    const char *path; // until the first poll
    struct async_address address;
    int result;
};

static inline void async_unix_connect_future_init(struct async_unix_connect_future *self,
                                                  const char *path, struct async_stream **out)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->pause.on = false;
    self->path = path;
    self->out = out;
}

enum async_poll async_unix_connect_future_poll(struct async_unix_connect_future *self,
                                               struct async_context *cx);
void async_unix_connect_future_drop(struct async_unix_connect_future *self);

// ---- Passing descriptors ------------------------------------------------------------------------

enum {
    ASYNC_UNIX_FDS = 32 // the most descriptors that go with one send
};

// Room for their control message: a header of the system's and the descriptors.
struct async_unix_control {
    union {
        char bytes[32 + ASYNC_UNIX_FDS * sizeof(int)];
        size_t align_;
    };
};

// ---- await async_unix_send_fds(stream, buf, n, fds, count) --------------------------------------
//
// Writes at most n bytes, at least 1 (-EINVAL), and with the first of them copies of `count`
// descriptors, at most ASYNC_UNIX_FDS (-EINVAL). Returns how many bytes were written; the
// descriptors have gone with them, and yours stay open. Else -EPIPE, -EBADF (one is not open),
// -ETOOMANYREFS, ... buf and fds must stay until then. A dropped send has sent nothing, except with
// io_uring: there it may have.
asyncc_async ssize_t async_unix_send_fds(struct async_stream *stream, const void *buf, size_t n,
                                         const int *fds, int count);

struct async_unix_send_fds_future {
    struct async_op op;
    const int *fds;
    int count;
    struct iovec part;
    struct msghdr message;
    struct async_unix_control control;
    ssize_t result;
};

static inline void async_unix_send_fds_future_init(struct async_unix_send_fds_future *self,
                                                   struct async_stream *stream, const void *buf,
                                                   size_t n, const int *fds, int count)
{
    async_op_init_(&self->op, stream, NULL, 0);
    self->part.iov_base = (void *)(uintptr_t)buf;
    self->part.iov_len = n;
    self->fds = fds;
    self->count = count;
}

enum async_poll async_unix_send_fds_future_poll(struct async_unix_send_fds_future *self,
                                                struct async_context *cx);
void async_unix_send_fds_future_drop(struct async_unix_send_fds_future *self);

// ---- await async_unix_receive_fds(stream, buf, n, fds, &count) ----------------------------------
//
// Waits for bytes, and reads at most n of them, at least 1 (-EINVAL), and the descriptors that came
// with them. *count is how many descriptors there is room for at `fds`, and then how many there
// are. They are close-on-exec, and yours to be closed. Those without room, or more than
// ASYNC_UNIX_FDS, are closed: nothing tells about them. Returns how many bytes, 0 at the end of the
// stream, or -ECONNRESET, ... and then *count is 0. buf, fds and count must stay until then. Bytes
// of two sends that carry descriptors are not mixed in one receive. Cancel-safe: a dropped receive
// has taken neither bytes nor descriptors.
//
// Reading with async_stream_read throws descriptors away.
asyncc_async ssize_t async_unix_receive_fds(struct async_stream *stream, void *buf, size_t n,
                                            int *fds, int *count);

struct async_unix_receive_fds_future {
    struct async_op op;
    int *fds, *count;
    struct iovec part;
    struct msghdr message;
    struct async_unix_control control;
    ssize_t result;
};

static inline void async_unix_receive_fds_future_init(struct async_unix_receive_fds_future *self,
                                                      struct async_stream *stream, void *buf,
                                                      size_t n, int *fds, int *count)
{
    async_op_init_(&self->op, stream, NULL, 0);
    self->part.iov_base = buf;
    self->part.iov_len = n;
    self->fds = fds;
    self->count = count;
}

enum async_poll async_unix_receive_fds_future_poll(struct async_unix_receive_fds_future *self,
                                                   struct async_context *cx);
void async_unix_receive_fds_future_drop(struct async_unix_receive_fds_future *self);

#endif
