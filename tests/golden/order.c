// asyncc:
// What stands left of an await is evaluated before it; arms and right sides only when they are chosen.
#include <asyncc/task.h>
#include <asyncc/async.h>

int counter;
int step(void);
async int get(int n);

async int sums(int a[], int n)
{
    return a[n] + step() + await get(counter) * n;
}

async int chosen(int n)
{
    int best = n > 3 ? await get(n) : step();
    return n && await get(n) ? best : -best;
}

async int arguments(int n)
{
    n = await get(await get(n) + step());
    return (step(), await get(n));
}

async int get(int n)
{
    await async_yield();
    return n;
}
