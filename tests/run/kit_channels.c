// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Channels, broadcasts, watches, and what else tasks share, under the test kit: many orders, each
// task cancelled at each suspension, each allocation failing.
#include <asyncc/channel.h>
#include <asyncc/group.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/test.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>
#include <asyncc/async.h>

// ---- A channel: what is sent is received once, or still in it -------------------------------

struct flow {
    struct async_channel channel;
    int sent, received; // sums
    int last_of[3];     // what came last from each sender
    int senders;        // that are not done
};

static async int produce(struct flow *f, int id)
{
    for (int i = 1; i <= 4; i++) {
        int item = id * 100 + i;
        int rc = await async_channel_send(&f->channel, &item);
        if (rc < 0)
            return rc;
        f->sent += item;
        if (i == 2)
            await async_sleep_ms(1);
    }
    if (--f->senders == 0)
        async_channel_close(&f->channel);
    return 0;
}

static async int consume(struct flow *f)
{
    int item, rc;
    while ((rc = await async_channel_receive(&f->channel, &item)) == 0) {
        f->received += item;
        ASYNC_TEST_CHECK(item % 100 > f->last_of[item / 100]); // in the order of the sender
        f->last_of[item / 100] = item % 100;
        await async_yield();
    }
    return rc == -EPIPE ? 0 : rc;
}

static async int move(struct flow *f)
{
    struct async_group tasks;
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = async_group_spawn(&tasks, produce(f, i));
    for (int i = 0; i < 2 && rc == 0; i++)
        rc = async_group_spawn(&tasks, consume(f));
    if (rc < 0)
        return rc;
    // A cancelled sender does not close.
    int status = await async_timeout_ms(1000, rc = async_group_wait(&tasks));
    return status < 0 ? status : rc;
}

static async int run_flow(struct flow *f)
{
    f->senders = 3;
    int rc = await move(f);
    int item;
    while (async_channel_try_receive(&f->channel, &item) == 0)
        f->received += item;
    ASYNC_TEST_CHECK(f->sent == f->received);
    return rc;
}

static async int test_bounded(void *arg)
{
    (void)arg;
    int room[2];
    struct flow f = {.senders = 3};
    async_channel_init(&f.channel, room, sizeof(int), 2);
    return await run_flow(&f);
}

static async int test_unbounded(void *arg)
{
    (void)arg;
    struct flow f = {.channel = ASYNC_CHANNEL_UNBOUNDED(int)};
    defer async_channel_free(&f.channel);
    return await run_flow(&f);
}

// One item for two receivers: if the one that was woken for it is cancelled, the other one gets it.
static async int consume_one(struct flow *f)
{
    int item = 0;
    int rc = await async_channel_receive(&f->channel, &item);
    f->received += item;
    return rc;
}

static async int test_handing_on(void *arg)
{
    (void)arg;
    int room[2], one = 1;
    struct flow f = {.senders = 1};
    async_channel_init(&f.channel, room, sizeof(int), 2);
    struct async_group tasks;
    if (async_group_spawn(&tasks, consume_one(&f)) < 0 ||
        async_group_spawn(&tasks, consume_one(&f)) < 0)
        return -ENOMEM;
    await async_sleep_ms(1);
    int rc = await async_channel_send(&f.channel, &one);
    await async_sleep_ms(1);
    ASYNC_TEST_CHECK(rc < 0 || f.received == 1);
    return rc;
}

// ---- A broadcast and a watch ----------------------------------------------------------------

static int news[4];
struct announcements {
    struct async_broadcast broadcast;
    struct async_watch watch;
    int heard;
};

static async int hear(struct announcements *a)
{
    struct async_subscriber subscriber;
    async_subscriber_init(&subscriber, &a->broadcast);
    int item, rc;
    while ((rc = await async_subscriber_receive(&subscriber, &item)) >= 0)
        a->heard += item;
    return rc == -EPIPE ? 0 : rc;
}

static async int look(struct announcements *a)
{
    uint64_t seen = 0;
    int rc;
    while ((rc = await async_watch_changed(&a->watch, &seen)) == 0)
        await async_yield();
    return rc == -EPIPE ? 0 : rc;
}

