// E0303: a future written by hand must be known where it is held.
#include <asyncc/async.h>

async int twice(int n);

async int early(void)
{
    return await twice(3); // expect: E0303
}

struct twice_future {
    int n, result;
};
void twice_future_init(struct twice_future *f, int n);
enum async_poll twice_future_poll(struct twice_future *f, struct async_context *cx);
void twice_future_drop(struct twice_future *f);

async int late(void)
{
    return await twice(4);
}
