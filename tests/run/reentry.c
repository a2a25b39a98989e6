// blocking: no: it cancels, and waits for other tasks
// cancel: no: what its main holds has no defer
// Code that runs while something ends, and ends something else: defers that cancel each other, close what a sibling
// waits for, spawn into what is cancelled; tasks of a group that cancel its owner; 100,000 tasks cancelled at once; and
// the shortest and longest waits.
#include "require.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <asyncc/observe.h>
#include <asyncc/group.h>
#include <asyncc/pipe.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static struct async_task *ring[3];
static int dropped;
static async void in_ring(int i)
{
    defer
    {
        dropped++;
        async_cancel(ring[(i + 1) % 3]);
        async_cancel(ring[i]);
    }
    await async_sleep_ms(1000000);
}

static async void ring_of_cancels(void)
{
    dropped = 0;
    for (int i = 0; i < 3; i++)
        ring[i] = async_spawn(in_ring(i));
    await async_yield();
    async_cancel(ring[0]);
    REQUIRE(dropped == 3);
    for (int i = 0; i < 3; i++) {
        REQUIRE(await async_task_join(ring[i]) == -ECANCELED);
        async_detach(ring[i]);
    }
}

// a group's member cancels the owner from its poll and from its defer
static struct async_task *owner;
static int cleaned;
static async int cancels_owner_in_defer(void)
{
    defer
    {
        cleaned++;
        async_cancel(owner);
    }
    await async_sleep_ms(1000000);
    return 0;
}

static async int cancels_owner(void)
{
    defer cleaned++;
    await async_yield();
    async_cancel(owner);
    await async_sleep_ms(1000000);
    return 0;
}

static async int fails_soon(void)
{
    defer cleaned++;
    await async_yield();
    return -5;
}

static async int owns(int how)
{
    defer cleaned += 100;
    struct async_group g;
    if (how == 2)
        async_group_fail_fast(&g);
    REQUIRE(async_group_spawn(&g, cancels_owner_in_defer()) == 0);
    REQUIRE(async_group_spawn(&g, cancels_owner_in_defer()) == 0);
    if (how == 1)
        REQUIRE(async_group_spawn(&g, cancels_owner()) == 0);
    if (how == 2)
        REQUIRE(async_group_spawn(&g, fails_soon()) == 0);
    if (how == 3) {
        await async_yield();
        async_group_cancel(&g);
    }
    if (how == 4) {
        await async_yield();
        return 7;
    }
    return await async_group_wait(&g);
}

static async void group_owners(void)
{
    for (int how = 0; how < 5; how++) {
        cleaned = 0;
        owner = async_spawn(owns(how));
        for (int i = 0; i < 5; i++)
            await async_yield();
        if (how == 0)
            async_cancel(owner);
        int st = await async_task_join(owner);
        REQUIRE(st == (how == 4 ? 0 : -ECANCELED) || how == 3 || how == 2);
        REQUIRE(cleaned == (how == 1 || how == 2 ? 103 : 102));
        async_detach(owner);
    }
}

// a group in a loop, left by continue, break, goto
static int live;
static async int lives(void)
{
    live++;
    defer live--;
    await async_sleep_ms(1000000);
    return 0;
}

static async int loops(void)
{
    int rounds = 0;
again:
    for (int i = 0; i < 10; i++) {
        struct async_group g;
        async_group_limit(&g, 2);
        for (int j = 0; j < 4; j++)
            REQUIRE(async_group_spawn(&g, lives()) == 0);
        await async_yield();
        REQUIRE(live == 2);
        if (i % 3 == 0)
            continue;
        if (i == 5)
            break;
        if (i == 4 && rounds++ < 3)
            goto again;
    }
    REQUIRE(live == 0);
    return rounds;
}

// closing in a defer what a select waits on
static async int closes(struct async_stream *a)
{
    char buf[4];
    ssize_t n;
    {
        defer async_stream_close(a);
        int w = await async_select(n = async_stream_read(a, buf, 4), async_sleep_ms(1));
        REQUIRE(w == 1);
    }
    return 0;
}

static async void reads_what_is_closed(struct async_stream *a, ssize_t *n)
{
    char buf[4];
    *n = await async_stream_read(a, buf, 4);
}

static async void closing(void)
{
    struct async_stream *a, *b;
    ssize_t n = 1, m = 1;
    REQUIRE(async_stream_pair(&a, &b) == 0);
    struct async_task *t = async_spawn(reads_what_is_closed(a, &n));
    struct async_task *u = async_spawn(reads_what_is_closed(a, &m));
    await async_yield();
    REQUIRE(await closes(a) == 0);
    REQUIRE(await async_task_join(t) == 0 && await async_task_join(u) == 0);
    REQUIRE(n == -ECANCELED && m == -ECANCELED);
    async_detach(t);
    async_detach(u);
    async_stream_close(b);
}

// a defer closes the stream of a sibling's read in the same select
static async int read_then(struct async_stream *s)
{
    char c[1];
    return (int)await async_stream_read(s, c, 1);
}

static async int close_when_dropped(struct async_stream *s)
{
    defer async_stream_close(s);
    await async_sleep_ms(1000000);
    return 0;
}

