// expect: refused
// Async calls, not awaited, among the arguments of a form's operand.
#include <asyncc/async.h>

static async int g(int a) { return a; }

static async int f(void)
{
    await async_join(g((g(1))));
    await async_join(g(1 + g(1)));
    return await async_select(g((g)(2)), g(0));
}

static void h(void)
{
    async_detach(async_spawn(g((g(2)))));
    async_block_on(g(g(3)));
}
