// reactor_uring.c - the back end that hands operations to the kernel: io_uring.
//
// An operation that is WAITING is the kernel's: it is in the queue of submissions, or under way. It
// is WOKEN when it is done: `result` is set, to be collected when it is polled. Nothing is tried
// first: a turn's operations go to the kernel together, by the call that also waits.
#define _GNU_SOURCE
#include "reactor_uring.h"

#include "clock.h"
#include "kept.h"
#include "memory.h"
#include "ring_calls.h"

#include <errno.h>

#ifdef HAVE_IO_URING

#include <sys/eventfd.h>
#include <unistd.h>

// ---- Submissions ----------------------------------------------------------------------------

struct io_uring_sqe *uring_sqe(struct async_reactor *reactor)
{
    struct io_uring_sqe *sqe = ring_sqe(&reactor->ring);
    if (sqe)
        return sqe;
    if (ring_submit(&reactor->ring) == -EBUSY) {
        uring_reap(reactor); // it wants completions to be taken first
        ring_submit(&reactor->ring);
    }
    return ring_sqe(&reactor->ring);
}

// 0 or -ENOMEM.
static int submit(struct async_reactor *reactor, struct async_op *op, int phase)
{
    struct io_uring_sqe *sqe = uring_sqe(reactor);
    if (!sqe)
        return -ENOMEM;
    op->phase = (uint8_t)phase;
    sqe->fd = op->source->fd;
    sqe->user_data = (uintptr_t)op;
    if (phase == PHASE_POLL)
        ring_poll(sqe, op_direction(op));
    else
        ring_call(sqe, op, &reactor->messages[ring_slot(&reactor->ring, sqe)]);
    return 0;
}

int uring_begin(struct async_reactor *reactor, struct async_op *op)
{
    return receive_serves(reactor, op) ? 0 : submit(reactor, op, PHASE_CALL);
}

// While tasks run, the next wait hands submissions over. Else nobody may call that before a
// completion comes: not in somebody else's loop.
static void uring_flush(struct async_reactor *reactor)
{
    if (!reactor->executor->running && ring_unseen(&reactor->ring))
        ring_submit(&reactor->ring);
}

// Asks for a completion each time the eventfd is written to.
static void watch_wake(struct async_reactor *reactor)
{
    struct io_uring_sqe *sqe;
    while (!(sqe = uring_sqe(reactor)))
        uring_reap(reactor);
    ring_poll(sqe, IO_READ);
    sqe->len = IORING_POLL_ADD_MULTI;
    sqe->fd = reactor->wake;
    sqe->user_data = FOR_WAKE;
}

// ---- Completions ----------------------------------------------------------------------------

static bool is_recalled(const struct async_op *op)
{
    return op->phase & PHASE_RECALLED;
}

void uring_finish(struct async_op *op, intptr_t result)
{
    op->result = result;
    if (is_recalled(op))
        op->phase &= (uint8_t)~PHASE_RECALLED;
    else
        op_wake(op);
}

// Hands the operation to the kernel once more, unless it is being taken back.
static void again(struct async_reactor *reactor, struct async_op *op, int phase)
{
    int rc = is_recalled(op) ? -ECANCELED : submit(reactor, op, phase);
    if (rc < 0)
        uring_finish(op, rc);
}

static void end_connect(struct async_op *op)
{
    int error = 0;
    int rc =
        sys->getsockopt(op->source->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    uring_finish(op, rc < 0 ? rc : -error);
}

// The descriptor is ready, after a call had found it was not.
static void end_poll(struct async_reactor *reactor, struct async_op *op, int result)
{
    if (result < 0) {
        uring_finish(op, result);
    } else if (op->code == OP_CONNECT) {
        end_connect(op);
    } else {
        again(reactor, op, PHASE_CALL);
    }
}

static void end_call(struct async_reactor *reactor, struct async_op *op, int result)
{
    switch (op->code) {
    case OP_READABLE:
    case OP_WRITABLE:
        uring_finish(op, result < 0 ? result : 0);
        return;
    case OP_CONNECT:
        if (result == -EINPROGRESS || result == -EINTR)
            again(reactor, op, PHASE_POLL);
        else
            uring_finish(op, result);
        return;
    }
    if (result == -EAGAIN)
        again(reactor, op, PHASE_POLL);
    else if (result == -EINTR)
        again(reactor, op, PHASE_CALL);
    else
        uring_finish(op, result);
}

static void end_borrowed(struct async_reactor *reactor, struct async_op *op,
                         const struct io_uring_cqe *cqe)
{
    struct buffers *buffers = &reactor->executor->buffers;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        op->at = buffer_ring_picked(&reactor->buffers, cqe->flags);
        if (cqe->res <= 0)
            buffer_return(buffers, op->at);
        else
            op->source->crowded = cqe->flags & IORING_CQE_F_SOCK_NONEMPTY;
    }
    if (cqe->res != -ENOBUFS)
        end_call(reactor, op, cqe->res);
    else if (buffer_ring_refill(&reactor->buffers, buffers))
        again(reactor, op, PHASE_CALL);
    else
        uring_finish(op, -ENOMEM);
}

