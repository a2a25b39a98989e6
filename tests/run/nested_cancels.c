// blocking: no: it cancels
// A task whose drop drops a group's task, whose drop drops another's, cancels all of those around it, and one beside
// them, which does the same: each is dropped once, and those around when theirs is done.
#include <asyncc/group.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdio.h>
#include <asyncc/async.h>

static struct async_task *outer_task, *inner_task, *beside_task;

static void cancel_around(void)
{
    async_cancel(inner_task);
    async_cancel(outer_task);
}

static async int beside(void)
{
    defer puts("beside");
    defer cancel_around();
    await async_sleep_ms(1000000);
    return 0;
}

static async int innermost(void)
{
    defer puts("innermost");
    defer async_cancel(beside_task);
    defer cancel_around();
    await async_sleep_ms(1000000);
    return 0;
}

static async int inner(void)
{
    defer puts("inner");
    inner_task = async_task_current();
    struct async_group group;
    async_group_spawn(&group, innermost());
    await async_sleep_ms(1000000);
    return 0;
}

static async int outer(void)
{
    defer puts("outer");
    struct async_group group;
    async_group_spawn(&group, inner());
    await async_sleep_ms(1000000);
    return 0;
}

async int main(void)
{
    outer_task = async_spawn(outer());
    beside_task = async_spawn(beside());
    await async_sleep_ms(1);
    async_cancel(outer_task);
    puts("cancelled");
    int done = async_task_done(outer_task) && async_task_done(beside_task);
    async_detach(outer_task);
    async_detach(beside_task);
    return done ? 0 : 1;
}
