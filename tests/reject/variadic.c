// E0109: no variadic async functions.
#include <asyncc/async.h>

async int prototype(const char *format, ...);        // expect: E0109

async int wrong(const char *format, ...)             // expect: E0109
{
    return format[0];
}

async int user(async_fn(int, (int, ...)) pointer)    // expect: E0109
{
    return await pointer(1, 2);
}
