// A macro is the one that is in force where it stands, and its text does not run together with what
// is beside it, nor do strings show what was done against that.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

static async int get(int x)
{
    await async_yield();
    return x;
}

// ---- Redefined in headers and in between ----

#include "macros_redefined.h"

async int first(void)
{
    return STEP(10);
}

#include "macros_redefined.h"

async int second(void)
{
    return STEP(10);
}

#undef STEP
#define STEP(x) await get((x) + 3)

async int third(void)
{
    return STEP(10);
}

// ---- X macros: the second meaning of X makes no strings ----

#define LIST X(-a, b) X(c-d, e)

async int listed(void)
{
    int n = 0;
#define X(a, b) { n += await get(1); puts(#a); }
    LIST
#undef X
#define X(a, b) n++;
    LIST
#undef X
    return n;
}

// ---- Deferred text has the macros of where it was written ----

async int deferred(int k)
{
#define WHERE 1
    defer {
        printf("defer %d\n", WHERE);
    }
    if (k == 1)
        return await get(5);
#undef WHERE
#define WHERE 2
    int r = await get(6);
    for (int i = 0; i < WHERE; i++) {
        await async_yield();
#undef WHERE
#define WHERE 100
        r++;
    }
    return r;
}

// ---- Tokens that must not become one ----

#define NEG -
#define EMPTY
#define ID(x) x
#define A(v) await get(v)
#define PLUS +
#define DIV /
#define STR(x) #x

async void together(void)
{
    int x = 5, y = 1, k = 2, *p = &k;
    printf("%d\n", A(NEG-x));
    printf("%d\n", A(-EMPTY-x));
    printf("%d\n", A(PLUS+x));
    printf("%d\n", A(ID(-)-x));
    printf("%d\n", A(y-ID(-x)));
    printf("%d\n", A(x DIV*p)); /* no comment begins there */
    printf("%d %s\n", A((int)sizeof STR(-x)), STR(- x));
    printf("%d\n", x);
}

async void shown(void)
{
    int x = 4;
    CHECK(-x);
    printf("%d\n", SHOW( x+1 ));
    printf("%d\n", SHOW_SUM(-x));
    printf("%d\n", SHOW(-x-(-1)));
    printf("%d\n", x);
}

async int main(void)
{
    printf("%d %d %d\n", await first(), await second(), await third());
    printf("%d\n", await listed());
    printf("%d\n", await deferred(1));
    printf("%d\n", await deferred(2));
    await together();
    await shown();
    return 0;
}
