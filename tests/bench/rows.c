// rows.c - the rows as async C. The same programs are in rows_hand.c, rows.rs and rows.cpp.
#include <asyncc/async.h>

#include "bench.h"
#include "chain.h"
#include "once.h"
#include "opaque.h"

// ---- A child that is ready: its body is visible where it is awaited, or not

static async long step(long a, long b)
{
    if (b == bench_never)
        await once();
    return bench_mix(a, b);
}

async long ready_visible(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = await step(sum, i);
    return sum;
}

static async long opaque_step(long a, long b)
{
    if (b == bench_never)
        await once();
    return bench_mix(a, b);
}

async long ready_opaque(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = await opaque_step(sum, i);
    return sum;
}

// ---- Suspend and resume

async long suspend(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++) {
        await once();
        sum = bench_mix(sum, i);
    }
    return sum;
}

// ---- The innermost of a chain loops and suspends

static async long leaf_1(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++) {
        await once();
        sum = bench_mix(sum, i);
    }
    return sum;
}

#define LEAF_LEVEL(this, below) \
    static async long leaf_##this(long n) \
    { \
        return await leaf_##below(n); \
    }
CHAIN_64(LEAF_LEVEL)

async long leafloop_1(long n)
{
    return await leaf_1(n);
}

async long leafloop_64(long n)
{
    return await leaf_64(n);
}

// ---- The outermost of a chain loops: the whole chain is called again each time

static async long root_1(long a)
{
    await once();
    return bench_mix(a, 1);
}

#define ROOT_LEVEL(this, below) \
    static async long root_##this(long a) \
    { \
        return bench_mix(await root_##below(a), this); \
    }
CHAIN_16(ROOT_LEVEL)

async long rootloop_16(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = await root_16(sum);
    return sum;
}

// ---- Recursion

static async long fib_of(long n)
{
    if (n < 2) {
        await once();
        return n;
    }
    return await fib_of(n - 1) + await fib_of(n - 2);
}

async long fib(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += await fib_of(25);
    return sum;
}
