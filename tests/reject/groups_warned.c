// Pointers to what ends before the group, handed to its tasks.
#include <asyncc/group.h>
#include <asyncc/async.h>

async int f(int *n);
struct async_group global;

async int warned(struct async_group *g, int n)
{
    int outer = 0;
    struct async_group own;
    int behind = 0;
    async_group_spawn(&own, f(&n));
    async_group_spawn(&own, f(&outer));
    async_group_spawn(&own, f(&behind));
    {
        int inner = 0;
        struct async_group within;
        async_group_spawn(&within, f(&outer));
        async_group_spawn(&within, f(&inner));
        async_group_spawn(&own, f(&inner));                     // expect-warning: local-to-task
        (void)await async_group_wait(&within);
    }
    async_group_spawn(g, f(&outer));                            // expect-warning: local-to-task
    async_group_spawn(&global, f(&n));                          // expect-warning: local-to-task
    return await async_group_wait(&own);
}
