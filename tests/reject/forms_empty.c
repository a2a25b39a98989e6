// A join of nothing.
#include <asyncc/async.h>

async int wrong(int n)
{
    await async_join(); // expect: none
    return n;
}
