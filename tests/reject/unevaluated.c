// E0104: no await where nothing is evaluated.
#include <stddef.h>
#include <asyncc/async.h>

async int f(int n);
async int *fp(void);

async int wrong(int n)
{
    size_t a = sizeof(await f(1));                    // expect: E0104
    size_t b = sizeof await f(1);                     // expect: E0104
    __typeof__(await f(1)) c = 0;                     // expect: E0104
    int d = _Generic(await f(1), int: 1, default: 2); // expect: E0104
    size_t e = _Alignof(__typeof__(await f(2)));      // expect: E0104
    n += sizeof(int[2]) + sizeof n;
    return (int)(a + b + e) + c + d + n;
}
