// datagram.h - sockets of packets: UDP (made by udp.h) and Unix datagrams (made by unix.h).
//
//     #include <asyncc/udp.h>
//     #include <asyncc/async.h>
//
//     static async int echo(struct async_datagram *socket)
//     {
//         char buf[1500];
//         struct async_address from;
//         for (;;) {
//             ssize_t n = await async_datagram_receive_from(socket, buf, sizeof buf, &from);
//             if (n >= 0 && (size_t)n <= sizeof buf) // else it was longer
//                 n = await async_datagram_send_to(socket, buf, (size_t)n, &from);
//             if (n < 0 && n != -ECONNREFUSED)
//                 return (int)n;
//         }
//     }
//
// A packet is sent and received as a whole, or not at all. Packets of 0 bytes are packets. Errors
// are -errno; those that a peer's system reports, like -ECONNREFUSED, are of an earlier packet and
// concern the next operation, whichever it is.
//
// Sockets belong to the executor of the thread that made them and are used on that thread only. Any
// number of tasks may send and receive at a time. Closing one ends what is under way on it with
// -ECANCELED. No operation allocates.
//
// With io_uring, a receive that is dropped may have its packet already. It is kept for the next
// receive, which allocates; with no memory left it is lost, like packets in general may be.
#ifndef ASYNCC_DATAGRAM_H
#define ASYNCC_DATAGRAM_H

#include <asyncc/address.h>
#include <asyncc/io.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_datagram;

// Makes a datagram socket of a descriptor of yours, which is made non-blocking, and belongs to the
// socket from here on. 0 or -ENOMEM, -EBADF, -EINVAL (no datagram socket); then the descriptor is
// still yours.
int async_datagram_open(int fd, struct async_datagram **out);

// From here on, packets come from this peer only, and those that are sent without an address go
// there. An address of length 0 undoes that. 0 or -errno. Does not wait.
int async_datagram_connect(struct async_datagram *socket, const struct async_address *peer);

// The socket, for setsockopt (broadcast, multicast, ...) and async_address_of_socket. It stays the
// socket's.
int async_datagram_fd(const struct async_datagram *socket);

// Closes the socket, and removes its file if it has one and it is still this one's. NULL is
// allowed.
void async_datagram_close(struct async_datagram *socket);

// ---- await async_datagram_receive_from(socket, buf, n, &from) -----------------------------------
//
// Waits for a packet. Returns its size; if that is more than n, the first n bytes are in buf, and
// the rest is lost. `from` is where it comes from, with length 0 for an unnamed Unix socket; it may
// be NULL. buf and from must stay until then. Cancel-safe: a dropped receive has taken no packet.
asyncc_async ssize_t async_datagram_receive_from(struct async_datagram *socket, void *buf, size_t n,
                                                 struct async_address *from);

struct async_datagram_receive_from_future {
    struct async_op op;
    struct async_address *from;
    struct iovec part;
    struct msghdr message;
    ssize_t result;
};

static inline void
async_datagram_receive_from_future_init(struct async_datagram_receive_from_future *self,
                                        struct async_datagram *socket, void *buf, size_t n,
                                        struct async_address *from)
{
    async_op_init_(&self->op, socket, NULL, 0);
    self->from = from;
    self->part.iov_base = buf;
    self->part.iov_len = n;
}

enum async_poll
async_datagram_receive_from_future_poll(struct async_datagram_receive_from_future *self,
                                        struct async_context *cx);
void async_datagram_receive_from_future_drop(struct async_datagram_receive_from_future *self);

// ---- await async_datagram_receive(socket, buf, n) -----------------------------------------------
//
// The same without the address: of connected sockets.
asyncc_async ssize_t async_datagram_receive(struct async_datagram *socket, void *buf, size_t n);

struct async_datagram_receive_future {
    struct async_datagram_receive_from_future from;
    ssize_t result;
};

static inline void async_datagram_receive_future_init(struct async_datagram_receive_future *self,
                                                      struct async_datagram *socket, void *buf,
                                                      size_t n)
{
    async_datagram_receive_from_future_init(&self->from, socket, buf, n, NULL);
}

static inline enum async_poll
async_datagram_receive_future_poll(struct async_datagram_receive_future *self,
                                   struct async_context *cx)
{
    if (async_datagram_receive_from_future_poll(&self->from, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = self->from.result;
    return ASYNC_READY;
}

static inline void async_datagram_receive_future_drop(struct async_datagram_receive_future *self)
{
    async_datagram_receive_from_future_drop(&self->from);
}

// ---- await async_datagram_send_to(socket, buf, n, &to) ------------------------------------------
//
// Waits for room and sends a packet of n bytes. `to` may be NULL if the socket is connected.
// Returns n, or -EMSGSIZE (too long for a packet), -ECONNREFUSED (also of an earlier one), -ENOENT
// (no such Unix socket), -ENETUNREACH, -EACCES (broadcasting must be allowed with SO_BROADCAST),
// ... buf and `to` must stay until then. Room in a Unix socket that this one is not connected to is
// waited for by looking again every 5 ms, since the system does not tell. A dropped send has sent
// nothing, except with io_uring: there it may have.
asyncc_async ssize_t async_datagram_send_to(struct async_datagram *socket, const void *buf,
                                            size_t n, const struct async_address *to);

struct async_datagram_send_to_future {
    struct async_op op;
    const struct async_address *to;
    struct iovec part;
    struct msghdr message;
    struct async_pause pause; // while the receiver has no room
    ssize_t result;
};

static inline void async_datagram_send_to_future_init(struct async_datagram_send_to_future *self,
                                                      struct async_datagram *socket,
                                                      const void *buf, size_t n,
                                                      const struct async_address *to)
{
    async_op_init_(&self->op, socket, NULL, 0);
    self->to = to;
    self->part.iov_base = (void *)(uintptr_t)buf;
    self->part.iov_len = n;
    self->pause.on = false;
}

enum async_poll async_datagram_send_to_future_poll(struct async_datagram_send_to_future *self,
                                                   struct async_context *cx);
void async_datagram_send_to_future_drop(struct async_datagram_send_to_future *self);

// ---- await async_datagram_send(socket, buf, n) --------------------------------------------------
//
// The same to the peer that the socket is connected to.
asyncc_async ssize_t async_datagram_send(struct async_datagram *socket, const void *buf, size_t n);

struct async_datagram_send_future {
    struct async_datagram_send_to_future to;
    ssize_t result;
};

static inline void async_datagram_send_future_init(struct async_datagram_send_future *self,
                                                   struct async_datagram *socket, const void *buf,
                                                   size_t n)
{
    async_datagram_send_to_future_init(&self->to, socket, buf, n, NULL);
}

static inline enum async_poll
async_datagram_send_future_poll(struct async_datagram_send_future *self, struct async_context *cx)
{
    if (async_datagram_send_to_future_poll(&self->to, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = self->to.result;
    return ASYNC_READY;
}

static inline void async_datagram_send_future_drop(struct async_datagram_send_future *self)
{
    async_datagram_send_to_future_drop(&self->to);
}

#endif
