// asyncc:
// Recursion, a call through a pointer, and a callee defined elsewhere: frames in the task's arena.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int elsewhere(int n);

async int depth(int n)
{
    if (n == 0) {
        await async_yield();
        return 0;
    }
    return await depth(n - 1) + 1;
}

async int apply(async_fn(int, (int)) function, int n)
{
    return await function(n);
}

async int all(int n)
{
    return await apply(depth, n) + await elsewhere(n);
}
