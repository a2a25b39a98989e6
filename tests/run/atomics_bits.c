// Compound assignments of every kind of lvalue with an await on the right or inside; conversions to the left side's type.
// cflags: -Wno-parentheses -Wno-sign-compare -Wno-unused-value
// blocking: no: it looks at the order of evaluation, which C leaves open
// no-tcc: no _Atomic, _Complex, vectors
#include <complex.h>
#include "check.h"
#include <asyncc/async.h>

struct bits { unsigned a : 3, b : 5; signed c : 4; _Bool d : 1; };

static async double real(double d) { await async_yield(); return d; }
static async long long wide(long long n) { await async_yield(); return n; }
static async bool truth(int n) { await async_yield(); return n; }
static async float single(float f) { await async_yield(); return f; }
static async char *text(char *s) { await async_yield(); return s; }
static async const void *nowhere(void) { await async_yield(); return NULL; }
static async double complex polar(double d) { await async_yield(); return d + 2 * I; }
static async unsigned char byte(int n) { await async_yield(); return (unsigned char)n; }
static async struct bits some(int n) { await async_yield(); struct bits b = {.a = (unsigned)n & 7, .c = -1}; return b; }

static async void compound(void)
{
    _Atomic int at = 1;
    _Atomic unsigned char small = 250;
    volatile int vo = 5;
    struct bits b = {1, 2, 3, 0}, *pb = &b;
    int v[3] = {1, 2, 3}, i = 0, *q = v;
    double d = 1.5;
    float f = 2;
    char c = 100;
    short s = 1;
    bool yes = false;
    long double ld = 1;
    double complex z = 1;
    unsigned u = 1;
    at += await a('1', 4);
    small += await a('2', 10);
    vo *= await a('3', 3);
    CHECK(at == 5 && small == 4 && vo == 15);
    b.a += await a('1', 7);
    pb->c -= await a('2', 4);
    b.d |= await a('3', 2);
    b.b ^= await a('4', 3);
    CHECK(b.a == 0 && b.c == -1 && b.d == 1 && b.b == 1);
    v[i++] += await a('1', 10);
    v[i] <<= await a('2', 2), v[await a('3', 2)] %= 2;
    *q++ -= await a('4', 1), *q |= await a('5', 16);
    CHECK(v[0] == 10 && v[1] == 24 && v[2] == 1 && i == 1 && q == v + 1);
    d += await a('1', 1), d *= await real(2), f /= await real(4), f += await single(.25f);
    CHECK(d == 5.0 && f == .75f);
    c += await a('1', 100), s = (short)await wide(70000), yes = await a('2', 256), u -= await wide(2);
    CHECK(c == (char)200 && s == 4464 && yes && u == 4294967295u);
    yes = await real(.5), ld += await real(.5), z *= await polar(0), i = await real(3.99);
    CHECK(yes && ld == 1.5L && cimag(z) == 2 && i == 3);
    yes &= await truth(0);
    CHECK(!yes && (q += await a('1', 1)) == v + 2 && (q -= await wide(2)) == v);
    CHECK((b = await some(13)).a == 5 && b.c == -1 && (await some(2)).a == 2);
    CHECK((b.a = await a('x', 9)) == 1);
    CHECK((c = await a('y', 511)) == -1 && (u = await byte(300)) == 44);
    CHECK((d = i = await real(2.5)) == 2.0);
    CHECK((vo = await a('1', 3)) + (vo += await a('2', 4)) == 10);
    at = 7;
    CHECK(at++ + await a('3', 0) == 7 && at == 8);
    vo = 15;
    CHECK(vo++ + await a('4', 1) + vo == 32 && --vo + await a('5', 0) == 15);
    CHECK(b.a++ + await a('6', 0) + b.a == 3 && ++b.b * await a('7', 2) == 2);
    typedef int v4 __attribute__((vector_size(16)));
    v4 vec = {1, 2, 3, 4};
    vec[await a('i', 1)] += await a('v', 5);
    vec *= (v4){1, await a('w', 2), 1, 1};
    CHECK(vec[1] == 14 && vec[3] == 4);
    memset(trace_text, 0, sizeof trace_text);
}

static async void conversions(void)
{
    char buffer[] = "buffer";
    CHECK(await truth(256) == 1 && (await truth(2)) + (await truth(3)) == 2);
    CHECK(sizeof(int) == sizeof 1 && (unsigned char)await a('a', 511) == 255 && (bool)await real(.1));
    CHECK((int)await real(-1.9) == -1 && await real(1) / 2 == .5 && await a('b', 1) / 2 == 0);
    CHECK(*await text(buffer) == 'b' && (await text(buffer))[1] == 'u' && await text(buffer + 2) == &buffer[2]);
    CHECK(await text(buffer + 3) - await text(buffer) == 3 && await text(NULL) == NULL && !await nowhere());
    CHECK(await wide(1LL << 40) >> 38 == 4 && await wide(-1) < 0 && (unsigned)await wide(-1) > 0);
    CHECK((p('p', 1) ? await wide(5) : await a('c', 6)) == 5 && (p('q', 0) ? await single(5) : await a('d', 6)) == 6);
    CHECK((p('r', 1) ? await text(buffer) : NULL) == buffer && (p('s', 1) ? NULL : await text(buffer)) == NULL);
    CHECK((p('t', 1) ? await nowhere() : await text(buffer)) == NULL);
    CHECK(await byte(255) + 1 == 256 && (unsigned char)(await byte(255) + 1) == 0 && ~await byte(0) == -1);
    CHECK(await a('e', -1) < 1u == 0 && await a('f', -1) < (long)1u);
    CHECK((await byte(200) << 1) == 400 && -await byte(1) == -1);
    const char letter = await a('g', 'x');
    const unsigned char none = 255, more = await a('h', none) + none;
    CHECK(letter == 'x' && more == 254);
    CHECK(creal(await polar(3)) == 3 && cimag(await polar(3) * 2) == 4);
    memset(trace_text, 0, sizeof trace_text);
}

async int main(void)
{
    await compound();
    await conversions();
    return check_summary("atomics_bits");
}
