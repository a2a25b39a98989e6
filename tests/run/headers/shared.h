// Async functions in a header, translated into each file that includes it.
#ifndef SHARED_H
#define SHARED_H

#include <asyncc/task.h>
#include <asyncc/async.h>

struct box {
    int n;
    async_fn(int, (struct box *)) get;
};

static inline async int shared_get(struct box *b)
{
    await async_yield();
    return b->n++;
}

static inline async int shared_recursive(int n)
{
    if (n <= 0)
        return 0;
    await async_yield();
    return n + await shared_recursive(n - 1);
}

// Used by nobody in one of the files.
static inline async int shared_unused(int n)
{
    defer n++;
    await async_yield();
    return n;
}

// A future by hand: ready at the n-th poll.
async unsigned countdown(unsigned n);

struct countdown_future {
    unsigned left, result;
};

static inline void countdown_future_init(struct countdown_future *self, unsigned n)
{
    self->left = n;
    self->result = n;
}

static inline enum async_poll countdown_future_poll(struct countdown_future *self, struct async_context *cx)
{
    if (self->left == 0)
        return ASYNC_READY;
    self->left--;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void countdown_future_drop(struct countdown_future *self)
{
    (void)self;
}

async int other_sum(struct box *b);
async void other_note(char c);
extern async int other_async_pointer_user(int n);
extern async_fn(int, (int)) other_pointer;
async_fn(int, (int)) other_choose(int n);
int other_plain(void);

#endif
