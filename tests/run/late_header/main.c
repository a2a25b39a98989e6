// Headers with async functions, and the types these need, below the first async function.
// blocking: no: it spawns
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

async int one(int x)
{
    await async_yield();
    return x;
}

#include "late.h"

async struct point get(void)
{
    struct point p = {2, 3};
    await async_yield();
    return p;
}

async int multiply(struct point p)
{
    struct async_task *t = async_spawn(area(p));
    return await areas(p) + await one(1) + (await async_task_join(t) ? 100 : 0);
}

async int main(void)
{
    struct point p = await get();
    printf("%d\n", await multiply(p));
    return 0;
}

#include "later.h"
