// What clang warns of and the output would hide from the C compiler.
#include <asyncc/task.h>
#include <asyncc/async.h>

static async int same(int x)
{
    await async_yield();
    return x;
}

async int falls_off(int x)
{
    if (await same(x) > 3)
        return 1;
} // expect-warning: return-type

async int no_value(void)
{
    await async_yield();
    return; // expect-warning: return-type
}

async void a_value(void)
{
    return await same(1); // expect-warning: return-type
}

async int unset(int c)
{
    int *p, n;
    if (await same(c)) // expect-warning: sometimes-uninitialized
        p = &c;
    n++; // expect-warning: uninitialized
    return *p + n;
}

async int fine(int c)
{
    int *p;
    if (await same(c))
        p = &c;
    else
        return 1;
    for (;;)
        c += *p + await same(1);
}

async int *an_address(void)
{
    int n = await same(1);
    return &n; // expect-warning: return-stack-address
}

// The C compiler sees it as it is, and says so itself.
int plain(void)
{
}
