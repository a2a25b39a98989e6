// join, select, timeout and spawn.
// blocking: no: it selects, and tasks run beside each other
#include <errno.h>
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static async int after(int ms, int value)
{
    await async_sleep_ms((uint64_t)ms);
    return value;
}

static async int now(int value)
{
    return value;
}

async int main(void)
{
    int a = 0, b = 0, c = 0;
    await async_join(a = after(3, 1), b = after(1, 2), async_yield(), c = now(3));
    printf("join %d %d %d\n", a, b, c);

    a = b = 0;
    int winner = await async_select(a = after(100000, 1), b = after(1, 2));
    printf("select %d: %d %d\n", winner, a, b);
    printf("tie %d\n", await async_select(a = now(5), b = now(6)));
    printf("values %d %d\n", a, b);

    int rc = await async_timeout_ms(100000, a = after(1, 7));
    printf("timeout %d: %d\n", rc, a);
    rc = await async_timeout_ms(1, a = after(100000, 8));
    printf("timeout %d: %d\n", rc == -ETIMEDOUT, a);

    struct async_task *tasks[5];
    int sum = 0;
    for (int i = 0; i < 5; i++)
        tasks[i] = async_spawn(after(5 - i, i));
    for (int i = 0; i < 5; i++) {
        if (await async_task_join(tasks[i]) == 0)
            sum += async_task_result(tasks[i], int);
        async_detach(tasks[i]);
    }
    printf("sum %d\n", sum);
    return 0;
}
