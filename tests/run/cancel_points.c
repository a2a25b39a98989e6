// Cancelling a task wherever it may be suspended: in loops, in recursion, in pointers' frames, in joins of joins, while
// asyncc: -Wno-local-to-task
// blocking: no: it cancels
// another task waits for it, from within itself, before it ran, after it ended, and together with its waiters.
#include <errno.h>
#include <stdlib.h>
#include "check.h"
#include <asyncc/time.h>
#include <asyncc/async.h>

#define PAUSE await async_yield()

typedef async_fn(int, (int)) step_fn;

static int alive;

static void closed(int *slot) { alive -= *slot; }

#define OPEN __attribute__((cleanup(closed))) int slot_ = (alive++, 1)

static async int sleeper(int n)
{
    OPEN;
    defer trace((char)('a' + n));
    await async_sleep_ms(1000000);
    return slot_;
}

static async int deep(int n)
{
    OPEN;
    void *block = malloc(16);
    defer free(block);
    for (int i = 0; i < 2; i++) {
        defer trace((char)('0' + n));
        PAUSE;
        if (n == 0)
            (void)await sleeper(0);
        else if (i == 1)
            return await deep(n - 1) + slot_;
    }
    return -1;
}

static async int by_pointer(step_fn f, int n)
{
    OPEN;
    defer trace('p');
    return await f(n) + slot_;
}

static async int joined(int n)
{
    OPEN;
    int x = 0, y = 0;
    await async_join(x = deep(n), y = by_pointer(sleeper, 1), x = sleeper(2));
    return x + y + slot_;
}

static async int selected(void)
{
    OPEN;
    int x = 0;
    return await async_select(x = by_pointer(deep, 1), x = sleeper(3), async_sleep_ms(100000)) + x + slot_;
}

static async int timed(void)
{
    OPEN;
    int x = 0;
    switch (await async_timeout_ms(900000, x = by_pointer(sleeper, 4))) {
    case 0:
        return x + slot_;
    }
    return 0;
}

static async int waiter(struct async_task *other)
{
    OPEN;
    defer trace('w');
    return await async_task_join(other) + slot_;
}

static async int suicide(struct async_task **self)
{
    OPEN;
    defer trace('s');
    PAUSE;
    async_cancel(*self);
    trace('-');
    PAUSE;
    trace('!');
    return slot_;
}

static async int in_loops(int n)
{
    OPEN;
    for (int i = 0; i < 100; i++) {
        char *text = malloc(4);
        defer free(text);
        text[0] = (char)i;
        while (true) {
            defer { if (i == n) trace('l'); }
            switch (i) {
            case 1: {
                OPEN;
                do {
                    PAUSE;
                    if (text[0] != slot_)
                        return -1;
                } while (n == 1);
                break;
            }
            default:
                PAUSE;
            }
            break;
        }
        if (i == n)
            (void)await sleeper(5);
    }
    return slot_;
}

// Lets the task run for some rounds, cancels it, and checks that all it opened is closed.
static async void kill_after(int rounds, struct async_task *task)
{
    while (rounds-- > 0)
        PAUSE;
    async_cancel(task);
    CHECK(await async_task_join(task) == -ECANCELED);
    CHECK(async_task_done(task));
    async_cancel(task);
    async_detach(task);
    CHECK(alive == 0);
}

async int main(void)
{
    for (int i = 0; i < 8; i++) {
        await kill_after(i, async_spawn(deep(2)));
        await kill_after(i, async_spawn(by_pointer(deep, 1)));
        await kill_after(i, async_spawn(joined(1)));
        await kill_after(i, async_spawn(selected()));
        await kill_after(i, async_spawn(timed()));
        await kill_after(i, async_spawn(in_loops(3)));
        await kill_after(i, async_spawn(in_loops(1)));
    }
    memset(trace_text, 0, sizeof trace_text);
    await kill_after(30, async_spawn(joined(1)));
    TRACE("1a01bpc");
    await kill_after(30, async_spawn(selected()));
    TRACE("1a01pd");
    await kill_after(30, async_spawn(in_loops(2)));
    TRACE("lf");

    struct async_task *victim = async_spawn(sleeper(6)), *first = async_spawn(waiter(victim)),
                      *second = async_spawn(waiter(victim));
    PAUSE;
    async_cancel(first);
    async_cancel(victim);
    CHECK(await async_task_join(second) == 0 && async_task_result(second, int) == -ECANCELED + 1);
    async_detach(first);
    async_detach(second);
    async_detach(victim);
    TRACE("wgw");

    struct async_task *self = NULL;
    self = async_spawn(suicide(&self));
    CHECK(await async_task_join(self) == -ECANCELED);
    async_detach(self);
    TRACE("-s");
    CHECK(alive == 0);
    return check_summary("cancel_points");
}
