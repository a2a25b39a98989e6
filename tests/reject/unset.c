// What a select or a timeout leaves without a value if another operand is the first to finish.
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdlib.h>
#include <asyncc/async.h>

static async int f(int x)
{
    await async_yield();
    return x;
}

async int thrown_away(void)
{
    int a, b, c = 0, d;
    (void)await async_timeout_ms(5, a = f(1)); // expect-warning: sometimes-uninitialized
    await async_timeout_ms(5, b = f(1));       // it is never read
    await async_timeout_ms(5, c = f(1));
    await async_timeout_ms(5, d = f(1));       // it gets a value
    d = 1;
    return a + c + d;
}

async int both(void)
{
    int a, b;
    (void)await async_select(
        a = f(1),  // expect-warning: sometimes-uninitialized
        b = f(2)); // expect-warning: sometimes-uninitialized
    return a + b;
}

async int one_only(void)
{
    int a;
    await async_select(a = f(1));
    return a;
}

async int goes_on(int kind)
{
    int a, b, c, d, e, g;
    if (await async_timeout_ms(5, a = f(1)) != 0) // expect-warning: sometimes-uninitialized
        kind++;
    if (await async_timeout_ms(5, b = f(1)) < 0) { // expect-warning: sometimes-uninitialized
        kind++;
        kind += b;
        return kind;
    }
    if (!await async_timeout_ms(5, c = f(1))) // expect-warning: sometimes-uninitialized
        kind += c;
    if ((await async_timeout_ms(5, d = f(1))) == -ETIMEDOUT) // expect-warning: sometimes-uninitialized
        kind++;
    else
        kind += d;
    if (await async_select(e = f(1), async_sleep_ms(5)) == 1) // expect-warning: sometimes-uninitialized
        kind++;
    if (await async_select(async_sleep_ms(5), g = f(1)) == 1) // expect-warning: sometimes-uninitialized
        kind++;
    return kind + a + c + d + e + g;
}

async int is_left(int kind)
{
    int a, b, c, d, e, g, h;
    if (await async_timeout_ms(5, a = f(1)) != 0)
        return -ETIMEDOUT;
    if (await async_timeout_ms(5, b = f(1)))
        exit(1);
    if (await async_timeout_ms(5, c = f(1)) == 0)
        kind += c;
    if (await async_timeout_ms(5, d = f(1)) >= 0)
        kind += d;
    else
        return 1;
    if (await async_select(e = f(1), async_sleep_ms(5)) == 1) {
        kind++;
        return kind;
    }
    for (;;) {
        if (await async_timeout_ms(5, g = f(1)) == -ETIMEDOUT)
            continue;
        break;
    }
    while (await async_timeout_ms(5, h = f(1)) != 0)
        kind++;
    return kind + a + b + e + g + h;
}

// What it returned is kept, and may be looked at later.
async int kept(int kind)
{
    int a, b, c;
    int rc = await async_timeout_ms(5, a = f(1));
    if (rc == 0)
        kind += a;
    switch (await async_select(b = f(1), async_sleep_ms(5))) {
    case 0:
        return b;
    }
    if (kind && await async_timeout_ms(5, c = f(1)) == 0)
        return c;
    return kind;
}
