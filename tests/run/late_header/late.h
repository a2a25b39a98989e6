#ifndef LATE_H
#define LATE_H
#include <asyncc/async.h>
#include <asyncc/task.h>

struct point { int x, y; };

static inline async int area(struct point p)
{
    await async_yield();
    return p.x * p.y;
}

static inline async int areas(struct point p)
{
    int first = await area(p);
    return first + await area(p);
}

static inline async int unused(struct point p) { return await areas(p); }
#endif
