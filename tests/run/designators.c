// Async functions as values: dereferenced, addressed, both.
// blocking: no: it spawns
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <stdio.h>
typedef async_fn(int, (int)) op;
async int twice(int x) { await async_yield(); return 2 * x; }
async int thrice(int x) { await async_yield(); return 3 * x; }
struct ops { op call; };
#define DEREF(p) (*p)
static int take(op p, op q) { return p == q; }
async int run(op p, int x) { return await (*p)(x); }
async int main(void)
{
    struct ops ops = {*twice};
    op table[] = {*twice, &*thrice, **thrice, DEREF(ops.call), &DEREF(ops.call)};
    op *at = &table[1], one = **at, two = *at[0], three = 0 ? : *table[2];
    struct async_task *t = async_spawn((*one)(1));
    (void)await async_task_join(t);
    printf("%d %d %d %d\n", await run(*one, 1), await (**two)(2), await run(*three, 4), await (&*three)(3));
    printf("%d %d\n", take(*table[0], *ops.call), take(one, *(op)twice));
    return 0;
}
