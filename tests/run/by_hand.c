// Futures written by hand, defined after functions that need only their prototype.
// blocking: no: it has a future written by hand
#include <stdio.h>
#include <asyncc/future.h>
#include <asyncc/task.h>
#include <asyncc/async.h>
async int twice(int n);
typedef async_fn(int, (int)) op;
static op chosen(void)
{
    return twice;
}
static int block(int n)
{
    return async_block_on(twice(n));
}
static async int first(int n)
{
    op f = twice;
    struct async_task *t = async_spawn(twice(1));
    async_detach(t);
    return await f(n);
}
struct twice_future {
    int n, result;
    bool polled;
};
static inline void twice_future_init(struct twice_future *self, int n)
{
    self->n = n;
    self->polled = false;
}
static inline enum async_poll twice_future_poll(struct twice_future *self, struct async_context *cx)
{
    if (!self->polled) {
        self->polled = true;
        async_waker_wake(&cx->waker);
        return ASYNC_PENDING;
    }
    self->result = 2 * self->n;
    return ASYNC_READY;
}
static inline void twice_future_drop(struct twice_future *self)
{
    (void)self;
}
static async int second(int n)
{
    return await first(n) + await twice(n);
}
async int run(void)
{
    op f = chosen();
    return await second(4) == 16 && await f(3) == 6 ? 0 : 1;
}
int main(void)
{
    printf("%d %d\n", async_block_on(run()), block(2));
    return 0;
}
