// E0210: what a type has by the name it was written by alone, and the output cannot write.
#include <asyncc/task.h>
#include <asyncc/async.h>

typedef short loose __attribute__((may_alias)); // expect: E0210

async int through_typeof(void *at)
{
    loose *p = at;
    __typeof__(p) q = p;
    loose **keep = &q;
    await async_yield();
    return **keep;
}

static int __attribute__((ms_abi)) foreign(int n)
{
    return n;
}

async int convention(int n)
{
    int(__attribute__((ms_abi)) * call)(int) = n ? foreign : 0; // expect: E0210
    await async_yield();
    return call(n);
}
