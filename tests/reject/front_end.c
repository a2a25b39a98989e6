// What is wrong without asyncc is reported by clang, at the user's places.
#include <asyncc/async.h>

async int f(int n);

async int g(void)
{
    int n = await f("x" 1); // expect: none
    return undeclared;      // expect: none
}
