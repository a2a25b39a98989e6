// E0105: no await in a static initialiser.
#include <asyncc/async.h>

async int f(int n);

async int wrong(int n)
{
    static int a = await f(1);               // expect: E0105
    static int b[] = {1, await f(2)};        // expect: E0105
    static _Thread_local int c = await f(1); // expect: E0105
    return a + b[0] + c + n;
}
