// receive.c - receiving for as long as a connection lives.
//
// The kernel is asked once, when a read first waits for a buffer with bytes in it, and then fills a
// buffer of the ring each time there are some, whether anybody waits or not. Those that nobody
// waits for are kept (kept.h), which takes no memory. So a read costs no submission, and bytes that
// have come are taken without the kernel.
//
// While the kernel receives, it has no other operation that reads from the source: those wait in
// PHASE_RECEIVE, and get copies. It is told to stop for who wants to read the socket itself, for
// large reads, which are better off without a copy, and when two buffers are kept and nobody reads:
// a peer that sends faster than it is read from is to fill its socket, not our memory. From then on
// it is read from one buffer at a time, until a buffer empties the socket.
#define _GNU_SOURCE
#include "reactor_uring.h"

#ifdef HAVE_IO_URING

#include "kept.h"
#include "ring_calls.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- Can it be used? ------------------------------------------------------------------------

// A TCP connection to itself: what is sent comes back. It is there at once, or not at all: -1.
static int self_connect(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address = (struct sockaddr *)&at;
    struct linger none = {.l_onoff = 1};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    if (bind(fd, address, sizeof at) == 0 &&
        getsockname(fd, address, &(socklen_t){sizeof at}) == 0 &&
        (connect(fd, address, sizeof at) == 0 || errno == EINPROGRESS) &&
        getpeername(fd, address, &(socklen_t){sizeof at}) == 0)
        return fd;
    close(fd);
    return -1;
}

enum {
    FOR_PROBE = FOR_RECALL // of nothing: should anything come of it later, it is ignored
};

enum probe_end {
    PROBE_RUNS, // still
    PROBE_REFUSED,
    PROBE_ENDED
};

// Enters the kernel, and takes what it says of the probe.
static enum probe_end probe_enter(struct ring *ring, bool wait)
{
    struct io_uring_cqe cqe;
    enum probe_end end = PROBE_RUNS;
    ring_enter(ring, wait, UINT64_MAX);
    while (ring_take(ring, &cqe))
        if (cqe.user_data == FOR_PROBE && !(cqe.flags & IORING_CQE_F_MORE))
            end = cqe.res == 0 ? PROBE_ENDED : PROBE_REFUSED;
    return end;
}

// A byte comes and then the end, both before the kernel is entered. From Linux 6.5 on until it was
// repaired in 2026, in all series, that was received without the end, and a reader would have
// waited for ever. Such kernels cannot be told by their version, and neither can those that know no
// such request at all.
static bool sees_the_end(struct ring *ring, int fd)
{
    static char bytes[2]; // two buffers: the end takes one, too
    struct io_uring_sqe *sqe = ring_sqe(ring);
    ring_provide(sqe, PROBE_GROUP, bytes, 2, 1);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe = ring_sqe(ring);
    ring_receive(sqe, fd, PROBE_GROUP);
    sqe->user_data = FOR_PROBE;
    enum probe_end end = probe_enter(ring, false);
    if (end == PROBE_RUNS && send(fd, bytes, 1, MSG_NOSIGNAL) == 1 && shutdown(fd, SHUT_RD) == 0)
        end = probe_enter(ring, false);
    bool works = end == PROBE_ENDED;
    for (int i = 0; end == PROBE_RUNS && i < 100; i++) {
        ring_cancel(ring_sqe(ring), FOR_PROBE);
        end = probe_enter(ring, true);
    }
    return works;
}

bool receive_works(struct ring *ring)
{
    static atomic_int known; // 1: it does, -1: it does not
    int works = atomic_load_explicit(&known, memory_order_relaxed);
    if (works)
        return works > 0;
    int fd = self_connect();
    if (fd < 0)
        return false;
    works = sees_the_end(ring, fd) ? 1 : -1;
    close(fd);
    atomic_store_explicit(&known, works, memory_order_relaxed);
    return works > 0;
}

// ---- Beginning and stopping -----------------------------------------------------------------

static uint64_t token(const struct async_source *source)
{
    return (uintptr_t)source | FOR_SOURCE;
}

static bool is_only_read(const struct async_op *op)
{
    const struct async_op *first = op->source->ops[IO_READ];
    return !first || (first == op && !op->next);
}

// Unix sockets are left out: descriptors may come along with their bytes.
static bool is_wanted(const struct async_reactor *reactor, const struct async_op *op)
{
    const struct async_source *source = op->source;
    return op->code == OP_READ_BORROWED && reactor->receives && source->socket && source->bytes &&
           !source->rights && !source->crowded && !source->stopping && is_only_read(op);
}

// False with no memory left in the kernel.
static bool ask(struct async_reactor *reactor, struct async_source *source)
{
    struct io_uring_sqe *sqe = uring_sqe(reactor);
    if (!sqe)
        return false;
    ring_receive(sqe, source->fd, BUFFER_GROUP);
    sqe->user_data = token(source);
    source->receiving = source->unsure = true;
    return true;
}

// Tells the kernel to stop. If it cannot be told now, it is when it has received more.
static void stop(struct async_reactor *reactor, struct async_source *source)
{
    if (source->stopping || source->stopped)
        return;
    struct io_uring_sqe *sqe = uring_sqe(reactor);
    if (!sqe)
        return;
    ring_cancel(sqe, token(source));
    sqe->user_data = token(source) | FOR_RECALL;
    source->stopping = true;
}

