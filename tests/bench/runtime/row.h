// row.h - what the programs of the runtime's rows share, in C and C++. Each is run as `PROGRAM ROW N`, does N
// operations and prints a line `ROW VALUE CHECKSUM` for each row it measured: VALUE is nanoseconds an operation
// (bytes a task for sleep_rss), CHECKSUM is the same for every peer.
//
//     spawn_join       spawn a task, wait for its result
//     spawn_batch      N tasks that are all there before the first one runs
//     sleep            N tasks that sleep BENCH_LEAD_MS (default 3000) and up to a second more. Three rows:
//                      sleep_create (wall time till all sleep), sleep_fire (processor time from then on),
//                      sleep_rss (resident bytes while all sleep)
//     timeout_cancel   a timeout of 30 s about one yield, while ROW_OTHERS others sleep
//     yield_pp         two tasks take turns: a switch
//     chan_pp          ping-pong over two channels of one item: a message
//     mpsc1, mpsc4     messages through a channel of 1024, from one or four producers
//     oneshot_ready    send, then receive, in one task
//     oneshot_task     a task is spawned that sends; the other end waits
//     mutex_un         lock and unlock
//     mutex_ct         eight tasks lock, yield, unlock
#ifndef ROW_H
#define ROW_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROW_OTHERS = 100000, ROW_CAPACITY = 1024, ROW_TIMEOUT_MS = 30000, ROW_SPREAD_MS = 1000 };

#define ROW_OTHERS_MS "20000" // they outlive the row

static inline double row_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline double row_now(void)
{
    return row_clock(CLOCK_MONOTONIC);
}

static inline double row_cpu(void)
{
    return row_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double row_rss(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        abort();
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static inline void row_print(const char *row, double value, long checksum)
{
    printf("%s %.3f %ld\n", row, value, checksum);
}

// What the task `i` of a batch, a message or a lock contributes to the checksum.
static inline long row_value(long i)
{
    return (i * 31 + 7) & 1023;
}

// How long sleeper `i` sleeps: in no order that a heap or a wheel would like.
static inline long row_sleep_ms(long i)
{
    static long lead = -1;
    if (lead < 0)
        lead = getenv("BENCH_LEAD_MS") ? atol(getenv("BENCH_LEAD_MS")) : 3000;
    return lead + i * 7919 % ROW_SPREAD_MS;
}

#endif
