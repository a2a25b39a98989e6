// Awaits in initialisers: scalar, aggregate, designated, nested, array, string members, compound literals; members of
// results; arrays of arrays; unions; structs passed and returned.
// cflags: -Wno-missing-braces -Wno-missing-field-initializers
// blocking: no: it looks at the order of evaluation, which C leaves open
#include "check.h"
#include <asyncc/async.h>

struct point { int x, y; };
struct line { struct point from, to; const char *name; int tags[3]; };
union value { int i; double d; struct point p; };
struct deep { int n; struct { int a; union { int u; float f; }; } in; const struct point *at; };
struct big { char bytes[100]; int n; };

static async struct point point(int x, int y)
{
    await async_yield();
    return (struct point){x, y};
}

static async struct line line(int n)
{
    struct line l = {.from = await point(n, n + 1), .to.x = await a('t', n + 2), .to.y = n + 3, .name = "line",
                     .tags = {await a('0', n), [2] = await a('2', n + 2)}};
    return l;
}

static async struct big big(char c)
{
    struct big b;
    memset(b.bytes, c, sizeof b.bytes);
    b.n = await a('n', c);
    return b;
}

static async struct line *line_at(struct line *l)
{
    await async_yield();
    return l;
}

static int sum_line(struct line l)
{
    return l.from.x + l.from.y + l.to.x + l.to.y;
}

static int sum(const int *v, int n)
{
    int s = 0;
    while (n-- > 0)
        s = s * 10 + *v++;
    return s;
}

static async void aggregates(void)
{
    int v[] = {await a('0', 1), 2, await a('2', 3), [5] = await a('5', 6), 7};
    CHECK(sizeof v == 7 * sizeof(int) && sum(v, 7) == 1230067);
    TRACE("025");
    int m[2][3] = {{await a('a', 1), 2}, {[1] = await a('b', 5)}};
    CHECK(sum(m[0], 3) == 120 && sum(m[1], 3) == 50);
    int flat[2][2] = {await a('a', 1), 2, 3, await a('b', 4)};
    CHECK(sum(flat[0], 2) == 12 && sum(flat[1], 2) == 34);
    TRACE("abab");
    struct point p = {.y = await a('y', 2), .x = await a('x', 1)};
    TRACE("yx");
    CHECK(p.x == 1 && p.y == 2);
    struct line l = {{await a('a', 1)}, {.y = await a('b', 2)}, "n", {[1] = 7}}, l2 = l;
    CHECK(l.from.x == 1 && !l.from.y && !l.to.x && l.to.y == 2 && l.tags[1] == 7 && !l.tags[0] && l2.to.y == 2);
    TRACE("ab");
    l = await line(10);
    TRACE("t02");
    CHECK(sum_line(l) == 46 && l.tags[0] == 10 && !l.tags[1] && l.tags[2] == 12 && !strcmp(l.name, "line"));
    struct line from_whole = {await point(1, 2), await point(3, 4), .tags[1] = await a('z', 9)};
    CHECK(sum_line(from_whole) == 10 && from_whole.tags[1] == 9);
    TRACE("z");
    union value u = {.d = await a('d', 3) / 2.0};
    CHECK(u.d == 1.5);
    union value u2 = {await a('d', 3)};
    CHECK(u2.i == 3);
    struct deep d = {.n = 1, .in = {.a = await a('a', 3), .u = await a('u', 4)}, .at = &p};
    CHECK(d.in.u == 4 && d.at->x == 1);
    char text[] = "text", more[8] = {await a('c', 'x'), 'y'};
    CHECK(!strcmp(text, "text") && !strcmp(more, "xy"));
    const char *names[] = {"zero", await a('q', 1) ? "one" : "none", NULL};
    CHECK(!strcmp(names[1], "one"));
    int x = 1, y = x + await set(&x, 5), z = x + y;
    CHECK(y == 6 && z == 11);
    int braced = {await a('k', 5)};
    CHECK(braced == 5);
    struct point points[2] = {await point(1, 2), [1].y = await a('p', 4), [1].x = 3};
    CHECK(points[0].y == 2 && points[1].x == 3 && points[1].y == 4);
    struct point zeros[3] = {0}, part[4] = {[2] = {.x = await a('e', 1)}};
    CHECK(!memcmp(zeros, part, sizeof zeros - sizeof *zeros) && part[2].x == 1 && !part[3].x);
    struct point range[4] = {[0 ... 2] = {await a('r', 1), 2}};
    CHECK(range[0].x + range[1].x + range[2].x + range[3].x == 3 && range[2].y == 2);
    memset(trace_text, 0, sizeof trace_text);
}

