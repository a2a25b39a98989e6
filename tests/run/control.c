// Awaits in every part of every statement; goto, switch fallthrough, Duff's device.
#include <stdbool.h>
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static async int id(int n)
{
    await async_yield();
    return n;
}

static async int loops(void)
{
    int sum = 0;
    for (int i = await id(0); i < await id(4); i += await id(1)) {
        if (await id(i) == 1)
            continue;
        sum += i;
    }
    int n = 3;
    while (await id(n) > 0)
        n--;
    do {
        n++;
        if (n == 2)
            continue;
        sum += 100;
    } while (await id(n) < 3);
    return sum;
}

static async const char *cases(int n)
{
    switch (await id(n)) {
    case 0:
        await id(0);
        // fallthrough
    case 1:
        return "zero or one";
    case 2:
        break;
    default:
        if (await id(n) > 10)
            return "many";
    }
    return "two or some";
}

static async int duff(int count)
{
    int steps = 0, n = (count + 3) / 4;
    switch (count % 4) {
    case 0:
        do {
            steps += await id(1);
            /* fallthrough */
    case 3:
            steps += await id(1);
            /* fallthrough */
    case 2:
            steps += await id(1);
            /* fallthrough */
    case 1:
            steps += await id(1);
        } while (--n > 0);
    }
    return steps;
}

static async int jumps(void)
{
    int n = 0;
again:
    n += await id(1);
    if (n < 5)
        goto again;
    for (;;) {
        for (;;) {
            if (await id(n++) > 8)
                goto out;
        }
    }
out:
    return n;
}

static async int shadows(int n)
{
    int sum = n;
    {
        int n = await id(10);
        sum += n;
        for (int n = 0; n < 2; n++)
            sum += await id(n) + 1000;
        sum += n;
    }
    return sum + n;
}

async int main(void)
{
    printf("loops %d\n", await loops());
    printf("%s, %s, %s, %s\n", await cases(0), await cases(1), await cases(2), await cases(11));
    printf("duff %d %d %d\n", await duff(1), await duff(6), await duff(8));
    printf("jumps %d\n", await jumps());
    printf("shadows %d\n", await shadows(1));
    return 0;
}
