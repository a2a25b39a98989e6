// defer runs on every way out of its block, in reverse order, after the return value is computed, and on cancel.
// blocking: no: it cancels
#include <errno.h>
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static async int ways(int way)
{
    int n = 1;
    defer printf("outer\n");
    for (int i = 0; i < 2; i++) {
        defer printf("loop %d\n", i);
        await async_yield();
        if (way == 0)
            continue;
        if (way == 1)
            break;
        if (way == 2) {
            defer {
                n = 99;
                printf("inner\n");
            }
            return n;
        }
        if (way == 3)
            goto out;
    }
    printf("end of ways\n");
out:
    return n;
}

static async void sleeper(const char *name)
{
    defer printf("%s dropped\n", name);
    await async_sleep_ms(1000000);
    printf("%s woke\n", name);
}

static async void parent(void)
{
    defer printf("parent dropped\n");
    await sleeper("child");
}

async int main(void)
{
    for (int way = 0; way < 4; way++) {
        printf("-- %d\n", way);
        printf("= %d\n", await ways(way));
    }

    struct async_task *task = async_spawn(parent());
    await async_yield();
    async_cancel(task);
    printf("status %s\n", await async_task_join(task) == -ECANCELED ? "canceled" : "?");
    async_detach(task);

    printf("%s\n", await async_timeout_ms(1, sleeper("slow")) == -ETIMEDOUT ? "timed out" : "?");
    return 0;
}
