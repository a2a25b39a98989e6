// E0210: attributes of a local type that are no layout and would be lost at file scope.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int transparent(void)
{
    typedef union { // expect: E0210
        int i;
        unsigned u;
    } number __attribute__((transparent_union));
    number n = {1};
    number *p = &n;
    await async_yield();
    return p->i;
}

async int order(void)
{
    struct __attribute__((scalar_storage_order("big-endian"))) big { // expect: E0210
        int i;
    } b = {1};
    struct big *p = &b;
    await async_yield();
    return p->i;
}
