// Assignments, jumps and names that macros hide, also in the arguments of others.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
#define SET(x, v) x = v
#define ADD(x, v) x += v
#define INC(x) (x)++
#define ID(x) x
#define ZERO n = 0
async int f(int n, int m, int k, int j, int i)
{
    await async_yield();
    SET(n, 5);
    ADD(m, 2);
    INC(k);
    ID(j = 4);
    ID(ID(i = 3));
    await async_yield();
    return n + 10 * m + 100 * k + 1000 * j + 10000 * i;
}
async int g(int n) { await async_yield(); ZERO; await async_yield(); return n; }
async int h(int n) { await async_yield(); ID(ZERO); await async_yield(); return n; }
struct s { int a, b; };
async int st(struct s s, int a) { await async_yield(); SET(s.a, a); SET(a, 9); await async_yield(); return s.a * 10 + a; }
#define IS(c) ((c) ? 1 : 0)
#define CUR buf[pos]
#define TWICE(x) ((x) + (x))
#define NEXT (pos + 1)
async int nested(void)
{
    int buf[3] = {5, 6, 7}, pos = 1, *p = &pos;
    await async_yield();
    int r = IS(CUR == 6) + TWICE(NEXT) + TWICE(CUR);
    *p = 2;
    return r * 100 + TWICE(IS(CUR == 7));
}
#define ON(c, x) if (c) x
#define OUT break
#define NXT continue
#define LATER(x) x
#define AGAIN(c) while (c)
async int one(int n) { await async_yield(); return n; }
async int jumps(void)
{
    int r = 0;
    for (int i = 0; i < 10; i++) {
        r += await one(i);
        ON(r > 20, break);
        ON(i == 1, continue);
        ON(i == 2, NXT);
        r++;
    }
    for (int i = 0; i < 10; i++) {
        defer r++;
        r += await one(i);
        ON(r > 60, OUT);
        ON(r > 50, LATER(LATER(continue)));
        switch (await one(i)) {
            LATER(case 3: r += 5; break;)
            LATER(LATER(case 4: r += 3; OUT;))
            LATER(default: LATER(r++; OUT;))
        }
    }
    LATER(AGAIN(r < 100)) r += await one(7);
    LATER(LATER(goto end));
    r = 0;
end:
    ON(r > 20, LATER(return r));
    return 0;
}
int plain(void)
{
    int r = 0;
    for (int i = 0; i < 10; i++) { r += i; if (r > 20) break; if (i == 1) continue; if (i == 2) continue; r++; }
    for (int i = 0; i < 10; i++) {
        r += i;
        if (r > 60) { r++; break; } if (r > 50) { r++; continue; }
        switch (i) { case 3: r += 5; break; case 4: r += 3; break; default: r++; break; }
        r++;
    }
    while (r < 100) r += 7;
    return r;
}
async int main(void)
{
    printf("%d %d %d %d\n", await f(1, 1, 1, 1, 1), await g(7), await h(7), await st((struct s){1, 2}, 4));
    printf("%d\n", await nested());
    printf("%d %d\n", await jumps(), plain());
    return 0;
}
