// asyncc:
// Join, select, timeout, spawn.
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

async int work(int n);

async int both(void)
{
    int a, b;
    await async_join(a = work(1), b = work(2));
    return a + b;
}

async int first(void)
{
    int a = 0;
    int which = await async_select(a = work(1), async_sleep_ms(10));
    return which == 0 ? a : -1;
}

async int limited(int *result)
{
    return await async_timeout_ms(50, *result = work(3));
}

async int apart(void)
{
    struct async_task *task = async_spawn(work(4));
    int status = await async_task_join(task);
    int n = status == 0 ? async_task_result(task, int) : status;
    async_detach(task);
    return n;
}

async int work(int n)
{
    await async_sleep_ms(n);
    return n;
}
