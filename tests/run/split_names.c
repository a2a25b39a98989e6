// Names written with universal characters, or split by a backslash at the end of the line.
// no-tcc: no universal characters
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
async int one(int *n) { await async_yield(); return *n; }
async int f(void)
{
    int caf\u00e9 = 1, spl\
it = 2;
    int r = await one(&caf\u00e9);
    r += await one(&spl\
it) + split + café;
    return r;
}
async int main(void) { printf("%d\n", await f()); return 0; }
