// E0210: types declared in the function that cannot be written at file scope.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int without_a_name(void)
{
    __typeof__(struct { int z; }) one = {1}; // expect: E0210
    __typeof__(one) *p = &one;
    await async_yield();
    return p->z;
}

enum { N = 4 };

async int alignment(void)
{
    enum { N = 128 };
    _Alignas(N) char c = 1; // expect: E0210
    char *p = &c;
    await async_yield();
    return *p;
}

async int alias(float *f)
{
    typedef unsigned __attribute__((may_alias)) bits; // expect: E0210
    bits *p = (bits *)f;
    await async_yield();
    return *p != 0;
}
