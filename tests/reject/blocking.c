// Warnings: a call that blocks, a thrown-away result, a lost task, an endless loop.
#include <unistd.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

async int f(int n);

async int slow(int n)
{
    sleep(1);                  // expect-warning: blocking-call
    usleep(5);                 // expect-warning: blocking-call
    await f(1);                // expect-warning: unused-result
    (void)await f(1);
    await async_sleep_ms(1);
    async_spawn(f(2));         // expect-warning: lost-task
    return n;
}

void plain(void)
{
    sleep(1);
}
