// Statements with attributes and behind pragmas that clang takes for attributes.
// cflags: -std=gnu2x
// no-tcc: no attributes in brackets
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static async int y(int n)
{
    await async_yield();
    return n;
}

static async int hints(int n)
{
    int i = 0;
#pragma GCC unroll 4
    for (; i < 4; i++) n += await y(i);
    for (int k = 0; k < 4; k++)
        n += k;
#pragma GCC unroll 2
    for (int k = await y(0); k < 4; k++) {
        if (k == 3)
            n += await y(100);
    }
#pragma GCC unroll 4
    while (n < 200)
        n += await y(7);
#pragma GCC unroll 4
    do
        n += await y(1);
    while (n % 10);
    return n;
}

static async int attributes(int n)
{
    switch (n) {
    case 1:
        n += await y(1);
        [[fallthrough]];
    case 2:
        n += 10;
        __attribute__((fallthrough));
    default:
        n += await y(3);
    }
    [[]] if (n > 3)
        n += await y(2);
    [[]] while (n < 20) n += await y(3);
    [[]] n += await y(5);
    [[]] { n += await y(6); }
    [[]] return n;
}

async int main(void)
{
    printf("%d %d %d\n", await hints(1), await attributes(1), await attributes(2));
    return 0;
}