// Who reads the socket itself wants nothing to be taken from it.
static bool wants_the_socket(const struct async_op *op)
{
    if (op->code == OP_READABLE)
        return op->flags & OP_UNBUFFERED;
    return op->code != OP_READ_BORROWED && !(op->code == OP_READ && op->size < BUFFER_SIZE);
}

bool receive_serves(struct async_reactor *reactor, struct async_op *op)
{
    struct async_source *source = op->source;
    if (op_direction(op) == IO_WRITE)
        return false;
    if (!source->receiving && !(is_wanted(reactor, op) && ask(reactor, source)))
        return false;
    op->phase = PHASE_RECEIVE;
    if (wants_the_socket(op))
        stop(reactor, source);
    return true;
}

void receive_end(struct async_reactor *reactor, struct async_source *source)
{
    if (source->receiving && ring_withdraw(&reactor->ring, token(source)))
        source->receiving = false;
    while (source->receiving || source->stopping) {
        if (source->receiving)
            stop(reactor, source);
        ring_enter(&reactor->ring, source->stopping || source->stopped, UINT64_MAX);
        uring_reap(reactor);
    }
}

// ---- Serving --------------------------------------------------------------------------------

static struct async_op *first_waiting(const struct async_source *source)
{
    struct async_op *op = source->ops[IO_READ];
    while (op && !(op->state == OP_WAITING && op->phase == PHASE_RECEIVE))
        op = op->next;
    return op;
}

static void serve_kept(struct async_source *source)
{
    struct async_op *op;
    while (kept_any(source) && (op = uring_first_to_serve(source))) {
        kept_take(source, op);
        op_wake(op);
    }
}

// Nothing was received: it was the end of the stream, or an error. Somebody may read that; the end
// is there for all others, too.
static void serve_end(struct async_source *source, int result)
{
    struct async_op *op = uring_first_to_serve(source);
    if (op && op->code != OP_READABLE) {
        uring_finish(op, result);
    } else if (result < 0) {
        kept_add_error(source, result);
        serve_kept(source);
    }
}

// The kernel found no buffer. If somebody waits for one, it gets more.
static void refill(struct async_reactor *reactor, struct async_source *source)
{
    struct async_op *op = first_waiting(source);
    if (!op)
        source->crowded = true; // there were enough, until nobody read any more
    else if (!buffer_ring_refill(&reactor->buffers, &reactor->executor->buffers) &&
             op->code == OP_READ_BORROWED)
        uring_finish(op, -ENOMEM);
}

// The kernel does not receive any more.
static void begin_waiting(struct async_reactor *reactor, struct async_source *source)
{
    struct async_op *op;
    while (!source->receiving && (op = first_waiting(source))) {
        int rc = uring_begin(reactor, op);
        if (rc < 0)
            uring_finish(op, rc);
    }
}

// Is what comes next wanted by nobody, or by somebody who would rather read it himself? One that
// was woken is about to read.
static bool is_unwanted(const struct async_source *source)
{
    if (source->hung_up)
        return true;
    const struct async_op *op = first_waiting(source);
    return op ? wants_the_socket(op) : !source->ops[IO_READ] && kept_several(source);
}

// The kernel forgets a reset that was there when it was asked, behind more bytes than it receives
// at a time: it receives those, and waits on. (One that comes later wakes it once more, and an
// orderly end is seen in any case.) So when the bytes of the first time are all there, the socket
// is looked at.
static void look_for_the_end(struct async_source *source)
{
    struct pollfd socket = {.fd = source->fd, .events = POLLRDHUP};
    source->unsure = false;
    source->hung_up = poll(&socket, 1, 0) != 0;
    source->crowded |= source->hung_up;
}

// ---- Completions ----------------------------------------------------------------------------

static void deliver(struct async_reactor *reactor, struct async_source *source,
                    const struct io_uring_cqe *cqe)
{
    void *buffer = NULL;
    if (cqe->flags & IORING_CQE_F_BUFFER)
        buffer = buffer_ring_picked(&reactor->buffers, cqe->flags);
    if (cqe->res > 0) {
        bool more = cqe->flags & IORING_CQE_F_SOCK_NONEMPTY;
        source->crowded = more || source->stopping || source->stopped;
        if (!more && source->unsure)
            look_for_the_end(source);
        kept_add_buffer(source, buffer, (size_t)cqe->res);
        serve_kept(source);
        return;
    }
    if (buffer)
        buffer_return(&reactor->executor->buffers, buffer);
    if (cqe->res == -ENOBUFS)
        refill(reactor, source);
    else if (cqe->res != -ECANCELED)
        serve_end(source, cqe->res);
}

void receive_received(struct async_reactor *reactor, struct async_source *source,
                      const struct io_uring_cqe *cqe)
{
    if (!(cqe->flags & IORING_CQE_F_MORE))
        source->receiving = source->stopped = source->hung_up = source->unsure = false;
    source->users++; // for as long as it is needed here
    deliver(reactor, source, cqe);
    if (!source->receiving)
        begin_waiting(reactor, source);
    else if (is_unwanted(source))
        stop(reactor, source);
    source_release(source);
}

void receive_told(struct async_reactor *reactor, struct async_source *source, int result)
{
    source->stopping = false;
    if (!source->receiving)
        return;
    if (result >= 0)
        source->stopped = true;
    else if (is_unwanted(source)) // it was being received just then
        stop(reactor, source);
}

#else

typedef int no_receive; // a translation unit is not empty

#endif
