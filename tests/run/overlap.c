// Fields that share bytes: nothing is overwritten while it is still to be read, on any path.
// blocking: no: select runs one only
#include "check.h"
#include <asyncc/time.h>
#include <asyncc/async.h>

struct big { long v[6]; };

static async int one(int n) { await async_yield(); return n; }
static async struct big many(long n) { await async_yield(); return (struct big){{n, n + 1, n + 2, n + 3, n + 4, n + 5}}; }
static async long take(struct big b, int n) { await async_yield(); return b.v[0] + b.v[5] + n; }

// Both arrays get their values before either await; no await needs both.
static async int both_before(int which)
{
    int a[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    int *b[6] = {0, 0, 0, 0, 0, 0};
    if (which) {
        int k = await one(1);
        return a[2] + a[7] + k;
    }
    b[0] = &which;
    await one(2);
    return b[0] == &which && !b[1] && !b[5];
}

// A parameter is read from its field, which is not stored again.
static async int parameter(int kept, int which)
{
    long filler[5] = {-1, -1, -1, -1, -1};
    if (which) {
        await one(1);
        return kept;
    }
    filler[1] = kept;
    await one(2);
    return (int)filler[1] + (int)filler[4];
}

// A struct parameter that is read after something else got its value.
static async long read_late(struct big b)
{
    struct big other = {{1, 2, 3, 4, 5, 6}};
    long sum = b.v[0] + b.v[5];
    await one(0);
    return sum + other.v[5];
}

static async long copies(struct big b)
{
    struct big mine = b, again = mine;
    mine.v[1]++;
    await one(0);
    again.v[0] += mine.v[1];
    await one(0);
    return again.v[0] + again.v[5];
}

// The result of a call is read by the arguments of one whose frame lies in the arena.
static async long by_pointer(async_fn(long, (struct big, int)) f, int n)
{
    return await f(await many(n), await one(n) + await one(1)) + await f(await many(1), await one(2));
}

static async long in_forms(int n)
{
    long a, b = 0;
    await async_join(a = take(await many(n), await one(n)), b = take(await many(n + 1), n));
    await async_select(a = take(await many((int)a), await one((int)b)), async_sleep_ms(10000));
    return a;
}

// One that has an address may be written through it anywhere in its scope.
static async int by_address(int which)
{
    int hidden = 1, *p = &hidden, plain[3];
    plain[0] = which, plain[1] = 2, plain[2] = 3;
    *p = 40;
    if (which) {
        int sum = plain[0] + plain[1] + plain[2];
        await one(0);
        return sum + *p;
    }
    await one(0);
    return plain[2] + plain[1] + hidden;
}

async int main(void)
{
    CHECK(await both_before(1) == 15 && await both_before(0) == 1);
    CHECK(await parameter(42, 1) == 42 && await parameter(42, 0) == 41);
    CHECK(await read_late((struct big){{1, 0, 0, 0, 0, 9}}) == 16);
    CHECK(await copies((struct big){{1, 2, 3, 4, 5, 6}}) == 10);
    CHECK(await by_pointer(take, 5) == 5 + 10 + 6 + 1 + 6 + 2);
    CHECK(await in_forms(3) == 49);
    CHECK(await by_address(1) == 46 && await by_address(0) == 45);
    return check_summary("overlap");
}
