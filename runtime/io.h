// io.h - open descriptors ("sources"), and the operations on them that are under way.
//
// A source is what the runtime knows of a descriptor. Its operations are in its lists from when
// they first wait until they end, so that closing it ends them too.
#ifndef ASYNCC_RUNTIME_IO_H
#define ASYNCC_RUNTIME_IO_H

#include <asyncc/io.h>
#include <assert.h>
#include <errno.h>

#include "executor.h"
#include "reactor.h"
#include "sys.h"

#pragma GCC visibility push(hidden)

// Each connection has one, so it is small. Its executor is the thread's: source_here.
struct async_source {
    struct async_op *ops[2]; // by direction: those that are WAITING or WOKEN, oldest first
    void *kept;              // kept.c: what cancelled operations had taken already; NULL: nothing
    int fd;
    uint32_t generation; // tells it from earlier sources of the same descriptor number
    uint32_t users;      // who keep it: its owner, or the futures that wait for it
    bool open : 1;       // in its executor's table; else it is gone, and so may the executor be
    bool socket : 1;     // recv and send, not read and write
    bool bytes : 1;      // has no packets, lines or records: a short read leaves nothing behind
    bool rights : 1;     // but ends a read behind descriptors that came along: a Unix socket
    bool watched : 1;    // readiness.c: the back end watches it
    bool receiving : 1;  // receive.c: the kernel receives into its buffers
    bool stopping : 1;   // receive.c: it is being told to stop
    bool crowded : 1;    // receive.c: more bytes came than were read, or fitted in a buffer
    bool stopped : 1;    // receive.c: it has been told to stop, and will
    bool unsure : 1;     // receive.c: it may have overlooked the end
    bool hung_up : 1;    // receive.c: it has
    uint8_t error;       // kept.c: an error that comes after what is kept. 0: none
    uint8_t ready;       // readiness.c: READY_*, what may succeed. CLOSED stays set
};

// Makes fd a source, with one user. 0 or -ENOMEM.
int source_open(struct async_executor *executor, struct async_source *source, int fd, bool socket);

// Makes the descriptor of a source that was just opened, and has these flags, non-blocking. 0, or
// -errno, and the source is released.
int source_unblock(struct async_source *source, int flags);

// Ends all operations with `status`, and the source. The descriptor stays open.
void source_close(struct async_source *source, int status);

// One user less. The last one closes the source, and frees its memory: it is the first member of
// what was allocated.
void source_release(struct async_source *source);

// Puts an operation that is IDLE into its list, or keeps one that is WOKEN there: it is WAITING,
// with a waker.
void op_wait(struct async_op *op, const struct async_waker *waker);

// Lets an operation that is IDLE be polled again after the other ready tasks have run. Until then
// it is WOKEN and in its list, with `yielded` set; then op_unlink makes it IDLE.
void op_yield(struct async_op *op, const struct async_waker *waker);

// Takes an operation out of its list, if it is in one: it is IDLE.
void op_unlink(struct async_op *op);

// Wakes an operation that is WAITING: it is WOKEN.
void op_wake(struct async_op *op);

// Wakes all that are WAITING in a source's list. Wakers may bring code of somebody else's: what it
// drops, also the source, may be gone afterwards.
void op_wake_all(struct async_source *source, int direction);

// Ends an operation, wherever it is, and wakes who waits for it: it is DONE.
void op_finish(struct async_op *op, intptr_t result);

// Is it open, on this thread?
static inline bool source_here(const struct async_source *source)
{
    const struct async_executor *executor = async_current;
    return source->open && executor && (size_t)source->fd < executor->source_room &&
           executor->sources[source->fd] == source;
}

// What a future does with its operation. After ASYNC_READY the operation is IDLE, and may be used
// again.
static inline enum async_poll op_poll(struct async_op *op, struct async_context *cx)
{
    if (op->state == OP_DONE) {
        op->state = OP_IDLE;
        return ASYNC_READY;
    }
    struct async_executor *executor = async_current;
    assert(source_here(op->source) && "a descriptor is used on the thread that opened it");
    return executor->ops->perform(executor->reactor, op, cx);
}

// Before a call that is not an operation: may it be made now? If not, others come first: the task
// is to be woken and polled again.
static inline bool io_spend(void)
{
    struct async_executor *executor = async_current;
    assert(executor && executor->running && "polled outside an asyncc executor");
    if (!executor->io_credit)
        return false;
    executor->io_credit--;
    return true;
}

// A future is dropped: its operation ends here. Returns what it came to: -ECANCELED, unless it was
// done, or had been done before it could be taken back; a write has written so many bytes then.
static inline intptr_t op_drop(struct async_op *op)
{
    if (op->state == OP_IDLE)
        return -ECANCELED;
    if (op->state != OP_DONE) {
        struct async_executor *executor = async_current;
        executor->ops->cancel(executor->reactor, op);
    }
    op->state = OP_IDLE;
    return op->result;
}

// Ends what is under way on a source that somebody owns, with -ECANCELED, closes its descriptor and
// gives it up.
void source_shut(struct async_source *source);

// Frees the table of sources. What is still open is cut off, and can only be closed.
void io_fini(struct async_executor *executor);

#pragma GCC visibility pop
#endif
