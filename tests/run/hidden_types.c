// Types whose names are hidden by parameters and by declarators of the same declaration.
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <stdio.h>

typedef int T;
typedef struct {
    int a, b;
} P;

static async T g(int n)
{
    await async_yield();
    return n;
}
static async P p(int n)
{
    await async_yield();
    return (P){n, n + 1};
}
static int add(T a, P b, T c)
{
    return a + b.a * 10 + c * 100;
}
static async int f1(int T, int P)
{
    return add(await g(T), await p(P), await g(3));
}
static async int f2(void)
{
    int T = 1, P = 2;
    return add(await g(T), await p(P), await g(3));
}
static async T f3(T a, int T)
{
    struct {
        int P;
    } q = {await g(T)};
    return a + q.P + (await p(1)).b;
}
static async int f4(P a, int P, int T)
{
    return add(await g(a.a), await p(P), await g(T)) + a.b;
}
static async int f5(T *a, int T)
{
    *a += await g(T);
    return *a++ + await g(2);
}
static async int f6(T a[2], int T, P *b)
{
    a[0] += await g(T);
    return a[1] + (b++)->a + await g(2);
}
static async int f7(int n)
{
    T a[3], T = 2;
    a[0] = await g(n);
    return a[0] + T + await g(1);
}
static async int f8(void)
{
    P x = {1, 2}, *P = &x;
    x.a += await g(1);
    return x.a + P->b;
}
static async int f9(void)
{
    enum {
        T = 5,
        P = 6
    };
    return add(await g(T), await p(P), await g(3));
}
static async T s1(T T)
{
    int k = T + await g(1);
    return k + T;
}
static async int s2(P P, int q)
{
    int s = P.a + await g(q);
    return s + P.b;
}
static async int s3(void)
{
    T T = await g(3);
    int u = T + await g(2);
    return u + T;
}
static async int s4(T a, T T)
{
    int u = T + await g(2);
    return u + a + T;
}
static async int s5(int T, int b)
{
    int T2 = 2;
    return T + await g(T2) + b;
}
static async int s6(void)
{
    P a = {1, 2}, P = {3, await g(4)};
    int r = await g(a.a);
    return r + P.a + P.b;
}
static async int s7(int x)
{
    T y = x, T = y + await g(y), z = T;
    await async_yield();
    return T + z + y;
}
static async P s8(P P)
{
    P.a += await g(1);
    return P;
}
async int main(void)
{
    P p = await s8((P){1, 2});
    printf("%d %d %d %d %d %d %d %d\n", await s1(1), await s2((P){1, 2}, 3), await s3(),
           await s4(1, 2), await s5(1, 2), await s6(), await s7(1), p.a);
    T v[2] = {5, 6};
    P q[2] = {{1, 2}, {3, 4}};
    printf("%d %d %d", await f1(1, 2), await f2(), await f3(1, 2));
    printf(" %d %d", await f4((P){1, 2}, 3, 4), await f5(v, 2));
    printf(" %d %d %d %d\n", await f6(v, 2, q), await f7(3), await f8(), await f9());
    return 0;
}
