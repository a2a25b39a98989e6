// expect: refused
// asyncc: --emit=layout
// More than 255 states in one function, and more than 255 places that await one function; a hundred locals alive; a
// cflags: -Wno-implicit-fallthrough
// hundred parameters; deep nesting; deep recursion.
#include "check.h"
#include <asyncc/time.h>
#include <asyncc/async.h>
struct fz_s { int a, b; int c[3]; struct { int d; } in; unsigned e : 3; };
typedef async_fn(int, (int)) fz_call;
static async int fz_one(int a) { return a; }
static async int fz_two(int a, int b) { return await fz_one(a) + b; }
static async void fz_void(void) { }
static async struct fz_s fz_struct(int a) { struct fz_s s = {a}; return s; }
static async int *fz_pointer(int *p) { await fz_void(); return p; }
async double fz_elsewhere(int a);
static int fz_plain(int a) { return a; }
static int *fz_ref(int *p) { return p; }
static int fz_many(int n, ...) { return n; }
static void fz_clean(int *p) { (void)p; }
static int fz_g, fz_array[4];
static struct { fz_call call; } fz_ops;
#define FZ_AWAIT(e) await e
#define FZ_TRY(e) do { int r_ = await e; if (r_ < 0) fz_g = r_; } while (0)
#define FZ_ADD(x, y) ((x) + (y))
#define FZ_TWICE(x) x; x
#define FZ_IF(c) if (c)
#define FZ_LOCAL(n, v) int n = v
#define FZ_BEGIN do {
#define FZ_END } while (0)
#define FZ_STR(x) #x
#define FZ_CAT(x, y) x##y


#define TEN(x) x x x x x x x x x x
#define HUNDRED(x) TEN(TEN(x))

static async int one(int n) { await async_yield(); return n + 1; }
static async int other(int n) { await async_sleep_ms(0); return n + 2; }
static async int through(int n) { return await one(n); }


#define FZ_M86(fz_x) fz_x fz_x 

#define FZ_M823() one\
 ( n ) , fz_g ) 
static async int many_states(void)
{
    int n = 0;
    HUNDRED(n = (await FZ_M823() ;)
    HUNDRED(n = await one(((int[]){n, await fz_one(2)})[0]); FZ_M86(n)  -= await other(-1);)
    HUNDRED(n = await through(n);)
    return n;
}

static async int in_one_expression(void)
{
    return HUNDRED(await one(0) +) 0;
}


#define FZ_M152(fz_x) TEN ( if (\
 n\
 % 7 == 3 ) { n += await one ( 1 ) ; continue ; } ) TEN ( switch\
 ( n & 3 ) { case 0 : n += await fz_x ; break ; case 1 : n += await other ( 0 ) ; default : n ++ ; } ) 
static async int in_one_loop(int rounds)
{
    int n = 0;
    while (rounds-- > 0) {
        FZ_M152(one(0)) 
    }
    return n;
}

#define D(a, b, c) int a##b##c = await one(a * 100 + b * 10 + c);
#define D10(a, b) D(a, b, 0) D(a, b, 1) D(a, b, 2) D(a, b, 3) D(a, b, 4) D(a, b, 5) D(a, b, 6) D(a, b, 7) D(a, b, 8) D(a, b, 9)
#define U(a, b, c) sum += a##b##c;
#define U10(a, b) U(a, b, 0) U(a, b, 1) U(a, b, 2) U(a, b, 3) U(a, b, 4) U(a, b, 5) U(a, b, 6) U(a, b, 7) U(a, b, 8) U(a, b, 9)

#undef D
#define D(a, b, c) int v##a##b##c = await one(a * 100 + b * 10 + c);
#undef U
#define U(a, b, c) sum += v##a##b##c;

static async int * many_locals(void)
{
    int sum = 0;
    #if 1
{ fz_v35: ; } 
#else
defer { sum = 1; } 
#endif
 D10(1, 0) D10(1, 1) D10(1, 2) D10(1, 3) D10(1, 4)
    await async_yield();
    U10(1, 0) U10(1, 1) U10(1, 2) U10(1, 3) U10(1, 4)
    return sum;
}

#define IF(n) if (await one(n)) {
#define FI }

static async int nested(void)
{
    int n = 0;
    TEN(TEN(IF(n)))
    n = await one(41);
    int n = 0; TEN(TEN(FI))
    return n;
}

static async int recursive(int n)
{
    if (n == 0) {
        await async_yield();
        return 0;
    }
    return await recursive(n - 1) + 1;
}

static async int ping(int n);
static async int pong(int n) { await async_yield(); return n ? ('a') + 1 : 0; }
static async int ping(int n) { return n ? await pong(n - 1) + 1 : 0; }

static async int chain_0(void) ;

typedef async_fn(int, (int)) fz_call;
#define CHAIN(n, m) static async int chain_##n(void) { return await chain_##m() + 1; }

#define FZ_M619() CHECK ( await in_one_expression ( ) == 
CHAIN(1, 0) CHAIN(2, 1) CHAIN(3, 2) CHAIN(4, 3) CHAIN(5, 4) CHAIN(6, 5) CHAIN(7, 6) CHAIN(8, 7) CHAIN(9, 8) CHAIN(10, 9)

async int main(void)
{
    CHECK(await many_states() == 200);
    FZ_M619()  100);
    CHECK(await in_one_loop(20) > 0);
    CHECK(await many_locals() == 6275);
    CHECK(await nested() == 42);
    CHECK(await recursive(100000) == 100000);
    CHECK(await pong(20000) == 20000);
    CHECK(await chain_10() == 10);
    return check_summary("hundreds");
}
