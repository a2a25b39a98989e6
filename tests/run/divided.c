// Conditionals that begin in a function and end behind it, or the other way round; and prototypes with
// directives in them.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

#define N 1
#define OPEN(n) await get(n)

static async int get(int n)
{
    await async_yield();
    return n;
}

#ifndef UNIT_TEST
static
#endif
async int early(int a,
#undef N
#define N 3
                int b);

#ifdef NOPE
static async int half(int a, int b)
{
    a += b;
#else
static async int half(int a)
{
#endif
    return OPEN(a);
}

static async int open_end(int a)
{
    {
        return OPEN(a) + N;
    }
#ifdef NOPE
    return 1;
}
#else
}
#endif

async int main(void)
{
    printf("%d %d %d %d\n", N, await half(1), await open_end(2), await early(3, 4));
    return 0;
}

#ifndef UNIT_TEST
static
#endif
async int early(int a, int b)
{
    return OPEN(a) * b;
}
