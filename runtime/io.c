// io.c - the table of sources, waiting, and async_readable and async_writable.
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

// ---- Sources --------------------------------------------------------------------------------

static uint64_t token_of(const struct async_source *source)
{
    return (uint64_t)source->generation << 32 | (uint32_t)source->fd;
}

static struct async_source *source_at(struct async_executor *executor, int fd)
{
    return (size_t)fd < executor->source_room ? executor->sources[fd] : NULL;
}

static int make_room(struct async_executor *executor, int fd)
{
    size_t room = executor->source_room;
    if ((size_t)fd < room)
        return 0;
    size_t want = room ? room : 16;
    while (want <= (size_t)fd)
        want *= 2;
    struct async_source **sources = realloc(executor->sources, want * sizeof *sources);
    if (!sources)
        return -ENOMEM;
    for (size_t i = room; i < want; i++)
        sources[i] = NULL;
    executor->sources = sources;
    executor->source_room = want;
    return 0;
}

int source_open(struct async_executor *executor, struct async_source *source, int fd)
{
    int rc = make_room(executor, fd);
    if (rc < 0)
        return rc;
    *source = (struct async_source){
        .executor = executor,
        .fd = fd,
        .generation = ++executor->source_generation,
        .users = 1,
        // Trying once tells the truth sooner than the reactor's first report.
        .ready = REACTOR_READABLE | REACTOR_WRITABLE,
    };
    struct async_source *stale = executor->sources[fd];
    if (stale) {
        // Its descriptor was closed under those who wait for it. They see an error when they look
        // again.
        executor->ops->remove(executor->reactor, fd);
        executor->sources[fd] = NULL;
        executor->source_count--;
        source_wake(stale, IO_READ);
        source_wake(stale, IO_WRITE);
    }
    rc = executor->ops->add(executor->reactor, fd, token_of(source));
    if (rc < 0)
        return rc;
    executor->sources[fd] = source;
    executor->source_count++;
    return 0;
}

void source_close(struct async_source *source)
{
    struct async_executor *executor = source->executor;
    if (!executor)
        return;
    assert(executor == async_current && "a descriptor is used on the thread that opened it");
    assert(!source->waiting[IO_READ] && !source->waiting[IO_WRITE] &&
           "a descriptor is closed while an operation waits for it");
    if (source_at(executor, source->fd) != source)
        return;
    executor->ops->remove(executor->reactor, source->fd);
    executor->sources[source->fd] = NULL;
    executor->source_count--;
}

void source_wait(struct async_source *source, int direction, struct async_io_wait *wait,
                 const struct async_waker *waker)
{
    assert(!wait->waker.ops);
    wait->waker = async_waker_clone(waker);
    wait->next = source->waiting[direction];
    source->waiting[direction] = wait;
}

void source_forget(struct async_source *source, int direction, struct async_io_wait *wait)
{
    if (!wait->waker.ops)
        return;
    struct async_io_wait **link = &source->waiting[direction];
    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;
    async_waker_drop(&wait->waker);
}

void source_wake(struct async_source *source, int direction)
{
    struct async_io_wait *wait;
    while ((wait = source->waiting[direction])) {
        source->waiting[direction] = wait->next;
        struct async_waker waker = wait->waker;
        wait->waker.ops = NULL;
        async_waker_wake(&waker);
        async_waker_drop(&waker);
    }
}

bool source_may_try(struct async_source *source, int direction, struct async_io_wait *wait,
                    struct async_context *cx)
{
    assert(source->executor == async_current &&
           "a descriptor is used on the thread that opened it");
    if (wait->waker.ops) { // polled without having been woken
        waker_update(&wait->waker, &cx->waker);
        return false;
    }
    if (!(source->ready & (direction == IO_READ ? REACTOR_READABLE : REACTOR_WRITABLE))) {
        source_wait(source, direction, wait, &cx->waker);
        return false;
    }
    if (!source->executor->io_credit) {
        async_waker_wake(&cx->waker);
        return false;
    }
    source->executor->io_credit--;
    return true;
}

