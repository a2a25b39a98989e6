// net.c - TCP listeners and connections.
#define _GNU_SOURCE
#include <asyncc/net.h>

#include "memory.h"
#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct async_tcp {
    struct async_stream stream; // first: a connection is a stream
};

struct async_listener {
    struct async_source source; // first: releasing it frees the listener
    int port;
};

enum {
    BACKLOG = 1024,
    RETRY_NS = 50000000
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

// The address and its length, or -EINVAL.
static int parse_address(const char *host, int port, union address *address)
{
    if (port < 0 || port > 65535)
        return -EINVAL;
    memset(address, 0, sizeof *address);
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)port);
        return sizeof address->v6;
    }
    return -EINVAL;
}

static int new_socket(const union address *address)
{
    return sys->socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// ---- Listeners ------------------------------------------------------------------------------

// Takes fd over, also when it fails.
static int new_listener(int fd, struct async_listener **out)
{
    struct async_listener *listener = memory_zeroed(sizeof *listener);
    int rc = listener ? source_open(async_current, &listener->source, fd, true) : -ENOMEM;
    if (rc < 0) {
        memory_free(listener);
        sys->close(fd);
        return rc;
    }
    union address bound;
    socklen_t length = sizeof bound;
    if (sys->getsockname(fd, &bound.any, &length) == 0)
        listener->port =
            ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
    *out = listener;
    return 0;
}

int async_tcp_listen(const char *host, int port, struct async_listener **out)
{
    union address address;
    int length = parse_address(host && *host ? host : "0.0.0.0", port, &address);
    if (length < 0)
        return length;
    if (!executor_get())
        return -ENOMEM;
    int fd = new_socket(&address);
    if (fd < 0)
        return fd;
    int on = 1;
    sys->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int rc = sys->bind(fd, &address.any, (socklen_t)length);
    if (rc == 0)
        rc = sys->listen(fd, BACKLOG);
    if (rc < 0) {
        sys->close(fd);
        return rc;
    }
    return new_listener(fd, out);
}

int async_listener_port(const struct async_listener *listener)
{
    return listener->port;
}

void async_listener_close(struct async_listener *listener)
{
    if (listener)
        source_shut(&listener->source);
}

// ---- Connections ----------------------------------------------------------------------------

// Takes fd over, also when it fails.
static int new_tcp(int fd, struct async_tcp **out)
{
    struct async_stream *stream;
    int rc = stream_new(fd, true, &stream);
    if (rc < 0)
        return rc;
    int on = 1;
    sys->setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = (struct async_tcp *)stream;
    return 0;
}

void async_tcp_close(struct async_tcp *tcp)
{
    if (tcp)
        async_stream_close(&tcp->stream);
}

int async_tcp_fd(const struct async_tcp *tcp)
{
    return tcp->stream.source.fd;
}

// ---- async_tcp_accept -----------------------------------------------------------------------

// Of accept: the connection failed, not the listener. accept(2) lists them.
static bool connection_failed(intptr_t error)
{
    switch (error) {
    case -ECONNABORTED:
    case -ENETDOWN:
    case -EPROTO:
    case -ENOPROTOOPT:
    case -EHOSTDOWN:
    case -ENONET:
    case -EHOSTUNREACH:
    case -EOPNOTSUPP:
    case -ENETUNREACH:
        return true;
    default:
        return false;
    }
}

static bool out_of_descriptors(intptr_t error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

// Nobody tells when descriptors are free again, so a timer stands in for it.
static enum async_poll retry_later(struct async_timer *retry, struct async_context *cx)
{
    retry->when = RETRY_NS;
    retry->waker = async_waker_clone(&cx->waker);
    timer_arm(&async_current->timers, retry);
    return ASYNC_PENDING;
}

enum async_poll async_tcp_accept_future_poll(struct async_tcp_accept_future *self,
                                             struct async_context *cx)
{
    struct async_op *op = &self->op;
    if (self->retry.link.next) { // polled without having been woken
        waker_update(&self->retry.waker, &cx->waker);
        return ASYNC_PENDING;
    }
    op->code = OP_ACCEPT;
    do {
        if (op_poll(op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (out_of_descriptors(op->result))
            return retry_later(&self->retry, cx);
    } while (connection_failed(op->result));
    self->result = op->result < 0 ? (int)op->result : new_tcp((int)op->result, self->out);
    return ASYNC_READY;
}

void async_tcp_accept_future_drop(struct async_tcp_accept_future *self)
{
    async_timer_drop(&self->retry);
    op_drop(&self->op);
}

// ---- async_tcp_connect ----------------------------------------------------------------------

// Makes the socket of a connection. 0 or -errno.
static int connect_start(struct async_tcp_connect_future *self)
{
    union address address;
    int length = parse_address(self->host, self->port, &address);
    if (length < 0)
        return length;
    assert(async_current && async_current->running && "polled outside an asyncc executor");
    int fd = new_socket(&address);
    if (fd < 0)
        return fd;
    struct async_tcp *tcp;
    int rc = new_tcp(fd, &tcp);
    if (rc < 0)
        return rc;
    memcpy(self->address_, &address, (size_t)length);
    self->op.code = OP_CONNECT;
    self->op.source = &tcp->stream.source;
    self->op.at = self->address_;
    self->op.size = (size_t)length;
    return 0;
}

enum async_poll async_tcp_connect_future_poll(struct async_tcp_connect_future *self,
                                              struct async_context *cx)
{
    struct async_op *op = &self->op;
    int rc = op->source ? 0 : connect_start(self);
    if (rc == 0) {
        if (op_poll(op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        rc = (int)op->result;
        if (rc == 0)
            *self->out = (struct async_tcp *)op->source;
        else
            source_shut(op->source);
        op->source = NULL;
    }
    self->result = rc;
    return ASYNC_READY;
}

void async_tcp_connect_future_drop(struct async_tcp_connect_future *self)
{
    if (!self->op.source)
        return;
    op_drop(&self->op);
    source_shut(self->op.source);
    self->op.source = NULL;
}

// ---- async_tcp_read, async_tcp_write_all ----------------------------------------------------

enum async_poll async_tcp_read_future_poll(struct async_tcp_read_future *self,
                                           struct async_context *cx)
{
    return stream_read(&self->op, cx);
}

void async_tcp_read_future_drop(struct async_tcp_read_future *self)
{
    op_drop(&self->op);
}

enum async_poll async_tcp_write_all_future_poll(struct async_tcp_write_all_future *self,
                                                struct async_context *cx)
{
    ssize_t left = stream_write_all(&self->op, self->end, cx);
    if (left > 0)
        return ASYNC_PENDING;
    self->result = left < 0 ? left : (ssize_t)self->n;
    return ASYNC_READY;
}

void async_tcp_write_all_future_drop(struct async_tcp_write_all_future *self)
{
    op_drop(&self->op);
}
