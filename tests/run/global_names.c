// cflags: -Wshadow
// Variables of the program that are called like the parameters of what is generated.
#include <asyncc/time.h>
#include <stdio.h>
#include <asyncc/async.h>

static int self = 3, cx = 4;

static async int names_neither(int x)
{
    await async_sleep_ms(1);
    return x;
}

static async int names_both(int x)
{
    int before = self;
    await async_sleep_ms(1);
    return before + self * 10 + cx * 100 + x;
}

async int main(void)
{
    int sum = await names_neither(1000) + await names_both(0);
    printf("%d\n", sum);
    return 0;
}
