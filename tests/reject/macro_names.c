// E0405: macros that would change what is generated.
#include <asyncc/task.h>
#include <asyncc/async.h>

struct connection {
    int state;
};

#define poll 1
#define size(x) x
#undef poll
#define state (c->state)                // expect: E0405
#define unsigned int                    // expect: E0405
#define const                           // expect: E0405
#define restrict __restrict
#define drop(x) x                       // expect: E0405

async int get(struct connection *c)
{
    await async_yield();
    return state + size(1);
}

async int inside(void)
{
    int n = 1;
#define data n // expect: E0405
    await async_yield();
    n += data;
#undef data
    return n;
}

#define parent 1 // expect: E0405
