// E0116: no type is defined in the head of an async function.
#include <asyncc/task.h>
#include <asyncc/async.h>

struct known { int x; };

async struct pair { int a, b; } get(void)         // expect: E0116
{
    await async_yield();
    return (struct pair){1, 2};
}

async int take(enum color { RED } c)              // expect: E0116
{
    await async_yield();
    return c == RED;
}

async struct known fine(struct known *k, union unknown *u)
{
    await async_yield();
    (void)u;
    return *k;
}
