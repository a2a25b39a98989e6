// asyncc:
// Defers and cleanups on the way out of a block: at its end, by return, break and goto, and on cancel.
#include <stdlib.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

void note(int n);
void release(char **p);

async int straight(int n)
{
    char *memory = malloc((size_t)n);
    defer free(memory);
    await async_yield();
    return memory ? memory[0] : -1;
}

async int nested(int n)
{
    defer note(1);
    while (n-- > 0) {
        __attribute__((cleanup(release))) char *p = malloc(8);
        if (!p)
            return -1;
        if (n == 5)
            continue;
        if (n == 4)
            break;
        await async_yield();
    }
    return n;
}
