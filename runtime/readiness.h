// readiness.h - operations on descriptors that a back end only watches: try first, wait for
// readiness, try again.
#ifndef ASYNCC_RUNTIME_READINESS_H
#define ASYNCC_RUNTIME_READINESS_H

#include "io.h"

#pragma GCC visibility push(hidden)

// What can be ready. A closed descriptor is also readable and writable: the call reports the rest.
enum {
    READY_READ = 1 << IO_READ,
    READY_WRITE = 1 << IO_WRITE,
    READY_CLOSED = 4, // the peer has shut down, or there is an error: no further edge may come
    READY_URGENT = 8  // TCP's urgent data came, where a read ends
};

// How the back end is asked to watch a descriptor: edge by edge, in both directions, until it is
// forgotten. What is ready at the time of the call counts as an edge. 0, -EPERM (it is always
// ready), or -errno.
typedef int readiness_watch(struct async_reactor *reactor, struct async_source *source);

// `perform` and `cancel` of such a back end.
enum async_poll readiness_perform(struct async_reactor *reactor, struct async_op *op,
                                  struct async_context *cx, readiness_watch *watch);
void readiness_cancel(struct async_reactor *reactor, struct async_op *op);

// The source of a token, or NULL if it is gone. Tokens tell sources of one descriptor number from
// each other.
struct async_source *readiness_source(struct async_executor *executor, uint64_t token);
uint64_t readiness_token(const struct async_source *source);

// Tells that a source is ready (READY_*), and wakes who waits for that.
void readiness_report(struct async_source *source, unsigned events);

#pragma GCC visibility pop
#endif
