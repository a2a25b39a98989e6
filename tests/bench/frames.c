// frames.c - programs whose frames are measured. The first eight are those of the goals; the others are chosen for
// what a layout can get wrong. The same are in frames.rs and frames.cpp; frames_hand.h has what a person would write.
#include <asyncc/async.h>

#include "frames.h"
#include "once.h"

static async int leaf(void)
{
    int a = value(), b = value(), c = value();
    await once();
    return a + b + c;
}

async int leaf3(void)
{
    int a = value(), b = value(), c = value();
    await once();
    return a + b + c;
}

async void scopes2(void)
{
    {
        char a[1024];
        fill(a, sizeof a);
        await once();
        use(a, sizeof a);
    }
    {
        char b[1024];
        fill(b, sizeof b);
        await once();
        use(b, sizeof b);
    }
}

async int notlive(void)
{
    int n;
    {
        char a[1024];
        fill(a, sizeof a);
        n = use(a, sizeof a);
    }
    await once();
    return n;
}

async int argmove(struct big big)
{
    struct big mine = big;
    await once();
    return use(mine.bytes, sizeof mine.bytes);
}

static async int chain_1(int n)
{
    int a = value() + n;
    await once();
    return a;
}

#define CHAIN(this, below) \
    static async int chain_##this(int n) \
    { \
        int a = value() + n; \
        return a + await chain_##below(a + 1); \
    }
CHAIN(2, 1)
CHAIN(3, 2)
CHAIN(4, 3)
CHAIN(5, 4)
CHAIN(6, 5)
CHAIN(7, 6)

async int chain8(int n)
{
    int a = value() + n;
    return a + await chain_7(a + 1);
}

async int join2(void)
{
    int a, b;
    await async_join(a = leaf(), b = leaf());
    return a + b;
}

async int loop4k(int n)
{
    char a[4096];
    for (int i = 0; i < n; i++) {
        fill(a, sizeof a);
        await once();
        use(a, sizeof a);
        await once();
    }
    return use(a, sizeof a);
}

async int select2(void)
{
    int first;
    await async_select(first = leaf(), first = leaf());
    return first;
}

// ---- Ten more

// Scalars in disjoint scopes.
async int scopes_scalar(int n)
{
    int sum = n;
    {
        long a = value(), b = value();
        await once();
        sum += (int)(a + b);
    }
    {
        int a = value(), b = value(), c = value();
        await once();
        sum += a + b + c;
    }
    return sum;
}

// Small and large members that could be padded apart.
async int padding(void)
{
    char a = (char)value();
    long b = value();
    short c = (short)value();
    long d = value();
    char e = (char)value();
    await once();
    return (int)(a + b + c + d + e);
}

// An argument that is dead after the first await, and a local that is born there.
async long handover(struct big big)
{
    await once();
    long n = use(big.bytes, sizeof big.bytes);
    struct big next = {{0}};
    fill(next.bytes, sizeof next.bytes);
    await once();
    return n + use(next.bytes, sizeof next.bytes);
}

static async int quarter(void)
{
    char a[256];
    fill(a, sizeof a);
    await once();
    return use(a, sizeof a);
}

// Children one after the other, and in the two arms of an if.
async int siblings(int n)
{
    int sum = await quarter();
    if (n > 1)
        sum += await quarter();
    else
        sum += await leaf();
    return sum;
}

// A child while a buffer is dead, then the buffer.
async int child_then_buffer(void)
{
    int sum = await quarter();
    char a[256];
    fill(a, sizeof a);
    await once();
    return sum + use(a, sizeof a);
}

// The result is as large as all else.
async struct big result_big(void)
{
    struct big big;
    fill(big.bytes, sizeof big.bytes);
    await once();
    return big;
}

// Arguments passed down three levels.
static async int pass_1(struct big big)
{
    await once();
    return use(big.bytes, sizeof big.bytes);
}

static async int pass_2(struct big big)
{
    return await pass_1(big);
}

async int pass_down(struct big big)
{
    return await pass_2(big);
}

// Four at once.
async int join_many(void)
{
    int a, b, c, d;
    await async_join(a = leaf(), b = leaf(), c = leaf(), d = leaf());
    return a + b + c + d;
}

// A loop with what is needed around, in and after it.
async long loop_mixed(int n)
{
    long sum = 0;
    for (int i = 0; i < n; i++) {
        long before = value();
        await once();
        long after = value();
        sum += before * after;
    }
    await once();
    return sum;
}

// An expression with three awaits: what waits for the third is two ints.
async int expression(int n)
{
    return await chain_1(n) + await chain_1(n + 1) * await chain_1(n + 2);
}
