// executor.h - running futures from plain C: one executor per thread.
//
//     static async int nap(int ms) { await async_sleep_ms(ms); return ms; }
//
//     int main(void)                                   // plain C, in a file that asyncc translates
//     {
//         return async_block_on(nap(10)) == 10 ? 0 : 1;
//     }
//
// and from C that asyncc never saw, with the four names and a descriptor:
//
//     struct nap_future f;
//     nap_future_init(&f, 10);
//     async_block_on_future(&nap_future_type, &f);
//     return f.result == 10 ? 0 : 1;
//
// The executor of a thread is created by the first spawn or block_on there, or before that by
// async_executor_open, which takes options. It only runs inside async_block_on_future,
// async_run_main and async_executor_poll_once: a spawned task waits for one of these. Tasks that
// are not done when block_on returns stay where they are until the next one. It is freed by
// async_executor_close, by the end of async_run_main, or by the end of its thread (for the main
// thread, only by the first two).
//
// Ready tasks run first in, first out. After at most 128 polls (see the options) the executor looks
// after timers, file descriptors and wakes of other threads, so none of them starves. A poll is
// over when its task waits. I/O that could go on for ever lets others run after a while; a lock
// that is free, a channel with items or room, a task that is done never do. A loop that awaits
// nothing else for long has an async_yield in it.
//
// In somebody else's loop, here one made of poll(2):
//
//     for (;;) {
//         int more = async_executor_poll_once();
//         struct pollfd fd = {.fd = async_executor_fd(), .events = POLLIN};
//         uint64_t ns = async_executor_timeout_ns();           // 0 if tasks are ready
//         poll(&fd, 1, more || ns == 0 ? 0 : ns > 1000000000 ? 1000 : (int)(ns / 1000000) + 1);
//     }
//
// Not on the reactor sim: it has no descriptor, and its clock goes on only where an executor would
// wait, which these steps never do.
#ifndef ASYNCC_EXECUTOR_H
#define ASYNCC_EXECUTOR_H

#include <asyncc/future.h>

struct async_executor_options {
    // "epoll", "io_uring", or "sim" (virtual time, see test.h); NULL: the one that the environment
    // variable ASYNCC_REACTOR names, or epoll. Where the kernel, a sandbox or the build of this
    // library has no io_uring, epoll takes its place.
    const char *reactor;
    // For how many nanoseconds an executor with nothing to do looks again and again before it lets
    // the thread sleep. It is adaptive: halved each time it brings nothing, whole again after a
    // sleep that was shorter. Burns the core while it spins; for one busy connection it can double
    // the speed. 0: sleeps at once.
    uint64_t spin_ns;
    // Polls of tasks between two looks at timers and descriptors. 0: 128.
    unsigned polls;
};

// Creates this thread's executor. NULL: all defaults. 0, -EBUSY (there is one already), -EINVAL (no
// such reactor), -ENOMEM, or the error of the reactor.
int async_executor_open(const struct async_executor_options *options);

// Runs an initialised future to its end, as an ordinary task beside the others of this thread. The
// future's memory is the caller's and holds the result afterwards. Prints a message and aborts if
// it cannot: no memory left, or called by a task of this thread's executor (that one should await);
// or if it was cancelled, by async_cancel(async_task_current()) say, so that there is no result.
void async_block_on_future(const struct async_future_type *type, void *future);

// Memory for a future whose type is known at run time only, for async_block_on through a pointer.
// async_future_new prints a message and aborts with no memory left.
void *async_future_new(const struct async_future_type *type);
void async_future_free(void *future);

// async_block_on_future for the future of an `async int main`: returns its result. Then drops all
// tasks that are still there, and frees the executor. If main cannot be run to its end (no memory,
// or it was cancelled), prints a message and returns 70.
//
// SIGPIPE is ignored from here on if its disposition is the default, so that writing to a pipe that
// nobody reads is an error of that write (-EPIPE), also for stdio. Programs started by exec inherit
// that. async_block_on_future leaves signals alone.
int async_run_main(const struct async_future_type *type, void *future);

// One step: gives each task that is ready one poll (in all no more than the budget), then takes
// wakes and looks at timers and descriptors, without waiting. 1: tasks are ready, and the next step
// should not wait. 0: there are none. -EDEADLK: it was called by a task. Or the reason why the
// executor could not be created, as from async_executor_open.
int async_executor_poll_once(void);

// A descriptor that becomes readable when the executor has something to do: I/O is ready, or
// another thread or plain C of this one woke a task. It stays the executor's; poll it, but do not
// read it. Valid between two calls of async_executor_poll_once, for timers and for tasks that were
// spawned since then only together with async_executor_timeout_ns. -ENOTSUP: the reactor has none.
// Or the reason why the executor could not be created.
int async_executor_fd(void);

// How many nanoseconds may pass until the next step: 0 if tasks are ready, UINT64_MAX if there are
// neither ready tasks nor timers.
uint64_t async_executor_timeout_ns(void);

// The name of this thread's reactor, "epoll", "io_uring" or "sim", whatever was asked for. NULL:
// the thread has no executor.
const char *async_executor_reactor(void);

// Drops every task of this thread's executor, done or not, handles given up or not, and frees it.
// Handles are invalid afterwards; wakers held elsewhere stay valid and do nothing. What futures
// that no task awaits still wait for, ends: operations with -ECANCELED, sleeps at once. Streams and
// listeners that are still open can only be closed. Does nothing if there is no executor. Not to be
// called by a task, nor by what a task's end runs (a defer, say).
void async_executor_close(void);

#endif
