// E0107: no await as the operand of an asm.
#include <asyncc/async.h>

async int f(int n);

async int wrong(int n)
{
    __asm__ volatile("" : : "r"(await f(n))); // expect: E0107
    __asm__ volatile("" : "+r"(n));
    return n;
}
