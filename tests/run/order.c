// Evaluation order in an expression with an await: left to right, the right side of = first, and a compound
// assignment reads its left side after the await.
// blocking: no: it looks at the order of evaluation, which C leaves open
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static int total;

static int plain(const char *name, int n)
{
    printf("%s ", name);
    return n;
}

static async int later(const char *name, int n)
{
    await async_yield();
    printf("%s ", name);
    return n;
}

static int three(int a, int b, int c)
{
    return a * 100 + b * 10 + c;
}

static async int add_to_total(int n)
{
    await async_yield();
    total += n;
    return n;
}

async int main(void)
{
    int a[3] = {0};

    printf("%d\n", three(plain("a", 1), await later("b", 2), plain("c", 3)));
    a[plain("left", 1)] = await later("right", 7);
    printf("%d\n", a[1]);
    total = 1;
    total += await add_to_total(10);
    printf("%d\n", total);
    printf("%d\n", await later("x", 1) + await later("y", 2) * await later("z", 3));
    printf("%d\n", plain("no", 0) && await later("never", 1));
    printf("%d\n", plain("yes", 1) ? await later("then", 5) : await later("else", 6));
    int comma = (await later("first", 1), await later("second", 2));
    printf("%d\n", comma);
    struct { int x, y; } point = {.y = await later("py", 2), .x = await later("px", 1)};
    printf("%d %d\n", point.x, point.y);
    return 0;
}
