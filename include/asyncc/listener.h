// listener.h - sockets that wait for connections: of net.h (TCP) and unix.h.
//
//     struct async_listen_options options = {.reuse_port = true};
//     struct async_listener *listener;
//     int rc = async_tcp_listen_with("::", 80, &options, &listener);
//     ...
//     async_listener_close(listener);
//
// Listeners belong to the executor of the thread that made them and are used on that thread only.
// Any number of tasks may accept on one. Errors are -errno.
#ifndef ASYNCC_LISTENER_H
#define ASYNCC_LISTENER_H

#include <asyncc/address.h>
#include <asyncc/io.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_listener;

// All zero is what async_tcp_listen and async_unix_listen do.
struct async_listen_options {
    int backlog; // connections that may wait to be accepted; 0: 1024. The system has a limit, too
    bool reuse_port; // TCP: others may listen on the port, and the system spreads connections
    bool v6_only;    // TCP on IPv6: no IPv4 connections to "::"
    bool replace;    // Unix: a socket file at the path that nobody listens on is removed first
};

// The port it listens on, or -EINVAL (a Unix socket).
int async_listener_port(const struct async_listener *listener);

// The socket, for setsockopt and async_address_of_socket. It stays the listener's.
int async_listener_fd(const struct async_listener *listener);

// Closes the listener, and removes the file of a Unix socket if it is still this one. What is under
// way on it ends with -ECANCELED. NULL is allowed.
void async_listener_close(struct async_listener *listener);

// ---- What accepting futures are made of; private to the runtime ---------------------------------

struct async_accept {
    struct async_op op;
    struct async_pause pause; // while descriptors are short
};

static inline void async_accept_init_(struct async_accept *accept, struct async_listener *listener)
{
    async_op_init_(&accept->op, listener, NULL, 0);
    accept->pause.on = false;
}

#endif
