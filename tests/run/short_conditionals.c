// x ?: y where x is a statement expression.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>
#define MAX(a, b) ({ int x_ = (a), y_ = (b); x_ > y_ ? x_ : y_; })
int array[3] = {0, 7};
async int one(int n) { await async_yield(); return n; }
async int loops(int k)
{
    int r = (({ int v = k; v + array[0]; }) ?: array[1]);
    await async_yield();
    r += (({ int w = await one(k); w + array[0]; }) ?: await one(array[1]));
    r += MAX(k, 0) ?: await one(100);
    r += MAX(await one(k), 0) ?: array[1];
    return r;
}
async int main(void) { printf("%d %d\n", await loops(0), await loops(1)); return 0; }
