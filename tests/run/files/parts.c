#include "parts.h"
#include <asyncc/async.h>

async int doubled(int n)
{
    await async_yield();
    return 2 * n;
}

async int factorial(int n)
{
    await twice();
    return n < 2 ? 1 : n * await factorial(n - 1);
}
