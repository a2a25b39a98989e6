// __LINE__ in statements that are taken apart is that of its own line.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

static async int get(int x)
{
    await async_yield();
    return x;
}

static async int on_the_line_of_its_head(void) { int a = __LINE__, b = await get(__LINE__),
    c = __LINE__; await async_yield();
    return a * 10000 + b * 100 + c; }

async int main(void)
{
    int
    d = __LINE__,
    e = await get(__LINE__);
    int *p = &d;
    int g = await get(3), h = 0;
    h =
        __LINE__;
    int j[2] = {await get(3),
        __LINE__};
    printf("%d %d %d %d %d %d\n", await on_the_line_of_its_head(), *p, e, g, h, j[1]);
    printf("%d %d\n", await get(__LINE__), __LINE__);
    return 0;
}
