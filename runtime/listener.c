// listener.c - listening, and accepting in the face of what can go wrong there.
#define _GNU_SOURCE
#include "listener.h"

#include "memory.h"
#include "pause.h"
#include "unix_file.h"

#include <errno.h>

enum {
    BACKLOG = 1024,
    RETRY_MS = 50
};

int listener_new(int fd, const struct async_listen_options *options, struct async_listener **out)
{
    int rc = sys->listen(fd, options->backlog > 0 ? options->backlog : BACKLOG);
    struct async_listener *listener = rc == 0 ? memory_zeroed(sizeof *listener) : NULL;
    if (rc == 0)
        rc = listener ? source_open(async_current, &listener->source, fd, true) : -ENOMEM;
    if (rc < 0) {
        memory_free(listener);
        sys->close(fd);
        return rc;
    }
    *out = listener;
    return 0;
}

int async_listener_port(const struct async_listener *listener)
{
    struct async_address address;
    int rc = async_address_of_socket(listener->source.fd, &address);
    return rc < 0 ? rc : async_address_port(&address);
}

int async_listener_fd(const struct async_listener *listener)
{
    return listener->source.fd;
}

void async_listener_close(struct async_listener *listener)
{
    if (!listener)
        return;
    unix_file_remove(listener->file);
    source_shut(&listener->source);
}

// ---- Accepting ------------------------------------------------------------------------------

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

enum async_poll accept_poll(struct async_accept *accept, struct async_context *cx, int *fd)
{
    struct async_op *op = &accept->op;
    int rc = pause_poll(&accept->pause, op, cx);
    if (rc > 0)
        return ASYNC_PENDING;
    *fd = rc;
    if (rc < 0)
        return ASYNC_READY;
    op->code = OP_ACCEPT;
    do {
        if (op_poll(op, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        if (pause_helps(op->result))
            return pause_begin(&accept->pause, op, cx, RETRY_MS);
    } while (connection_failed(op->result));
    *fd = (int)op->result;
    return ASYNC_READY;
}

void accept_drop(struct async_accept *accept)
{
    if (accept->pause.on)
        pause_drop(&accept->pause, &accept->op);
    else if (accept->op.source)
        op_drop(&accept->op);
}
