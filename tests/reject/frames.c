// E0202: setjmp, alloca and va_list refer to a stack frame.
#include <alloca.h>
#include <setjmp.h>
#include <stdarg.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

jmp_buf where;

async int with_setjmp(int n)
{
    if (setjmp(where))        // expect: E0202
        return 1;
    await async_yield();
    return n;
}

async int with_alloca(int n)
{
    char *p = alloca(10);     // expect: E0202
    p[0] = 1;
    await async_yield();
    return n + p[0];
}

async int with_builtin(int n)
{
    char *p = __builtin_alloca(10); // expect: E0202
    await async_yield();
    return n + p[0];
}

async int with_alignment(int n)
{
    char *p = __builtin_alloca_with_align(10, 64); // expect: E0202
    await async_yield();
    return n + p[0];
}

async int with_list(va_list list)
{
    await async_yield();            // expect: E0202
    return va_arg(list, int);
}

int take(va_list list);

async int with_local_list(void)
{
    va_list list;
    await async_yield();            // expect: E0202
    return take(list);
}
