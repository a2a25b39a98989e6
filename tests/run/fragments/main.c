// Files included in the middle of an async function, and a fragment that defines one, included twice.
#include <asyncc/task.h>
#include <asyncc/async.h>
#include <stdio.h>
#include "sub/frag.inc"
#include "sub/frag.inc"

static async int same(int n)
{
    await async_yield();
    return n;
}

static async int with_operations(void)
{
    int r = 0;
    for (int i = 0; i < 4; i++)
        switch (i) {
#define OP(n) case n: r += n * 10; break;
#include "ops.def"
#undef OP
        }
    for (int i = 0; i < 4; i++)
        switch (i) {
#define OP(n) case n: r += await same(n); break;
#include "ops.def"
#undef OP
        }
    return r;
}

static int plain(void)
{
    int tab[] = {
#include "values.inc"
    };
    return tab[1];
}

async int main(void)
{
    int x = 1, *p = &x;
    await async_yield();
#include "add.inc"
    await async_yield();
    printf("%d\n", *p);
    printf("%d\n", await with_operations());
    int tab[] = {
#include "values.inc"
    }, *tp = tab;
    x += await frag(2);
    printf("%d %d %d\n", x, tp[2], plain());
    printf("%d\n", __LINE__);
#undef NDEBUG
#include <assert.h>
    assert(await same(1) == 1);
    return *p != 45;
}
