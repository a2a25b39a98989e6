// asyncc:
// async main, and an async function called from plain C.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static async int answer(int n)
{
    await async_yield();
    return n;
}

int blocking(void)
{
    return async_block_on(answer(41)) + 1;
}

async int main(int argc, char **argv)
{
    printf("%s %d\n", argc > 1 ? argv[1] : "answer", await answer(42));
}