static async void literals(void)
{
    struct point *pt = &(struct point){await a('a', 1), 2};
    int *v = (int[]){1, await a('b', 2), 3};
    await async_yield();
    CHECK(pt->x == 1 && pt->y == 2 && v[1] == 2 && v[2] == 3);
    pt->x++, v[0] = 7;
    await async_yield();
    CHECK(pt->x == 2 && v[0] == 7);
    CHECK(((struct point){.y = await a('c', 8)}).y == 8);
    CHECK(sum((int[]){await a('d', 1), await a('e', 2)}, 2) == 12);
    CHECK(sum((int[3]){p('x', 1), await a('y', 2)}, 3) == 120);
    CHECK(sum_line((struct line){.from = {1, await a('z', 2)}, .to = await point(3, 4)}) == 10);
    TRACE("abcdexyz");
    int total = 0;
    for (int i = 0; i < 3; i++) {
        int *each = &(int){i * 10};
        await async_yield();
        total += (*each)++;
        await async_yield();
        total += *each == i * 10 + 1;
    }
    CHECK(total == 33);
    int *scalar = &(int){await a('s', 4)};
    CHECK(*scalar + await set(scalar, 5) + *scalar == 14);
    const char *text = (char[]){"mutable"};
    await async_yield();
    CHECK(!strcmp(text, "mutable"));
    struct line *nested = &(struct line){.from = (struct point){await a('1', 1), 2}, .tags = {1, 2, await a('3', 3)}};
    await async_yield();
    CHECK(sum_line(*nested) == 3 && nested->tags[2] == 3);
    memset(trace_text, 0, sizeof trace_text);
}

static async void members(void)
{
    CHECK((await point(3, 4)).y == 4);
    CHECK((await point(3, 4)).x + (await point(5, 6)).y == 9);
    CHECK((await line(1)).to.y == 4 && (await line(1)).tags[2] == 3);
    CHECK((await line(1)).name[1] == 'i');
    CHECK(sum((await line(1)).tags, 3) == 103);
    struct line l = await line(2);
    CHECK((await line_at(&l))->from.x == 2);
    (await line_at(&l))->from.x = await a('v', 77);
    (await line_at(&l))->tags[await a('i', 1)]++;
    CHECK(l.from.x == 77 && l.tags[1] == 1);
    *await line_at(&l) = await line(3);
    CHECK(l.from.x == 3);
    CHECK((p('c', 0) ? await point(1, 2) : await point(3, 4)).y == 4);
    CHECK((p('a', 0), await point(1, 2)).y == 2);
    CHECK(({ await point(1, 2); }).x == 1);
    struct big b = await big('b');
    CHECK(b.bytes[99] == 'b' && b.n == 'b' && (await big('c')).bytes[50] == 'c');
    struct point q;
    CHECK((q = await point(8, 9)).y == 9 && q.x == 8);
    struct point copies[2];
    copies[await a('i', 1)] = copies[0] = await point(1, 2);
    CHECK(copies[1].y == 2 && copies[0].x == 1);
    CHECK(sum_line((struct line){await point(1, 1), await point(2, 2), 0, {0}}) == 6);
    memset(trace_text, 0, sizeof trace_text);
}

async int main(void)
{
    await aggregates();
    await literals();
    await members();
    return check_summary("initialisers");
}
