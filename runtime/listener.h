// listener.h - what TCP and Unix listeners share.
#ifndef ASYNCC_RUNTIME_LISTENER_H
#define ASYNCC_RUNTIME_LISTENER_H

#include <asyncc/listener.h>

#include "io.h"

#pragma GCC visibility push(hidden)

struct unix_file;

struct async_listener {
    struct async_source source; // first: releasing it frees the listener
    struct unix_file *file;     // unix_file.h: where it is bound; NULL: no file
};

// Makes a listener of a bound socket, which it takes over, also when it fails. 0 or -errno.
int listener_new(int fd, const struct async_listen_options *options, struct async_listener **out);

// Polls an accept. ASYNC_READY: the new descriptor, or -errno, in *fd.
enum async_poll accept_poll(struct async_accept *accept, struct async_context *cx, int *fd);
void accept_drop(struct async_accept *accept);

#pragma GCC visibility pop
#endif
