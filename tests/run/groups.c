// Groups: their tasks end with the block that owns them, by whichever way it is left, before anything else of that block;
// failures, limits, room; groups in loops, in header variables, behind pointers, in functions that are not async.
// asyncc: -Wno-local-to-task
// blocking: no: it spawns
#include <errno.h>
#include <stdlib.h>
#include "check.h"
#include <asyncc/executor.h>
#include <asyncc/group.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

typedef async_fn(int, (char, int *)) worker_fn;

static int alive;

static void closed(int *slot) { alive -= *slot; }
#define OPEN __attribute__((cleanup(closed))) int slot_ = (alive++, 1); (void)slot_

static async int after(int turns, int value)
{
    OPEN;
    while (turns-- > 0)
        await async_yield();
    return value;
}

static async void forever(char name)
{
    OPEN;
    defer trace(name);
    await async_sleep_ms(1000000);
}

// Uses what its spawner has until it is dropped.
static async int borrows(char name, int *from)
{
    OPEN;
    defer trace(*from == 7 ? name : '!');
    await async_sleep_ms(1000000);
    return *from;
}

static async int counts(int *running, int *most)
{
    OPEN;
    if (++*running > *most)
        *most = *running;
    defer --*running;
    (void)await after(3, 0);
    return 0;
}

static void reset(int *value) { *value = 0; }

// Leaves a block with tasks in its group in all ways. The locals behind the group end after its tasks.
static async int leaves(int how)
{
    for (int i = 0; i < 2; i++) {
        struct async_group g;
        __attribute__((cleanup(reset))) int seven = 7;
        int *heap = malloc(sizeof *heap);
        defer free(heap);
        defer { *heap = 0; trace('d'); }
        *heap = 7;
        async_group_spawn(&g, borrows('a', &seven));
        CHECK(async_group_spawn(&g, borrows('b', heap)) == 0);
        await async_yield();
        switch (how) {
        case 0:
            break;
        case 1:
            return await after(1, 3);
        case 2:
            continue;
        case 3:
            goto out;
        case 4:
            await async_sleep_ms(1000000);
        }
        if (how == 5)
            break;
        seven = 7;
    }
    return 1;
out:
    return 2;
}

static async void all_ways(void)
{
    CHECK(await leaves(0) == 1);
    TRACE("abdabd");
    CHECK(await leaves(1) == 3);
    TRACE("abd");
    CHECK(await leaves(2) == 1);
    TRACE("abdabd");
    CHECK(await leaves(3) == 2);
    TRACE("abd");
    CHECK(await leaves(5) == 1);
    TRACE("abd");
    struct async_task *t = async_spawn(leaves(4));
    (void)await after(3, 0);
    CHECK(alive == 2);
    async_cancel(t);
    async_detach(t);
    TRACE("abd");
    int n = 0;
    CHECK(await async_select(n = leaves(4), after(3, 0)) == 1 && n == 0);
    TRACE("abd");
    CHECK(alive == 0);
}

static async void failures(void)
{
    struct async_group g = {0};
    CHECK(await async_group_wait(&g) == 0);
    async_group_spawn(&g, after(1, 5));
    async_group_spawn(&g, after(3, -EIO));
    async_group_spawn(&g, after(2, -EPIPE));
    CHECK(async_group_count(&g) == 3);
    CHECK(await async_group_wait(&g) == -EPIPE && async_group_count(&g) == 0);
    CHECK(await async_group_wait(&g) == 0); // it was told once
    async_group_spawn(&g, after(1, -EIO));
    async_group_spawn(&g, forever('x'));
    (void)await after(3, 0);
    TRACE("");
    async_group_fail_fast(&g); // that one has failed already
    TRACE("x");
    CHECK(async_group_spawn(&g, forever('y')) == -ECANCELED);
    CHECK(await async_group_room(&g) == -ECANCELED);
    CHECK(await async_group_wait(&g) == -EIO);
    async_group_spawn(&g, after(2, -ENOENT));
    async_group_spawn(&g, forever('y'));
    async_group_spawn(&g, after(2, -EIO));
    CHECK(await async_group_wait(&g) == -ENOENT);
    TRACE("y");
    async_group_spawn(&g, forever('z'));
    async_group_cancel(&g); // did not run
    TRACE("");
    CHECK(await async_group_wait(&g) == 0);
    CHECK(alive == 0);
}

