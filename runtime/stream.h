// stream.h - what all streams are: a source with an owner, who closes it.
#ifndef ASYNCC_RUNTIME_STREAM_H
#define ASYNCC_RUNTIME_STREAM_H

#include <asyncc/stream.h>

#include "io.h"

#pragma GCC visibility push(hidden)

struct async_stream {
    struct async_source source; // first: releasing it frees the stream
};

// Makes a stream of fd, which it takes over, also when it fails. 0 or -ENOMEM.
int stream_new(int fd, bool socket, struct async_stream **out);

// The same of a connected Unix socket.
int unix_stream_new(int fd, struct async_stream **out);

// Polls a read.
enum async_poll stream_read(struct async_op *op, struct async_context *cx);

// Polls the writing of the bytes from op->at to end. 0: all were written, -errno, or how many are
// left.
ssize_t stream_write_all(struct async_op *op, const char *end, struct async_context *cx);

#pragma GCC visibility pop
#endif
