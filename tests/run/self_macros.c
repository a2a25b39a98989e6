// Macros that name themselves expand once, where they are opened too.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
#include <stdlib.h>

static int live, calls;

static async int get(int n)
{
    await async_yield();
    return n;
}

static void *noted(void *p)
{
    live++;
    return p;
}
#define malloc(n) noted(malloc(n))
#define TRY(e) do { if (await get(1)) e; } while (0)

static int next(void)
{
    return ++calls;
}
#define next() (next() + 10)
#define PICK(c, e) ((c) ? await get(e) : 0)

#define fetch(n) fetch(n)
static async int(fetch)(int n)
{
    return await get(n);
}

async int main(void)
{
    void *p = NULL;
    defer { free(p); }
    TRY(p = malloc(3));
    int r = PICK(1, next());
    printf("%d %d %d %d\n", live, p != NULL, r, await fetch(3));
    return 0;
}
