// Generic macros of the compiler's headers, with awaits in and beside their arguments.
// no-tcc: no <tgmath.h>
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <tgmath.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static async int A(int x)
{
    await async_yield();
    return x;
}

static async double D(double x)
{
    await async_yield();
    return x;
}

#define INCREMENT(p) atomic_fetch_add(p, 1)
#define INCREMENT_LATER(p) atomic_fetch_add(p, await A(1))

static async int atomics(void)
{
    atomic_int n = 1, *p = &n;
    atomic_long l = 5;
    atomic_flag flag = ATOMIC_FLAG_INIT;
    await async_yield();
    assert(atomic_load(&n) == 1);
    int r = atomic_load(&n) + await A(1);
    r += atomic_fetch_add(&n, await A(3));
    r += atomic_fetch_sub_explicit(p, await A(1), memory_order_relaxed) + INCREMENT(&n) + await A(2);
    r += INCREMENT_LATER(p);
    atomic_store(&l, await A(7));
    int expected = 5;
    r += atomic_compare_exchange_strong(&n, &expected, await A(9)) ? 100 : expected;
    r += __atomic_fetch_add(&r, await A(3), __ATOMIC_SEQ_CST);
    r += atomic_flag_test_and_set(&flag) + await A(1);
    int plain = 4, want = 4;
    r += __atomic_compare_exchange_n(&plain, &want, await A(5), 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    return r + plain + (int)atomic_exchange(&l, await A(1)) * 1000 + (int)l;
}

static async double math(float f)
{
    double d = sqrt(await D(4.0)) + fabs(f) + pow(await D(2), 3.0f);
    float g = sqrt(f) + (float)await A(0);
    return d + g + (sizeof(sqrt(f)) == sizeof(float)) + sqrt(fabs(await D(-9)));
}

async int main(void)
{
    printf("%d\n", await atomics());
    printf("%.3f\n", await math(16.0f));
    return 0;
}
