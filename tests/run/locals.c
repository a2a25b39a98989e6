// Every kind of local keeps its value (and its address) across awaits.
// no-tcc: no _Atomic, _Complex, vectors or __int128
#include <complex.h>
#include <stddef.h>
#include <stdint.h>
#include "check.h"
#include <asyncc/async.h>

#define PAUSE await async_yield()

enum colour { RED, GREEN = 5, BLUE };
struct constant { const int a; int b; };
struct bits { unsigned a : 3; signed b : 5; unsigned : 0; _Bool c : 1; unsigned long long d : 40; };
struct flexible { int n; char text[]; };

static int plus(int x, int y) { return x + y; }
static int minus(int x, int y) { return x - y; }

static async void scalars(void)
{
    bool b = true;
    char c = 'c';
    signed char sc = -7;
    short s = -30000;
    unsigned u = 4000000000u;
    long long ll = -1234567890123LL;
    float f = 1.25f;
    double d = 1.0 / 3;
    long double ld = 1.0L / 3;
    enum colour e = BLUE;
    size_t z = (size_t)-1;
    uint8_t small = 200;
    const char *text = "text";
    void *self = &self;
    __int128 wide = (__int128)1 << 100;
    double complex dc = 1.0 + 2.0 * I;
    PAUSE;
    CHECK(b && c == 'c' && sc == -7 && s == -30000 && u == 4000000000u && ll == -1234567890123LL);
    CHECK(f == 1.25f && d == 1.0 / 3 && ld == 1.0L / 3 && e == BLUE && z == (size_t)-1 && small == 200);
    CHECK(!strcmp(text, "text") && self == &self && wide >> 100 == 1);
    CHECK(creal(dc) == 1.0 && cimag(dc) == 2.0);
    b = false, small += 100, e++, ll++, f *= 2, wide >>= 99, dc *= I, u++;
    PAUSE;
    CHECK(!b && small == 44 && (int)e == 7 && ll == -1234567890122LL && f == 2.5f && wide == 2 && u == 4000000001u);
    CHECK(creal(dc) == -2.0 && cimag(dc) == 1.0);
}

static async void qualified(int n)
{
    const int ci = n * 2;
    const int *const cp = &ci;
    volatile int vi = n;
    const volatile int cvi = n + 1;
    _Atomic int ai = n;
    _Atomic(long) al = 5;
    int *restrict rp = &(int){n};
    register int ri = n + 3;
    const char text[] = "constant text";
    const struct constant cs = {n, n + 1};
    struct constant with_const = {.a = n, .b = 2};
    _Alignas(64) char aligned[3] = {1, 2, 3};
    _Alignas(32) int aligned_int = n;
    int attributed __attribute__((aligned(128))) = n;
    int unused __attribute__((unused)) = 5;
    const int table[3] = {n, n + 1, n + 2};
    const enum colour colour = GREEN;
    PAUSE;
    CHECK(ci == n * 2 && *cp == ci && cp == &ci && vi == n && cvi == n + 1 && ai == n && al == 5 && ri == n + 3);
    vi++, ri++, *rp += 1, with_const.b = 9, aligned[1] = 7;
    ai++;
    al += 2;
    PAUSE;
    CHECK(vi == n + 1 && ai == n + 1 && al == 7 && *rp == n + 1 && ri == n + 4 && with_const.b == 9);
    CHECK(!strcmp(text, "constant text") && cs.a == n && cs.b == n + 1 && with_const.a == n);
    CHECK((uintptr_t)aligned % 64 == 0 && aligned[0] + aligned[1] + aligned[2] == 11);
    CHECK((uintptr_t)&aligned_int % 32 == 0 && aligned_int == n);
    CHECK((uintptr_t)&attributed % 128 == 0 && attributed == n);
    CHECK(table[0] + table[1] + table[2] == 3 * n + 3 && colour == GREEN);
}

