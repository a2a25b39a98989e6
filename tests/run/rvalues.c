// An array in a struct that is no object - a result, say - may be pointed to until the full
// expression ends, also across its awaits.
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

struct inner {
    int w[3][2];
};
struct S {
    int v[4];
    char s[8];
    struct inner in;
};

static struct S mk(int x)
{
    return (struct S){{x, x + 1, x + 2, x + 3}, {'a', (char)('a' + x)}, {{{x, 1}, {x + 2, 3}, {4, 5}}}};
}

static int use(const int *v, int n)
{
    return v[n];
}

static async int A(int x)
{
    volatile char waste[64] = {(char)x};
    await async_yield();
    return waste[0];
}

static async struct S AS(int x)
{
    struct S s = mk(x);
    await async_yield();
    return s;
}

static async int ause(const int *v, int n)
{
    int got = v[n];
    await async_yield();
    return got * 100 + v[n];
}

#define VALUES(x) mk(x).v

static async int values(int c)
{
    struct S s = mk(20), t = mk(30);
    printf("%d %d\n", mk(4).v[await A(2)], (await AS(5)).v[await A(1)]);
    printf("%d %d\n", use(mk(6).v, await A(3)), use((await AS(7)).v, await A(2)));
    printf("%d\n", await ause(mk(3).v, 2));
    printf("%d %d\n", (c ? s : t).v[await A(2)], (!c ? s : t).v[await A(2)]);
    printf("%d\n", (0, t).v[await A(2)]);
    printf("%d\n", (t = s).v[await A(2)]);
    printf("%d %d\n", ({ mk(3); }).v[await A(1)], *(mk(3).v + await A(1)));
    printf("%d %s %d\n", mk(3).in.w[await A(1)][await A(0)], mk(3).s, await A(1));
    printf("%d %d\n", use(VALUES(4), await A(1)), VALUES(await A(5))[await A(0)]);
    printf("%d\n", use(mk(await A(1)).v, 1) + use((await AS(2)).v, 1) + use(mk(await A(3)).v, 1));
    while (mk(c).v[await A(1)] < 5)
        c += await A(mk(1).v[await A(0)]);
    printf("%d\n", c);
    for (int i = 0; i < 3; i++)
        printf("%d ", use(mk(i).v, await A(i)) + use(mk(await A(i)).v, 0));
    printf("\n");
    return c;
}

async int main(void)
{
    assert(await values(1) == 4);
    return 0;
}
