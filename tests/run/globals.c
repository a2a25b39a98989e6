// What is read before an await keeps its value: globals, statics, members and elements that the callee changes.
// no-tcc: no _Thread_local
// blocking: no: it looks at the order of evaluation, which C leaves open
// cflags: -Wno-unused-value
#include "check.h"
#include <asyncc/async.h>

static int g = 1, arr[3] = {1, 2, 3}, grid[2][2] = {{1, 1}, {1, 1}};
static struct { int x, v[2]; struct { int y; } in[2]; } s, list[2], *ps = &s;
static _Thread_local int local = 1;

static int reset(void)
{
    g = arr[0] = arr[1] = grid[1][1] = s.x = s.v[0] = s.in[1].y = list[1].x = list[1].v[1] = local = 1;
    return 0;
}

static async int put(int v)
{
    await async_yield();
    g = arr[0] = arr[1] = grid[1][1] = s.x = s.v[0] = s.in[1].y = list[1].x = list[1].v[1] = local = v;
    return v;
}

static async int later(int x, int y, int z) { await async_yield(); return x * 100 + y * 10 + z; }
static int now(int x, int y, int z) { return x * 100 + y * 10 + z; }

#define KEPT(e) (reset(), CHECK((e) + await put(5) == 6), reset(), CHECK(now((e), await put(5), (e)) == 155), \
                 reset(), CHECK(await later((e), await put(5), (e)) == 155),                                  \
                 reset(), CHECK(((e), await put(5)) + (e) == 10),                                             \
                 reset(), CHECK(((e) ? await put(5) : 0) * 10 + (e) == 55),                                   \
                 reset(), CHECK(((int[]){(e), await put(5), (e)}[0] == 1)))

async int main(void)
{
    static int in_function[2] = {1, 1};
    int i = 1, *p = &g, *q = arr, (*row)[2] = &grid[1];
    (KEPT(g));
    (KEPT(arr[1]));
    (KEPT(arr[i]));
    (KEPT(*arr));
    (KEPT(i[arr]));
    (KEPT(*(arr + i)));
    (KEPT(grid[1][i]));
    (KEPT((*row)[1]));
    (KEPT(s.x));
    (KEPT(s.v[0]));
    (KEPT(s.in[i].y));
    (KEPT(list[1].x));
    (KEPT(list[i].v[1]));
    (KEPT(ps->x));
    (KEPT(ps->v[0]));
    (KEPT(ps[0].in[1].y));
    (KEPT(*p));
    (KEPT(q[1]));
    (KEPT(local));
    (KEPT((g)));
    (KEPT((int)(char)arr[1]));
    (KEPT(+arr[i]));
    CHECK(in_function[1] + await set(&in_function[1], 5) == 6);
    return check_summary("globals");
}
