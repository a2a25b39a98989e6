// Frames that need more alignment than malloc gives: embedded, recursive, through pointers, spawned, in a join.
// blocking: no: a task runs beside main
#include <stdint.h>
#include "check.h"
#include <asyncc/async.h>

static bool is_aligned(const void *p, size_t n)
{
    return (uintptr_t)p % n == 0;
}

static async int wide(int n)
{
    _Alignas(64) char buffer[64] = {(char)n};
    await async_yield();
    return is_aligned(buffer, 64) ? buffer[0] : -1000;
}

static async int down(int n)
{
    _Alignas(128) int here[2] = {n, n + 1};
    char odd[7] = {1};
    if (n > 0)
        here[0] += await down(n - 1) + odd[0];
    else
        await async_yield();
    CHECK(is_aligned(here, 128) && here[1] == n + 1);
    return here[0];
}

static async int small(int n)
{
    char c[3] = {(char)n};
    await async_yield();
    return c[0];
}

static async int through(async_fn(int, (int)) f, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += await f(i) + await small(1);
    return sum;
}

async int main(void)
{
    CHECK(await wide(7) == 7);
    CHECK(await down(50) == 50 * 51 / 2 + 50);
    CHECK(await through(wide, 20) == 190 + 20);
    CHECK(await through(down, 10) == 165 + 45 + 10);
    async_fn(int, (int)) pointers[] = {wide, small, down};
    for (int i = 0; i < 3; i++)
        CHECK(await pointers[i](3) == (i == 2 ? 9 : 3));
    struct async_task *task = async_spawn(down(5));
    CHECK(await async_task_join(task) == 0 && async_task_result(task, int) == 20);
    async_detach(task);
    int a, b;
    await async_join(a = down(4), b = wide(2));
    CHECK(a == 14 && b == 2);
    CHECK(await down(300) == 300 * 301 / 2 + 300);
    return check_summary("aligned");
}
