// net.c - TCP listeners and connections.
#define _GNU_SOURCE
#include <asyncc/net.h>

#include "io.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct async_tcp {
    struct async_source source;
};

struct async_listener {
    struct async_source source;
    struct async_timer retry; // armed while descriptors are short
    int port;
};

enum {
    BACKLOG = 1024,
    RETRY_MS = 50
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
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static void close_source(struct async_source *source)
{
    assert(source->users == 1 && "closed while a task waits for its descriptor");
    int fd = source->fd;
    source_close(source);
    close(fd);
    free(source);
}

// ---- Listeners ------------------------------------------------------------------------------

// Takes fd over, also when it fails.
static int new_listener(int fd, struct async_listener **out)
{
    struct async_listener *listener = calloc(1, sizeof *listener);
    int rc = listener ? source_open(async_current, &listener->source, fd) : -ENOMEM;
    if (rc < 0) {
        free(listener);
        close(fd);
        return rc;
    }
    union address bound;
    socklen_t length = sizeof bound;
    if (getsockname(fd, &bound.any, &length) == 0)
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
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &address.any, (socklen_t)length) < 0 || listen(fd, BACKLOG) < 0) {
        int rc = -errno;
        close(fd);
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
    if (!listener)
        return;
    if (listener->retry.link.next && listener->source.executor)
        timer_disarm(&listener->retry);
    close_source(&listener->source);
}

// ---- Connections ----------------------------------------------------------------------------

// Takes fd over, also when it fails.
static int new_tcp(int fd, struct async_tcp **out)
{
    struct async_tcp *tcp = malloc(sizeof *tcp);
    int rc = tcp ? source_open(async_current, &tcp->source, fd) : -ENOMEM;
    if (rc < 0) {
        free(tcp);
        close(fd);
        return rc;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = tcp;
    return 0;
}

void async_tcp_close(struct async_tcp *tcp)
{
    if (tcp)
        close_source(&tcp->source);
}

int async_tcp_fd(const struct async_tcp *tcp)
{
    return tcp->source.fd;
}

// ---- async_tcp_accept -----------------------------------------------------------------------

// The retry timer's waker: its data is the listener, which disarms it when it is closed.
static void retry_keep(void *data)
{
    (void)data;
}

static void retry_wake(void *data)
{
    struct async_listener *listener = data;
    listener->source.ready |= REACTOR_READABLE;
    source_wake(&listener->source, IO_READ);
}

static const struct async_waker_ops retry_waker_ops = {retry_keep, retry_wake, retry_keep};

// No edge will come when descriptors are free again, so a timer stands in for it.
static void retry_later(struct async_listener *listener)
{
    listener->source.ready &= (uint8_t)~REACTOR_READABLE;
    if (listener->retry.link.next)
        return;
    listener->retry.when = RETRY_MS;
    listener->retry.waker.data = listener;
    listener->retry.waker.ops = &retry_waker_ops;
    timer_arm(&async_current->timers, &listener->retry);
}

// Of accept4: the connection failed, not the listener. accept(2) lists them.
static bool connection_failed(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

enum async_poll async_tcp_accept_future_poll(struct async_tcp_accept_future *self,
                                             struct async_context *cx)
{
    struct async_listener *listener = self->listener;
    struct async_source *source = &listener->source;
    while (source_may_try(source, IO_READ, &self->wait, cx)) {
        int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            self->result = new_tcp(fd, self->out);
            return ASYNC_READY;
        }
        if (errno == EAGAIN) {
            source->ready &= (uint8_t)~REACTOR_READABLE;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            retry_later(listener);
        } else if (!connection_failed(errno)) {
            self->result = -errno;
            return ASYNC_READY;
        }
    }
    return ASYNC_PENDING;
}

void async_tcp_accept_future_drop(struct async_tcp_accept_future *self)
{
    if (self->wait.waker.ops)
        source_forget(&self->listener->source, IO_READ, &self->wait);
}

// ---- async_tcp_connect ----------------------------------------------------------------------

// Begins to connect. 0: done; -EINPROGRESS: self->tcp is on its way; or -errno.
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
    int rc = connect(fd, &address.any, (socklen_t)length) < 0 ? -errno : 0;
    if (rc < 0 && rc != -EINPROGRESS && rc != -EINTR) {
        close(fd);
        return rc;
    }
    // Registered only now: a socket that is not connecting yet reports that it is closed.
    int open = new_tcp(fd, &self->tcp);
    if (open < 0) {
        self->tcp = NULL;
        return open;
    }
    self->tcp->source.ready = REACTOR_READABLE;
    if (rc == 0)
        self->tcp->source.ready |= REACTOR_WRITABLE;
    return rc == -EINTR ? -EINPROGRESS : rc;
}

