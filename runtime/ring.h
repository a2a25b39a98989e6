// ring.h - an io_uring: the queue of submissions, the queue of completions, and the call that
// serves both.
//
// It is made from the kernel's header and three system calls rather than with liburing, so that the
// archive needs no library beside libc, and none has to be searched for at run time.
#ifndef ASYNCC_RUNTIME_RING_H
#define ASYNCC_RUNTIME_RING_H

// Linux 6.1's header has all that is used here. ASYNCC_NO_IO_URING leaves it out.
#if defined __linux__ && defined __has_include && !defined ASYNCC_NO_IO_URING
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#ifdef IORING_SETUP_DEFER_TASKRUN
#define HAVE_IO_URING 1
#endif
#endif
#endif

#ifdef HAVE_IO_URING
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
    RING_SUBMISSIONS = 256,
    RING_COMPLETIONS = 4096 // beyond these the kernel keeps them in a list of its own
};

struct ring {
    int fd;
    unsigned *sq_head; // the kernel's: below it, slots are free again
    unsigned *sq_tail; // ours: as far as the kernel may read
    unsigned *sq_flags;
    unsigned sq_mask, sq_entries;
    unsigned sq_next; // slots below are filled; sq_tail follows when the kernel is entered
    struct io_uring_sqe *sqes;
    unsigned *cq_head; // ours
    unsigned *cq_tail; // the kernel's
    unsigned cq_mask;
    struct io_uring_cqe *cqes;
    void *memory; // of all but sqes
    size_t memory_size, sqes_size;
};

// 0, or -errno if the kernel, or a sandbox, has none like we need it. The ring belongs to the
// calling thread: only ring_fini may be called on others.
int ring_init(struct ring *ring);
void ring_fini(struct ring *ring);

// A zeroed slot of the submission queue. NULL: it is full, and the kernel is to be entered.
struct io_uring_sqe *ring_sqe(struct ring *ring);

// The number of a slot: less than RING_SUBMISSIONS.
static inline unsigned ring_slot(const struct ring *ring, const struct io_uring_sqe *sqe)
{
    return (unsigned)(sqe - ring->sqes);
}

// Makes a submission that the kernel has not seen one that does nothing. False: the kernel has it.
bool ring_withdraw(struct ring *ring, uint64_t user_data);

// Hands all submissions over, and waits for `completions` of them or until timeout_ns nanoseconds
// have passed (UINT64_MAX: no limit). -errno, or 0 or more.
int ring_enter(struct ring *ring, unsigned completions, uint64_t timeout_ns);

// Hands all submissions over. -errno, or 0 or more.
int ring_submit(struct ring *ring);

// Takes the oldest completion. False: there is none.
bool ring_take(struct ring *ring, struct io_uring_cqe *out);

// io_uring_register(2). 0 or more, or -errno.
int ring_register(struct ring *ring, unsigned what, void *arg, unsigned count);

// How many submissions the kernel has not seen.
static inline unsigned ring_unseen(const struct ring *ring)
{
    return ring->sq_next - __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
}

static inline bool ring_empty(const struct ring *ring)
{
    return *ring->cq_head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
}

// Completions wait in the kernel for us to enter it.
static inline bool ring_behind(const struct ring *ring)
{
    return __atomic_load_n(ring->sq_flags, __ATOMIC_RELAXED) &
           (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

#pragma GCC visibility pop
#endif
#endif
