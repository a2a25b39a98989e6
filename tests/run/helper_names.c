// Functions that are spawned and run, beside names and types that their helpers must do with.
// blocking: no: spawns
// no-tcc: no _Atomic
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <stdio.h>

static async int work(int n)
{
    await async_yield();
    return n;
}

static struct async_task *work_spawn(int n)
{
    return async_spawn(work(n));
}

static int work_links[2] = {1, 2}, work_block_on = 3, work_poll_any = 4;

static async int first(void)
{
    return await work(1);
}

struct pair {
    int a, b;
};

static async int sum(struct pair p)
{
    return await work(p.a) + p.b;
}

static int run(async_fn(int, (struct pair)) f)
{
    return async_block_on(f((struct pair){5, 6}));
}

static int counted;

static int run_second(async_fn(int, (int)) f)
{
    return async_block_on((counted++, f)(2));
}

typedef int later;

static void set(void *p)
{
    *(int *)p = 5;
}

static async int with_atomic(void)
{
    _Atomic(later) x;
    set((void *)&x);
    (void)await work(2);
    return x + await first();
}

static async int both(void)
{
    struct async_task *t = work_spawn(7);
    (void)await async_task_join(t);
    int r = async_task_result(t, int);
    async_detach(t);
    return r + await with_atomic();
}

int main(void)
{
    printf("%d %d %d\n", run(sum), run_second(work), async_block_on(both()));
    printf("%d %d\n", counted, work_links[1] + work_block_on + work_poll_any);
    async_executor_close();
    return 0;
}
