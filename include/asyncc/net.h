// net.h - TCP.
//
//     #include <asyncc/async.h>
//     #include <asyncc/net.h>
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
// Hosts are numeric IPv4 or IPv6 addresses, or "localhost" (127.0.0.1); names are not looked up.
// Ports are 0 to 65535, in the host's byte order. Errors are -errno. Sockets are non-blocking and
// close-on-exec, connections have TCP_NODELAY; writing to a closed connection returns -EPIPE and
// raises no signal.
//
// Connections and listeners belong to the executor of the thread that made them and are used on
// that thread only. One task may read while another writes. They must be closed with no operation
// on them in flight (a dropped operation is not in flight); debug builds check.
#ifndef ASYNCC_NET_H
#define ASYNCC_NET_H

#include <asyncc/io.h>
#include <sys/types.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_listener;
struct async_tcp;

// Listens on host:port, with SO_REUSEADDR. host NULL or "" is every IPv4 address; port 0 lets the
// system choose, see async_listener_port. Returns 0 and a listener to be closed by the caller, or
// -EINVAL (bad host or port), -EADDRINUSE, -EACCES, -EMFILE, -ENOMEM, ...
int async_tcp_listen(const char *host, int port, struct async_listener **out);

// The port it listens on.
int async_listener_port(const struct async_listener *listener);

// Closes the listener. NULL is allowed.
void async_listener_close(struct async_listener *listener);

// Closes the connection; what was written is still sent. NULL is allowed.
void async_tcp_close(struct async_tcp *tcp);

// The socket, for setsockopt, shutdown and the like. It stays the connection's.
int async_tcp_fd(const struct async_tcp *tcp);

// ---- await async_tcp_accept(listener, &peer) ----------------------------------------------------
//
// Waits for a connection. Returns 0 and a connection to be closed by the caller, or an error that
// does not go away by itself (-EBADF, -EINVAL, -ENOMEM). Connections that are gone again are
// skipped. While the process or the system is out of descriptors or socket memory, it waits and
// tries again every 50 ms: a server at its limit stays alive and idle. Any number of tasks may
// accept on one listener. Cancel-safe: a dropped accept has taken no connection.
asyncc_async int async_tcp_accept(struct async_listener *listener, struct async_tcp **out);

struct async_tcp_accept_future {
    struct async_listener *listener;
    struct async_tcp **out;
    struct async_io_wait wait;
    int result;
};

static inline void async_tcp_accept_future_init(struct async_tcp_accept_future *self,
                                                struct async_listener *listener,
                                                struct async_tcp **out)
{
    self->listener = listener;
    self->out = out;
    self->wait.waker.ops = NULL;
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
    const char *host;      // until the first poll
    struct async_tcp *tcp; // being connected; NULL: nothing is in flight
    struct async_tcp **out;
    struct async_io_wait wait;
    union {
        int port; // until the first poll
        int result;
    };
};

static inline void async_tcp_connect_future_init(struct async_tcp_connect_future *self,
                                                 const char *host, int port, struct async_tcp **out)
{
    self->host = host;
    self->tcp = NULL;
    self->out = out;
    self->wait.waker.ops = NULL;
    self->port = port;
}

enum async_poll async_tcp_connect_future_poll(struct async_tcp_connect_future *self,
                                              struct async_context *cx);
void async_tcp_connect_future_drop(struct async_tcp_connect_future *self);

// ---- await async_tcp_read(tcp, buf, n) ----------------------------------------------------------
//
// Waits for bytes and reads at most n of them. Returns how many (at least 1 unless n is 0), 0 at
// the end of the stream, or -ECONNRESET, ... buf must stay until then. Cancel-safe: a dropped read
// has read nothing.
asyncc_async ssize_t async_tcp_read(struct async_tcp *tcp, void *buf, size_t n);

struct async_tcp_read_future {
    struct async_tcp *tcp;
    void *buf;
    struct async_io_wait wait;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_tcp_read_future_init(struct async_tcp_read_future *self,
                                              struct async_tcp *tcp, void *buf, size_t n)
{
    self->tcp = tcp;
    self->buf = buf;
    self->wait.waker.ops = NULL;
    self->n = n;
}

enum async_poll async_tcp_read_future_poll(struct async_tcp_read_future *self,
                                           struct async_context *cx);
void async_tcp_read_future_drop(struct async_tcp_read_future *self);

// ---- await async_tcp_write_all(tcp, buf, n) -----------------------------------------------------
//
// Writes all n bytes. Returns n, or -EPIPE, -ECONNRESET, ... when some of them could not be
// written. buf must stay until then. NOT cancel-safe in one respect: a dropped write may have sent
// a part of its bytes.
asyncc_async ssize_t async_tcp_write_all(struct async_tcp *tcp, const void *buf, size_t n);

struct async_tcp_write_all_future {
    struct async_tcp *tcp;
    const char *buf;
    struct async_io_wait wait;
    size_t sent;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_tcp_write_all_future_init(struct async_tcp_write_all_future *self,
                                                   struct async_tcp *tcp, const void *buf, size_t n)
{
    self->tcp = tcp;
    self->buf = (const char *)buf;
    self->wait.waker.ops = NULL;
    self->sent = 0;
    self->n = n;
}

enum async_poll async_tcp_write_all_future_poll(struct async_tcp_write_all_future *self,
                                                struct async_context *cx);
void async_tcp_write_all_future_drop(struct async_tcp_write_all_future *self);

#endif
