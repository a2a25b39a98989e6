// Conditionals of more than one line in async functions; macros that are called like what is generated.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>
#define ms * 1000
#define self 5
#define cx 6
#define A 1
#define TWO 2
/* c */ #define THREE 3
/* of two
   lines */ # define FOUR 4

static async int same(int n)
{
    await async_yield();
    return n;
}

static async int lines(int x)
{
    int y = x
#if 0
        + 100
#elif A > \
    -1
        + 1
#else /* of more
         than one line */
        + 1000
#endif /* and
          another */
        ;
#if defined(A) && \
    A > 0
    y += await same(10);
#elif A == \
    2
    y += 1000;
#endif
    return y;
}

async int main(void)
{
    int n = 0;
    int rc = await async_timeout_ms(1 ms, n = lines(4));
    printf("%d %d %d %d\n", rc, n, self + cx, await same(TWO) + THREE + FOUR);
    return 0;
}
