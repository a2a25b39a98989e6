// E0301: recursion through join, select or timeout by value.
#include <asyncc/time.h>
#include <asyncc/async.h>

async int tree(int n)
{
    int a = 0, b = 0;
    if (n)
        await async_join(a = tree(n - 1), b = tree(n - 1)); // expect: E0301 E0301
    return a + b + 1;
}

static async int left(int n);

static async int right(int n)
{
    return await async_timeout_ms(5, n = left(n)); // expect: E0301
}

static async int left(int n)
{
    return n ? await async_select(right(n - 1)) : 0; // expect: E0301
}