static void complete(struct async_reactor *reactor, const struct io_uring_cqe *cqe)
{
    if (cqe->user_data == FOR_WAKE) {
        if (!(cqe->flags & IORING_CQE_F_MORE))
            watch_wake(reactor);
        return;
    }
    uintptr_t address = (uintptr_t)cqe->user_data & ~(uintptr_t)(FOR_SOURCE | FOR_RECALL);
    bool recall = cqe->user_data & FOR_RECALL;
    if (cqe->user_data & FOR_SOURCE) {
        struct async_source *source = (struct async_source *)address;
        if (recall)
            receive_told(reactor, source, cqe->res);
        else
            receive_received(reactor, source, cqe);
        return;
    }
    if (cqe->user_data == FOR_NOBODY || recall)
        return;
    struct async_op *op = (struct async_op *)address;
    if (op->phase & PHASE_POLL)
        end_poll(reactor, op, cqe->res);
    else if (op->code == OP_READ_BORROWED)
        end_borrowed(reactor, op, cqe);
    else
        end_call(reactor, op, cqe->res);
}

void uring_reap(struct async_reactor *reactor)
{
    struct io_uring_cqe cqe;
    while (ring_take(&reactor->ring, &cqe))
        complete(reactor, &cqe);
}

// ---- Operations -----------------------------------------------------------------------------

static enum async_poll uring_perform(struct async_reactor *reactor, struct async_op *op,
                                     struct async_context *cx)
{
    if (op->state == OP_WOKEN) {
        op_unlink(op);
        return ASYNC_READY;
    }
    if (op->state == OP_IDLE) {
        if (kept_take(op->source, op))
            return ASYNC_READY;
        int rc = uring_begin(reactor, op);
        if (rc < 0) {
            op->result = rc;
            return ASYNC_READY;
        }
    }
    op_wait(op, &cx->waker);
    return ASYNC_PENDING;
}

// ---- Taking operations back -----------------------------------------------------------------

// Submits the cancellation of what is recalled, unless that ends by itself meanwhile.
static void submit_cancel(struct async_reactor *reactor, struct async_op *op)
{
    struct io_uring_sqe *sqe = uring_sqe(reactor);
    while (!sqe) {
        uring_reap(reactor);
        if (!is_recalled(op))
            return;
        sqe = uring_sqe(reactor);
    }
    ring_cancel(sqe, (uintptr_t)op);
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = (uintptr_t)op | FOR_RECALL;
}

// Takes an operation back from the kernel, and waits until that has let it go. Its result is
// -ECANCELED, or what it came to before. It is still WAITING.
static void recall(struct async_reactor *reactor, struct async_op *op)
{
    if (op->phase == PHASE_RECEIVE || ring_withdraw(&reactor->ring, (uintptr_t)op)) {
        op->result = -ECANCELED;
        return;
    }
    op->phase |= PHASE_RECALLED;
    submit_cancel(reactor, op);
    while (is_recalled(op)) {
        ring_enter(&reactor->ring, 1, UINT64_MAX);
        uring_reap(reactor);
    }
    // If the kernel was too busy to take it, it must not hit a later operation at the same address.
    ring_withdraw(&reactor->ring, (uintptr_t)op | FOR_RECALL);
}

struct async_op *uring_first_to_serve(const struct async_source *source)
{
    struct async_op *op = source->ops[IO_READ];
    while (op && !(op->state == OP_WAITING && kept_serves(op)))
        op = op->next;
    return op;
}

