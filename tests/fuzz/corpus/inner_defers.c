// expect: translated
// Defers and cleanups of for headers and statement expressions.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
static async int one(int x) { await async_yield(); return x; }
static void clean(int *p) { printf("clean %d\n", *p); }
static async int loops(int how)
{
    for (__attribute__((cleanup(clean))) int i = 10; i < 13; i++)
        if (how == 1 && i == 11)
            break;
        else if (how == 2 && i == 12)
            return i;
    puts("mid");
    await one(1);
    for (__attribute__((cleanup(clean))) int i = await one(20); i < 22; i++) {
        if (how == 3) continue;
        if (how == 4) goto out;
        if (how == 5) return await one(5);
        await one(2);
    }
    puts("end");
out:
    return how;
}
static async int sx(void)
{
    int v = ({ __attribute__((cleanup(clean))) int x = await one(30); x + 1; }) + await one(1);
    ({ __attribute__((cleanup(clean))) int x = 40; await one(x); });
    ({ __attribute__((cleanup(clean))) int x = 50; x; });
    ({ defer puts("deferred"); await one(v); });
    ({ defer puts("deferred 2"); puts("x"); });
    puts("last");
    return v;
}
async int main(void)
{
    for (int i = 0; i < 6; i++) printf("%d\n", await loops(i));
    printf("%d\n", await sx());
    return 0;
}
