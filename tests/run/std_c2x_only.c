// cflags: -std=c2x
// no-tcc: it knows no such standard
// What is new in C2x: attributes, unnamed parameters, labels before declarations and at the end, empty initialisers.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

[[maybe_unused]] static async int f(int n)
{
    await async_yield();
    return n;
}

static async int unnamed(int, int n, char *)
{
    await async_yield();
    return n;
}

[[nodiscard]] static async int attributes([[maybe_unused]] int x)
{
    [[maybe_unused]] int unused = await f(1);
    switch (await f(2)) {
    case 2:
        (void)await f(3);
        [[fallthrough]];
    case 3:
        return 0b101 + await f(1);
    }
    return 0;
}

static async int no_parameters()
{
    _Bool b = 1;
    _Static_assert(sizeof b == 1);
    goto label;
label:
    await async_yield();
    return b;
}

async int main(void)
{
    int rc = await unnamed(1, 2, NULL);
    printf("%d %d %d\n", rc, await attributes(1), await no_parameters());
    return 0;
}
