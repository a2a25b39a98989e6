// E0205: case labels past a defer. A label before a defer is fine.
#include <asyncc/task.h>
#include <asyncc/async.h>

void g(int n);

async int cases(int n)
{
    switch (n) {
    case 1:
        defer g(1);
        await async_yield();
    case 2:      // expect: E0205
        break;
    default:     // expect: E0205
        g(3);
    }
    return n;
}

async int labelled(int n)
{
    {
    again:
        defer g(1);
        await async_yield();
        if (n-- > 0)
            goto again;
    }
    switch (n) {
    default:
        defer g(2);
        await async_yield();
    }
    return n;
}
