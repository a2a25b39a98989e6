// expect: translated
// Locals of statement expressions that must be in the future.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
static async void set(int *p) { await async_yield(); *p = 7; }
static async int f(void) { return ({ int x = 1; await set(&x); await async_yield(); x; }); }
static async int h(int n) { int v[] = {({ volatile int x = n; await async_yield(); x; }), ({ int a[2] = {n}, *p = a; await set(p); a[0]; })}; return v[0] * 10 + v[1]; }
async int main(void) { printf("%d %d\n", await f(), await h(3)); return 0; }

async int one(int);
int g[4];

async int own(void)
{
    g[({ int v = await one(g[v & 3]); v; }) & 3];
    return g[({ int v = await one(sizeof v); v + 1; }) & 3];
}
