// blocking: no: it cancels, and waits for other tasks
// cancel: no: what its main holds has no defer
// Operations that are cancelled over and over, and many at a time on one descriptor: no connection, byte or result is
// lost, and nothing is left.
#include "require.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <asyncc/observe.h>
#include <asyncc/group.h>
#include <asyncc/blocking.h>
#include <asyncc/sync.h>
#include <asyncc/pipe.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

// accept under cancel storm: no connection is lost
static int accepted;
static async int accept_one(struct async_listener *l)
{
    struct async_tcp *p;
    int rc = await async_tcp_accept(l, &p);
    if (rc == 0) {
        accepted++;
        async_tcp_close(p);
    }
    return rc;
}

static async void storm(void)
{
    struct async_listener *l;
    REQUIRE(async_tcp_listen("127.0.0.1", 0, &l) == 0);
    int port = async_listener_port(l), made = 0;
    for (int i = 0; i < 200; i++) {
        struct async_group g;
        for (int j = 0; j < 5; j++)
            REQUIRE(async_group_spawn(&g, accept_one(l)) == 0);
        if (i % 3)
            await async_yield();
        struct async_tcp *c;
        REQUIRE(await async_tcp_connect("127.0.0.1", port, &c) == 0);
        made++;
        if (i % 2)
            await async_yield();
        async_tcp_close(c);
    }
    int rc;
    while (accepted < made) {
        if (await async_timeout_ms(1000, rc = accept_one(l)) < 0)
            break;
    }
    REQUIRE(accepted == made);
    async_listener_close(l);
}

// bytes are not lost when reads are cancelled all the time; two writers, one cancelled
static async int writer(struct async_stream *s, int n)
{
    for (int i = 0; i < n; i++) {
        char c = (char)i;
        if (await async_stream_write_all(s, &c, 1) != 1)
            return -1;
        if (i % 7 == 0)
            await async_yield();
    }
    return 0;
}

static async void flaky_reads(void)
{
    struct async_stream *a, *b;
    REQUIRE(async_stream_pair(&a, &b) == 0);
    struct async_task *t = async_spawn(writer(b, 3000));
    int got = 0;
    while (got < 3000) {
        unsigned char buf[16];
        ssize_t n = 0;
        int w = await async_select(n = async_stream_read(a, buf, 1 + (unsigned)got % 16),
                                   async_yield());
        if (w == 1)
            continue;
        REQUIRE(n > 0);
        for (int i = 0; i < n; i++)
            REQUIRE(buf[i] == (unsigned char)(got + i));
        got += (int)n;
    }
    REQUIRE(await async_task_join(t) == 0);
    async_detach(t);
    async_stream_close(a);
    async_stream_close(b);
}

// readable + read + readv on one stream by several tasks
static async int wait_read(struct async_stream *s)
{
    return await async_stream_readable(s);
}

static async int read_some(struct async_stream *s, int *sum)
{
    char c[4];
    ssize_t n = await async_stream_read(s, c, 4);
    if (n > 0)
        *sum += (int)n;
    return (int)n;
}

static async void crowds(void)
{
    struct async_stream *a, *b;
    int sum = 0;
    REQUIRE(async_stream_pair(&a, &b) == 0);
    {
        struct async_group g;
        for (int i = 0; i < 50; i++) {
            REQUIRE(async_group_spawn(&g, read_some(a, &sum)) == 0);
        }
        await async_yield();
        for (int i = 0; i < 40; i++) {
            REQUIRE(await async_stream_write_all(b, "abcd", 4) == 4);
            if (i % 5 == 0)
                await async_sleep_ms(0);
        }
        for (int i = 0; i < 200 && sum < 160; i++)
            await async_sleep_ms(1);
        REQUIRE(sum == 160);
        REQUIRE(async_group_count(&g) == 10);
        struct async_task *w = async_spawn(wait_read(a));
        await async_yield();
        async_stream_close(b);
        REQUIRE(await async_group_wait(&g) == 0);
        REQUIRE(await async_task_join(w) == 0);
        REQUIRE(async_task_result(w, int) == 0);
        async_detach(w);
    }
    async_stream_close(a);
}

// both directions, both closed by the peer's reset, in one task
static async int sends(struct async_tcp *t)
{
    static char big[1 << 20];
    for (;;) {
        ssize_t n = await async_tcp_write_all(t, big, sizeof big);
        if (n < 0)
            return (int)n;
    }
}

