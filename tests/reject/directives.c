// E0211: directives in the middle of a statement that is taken apart.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int get(int n);

async int wrong(int n)
{
    if (n > 3)
#define LIMIT 2                 // expect: E0211
        n += await get(LIMIT);
    int a = await get(1),
#pragma GCC diagnostic push     // expect: E0211
        b = await get(2);
#pragma GCC diagnostic pop
    n += await get(3) +
#undef LIMIT                    // expect: E0211
#define LIMIT 4                 // expect: E0211
         LIMIT;
#pragma omp parallel for        // expect: E0211
    for (int i = 0; i < n; i++)
        a += await get(i);
    return n + a + b;
}

async int head(int n,
#define TWO 2                   // expect: E0211
               int m)
{
    return n + await get(m);
}

async int right(
#ifdef NEVER
    int m,
#endif
    int n)
{
#define MORE 1
    n += await get(MORE);
    if (n > 3)
#if 1
        n += await get(4);
#else
        n = 0;
#endif
    n += (
#line 50 "directives.c"
        await get(1)
    );
#undef MORE
#define MORE 2
    return n + MORE;
}
