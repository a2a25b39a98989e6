// Case labels in macros; a macro defined at the very end of a function.
// cflags: -w
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
#define REST(x) if (r < 0) default: r += x;
#define ALL(n) switch (n) { case 1: r += 10; break; default: r += 20; }
async int a(int n) { await async_yield(); return n; }
async int f(int n)
{
    int r = 0;
    switch (await a(n)) REST(5)
    ALL(n)
    switch (await a(n)) { case 3: r++; REST(7) }
    return r;
#define X(n) f ( 42 )\
 
}
async int main(void) { printf("%d %d\n", await f(1), await f(3)); return 0; }
