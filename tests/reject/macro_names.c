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
#define const

async int get(struct connection *c)
{
    await async_yield();
    return state + size(1);
}
