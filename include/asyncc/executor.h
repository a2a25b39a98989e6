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
// The executor of a thread is created by the first spawn or block_on there, and only runs inside
// async_block_on_future and async_run_main: a spawned task waits for one of these. Tasks that are
// not done when block_on returns stay where they are until the next one. It is freed by
// async_executor_close, by the end of async_run_main, or by the end of its thread (for the main
// thread, only by the first two).
//
// Ready tasks run first in, first out. After at most 128 polls the executor looks after timers,
// file descriptors and wakes of other threads, so none of them starves.
#ifndef ASYNCC_EXECUTOR_H
#define ASYNCC_EXECUTOR_H

#include <asyncc/future.h>

// Runs an initialised future to its end, as an ordinary task beside the others of this thread. The
// future's memory is the caller's and holds the result afterwards. Prints a message and aborts if
// it cannot: no memory left, or called by a task of this thread's executor (that one should await).
void async_block_on_future(const struct async_future_type *type, void *future);

// Memory for a future whose type is known at run time only, for async_block_on through a pointer.
// async_future_new prints a message and aborts with no memory left.
void *async_future_new(const struct async_future_type *type);
void async_future_free(void *future);

// async_block_on_future for the future of an `async int main`: returns its result. Then drops all
// tasks that are still there, and frees the executor. If main cannot be run to its end (no memory),
// prints a message and returns 70.
int async_run_main(const struct async_future_type *type, void *future);

// Drops every task of this thread's executor, done or not, handles given up or not, and frees it.
// Handles are invalid afterwards; wakers held elsewhere stay valid and do nothing. Does nothing if
// there is no executor. Not to be called by a task.
void async_executor_close(void);

#endif
