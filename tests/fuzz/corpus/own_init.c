// expect: translated
// Variables that their own initialiser names beside an await.
#include <asyncc/async.h>
#define SIZE(p) sizeof *(p)

struct s {
    int x;
    const int y;
    struct s *next;
};

async void *get(unsigned long size);
async int one(void *p);

async int f(int n)
{
    struct s *p = await get(sizeof *p);
    int *q = await get(n * sizeof *q), *const r = await get(SIZE(r));
    struct s s = {.x = await one(&s), .y = sizeof s.x, .next = &s}, t = {await one(0), s.x, &t};
    int a[] = {await one(a), (int)sizeof a[0]};
    void *self = (await get(8), &self);
    register long m = await one(0) + sizeof m;
    volatile int v = await one((void *)&v);
    for (int i = await one(&i); i < n; i++)
        *q += i;
    return p->x + *q + *r + s.x + t.y + a[0] + (self != 0) + (int)m + v;
}
