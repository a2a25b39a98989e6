// datagram.h - what UDP and Unix datagram sockets share.
#ifndef ASYNCC_RUNTIME_DATAGRAM_H
#define ASYNCC_RUNTIME_DATAGRAM_H

#include <asyncc/datagram.h>

#include "io.h"

#pragma GCC visibility push(hidden)

struct unix_file;

struct async_datagram {
    struct async_source source; // first: releasing it frees the socket
    struct unix_file *file;     // unix_file.h: where it is bound; NULL: no file
};

// Makes a datagram socket of a non-blocking descriptor. 0 or -ENOMEM; then it is still the
// caller's.
int datagram_new(int fd, struct async_datagram **out);

#pragma GCC visibility pop
#endif
