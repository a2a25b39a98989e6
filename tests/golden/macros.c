// asyncc:
// Macros that hide an await, a return or a declaration are opened; all others stay as written.
#include <asyncc/task.h>
#include <asyncc/async.h>

#define TWICE(x) ((x) * 2)
#define WAIT() await async_yield()
#define TRY(x) do { if ((x) < 0) return -1; } while (0)
#define LET(name, value) int name = (value)

async int get(int n)
{
    WAIT();
    return TWICE(n);
}

async int use(int n)
{
    LET(kept, n + 1);
    TRY(n);
    TRY(await get(n));
    return TWICE(kept) + TWICE(await get(kept));
}
