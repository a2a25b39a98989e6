// Results of operators whose operands have one typedef, kept across an await: every libclang's
// output is the same.
#include "check.h"
#include <stddef.h>
#include <sys/types.h>
#include <asyncc/async.h>

static async size_t twice(size_t n)
{
    await async_yield();
    return 2 * n;
}

static async ssize_t less(size_t a, size_t b)
{
    return (ssize_t)(a - await twice(b));
}

static async size_t mix(size_t a, size_t b, int which)
{
    size_t either = which ? a : await twice(b);
    size_t sum = (a + b) * await twice(a) + (a & b) % await twice(either);
    return sum + (a << 1) + (a ?: await twice(b)) + (which ? await twice(a) : b - a);
}

async int main(void)
{
    printf("%zd\n", await less(1, 3));
    printf("%zu %zu\n", await mix(3, 5, 0), await mix(3, 5, 1));
    return 0;
}
