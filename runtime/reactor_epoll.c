// reactor_epoll.c - the Linux back end: one epoll descriptor, and an eventfd to be woken by.
//
// Both are edge-triggered: a descriptor is registered once, and the eventfd need never be read, for
// each write to it is an edge of its own.
#define _GNU_SOURCE
#include "clock.h"
#include "memory.h"
#include "readiness.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 256
};

#define WAKE_TOKEN UINT64_MAX

struct async_reactor {
    struct async_executor *executor;
    int epoll;
    int wake;
    bool no_pwait2; // the kernel or a sandbox refuses epoll_pwait2
    struct epoll_event events[EVENTS];
};

static void epoll_fini(struct async_reactor *reactor)
{
    if (reactor->wake >= 0)
        close(reactor->wake);
    if (reactor->epoll >= 0)
        close(reactor->epoll);
    memory_free(reactor);
}

static int epoll_init(struct async_executor *executor, struct async_reactor **out)
{
    struct async_reactor *reactor = memory_zeroed(sizeof *reactor);
    if (!reactor)
        return -ENOMEM;
    reactor->executor = executor;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE_TOKEN};
    reactor->wake = -1;
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reactor->epoll >= 0)
        reactor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reactor->wake < 0 || epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, reactor->wake, &event) < 0) {
        int rc = -errno;
        epoll_fini(reactor);
        return rc;
    }
    *out = reactor;
    return 0;
}

static int watch(struct async_reactor *reactor, struct async_source *source)
{
    return sys->watch(reactor->epoll, readiness_token(source), source->fd);
}

static enum async_poll epoll_perform(struct async_reactor *reactor, struct async_op *op,
                                     struct async_context *cx)
{
    return readiness_perform(reactor, op, cx, watch);
}

static void epoll_forget(struct async_reactor *reactor, struct async_source *source)
{
    if (!source->watched)
        return;
    // Fails only if the descriptor is closed already, and then it has left by itself.
    struct epoll_event unused = {0};
    epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, source->fd, &unused);
}

// Like epoll_wait with a timeout in nanoseconds.
static int wait_ns(struct async_reactor *reactor, uint64_t timeout_ns)
{
#ifdef SYS_epoll_pwait2
    if (!reactor->no_pwait2 && timeout_ns != 0 && timeout_ns != UINT64_MAX &&
        sizeof(time_t) == sizeof(int64_t)) {
        struct timespec timeout = {
            .tv_sec = (time_t)(timeout_ns / 1000000000),
            .tv_nsec = (long)(timeout_ns % 1000000000),
        };
        long n =
            syscall(SYS_epoll_pwait2, reactor->epoll, reactor->events, EVENTS, &timeout, NULL, 0);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)n;
        reactor->no_pwait2 = true;
    }
#endif
    int timeout_ms = -1;
    if (timeout_ns != UINT64_MAX) {
        uint64_t ms = timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
        timeout_ms = ms < INT_MAX ? (int)ms : INT_MAX;
    }
    return epoll_wait(reactor->epoll, reactor->events, EVENTS, timeout_ms);
}

static unsigned ready_of(uint32_t events)
{
    unsigned ready = 0;
    if (events & EPOLLIN)
        ready |= READY_READ;
    if (events & EPOLLOUT)
        ready |= READY_WRITE;
    if (events & (EPOLLHUP | EPOLLERR))
        ready |= READY_READ | READY_WRITE | READY_CLOSED;
    if (events & EPOLLRDHUP)
        ready |= READY_READ | READY_CLOSED;
    if (events & EPOLLPRI)
        ready |= READY_URGENT;
    return ready;
}

static void epoll_wait_ready(struct async_reactor *reactor, uint64_t timeout_ns)
{
    // Fails only when a signal comes; the executor looks around and comes back.
    int n = wait_ns(reactor, timeout_ns);
    if (n > 0)
        executor_awake(reactor->executor);
    for (int i = 0; i < n; i++) {
        struct epoll_event *event = &reactor->events[i];
        struct async_source *source = NULL;
        if (event->data.u64 != WAKE_TOKEN)
            source = readiness_source(reactor->executor, event->data.u64);
        if (source)
            readiness_report(source, ready_of(event->events));
    }
}

static void epoll_wake(struct async_reactor *reactor)
{
    clock_ring(reactor->wake);
}

static uint64_t epoll_now_ns(struct async_reactor *reactor)
{
    (void)reactor;
    return clock_now_ns();
}

static int epoll_fd(struct async_reactor *reactor)
{
    return reactor->epoll;
}

const struct async_reactor_ops reactor_epoll = {
    .name = "epoll",
    .init = epoll_init,
    .fini = epoll_fini,
    .perform = epoll_perform,
    .cancel = readiness_cancel,
    .forget = epoll_forget,
    .wait = epoll_wait_ready,
    .wake = epoll_wake,
    .now_ns = epoll_now_ns,
    .fd = epoll_fd,
};
