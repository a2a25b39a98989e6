// test.h - testing async code: virtual time, a simulated network, and everything going wrong.
//
//     #include <asyncc/net.h>
//     #include <asyncc/test.h>
//     #include <asyncc/async.h>
//
//     // What is tested: asks a server for its name.
//     static async int ask(int port, char *name, size_t size)
//     {
//         struct async_tcp *tcp;
//         int rc = await async_tcp_connect("127.0.0.1", port, &tcp);
//         if (rc < 0)
//             return rc;
//         defer async_tcp_close(tcp);
//         ssize_t n = await async_tcp_write_all(tcp, "NAME\n", 5);
//         size_t got = 0;
//         while (n > 0 && got < size)
//             if ((n = await async_tcp_read(tcp, name + got, size - got)) > 0)
//                 got += (size_t)n;
//         return n < 0 ? (int)n : (int)got;
//     }
//
//     // The other end, as a script: it answers after an hour, and pauses within the answer.
//     static const struct async_sim_step server[] = {
//         ASYNC_SIM_EXPECT("NAME\n"), ASYNC_SIM_WAIT(3600 * UINT64_C(1000000000)),
//         ASYNC_SIM_SEND("Ada "),     ASYNC_SIM_WAIT(1000000),
//         ASYNC_SIM_SEND("L."),       ASYNC_SIM_CLOSE,
//     };
//
//     static async int test_ask(void *arg)
//     {
//         (void)arg;
//         char name[16];
//         int rc = async_sim_listen("127.0.0.1", 7777, server, 6);
//         if (rc == 0)
//             rc = await ask(7777, name, sizeof name);
//         if (rc < 0)
//             return rc;                       // a failure, unless the test kit made it so
//         ASYNC_TEST_CHECK(rc == 6 && memcmp(name, "Ada L.", 6) == 0);
//         return 0;
//     }
//
//     int main(void)
//     {
//         struct async_test_options options = {.name = "ask"};
//         return async_test_explore(test_ask, NULL, ASYNC_TEST_ALL, &options);
//     }
//
// THE TEST is an async function `async int test(void *arg)` which returns 0 if all is well. It runs
// as a task on an executor of its own. When it is done, and the tasks that it left behind are, the
// kit looks for what is left: tasks, handles that were not given up, timers, descriptors, memory of
// the runtime's. Each of these is a problem, and so are a deadlock, a descriptor that is closed
// twice, a script that is not followed, a failed check and a result that is not 0. Problems are
// printed to stderr with the options that bring them about again.
//
// SIM is the reactor tests run on if their options do not name another one. Its clock stands still
// while tasks run, and jumps to the next event when all of them wait; so an hour of sleeps takes no
// time, and a test does the same things in the same order each time. TCP and UDP on any address of
// v4 and v6, Unix sockets (paths are names in the simulation, not files), socket pairs and pipes of
// the runtime's are simulated: between tasks of the one executor, and with scripts. They behave as
// Linux's do on one host: bounded buffers, half-close, reset, EPIPE, ECONNREFUSED, EADDRINUSE. All
// other descriptors are the kernel's, and waited for in real time when nothing else can happen. A
// simulated descriptor has a number of the process's, but only the runtime's functions know what
// is behind it: calling recv(2) or setsockopt(2) on it fails. A plain program, too, runs like that
// with ASYNCC_REACTOR=sim in its environment, and ASYNCC_SIM_SEED for the seed.
//
// The kit itself, and the simulated world, allocate with malloc what they need; no failure is
// injected there. Everything on this page is for the thread that runs the test.
#ifndef ASYNCC_TEST_H
#define ASYNCC_TEST_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

#if defined(__ASYNCC__) || defined(ASYNCC_TRANSLATED)
typedef asyncc_fn(int, (void *arg)) async_test_fn;
#else
typedef async_fn_pointer async_test_fn;
#endif

