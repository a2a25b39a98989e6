// E0109: no variadic async functions.
#include <asyncc/async.h>

async int prototype(const char *format, ...);        // expect: E0109

async int wrong(const char *format, ...)             // expect: E0109
{
    return format[0];
}

async int user(async_fn(int, (int, ...)) pointer)
{
    return await pointer(1, 2);                      // expect: E0109
}
