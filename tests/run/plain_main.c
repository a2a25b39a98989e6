// async_block_on from plain C, macros that hide awaits and returns, results in structs.
// args: one two
#include <stdio.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

#define TRY(e)            \
    do {                  \
        int r_ = await e; \
        if (r_ < 0)       \
            return r_;    \
    } while (0)

struct pair {
    int a, b;
};

static async int check(int n)
{
    await async_yield();
    return n;
}

static async struct pair pair(int a, int b)
{
    await async_yield();
    return (struct pair){a, b};
}

static async int all(int last)
{
    TRY(check(1));
    TRY(check(last));
    struct pair p = await pair(3, 4);
    return p.a * p.b + (await pair(5, 6)).b;
}

int main(int argc, char **argv)
{
    printf("%d %s\n", argc, argv[2]);
    printf("%d\n", async_block_on(all(2)));
    printf("%d\n", async_block_on(all(-7)));
    async_executor_close();
    return 0;
}
