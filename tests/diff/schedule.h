// schedule.h - what converted programs (convert.py) use: a leaf that suspends by a schedule, and guards that see to it
// that deferred statements run exactly once and innermost first. One file of a program includes it.
//
//     DT_SCHEDULE=always|never|N   each dt_yield suspends once, never, or as a generator seeded with N says
//     DT_CANCEL=K                  at the K-th suspension the program is cancelled, and everything must be gone then
//     DT_COUNT=1                   prints the number of suspensions to the standard error in the end
#ifndef TESTS_DIFF_SCHEDULE_H
#define TESTS_DIFF_SCHEDULE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

enum { DT_NEVER, DT_ALWAYS, DT_SEEDED };
static int dt_schedule = DT_ALWAYS;
static unsigned long long dt_random_state;
static unsigned long dt_suspensions, dt_cancel_at;
static bool dt_parked;    // the program stands at the suspension where it is cancelled
static int dt_operands;   // leaves that are suspended

static inline void dt_fail(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "dt: %s\n", what);
    abort();
}

static inline unsigned dt_random(void)
{
    dt_random_state = dt_random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(dt_random_state >> 33);
}

// ---- await dt_yield(): suspends as scheduled -------------------------------------------------------------

async void dt_yield(void);

struct dt_yield_future {
    void *memory; // allocated while suspended, so that one forgotten or dropped twice is found
    unsigned left;
    bool started;
};

static inline void dt_yield_future_init(struct dt_yield_future *self)
{
    self->memory = NULL;
    self->started = false;
}

static inline void dt_yield_future_drop(struct dt_yield_future *self)
{
    if (!self->memory)
        return;
    free(self->memory);
    self->memory = NULL;
    dt_operands--;
}

static inline enum async_poll dt_yield_future_poll(struct dt_yield_future *self, struct async_context *cx)
{
    if (!self->started) {
        self->started = true;
        self->left = dt_schedule == DT_NEVER ? 0 : dt_schedule == DT_ALWAYS ? 1 : dt_random() % 4 * (dt_random() % 2);
    }
    if (self->left == 0) {
        dt_yield_future_drop(self);
        return ASYNC_READY;
    }
    self->left--;
    if (!self->memory) {
        self->memory = malloc(1);
        dt_operands++;
    }
    if (++dt_suspensions == dt_cancel_at)
        dt_parked = true; // and nobody wakes it
    else
        async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

// ---- await dt_never(): never ready --------------------------------------------------------------------------

async void dt_never(void);

struct dt_never_future {
    void *memory;
};

static inline void dt_never_future_init(struct dt_never_future *self)
{
    self->memory = NULL;
}

static inline enum async_poll dt_never_future_poll(struct dt_never_future *self, struct async_context *cx)
{
    (void)cx;
    if (!self->memory) {
        self->memory = malloc(1);
        dt_operands++;
    }
    return ASYNC_PENDING;
}

static inline void dt_never_future_drop(struct dt_never_future *self)
{
    if (!self->memory)
        return;
    free(self->memory);
    self->memory = NULL;
    dt_operands--;
}

// Suspends n times beside the program.
static inline async void dt_noise(int n)
{
    while (n-- > 0)
        await dt_yield();
}

// Values that the compiler does not know.
static volatile int dt_one_value = 1;

static inline int dt_one(void)
{
    return dt_one_value;
}

static inline async int dt_zero(void)
{
    await dt_yield();
    return !dt_one_value;
}

// ---- Macros that hide what they do, and types of values ---------------------------------------------------

#define DT_AWAIT(f) await f
#define DT_CALL(f, ...) await f(__VA_ARGS__)
#define DT_RETURN(...) do { await dt_yield(); return __VA_ARGS__; } while (0)
#define DT_RETURN_LATE(...) \
    do {                    \
        if (await dt_zero()) \
            continue;       \
        return __VA_ARGS__; \
    } while (1)

#define DT_PAIR(T)       \
    struct dt_pair_##T { \
        int a;           \
        T b;             \
    }
DT_PAIR(int8_t);
DT_PAIR(int16_t);
DT_PAIR(int32_t);
DT_PAIR(int64_t);
DT_PAIR(uint8_t);
DT_PAIR(uint16_t);
DT_PAIR(uint32_t);
DT_PAIR(uint64_t);

// ---- Guards --------------------------------------------------------------------------------------------------

enum { DT_GUARDS_MAX = 10000 };
static int dt_guards[DT_GUARDS_MAX];
static int dt_guard_count, dt_guard_last;

static inline int dt_enter(void)
{
    if (dt_guard_count == DT_GUARDS_MAX)
        dt_fail("deferred statements do not run");
    return dt_guards[dt_guard_count++] = ++dt_guard_last;
}

static inline void dt_leave(int guard)
{
    if (dt_guard_count == 0)
        dt_fail("a deferred statement ran twice");
    if (dt_guards[--dt_guard_count] != guard)
        dt_fail("deferred statements ran out of order");
}

static inline void dt_leave_at(int *guard)
{
    dt_leave(*guard);
}

#endif
