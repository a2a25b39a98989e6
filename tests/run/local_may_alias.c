// A local struct that may alias others still may when it is moved to file scope.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

static async int get(int x)
{
    await async_yield();
    return x;
}

#define ALIAS __attribute__((__may_alias__))

static async int work(float *f, int *below)
{
    struct __attribute__((may_alias)) bits {
        unsigned u;
    };
    union ALIAS either {
        unsigned u;
        int i;
    };
    struct bits *p = (struct bits *)f;
    union either *q = (union either *)f;
    int n = await get(1);
    *f = 1.5f;
    p->u = 7;
    below[0] = *f < 1.0f;
    *f = 1.5f;
    q->u = 7;
    below[1] = *f < 1.0f;
    n += await get((int)p->u + q->i);
    return n;
}

async int main(void)
{
    float f;
    int below[2] = {0};
    int n = await work(&f, below);
    printf("%d %d %d\n", n, below[0], below[1]);
    return 0;
}