static async int test_announce(void *arg)
{
    (void)arg;
    struct announcements a = {.broadcast = ASYNC_BROADCAST(news)};
    struct async_group tasks;
    for (int i = 0; i < 3; i++)
        if (async_group_spawn(&tasks, hear(&a)) < 0 || async_group_spawn(&tasks, look(&a)) < 0)
            return -ENOMEM;
    await async_sleep_ms(1);
    for (int i = 1; i <= 3; i++) {
        async_broadcast_send(&a.broadcast, &i);
        async_watch_publish(&a.watch);
        await async_sleep_ms(1);
    }
    async_broadcast_close(&a.broadcast);
    async_watch_close(&a.watch);
    int rc = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(a.heard == 18 || async_test_hit());
    return rc;
}

// ---- Barriers, conditions, onces, shields ---------------------------------------------------

struct together {
    struct async_mutex mutex;
    struct async_condition ready;
    struct async_once once;
    struct async_barrier barrier;
    int value, made;
};

static async int make(struct together *t)
{
    if (await async_once_enter(&t->once)) {
        bool done = false;
        defer async_once_leave(&t->once, done);
        await async_sleep_ms(1);
        t->made++;
        done = true;
    }
    return 0;
}

static async int wait_for_value(struct together *t)
{
    (void)await make(t);
    {
        await async_mutex_lock(&t->mutex);
        defer async_mutex_unlock(&t->mutex);
        while (t->value == 0)
            await async_condition_wait(&t->ready);
    }
    return 0;
}

static async int give_value(struct together *t)
{
    (void)await make(t);
    await async_sleep_ms(1);
    t->value = 1;
    async_condition_broadcast(&t->ready);
    return 0;
}

static async int meet(struct together *t)
{
    (void)await async_barrier_wait(&t->barrier);
    await async_yield();
    (void)await async_barrier_wait(&t->barrier);
    return 0;
}

static async int commit(int *done)
{
    await async_sleep_ms(1);
    ++*done;
    return 5;
}

static async int tasks_of(struct together *t)
{
    struct async_group tasks;
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        if ((rc = async_group_spawn(&tasks, wait_for_value(t))) == 0)
            rc = async_group_spawn(&tasks, meet(t));
    if (rc == 0)
        rc = async_group_spawn(&tasks, give_value(t));
    if (rc < 0)
        return rc;
    int status = await async_timeout_ms(1000, rc = async_group_wait(&tasks));
    return status < 0 ? status : rc;
}

static int committed, started; // of the shielded ones, which outlive the test

static async int test_together(void *arg)
{
    (void)arg;
    struct together t = {.value = 0};
    async_barrier_init(&t.barrier, 3);
    int rc = await tasks_of(&t);
    if (rc < 0)
        return rc;
    ASYNC_TEST_CHECK(t.made == 1 || async_test_hit());
    struct async_task *task = async_spawn(commit(&committed));
    if (!task)
        return -ENOMEM;
    started++;
    int result = 0;
    rc = await async_shield(task, &result);
    ASYNC_TEST_CHECK(rc < 0 || result == 5);
    return rc;
}

// ---- Everything -----------------------------------------------------------------------------

static int failures;

static void explore(const char *name, async_test_fn test)
{
    struct async_test_options options = {.name = name, .seeds = 50};
    int rc = async_test_explore(test, NULL, ASYNC_TEST_ALL, &options);
    printf("%s: %d, shielded ones left: %d\n", name, rc, started - committed);
    failures += rc != 0;
    for (options.seed = 1; options.seed < 4; options.seed++) {
        options.cancel_task = "*";
        options.shuffle = true;
        rc = async_test_explore(test, NULL, ASYNC_TEST_CANCEL, &options);
        failures += rc != 0;
    }
}

int main(void)
{
    explore("bounded", test_bounded);
    explore("unbounded", test_unbounded);
    explore("handing on", test_handing_on);
    explore("announce", test_announce);
    explore("together", test_together);
    return failures != 0;
}
