// Structs declared in an async function keep their layout and their meaning, whatever the file says.
// no-tcc: no __auto_type
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

enum { N = 7 };
struct Q { int a; };
char vv;
#define SZ 8
#define PACKED __attribute__((packed))

async int A(int x)
{
    char b[SZ] = {0};
    await async_yield();
    return x + b[0];
}
#undef SZ
#define SZ 16

async int attributes(void)
{
    struct __attribute__((packed)) P { char c; int i; } p = {1, 2};
    struct { char c; int i; } __attribute__((packed)) q = {3, 4};
    struct M { char c; short s; } PACKED m = {5, 6};
    union __attribute__((aligned(64))) U { int i; } u = {7}, *up = &u;
    typedef int ua __attribute__((aligned(1)));
    struct { char c; ua i; } un = {1, 2};
    typedef int oa __attribute__((aligned(32)));
    oa x = 3, *xp = &x;
    struct { char c; oa i; char d; } over = {1, 2, 3};
    struct AA { char c; } __attribute__((aligned(16)));
    struct AA aa[2] = {{1}, {2}};
#pragma pack(push, 2)
    struct { char c; int i; short s; long long l; } pp = {1, 2, 3, 4};
    struct BF { char c; unsigned a : 5, b : 17; short s; } bf = {1, 2, 3, 4};
#pragma pack(pop)
    struct { char c; _Alignas(32) char d; int e; } al = {1, 2, 3};
    struct { unsigned char t; unsigned : 3; unsigned k : 9; long long w : 40; unsigned : 0; char e; } bits = {1, 2, 3, 4};
    await async_yield();
    printf("%zu %zu %zu %zu %zu\n", sizeof p, sizeof q, sizeof m, sizeof u, sizeof un);
    printf("%zu %zu %zu %zu %zu %zu\n", sizeof over, sizeof aa, sizeof pp, sizeof bf, sizeof al, sizeof bits);
    printf("%d %d\n", (int)((uintptr_t)up & 63), (int)((uintptr_t)xp & 31));
    assert((uintptr_t)aa % 16 == 0 && offsetof(struct P, i) == 1 && p.i == 2 && q.i == 4);
    printf("%d %d %d %d %d %d\n", m.s, up->i, un.i, *xp, over.i + over.d, aa[1].c);
    printf("%d %d %lld %u %u %d\n", pp.i, pp.s, pp.l, bf.a, bf.b, bf.s);
    printf("%d %d %d %u %d %d\n", al.c, al.d, al.e, bits.k, (int)bits.w, bits.e);
    return 0;
}

async int names(void)
{
    enum { N = 3 };
    enum E2 { X, Y = 5 };
    struct Q { char c; };
    int vv = 3;
    (void)vv;
    struct { int a[N]; } s = {{1, 2, 3}};
    struct { struct Q q; } o = {{4}};
    struct { typeof(vv) a; char c[sizeof vv]; unsigned k : N; } t = {1, "abc", 6};
    struct { char b[SZ]; } z = {"x"}, *zp = &z;
    struct { enum E2 e; } e = {Y};
    struct X { int a; };
    struct Y { struct X x; struct X *next; } y = {{8}, NULL};
    await async_yield();
    printf("%zu %zu %zu %zu %d %d %zu\n", sizeof s, sizeof o, sizeof t, sizeof *zp, e.e, y.x.a, sizeof y);
    printf("%d %d %d %d %c\n", s.a[2], o.q.c, t.a, t.k, zp->b[0]);
    return y.next != NULL;
}

async int typedefs(void)
{
    typedef int T3[3];
    T3 a = {1, 2, 3}, *pa = &a, two[2] = {{1, 2, 3}, {4, 5, 6}}, *p2 = two;
    typedef int F(const char *);
    F *f = puts;
    typedef int (*FP)(const char *);
    struct { T3 t; FP f, g[2]; F *h; } w = {{1, 2}, puts, {puts, puts}, puts};
    typedef struct node node_t;
    struct node { node_t *next; int q; } n = {0, 5};
    node_t *np = &n;
    typedef struct { short s[2]; } un_t;
    un_t u[2] = {{{1, 2}}, {{3, 4}}};
    typedef union both { int i; float f; } both;
    both b = {.f = 1};
    await async_yield();
    f("f"); w.f("w.f"); w.g[1]("w.g"); w.h("w.h");
    printf("%d %d %d %d %d %x\n", (*pa)[1], p2[1][2], w.t[1], np->q, u[1].s[1], (unsigned)b.i);
    return np->next != NULL;
}

async int nested(void)
{
    struct {
        int n;
        struct { char c[3]; } in[2];
        union { int i; struct { short lo, hi; }; };
        struct Deep { struct { int z; } d; const int k; } *deep, own;
    } s = {2, {{"ab"}, {"cd"}}, {0x20001}, NULL, {{9}, 10}};
    __typeof__(s.in[0]) t = s.in[1];
    __auto_type w = s.in;
    struct Deep other = {{11}, 12};
    s.deep = &other;
    await async_yield();
    printf("%d %s %s %d %d %d %d %d %d\n", s.n, t.c, w[0].c, s.lo, s.hi, s.deep->d.z, s.deep->k, s.own.d.z, s.own.k);
    return 0;
}

static int sum(struct Q q)
{
    return q.a;
}

async int references(void)
{
    struct K {
        char c;
        short s;
    } k = {1, 2}, *pk = &k;
    _Atomic struct K ak;
    int (*fn)(struct K, struct K *) = NULL;
    enum { SIZE = sizeof(struct K) } size = SIZE;
    extern int nowhere(struct K *);
    void (*back)(void (*)(struct K), const struct K[]) = NULL;
    (void)sizeof(ak);
    await async_yield();
    printf("%d %d %d %d %d\n", pk->s, fn == NULL, size, back == NULL, sum((struct Q){3}));
    return 0;
}

struct L {
    char c[64];
    long k;
};

async int shadowing(void)
{
    struct L {
        int k;
        enum { RANK = 3, SIZE_OF_LONG = sizeof(long) } e;
    } l = {1, RANK}, *pl = &l;
    enum { A = sizeof(struct L), B = offsetof(struct L, k) };
    struct {
        _Atomic(struct L) a;
        char c;
    } holder = {.c = 2}, *ph = &holder;
    struct G {
        int a;
        const int b[2];
    } g = {0, {1, 2}}, *pg = &g;
    await async_yield();
    printf("%d %d %d %d %d\n", _Generic(pl, struct L *: 1, default: 2), A == sizeof l, B, pl->e,
           SIZE_OF_LONG);
    printf("%d %d %d\n", sizeof holder < 64, ph->c, pg->b[1]);
    {
        struct L {
            char only;
        } inner = {4}, *pi = &inner;
        await async_yield();
        printf("%d %d\n", (int)sizeof(struct L), pi->only);
    }
    return 0;
}

async int main(void)
{
    int r = await attributes();
    r |= await names();
    r |= await typedefs();
    r |= await nested();
    r |= await references();
    r |= await shadowing();
    return r + await A(0);
}