void io_ready(void *data, uint64_t token, unsigned events)
{
    struct async_executor *executor = data;
    if (!executor->open) { // the first of its turn: no need to be woken any more
        atomic_store_explicit(&executor->sleeping, false, memory_order_relaxed);
        executor_reopen(executor);
    }
    struct async_source *source = source_at(executor, (int)(uint32_t)token);
    if (!source || source->generation != token >> 32)
        return; // of a source that is gone
    source->ready |= (uint8_t)events;
    if (events & REACTOR_READABLE)
        source_wake(source, IO_READ);
    if (events & REACTOR_WRITABLE)
        source_wake(source, IO_WRITE);
}

void io_fini(struct async_executor *executor)
{
    for (size_t fd = 0; fd < executor->source_room; fd++)
        if (executor->sources[fd])
            executor->sources[fd]->executor = NULL;
    free(executor->sources);
    executor->sources = NULL;
    executor->source_room = executor->source_count = 0;
}

// ---- async_readable, async_writable ---------------------------------------------------------
//
// Sources of descriptors that are not ours live only while somebody waits for them, for we are not
// told when they are closed. What they remember is not used: the caller reads and writes behind our
// back, so poll(2) says whether there is anything to wait for.

// Is fd ready in this direction? 1, 0, or -errno.
static int ready_now(int fd, int direction)
{
    if (fd < 0)
        return -EBADF; // poll(2) would ignore it
    struct pollfd look = {.fd = fd, .events = direction == IO_READ ? POLLIN : POLLOUT};
    int n;
    do
        n = poll(&look, 1, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return look.revents & POLLNVAL ? -EBADF : n;
}

// The source of fd, with one user more.
static int use_source(struct async_executor *executor, int fd, struct async_source **out)
{
    struct async_source *source = source_at(executor, fd);
    if (source) {
        source->users++;
        *out = source;
        return 0;
    }
    source = malloc(sizeof *source);
    if (!source)
        return -ENOMEM;
    int rc = source_open(executor, source, fd);
    if (rc < 0)
        free(source);
    else
        *out = source;
    return rc;
}

static void unuse_source(struct async_source *source)
{
    if (--source->users)
        return;
    source_close(source);
    free(source);
}

static enum async_poll wait_poll(struct async_io_wait *wait, struct async_source **source, int *fd,
                                 int direction, struct async_context *cx)
{
    assert(async_current && async_current->running && "polled outside an asyncc executor");
    if (*source) {
        if (wait->waker.ops) { // polled without having been woken
            waker_update(&wait->waker, &cx->waker);
            return ASYNC_PENDING;
        }
        unuse_source(*source);
        *source = NULL;
        *fd = 0; // the result
        return ASYNC_READY;
    }
    int rc = ready_now(*fd, direction);
    if (rc == 0)
        rc = use_source(async_current, *fd, source);
    if (rc == 0) {
        source_wait(*source, direction, wait, &cx->waker);
        return ASYNC_PENDING;
    }
    *fd = rc > 0 || rc == -EPERM ? 0 : rc;
    return ASYNC_READY;
}

static void wait_drop(struct async_io_wait *wait, struct async_source **source, int direction)
{
    if (!*source)
        return;
    source_forget(*source, direction, wait);
    unuse_source(*source);
    *source = NULL;
}

enum async_poll async_readable_future_poll(struct async_readable_future *self,
                                           struct async_context *cx)
{
    return wait_poll(&self->wait, &self->source, &self->result, IO_READ, cx);
}

void async_readable_future_drop(struct async_readable_future *self)
{
    wait_drop(&self->wait, &self->source, IO_READ);
}

enum async_poll async_writable_future_poll(struct async_writable_future *self,
                                           struct async_context *cx)
{
    return wait_poll(&self->wait, &self->source, &self->result, IO_WRITE, cx);
}

void async_writable_future_drop(struct async_writable_future *self)
{
    wait_drop(&self->wait, &self->source, IO_WRITE);
}
