// Joins and races over arrays of tasks, shields, names, local values, the task that runs; as async code meets them.
// blocking: no: it spawns
#include <errno.h>
#include <stdint.h>
#include "check.h"
#include <asyncc/group.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

struct wide {
    long a[5];
};

static async int after(int turns, int value)
{
    for (int i = 0; i < turns; i++)
        await async_yield();
    trace((char)('a' + value));
    return value;
}

static async struct wide wide(long first)
{
    await async_yield();
    return (struct wide){{first, 2, 3, 4, 5}};
}

static async void joined(void)
{
    struct async_task *tasks[5];
    for (int i = 0; i < 5; i++)
        tasks[i] = async_spawn(after(5 - i, i));
    CHECK(await async_task_join_all(tasks, 5) == 0);
    TRACE("edcba");
    for (int i = 0; i < 5; i++) {
        CHECK(async_task_result(tasks[i], int) == i);
        async_detach(tasks[i]);
    }
}

static async void raced(void)
{
    enum { COUNT = 4 };
    struct async_task *tasks[COUNT];
    struct async_task_join_future waits[COUNT];
    static const int turns[COUNT] = {4, 2, 6, 8}, order[COUNT] = {1, 0, 2, 3};
    for (int i = 0; i < COUNT; i++)
        tasks[i] = async_spawn(after(turns[i], i));
    for (int i = 0; i < COUNT - 1; i++) {
        int first = await async_task_race(tasks, waits, COUNT);
        CHECK(first == order[i]);
        async_detach(tasks[first]);
        tasks[first] = NULL;
    }
    int which = await async_select(async_task_race(tasks, waits, COUNT), async_yield());
    CHECK(which == 1); // the race was dropped
    CHECK(await async_task_race(tasks, waits, COUNT) == 3);
    async_detach(tasks[3]);
    TRACE("bacd");
}

static int saved;

static async int save(int value)
{
    (void)await after(3, value);
    return saved = value;
}

static async int careful(int value)
{
    int got = -1;
    int status = await async_shield(async_spawn(save(value)), &got);
    return status < 0 ? status : got;
}

static async void shielded(void)
{
    CHECK(await careful(1) == 1);
    int n = 0;
    CHECK(await async_select(n = careful(2), async_yield()) == 1);
    CHECK(n == 0 && saved == 1);
    (void)await after(5, 25);
    CHECK(saved == 2);
    TRACE("bcz");
    struct wide w = {{0}};
    CHECK(await async_shield(async_spawn(wide(9)), &w) == 0);
    CHECK(w.a[0] == 9 && w.a[4] == 5);
    CHECK(await async_shield(async_spawn(wide(9)), NULL) == 0);
    CHECK(await async_shield(NULL, &w) == -ENOMEM);
    // Not reached: the handle is given up all the same.
    CHECK(await async_select(async_yield(), async_shield(async_spawn(save(3)), NULL)) == 0);
    (void)await after(5, 25);
    TRACE("dz");
}

static int ended;

static void *same(void *value) { return value; }
static void ends(void *value) { ended += (int)(intptr_t)value; }

static const struct async_task_key request = {.inherit = same}, own = {.destroy = ends};

static async int deep(int n)
{
    if (n)
        return await deep(n - 1);
    await async_yield();
    return (int)(intptr_t)async_task_local_get(&request);
}

static async int handles(int id)
{
    CHECK(async_task_local_get(&own) == NULL);
    async_task_local_set(&request, (void *)(intptr_t)id);
    async_task_local_set(&own, (void *)(intptr_t)1);
    CHECK(await deep(3) == id);
    struct async_group g;
    async_group_spawn(&g, deep(2));
    struct async_task *child = async_spawn(deep(1));
    CHECK(await async_task_join(child) == 0 && async_task_result(child, int) == id);
    async_detach(child);
    CHECK(async_task_current() != child);
    return await async_group_wait(&g);
}

static async int named(const char *name)
{
    CHECK(!strcmp(async_task_name(async_task_current()), "named"));
    CHECK(async_task_set_name(NULL, name) == 0);
    await async_yield();
    CHECK(!strcmp(async_task_name(async_task_current()), name));
    return 0;
}

static async void with_values(void)
{
    struct async_task *tasks[3] = {async_spawn(handles(7)), async_spawn(handles(8)), async_spawn(named("a name"))};
    CHECK(await async_task_join_all(tasks, 3) == 0);
    CHECK(ended == 2);
    CHECK(!strcmp(async_task_name(tasks[2]), "a name") && !strcmp(async_task_name(tasks[0]), "handles"));
    for (int i = 0; i < 3; i++)
        async_detach(tasks[i]);
    CHECK(async_task_local_get(&request) == NULL);
}

async int main(void)
{
    await joined();
    await raced();
    await shielded();
    await with_values();
    return check_summary("combine");
}
