// pipe.h - streams between two tasks, threads or processes.
//
//     #include <asyncc/pipe.h>
//     #include <asyncc/async.h>
//
//     struct async_stream *in, *out;
//     int rc = async_pipe(&in, &out);        // what is written to `out` is read from `in`
//
// Both ends are streams (stream.h), non-blocking and close-on-exec, to be closed by the caller. For
// an end that goes to another process or thread, take a copy of its descriptor with dup(2) and
// close the stream. An end costs one allocation. Functions here do not wait.
#ifndef ASYNCC_PIPE_H
#define ASYNCC_PIPE_H

#include <asyncc/stream.h>

// Makes a pipe. 0 or -EMFILE, -ENOMEM, ... Writing when the reading end is closed returns -EPIPE,
// and raises SIGPIPE unless that is ignored, see io.h.
int async_pipe(struct async_stream **read_end, struct async_stream **write_end);

// Makes two connected Unix sockets: each end reads what the other writes. 0 or -EMFILE, -ENOMEM,
// ...
int async_stream_pair(struct async_stream **a, struct async_stream **b);

#endif
