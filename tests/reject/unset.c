// What a select or a timeout leaves without a value if another operand is the first to finish.
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <asyncc/async.h>

static async int f(int x)
{
    await async_yield();
    return x;
}

async int thrown_away(void)
{
    int a, b, c = 0, d;
    (void)await async_timeout_ms(5, a = f(1)); // expect-warning: sometimes-uninitialized
    await async_timeout_ms(5, b = f(1));       // it is never read
    await async_timeout_ms(5, c = f(1));
    await async_timeout_ms(5, d = f(1));       // it gets a value
    d = 1;
    return a + c + d;
}

async int both(void)
{
    int a, b;
    (void)await async_select(
        a = f(1),  // expect-warning: sometimes-uninitialized
        b = f(2)); // expect-warning: sometimes-uninitialized
    return a + b;
}

async int one_only(void)
{
    int a;
    await async_select(a = f(1));
    return a;
}

async int goes_on(int kind)
{
    int a, b, c, d, e, g, h;
    if (await async_timeout_ms(5, a = f(1)) != 0) // expect-warning: sometimes-uninitialized
        puts("late");
    if (await async_timeout_ms(5, b = f(1)) < 0) { // expect-warning: sometimes-uninitialized
        kind++;
        kind += b;
        return kind;
    }
    if (!await async_timeout_ms(5, c = f(1))) // expect-warning: sometimes-uninitialized
        return c;
    if ((await async_timeout_ms(5, d = f(1))) == -ETIMEDOUT) { // expect-warning: sometimes-uninitialized
        printf("%d is late\n", kind);
    } else {
        kind += d;
        return kind;
    }
    if (await async_select(e = f(1), async_sleep_ms(5)) == 1) // expect-warning: sometimes-uninitialized
        ;
    if (await async_select(async_sleep_ms(5), g = f(1)) != 1) // expect-warning: sometimes-uninitialized
        fprintf(stderr, "late\n");
    if (await async_timeout_ms(5, h = f(1)) == 0) // expect-warning: sometimes-uninitialized
        puts("in time");
    return kind + a + c + d + e + g + h;
}

async int is_left(int kind)
{
    int a, b, c, d, e, g, h;
    if (await async_timeout_ms(5, a = f(1)) != 0)
        return -ETIMEDOUT;
    if (await async_timeout_ms(5, b = f(1)))
        exit(1);
    if (await async_timeout_ms(5, c = f(1)) == 0)
        kind += c;
    if (await async_timeout_ms(5, d = f(1)) >= 0)
        kind += d;
    else
        return 1;
    if (await async_select(e = f(1), async_sleep_ms(5)) == 1) {
        kind++;
        return kind;
    }
    for (;;) {
        if (await async_timeout_ms(5, g = f(1)) == -ETIMEDOUT)
            continue;
        break;
    }
    while (await async_timeout_ms(5, h = f(1)) != 0)
        kind++;
    return kind + a + b + e + g + h;
}

// What it returned is kept, and may be looked at later.
async int kept(int kind)
{
    int a, b, c;
    int rc = await async_timeout_ms(5, a = f(1));
    if (rc == 0)
        kind += a;
    switch (await async_select(b = f(1), async_sleep_ms(5))) {
    case 0:
        return b;
    }
    if (kind && await async_timeout_ms(5, c = f(1)) == 0)
        return c;
    return kind;
}

// It is noted how it ended.
async int noted(struct async_task *task)
{
    int a, b, c, d, rc = 0, got = 0, late;
    if (await async_timeout_ms(5, a = f(1)) != 0)
        rc = -ETIMEDOUT;
    if (rc == 0)
        return a;
    if (await async_select(b = f(1), async_sleep_ms(5)) == 0)
        got++;
    if (got)
        return b;
    if (await async_timeout_ms(5, c = f(1)) == 0)
        late = 0;
    else
        late = 1;
    if (!late)
        return c;
    if (await async_timeout_ms(5, d = f(1)) != 0)
        async_cancel(task);
    return async_task_done(task) ? 0 : d;
}

static async int finds(int *found)
{
    await async_yield();
    *found = 1;
    return 3;
}

async int told_by_pointer(void)
{
    int a, found = 0;
    (void)await async_timeout_ms(5, a = finds(&found));
    return found ? a : 0;
}

// It does not go on, or may not.
_Noreturn void die(const char *why);
#define DIE(why)   \
    do {           \
        puts(why); \
        exit(1);   \
    } while (0)

async int ends(int kind)
{
    int a, b, c, d, e, g;
    if (await async_timeout_ms(5, a = f(1)) != 0)
        die("late");
    if (await async_timeout_ms(5, b = f(1)) != 0)
        DIE("late");
    if (await async_timeout_ms(5, c = f(1)) != 0)
        __builtin_unreachable();
    if (await async_timeout_ms(5, d = f(1)) != 0)
        for (;;)
            await async_yield();
    if (await async_timeout_ms(5, e = f(1)) != 0) {
    out:
        return 1;
    }
    if (await async_timeout_ms(5, g = f(1)) != 0) {
        switch (kind) {
        case 1:
            return 1;
        default:
            return 2;
        }
    }
    if (kind)
        goto out;
    return a + b + c + d + e + g;
}

// It is named, but not read.
async int named(void)
{
    int n;
    (void)await async_timeout_ms(5, n = f(1));
    (void)n;
    __typeof__(n) m = (int)sizeof n;
    return m + _Generic(n, int: 1, default: 2);
}
