// Macros called like members of futures, slots and private names.
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdio.h>

static async int get(int n)
{
    int v[2] = {n, n};
    await async_yield();
    return v[0]++ + v[1];
}

static async int both(async_fn(int, (int)) f, int n)
{
    int b = await get(n) + await get(n + 1);
    {
        int b = await f(2);
        n += b;
        await async_yield();
    }
    return b + n + await f(3);
}

#define called ((1))
#define get_2 ((2))
#define b_2 ((3))
#define get_frame
#define both_state_done nothing

async int main(void)
{
    printf("%d %d\n", await both(get, 2), called + get_2 + b_2);
    return 0;
}