static async void limits(void)
{
    int running = 0, most = 0;
    struct async_group g, *at = &g;
    async_group_limit(at, 3);
    for (int i = 0; i < 10; i++)
        async_group_spawn(at, counts(&running, &most));
    CHECK(await async_group_wait(at) == 0);
    CHECK(most == 3 && running == 0);
    most = 0;
    for (int i = 0; i < 10 && await async_group_room(at) == 0; i++) {
        CHECK(async_group_count(at) < 3);
        async_group_spawn(at, counts(&running, &most));
    }
    CHECK(most == 3);
    for (int i = 0; i < 4; i++)
        async_group_spawn(at, counts(&running, &most));
    await async_yield();
    async_group_limit(at, 0); // the others begin now
    CHECK(await async_group_wait(at) == 0 && most > 3);
}

// A task that spawns into the group it is of, and one that cancels it.
static async int breeds(struct async_group *g, int n)
{
    OPEN;
    if (n)
        CHECK(async_group_spawn(g, breeds(g, n - 1)) == 0);
    await async_yield();
    trace((char)('0' + n));
    return 0;
}

static async void ends_it(struct async_group *g)
{
    OPEN;
    await async_yield();
    async_group_cancel(g);
    CHECK(async_group_count(g) == 1 && async_group_spawn(g, forever('n')) == -ECANCELED);
    trace('c');
    await async_yield();
    trace('!');
}

static async void from_within(void)
{
    struct async_group g;
    async_group_spawn(&g, breeds(&g, 3));
    CHECK(await async_group_wait(&g) == 0);
    TRACE("3210");
    async_group_spawn(&g, forever('f'));
    async_group_spawn(&g, ends_it(&g));
    async_group_spawn(&g, forever('l'));
    CHECK(await async_group_wait(&g) == 0);
    TRACE("flc");
    CHECK(alive == 0);
}

// A task of a group cancels the owner of the group, whose frame it uses.
static async int kills(struct async_task **owner, int *of_owner)
{
    OPEN;
    await async_yield();
    async_cancel(*owner);
    CHECK(*of_owner == 7);
    trace('k');
    await async_yield();
    return 0;
}

static async void owns(struct async_task **self, int depth)
{
    int seven = 7;
    defer { seven = 0; trace('o'); }
    struct async_group g;
    OPEN;
    if (depth)
        async_group_spawn(&g, owns(self, depth - 1));
    else
        async_group_spawn(&g, kills(self, &seven));
    (void)await async_group_wait(&g);
    trace('!');
}

static async void cancelled_owner(void)
{
    for (int depth = 0; depth < 3; depth++) {
        struct async_task *t = async_spawn(owns(&t, depth));
        CHECK(await async_task_join(t) == -ECANCELED);
        async_detach(t);
        static const char *const traces[] = {"ko", "koo", "kooo"};
        TRACE(traces[depth]);
    }
    CHECK(alive == 0);
}

static async int worker(char name, int *n)
{
    await async_yield();
    trace(name);
    return ++*n > 100 ? -1 : 0;
}

static struct async_group global;

static int plain(struct async_group *g, worker_fn *f, int *n)
{
    return async_group_spawn(g, f[0]('p', n)) + async_group_spawn(&*g, (*f)('q', n)) +
           async_group_spawn((trace(','), g), worker('r', n));
}

static async struct async_group *pick(struct async_group *g)
{
    await async_yield();
    return g;
}

static async char name(char c)
{
    await async_yield();
    return c;
}

#define START(g, f) CHECK(async_group_spawn(&(g), f) == 0)

static async int noted(void)
{
    worker_fn f[] = {worker, worker};
    int n = 0;
    CHECK(plain(&global, f, &n) == 0);
    CHECK(async_group_spawn(await pick(&global), worker(await name('s'), &n)) == 0); // asyncc warns, but the group ...
    CHECK(async_group_spawn(&global, f[1](await name('t'), &n)) == 0);
    START(global, worker('u', &n));
    CHECK(await async_group_wait(&global) == 0); // ... ends in time
    CHECK(n == 6);
    TRACE(",pqrstu");
    n = 100;
    START(global, worker('v', &n));
    CHECK(await async_group_wait(&global) == -1);
    TRACE("v");
    return n;
}

static async void nested(void)
{
    struct async_group outer;
    async_group_spawn(&outer, forever('o'));
    for (struct async_group g; alive < 3;) {
        async_group_spawn(&g, forever('h'));
        (void)await after(2, 0);
    }
    TRACE("hh");
    {
        struct async_group first, second;
        async_group_spawn(&first, forever('1'));
        async_group_spawn(&second, forever('2'));
        await async_yield();
        { struct async_group unused; await async_yield(); }
    }
    TRACE("21");
    { struct async_group g; async_group_spawn(&g, forever('s')); } // no await in its scope
    TRACE("");
}

async int main(void)
{
    await all_ways();
    await failures();
    await limits();
    await from_within();
    await cancelled_owner();
    CHECK(await noted() == 101);
    await nested();
    TRACE("o");
    CHECK(alive == 0);
    return check_summary("groups");
}
