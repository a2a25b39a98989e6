// pipe.c - pairs of streams.
#define _GNU_SOURCE
#include <asyncc/pipe.h>

#include "stream.h"

#include <errno.h>
#include <fcntl.h>

// Makes streams of two descriptors, which it takes over, also when it fails.
static int both(int fds[2], bool socket, struct async_stream **a, struct async_stream **b)
{
    struct async_stream *first;
    int rc = stream_new(fds[0], socket, &first);
    if (rc < 0) {
        sys->close(fds[1]);
        return rc;
    }
    rc = stream_new(fds[1], socket, b);
    if (rc < 0) {
        async_stream_close(first);
        return rc;
    }
    first->source.bytes = (*b)->source.bytes = true;
    first->source.rights = (*b)->source.rights = socket;
    *a = first;
    return 0;
}

int async_pipe(struct async_stream **read_end, struct async_stream **write_end)
{
    int rc = executor_need();
    if (rc < 0)
        return rc;
    int fds[2];
    rc = sys->pipe(fds, O_NONBLOCK | O_CLOEXEC);
    return rc < 0 ? rc : both(fds, false, read_end, write_end);
}

int async_stream_pair(struct async_stream **a, struct async_stream **b)
{
    int rc = executor_need();
    if (rc < 0)
        return rc;
    int fds[2];
    rc = sys->socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
    return rc < 0 ? rc : both(fds, true, a, b);
}
