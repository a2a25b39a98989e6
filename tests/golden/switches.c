// asyncc:
// Awaits between case labels, in what is switched on, in a loop that the labels jump into; gotos.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int cases(int n)
{
    switch (n & 3) {
    case 0:
        await async_yield();
        n++;
        __attribute__((fallthrough));
    case 1:
        n += 2;
        break;
    default: {
        int twice = n * 2;
        await async_yield();
        n = twice;
    }
    }
    return n;
}

async void duff(char *to, const char *from, int count)
{
    int rounds = (count + 3) / 4;
    switch (count % 4) {
    case 0:
        do {
            *to++ = *from++;
            await async_yield();
            __attribute__((fallthrough));
        case 3:
            *to++ = *from++;
            __attribute__((fallthrough));
        case 2:
            *to++ = *from++;
            __attribute__((fallthrough));
        case 1:
            *to++ = *from++;
        } while (--rounds > 0);
    }
}

async int gotos(int n)
{
again:
    if (n > 9)
        goto out;
    await async_yield();
    n *= 2;
    goto again;
out:
    return n;
}
