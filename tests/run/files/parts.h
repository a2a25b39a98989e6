#ifndef PARTS_H
#define PARTS_H

#include <asyncc/task.h>
#include <asyncc/async.h>

async int doubled(int n);
async int factorial(int n);
int plain(void);

static inline async int squared(int n)
{
    await async_yield();
    return n * n;
}

// A future made by hand, ready on its second poll.
async void twice(void);
struct twice_future {
    bool polled;
};

static inline void twice_future_init(struct twice_future *self)
{
    self->polled = false;
}

static inline enum async_poll twice_future_poll(struct twice_future *self, struct async_context *cx)
{
    if (self->polled)
        return ASYNC_READY;
    self->polled = true;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void twice_future_drop(struct twice_future *self)
{
    (void)self;
}

#endif
