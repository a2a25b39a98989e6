// timer.h - the timer wheel of an executor: arming, cancelling and firing are O(1).
#ifndef ASYNCC_RUNTIME_TIMER_H
#define ASYNCC_RUNTIME_TIMER_H

#include <asyncc/time.h>

#pragma GCC visibility push(hidden)

enum {
    TIMER_LEVELS = 6,
    TIMER_SLOTS = 256,
    TIMER_TICK_SHIFT = 16 // ticks of 65.5 us: about what the kernel is late by anyway
};

#define TIMER_NEVER UINT64_MAX

// All zero is an empty wheel at tick 0.
struct timer_wheel {
    uint64_t now_ns; // of the last timer_wheel_advance
    uint64_t tick;   // all timers with when <= tick have fired
    bool exact;      // a tick is 1 ns, for virtual clocks; set before there are timers
    unsigned busy;   // a bit per level; a clear one is an empty level
    // Armed since the last timer_wheel_advance; `when` is still relative.
    struct async_timer_link fresh;
    // About to be woken by timer_wheel_advance. A list of its own, so that a wake may disarm the
    // others.
    struct async_timer_link due;
    // A clear bit is an empty slot. A set bit may be one too: disarming does not look for its slot.
    uint64_t occupied[TIMER_LEVELS][TIMER_SLOTS / 64];
    struct async_timer_link slots[TIMER_LEVELS][TIMER_SLOTS]; // all zero: never used
};

static inline bool list_empty(const struct async_timer_link *list)
{
    return !list->next || list->next == list;
}

static inline void list_push(struct async_timer_link *list, struct async_timer_link *link)
{
    if (!list->next)
        list->next = list->prev = list;
    link->next = list;
    link->prev = list->prev;
    list->prev->next = link;
    list->prev = link;
}

static inline void list_remove(struct async_timer_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
}

// Arms a timer that fires `timer->when` nanoseconds from the next timer_wheel_advance on. Takes
// over the waker that the caller puts into it. async_timer_drop disarms it.
static inline void timer_arm(struct timer_wheel *wheel, struct async_timer *timer)
{
    list_push(&wheel->fresh, &timer->link);
}

// Arms a timer that fires at the time `timer->when`. False if that had passed already when the
// wheel was last told the time: then the timer is not armed.
bool timer_arm_at(struct timer_wheel *wheel, struct async_timer *timer);

// Might there be timers? If not, the clock need not be read.
bool timer_wheel_busy(const struct timer_wheel *wheel);

// Wakes what is due at now_ns, then starts the fresh timers from there.
void timer_wheel_advance(struct timer_wheel *wheel, uint64_t now_ns);

// Nanoseconds on the clock of now_ns when timer_wheel_advance has something to do, or TIMER_NEVER.
// There are no fresh timers.
uint64_t timer_wheel_next(struct timer_wheel *wheel);

// The wheel's memory is about to go: fires what is left.
void timer_wheel_fini(struct timer_wheel *wheel);

#pragma GCC visibility pop
#endif
