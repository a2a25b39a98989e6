// Targets of join, select and timeout: any lvalue; spawn by name and through pointers; groups of tasks by hand.
// blocking: no: what is joined runs at the same time
#include <errno.h>
#include "check.h"
#include <asyncc/executor.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

#define PAUSE await async_yield()

struct pair { int x; struct { char tag; long y; } in; };
typedef async_fn(int, (int)) step_fn;

static async int after(int rounds, int value)
{
    defer trace('.');
    while (rounds-- > 0)
        PAUSE;
    return value;
}

static async struct pair pair(int x)
{
    PAUSE;
    return (struct pair){x, {'p', x * 10L}};
}

static async double half(int n) { PAUSE; return n / 2.0; }
static async void nothing(void) { PAUSE; trace('n'); }
static async int step(int n) { PAUSE; return n + 1; }
static async int now(int n) { return n; }
static step_fn chosen(char c) { trace(c); return step; }

static async void forever(char name)
{
    defer trace(name);
    await async_sleep_ms(1000000);
}

static int global;

static async void joins(void)
{
    int v[3] = {0}, i = 0;
    struct pair s = {0}, list[2] = {{0}}, *ps = &s;
    double d = 0;
    long wide = 0;
    unsigned char narrow = 0;
    const char *text = "unchanged";
    await async_join(v[1] = after(3, 5), s.x = after(1, 6), ps->in.y = after(2, 7), *v = now(4), global = step(1));
    CHECK(v[0] == 4 && v[1] == 5 && !v[2] && s.x == 6 && s.in.y == 7 && global == 2 && !strcmp(text, "unchanged"));
    await async_join(s = pair(3), list[1] = pair(4), d = half(3), nothing(), async_yield(), wide = step(41));
    CHECK(s.in.y == 30 && list[1].x == 4 && !list[0].x && d == 1.5 && wide == 42);
    await async_join(d = step(2), wide = half(9), narrow = after(1, 257), v[i + 2] = half(7));
    CHECK(d == 3.0 && wide == 4 && narrow == 1 && v[2] == 3);
    await async_join(v[i] = set(&i, 2));
    CHECK(v[0] + v[2] == 6 || v[0] == 2);
    await async_join(step(1));
    await async_join(*pp('t', &v[0]) = a((char)p('u', 'x'), 8), v[p('v', 1)] = a('y', p('w', 9)));
    CHECK(v[0] == 8 && v[1] == 9 && strlen(trace_text) >= 6);
    await async_join(v[0] = after(1, await step(6)), v[1] = after(await step(0), await step(8)));
    CHECK(v[0] == 7 && v[1] == 9);
    step_fn f = step;
    await async_join(v[0] = f(10), v[1] = chosen('c')(20));
    CHECK(v[0] == 11 && v[1] == 21);
    for (int k = 0; k < 3; k++)
        await async_join(v[k] = after(k, k * k), nothing());
    memset(trace_text, 0, sizeof trace_text);
}

static async void selects(void)
{
    int x = -1, y = -1, v[2] = {-1, -1};
    CHECK(await async_select(x = after(2, 1), y = after(1, 2)) == 1 && x == -1 && y == 2);
    TRACE("..");
    CHECK(await async_select(v[0] = now(3), v[1] = now(4), forever('f')) == 0 && v[0] == 3 && v[1] == -1);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await async_select(forever('f'), forever('g'), nothing(), forever('h')) == 2);
    TRACE("nfgh");
    switch (await async_select(forever('f'), x = step(1))) {
    case 0:
        CHECK(false);
        break;
    case 1:
        CHECK(x == 2);
    }
    int sum = await async_select(forever('f'), now(1)) + await async_select(now(1), forever('f'));
    CHECK(sum == 1);
    while (await async_select(forever('f'), x = step(x)) == 1 && x < 5)
        trace((char)('0' + x));
    CHECK(x == 5);
    memset(trace_text, 0, sizeof trace_text);
    if (await async_select(async_sleep_ms(100000), async_sleep_ms(1)) == 1)
        trace('1');
    TRACE("1");
    CHECK(await async_select(step(1)) == 0);
    await async_select(nothing(), forever('q'));
    TRACE("nq");
}

static async void timeouts(void)
{
    int x = -1, v[2] = {0};
    uint64_t ms = 50000;
    CHECK(await async_timeout_ms(ms, x = step(1)) == 0 && x == 2);
    CHECK(await async_timeout_ms(1, forever('f')) == -ETIMEDOUT);
    CHECK(await async_timeout_ms(0, v[0] = now(1)) == 0 && v[0] == 1);
    CHECK(await async_timeout_ms((uint64_t)await step(999), v[await step(0)] = now(7)) == 0 && v[1] == 7);
    int rc;
    if ((rc = await async_timeout_ms(1, async_sleep_ms(100000))) < 0)
        CHECK(rc == -ETIMEDOUT);
    await async_timeout_ms(ms, nothing());
    TRACE("fn");
}

static async void nested(void)
{
    int x = 0, y = 0, z = 0;
    await async_join(x = step(0), nothing(), y = a('y', 3));
    CHECK(x == 1 && y == 3);
    CHECK(await async_timeout_ms(100000, z = step(await async_select(forever('f'), now(0)))) == 0 && z == 2);
    memset(trace_text, 0, sizeof trace_text);
}

static async void spawns(void)
{
    struct async_task *tasks[3], *one;
    step_fn fs[] = {step, now, step};
    for (int i = 0; i < 3; i++)
        tasks[i] = async_spawn(fs[i](i * 10));
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        CHECK(await async_task_join(tasks[i]) == 0);
        sum += async_task_result(tasks[i], int);
        async_detach(tasks[i]);
    }
    CHECK(sum == 1 + 10 + 21);
    one = async_spawn(pair(7));
    (void)await async_task_join(one);
    struct pair got = async_task_result(one, struct pair);
    CHECK(got.in.y == 70 && got.in.tag == 'p' && async_task_done(one));
    async_detach(one);
    async_detach(async_spawn(nothing()));
    PAUSE;
    PAUSE;
    TRACE("n");
    one = async_spawn(chosen('c')(await step(4)));
    CHECK(await async_timeout_ms(100000, sum = async_task_join(one)) == 0 && sum == 0);
    CHECK(async_task_result(one, int) == 6);
    async_detach(one);
    CHECK((one = async_spawn(forever('F'))) != NULL && !async_task_done(one));
    PAUSE;
    async_cancel(one);
    async_cancel(one);
    CHECK(await async_task_join(one) == -ECANCELED);
    async_detach(one);
    TRACE("cF");
}

async int main(void)
{
    await joins();
    await selects();
    await timeouts();
    await nested();
    await spawns();
    return check_summary("many_targets");
}
