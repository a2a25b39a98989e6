// Rare shapes of expressions, declarations and spellings beside awaits.
// cflags: -std=gnu11
// no-tcc: no __typeof__ of statement expressions
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <assert.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

_Pragma("GCC diagnostic ignored \"-Wunused-function\"")
static async int A(int x)
{
    await async_yield();
    return x;
}

#define min(x, y) ({ __typeof__(x) min_x = (x); __typeof__(y) min_y = (y); min_x < min_y ? min_x : min_y; })
#define clamp(v, lo, hi) min((__typeof__(v))(v) + (lo), hi)
#define NEGATED(x) -x + await A(1)
#define RATIO(x, y) (await A(x)/y)
#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
#define UNIQUE_(a, b) a##b
#define UNIQUE(a, b) UNIQUE_(a, b)
#define TEMPORARY(v) int UNIQUE(unique_, __COUNTER__) = await A(v); total += UNIQUE(unique_, 0)

static async int casts(int v)
{
    int a = 5, *p = &a;
    long b = 7;
    struct {
        int v[3];
    } s = {{1, 2, 3}};
    b = (__typeof__(a))b + (__typeof__(s.v[0]))await A(2);
    int *q = (__typeof__(a)[]){await A(1), 2};
    int *r = (__typeof__(s.v)){await A(1), 2, *p};
    __extension__ long long wide = await A(3);
    return (int)b + q[1] + r[2] + (int)wide + clamp(await A(v), 1, 40);
}

static async int macros(int n)
{
    int total = 0, four = 4, *p = &four;
    TEMPORARY(3);
    total += NEGATED(-n) + RATIO(8, *p);
    printf("%c %s %d\n", TEXT_OF(NULL)[0], TEXT(await A(1)), await A(2));
#ifdef NULL
    total += 1000;
#endif
    return total;
}

static async int labelled(void)
{
    int r = await A(1);
    int q = ({ int k = r; if (k) goto z; k = 8; z: k; }) + r;
    return q + await A(1);
}

static async int digraphs(int n)
<%
    int a<:2:> = <% await A(n), 2 %>;
    if (a<:0:> > 1) <% n += await A(a<:1:>); %>
    return n;
%>

static async int addresses(void)
{
    struct sockaddr_in6 s6 = {.sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = (in_port_t)await A(1)};
    return IN6_IS_ADDR_LOOPBACK(&s6.sin6_addr) ? await A(10) + s6.sin6_port : 0;
}

async int main(void)
{
    const char *name = __builtin_FUNCTION();
    printf("%d\n", await casts(3));
    printf("%d\n", await macros(5));
    printf("%d %d %d\n", await labelled(), await digraphs(4), await addresses());
    assert(!strcmp(name, "main"));
    return 0;
}