static int connect_outcome(struct async_tcp *tcp)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(tcp->source.fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return -errno;
    return -error;
}

enum async_poll async_tcp_connect_future_poll(struct async_tcp_connect_future *self,
                                              struct async_context *cx)
{
    int rc = 0;
    if (!self->tcp) {
        rc = connect_start(self);
        if (rc == -EINPROGRESS)
            rc = 0;
    }
    if (rc == 0) {
        if (!source_may_try(&self->tcp->source, IO_WRITE, &self->wait, cx))
            return ASYNC_PENDING;
        rc = connect_outcome(self->tcp);
    }
    if (rc == 0)
        *self->out = self->tcp;
    else
        async_tcp_close(self->tcp);
    self->tcp = NULL;
    self->result = rc;
    return ASYNC_READY;
}

void async_tcp_connect_future_drop(struct async_tcp_connect_future *self)
{
    if (!self->tcp)
        return;
    source_forget(&self->tcp->source, IO_WRITE, &self->wait);
    async_tcp_close(self->tcp);
    self->tcp = NULL;
}

// ---- async_tcp_read, async_tcp_write_all ----------------------------------------------------

// Fewer bytes than asked for: the socket has nothing (no room) left, and an edge will tell when it
// has. Except for the end of the stream: if that was reported already, no edge will come.
static void drained(struct async_source *source, uint8_t what)
{
    if (!(source->ready & REACTOR_CLOSED))
        source->ready &= (uint8_t)~what;
}

enum async_poll async_tcp_read_future_poll(struct async_tcp_read_future *self,
                                           struct async_context *cx)
{
    struct async_source *source = &self->tcp->source;
    while (source_may_try(source, IO_READ, &self->wait, cx)) {
        ssize_t n = recv(source->fd, self->buf, self->n, 0);
        if (n >= 0) {
            if (n > 0 && (size_t)n < self->n)
                drained(source, REACTOR_READABLE);
            self->result = n;
            return ASYNC_READY;
        }
        if (errno == EAGAIN) {
            source->ready &= (uint8_t)~REACTOR_READABLE;
        } else if (errno != EINTR) {
            self->result = -errno;
            return ASYNC_READY;
        }
    }
    return ASYNC_PENDING;
}

void async_tcp_read_future_drop(struct async_tcp_read_future *self)
{
    if (self->wait.waker.ops)
        source_forget(&self->tcp->source, IO_READ, &self->wait);
}

enum async_poll async_tcp_write_all_future_poll(struct async_tcp_write_all_future *self,
                                                struct async_context *cx)
{
    struct async_source *source = &self->tcp->source;
    while (self->sent < self->n) {
        if (!source_may_try(source, IO_WRITE, &self->wait, cx))
            return ASYNC_PENDING;
        ssize_t n = send(source->fd, self->buf + self->sent, self->n - self->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            self->sent += (size_t)n;
            if (self->sent < self->n)
                drained(source, REACTOR_WRITABLE);
        } else if (errno == EAGAIN) {
            source->ready &= (uint8_t)~REACTOR_WRITABLE;
        } else if (errno != EINTR) {
            self->result = -errno;
            return ASYNC_READY;
        }
    }
    self->result = (ssize_t)self->n;
    return ASYNC_READY;
}

void async_tcp_write_all_future_drop(struct async_tcp_write_all_future *self)
{
    if (self->wait.waker.ops)
        source_forget(&self->tcp->source, IO_WRITE, &self->wait);
}
