// net.h - TCP.
//
//     #include <asyncc/net.h>
//     #include <asyncc/async.h>
//
//     static async int greet(const char *host, int port)
//     {
//         struct async_tcp *peer;
//         int rc = await async_tcp_connect(host, port, &peer);
//         if (rc < 0)
//             return rc;
//         defer async_tcp_close(peer);
//         ssize_t n = await async_tcp_write_all(peer, "hello\n", 6);
//         return n < 0 ? (int)n : 0;
//     }
//
// Hosts are numeric IPv4 or IPv6 addresses, or "localhost" (127.0.0.1), as async_address_ip of
// address.h has them; names are not looked up. Errors are -errno. Sockets are non-blocking and
// close-on-exec, connections have TCP_NODELAY; other options are set by the descriptor:
//
//     setsockopt(async_tcp_fd(tcp), SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
//
// Writing to a closed connection returns -EPIPE and raises no signal.
//
// Connections and listeners belong to the executor of the thread that made them and are used on
// that thread only. One task may read while another writes. Closing one ends what is under way on
// it with -ECANCELED. A connection or listener is one allocation.
#ifndef ASYNCC_NET_H
#define ASYNCC_NET_H

#include <asyncc/address.h>
#include <asyncc/listener.h>
#include <asyncc/stream.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_listener;
struct async_tcp;

// Listens on host:port, with SO_REUSEADDR. host NULL or "" is every IPv4 address, "::" every IPv6
// and, unless options->v6_only, every IPv4 address; port 0 lets the system choose, see
// async_listener_port. Returns 0 and a listener (listener.h) to be closed by the caller, or -EINVAL
// (bad host or port), -EADDRINUSE, -EACCES, -EMFILE, -ENOMEM, ...
int async_tcp_listen(const char *host, int port, struct async_listener **out);
int async_tcp_listen_with(const char *host, int port, const struct async_listen_options *options,
                          struct async_listener **out);

// Closes the connection; what was written is still sent. NULL is allowed.
void async_tcp_close(struct async_tcp *tcp);

// The connection as a stream: what stream.h and buffered.h have works on it. It stays the
// connection's, and is closed with it.
static inline struct async_stream *async_tcp_stream(struct async_tcp *tcp)
{
    return (struct async_stream *)tcp;
}

// The socket, for setsockopt, shutdown and the like. It stays the connection's.
int async_tcp_fd(const struct async_tcp *tcp);

// Where the connection comes from and goes to. 0, or -ENOTCONN if the peer is gone already.
static inline int async_tcp_local_address(const struct async_tcp *tcp, struct async_address *out)
{
    return async_address_of_socket(async_tcp_fd(tcp), out);
}

static inline int async_tcp_peer_address(const struct async_tcp *tcp, struct async_address *out)
{
    return async_address_of_peer(async_tcp_fd(tcp), out);
}

// ---- await async_tcp_accept(listener, &peer) ----------------------------------------------------
//
// Waits for a connection. Returns 0 and a connection to be closed by the caller, or an error that
// does not go away by itself (-EBADF, -EINVAL, -ENOMEM). Connections that are gone again are
// skipped. While the process or the system is out of descriptors or socket memory, it waits and
// tries again every 50 ms: a server at its limit stays alive and idle. (If the listener is closed
// meanwhile, -ECANCELED comes at the end of that pause.) Any number of tasks may accept on one
// listener. Cancel-safe: a dropped accept has taken no connection. (With io_uring it may have; then
// the next one gets it. Remembering it allocates; if that fails, it is closed.)
asyncc_async int async_tcp_accept(struct async_listener *listener, struct async_tcp **out);

struct async_tcp_accept_future {
    struct async_accept accept;
    struct async_tcp **out;
    int result;
};

static inline void async_tcp_accept_future_init(struct async_tcp_accept_future *self,
                                                struct async_listener *listener,
                                                struct async_tcp **out)
{
    async_accept_init_(&self->accept, listener);
    self->out = out;
}

