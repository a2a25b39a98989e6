// Arguments of parameters declared as arrays, kept while a later argument awaits.
// blocking: no: C leaves the order of arguments open
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
static int table[3] = {1, 2, 3};
static int sum(int v[3], const char *restrict s, int n) { return v[0] + v[1] + v[2] + n + (s ? 1 : 0); }
async void *get(void) { await async_yield(); return table; }
async int *typed(void) { await async_yield(); return table; }
async int three(int n) { await async_yield(); table[0] += n; return n; }
async int last(int v[3], int n) { await async_yield(); return v[2] * n; }
int main_result;
async int main(void)
{
    printf("%d\n", sum(await get(), "x", await three(1)));
    printf("%d\n", sum(await typed(), 0, await three(1)));
    printf("%d\n", sum(table, 0, await three(1)));
    printf("%d\n", await last(await get(), await three(1)));
    printf("%d\n", await last(table, await three(1)));
    return 0;
}
