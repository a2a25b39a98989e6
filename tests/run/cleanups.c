// defer and cleanup attributes: on every way out, in reverse order, after the value is computed, and on cancellation
// at each suspension. What is allocated is freed (the leak checker sees to that).
// blocking: no: it cancels
#include <errno.h>
#include <stdlib.h>
#include "check.h"
#include <asyncc/time.h>
#include <asyncc/async.h>

#define PAUSE await async_yield()
#define AUTO_FREE __attribute__((cleanup(free_it)))
#define DEFER_TRACE(c) defer trace(c)
#define LOCK(l) lock(l); defer unlock(l)

static void free_it(void *where)
{
    free(*(void **)where);
    trace('F');
}

static void note(const char *c) { trace(*c); }
static void note_int(int *n) { trace((char)('0' + *n)); }
static void lock(int *l) { ++*l; }
static void unlock(int *l) { --*l; }

static async int order(int way)
{
    DEFER_TRACE('1');
    int n = 5;
    defer { trace('2'); n = 100; trace((char)('0' + (n > 5))); }
    for (int i = 0; i < 3; i++) {
        defer trace('l');
        if (i == 1 && way == 1)
            continue;
        defer { trace('m'); }
        PAUSE;
        if (way == 2)
            break;
        if (way == 3)
            return n;
        if (way == 4)
            return await a('a', n + 1);
        if (way == 5)
            goto out;
        if (way == 6) {
            defer trace('x');
            goto next;
        }
        trace('.');
    next:;
    }
    trace('e');
out:
    return n;
}

static async int attributes(int way)
{
    __attribute__((cleanup(note))) char c = 'A';
    char *text AUTO_FREE = malloc(10);
    AUTO_FREE char *more = NULL, *most = strdup("x");
    for (int i = 0; i < 2; i++) {
        __attribute__((cleanup(note_int))) int each = i;
        PAUSE;
        each += 2;
        if (way == 1)
            break;
        if (way == 2)
            return each;
        if (way == 3)
            continue;
        PAUSE;
    }
    c = 'B';
    defer trace('D');
    strcpy(text, "text");
    more = strdup(text);
    PAUSE;
    return (int)strlen(more) + (int)strlen(most);
}

static async int switches(int n)
{
    switch (n) {
    case 0: {
        defer trace('0');
        PAUSE;
    }
        __attribute__((fallthrough));
    case 1: {
        defer trace('1');
        if (await a('a', 1))
            break;
        trace('!');
        break;
    }
    default: {
        defer trace('d');
        return n;
    }
    }
    return -1;
}

static async int values(int *counter)
{
    defer ++*counter;
    return *counter;
}

static async int whole(void)
{
    struct { int x; } s = {1};
    defer s.x++;
    {
        defer { if (s.x) { int local = s.x; s.x = local * 10; } else s.x = 3; }
        PAUSE;
    }
    return s.x;
}

static async void conditional(bool take)
{
    if (take) {
        defer trace('i');
        PAUSE;
    } else {
        defer trace('e');
        PAUSE;
    }
    while (take) {
        DEFER_TRACE('w');
        take = false;
        PAUSE;
    }
    do {
        defer trace('d');
        trace('b');
    } while (await a('c', 0));
    { defer trace('-'); }
    {
        defer trace('y');
        defer trace('x');
        { defer trace('z'); trace('t'); }
    }
}

static async int in_loop_defer(void)
{
    int locks = 0;
    {
        LOCK(&locks);
        CHECK(locks == 1);
        PAUSE;
        CHECK(locks == 1);
        for (int i = 0; i < 3; i++) {
            defer for (int k = 0; k < 2; k++) trace('k');
            defer if (i) trace('i'); else trace('0');
            defer while (0) ;
            defer switch (i) { case 1: trace('1'); break; default: trace('d'); }
            if (i == 2) PAUSE;
        }
    }
    return locks;
}

static async void leaf(char c)
{
    defer trace(c);
    await async_sleep_ms(100000);
    trace('!');
}

static async int recursive(int n)
{
    char *memory AUTO_FREE = malloc(5);
    defer trace((char)('0' + n));
    if (n)
        return await recursive(n - 1);
    await leaf('L');
    return (int)strlen(memory);
}

// Suspends at the n-th place.
static async void places(int n)
{
    defer trace('1');
    char *memory = malloc(20);
    defer free(memory);
    if (n == 0)
        await leaf('a');
    {
        defer trace('2');
        if (n == 1)
            await leaf('b');
        trace(n == 3 && (await leaf('c'), 1) ? 'x' : 'y');
        for (int i = 0; i < 2; i++) {
            char *each AUTO_FREE = malloc(10);
            defer { trace('3'); *each = 'x'; }
            if (n == 4 + i)
                await async_join(leaf('d'), async_yield(), leaf('e'));
            if (n == 6 + i)
                await async_select(leaf('f'), recursive(2));
        }
    }
    defer trace('4');
    if (n == 8)
        await async_timeout_ms(100000, leaf('g'));
    await leaf('h');
}

static async void cancel_at(int n, const char *expected)
{
    struct async_task *task = async_spawn(places(n));
    for (int i = 0; i < 5; i++)
        PAUSE;
    async_cancel(task);
    CHECK(await async_task_join(task) == -ECANCELED);
    async_detach(task);
    if (strcmp(trace_text, expected))
        printf("n %d: ", n);
    TRACE(expected);
}

async int main(void)
{
    CHECK(await order(0) == 5);
    TRACE(".ml.ml.mle211");
    CHECK(await order(1) == 5);
    TRACE(".mll.mle211");
    CHECK(await order(2) == 5);
    TRACE("mle211");
    CHECK(await order(3) == 5);
    TRACE("ml211");
    CHECK(await order(4) == 6);
    TRACE("aml211");
    CHECK(await order(5) == 5);
    TRACE("ml211");
    CHECK(await order(6) == 5);
    TRACE("xmlxmlxmle211");
    CHECK(await attributes(0) == 5);
    TRACE("23DFFFB");
    CHECK(await attributes(1) == 5);
    TRACE("2DFFFB");
    CHECK(await attributes(2) == 2);
    TRACE("2FFFA");
    CHECK(await attributes(3) == 5);
    TRACE("23DFFFB");
    CHECK(await switches(0) == -1 && await switches(1) == -1 && await switches(2) == 2);
    TRACE("0a1a1d");
    int counter = 1;
    CHECK(await values(&counter) == 1 && counter == 2);
    CHECK(await whole() == 10);
    await conditional(true);
    TRACE("iwbdc-tzxy");
    await conditional(false);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await in_loop_defer() == 0);
    TRACE("d0kk1ikkdikk");
    CHECK(await async_timeout_ms(1, leaf('z')) == -ETIMEDOUT);
    TRACE("z");
    await cancel_at(0, "a1");
    await cancel_at(1, "b21");
    await cancel_at(2, "y3F3F2h41");
    await cancel_at(3, "c21");
    await cancel_at(4, "yde3F21");
    await cancel_at(5, "y3Fde3F21");
    await cancel_at(6, "yfL0F1F2F3F21");
    await cancel_at(7, "y3FfL0F1F2F3F21");
    await cancel_at(8, "y3F3F2g41");
    await cancel_at(9, "y3F3F2h41");
    struct async_task *never = async_spawn(places(0));
    async_cancel(never);
    CHECK(await async_task_join(never) == -ECANCELED);
    async_detach(never);
    TRACE("");
    async_detach(async_spawn(leaf('E'))); // dropped with the executor
    PAUSE;
    return check_summary("cleanups");
}
