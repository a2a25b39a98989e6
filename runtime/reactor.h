// reactor.h - what an executor asks of the operating system. A back end is one file with these
// functions.
#ifndef ASYNCC_RUNTIME_REACTOR_H
#define ASYNCC_RUNTIME_REACTOR_H

#include <stdint.h>

struct async_reactor;

// What can be ready. A closed descriptor is also readable and writable: the call reports the rest.
enum {
    REACTOR_READABLE = 1,
    REACTOR_WRITABLE = 2,
    REACTOR_CLOSED = 4 // the peer has shut down, or there is an error: no further edge may come
};

// Called by wait for each descriptor that became ready. It must not call the reactor.
typedef void reactor_ready(void *data, uint64_t token, unsigned events);

// All but `wake` and `fini` are for the owner thread only.
struct async_reactor_ops {
    const char *name;
    // 0 or -errno.
    int (*init)(struct async_reactor **out);
    // On any thread, when nobody can wake it any more.
    void (*fini)(struct async_reactor *reactor);
    // Reports fd's readiness in both directions, edge by edge, until it is removed. Whatever is
    // ready at the time of the call counts as an edge. 0, or -EPERM (fd is always ready), or
    // -errno.
    int (*add)(struct async_reactor *reactor, int fd, uint64_t token);
    void (*remove)(struct async_reactor *reactor, int fd);
    // Waits until something is ready, wake is called, or timeout_ns nanoseconds have passed (0:
    // looks only; UINT64_MAX: no limit), and reports what is ready.
    void (*wait)(struct async_reactor *reactor, uint64_t timeout_ns, reactor_ready *ready,
                 void *data);
    // Makes a wait of the owner, current or next, return. Any thread, and signal handlers.
    void (*wake)(struct async_reactor *reactor);
    // The clock that timeouts are measured on.
    uint64_t (*now_ns)(struct async_reactor *reactor);
};

#pragma GCC visibility push(hidden)
extern const struct async_reactor_ops reactor_epoll;
#pragma GCC visibility pop

#endif
