// static inline async functions of a header mean its macros, whatever they are behind it; and plain
// functions of a header may use async ones.
// blocking: no: it spawns
#include <stdio.h>
#include <asyncc/task.h>
#include "macros.h"
#include "spawns.h"
#include "macros.h"
#include <asyncc/async.h>
#define N 20
#undef ADD
#define ADD(x) ((x) + 1000)
#define k 77
#define W(x) (await same(x))

async int main(void)
{
    printf("%d %d\n", await filled(3), await added(4));
    printf("%d %d %d\n", W(N), ADD(1), k);
    struct async_task *t = spawned(5);
    printf("%d", t ? await async_task_join(t) : -1);
    printf(" %d\n", async_task_result(t, int));
    async_detach(t);
    return 0;
}
