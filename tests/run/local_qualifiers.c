// Qualifiers stay, through local typedefs too.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <signal.h>
#include <stdio.h>

static void *where;

static void on_signal(int number)
{
    (void)number;
    *(volatile int *)where = 1;
}

async int main(void)
{
    typedef int flag;
    typedef int *pointer;
    typedef const int row[2];
    volatile flag stop = 0;
    int device = 1;
    volatile flag *p = &device;
    pointer const restrict fixed = &device;
    row table = {3, 4};
    row *rows = &table;
    where = (void *)&stop;
    signal(SIGUSR1, on_signal);
    await async_yield();
    raise(SIGUSR1);
    while (!stop)
        ;
    *p += 1;
    *p += *fixed;
    printf("%d %d %d\n", device, (*rows)[1], table[0]);
    return 0;
}
