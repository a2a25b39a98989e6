// blocking: no: it cancels, and waits for other tasks
// exit: 70
// A main that cancels itself has no result: its defers run, and the status says so.
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdio.h>
#include <asyncc/async.h>

async int main(void)
{
    defer puts("dropped");
    async_cancel(async_task_current());
    await async_sleep_ms(1);
    puts("not reached");
    return 0;
}
