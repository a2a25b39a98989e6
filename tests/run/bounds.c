// Awaits in the bounds of arrays, and arrays without a fixed size among other variables.
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <stdio.h>
#include <string.h>
async int size(int n) { await async_yield(); return n; }
async int f(void)
{
    int total = 0;
    for (int i = 1; i < 4; i++) {
        int n = i * 2;
        int v[await size(n)][await size(n + 1)], w[i];
        memset(v, 0, sizeof v);
        total += (int)sizeof v + v[0][0] + (int)sizeof w;
    }
    int a[4][3] = {{1, 2, 3}};
    {
        int (*p)[await size(3)] = a;
        total += (int)sizeof *p + p[0][2];
    }
    return total;
}
async int g(void), h(int);
async int main(void)
{
    printf("%d %d %d\n", await f(), await g(), await h(3));
    return 0;
}
async int g(void)
{
    int n = 3, *q = &n;
    await async_yield();
    n += *q;
    struct pair { int a, b; } w[await size(2)][n], *const v[n];
    (void)v, (void)w;
    return (int)(sizeof w + sizeof v);
}
async int h(int k) { int n = await size(k), v[n]; (void)v; return (int)sizeof v; }
