// reactor_sim.c - the reactor under virtual time: it never waits, but sets the clock to when the
// next thing happens.
//
// Descriptors that are not simulated are polled, without waiting while there is anything to happen
// in the simulated world. Reports come in an order that the seed decides.
#define _GNU_SOURCE
#include "clock.h"
#include "memory.h"
#include "readiness.h"
#include "sim_net.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000 // of a test, with what is not simulated
};

struct async_reactor {
    struct async_executor *executor;
    struct sim *world;     // of the owner thread
    atomic_bool woken;     // since the last look
    int wake;              // readable while woken, for waits in real time
    struct pollfd *polled; // the kernel's descriptors that are watched: [0] is `wake`
    size_t polled_count, polled_room;
};

static void sim_reactor_fini(struct async_reactor *reactor)
{
    if (reactor->wake >= 0)
        close(reactor->wake);
    free(reactor->polled);
    if (reactor->world == &sim && !sim.set && !sim.descriptor_count)
        sim_end();
    memory_free(reactor);
}

static int sim_reactor_init(struct async_executor *executor, struct async_reactor **out)
{
    struct async_reactor *reactor = memory_zeroed(sizeof *reactor);
    if (!reactor)
        return -ENOMEM;
    reactor->executor = executor;
    reactor->world = &sim;
    reactor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reactor->wake < 0) {
        int rc = -errno;
        sim_reactor_fini(reactor);
        return rc;
    }
    if (!sim.set && !sim.descriptor_count)
        sim_begin(NULL);
    if (sys == &sys_kernel)
        sys = &sim_sys;
    executor->simulated = true;
    executor->timers.exact = true;
    *out = reactor;
    return 0;
}

// ---- Watching -------------------------------------------------------------------------------

// Of the kernel. 0 or -errno.
static int watch_kernel(struct async_reactor *reactor, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
        return -EPERM;
    for (size_t i = 1; i < reactor->polled_count; i++)
        if (reactor->polled[i].fd == fd)
            return 0;
    if (reactor->polled_count + 1 >= reactor->polled_room) {
        size_t room = reactor->polled_room ? 2 * reactor->polled_room : 16;
        struct pollfd *polled = realloc(reactor->polled, room * sizeof *polled);
        if (!polled)
            return -ENOMEM;
        reactor->polled = polled;
        reactor->polled_room = room;
    }
    if (!reactor->polled_count)
        reactor->polled[reactor->polled_count++] =
            (struct pollfd){.fd = reactor->wake, .events = POLLIN};
    reactor->polled[reactor->polled_count++] = (struct pollfd){.fd = fd};
    return 0;
}

static int watch(struct async_reactor *reactor, struct async_source *source)
{
    struct sim_descriptor *descriptor = sim_find(source->fd);
    if (!descriptor)
        return watch_kernel(reactor, source->fd);
    int rc = sys->watch(-1, readiness_token(source), source->fd); // there may be faults in front
    if (rc < 0)
        return rc;
    descriptor->watched = true;
    if (file_ready(descriptor->file))
        sim_touch(descriptor->file);
    return 0;
}

static enum async_poll sim_perform(struct async_reactor *reactor, struct async_op *op,
                                   struct async_context *cx)
{
    return readiness_perform(reactor, op, cx, watch);
}

static void sim_forget(struct async_reactor *reactor, struct async_source *source)
{
    (void)reactor; // the kernel's are forgotten by the next poll
    struct sim_descriptor *descriptor = sim_find(source->fd);
    if (descriptor)
        descriptor->watched = false;
}

// ---- Reports --------------------------------------------------------------------------------

// Tells of simulated descriptors, in a random order. False: there was nothing.
static bool report_touched(struct async_reactor *reactor)
{
    struct async_executor *executor = reactor->executor;
    bool any = false;
    while (sim.touched_count) {
        size_t i = (size_t)sim_random(sim.touched_count);
        int fd = sim.touched[i];
        sim.touched[i] = sim.touched[--sim.touched_count];
        struct sim_descriptor *descriptor = sim_find(fd);
        if (!descriptor || !descriptor->touched)
            continue;
        descriptor->touched = false;
        struct async_source *source =
            (size_t)fd < executor->source_room ? executor->sources[fd] : NULL;
        unsigned ready = file_ready(descriptor->file);
        if (!source || !source->watched || !ready)
            continue;
        executor_awake(executor);
        readiness_report(source, ready);
        any = true;
    }
    return any;
}

static bool waits(const struct async_op *op)
{
    while (op && op->state != OP_WAITING)
        op = op->next;
    return op != NULL;
}

