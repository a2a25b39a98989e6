// observe.h - what the tasks of a program are doing, and how much they have done.
//
//     #include <asyncc/observe.h>
//     #include <asyncc/task.h>
//     #include <asyncc/time.h>
//     #include <stdio.h>
//     #include <asyncc/async.h>
//
//     static async void half(void) { await async_sleep_ms(1000); }
//     static async void both(void) { await async_join(half(), async_yield()); }
//
//     async int main(void)
//     {
//         async_detach(async_spawn(both()));
//         await async_sleep_ms(10);
//         async_dump(stderr);
//         return 0;
//     }
//
// prints (the turns and waits may be others)
//
//     asyncc: 2 tasks, 0 ready; 4 polls, 4 wakes, 2 turns, 1 waits
//     task 1 'main' running
//     task 408 'both' waiting
//       both at x.c:8 awaits async_join (both_at_join)
//         half at x.c:7 awaits async_sleep_ms (half_at_async_sleep_ms)
//
// Nothing here allocates, waits or takes a lock, but for the one of the FILE. All of it is about
// the executor of the thread that calls, and for that thread only.
#ifndef ASYNCC_OBSERVE_H
#define ASYNCC_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// Writes every task of this thread's executor: its number and name, and whether it has not started,
// runs, is ready to, waits, or is done and only its memory is kept (by its handle, its place in the
// queue, or wakers). Of one that waits or is ready follows each async function, from the outermost
// to the innermost: where it is, what it awaits, and the name of the state. Operands of a join,
// select or timeout that are pending stand below it. What is written by hand has a name and nothing
// below it; of async_task_join it is said for which task it waits. Of many calls of a function by
// itself the first two are written, and the others counted.
//
// A task that was given a name of its own has its function behind it in parentheses; one that is in
// a group, the group's owner.
//
// Numbers are not dense. A number stays with its task; when that is gone, it may go to another one.
// A task that runs has no more than its name, for what it does is on the stack.
//
// To be called by a task, by plain C between two async_block_on, or by a debugger that has stopped
// the thread: `call (void)async_dump(stderr)`. Not in a signal handler.
void async_dump(FILE *out);

// Since the executor was made; the last three: at the moment.
struct async_counters {
    uint64_t polls;    // times that a task ran, until it waited or was done
    uint64_t wakes;    // times that a task became ready: it was spawned or woken
    uint64_t received; // times that a task came from another thread, a signal handler or plain C
    uint64_t turns;    // rounds of: run ready tasks, then look after timers and descriptors
    uint64_t waits;    // times that the reactor was asked for events, waiting or not
    uint64_t spawned;  // tasks, those of async_block_on included
    uint64_t finished; // tasks that returned, were cancelled or ran out of memory
    uint64_t run_ns;   // spent running tasks while async_counters_clock was on
    size_t tasks;      // alive
    size_t ready;      // in the queue, to run when it is their turn
    size_t kept;       // done, and kept by a handle, the queue or wakers
};

// Reads the counters of this thread's executor; all 0 if there is none. Costs a few loads, and a
// load for each 64 KiB of tasks.
void async_counters_get(struct async_counters *counters);

// Turns measuring run_ns on or off; off by default. While on, the clock is read twice a turn, which
// is up to 128 polls. Without memory for an executor it does nothing.
void async_counters_clock(bool on);

#endif
