// The functions of this file are known to main.c by their descriptors only.
#include "elsewhere.h"
#include <asyncc/async.h>

static async int helper(async_fn(int, (int)) f, int n)
{
    return await f(n) + 1;
}

async int elsewhere(async_fn(int, (int)) f, int n)
{
    return await helper(f, n);
}
