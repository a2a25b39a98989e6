// asyncc:
// Each kind of loop with an await in its condition, its step or its body; break and continue.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int next(int n);

async int in_while(int n)
{
    int sum = 0;
    while (await next(n) > 0) {
        if (n == 3)
            continue;
        sum += n--;
    }
    return sum;
}

async int in_do(int n)
{
    do {
        if (n == 7)
            break;
        n--;
    } while (await next(n));
    return n;
}

async int in_for(int n)
{
    for (int i = await next(0); i < await next(n); i += await next(i))
        if (i == 2)
            continue;
    return n;
}

async int next(int n)
{
    await async_yield();
    return n + 1;
}
