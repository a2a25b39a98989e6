// asyncc:
// What lives where: a scalar stored on suspension, an array and a struct in the future, a local whose address is
// taken, one that is dead at every await, two that share their bytes.
#include <string.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

struct point { int x, y; };
int look(const int *p);

async int kinds(struct point start, int unused)
{
    (void)unused;
    int dead = start.x * 2, kept = dead + 1, shown = kept;
    char name[16] = "point";
    static int calls;
    calls++;
    await async_yield();
    return kept + look(&shown) + (int)strlen(name) + start.y + calls;
}

async long shared(int n)
{
    if (n) {
        long a[4] = {1, 2, 3, 4};
        await async_yield();
        return a[n];
    }
    double b[4] = {1, 2, 3, 4};
    await async_yield();
    int b2 = (int)b[0];
    {
        int b2 = 5; // shadows
        await async_yield();
        n += b2;
    }
    return b2 + n;
}
