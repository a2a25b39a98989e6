// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Local values and names of tasks, and news that several tasks hear, under the test kit: each value
// that was made is destroyed once, and nothing is heard twice or out of order.
#include "kit.h"
#include <asyncc/channel.h>
#include <asyncc/group.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdlib.h>
#include <string.h>
#include <asyncc/async.h>

// ---- Local values ---------------------------------------------------------------------------

static int alive; // values

static void *make_value(int number)
{
    int *value = malloc(sizeof *value);
    if (value) {
        *value = number;
        alive++;
    }
    return value;
}

static void end_value(void *value)
{
    alive--;
    free(value);
}

static void *copy_value(void *value)
{
    return make_value(*(int *)value + 1);
}

static const struct async_task_key inherited = {.destroy = end_value, .inherit = copy_value};
static const struct async_task_key own = {.destroy = end_value};

// In case of an error the value is still ours.
static int set_value(const struct async_task_key *key, int number)
{
    void *value = make_value(number);
    int rc = value ? async_task_local_set(key, value) : -ENOMEM;
    if (rc < 0 && value)
        end_value(value);
    return rc;
}

static int get_value(const struct async_task_key *key)
{
    int *value = async_task_local_get(key);
    return value ? *value : -1;
}

static async int use_values(int depth)
{
    char name[10];
    snprintf(name, sizeof name, "depth %d", depth);
    int rc = async_task_set_name(NULL, name);
    if (rc < 0)
        return rc;
    ASYNC_TEST_CHECK(get_value(&inherited) == 10 + depth && get_value(&own) == -1);
    if ((rc = set_value(&own, depth)) < 0 || (rc = set_value(&own, depth + 100)) < 0)
        return rc;
    struct async_group tasks;
    if (depth < 3 && ((rc = async_group_spawn(&tasks, use_values(depth + 1))) < 0 ||
                      (rc = async_group_spawn(&tasks, use_values(depth + 1))) < 0))
        return rc;
    await async_sleep_ms(1);
    ASYNC_TEST_CHECK(strcmp(async_task_name(async_task_current()), name) == 0);
    ASYNC_TEST_CHECK(get_value(&own) == depth + 100);
    async_task_local_set(&own, NULL);
    ASYNC_TEST_CHECK(get_value(&own) == -1 && get_value(&inherited) == 10 + depth);
    return await async_group_wait(&tasks);
}

static async int test_values(void *arg)
{
    (void)arg;
    ASYNC_TEST_CHECK(alive == 0); // of the run before
    int rc = set_value(&inherited, 10);
    if (rc < 0)
        return rc;
    struct async_group tasks;
    rc = async_group_spawn(&tasks, use_values(1));
    if (rc == 0)
        rc = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(alive == 1); // ours
    return rc;
}

// ---- News: broadcasts with slow listeners, and watches --------------------------------------

enum {
    ITEMS = 12
};

static int items[4];

struct news {
    struct async_broadcast broadcast;
    struct async_watch watch;
    int last; // of the watch's value
};

// Gives each wait up now and then. What it hears and what it is told it missed is all there was.
static async int hear(struct news *n, uint64_t pause_ms)
{
    struct async_subscriber subscriber;
    async_subscriber_init(&subscriber, &n->broadcast);
    int next = 0, item = -1;
    for (;;) {
        int missed = 0;
        int status = await async_timeout_ms(1, missed = async_subscriber_receive(&subscriber, &item));
        if (status == -ETIMEDOUT)
            continue;
        if (missed == -EPIPE)
            break;
        if (status < 0 || missed < 0)
            return status < 0 ? status : missed;
        ASYNC_TEST_CHECK(item == next + missed && (missed == 0 || pause_ms > 1));
        next = item + 1;
        if (pause_ms)
            await async_sleep_ms(pause_ms);
    }
    ASYNC_TEST_CHECK(next == n->last);
    return 0;
}

static async int look(struct news *n)
{
    uint64_t seen = 0, before;
    int rc = 0;
    do {
        before = seen;
        int status = await async_timeout_ms(1, rc = async_watch_changed(&n->watch, &seen));
        ASYNC_TEST_CHECK(seen == before || (status == 0 && rc == 0 && seen == n->watch.version));
        if (status < 0 && status != -ETIMEDOUT)
            return status;
    } while (rc != -EPIPE);
    ASYNC_TEST_CHECK(seen == n->watch.version); // the last change was told
    return 0;
}

static async int tell(struct news *n)
{
    await async_sleep_ms(3);
    for (; n->last < ITEMS; n->last++) {
        async_broadcast_send(&n->broadcast, &n->last);
        async_watch_publish(&n->watch);
        if (n->last % 3 == 2)
            await async_sleep_ms(5);
    }
    return 0;
}

static async int test_news(void *arg)
{
    (void)arg;
    struct news n = {.broadcast = ASYNC_BROADCAST(items)};
    struct async_group tasks;
    int rc;
    if ((rc = async_group_spawn(&tasks, hear(&n, 0))) < 0 ||
        (rc = async_group_spawn(&tasks, hear(&n, 1))) < 0 ||
        (rc = async_group_spawn(&tasks, hear(&n, 7))) < 0 ||
        (rc = async_group_spawn(&tasks, look(&n))) < 0)
        return rc;
    await async_sleep_ms(1);
    rc = await tell(&n);
    async_broadcast_close(&n.broadcast);
    async_watch_close(&n.watch);
    return rc < 0 ? rc : await async_group_wait(&tasks);
}

int main(void)
{
    kit_explore("values", test_values, 20, ASYNC_TEST_ALL);
    kit_simulate("news", test_news, 20);
    return kit_failures != 0 || alive != 0;
}
