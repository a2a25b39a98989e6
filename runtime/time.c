// time.c - async_sleep_ms.
#include <asyncc/time.h>

#include "executor.h"

#include <stdio.h>
#include <stdlib.h>

enum async_poll async_sleep_ms_future_poll(struct async_sleep_ms_future *self,
                                           struct async_context *cx)
{
    struct async_timer *timer = &self->timer;
    if (timer->link.next) { // polled without having been woken
        waker_update(&timer->waker, &cx->waker);
        return ASYNC_PENDING;
    }
    if (timer->when == ASYNC_TIMER_FIRED)
        return ASYNC_READY;
    if (!async_current || !async_current->running) {
        fputs("asyncc: async_sleep_ms is polled outside an asyncc executor\n", stderr);
        abort(); // it would sleep for ever
    }
    if (timer->when == 0) {
        timer->when = ASYNC_TIMER_FIRED;
        async_waker_wake(&cx->waker);
        return ASYNC_PENDING;
    }
    timer->waker = async_waker_clone(&cx->waker);
    timer_arm(&async_current->timers, timer);
    return ASYNC_PENDING;
}
