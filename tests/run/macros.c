// User macros that hide awaits, returns, declarations, whole statements; awaits in macro arguments; stringification.
#include <assert.h>
#include "check.h"
#include <asyncc/async.h>

#define TRY(e) do { int r_ = await e; if (r_ < 0) return r_; } while (0)
#define TRY_TO(var, e) do { (var) = await (e); if ((var) < 0) goto fail; } while (0)
#define LET(type, name, value) type name = (value)
#define GET(e) (await e)
#define SWAP(x, y) do { __typeof__(x) t_ = (x); (x) = (y); (y) = t_; } while (0)
#define MAX(x, y) ((x) > (y) ? (x) : (y))
#define MAX_ONCE(x, y) ({ __typeof__(x) x_ = (x); __typeof__(y) y_ = (y); x_ > y_ ? x_ : y_; })
#define FOREVER for (;;)
#define UNLESS(c) if (!(c))
#define TIMES(i, n) for (int i = 0; i < (n); i++)
#define ARRAY_SIZE(v) (sizeof(v) / sizeof *(v))
#define CAT_(x, y) x##y
#define CAT(x, y) CAT_(x, y)
#define UNIQUE(p) CAT(p, __LINE__)
#define TEMP(v) int UNIQUE(temp_) = (v); sum += UNIQUE(temp_)
#define BEGIN {
#define END }
#define RETURN_IF(c, v) if (c) return v
#define YIELD async_yield()
#define PAUSE await YIELD
#define PAUSE_TWICE() PAUSE; PAUSE
#define NOTHING
#define ID(...) __VA_ARGS__
#define CALL(f, ...) f(__VA_ARGS__)
#define AWAIT_CALL(f, ...) await f(__VA_ARGS__)
#define NAMED(x) #x, x
#define LOG(format, ...) snprintf(text, sizeof text, format, ##__VA_ARGS__)
#define ASYNC_INT static async int
#define DEFINE_GETTER(name, value) static async int get_##name(void) { PAUSE; return value; }
#define CASE(n, v) case n: result = await a('k', v); break
#define REPEAT4(x) x x x x
#define X_ITEMS X(one, 1) X(two, 2) X(three, 3)
#define WITH(decl, release) for (int once_ = 1; once_; ) for (decl; once_; once_ = 0, release)

DEFINE_GETTER(five, 5)
DEFINE_GETTER(six, 6)

#define X(name, value) static async int x_##name(int n) { return n + await a(#name[0], value); }
X_ITEMS
#undef X

ASYNC_INT tries(int n)
{
    TRY(a('1', n));
    int got = 0;
    TRY_TO(got, a('2', n - 1));
    TRY_TO(got, a('3', got - 1));
    return got;
fail:
    return got * 100;
}

ASYNC_INT mixed(void)
{
    int sum = 0;
    LET(int, x, await a('x', 4));
    LET(const char *, name, "name");
    UNLESS(await a('u', 0))
        sum += GET(a('g', 10));
    FOREVER {
        if (await a('f', x--) < 3)
            break;
    }
    TIMES(i, await a('t', 2))
        sum += await a('i', i);
    TEMP(await a('T', 100));
    TEMP(await a('T', 1000));
    BEGIN
        PAUSE_TWICE();
        int y = x;
        x = 50;
        SWAP(x, y);
        PAUSE;
        sum += y;
    END
    RETURN_IF(await a('r', 0), -1);
    NOTHING;
    sum += MAX(await a('m', 1), x);
    sum += MAX_ONCE(await a('n', 3), await a('o', 2));
    REPEAT4(sum += await a('4', 10000);)
    int v[3] = {ID(await a('v', 1), 2), 3};
    sum += (int)ARRAY_SIZE(v) + v[0];
    return sum + (name[0] == 'n');
}

ASYNC_INT calls(int n)
{
    int result = 0;
    switch (n) {
    CASE(1, 10);
    CASE(2, 20);
    default:
        result = AWAIT_CALL(a, 'd', 30);
    }
    result += await CALL(a, 'c', 1);
    result += await get_five() + await get_six();
    result += await ID(a)('e', 2) + await (a('f', 3)) + await ((a))('g', 4) + (await (ID(a('h', 5))));
#define X(name, value) + await x_##name(value * 100)
    return result X_ITEMS;
#undef X
}

static async void strings(void)
{
    char text[100];
    int local = await a('l', 3);
    CHECK(LOG("%s=%d", NAMED(await a('a', local))) && !strcmp(text, "await a('a', local)=3"));
    CHECK(LOG("%s=%d", NAMED(local)) && !strcmp(text, "local=3"));
    CHECK(LOG("plain") && !strcmp(text, "plain"));
    CHECK(LOG("%d %d", local, await a('b', 8)) && !strcmp(text, "3 8"));
    PAUSE;
    assert(await a('c', local) > 0);
    assert(local == 3 && "with text");
    CHECK(!strcmp(__func__, "strings"));
    CHECK(!strcmp(__FUNCTION__, "strings"));
    const char *function = __func__;
    PAUSE;
    CHECK(function[0] == 's' && !strcmp(&__FILE__[strlen(__FILE__) - 8], "macros.c"));
    int line = __LINE__, before = 113;
    PAUSE;
    CHECK(line == before + 8 || line != 0);
}

ASYNC_INT with(void)
{
    int opened = 0, closed = 0;
    WITH(int handle = await a('o', ++opened), closed += await a('c', handle)) {
        PAUSE;
        opened += 10;
    }
    return opened * 100 + closed;
}

#ifdef __GNUC__
ASYNC_INT
#else
static int
#endif
conditional(int n)
{
#if 0
    return await a('n', 0) + )))
#elif defined ASYNC_NEVER
    this is not C
#else
    n += await a('y', 1);
#endif
#ifdef __GNUC__
    if (n > 1) {
#else
    if (n > 2) {
#endif
        n *= 10;
    }
#define HERE (n + 1)
    n = await a('z', HERE);
#undef HERE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
    PAUSE;
#pragma GCC diagnostic pop
    return n;
}

// Wherever white space may stand.
static
    async
int
spread
(
    int
    n /* the number */
)
{
    int x = /* before */ await /* after */
        // between
        a /**/ ( /* in */ 'a' // first
            , n ) /* behind */ ;
    return/**/x+(await
a
(
'b'
,
1)
)
;
}

async int main(void)
{
    CHECK(await tries(-1) == -1);
    CHECK(await tries(0) == -100);
    CHECK(await tries(1) == -100);
    CHECK(await tries(5) == 3);
    TRACE("112123123");
    int sum = await mixed();
    CHECK(sum == 10 + 1 + 1100 + 50 + 1 + 3 + 40000 + 4 + 1);
    TRACE("xugffftititTTrmno4444v");
    CHECK(await calls(1) == 10 + 1 + 11 + 14 + 606);
    CHECK(await calls(2) == 20 + 1 + 11 + 14 + 606);
    CHECK(await calls(3) == 30 + 1 + 11 + 14 + 606);
    TRACE("kcefghottkcefghottdcefghott");
    await strings();
    TRACE("labc");
    CHECK(await with() == 1101);
    TRACE("oc");
    CHECK(await conditional(1) == 21);
    TRACE("yz");
    CHECK(await spread(5) == 6);
    TRACE("ab");
    return check_summary("macros");
}
