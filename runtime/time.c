// time.c - the clock, timers and intervals.
#define _GNU_SOURCE
#include <asyncc/time.h>

#include "executor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t async_now_ns(void)
{
    if (async_current)
        return async_current->ops->now_ns(async_current->reactor);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// ---- Timers ---------------------------------------------------------------------------------

static struct async_executor *running_executor(void)
{
    if (async_current && async_current->running)
        return async_current;
    fputs("asyncc: a timer is polled outside an asyncc executor\n", stderr);
    abort(); // it would sleep for ever
}

// Nothing to wait for: the others run first.
static enum async_poll yield_once(struct async_timer *timer, struct async_context *cx)
{
    timer->when = ASYNC_TIMER_FIRED;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

enum async_poll async_timer_start(struct async_timer *timer, struct async_context *cx)
{
    struct async_executor *executor = running_executor();
    if (timer->when == 0)
        return yield_once(timer, cx);
    timer_arm(&executor->timers, timer);
    timer->waker = async_waker_clone(&cx->waker);
    return ASYNC_PENDING;
}

enum async_poll async_timer_start_at(struct async_timer *timer, struct async_context *cx)
{
    struct async_executor *executor = running_executor();
    if (!timer_arm_at(&executor->timers, timer))
        return yield_once(timer, cx);
    timer->waker = async_waker_clone(&cx->waker);
    return ASYNC_PENDING;
}

void async_timer_rewake(struct async_timer *timer, struct async_context *cx)
{
    async_waker_drop(&timer->waker);
    timer->waker = async_waker_clone(&cx->waker);
}

// ---- Intervals ------------------------------------------------------------------------------

static uint64_t later(uint64_t when, uint64_t by)
{
    return by < ASYNC_TIMER_FIRED - when ? when + by : ASYNC_TIMER_FIRED - 1;
}

// The tick that was due at `due` ends at `now`: moves the schedule on. Returns how many further
// ones are due.
static uint64_t move_on(struct async_interval *interval, uint64_t due, uint64_t now)
{
    uint64_t period = interval->period_ns;
    uint64_t missed = now > due ? (now - due) / period : 0;
    if (missed && interval->missed == ASYNC_TICKS_DELAY)
        due = now;
    else if (missed && interval->missed == ASYNC_TICKS_SKIP)
        due += missed * period;
    interval->next_ns = later(due, period);
    return missed;
}

enum async_poll async_interval_tick_future_poll(struct async_interval_tick_future *self,
                                                struct async_context *cx)
{
    struct async_interval *interval = self->interval;
    assert(interval->period_ns > 0 && "an interval has a period");
    if (self->timer.when == 0)
        async_timer_init(&self->timer, interval->next_ns ? interval->next_ns : 1);
    if (async_timer_poll(&self->timer, cx, async_timer_start_at) == ASYNC_PENDING)
        return ASYNC_PENDING;
    uint64_t now = async_now_ns();
    self->result = move_on(interval, interval->next_ns ? interval->next_ns : now, now);
    return ASYNC_READY;
}