// All zero, or NULL in place of a pointer to them: the defaults.
struct async_test_options {
    const char *name;    // in messages; NULL: the function's
    const char *reactor; // NULL: "sim"; "epoll", "io_uring": faults and checks without a simulation

    // What is left to chance, by the seed: the same options make the same run.
    uint64_t seed; // 0: 1
    bool shuffle;  // the first 1000 ready tasks run in any order. Without: first in, first out
    bool suspend;  // I/O that could go on at once lets others run first; locks do not

    // The network of sim. Chance is in the jitter and the segments.
    uint64_t latency_ns; // from one host to another, for TCP and UDP
    uint64_t jitter_ns;  // so much is added at most
    size_t buffer;       // bytes under way and unread, for each direction; 0: 64 KiB
    size_t segment;      // a read or write moves at most so many bytes; 0: as many as it can

    // What goes wrong: each is the number of the occasion, 1 being the first; 0: none.
    uint64_t cancel_at;      // cancels the test at its so many-th suspension
    bool cancel_late;        // not at once, but when it would go on: what it waited for has come
    const char *cancel_task; // not the test, but tasks of this function; "*": any task
    uint64_t alloc_at;       // this allocation of the runtime's fails
    uint64_t call_at;        // this system call on a descriptor fails, with an error it may have

    // When a test is over.
    uint64_t settle_ns; // other tasks are let run so long after the test; 0: 10 s, really or not
    uint64_t limit_ns;  // of virtual time, for all; 0: 100 hours
    bool threads;       // other threads wake tasks: nothing to do is no deadlock on sim
    bool quiet;         // prints nothing

    // For async_test_explore.
    unsigned seeds; // how many, from `seed` on; 0: 20
    bool summary;   // says on stderr how much was tried, if all was well
};

struct async_test_report {
    int status;           // 0: the test returned `result`; -ECANCELED, -ENOMEM: it was dropped
    int result;           // what it returned
    unsigned problems;    // 0: all is well
    char problem[256];    // the first one
    bool hit;             // what was to go wrong went wrong
    uint64_t suspensions; // polls that left the test (or options.cancel_task) pending
    uint64_t allocations; // of the runtime's, and
    uint64_t calls;       // system calls, while the test ran: those that could be made to fail
    uint64_t elapsed_ns;  // by the clock of the reactor
    uint64_t trace;       // of sim: a hash of what happened. Equal runs have equal traces
};

// Runs the test once. Returns the number of problems, 0 if all is well, or the -errno why it could
// not be run (-EBUSY: the thread has an executor already). `report` may be NULL.
int async_test_run(async_test_fn test, void *arg, const struct async_test_options *options,
                   struct async_test_report *report);

// What async_test_explore tries.
enum {
    ASYNC_TEST_SEEDS = 1,  // seed after seed, with shuffle, jitter and small segments
    ASYNC_TEST_CANCEL = 2, // cancels at each suspension in turn, at once and late
    ASYNC_TEST_ALLOC = 4,  // each allocation fails in turn
    ASYNC_TEST_CALL = 8,   // each system call fails in turn
    ASYNC_TEST_ALL = 15
};

// Runs the test as it is, then again and again as `what` says, each of it with and without
// `suspend`, until there is nothing left to go wrong. Stops at the first run with a problem, and
// prints its options. Returns 0, 1 if there was one, or -errno as async_test_run. A result that is
// not 0 is no problem in a run in which something was made to go wrong.
int async_test_explore(async_test_fn test, void *arg, unsigned what,
                       const struct async_test_options *options);

// The same around plain C, say in the setup and teardown of another test framework. In between,
// async_block_on and its kin run on the executor that async_test_begin opens, with the faults of
// the options; cancel_at needs a cancel_task. A deadlock prints and aborts. Close all there is
// before async_test_end, which returns the number of problems.
int async_test_begin(const struct async_test_options *options);
int async_test_end(struct async_test_report *report);

// ---- Inside a test ------------------------------------------------------------------------------

// Did what was to go wrong in this run go wrong already? Then errors are what is to be expected.
bool async_test_hit(void);

