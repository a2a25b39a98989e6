// unix.c - Unix sockets: listeners, connections and datagram sockets.
#define _GNU_SOURCE
#include <asyncc/unix.h>

#include "datagram.h"
#include "listener.h"
#include "pause.h"
#include "stream.h"
#include "unix_file.h"

#include <errno.h>

enum {
    RETRY_MS = 5
};

static int new_socket(int type)
{
    return sys->socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// A socket that is bound to a path. The descriptor, or -errno.
static int bound_socket(const char *path, int type, bool replace, struct unix_file **file)
{
    struct async_address address;
    int rc = async_address_unix(path, &address);
    if (rc < 0)
        return rc;
    int fd = new_socket(type);
    if (fd < 0)
        return fd;
    rc = unix_bind(fd, &address, type, replace, file);
    if (rc < 0) {
        sys->close(fd);
        return rc;
    }
    return fd;
}

int async_unix_listen_with(const char *path, const struct async_listen_options *options,
                           struct async_listener **out)
{
    int rc = executor_need();
    if (rc < 0)
        return rc;
    struct unix_file *file;
    int fd = bound_socket(path, SOCK_STREAM, options->replace, &file);
    if (fd < 0)
        return fd;
    rc = listener_new(fd, options, out);
    if (rc < 0)
        unix_file_remove(file);
    else
        (*out)->file = file;
    return rc;
}

int async_unix_listen(const char *path, struct async_listener **out)
{
    return async_unix_listen_with(path, &(struct async_listen_options){0}, out);
}

int async_unix_datagram(const char *path, bool replace, struct async_datagram **out)
{
    int rc = executor_need();
    if (rc < 0)
        return rc;
    struct unix_file *file = NULL;
    int fd = path ? bound_socket(path, SOCK_DGRAM, replace, &file) : new_socket(SOCK_DGRAM);
    if (fd < 0)
        return fd;
    rc = datagram_new(fd, out);
    if (rc < 0) {
        sys->close(fd);
        unix_file_remove(file);
    } else {
        (*out)->file = file;
    }
    return rc;
}

int async_unix_peer(const struct async_stream *stream, struct async_unix_peer *out)
{
    struct ucred peer;
    int rc = sys->getsockopt(stream->source.fd, SOL_SOCKET, SO_PEERCRED, &peer,
                             &(socklen_t){sizeof peer});
    if (rc == 0)
        *out = (struct async_unix_peer){.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
    return rc;
}

// ---- async_unix_accept ----------------------------------------------------------------------

enum async_poll async_unix_accept_future_poll(struct async_unix_accept_future *self,
                                              struct async_context *cx)
{
    int fd;
    if (accept_poll(&self->accept, cx, &fd) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = fd < 0 ? fd : unix_stream_new(fd, self->out);
    return ASYNC_READY;
}

void async_unix_accept_future_drop(struct async_unix_accept_future *self)
{
    accept_drop(&self->accept);
}

// ---- async_unix_connect ---------------------------------------------------------------------

static int connect_start(struct async_unix_connect_future *self)
{
    assert(async_current && async_current->running && "polled outside an asyncc executor");
    int rc = async_address_unix(self->path, &self->address);
    if (rc < 0)
        return rc;
    int fd = new_socket(SOCK_STREAM);
    if (fd < 0)
        return fd;
    struct async_stream *stream;
    rc = unix_stream_new(fd, &stream);
    if (rc < 0)
        return rc;
    self->op.code = OP_CONNECT;
    self->op.source = &stream->source;
    self->op.at = &self->address.storage;
    self->op.size = self->address.length;
    return 0;
}

// Polls a connect that was started. ASYNC_READY: its result.
static enum async_poll connect_poll(struct async_unix_connect_future *self,
                                    struct async_context *cx)
{
    struct async_op *op = &self->op;
    int rc = pause_poll(&self->pause, op, cx);
    if (rc > 0 || (rc == 0 && op_poll(op, cx) == ASYNC_PENDING))
        return ASYNC_PENDING;
    self->result = rc < 0 ? rc : (int)op->result;
    if (self->result != -ENOBUFS && self->result != -EAGAIN)
        return ASYNC_READY;
    op->at = &self->address.storage;
    op->size = self->address.length;
    return pause_begin(&self->pause, op, cx, RETRY_MS);
}

enum async_poll async_unix_connect_future_poll(struct async_unix_connect_future *self,
                                               struct async_context *cx)
{
    struct async_op *op = &self->op;
    if (!op->source) {
        self->result = connect_start(self);
        if (self->result < 0)
            return ASYNC_READY;
    }
    if (connect_poll(self, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (self->result == 0)
        *self->out = (struct async_stream *)op->source;
    else if (op->source)
        source_shut(op->source);
    op->source = NULL;
    return ASYNC_READY;
}

void async_unix_connect_future_drop(struct async_unix_connect_future *self)
{
    struct async_op *op = &self->op;
    if (!op->source)
        return;
    struct async_source *source = op->source;
    if (self->pause.on)
        pause_drop(&self->pause, op);
    else
        op_drop(op);
    source_shut(source);
    op->source = NULL;
}
