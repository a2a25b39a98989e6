// Macros that stand for several statements, declarations and halves of statements, none of which awaits.
#include "check.h"
#include <asyncc/async.h>
#define TWO(x) x++; x++
#define DECL(x) int x = 1; int x##2 = 2; x += x##2
#define THREE trace('1'); trace('2'); trace('3');
#define PROTECT(s) { trace('<'); s; trace('>'); }
#define SEQ(a, b) a, b
async int main(void)
{
    int n = 0;
    TWO(n);
    await async_yield();
    TWO(n);
    await async_yield();
    if (n) { TWO(n); }
    DECL(m);
    await async_yield();
    CHECK(n == 6 && m == 3 && m2 == 2);
    THREE
    PROTECT(trace('x'))
    PROTECT(THREE)
    switch (n) { case 6: TWO(n); break; }
    for (int i = 0; i < 2; i++) { THREE TWO(n); }
    SEQ(TWO(n), n++);
    CHECK(n == 15);
    TRACE("123<x><123>123123");
    return check_summary("macro_statements");
}
