// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// asyncc: -Wno-local-to-task
// Groups under the test kit: limits, the first failure, cancelling from within, waits for room.
// And what waits for tasks in other ways: join_all, race, shield, select and timeout over I/O.
#include "kit.h"
#include <asyncc/group.h>
#include <asyncc/pipe.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <string.h>
#include <asyncc/async.h>

// ---- Limits and room ------------------------------------------------------------------------

enum {
    LIMIT = 3,
    WORKERS = 8
};

struct work {
    struct async_group *group;
    int running, most, begun, ended; // ended: finished or cancelled
    int order[2 * WORKERS];          // in which they began
};

static void stop_running(struct work *w)
{
    w->running--;
    w->ended++;
}

static async int work(struct work *w, int id)
{
    w->order[w->begun++] = id;
    if (++w->running > w->most)
        w->most = w->running;
    defer stop_running(w);
    await async_sleep_ms((uint64_t)(1 + id % 3));
    return 0;
}

// Spawned all at once: the group holds them back.
static async int test_limit(void *arg)
{
    (void)arg;
    struct work w = {0};
    int rc = 0;
    {
        struct async_group tasks;
        async_group_limit(&tasks, LIMIT);
        for (int i = 0; i < WORKERS && rc == 0; i++)
            rc = async_group_spawn(&tasks, work(&w, i));
        if (rc < 0)
            return rc;
        ASYNC_TEST_CHECK(async_group_count(&tasks) == WORKERS && w.begun == 0);
        rc = await async_group_wait(&tasks);
        ASYNC_TEST_CHECK(async_group_count(&tasks) == 0);
    }
    ASYNC_TEST_CHECK(w.running == 0 && w.most == (async_test_hit() && w.most ? w.most : LIMIT));
    ASYNC_TEST_CHECK(w.most <= LIMIT && w.begun == w.ended);
    ASYNC_TEST_CHECK(async_test_hit() || w.begun == WORKERS);
    return rc;
}

