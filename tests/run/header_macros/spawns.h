#pragma once
#include "same.h"

static inline struct async_task *spawned(int n)
{
    return async_spawn(same(n));
}

static inline int waited(int n)
{
    return async_block_on(same(n));
}
