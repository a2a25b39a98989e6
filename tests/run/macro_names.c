// Macros called like what is generated, where nothing is generated.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

#include "macro_names.h"
#define restrict __restrict
#define size(x) ((x) + 1)

static async int get(int x)
{
    await async_yield();
    return x;
}

#define state 3
static int plain(void)
{
    return state;
}
#undef state

async int main(void)
{
    printf("%d %d %d\n", await get(in_header()), plain(), size(await get(1)));
    return 0;
}

#define poll 1
int after(void);
int after(void)
{
    return poll;
}
#undef poll
