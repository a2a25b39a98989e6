// executor.h - one thread's ready queue, inbox, timers and descriptors.
#ifndef ASYNCC_RUNTIME_EXECUTOR_H
#define ASYNCC_RUNTIME_EXECUTOR_H

#include <asyncc/executor.h>
#include <stdatomic.h>

#include "arena.h"
#include "buffers.h"
#include "pool.h"
#include "reactor.h"
#include "task.h"
#include "timer.h"

#pragma GCC visibility push(hidden)

struct async_op;
struct async_source;

enum {
    EXECUTOR_POLLS = 128, // per turn, unless the options say otherwise
    EXECUTOR_IO = 64      // operations that one poll of a task may finish without waiting
};

// What observe.h makes its counters of. `queued` is counted where the ready queue is changed; the
// others by the owner thread in its turns.
struct executor_counts {
    uint64_t queued, taken; // tasks put into the ready queue, and taken out of it
    uint64_t not_polled;    // of those taken, because they were done
    uint64_t received;      // tasks that came by the inbox
    uint64_t turns, waits;
    uint64_t spawned, finished;
    uint64_t run_ns;
    uint64_t turn_since; // when the turn's tasks began to run, while they do and `clock` is on
    bool clock;          // measure run_ns
};

// The test kit's hooks.
struct executor_test {
    // In place of task_run, with a task that was taken from the ready queue; may run another one.
    void (*run)(struct async_executor *executor, struct async_task *task);
};

struct async_executor {
    // The ready queue: owner thread, and signal handlers on it while it is open.
    struct async_task *ready_first, *ready_last;
    struct executor_counts counts;

    // Owner thread only.
    bool running;    // inside block_on, run_main or poll_once
    bool closing;    // all tasks are being dropped; no new ones
    bool has_locals; // some task has, or had, local values, which its children may inherit
    unsigned io_credit;
    unsigned polls;                 // in a turn, from the options
    unsigned budget;                // polls left in this turn, with the one underway
    struct task_dropping *dropping; // the innermost drop of a task that is underway, or NULL
    struct async_context cx;        // of the task that is polled, waker.data; NULL: no turn
    uint64_t spin_ns;               // from the options; 0: sleeps at once
    uint64_t spin_now_ns;           // what it has come to: less where it was of no use
    struct timer_wheel timers;
    struct pool pool;
    struct arena_cache chunks;
    bool simulated; // by the sim reactor: nothing may happen behind its back; it
                    // sets timers.exact, too
    struct buffers buffers;
    struct async_source **sources;    // by descriptor
    size_t source_room;               // length of that array
    size_t source_count;              // open ones
    uint32_t source_generation;       // of the last one
    struct async_op *wake_next;       // op_wake_all: who is woken next; NULL: nobody
    const struct executor_test *test; // NULL: it runs for real
    const struct async_reactor_ops *ops;
    struct async_reactor *reactor;

    // Any thread.
    _Alignas(64) _Atomic(struct async_task *) inbox; // by task->inbox_next, newest first
    // waits in the reactor, or is about to: set by the owner, cleared by wakers
    atomic_bool sleeping;
    atomic_bool closed; // the owner is gone: what comes to the inbox is freed by who put it there
    // the owner, and each task with TASK_MERGED; the last one frees the executor
    atomic_uint refs;
};

// This thread's executor, or NULL.
extern _Thread_local struct async_executor *async_current;

// This thread's executor while its ready queue is open to the thread's wakes: the executor is in a
// turn, and no operation on the queue is underway. Else NULL. A signal handler that finds that,
// because it interrupted such an operation or the way to sleep, takes the inbox like another thread
// would.
extern _Thread_local struct async_executor *volatile executor_open;

// This thread's executor, created if there is none. NULL with no memory or descriptors left, or if
// the environment names no reactor.
struct async_executor *executor_get(void);

// The same for those who return errors: 0, or why there is none.
int executor_need(void);

// Puts a task into the inbox, from any thread, and wakes the owner if it sleeps.
void executor_send(struct async_executor *executor, struct async_task *task);

// One reference less.
void executor_unref(struct async_executor *executor);

// Puts a task that is not queued at the end of the ready queue, which is shut.
static inline void executor_push(struct async_executor *executor, struct async_task *task)
{
    task->next = NULL;
    task->queued = true;
    if (executor->ready_first)
        executor->ready_last->next = task;
    else
        executor->ready_first = task;
    executor->ready_last = task;
    executor->counts.queued++;
}

// Brackets operations on the ready queue: a signal handler sees either an open and whole one, or a
// shut one.
static inline void executor_shut(void)
{
    executor_open = NULL;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void executor_reopen(struct async_executor *executor)
{
    atomic_signal_fence(memory_order_seq_cst);
    executor_open = executor;
}

// For the reactor's wait, before it wakes anybody: the owner need not be woken any more.
static inline void executor_awake(struct async_executor *executor)
{
    if (executor_open)
        return;
    atomic_store_explicit(&executor->sleeping, false, memory_order_relaxed);
    executor_reopen(executor);
}

// observe.c: brackets the running of a turn's tasks while the clock is on.
void observe_turn_begins(struct async_executor *executor);
void observe_turn_ends(struct async_executor *executor);

#pragma GCC visibility pop
#endif