// For allocators and the like of one's own: counts as an allocation, and tells whether it fails.
bool async_test_alloc_fails(void);

// Chance, by the seed: 0 to n - 1. Only on sim.
uint64_t async_test_random(uint64_t n);

// On sim, lets time pass while the caller runs, as if it had worked that long. By itself the clock
// stands still for it: a loop that waits for the clock to go on never ends.
void async_test_elapse(uint64_t ns);

// Reports a problem, as printf does.
__attribute__((__format__(__printf__, 1, 2))) void async_test_problem(const char *format, ...);

// Reports a problem if the condition does not hold, and goes on. Its value is the condition's.
#define ASYNC_TEST_CHECK(CONDITION) async_test_check((CONDITION), #CONDITION, __FILE__, __LINE__)
bool async_test_check(bool holds, const char *what, const char *file, int line);

// ---- Scripts: the other end of a connection, on sim ---------------------------------------------

enum async_sim_what {
    ASYNC_SIM_DOES_EXPECT_,
    ASYNC_SIM_DOES_SKIP_,
    ASYNC_SIM_DOES_SEND_,
    ASYNC_SIM_DOES_WAIT_,
    ASYNC_SIM_DOES_EXPECT_END_,
    ASYNC_SIM_DOES_EXPECT_RESET_,
    ASYNC_SIM_DOES_SHUTDOWN_,
    ASYNC_SIM_DOES_RESET_,
    ASYNC_SIM_DOES_CLOSE_
};

struct async_sim_step {
    enum async_sim_what what;
    const void *bytes;
    size_t size;
    uint64_t ns;
};

// One after the other:
#define ASYNC_SIM_EXPECT(TEXT) ASYNC_SIM_EXPECT_BYTES(TEXT, sizeof(TEXT) - 1) // these bytes come
#define ASYNC_SIM_EXPECT_BYTES(BYTES, SIZE) {ASYNC_SIM_DOES_EXPECT_, (BYTES), (SIZE), 0}
#define ASYNC_SIM_SKIP(SIZE) {ASYNC_SIM_DOES_SKIP_, NULL, (SIZE), 0} // so many bytes come
#define ASYNC_SIM_SEND(TEXT) ASYNC_SIM_SEND_BYTES(TEXT, sizeof(TEXT) - 1)
#define ASYNC_SIM_SEND_BYTES(BYTES, SIZE) {ASYNC_SIM_DOES_SEND_, (BYTES), (SIZE), 0}
#define ASYNC_SIM_WAIT(NS) {ASYNC_SIM_DOES_WAIT_, NULL, 0, (NS)}          // reads nothing meanwhile
#define ASYNC_SIM_EXPECT_END {ASYNC_SIM_DOES_EXPECT_END_, NULL, 0, 0}     // the end of the stream
#define ASYNC_SIM_EXPECT_RESET {ASYNC_SIM_DOES_EXPECT_RESET_, NULL, 0, 0} // bytes may come before
#define ASYNC_SIM_SHUTDOWN {ASYNC_SIM_DOES_SHUTDOWN_, NULL, 0, 0}         // ends its direction
#define ASYNC_SIM_RESET {ASYNC_SIM_DOES_RESET_, NULL, 0, 0}               // resets the connection
#define ASYNC_SIM_CLOSE {ASYNC_SIM_DOES_CLOSE_, NULL, 0, 0} // done at the end of a script, too

// A client that connects to a server under test, when all tasks wait next. The steps must stay.
// That it cannot connect, and what is not as the script expects, is a problem of the test, unless
// something was made to go wrong. 0, -ENOTSUP (it does not run on sim), or -EINVAL.
int async_sim_connect(const char *host, int port, const struct async_sim_step *steps, size_t count);

// A server for clients under test: each connection is answered by the script. Listens until the
// test ends. 0, -ENOTSUP, -EINVAL or -EADDRINUSE.
int async_sim_listen(const char *host, int port, const struct async_sim_step *steps, size_t count);

#endif
