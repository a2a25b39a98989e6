#include <count.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

async int count(int n)
{
    int i = 0;
    while (i < n) {
        await async_sleep_ms(1);
        i++;
    }
    return i;
}