// What to poll the kernel's descriptors for. False: for nothing.
static bool prepare_poll(struct async_reactor *reactor)
{
    const struct async_executor *executor = reactor->executor;
    size_t kept = reactor->polled_count ? 1 : 0;
    bool any = false;
    for (size_t i = 1; i < reactor->polled_count; i++) {
        struct pollfd entry = {.fd = reactor->polled[i].fd};
        const struct async_source *source =
            (size_t)entry.fd < executor->source_room ? executor->sources[entry.fd] : NULL;
        if (!source || !source->watched || sim_find(entry.fd))
            continue;
        entry.events = (short)((waits(source->ops[IO_READ]) ? POLLIN : 0) |
                               (waits(source->ops[IO_WRITE]) ? POLLOUT : 0));
        any |= entry.events != 0;
        reactor->polled[kept++] = entry;
    }
    reactor->polled_count = kept;
    return any;
}

// Polls the kernel's descriptors. False: there is no news.
static bool poll_kernel(struct async_reactor *reactor, int timeout_ms)
{
    struct pollfd alone = {.fd = reactor->wake, .events = POLLIN};
    bool many = reactor->polled_count > 1;
    int n = poll(many ? reactor->polled : &alone, many ? reactor->polled_count : 1, timeout_ms);
    if (n == 0)
        return false;
    executor_awake(reactor->executor);
    for (size_t i = 1; n > 0 && i < reactor->polled_count; i++) {
        struct pollfd *entry = &reactor->polled[i];
        if (!entry->events || !entry->revents)
            continue;
        unsigned ready = (entry->revents & POLLIN ? READY_READ : 0) |
                         (entry->revents & POLLOUT ? READY_WRITE : 0);
        if (entry->revents & (POLLHUP | POLLERR | POLLNVAL))
            ready = READY_READ | READY_WRITE | READY_CLOSED;
        struct async_source *source = reactor->executor->sources[entry->fd];
        if (source) // else what an earlier report woke has closed it
            readiness_report(source, ready);
    }
    return true;
}

// ---- Waiting --------------------------------------------------------------------------------

static bool has_other_threads(void)
{
    if (sim.settings.threads)
        return true;
    if (sim.set)
        return false;
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
        return true;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count > 1;
}

static bool take_wake(struct async_reactor *reactor)
{
    if (!atomic_exchange(&reactor->woken, false))
        return false;
    uint64_t unused;
    while (read(reactor->wake, &unused, sizeof unused) > 0)
        ;
    return true;
}

static void stalled(struct async_reactor *reactor, const char *why)
{
    if (sim.stalled) {
        executor_awake(reactor->executor);
        sim.stalled(why);
        return;
    }
    fprintf(stderr, "asyncc: sim: %s\n", why);
    abort();
}

static bool look(struct async_reactor *reactor)
{
    sim_run_due();
    bool any = report_touched(reactor);
    if (prepare_poll(reactor))
        any |= poll_kernel(reactor, 0);
    return take_wake(reactor) || any;
}

static void sim_wait(struct async_reactor *reactor, uint64_t timeout_ns)
{
    uint64_t end_ns = sim_later(sim.now_ns, timeout_ns);
    while (!look(reactor) && sim.now_ns < end_ns) {
        uint64_t next_ns = sim_next_ns() < end_ns ? sim_next_ns() : end_ns;
        if (next_ns > sim.settings.limit_ns && next_ns != SIM_NEVER) {
            stalled(reactor, "the limit of virtual time is reached");
            return;
        }
        if (next_ns != SIM_NEVER) {
            sim.now_ns = next_ns;
        } else if (prepare_poll(reactor) || has_other_threads()) {
            bool any = poll_kernel(reactor, sim.set ? PATIENCE_MS : -1);
            if (!take_wake(reactor) && !any && sim.set)
                stalled(reactor, "deadlock: nothing comes from the kernel or other threads");
            return;
        } else {
            if (!take_wake(reactor)) // of a thread that has ended since the look
                stalled(reactor, "deadlock: every task waits, and nothing will ever happen");
            return;
        }
    }
}

static void sim_wake(struct async_reactor *reactor)
{
    atomic_store(&reactor->woken, true);
    clock_ring(reactor->wake);
}

static uint64_t sim_now_ns(struct async_reactor *reactor)
{
    (void)reactor;
    return sim.now_ns;
}

const struct async_reactor_ops reactor_sim = {
    .name = "sim",
    .init = sim_reactor_init,
    .fini = sim_reactor_fini,
    .perform = sim_perform,
    .cancel = readiness_cancel,
    .forget = sim_forget,
    .wait = sim_wait,
    .wake = sim_wake,
    .now_ns = sim_now_ns,
};
