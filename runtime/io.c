// io.c - the table of sources, and the lists of operations.
#include "io.h"

#include "memory.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>

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

void op_yield(struct async_op *op, const struct async_waker *waker)
{
    op_wait(op, waker);
    op->yielded = true;
    op_wake(op);
}

void op_unlink(struct async_op *op)
{
    op->yielded = false;
    if (op->state == OP_WAITING)
        async_waker_drop(&op->waker);
    if (op->state == OP_WAITING || op->state == OP_WOKEN) {
        struct async_op **link = list_of(op);
        while (*link != op)
            link = &(*link)->next;
        *link = op->next;
        if (async_current->wake_next == op)
            async_current->wake_next = op->next;
    }
    op->state = OP_IDLE;
}

void op_wake(struct async_op *op)
{
    op->state = OP_WOKEN;
    async_waker_wake_and_drop(&op->waker); // the operation may be gone now
}

void op_wake_all(struct async_source *source, int direction)
{
    struct async_executor *executor = async_current;
    struct async_op *op = source->ops[direction];
    for (; op; op = executor->wake_next) {
        executor->wake_next = op->next;
        if (op->state == OP_WAITING)
            op_wake(op);
    }
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
    if (waiting)
        async_waker_wake_and_drop(&waker);
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

// Closes a source of somebody else's, who may give it up when its operations end.
static void cut_off(struct async_source *source, int status)
{
    source->users++;
    source_close(source, status);
    source_release(source);
}

int source_open(struct async_executor *executor, struct async_source *source, int fd, bool socket)
{
    int rc = make_room(executor, fd);
    if (rc < 0)
        return rc;
    struct async_source *stale = executor->sources[fd];
    if (stale) // its descriptor was closed under those who wait for it
        cut_off(stale, -EBADF);
    *source = (struct async_source){
        .fd = fd,
        .generation = ++executor->source_generation,
        .users = 1,
        .open = true,
        .socket = socket,
        .bytes = socket,
        // Trying once tells the truth sooner than the reactor's first report.
        .ready = 1 << IO_READ | 1 << IO_WRITE,
    };
    executor->sources[fd] = source;
    executor->source_count++;
    return 0;
}

static void end_operations(struct async_source *source, int direction, int status)
{
    const struct async_executor *executor = async_current;
    struct async_op *op;
    while ((op = source->ops[direction])) {
        bool waiting = op->state == OP_WAITING;
        struct async_waker waker = {0};
        if (waiting)
            waker = async_waker_clone(&op->waker);
        executor->ops->cancel(executor->reactor, op);
        op_finish(op, status);
        if (waiting)
            async_waker_wake_and_drop(&waker);
    }
}

void source_close(struct async_source *source, int status)
{
    if (!source->open)
        return;
    struct async_executor *executor = async_current;
    assert(source_here(source) && "a descriptor is used on the thread that opened it");
    end_operations(source, IO_READ, status);
    end_operations(source, IO_WRITE, status);
    executor->ops->forget(executor->reactor, source);
    executor->sources[source->fd] = NULL;
    executor->source_count--;
    source->open = false;
}

void source_release(struct async_source *source)
{
    if (source->users == 1)
        source_close(source, -ECANCELED); // which others may use it for
    if (--source->users == 0)
        memory_free(source);
}

int source_unblock(struct async_source *source, int flags)
{
    int rc = flags & O_NONBLOCK ? 0 : sys->fcntl(source->fd, F_SETFL, flags | O_NONBLOCK);
    if (rc < 0)
        source_release(source);
    return rc < 0 ? rc : 0;
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
            cut_off(executor->sources[fd], -ECANCELED);
    memory_free(executor->sources);
    executor->sources = NULL;
    executor->source_room = executor->source_count = 0;
}
