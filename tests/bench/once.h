// once.h - the leaf of every row: pending at its first poll, ready at the second. It wakes nobody, since the
// driver polls again at once; the peers' leaves do the same.
#ifndef BENCH_ONCE_H
#define BENCH_ONCE_H

#include <asyncc/async.h>

async void once(void);

struct once_future {
    bool polled;
};

static inline void once_future_init(struct once_future *self)
{
    self->polled = false;
}

static inline enum async_poll once_future_poll(struct once_future *self, struct async_context *cx)
{
    (void)cx;
    if (self->polled)
        return ASYNC_READY;
    self->polled = true;
    return ASYNC_PENDING;
}

static inline void once_future_drop(struct once_future *self)
{
    (void)self;
}

#endif
