#pragma once
#include <asyncc/task.h>
#include <asyncc/async.h>

static inline async int same(int n)
{
    await async_yield();
    return n;
}
