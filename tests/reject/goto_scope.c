// E0203: goto into a block past its defer.
#include <asyncc/task.h>
#include <asyncc/async.h>

void g(int n);
async int f(int n);

async int past_defer(int n)
{
    if (n)
        goto in; // expect: E0203
    {
        defer g(1);
        await async_yield();
    in:
        g(2);
    }
    return n;
}

async int past_defer_in_block(int n)
{
    goto in; // expect: E0203
    defer g(1);
in:
    await async_yield();
    return n;
}

async int before_is_fine(int n)
{
    goto in;
    {
    in:;
        defer g(1);
        if (n-- > 0)
            goto in;
        await async_yield();
    }
    return n;
}
