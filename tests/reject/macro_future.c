// A macro called like part of an async function's interface, which keeps its name.
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>

static async int get(int n)
{
    await async_yield();
    return n;
}

#define get_future_poll(f, cx) 0 // expect: E0405

async int main(void)
{
    return await get(1);
}
