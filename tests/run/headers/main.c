// Async functions of a header, a hand-written future, pointers and functions of other files.
// args: x y
// blocking: no: it selects, and a task runs beside main
#include <stdio.h>
#include <string.h>
#include "shared.h"
#include <asyncc/async.h>

static async int local(int n)
{
    await async_yield();
    return n * 2;
}

async int main(int argc, char **argv)
{
    struct box b = {1, shared_get};
    printf("%d\n", await other_sum(&b));
    printf("%d\n", await shared_recursive(4) + (int)await countdown(5));
    unsigned got = 0;
    printf("%d", await async_select(got = countdown(3), local(1)));
    printf(" %u\n", got);
    await async_join(got = countdown(2), other_note('j'));
    printf("%u\n", got);
    struct async_task *t = async_spawn(countdown(7));
    (void)await async_task_join(t);
    printf("%u\n", async_task_result(t, unsigned));
    async_detach(t);
    async_fn(unsigned, (unsigned)) count = countdown;
    printf("%u\n", await count(9));
    printf("%d %d\n", await local(5), await other_async_pointer_user(5));
    printf("%d %d\n", await other_pointer(5), await other_choose(0)(6));
    other_pointer = local;
    printf("%d\n", await other_pointer(5));
    printf("%d %s%s%d\n", argc, argv[1], argv[2], argv[3] == NULL);
    printf("%d\n", other_plain());
    return argc - 3;
}
