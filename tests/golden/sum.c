// asyncc:
// A loop, two scalars that live across an await, an embedded callee.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int add(int a, int b);
async int sum(int n);

async int add(int a, int b)
{
    await async_yield();
    return a + b;
}

async int sum(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum = await add(sum, i);
    return sum;
}