// Two who spawn as there is room, and one who only waits for it and may be dropped in between.
static async int feed(struct work *w)
{
    for (int i = 0; i < WORKERS; i++) {
        int rc = await async_group_room(w->group);
        // Room was seen in this turn, so one begins at once.
        ASYNC_TEST_CHECK(rc == 0 && async_group_count(w->group) < LIMIT);
        if (rc == 0)
            rc = async_group_spawn(w->group, work(w, i));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static async int only_look(struct work *w)
{
    for (int i = 0; i < 5; i++) {
        int rc = 0;
        (void)await async_timeout_ms(1, rc = async_group_room(w->group));
        if (rc < 0)
            return rc;
        await async_yield();
    }
    return 0;
}

static async int test_room(void *arg)
{
    (void)arg;
    struct work w = {0};
    struct async_group tasks;
    async_group_limit(&tasks, LIMIT);
    w.group = &tasks;
    struct async_group feeders;
    int rc;
    if ((rc = async_group_spawn(&feeders, feed(&w))) < 0 ||
        (rc = async_group_spawn(&feeders, only_look(&w))) < 0 ||
        (rc = async_group_spawn(&feeders, feed(&w))) < 0)
        return rc;
    rc = await async_group_wait(&feeders);
    int worked = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(w.running == 0 && w.most <= LIMIT && w.begun == w.ended);
    ASYNC_TEST_CHECK(async_test_hit() || (w.begun == 2 * WORKERS && w.most == LIMIT));
    ASYNC_TEST_CHECK(!tasks.for_room.first && !tasks.waiting.first);
    return rc < 0 ? rc : worked;
}

// ---- Failures and cancelling from within ----------------------------------------------------

static async int fail_after(uint64_t ms, int error)
{
    await async_sleep_ms(ms);
    return error;
}

static async int stay(struct work *w)
{
    w->begun++;
    w->running++;
    defer stop_running(w);
    await async_sleep_ms(3600000);
    return 0;
}

static async int cancel_from_within(struct work *w)
{
    w->begun++;
    w->running++;
    defer stop_running(w);
    await async_sleep_ms(2);
    async_group_cancel(w->group);
    // It is cancelled as well, when its poll returns.
    ASYNC_TEST_CHECK(w->running == 1 || async_test_hit());
    ASYNC_TEST_CHECK(async_group_spawn(w->group, stay(w)) == -ECANCELED);
    await async_sleep_ms(1);
    ASYNC_TEST_CHECK(!"runs on after it was cancelled");
    return 0;
}

// All of them end with the first failure, which is what the wait says.
static async int test_fail_fast(void *arg)
{
    (void)arg;
    struct work w = {0};
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    async_group_limit(&tasks, 5);
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = async_group_spawn(&tasks, stay(&w));
    if (rc < 0 || (rc = async_group_spawn(&tasks, fail_after(60000, -EDOM))) < 0 ||
        (rc = async_group_spawn(&tasks, fail_after(2, -ERANGE))) < 0 ||
        (rc = async_group_spawn(&tasks, stay(&w))) < 0) // held back, and never begins
        return rc;
    uint64_t before = async_now_ns();
    int status = await async_timeout_ms(7200000, rc = async_group_wait(&tasks));
    ASYNC_TEST_CHECK(status == 0 && w.running == 0);
    if (!async_test_hit()) {
        ASYNC_TEST_CHECK(rc == -ERANGE && w.begun == 3 && w.ended == 3);
        ASYNC_TEST_CHECK(async_now_ns() - before < UINT64_C(1000000000) * 3600);
    }
    // And it can be used again.
    if ((rc = async_group_spawn(&tasks, fail_after(1, -EDOM))) < 0)
        return rc;
    rc = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(rc == -EDOM || async_test_hit());
    return rc == -EDOM ? 0 : rc;
}

static async int test_cancel(void *arg)
{
    (void)arg;
    struct work w = {0};
    struct async_group tasks;
    w.group = &tasks;
    int rc;
    if ((rc = async_group_spawn(&tasks, stay(&w))) < 0 ||
        (rc = async_group_spawn(&tasks, cancel_from_within(&w))) < 0 ||
        (rc = async_group_spawn(&tasks, stay(&w))) < 0)
        return rc;
    int status = await async_timeout_ms(60000, rc = async_group_wait(&tasks));
    ASYNC_TEST_CHECK((status == 0 && rc == 0 && w.ended == 3) || async_test_hit());
    return status < 0 ? status : rc;
}

// ---- Joins, races, shields ------------------------------------------------------------------

static int shielded, finished; // over all runs: those that began, and those that came to their end

static async int commit(void)
{
    shielded++;
    await async_sleep_ms(3);
    finished++;
    return 5;
}

struct racers {
    struct async_task *tasks[4];
};

static void end_racers(struct racers *r)
{
    for (int i = 0; i < 4; i++) {
        async_cancel(r->tasks[i]);
        async_detach(r->tasks[i]);
    }
}

// 1 ms is won by the third, then the first and the second, and the last is cancelled.
static async int race(struct racers *r)
{
    struct async_task *left[4];
    struct async_task_join_future waits[4];
    memcpy(left, r->tasks, sizeof left);
    static const int order[] = {2, 0, 1, 3};
    for (int i = 0; i < 4; i++) {
        int first = -1;
        // Given up, and raced again.
        while (await async_timeout_ms(2, first = async_task_race(left, waits, 4)) == -ETIMEDOUT)
            ;
        if (first < 0)
            return -EINVAL;
        ASYNC_TEST_CHECK(async_task_done(left[first]));
        ASYNC_TEST_CHECK(first == order[i] || async_test_hit());
        left[first] = NULL;
        if (i == 2)
            async_cancel(r->tasks[3]);
    }
    int none = await async_task_race(left, waits, 4);
    ASYNC_TEST_CHECK(none == -EINVAL);
    return 0;
}

static async int test_race(void *arg)
{
    (void)arg;
    static const uint64_t ms[] = {5, 15, 1, 3600000};
    struct racers r = {{NULL}};
    defer end_racers(&r);
    for (int i = 0; i < 4; i++)
        if (!(r.tasks[i] = async_spawn(fail_after(ms[i], i))))
            return -ENOMEM;
    int raced = 0, joined = 0;
    await async_join(raced = race(&r), joined = async_task_join_all(r.tasks, 4));
    for (int i = 0; i < 4; i++)
        ASYNC_TEST_CHECK(async_task_done(r.tasks[i]));
    ASYNC_TEST_CHECK(joined == -ECANCELED || async_test_hit());
    struct async_task *some[2] = {r.tasks[0], NULL};
    int missing = await async_task_join_all(some, 2);
    ASYNC_TEST_CHECK(missing == -ENOMEM || async_test_hit());
    return raced;
}

static async int test_shield(void *arg)
{
    (void)arg;
    int before = shielded - finished, result = 0;
    struct async_task *task = async_spawn(commit());
    if (!task)
        return -ENOMEM;
    int rc = 0;
    int status = await async_timeout_ms(1, rc = async_shield(task, &result)); // it runs on
    ASYNC_TEST_CHECK(status == -ETIMEDOUT || async_test_hit());
    rc = await async_shield(async_spawn(commit()), &result);
    ASYNC_TEST_CHECK((rc == 0 && result == 5) || async_test_hit());
    ASYNC_TEST_CHECK(shielded - finished == before || async_test_hit());
    return rc;
}

// ---- Select and timeout over I/O ------------------------------------------------------------

// Two pipes: what the losing read was waiting for is still there for the next one.
struct pipes {
    struct async_stream *in[2], *out[2];
};

static void close_pipes(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        async_stream_close(p->in[i]);
        async_stream_close(p->out[i]);
    }
}

static void close_ends(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        async_stream_close(p->out[i]);
        p->out[i] = NULL;
    }
}

