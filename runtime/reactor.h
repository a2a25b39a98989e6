// reactor.h - what an executor asks of the operating system. A back end is one file with these
// functions.
//
// AN OPERATION (struct async_op, in asyncc/io.h) is a member of the future that awaits it. The
// future fills in what is to be done and calls op_poll until that returns ASYNC_READY; then
// `result` is what the system call returned, or -errno. How an operation comes to its end is the
// back end's affair:
//  - epoll and sim are told when a descriptor is ready: the task is woken, and the operation makes
//    its system call when it is polled again (readiness.c, for both);
//  - io_uring is handed the operation, and tells when it is done.
#ifndef ASYNCC_RUNTIME_REACTOR_H
#define ASYNCC_RUNTIME_REACTOR_H

#include <asyncc/io.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct async_executor;
struct async_reactor;

// What an operation does. In brackets, what `at` and `size` are.
enum op_code {
    OP_READABLE, // waits until reading would not block. `flags`: OP_UNBUFFERED, or 0
    OP_WRITABLE,
    OP_READ,          // [buffer, bytes]
    OP_READ_BORROWED, // [-, -]: into a buffer of the executor's: `at`, if the result is positive
    OP_READV,         // [struct iovec, how many]
    OP_RECVMSG,       // [struct msghdr, with room for any address, -], with `flags` of recvmsg
    OP_ACCEPT,        // [-, -]: the descriptor, non-blocking and close-on-exec
    OP_WRITE,         // [bytes, how many]
    OP_WRITEV,        // [struct iovec, how many]
    OP_SENDMSG,       // [struct msghdr, -], with `flags` of sendmsg
    OP_CONNECT,       // [struct sockaddr, its length]: 0. -EAGAIN: a Unix listener is full
    OP_CODES
};

// In `flags` of OP_READABLE: bytes that cancelled reads left behind do not count, for the caller
// reads from the descriptor itself.
enum {
    OP_UNBUFFERED = 1
};

// The direction an operation waits for.
enum {
    IO_READ = 0,
    IO_WRITE = 1
};

enum op_state {
    OP_IDLE,    // not begun, or its result was taken. In no list
    OP_WAITING, // in its source's list; the waker is held
    OP_WOKEN,   // in its source's list; to be polled: no waker is held
    OP_DONE     // `result` is set and not taken yet. In no list, and the source may be gone
};

// All but `wake` and `fini` are for the owner thread only.
struct async_reactor_ops {
    const char *name;
    // 0 or -errno.
    int (*init)(struct async_executor *executor, struct async_reactor **out);
    // On any thread, when nobody can wake it any more.
    void (*fini)(struct async_reactor *reactor);
    // Polls an operation that is not DONE. Sets op->result before it returns ASYNC_READY.
    enum async_poll (*perform)(struct async_reactor *reactor, struct async_op *op,
                               struct async_context *cx);
    // Takes an operation that is WAITING or WOKEN back: afterwards it is IDLE, nothing refers to it
    // or to its memory, and its result is -ECANCELED, or what it had come to before. What it has
    // read or accepted already is not lost: the next operation on the source gets that.
    void (*cancel)(struct async_reactor *reactor, struct async_op *op);
    // The descriptor of the source is about to be closed. No operations are in its lists.
    void (*forget)(struct async_reactor *reactor, struct async_source *source);
    // Waits until something is ready, wake is called, or timeout_ns nanoseconds have passed (0:
    // looks only; UINT64_MAX: no limit), and wakes who waited for it. Calls executor_awake before
    // the first of them.
    void (*wait)(struct async_reactor *reactor, uint64_t timeout_ns);
    // Makes a wait of the owner, current or next, return. Any thread, and signal handlers.
    void (*wake)(struct async_reactor *reactor);
    // The clock that timeouts are measured on.
    uint64_t (*now_ns)(struct async_reactor *reactor);
    // No task runs any more, for now: what was begun has to be under way. NULL: it always is.
    void (*flush)(struct async_reactor *reactor);
    // A descriptor that is readable when wait has something to report. NULL: there is none.
    int (*fd)(struct async_reactor *reactor);
};

extern const struct async_reactor_ops reactor_epoll;
extern const struct async_reactor_ops reactor_uring; // its init fails where there is no io_uring
extern const struct async_reactor_ops reactor_sim;

// Gives a new executor its reactor: the one of this name; NULL: the one that the environment
// variable ASYNCC_REACTOR names, or else epoll. Where io_uring is refused, epoll takes its place.
// 0, -EINVAL (there is none of this name), or -errno.
int reactor_open(struct async_executor *executor, const char *name);

static inline int op_direction(const struct async_op *op)
{
    return op->code == OP_WRITABLE || op->code >= OP_WRITE ? IO_WRITE : IO_READ;
}

#pragma GCC visibility pop
#endif
