// cflags: -std=gnu11
// The same in every standard: -std=gnu11.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

struct pair { int x, y; };

static async int f(int n)
{
    await async_yield();
    return n;
}

static async struct pair g(const char *restrict s, int n)
{
    struct pair p = { .y = await f(n) };
    for (int i = 0; i < 2; i++)
        p.x += s[i] - '0' + await f(i);
    switch (await f(p.x)) {
    case 1:
        p.x = 100;
        break;
    default: break;
    }
    defer puts("done");
    return p.x ? p : (struct pair){ await f(1), await f(2) };
}

static inline async double h(double d)
{
    double kept = d * await f(2);
    await async_yield();
    return kept;
}

async int main(void)
{
    struct pair p = await g("12", 5);
    printf("%d %d %g\n", p.x, p.y, await h(1.5));
    int a = 0, b = 0;
    await async_join(a = f(1), b = f(2));
    printf("%d\n", a + b);
    return 0;
}
