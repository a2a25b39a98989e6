// Values of types without a name, kept while something awaits; spawning through a pointer with arguments that await.
// blocking: no: select runs one only
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
typedef async_fn(int, (int)) call;
async int one(int n) { await async_yield(); return n; }
struct { int x[2]; struct { int y; } in[3]; } s, *ps = &s;
struct { call call; } ops = {one};
int array[4];
async int f(void)
{
    struct async_task *t = async_spawn((ops.call)(await async_select(array[3] = one(5), (ops.call)(2))));
    (void)await async_task_join(t);
    return array[3];
}
async int lit(void)
{
    ps[0].in[1].y = 7;
    int r = ps[0].in[((int[]){ await one(1)})[0]].y;
    r += ((struct { int a, b; }){await one(3), 4}).a;
    return r;
}
async int main(void) { printf("%d %d\n", await f(), await lit()); return 0; }
