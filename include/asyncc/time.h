// time.h - waiting for time to pass.
//
//     #include <asyncc/async.h>
//     #include <asyncc/time.h>
//
//     static async void tick(void)
//     {
//         for (int i = 0; i < 3; i++) {
//             await async_sleep_ms(500);
//             puts("tick");
//         }
//     }
//
// Units are milliseconds of the monotonic clock. A sleep never ends early; it ends up to two
// milliseconds late, and later if other tasks keep the thread busy. Timers cost no allocation: they
// live in the future.
#ifndef ASYNCC_TIME_H
#define ASYNCC_TIME_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// A timer of this thread's executor, in the memory of who waits. Lists are circular, with a bare
// link as their head, so that a timer leaves its list without knowing which one it is.
struct async_timer_link {
    struct async_timer_link *next, *prev; // NULL: not armed
};

struct async_timer {
    struct async_timer_link link; // first, so that a link of a list is its timer
    uint64_t when;            // ms to wait; in the wheel, the tick to fire at; ASYNC_TIMER_FIRED
    struct async_waker waker; // held while armed
};

#define ASYNC_TIMER_FIRED UINT64_MAX

// ---- await async_sleep_ms(ms) -------------------------------------------------------------------
//
// Waits `ms` milliseconds, counted from when the await is reached; 0 lets others run, as
// async_yield does. Any value is fine; the longest waits are for ever in practice. No errors.
// Cancel-safe. Must be polled by an asyncc executor.
asyncc_async void async_sleep_ms(uint64_t ms);

struct async_sleep_ms_future {
    struct async_timer timer;
};

static inline void async_sleep_ms_future_init(struct async_sleep_ms_future *self, uint64_t ms)
{
    self->timer.link.next = NULL;
    self->timer.when = ms < ASYNC_TIMER_FIRED ? ms : ASYNC_TIMER_FIRED - 1;
}

enum async_poll async_sleep_ms_future_poll(struct async_sleep_ms_future *self,
                                           struct async_context *cx);

static inline void async_sleep_ms_future_drop(struct async_sleep_ms_future *self)
{
    struct async_timer_link *link = &self->timer.link;
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
    async_waker_drop(&self->timer.waker);
}

#endif