static async void arrays(int n)
{
    int v[4] = {1, 2, 3}, m[2][3] = {{1, 2, 3}, {4, 5, 6}}, cube[2][2][2] = {{{0}}};
    int (*pv)[4] = &v, (*pm)[3] = m, *pointers[2] = {&v[0], &m[1][2]};
    char text[] = "hello", buffer[64], *end = buffer;
    int (*functions[2])(int, int) = {plus, minus}, (*one)(int, int) = n ? plus : minus;
    int (*(*pf)[2])(int, int) = &functions;
    const char *const names[] = {"a", "b", NULL};
    cube[1][1][1] = n;
    end += sprintf(end, "%d", n);
    PAUSE;
    CHECK(v[2] == 3 && !v[3] && m[1][2] == 6 && cube[1][1][1] == n && !cube[0][0][0]);
    CHECK(pv == &v && (*pv)[1] == 2 && pm == m && pm[1][0] == 4 && *pointers[0] == 1 && *pointers[1] == 6);
    CHECK(sizeof v == 4 * sizeof(int) && sizeof text == 6 && sizeof m[0] == 3 * sizeof(int));
    CHECK(functions[1](5, 3) == 2 && one(5, 3) == 8 && (*pf)[0](1, 1) == 2 && !strcmp(names[1], "b"));
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            m[i][j] += await set(&v[j], m[i][j]);
    end += sprintf(end, "-%s", text);
    PAUSE;
    CHECK(m[1][2] == 12 && v[2] == 6 && end == buffer + strlen(buffer) && !strcmp(buffer, "7-hello"));
}

static async void records(int n)
{
    struct bits bits = {5, -9, 1, 1ull << 39};
    union { int i; float f; char bytes[4]; } u = {.f = 1.0f};
    struct { int x, y; } anonymous = {1, n}, *pa = &anonymous;
    struct local { int a; struct local *next; } first = {1, NULL}, second = {2, &first};
    union named { long l; struct local s; } named = {.s = {n, &second}};
    enum { ONE = 1, TWO, MANY = 100 } count = MANY;
    enum local_enum { X = 50 };
    enum local_enum le = X;
    typedef int integer;
    typedef struct { integer re, im; } pair;
    typedef integer triple[3];
    integer i = n;
    pair pr = {i, 2};
    triple t = {1, 2, 3};
    struct { struct { int deep; } in; union { int ui; unsigned uu; }; enum { IN_A, IN_B } kind; } nest = {{n}, {-1}, IN_B};
    struct empty_later;
    struct empty_later *incomplete = NULL;
    struct { int n; char text[8]; } list[2] = {{1, "one"}, {2, "two"}};
    PAUSE;
    CHECK(bits.a == 5 && bits.b == -9 && bits.c && bits.d == 1ull << 39 && u.f == 1.0f);
    CHECK(pa == &anonymous && pa->y == n && second.next == &first && named.s.next->next->a == 1);
    CHECK(count == MANY && TWO == 2 && le == 50 && i == n && pr.re == n && t[2] == 3 && sizeof t == 3 * sizeof(int));
    CHECK(nest.in.deep == n && nest.uu == (unsigned)-1 && nest.kind == IN_B && !incomplete);
    bits.a += await a('b', 2);
    bits.b = await a('b', -1);
    bits.d |= await a('b', 1);
    list[await a('i', 1)].text[0] = 'T';
    PAUSE;
    CHECK(bits.a == 7 && bits.b == -1 && bits.d == ((1ull << 39) | 1) && !strcmp(list[1].text, "Two"));
    bits.a++;
    CHECK(bits.a == 0);
}

static async int counted(void)
{
    static int calls;
    static int *where = &calls, table[] = {[2] = 7};
    static _Thread_local int local = 10;
    static const struct { const char *name; int n; } names[] = {{"a", 1}, {"b", 2}};
    extern int check_count_elsewhere;
    calls++, local++;
    PAUSE;
    table[2] += names[1].n;
    return *where * 10000 + local * 100 + table[2] + 0 * (int)sizeof check_count_elsewhere;
}