static async int feed_pipes(struct pipes *p)
{
    defer close_ends(p);
    for (char c = 'a'; c <= 'j'; c++) {
        ssize_t n = await async_stream_write_all(p->out[c % 2], &c, 1);
        if (n < 0)
            return (int)n;
        if (c % 3 == 0)
            await async_sleep_ms(2);
    }
    return 0;
}

static async int select_pipes(struct pipes *p)
{
    char next[2] = {'b', 'a'}; // the even ones, and the odd ones
    bool open[2] = {true, true};
    while (open[0] || open[1]) {
        char c[2] = "";
        ssize_t n[2] = {-EAGAIN, -EAGAIN};
        int which = -1;
        if (open[0] && open[1])
            which = await async_select(n[0] = async_stream_read(p->in[0], &c[0], 1),
                                       n[1] = async_stream_read(p->in[1], &c[1], 1),
                                       async_sleep_ms(1));
        else
            which = open[0] ? 0 : 1, n[which] = await async_stream_read(p->in[which], &c[which], 1);
        if (which == 2)
            continue;
        if (n[which] < 0)
            return (int)n[which];
        if (n[which] == 0) {
            open[which] = false;
            continue;
        }
        ASYNC_TEST_CHECK(c[which] == next[which]);
        next[which] = (char)(c[which] + 2);
    }
    ASYNC_TEST_CHECK((next[0] == 'l' && next[1] == 'k') || async_test_hit());
    return 0;
}

static async int use_pipes(struct pipes *p)
{
    int fed = 0, selected = 0;
    await async_join(fed = feed_pipes(p), selected = select_pipes(p));
    return fed < 0 ? fed : selected;
}

static async int test_select(void *arg)
{
    (void)arg;
    struct pipes p = {{NULL}, {NULL}};
    defer close_pipes(&p);
    int rc = async_pipe(&p.in[0], &p.out[0]);
    if (rc < 0 || (rc = async_pipe(&p.in[1], &p.out[1])) < 0)
        return rc;
    int status = await async_timeout_ms(1000, rc = use_pipes(&p));
    return status < 0 ? status : rc;
}

// ---- Everything -----------------------------------------------------------------------------

int main(void)
{
    kit_explore("limit", test_limit, 20, ASYNC_TEST_SEEDS);
    kit_explore("room", test_room, 20, ASYNC_TEST_SEEDS);
    kit_explore("fail fast", test_fail_fast, 20, ASYNC_TEST_SEEDS);
    kit_explore("cancel", test_cancel, 20, ASYNC_TEST_SEEDS);
    // Who comes first, on a busy machine?
    kit_simulate("race", test_race, 20);
    kit_simulate("shield", test_shield, 20);
    kit_explore("select", test_select, 20, ASYNC_TEST_CANCEL | ASYNC_TEST_CALL);
    return kit_failures != 0;
}