enum async_poll async_tcp_accept_future_poll(struct async_tcp_accept_future *self,
                                             struct async_context *cx);
void async_tcp_accept_future_drop(struct async_tcp_accept_future *self);

// ---- await async_tcp_connect(host, port, &peer) -------------------------------------------------
//
// Connects to host:port. `host` is read at the first poll only. Returns 0 and a connection to be
// closed by the caller, or -EINVAL, -ECONNREFUSED, -ETIMEDOUT, -EMFILE, ... Cancel-safe: a dropped
// connect closes its socket.
asyncc_async int async_tcp_connect(const char *host, int port, struct async_tcp **out);

struct async_tcp_connect_future {
    struct async_op op;    // op.source is the socket's; NULL: nothing is in flight
    struct async_tcp **out;
    union {
        const char *host;   // until the first poll
        char address_[28]; // where it connects to: a struct sockaddr_in or sockaddr_in6
        uint64_t align_;
    };
    union {
        int port; // until the first poll
        int result;
    };
};

static inline void async_tcp_connect_future_init(struct async_tcp_connect_future *self,
                                                 const char *host, int port, struct async_tcp **out)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->out = out;
    self->host = host;
    self->port = port;
}

enum async_poll async_tcp_connect_future_poll(struct async_tcp_connect_future *self,
                                              struct async_context *cx);
void async_tcp_connect_future_drop(struct async_tcp_connect_future *self);

// ---- await async_tcp_connect_to(&address, &peer) ------------------------------------------------
//
// The same to an address, which is read at the first poll only.
asyncc_async int async_tcp_connect_to(const struct async_address *address, struct async_tcp **out);

struct async_tcp_connect_to_future {
    struct async_op op; // op.source is the socket's; NULL: nothing is in flight
    struct async_tcp **out;
    union {
        const struct async_address *address; // until the first poll
        char address_[28];                   // where it connects to
        uint64_t align_;
    };
    int result;
};

static inline void async_tcp_connect_to_future_init(struct async_tcp_connect_to_future *self,
                                                    const struct async_address *address,
                                                    struct async_tcp **out)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->out = out;
    self->address = address;
}

enum async_poll async_tcp_connect_to_future_poll(struct async_tcp_connect_to_future *self,
                                                 struct async_context *cx);
void async_tcp_connect_to_future_drop(struct async_tcp_connect_to_future *self);

// ---- await async_tcp_read(tcp, buf, n), await async_tcp_write_all(tcp, buf, n) ------------------
//
// As async_stream_read and async_stream_write_all of stream.h.
asyncc_async ssize_t async_tcp_read(struct async_tcp *tcp, void *buf, size_t n);
asyncc_async ssize_t async_tcp_write_all(struct async_tcp *tcp, const void *buf, size_t n);

struct async_tcp_read_future {
    ASYNC_OP_AND_RESULT_(ssize_t);
};

static inline void async_tcp_read_future_init(struct async_tcp_read_future *self,
                                              struct async_tcp *tcp, void *buf, size_t n)
{
    async_op_init_(&self->op, tcp, buf, n);
}

enum async_poll async_tcp_read_future_poll(struct async_tcp_read_future *self,
                                           struct async_context *cx);
void async_tcp_read_future_drop(struct async_tcp_read_future *self);

struct async_tcp_write_all_future {
    struct async_op op; // of what is left
    const char *end;    // of the bytes
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_tcp_write_all_future_init(struct async_tcp_write_all_future *self,
                                                   struct async_tcp *tcp, const void *buf, size_t n)
{
    async_op_init_(&self->op, tcp, buf, n);
    self->end = (const char *)buf + n;
    self->n = n;
}

enum async_poll async_tcp_write_all_future_poll(struct async_tcp_write_all_future *self,
                                                struct async_context *cx);
void async_tcp_write_all_future_drop(struct async_tcp_write_all_future *self);

#endif
