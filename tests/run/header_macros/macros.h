#ifndef MACROS_H
#define MACROS_H

#include "same.h"

#define N 10
#define ADD(x) ((x) + 1)

static inline int never_called(int n)
{
    return n + N;
}

static inline async int filled(int k)
{
    int v[N];
    for (int i = 0; i < N; i++)
        v[i] = ADD(k);
    k += await same(N);
    return v[N - 1] + k * (int)(sizeof v / sizeof *v);
}

static inline async int added(int k)
{
    if (N == 10)
        k += await same(1);
    return ADD(k);
}

#undef N
#endif
