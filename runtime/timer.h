// timer.h - the timer wheel of an executor: arming, cancelling and firing are O(1).
#ifndef ASYNCC_RUNTIME_TIMER_H
#define ASYNCC_RUNTIME_TIMER_H

#include <asyncc/time.h>

#pragma GCC visibility push(hidden)

enum {
    TIMER_LEVELS = 4,
    TIMER_SLOTS = 256
};

#define TIMER_TICK_NS UINT64_C(1000000)
#define TIMER_NEVER UINT64_MAX

// All zero is an empty wheel at tick 0.
struct timer_wheel {
    uint64_t tick; // all timers with when <= tick have fired
    // Armed since the last timer_wheel_advance; `when` is still relative.
    struct async_timer_link fresh;
    // About to be woken by timer_wheel_advance. A list of its own, so that a wake may disarm the
    // others.
    struct async_timer_link due;
    // A clear bit is an empty slot. A set bit may be one too: disarming does not look for its slot.
    uint64_t occupied[TIMER_LEVELS][TIMER_SLOTS / 64];
    struct async_timer_link slots[TIMER_LEVELS][TIMER_SLOTS]; // all zero: never used
};

// Arms a timer that fires `timer->when` milliseconds from the next timer_wheel_advance on. Takes
// over the waker that the caller put into it.
void timer_arm(struct timer_wheel *wheel, struct async_timer *timer);

// Disarms an armed timer and drops its waker.
void timer_disarm(struct async_timer *timer);

// Might there be timers? If not, the clock need not be read.
bool timer_wheel_busy(const struct timer_wheel *wheel);

// Wakes what is due at now_ns, then starts the fresh timers from there.
void timer_wheel_advance(struct timer_wheel *wheel, uint64_t now_ns);

// Nanoseconds on the clock of now_ns when timer_wheel_advance has something to do, or TIMER_NEVER.
// There are no fresh timers.
uint64_t timer_wheel_next(struct timer_wheel *wheel);

#pragma GCC visibility pop
#endif
