// E0110: what join, select, timeout and spawn take. E0111: no block_on in an async function.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/async.h>

async int f(int n);
int plain(int n);

async int wrong(int n)
{
    int a = 0;
    await async_join(a = await f(1));                  // expect: E0110
    await async_join(plain(1), f(2));                  // expect: E0110
    await async_join(a);                               // expect: E0110
    n += await async_select(a += f(1));                // expect: E0110
    n += await async_select(a = f(1) + 1);             // expect: E0110
    n += await async_select(n ? f(1) : f(2));          // expect: E0110
    n += await async_timeout_ms(1, plain(1));          // expect: E0110
    n += await async_timeout_ms(1, f(1), f(2));        // expect: E0110
    n += await async_timeout_ms(f(1), f(2));           // expect: E0103
    async_detach(async_spawn(plain(1)));               // expect: E0110
    async_detach(async_spawn(a = f(1)));               // expect: E0110
    async_detach(async_spawn(f(1), f(2)));             // expect: E0110
    async_detach(async_spawn(await f(1)));             // expect: E0110
    async_join(f(1), f(2));                            // expect: E0103
    n += async_block_on(f(1));                         // expect: E0111
    await async_join(a = f((f(1))));                   // expect: E0103
    return n + a;
}