static async int reads(struct async_tcp *t)
{
    char c[64];
    for (;;) {
        ssize_t n = await async_tcp_read(t, c, sizeof c);
        if (n <= 0)
            return (int)n;
    }
}

static async void reset(void)
{
    struct async_listener *l;
    struct async_tcp *p, *q;
    int x = 0, y = 0, rc;
    REQUIRE(async_tcp_listen("127.0.0.1", 0, &l) == 0);
    REQUIRE(await async_tcp_connect("127.0.0.1", async_listener_port(l), &q) == 0);
    REQUIRE((rc = await async_tcp_accept(l, &p)) == 0);
    struct async_task *t = async_spawn(sends(p)), *u = async_spawn(reads(p));
    await async_sleep_ms(5);
    setsockopt(async_tcp_fd(q), SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
    async_tcp_close(q);
    int st;
    REQUIRE(await async_timeout_ms(2000, st = async_task_join(t)) == 0 &&
          await async_timeout_ms(2000, st = async_task_join(u)) == 0);
    x = async_task_result(t, int);
    y = async_task_result(u, int);
    REQUIRE((x == -ECONNRESET || x == -EPIPE) && (y == -ECONNRESET || y == 0));
    async_detach(t);
    async_detach(u);
    async_tcp_close(p);
    async_listener_close(l);
}

static intptr_t slow(void *arg)
{
    usleep(2000);
    return (intptr_t)arg;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int discards;

static int discarded(int more)
{
    pthread_mutex_lock(&lock);
    int now = discards += more;
    pthread_mutex_unlock(&lock);
    return now;
}
static void count_discard(void *arg, intptr_t r)
{
    (void)arg, (void)r;
    discarded(1);
}

static async void blocked(void)
{
    for (int i = 0; i < 30; i++) {
        intptr_t r;
        int w = await async_select(r = async_blocking_owned(slow, NULL, count_discard),
                                   async_sleep_ns((uint64_t)i * 200000));
        if (w == 0)
            discarded(1);
    }
}

static async int holds(struct async_mutex *m, int *in)
{
    await async_mutex_lock(m);
    defer async_mutex_unlock(m);
    REQUIRE(++*in == 1);
    await async_yield();
    --*in;
    return 0;
}

static async int holds_forever(struct async_mutex *m)
{
    await async_mutex_lock(m);
    defer async_mutex_unlock(m);
    await async_sleep_ms(1000000);
    return 0;
}

static async void mutexes(void)
{
    struct async_mutex m = {0};
    int in = 0;
    {
        struct async_group g;
        for (int i = 0; i < 100; i++)
            REQUIRE(async_group_spawn(&g, holds(&m, &in)) == 0);
        await async_yield();
        await async_yield();
    }
    in = 0;
    struct async_task *t = async_spawn(holds_forever(&m));
    await async_yield();
    struct async_group g;
    for (int i = 0; i < 10; i++)
        REQUIRE(async_group_spawn(&g, holds(&m, &in)) == 0);
    await async_yield();
    async_cancel(t);
    async_detach(t);
    REQUIRE(await async_group_wait(&g) == 0);
}

// deep group nesting cancelled from the innermost
static struct async_task *top;
static int depth_dropped;
static async int nest(int d)
{
    defer depth_dropped++;
    struct async_group g;
    if (d == 0) {
        await async_yield();
        async_cancel(top);
        await async_yield();
        return 0;
    }
    REQUIRE(async_group_spawn(&g, nest(d - 1)) == 0);
    return await async_group_wait(&g);
}

static async void nested(void)
{
    top = async_spawn(nest(200));
    REQUIRE(await async_task_join(top) == -ECANCELED && depth_dropped == 201);
    async_detach(top);
}

async int main(void)
{
    await storm();
    puts("storm");
    await flaky_reads();
    puts("flaky");
    await crowds();
    puts("crowds");
    await reset();
    puts("reset");
    await blocked();
    puts("blocked");
    await mutexes();
    puts("mutexes");
    await nested();
    puts("nested");
    async_blocking_stop(); // those that run detached are over
    REQUIRE(discarded(0) == 30);
    struct async_counters c;
    async_counters_get(&c);
    REQUIRE(c.tasks == 1 && c.kept == 0);
    return 0;
}
