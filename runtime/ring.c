// ring.c - setting an io_uring up, and entering the kernel.
#define _GNU_SOURCE
#include "ring.h"

#ifdef HAVE_IO_URING

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- Setting up -----------------------------------------------------------------------------

// From the most wanted on: one thread submits, and completions are prepared only when it looks.
static const unsigned setups[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

static const unsigned features = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP |
                                 IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS |
                                 IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;

static const unsigned char opcodes[] = {
    IORING_OP_NOP,  IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_READ,  IORING_OP_READV,
    IORING_OP_RECV, IORING_OP_RECVMSG,  IORING_OP_ACCEPT,       IORING_OP_WRITE, IORING_OP_WRITEV,
    IORING_OP_SEND, IORING_OP_SENDMSG,  IORING_OP_CONNECT,
};

static int set_up(struct io_uring_params *params)
{
    int fd = -1;
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        *params = (struct io_uring_params){
            .flags = setups[i] | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
            .cq_entries = RING_COMPLETIONS,
        };
        fd = (int)syscall(SYS_io_uring_setup, RING_SUBMISSIONS, params);
        if (fd >= 0 || errno != EINVAL)
            break;
    }
    return fd < 0 ? -errno : fd;
}

static void *map(struct ring *ring, size_t size, off_t what)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, what);
    return memory == MAP_FAILED ? NULL : memory;
}

static int map_queues(struct ring *ring, const struct io_uring_params *params)
{
    size_t sq_end = params->sq_off.array + params->sq_entries * sizeof(unsigned);
    size_t cq_end = params->cq_off.cqes + params->cq_entries * sizeof *ring->cqes;
    ring->memory_size = sq_end > cq_end ? sq_end : cq_end;
    ring->memory = map(ring, ring->memory_size, IORING_OFF_SQ_RING);
    ring->sqes_size = params->sq_entries * sizeof *ring->sqes;
    ring->sqes = map(ring, ring->sqes_size, IORING_OFF_SQES);
    if (!ring->memory || !ring->sqes)
        return -errno;
    char *at = ring->memory;
    ring->sq_head = (unsigned *)(at + params->sq_off.head);
    ring->sq_tail = (unsigned *)(at + params->sq_off.tail);
    ring->sq_flags = (unsigned *)(at + params->sq_off.flags);
    ring->sq_mask = *(unsigned *)(at + params->sq_off.ring_mask);
    ring->sq_entries = params->sq_entries;
    ring->cq_head = (unsigned *)(at + params->cq_off.head);
    ring->cq_tail = (unsigned *)(at + params->cq_off.tail);
    ring->cq_mask = *(unsigned *)(at + params->cq_off.ring_mask);
    ring->cqes = (struct io_uring_cqe *)(at + params->cq_off.cqes);
    unsigned *order = (unsigned *)(at + params->sq_off.array);
    for (unsigned i = 0; i < params->sq_entries; i++)
        order[i] = i;
    return 0;
}

static int probe(struct ring *ring)
{
    union {
        struct io_uring_probe probe;
        char room[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)];
    } answer;
    memset(&answer, 0, sizeof answer);
    int rc = ring_register(ring, IORING_REGISTER_PROBE, &answer, 256);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof opcodes; i++)
        if (opcodes[i] > answer.probe.last_op ||
            !(answer.probe.ops[opcodes[i]].flags & IO_URING_OP_SUPPORTED))
            return -ENOSYS;
    return 0;
}

int ring_init(struct ring *ring)
{
    *ring = (struct ring){.fd = -1};
    struct io_uring_params params;
    int rc = set_up(&params);
    if (rc < 0)
        return rc;
    ring->fd = rc;
    rc = (params.features & features) == features ? map_queues(ring, &params) : -ENOSYS;
    if (rc == 0)
        rc = probe(ring);
    if (rc < 0)
        ring_fini(ring);
    return rc;
}

void ring_fini(struct ring *ring)
{
    if (ring->sqes)
        munmap(ring->sqes, ring->sqes_size);
    if (ring->memory)
        munmap(ring->memory, ring->memory_size);
    if (ring->fd >= 0)
        close(ring->fd);
    *ring = (struct ring){.fd = -1};
}

int ring_register(struct ring *ring, unsigned what, void *arg, unsigned count)
{
    long rc = syscall(SYS_io_uring_register, ring->fd, what, arg, count);
    return rc < 0 ? -errno : (int)rc;
}

// ---- Submissions ----------------------------------------------------------------------------

struct io_uring_sqe *ring_sqe(struct ring *ring)
{
    if (ring_unseen(ring) == ring->sq_entries)
        return NULL;
    struct io_uring_sqe *sqe = &ring->sqes[ring->sq_next++ & ring->sq_mask];
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

bool ring_withdraw(struct ring *ring, uint64_t user_data)
{
    for (unsigned i = __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE); i != ring->sq_next; i++) {
        struct io_uring_sqe *sqe = &ring->sqes[i & ring->sq_mask];
        if (sqe->user_data != user_data)
            continue;
        memset(sqe, 0, sizeof *sqe);
        sqe->opcode = IORING_OP_NOP;
        sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
        return true;
    }
    return false;
}

// ---- Entering the kernel --------------------------------------------------------------------

static int enter(struct ring *ring, unsigned completions, unsigned flags, void *arg, size_t size)
{
    unsigned unseen = ring_unseen(ring);
    __atomic_store_n(ring->sq_tail, ring->sq_next, __ATOMIC_RELEASE);
    long rc = syscall(SYS_io_uring_enter, ring->fd, unseen, completions, flags, arg, size);
    return rc < 0 ? -errno : (int)rc;
}

int ring_enter(struct ring *ring, unsigned completions, uint64_t timeout_ns)
{
    struct __kernel_timespec timeout = {
        .tv_sec = (long long)(timeout_ns / 1000000000),
        .tv_nsec = (long long)(timeout_ns % 1000000000),
    };
    struct io_uring_getevents_arg arg = {
        .ts = completions && timeout_ns != UINT64_MAX ? (uintptr_t)&timeout : 0,
    };
    return enter(ring, completions, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg,
                 sizeof arg);
}

int ring_submit(struct ring *ring)
{
    return enter(ring, 0, 0, NULL, 0);
}

bool ring_take(struct ring *ring, struct io_uring_cqe *out)
{
    unsigned head = *ring->cq_head;
    if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
        return false;
    *out = ring->cqes[head & ring->cq_mask];
    __atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
    return true;
}

#else

typedef int no_io_uring; // a translation unit is not empty

#endif
