// time.h - the clock, and waiting for time to pass.
//
//     #include <asyncc/time.h>
//     #include <asyncc/async.h>
//
//     static async void tick(void)
//     {
//         struct async_interval second = async_interval(1000000000, ASYNC_TICKS_SKIP);
//         for (int i = 0; i < 3; i++) {
//             uint64_t late = await async_interval_tick(&second); // the first one is at once
//             printf("%d, %d ticks left out\n", i, (int)late);
//         }
//         await async_sleep_ms(500);
//         await async_sleep_until_ns(async_now_ns() + 2500);
//     }
//
// Times are nanoseconds of the executor's clock: CLOCK_MONOTONIC, or the virtual clock of a
// simulated executor. A uint64_t of them lasts 584 years; durations and deadlines beyond that are
// for ever.
//
// Lateness: a wait never ends early. Timers are kept in ticks of 2^16 ns, so it ends up to 66 us
// late, and further by what the operating system adds (Linux: some 50 us; 1 ms before Linux 5.11)
// and as long as other tasks keep the thread busy. Waits that end in the same tick end in no
// particular order, others in the order of their ends. On a virtual clock a tick is 1 ns, and waits
// end exactly on time.
//
// Costs: no allocation, no errors, and no clock is read when a wait begins: its time starts when
// the executor next looks at the clock, at the end of its turn. Starting, cancelling and ending a
// wait take the same time however many others there are. All waits are cancel-safe: a dropped one
// leaves nothing behind.
//
// Limits of other operations: async_timeout_ms(ms, f(x)); at a deadline, or in other units,
// async_select(f(x), async_sleep_until_ns(deadline)).
//
// Threads: a wait belongs to the executor of the thread that polls it, and must be polled by one.
#ifndef ASYNCC_TIME_H
#define ASYNCC_TIME_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// The clock of this thread's executor, read now. CLOCK_MONOTONIC if there is no executor yet.
uint64_t async_now_ns(void);

// ---- Timers: what the waits below are made of ---------------------------------------------------

// Lists are circular, with a bare link as their head, so that a timer leaves its list without
// knowing which one it is.
struct async_timer_link {
    struct async_timer_link *next, *prev; // NULL: not armed
};

// A timer of this thread's executor, in the memory of who waits.
struct async_timer {
    struct async_timer_link link; // first, so that a link of a list is its timer
    uint64_t when; // ns to wait, or the deadline; armed, the executor's; or ASYNC_TIMER_FIRED
    struct async_waker waker; // held while armed
};

#define ASYNC_TIMER_FIRED UINT64_MAX

static inline void async_timer_init(struct async_timer *timer, uint64_t when)
{
    timer->link.next = NULL;
    timer->when = when < ASYNC_TIMER_FIRED ? when : ASYNC_TIMER_FIRED - 1;
}

// Arms a timer that is not: `when` nanoseconds from now, or at the time `when`.
enum async_poll async_timer_start(struct async_timer *timer, struct async_context *cx);
enum async_poll async_timer_start_at(struct async_timer *timer, struct async_context *cx);

// Makes an armed timer wake who polls it now.
void async_timer_rewake(struct async_timer *timer, struct async_context *cx);

// ASYNC_READY once it has fired; ASYNC_PENDING while it is armed; else calls `start`.
static inline enum async_poll async_timer_poll(struct async_timer *timer, struct async_context *cx,
                                               enum async_poll (*start)(struct async_timer *,
                                                                        struct async_context *))
{
    if (timer->link.next) {
        if (timer->waker.data != cx->waker.data || timer->waker.ops != cx->waker.ops)
            async_timer_rewake(timer, cx);
        return ASYNC_PENDING;
    }
    return timer->when == ASYNC_TIMER_FIRED ? ASYNC_READY : start(timer, cx);
}

static inline void async_timer_drop(struct async_timer *timer)
{
    struct async_timer_link *link = &timer->link;
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
    async_waker_drop(&timer->waker);
}

// ---- await async_sleep_ns(ns), async_sleep_ms(ms) -----------------------------------------------
//
// Waits that long, counted from when the await is reached; 0 lets others run, as async_yield does.
asyncc_async void async_sleep_ns(uint64_t ns);

