// net.c - TCP listeners and connections.
#define _GNU_SOURCE
#include <asyncc/net.h>

#include "listener.h"
#include "stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct async_tcp {
    struct async_stream stream; // first: a connection is a stream
};

static int new_socket(const struct async_address *address)
{
    return sys->socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// ---- Listeners ------------------------------------------------------------------------------

static int set_options(int fd, int family, const struct async_listen_options *options)
{
    int on = 1, v6_only = options->v6_only, rc = 0;
    sys->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (options->reuse_port)
        rc = sys->setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (rc == 0 && family == AF_INET6)
        rc = sys->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    return rc;
}

int async_tcp_listen_with(const char *host, int port, const struct async_listen_options *options,
                          struct async_listener **out)
{
    struct async_address address;
    int rc = async_address_ip(host, port, &address);
    if (rc < 0)
        return rc;
    rc = executor_need();
    if (rc < 0)
        return rc;
    int fd = new_socket(&address);
    if (fd < 0)
        return fd;
    rc = set_options(fd, address.any.sa_family, options);
    if (rc == 0)
        rc = sys->bind(fd, &address.any, address.length);
    if (rc < 0) {
        sys->close(fd);
        return rc;
    }
    return listener_new(fd, options, out);
}

int async_tcp_listen(const char *host, int port, struct async_listener **out)
{
    return async_tcp_listen_with(host, port, &(struct async_listen_options){0}, out);
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

enum async_poll async_tcp_accept_future_poll(struct async_tcp_accept_future *self,
                                             struct async_context *cx)
{
    int fd;
    if (accept_poll(&self->accept, cx, &fd) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = fd < 0 ? fd : new_tcp(fd, self->out);
    return ASYNC_READY;
}

void async_tcp_accept_future_drop(struct async_tcp_accept_future *self)
{
    accept_drop(&self->accept);
}

// ---- async_tcp_connect ----------------------------------------------------------------------

// Makes the socket of a connection, with its address at `at`. 0 or -errno.
static int connect_start(struct async_op *op, const struct async_address *address, void *at)
{
    assert(async_current && async_current->running && "polled outside an asyncc executor");
    if (address->length == 0 ||
        (address->any.sa_family != AF_INET && address->any.sa_family != AF_INET6))
        return -EINVAL;
    int fd = new_socket(address);
    if (fd < 0)
        return fd;
    struct async_tcp *tcp;
    int rc = new_tcp(fd, &tcp);
    if (rc < 0)
        return rc;
    size_t length = address->length;
    memmove(at, &address->any, length);
    op->code = OP_CONNECT;
    op->source = &tcp->stream.source;
    op->at = at;
    op->size = length;
    return 0;
}

// Polls a connect that was started.
static enum async_poll connect_poll(struct async_op *op, struct async_context *cx,
                                    struct async_tcp **out, int *result)
{
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    *result = (int)op->result;
    if (*result == 0)
        *out = (struct async_tcp *)op->source;
    else
        source_shut(op->source);
    op->source = NULL;
    return ASYNC_READY;
}

static void connect_drop(struct async_op *op)
{
    if (!op->source)
        return;
    op_drop(op);
    source_shut(op->source);
    op->source = NULL;
}

enum async_poll async_tcp_connect_future_poll(struct async_tcp_connect_future *self,
                                              struct async_context *cx)
{
    if (!self->op.source) {
        struct async_address address;
        // Here no host is a mistake, not any host.
        int rc = self->host && *self->host ? async_address_ip(self->host, self->port, &address)
                                           : -EINVAL;
        if (rc == 0)
            rc = connect_start(&self->op, &address, self->address_);
        self->result = rc;
        if (rc < 0)
            return ASYNC_READY;
    }
    return connect_poll(&self->op, cx, self->out, &self->result);
}

void async_tcp_connect_future_drop(struct async_tcp_connect_future *self)
{
    connect_drop(&self->op);
}

enum async_poll async_tcp_connect_to_future_poll(struct async_tcp_connect_to_future *self,
                                                 struct async_context *cx)
{
    if (!self->op.source) {
        self->result = connect_start(&self->op, self->address, self->address_);
        if (self->result < 0)
            return ASYNC_READY;
    }
    return connect_poll(&self->op, cx, self->out, &self->result);
}

void async_tcp_connect_to_future_drop(struct async_tcp_connect_to_future *self)
{
    connect_drop(&self->op);
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
