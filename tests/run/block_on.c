// async_block_on in plain C, in expressions; a plain main.
#include "check.h"
#include <asyncc/executor.h>
#include <asyncc/async.h>

static async double half(int n) { await async_yield(); return n / 2.0; }
static async void nothing(void) { await async_yield(); trace('n'); }
static async int step(int n) { await async_yield(); return n + 1; }
typedef async_fn(int, (int)) step_fn;

static int plain(int n, step_fn f)
{
    double d = async_block_on(half(n));
    async_block_on(nothing());
    if (async_block_on(step(n)) != n + 1)
        return -1;
    for (int i = async_block_on(step(0)); i < async_block_on(f(3)); i += async_block_on(step(0)))
        trace((char)('0' + i));
    return async_block_on(step(async_block_on(step(n)))) + (int)(d * 2);
}

int main(void)
{
    CHECK(plain(3, step) == 8);
    TRACE("n123");
    int (*indirect)(int, step_fn) = plain;
    CHECK(indirect(4, step) == 10);
    return check_summary("block_on");
}