static async void inferred(int n)
{
    __typeof__(n) t = n;
    __typeof__(n + 1.5) d = n + 1.5;
    __auto_type at = n * 2L;
    const __auto_type ct = &t;
    __typeof__(int[3]) arr = {1, 2, 3};
    __typeof__(&arr) parr = &arr;
    typedef float v4 __attribute__((vector_size(16)));
    v4 vec = {1, 2, 3, 4};
    __typeof__(vec) twice = vec + vec;
    PAUSE;
    CHECK(t == n && d == n + 1.5 && sizeof d == sizeof(double) && at == n * 2L && sizeof at == sizeof(long));
    CHECK(*ct == n && ct == &t && (*parr)[2] == 3 && twice[3] == 8.0f);
    vec[1] += (float)await a('v', 5);
    __auto_type result = await a('r', 6);
    PAUSE;
    CHECK(vec[1] == 7.0f && result == 6 && vec[0] == 1.0f);
}

static async void shadows(int n)
{
    int x = n;
    {
        int x = await a('x', 10);
        struct s { int x; } s = {x + 1};
        PAUSE;
        {
            struct s2 { int y; } x = {s.x + 1};
            PAUSE;
            CHECK(x.y == 12 && s.x == 11);
            struct s { char c[50]; } s = {{'z'}};
            PAUSE;
            CHECK(sizeof(struct s) == 50 && s.c[0] == 'z');
        }
        CHECK(x == 10 && sizeof(struct s) == sizeof(int));
        const char *x2 = "x", *n = "n";
        PAUSE;
        CHECK(*n == 'n' && *x2 == 'x');
    }
    for (int x = 0; x < 2; x++) {
        int n = x * 2;
        PAUSE;
        for (double x = 0.5; x < 2; x++) {
            PAUSE;
            CHECK(x == 0.5 || x == 1.5);
        }
        CHECK(n == x * 2);
    }
    int a = await set(&x, 5), p = a;
    PAUSE;
    CHECK(x == 5 && a == 5 && p == 5);
    int trace = 3;
    PAUSE;
    CHECK(trace == 3);
    enum { n2 = 4 };
    { enum { n2 = 8 }; PAUSE; CHECK(n2 == 8); }
    CHECK(n2 == 4);
    typedef int type;
    { type type = 3; PAUSE; CHECK(type == 3); }
    { type t = 2; typedef char type; PAUSE; CHECK(sizeof(type) == 1 && t == 2); }
    CHECK(sizeof(type) == sizeof(int));
}

static async void addresses(void)
{
    int x = 1, *px = &x, **ppx = &px, v[3] = {1, 2, 3};
    struct { int a, b; int *p; } s = {1, 2, &s.a};
    PAUSE;
    **ppx = 2;
    *s.p = 9;
    int *end = v + 3, *pb = &s.b;
    ptrdiff_t before = end - v;
    PAUSE;
    CHECK(x == 2 && px == &x && s.a == 9 && s.p == &s.a && *pb == 2 && end - v == before);
    *pb = await set(px, 4);
    CHECK(x == 4 && s.b == 4);
    int uninitialised;
    PAUSE;
    int *pu = &uninitialised;
    *pu = 3;
    PAUSE;
    CHECK(uninitialised == 3);
    const int *first = NULL;
    for (int i = 0; i < 2; i++) {
        int each = i;
        PAUSE;
        first = &each;
        PAUSE;
        CHECK(*first == i);
    }
}

static async void arrays_between(int n)
{
    {
        int vla[n], m[n][2];
        memset(vla, 0, sizeof vla);
        vla[n - 1] = 3, m[n - 1][1] = 4;
        CHECK(vla[n - 1] + m[n - 1][1] == 7 && sizeof vla == (size_t)n * sizeof(int));
    }
    PAUSE;
    for (int i = 1; i <= n; i++) {
        size_t length;
        {
            char text[i + 1];
            memset(text, 'x', (size_t)i);
            text[i] = 0;
            length = strlen(text);
        }
        PAUSE;
        CHECK(length == (size_t)i);
    }
    int last[n];
    last[0] = n;
    int keep = last[0];
    CHECK(keep == n);
}

int check_count_elsewhere;

async int main(void)
{
    await scalars();
    await qualified(7);
    await arrays(7);
    await records(7);
    CHECK(await counted() == 11109);
    CHECK(await counted() == 21211);
    await inferred(3);
    await shadows(1);
    await addresses();
    await arrays_between(3);
    return check_summary("locals");
}
