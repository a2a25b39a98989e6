// wait.h - lines of waiting futures: what sync.h and channel.h are made of, and your own may be.
//
//     struct gate {
//         bool open;
//         struct async_line waiting;
//     };
//
//     async void gate_pass(struct gate *gate);      // so that the front end knows the type
//     struct gate_pass_future {
//         struct async_waiter waiter;
//         struct gate *gate;
//     };
//     static inline void gate_pass_future_init(struct gate_pass_future *self, struct gate *gate)
//     {
//         self->gate = gate;
//         async_waiter_init(&self->waiter);
//     }
//     static inline enum async_poll gate_pass_future_poll(struct gate_pass_future *self,
//                                                         struct async_context *cx)
//     {
//         if (self->gate->open)
//             return async_line_served(&self->gate->waiting, &self->waiter);
//         return async_line_wait(&self->gate->waiting, &self->waiter, cx);
//     }
//     static inline void gate_pass_future_drop(struct gate_pass_future *self)
//     {
//         async_line_leave(&self->gate->waiting, &self->waiter);
//     }
//
//     gate.open = true;
//     while (async_line_grant(&gate.waiting))
//         ;
//
// A line is first in, first out. A waiter is a member of the future that waits, so waiting takes no
// memory and cannot fail. Lines and waiters that are all zero are empty, and idle.
//
// Threads: a line, and all that wait in it, belong to one thread.
#ifndef ASYNCC_WAIT_H
#define ASYNCC_WAIT_H

#include <asyncc/future.h>

struct async_waiter {
    struct async_waiter *next;
    struct async_waiter **link; // what points to it; NULL: it is in no line
    struct async_waker waker;   // held while in a line
    bool granted;               // it was at the head, and has what it waited for
};

struct async_line {
    struct async_waiter *first;
    struct async_waiter **end; // where the next one is linked; NULL: the line is empty
};

static inline void async_waiter_init(struct async_waiter *waiter)
{
    waiter->link = NULL;
    waiter->granted = false;
}

static inline void async_line_remove_(struct async_line *line, struct async_waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    else
        line->end = line->first ? waiter->link : NULL;
    waiter->link = NULL;
}

// For async_line_wait: somebody else polls now.
__attribute__((__noinline__, __unused__)) static void
async_waiter_rewake_(struct async_waiter *waiter, const struct async_waker *waker)
{
    async_waker_drop(&waiter->waker);
    waiter->waker = async_waker_clone(waker);
}

// For poll: gets in line, or stays there, to be woken by async_line_grant. ASYNC_PENDING.
static inline enum async_poll async_line_wait(struct async_line *line, struct async_waiter *waiter,
                                              struct async_context *cx)
{
    if (waiter->link) {
        if (waiter->waker.data != cx->waker.data || waiter->waker.ops != cx->waker.ops)
            async_waiter_rewake_(waiter, &cx->waker);
        return ASYNC_PENDING;
    }
    waiter->waker = async_waker_clone(&cx->waker);
    waiter->next = NULL;
    waiter->link = line->end ? line->end : &line->first;
    *waiter->link = waiter;
    line->end = &waiter->next;
    return ASYNC_PENDING;
}

// For drop: out of the line, if it is in one. What was granted is for the caller to pass on.
static inline void async_line_leave(struct async_line *line, struct async_waiter *waiter)
{
    if (!waiter->link)
        return;
    async_line_remove_(line, waiter);
    async_waker_drop(&waiter->waker);
}

// For poll: the wait is over. ASYNC_READY.
static inline enum async_poll async_line_served(struct async_line *line,
                                                struct async_waiter *waiter)
{
    async_line_leave(line, waiter);
    waiter->granted = false;
    return ASYNC_READY;
}

// Takes the first out of the line, with `granted` set, and wakes it. NULL: nobody waits.
static inline struct async_waiter *async_line_grant(struct async_line *line)
{
    struct async_waiter *first = line->first;
    if (!first)
        return NULL;
    line->first = first->next;
    if (first->next)
        first->next->link = &line->first;
    else
        line->end = NULL;
    first->link = NULL;
    first->granted = true;
    async_waker_wake_and_drop(&first->waker);
    return first;
}

#endif
