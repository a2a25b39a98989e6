// Writes to a part, or through an operator that yields its operand.
// no-tcc: no vectors, no complex numbers
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <complex.h>
#include <stdio.h>
typedef int vec __attribute__((vector_size(16)));
async int f(vec v, double complex z, int n, int m, int k)
{
    await async_yield();
    v[1] = 7;
    __real__ z = 3;
    _Generic(0, int: n, long: m) = 5;
    __extension__ m = 6;
    (__extension__ k) = 8;
    await async_yield();
    return v[1] + 10 * (int)creal(z) + 100 * n + 1000 * m + 10000 * k;
}
async int g(vec v, double complex z, int n) { await async_yield(); v[0]++; __imag__ z += 2; (n) -= -1, (void)0; await async_yield(); return v[0] + 10 * (int)cimag(z) + 100 * n; }
async int main(void) { printf("%d %d\n", await f((vec){1, 2, 3, 4}, 1, 1, 1, 1), await g((vec){1, 2, 3, 4}, 1, 1)); return 0; }
