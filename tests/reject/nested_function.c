// Nested functions are no C that clang knows.
#include <asyncc/async.h>

async int f(int n);

async int with_nested(int n)
{
    int nested(int m)
    { // expect: none
        return await f(m);
    }
    return await f(nested(n));
}