struct async_sleep_ns_future {
    struct async_timer timer;
};

static inline void async_sleep_ns_future_init(struct async_sleep_ns_future *self, uint64_t ns)
{
    async_timer_init(&self->timer, ns);
}

static inline enum async_poll async_sleep_ns_future_poll(struct async_sleep_ns_future *self,
                                                         struct async_context *cx)
{
    return async_timer_poll(&self->timer, cx, async_timer_start);
}

static inline void async_sleep_ns_future_drop(struct async_sleep_ns_future *self)
{
    async_timer_drop(&self->timer);
}

asyncc_async void async_sleep_ms(uint64_t ms);

struct async_sleep_ms_future {
    struct async_timer timer;
};

static inline void async_sleep_ms_future_init(struct async_sleep_ms_future *self, uint64_t ms)
{
    async_timer_init(&self->timer, ms < UINT64_MAX / 1000000 ? ms * 1000000 : UINT64_MAX);
}

static inline enum async_poll async_sleep_ms_future_poll(struct async_sleep_ms_future *self,
                                                         struct async_context *cx)
{
    return async_timer_poll(&self->timer, cx, async_timer_start);
}

static inline void async_sleep_ms_future_drop(struct async_sleep_ms_future *self)
{
    async_timer_drop(&self->timer);
}

// ---- await async_sleep_until_ns(deadline) -------------------------------------------------------
//
// Waits until async_now_ns() is at least `deadline`. If it is already, lets others run at least
// once, and may take a tick.
asyncc_async void async_sleep_until_ns(uint64_t deadline);

struct async_sleep_until_ns_future {
    struct async_timer timer;
};

static inline void async_sleep_until_ns_future_init(struct async_sleep_until_ns_future *self,
                                                    uint64_t deadline)
{
    async_timer_init(&self->timer, deadline);
}

static inline enum async_poll
async_sleep_until_ns_future_poll(struct async_sleep_until_ns_future *self, struct async_context *cx)
{
    return async_timer_poll(&self->timer, cx, async_timer_start_at);
}

static inline void async_sleep_until_ns_future_drop(struct async_sleep_until_ns_future *self)
{
    async_timer_drop(&self->timer);
}

// ---- Intervals: ticks that are due at equal distances -------------------------------------------

// A tick is missed if the next one is due, too, when it ends: because the program was away for a
// period or more, or periods are shorter than the lateness above. What becomes of the schedule:
enum async_ticks {
    ASYNC_TICKS_BURST, // kept: the ticks that are overdue come at once, one after the other
    ASYNC_TICKS_DELAY, // starts anew: the next tick is due a period after the late one
    ASYNC_TICKS_SKIP   // kept, but the ticks that are overdue are left out
};

// Plain data of one thread. It holds nothing, so it needs no cleaning up, and may be changed while
// nobody waits for a tick.
struct async_interval {
    uint64_t period_ns;
    uint64_t next_ns; // when the next tick is due; 0: at once
    enum async_ticks missed;
};

// The first tick is due at once: the schedule starts with the first await. For another first tick,
// set next_ns. The period is not 0.
static inline struct async_interval async_interval(uint64_t period_ns, enum async_ticks missed)
{
    struct async_interval interval = {period_ns, 0, missed};
    return interval;
}

// await async_interval_tick(interval): waits for the next tick, and then moves next_ns on. Returns
// how many further ticks were due by then: 0 if it is in time, else as many as come in a burst, or
// are left out. A tick that is due already still lets others run. A cancelled wait leaves the
// interval as it was. One task at a time waits for an interval, and the interval stays where it is
// meanwhile.
asyncc_async uint64_t async_interval_tick(struct async_interval *interval);

struct async_interval_tick_future {
    struct async_timer timer;
    struct async_interval *interval;
    uint64_t result;
};

static inline void async_interval_tick_future_init(struct async_interval_tick_future *self,
                                                   struct async_interval *interval)
{
    self->interval = interval;
    self->timer.link.next = NULL;
    self->timer.when = 0;
}

enum async_poll async_interval_tick_future_poll(struct async_interval_tick_future *self,
                                                struct async_context *cx);

static inline void async_interval_tick_future_drop(struct async_interval_tick_future *self)
{
    async_timer_drop(&self->timer);
}

#endif
