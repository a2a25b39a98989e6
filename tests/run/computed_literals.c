// What was wrong once: awaits in computed gotos, arrays from compound literals.
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <stdio.h>
static async int A(int x) { await async_yield(); return x; }
async int jump(int k)
{
    static void *const t[] = {&&a, &&b};
    goto *t[await A(k)];
a:
    return 10;
b:
    return 20;
}
async int main(void) { 
    int *end = (void *)(&(int[4]){1, 2, 3, 4} + 1);
    int (*n)[2] = (int[2][2]){{1, 2}, {3, 4}};
    volatile int *v = (volatile int[]){1, 2};
    const int *c = &(const int){9}, *d = (const int[]){5};
    int size = sizeof *&(int[4]){1};
    await async_yield();
    printf("%d %d %d %d %d %d\n", end[-1], n[1][0], v[1], *c, *d, size);
    printf("%d %d\n", await jump(0), await jump(1));
    return 0; }
