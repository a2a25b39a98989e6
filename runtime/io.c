// io.c - the table of sources, the lists of operations, and async_readable and async_writable.
#include "io.h"

#include "memory.h"
#include "task.h"

#include <errno.h>

// ---- Operations -----------------------------------------------------------------------------

static struct async_op **list_of(struct async_op *op)
{
    return &op->source->ops[op_direction(op)];
}

void op_wait(struct async_op *op, const struct async_waker *waker)
{
    if (op->state == OP_WAITING) {
        waker_update(&op->waker, waker);
        return;
    }
    op->waker = async_waker_clone(waker);
    if (op->state == OP_IDLE) {
        struct async_op **link = list_of(op);
        while (*link)
            link = &(*link)->next;
        op->next = NULL;
        *link = op;
    }
    op->state = OP_WAITING;
}

void op_unlink(struct async_op *op)
{
    if (op->state == OP_WAITING)
        async_waker_drop(&op->waker);
    if (op->state == OP_WAITING || op->state == OP_WOKEN) {
        struct async_op **link = list_of(op);
        while (*link != op)
            link = &(*link)->next;
        *link = op->next;
    }
    op->state = OP_IDLE;
}

void op_wake(struct async_op *op)
{
    struct async_waker waker = op->waker; // the operation may be gone once its task is woken
    op->state = OP_WOKEN;
    async_waker_wake(&waker);
    async_waker_drop(&waker);
}

void op_finish(struct async_op *op, intptr_t result)
{
    bool waiting = op->state == OP_WAITING;
    struct async_waker waker = op->waker;
    if (waiting)
        op->state = OP_WOKEN; // the waker is ours now
    op_unlink(op);
    op->result = result;
    op->state = OP_DONE;
    if (waiting) {
        async_waker_wake(&waker);
        async_waker_drop(&waker);
    }
}

// ---- Sources --------------------------------------------------------------------------------

static int make_room(struct async_executor *executor, int fd)
{
    size_t room = executor->source_room;
    if ((size_t)fd < room)
        return 0;
    size_t want = room ? room : 16;
    while (want <= (size_t)fd)
        want *= 2;
    struct async_source **sources = memory_realloc(executor->sources, want * sizeof *sources);
    if (!sources)
        return -ENOMEM;
    for (size_t i = room; i < want; i++)
        sources[i] = NULL;
    executor->sources = sources;
    executor->source_room = want;
    return 0;
}

int source_open(struct async_executor *executor, struct async_source *source, int fd, bool socket)
{
    int rc = make_room(executor, fd);
    if (rc < 0)
        return rc;
    struct async_source *stale = executor->sources[fd];
    if (stale) // its descriptor was closed under those who wait for it
        source_close(stale, -EBADF);
    *source = (struct async_source){
        .executor = executor,
        .fd = fd,
        .generation = ++executor->source_generation,
        .users = 1,
        .socket = socket,
        // Trying once tells the truth sooner than the reactor's first report.
        .ready = 1 << IO_READ | 1 << IO_WRITE,
    };
    executor->sources[fd] = source;
    executor->source_count++;
    return 0;
}

static void end_operations(struct async_source *source, int direction, int status)
{
    const struct async_executor *executor = source->executor;
    struct async_op *op;
    while ((op = source->ops[direction])) {
        bool waiting = op->state == OP_WAITING;
        struct async_waker waker = {0};
        if (waiting)
            waker = async_waker_clone(&op->waker);
        executor->ops->cancel(executor->reactor, op);
        op_finish(op, status);
        if (waiting) {
            async_waker_wake(&waker);
            async_waker_drop(&waker);
        }
    }
}

void source_close(struct async_source *source, int status)
{
    struct async_executor *executor = source->executor;
    if (!executor)
        return;
    assert(executor == async_current && "a descriptor is used on the thread that opened it");
    end_operations(source, IO_READ, status);
    end_operations(source, IO_WRITE, status);
    executor->ops->forget(executor->reactor, source);
    executor->sources[source->fd] = NULL;
    executor->source_count--;
    source->executor = NULL;
}

void source_release(struct async_source *source)
{
    if (--source->users)
        return;
    source_close(source, -ECANCELED);
    memory_free(source);
}

void source_shut(struct async_source *source)
{
    int fd = source->fd;
    source_close(source, -ECANCELED);
    sys->close(fd);
    source_release(source);
}

void io_fini(struct async_executor *executor)
{
    for (size_t fd = 0; fd < executor->source_room; fd++)
        if (executor->sources[fd])
            source_close(executor->sources[fd], -ECANCELED);
    memory_free(executor->sources);
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
    int n = sys->poll(&look, 1, 0);
    if (n < 0)
        return n;
    return look.revents & POLLNVAL ? -EBADF : n;
}

// The source of fd, with one user more.
static int use_source(struct async_executor *executor, int fd, struct async_source **out)
{
    struct async_source *source = (size_t)fd < executor->source_room ? executor->sources[fd] : NULL;
    if (source) {
        source->users++;
        *out = source;
        return 0;
    }
    source = memory_alloc(sizeof *source);
    if (!source)
        return -ENOMEM;
    int rc = source_open(executor, source, fd, false);
    if (rc < 0)
        memory_free(source);
    else
        *out = source;
    return rc;
}

static void unuse_source(struct async_op *op)
{
    source_release(op->source);
    op->source = NULL;
}

static enum async_poll fd_poll(struct async_op *op, int *fd, enum op_code code,
                               struct async_context *cx)
{
    assert(async_current && async_current->running && "polled outside an asyncc executor");
    if (!op->source) {
        int rc = ready_now(*fd, code == OP_READABLE ? IO_READ : IO_WRITE);
        if (rc == 0)
            rc = use_source(async_current, *fd, &op->source);
        if (rc != 0) {
            *fd = rc < 0 ? rc : 0;
            return ASYNC_READY;
        }
        op->code = code;
        op->flags = OP_UNBUFFERED;
        op->source->ready &= (uint8_t) ~(1u << op_direction(op)); // we have just looked
    }
    if (op_poll(op, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    *fd = op->result == -EPERM ? 0 : (int)op->result; // -EPERM: what the reactor need not watch
    unuse_source(op);
    return ASYNC_READY;
}

static void fd_drop(struct async_op *op)
{
    if (!op->source)
        return;
    op_drop(op);
    unuse_source(op);
}

enum async_poll async_readable_future_poll(struct async_readable_future *self,
                                           struct async_context *cx)
{
    return fd_poll(&self->op, &self->result, OP_READABLE, cx);
}

void async_readable_future_drop(struct async_readable_future *self)
{
    fd_drop(&self->op);
}

enum async_poll async_writable_future_poll(struct async_writable_future *self,
                                           struct async_context *cx)
{
    return fd_poll(&self->op, &self->result, OP_WRITABLE, cx);
}

void async_writable_future_drop(struct async_writable_future *self)
{
    fd_drop(&self->op);
}