// Something was kept, and others wait in the kernel for just that: they get it.
static void hand_on(struct async_reactor *reactor, struct async_source *source)
{
    struct async_op *op;
    while (kept_any(source) && (op = uring_first_to_serve(source))) {
        size_t size = op->size;
        recall(reactor, op);
        if (op->result == -ECANCELED) {
            op->size = size;
            if (!kept_take(source, op)) { // others were woken meanwhile
                int rc = uring_begin(reactor, op);
                if (rc < 0)
                    uring_finish(op, rc);
                return;
            }
        }
        op_wake(op);
    }
}

// What a read has taken is the next one's.
static void pass_on(struct async_reactor *reactor, struct async_source *source, struct async_op *op)
{
    kept_add(source, op);
    source->users++; // for as long as it is needed here
    hand_on(reactor, source);
    source_release(source);
}

static void uring_cancel(struct async_reactor *reactor, struct async_op *op)
{
    if (op->state == OP_WAITING)
        recall(reactor, op);
    op_unlink(op);
    if (op_direction(op) == IO_READ)
        pass_on(reactor, op->source, op);
    uring_flush(reactor);
}

static void uring_forget(struct async_reactor *reactor, struct async_source *source)
{
    receive_end(reactor, source);
    kept_drop(source);
    uring_flush(reactor);
}

// ---- Waiting --------------------------------------------------------------------------------

static void uring_wait(struct async_reactor *reactor, uint64_t timeout_ns)
{
    struct ring *ring = &reactor->ring;
    unsigned wait_for = timeout_ns != 0 && ring_empty(ring);
    // Fails when a signal comes or the time is over; the executor looks around and comes back.
    if (wait_for || ring_unseen(ring) || ring_behind(ring))
        ring_enter(ring, wait_for, timeout_ns);
    if (ring_empty(ring))
        return;
    executor_awake(reactor->executor);
    uring_reap(reactor);
}

static void uring_wake(struct async_reactor *reactor)
{
    clock_ring(reactor->wake);
}

static uint64_t uring_now_ns(struct async_reactor *reactor)
{
    (void)reactor;
    return clock_now_ns();
}

// Readable when there are completions, or work of the kernel's that leads to some.
static int uring_fd(struct async_reactor *reactor)
{
    return reactor->ring.fd;
}

// ---- Begin and end --------------------------------------------------------------------------

static bool give_buffer(void *reactor, void *buffer)
{
    return buffer_ring_give(&((struct async_reactor *)reactor)->buffers, buffer);
}

static void uring_fini(struct async_reactor *reactor)
{
    ring_fini(&reactor->ring);
    buffer_ring_fini(&reactor->buffers);
    if (reactor->wake >= 0)
        close(reactor->wake);
    memory_free(reactor);
}

static int start(struct async_reactor *reactor)
{
    int rc = ring_init(&reactor->ring);
    if (rc < 0)
        return rc;
    rc = buffer_ring_init(&reactor->buffers, &reactor->ring);
    if (rc < 0)
        return rc;
    reactor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reactor->wake < 0)
        return -errno;
    watch_wake(reactor);
    // This may be refused, too.
    struct io_uring_cqe refusal = {0};
    rc = ring_enter(&reactor->ring, 0, 0);
    if (rc >= 0 && ring_take(&reactor->ring, &refusal))
        rc = refusal.res;
    if (rc >= 0)
        reactor->receives = receive_works(&reactor->ring);
    return rc < 0 ? rc : 0;
}

static int uring_init(struct async_executor *executor, struct async_reactor **out)
{
    struct async_reactor *reactor = memory_zeroed(sizeof *reactor);
    if (!reactor)
        return -ENOMEM;
    reactor->executor = executor;
    reactor->wake = -1;
    reactor->ring.fd = -1;
    int rc = start(reactor);
    if (rc < 0) {
        uring_fini(reactor);
        return rc;
    }
    executor->buffers.give = give_buffer;
    executor->buffers.owner = reactor;
    *out = reactor;
    return 0;
}

const struct async_reactor_ops reactor_uring = {
    .name = "io_uring",
    .init = uring_init,
    .fini = uring_fini,
    .perform = uring_perform,
    .cancel = uring_cancel,
    .forget = uring_forget,
    .wait = uring_wait,
    .flush = uring_flush,
    .wake = uring_wake,
    .now_ns = uring_now_ns,
    .fd = uring_fd,
};

#else

static int no_uring(struct async_executor *executor, struct async_reactor **out)
{
    (void)executor, (void)out;
    return -ENOSYS;
}

const struct async_reactor_ops reactor_uring = {.name = "io_uring", .init = no_uring};

#endif