static async void siblings(void)
{
    struct async_stream *a, *b;
    int x = 9, y = 9;
    REQUIRE(async_stream_pair(&a, &b) == 0);
    int w = await async_select(async_sleep_ms(1), x = close_when_dropped(a), y = read_then(a));
    REQUIRE(w == 0);
    async_stream_close(b);
    REQUIRE(async_stream_pair(&a, &b) == 0);
    w = await async_select(async_sleep_ms(1), y = read_then(a), x = close_when_dropped(a));
    REQUIRE(w == 0 && x == 9 && y == 9);
    async_stream_close(b);
}

// two accepts on one listener in a select
static async void accepts(void)
{
    struct async_listener *l;
    struct async_tcp *p = NULL, *q = NULL, *c[3];
    int r = 1, s = 1;
    REQUIRE(async_tcp_listen("127.0.0.1", 0, &l) == 0);
    int port = async_listener_port(l);
    for (int i = 0; i < 3; i++)
        REQUIRE(await async_tcp_connect("127.0.0.1", port, &c[i]) == 0);
    for (int i = 0; i < 3; i++) {
        p = q = NULL;
        int w = await async_select(r = async_tcp_accept(l, &p), s = async_tcp_accept(l, &q));
        REQUIRE(w == 0 || w == 1);
        REQUIRE((w ? s : r) == 0);
        async_tcp_close(w ? q : p);
        REQUIRE(!(w ? p : q));
    }
    int w = await async_select(r = async_tcp_accept(l, &p), s = async_tcp_accept(l, &q),
                               async_sleep_ms(2));
    REQUIRE(w == 2);
    for (int i = 0; i < 3; i++)
        async_tcp_close(c[i]);
    async_listener_close(l);
}

// timeouts
static async int quick(void)
{
    return 3;
}

static async int never(void)
{
    await async_sleep_ns(UINT64_MAX);
    return 1;
}

static async void timeouts(void)
{
    int r = 0;
    REQUIRE(await async_timeout_ms(0, r = quick()) == 0 && r == 3);
    REQUIRE(await async_timeout_ms(0, r = never()) == -ETIMEDOUT);
    REQUIRE(await async_timeout_ms(UINT64_MAX, r = quick()) == 0);
    int w = await async_select(async_sleep_ms(UINT64_MAX), async_sleep_until_ns(UINT64_MAX),
                               async_sleep_ns(UINT64_MAX), async_sleep_ns(0));
    REQUIRE(w == 3);
    struct async_interval iv = async_interval(UINT64_MAX, ASYNC_TICKS_BURST);
    REQUIRE(await async_interval_tick(&iv) == 0);
    uint64_t k;
    REQUIRE(await async_timeout_ms(2, k = async_interval_tick(&iv)) == -ETIMEDOUT);
    iv = async_interval(1, ASYNC_TICKS_BURST);
    iv.next_ns = 1;
    k = await async_interval_tick(&iv);
    REQUIRE(k > 1000);
    iv = async_interval(1, ASYNC_TICKS_SKIP);
    for (int i = 0; i < 100; i++)
        k = await async_interval_tick(&iv);
    REQUIRE(await async_timeout_ms(UINT64_MAX / 1000000 + 5, r = quick()) == 0);
}

// shields
static int shielded;
static async int commit(void)
{
    await async_sleep_ms(5);
    shielded++;
    return 6;
}

static async void shields(void)
{
    int st, r = 0;
    REQUIRE(await async_timeout_ms(1, st = async_shield(async_spawn(commit()), &r)) == -ETIMEDOUT);
    REQUIRE(shielded == 0);
    await async_sleep_ms(10);
    REQUIRE(shielded == 1 && r == 0);
    REQUIRE(await async_timeout_ms(1000, st = async_shield(async_spawn(commit()), &r)) == 0 &&
          st == 0 && r == 6);
}

// many at once
static async int many_members(int *count)
{
    defer-- *count;
    ++*count;
    await async_sleep_ms(1000000);
    return 0;
}

static async void many(void)
{
    int count = 0;
    {
        struct async_group g;
        for (int i = 0; i < 100000; i++)
            REQUIRE(async_group_spawn(&g, many_members(&count)) == 0);
        await async_sleep_ms(1);
        while (count < 100000)
            await async_yield();
    }
    REQUIRE(count == 0);
}

// spawn in a defer, into the group being cancelled
static struct async_group global;
static int spawned_late;
static async int spawns_late(void)
{
    defer
    {
        spawned_late += async_group_spawn(&global, quick()) == -ECANCELED;
        async_group_cancel(&global);
    }
    await async_sleep_ms(1000000);
    return 0;
}

static async void late(void)
{
    for (int i = 0; i < 3; i++)
        REQUIRE(async_group_spawn(&global, spawns_late()) == 0);
    await async_yield();
    async_group_cancel(&global);
    REQUIRE(spawned_late == 3 && async_group_count(&global) == 0);
    REQUIRE(async_group_spawn(&global, quick()) == 0);
    REQUIRE(await async_group_wait(&global) == 0);
}

async int main(void)
{
    await ring_of_cancels();
    puts("ring");
    await group_owners();
    puts("owners");
    (void)await loops();
    puts("loops");
    await closing();
    puts("closing");
    await siblings();
    puts("siblings");
    await accepts();
    puts("accepts");
    await timeouts();
    puts("timeouts");
    await shields();
    puts("shields");
    await many();
    puts("many");
    await late();
    puts("late");
    for (int i = 0; i < 5; i++)
        await async_yield();
    struct async_counters c;
    async_counters_get(&c);
    REQUIRE(c.tasks == 1 && c.kept == 0);
    return 0;
}
