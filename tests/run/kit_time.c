// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Time under the test kit: sleeps and deadlines end when they should, intervals keep their
// schedules when ticks are missed, and a wait that is given up leaves its interval as it was. On a
// virtual clock to the nanosecond, on the kernel's never early.
#include "kit.h"
#include <asyncc/group.h>
#include <asyncc/time.h>
#include <string.h>
#include <asyncc/async.h>

enum {
    MS = 1000000, // ns
    TICKS = 12
};

static bool virtual_time;

// `end` is when a wait for `due` was over.
static void check_end(uint64_t due, uint64_t end)
{
    ASYNC_TEST_CHECK(virtual_time ? end == due : end >= due);
}

// ---- Sleeps ---------------------------------------------------------------------------------

static async int sleep_for(uint64_t ns)
{
    uint64_t begin = async_now_ns();
    await async_sleep_ns(ns);
    check_end(begin + ns, async_now_ns());
    await async_sleep_until_ns(begin); // it is over
    check_end(begin + ns, async_now_ns());
    await async_sleep_until_ns(begin + 2 * ns + 1);
    check_end(begin + 2 * ns + 1, async_now_ns());
    return 0;
}

static async int give_up(uint64_t ms)
{
    uint64_t begin = async_now_ns();
    int status = await async_timeout_ms(ms, async_sleep_ms(ms + 1));
    ASYNC_TEST_CHECK(status == -ETIMEDOUT || async_test_hit() || !virtual_time);
    check_end(begin + ms * MS, status < 0 ? async_now_ns() : begin + ms * MS);
    begin = async_now_ns();
    int first = await async_select(async_sleep_ns(UINT64_MAX), async_sleep_ms(ms),
                                   async_sleep_until_ns(UINT64_MAX));
    ASYNC_TEST_CHECK(first == 1);
    check_end(begin + ms * MS, async_now_ns());
    return 0;
}

static async int test_sleeps(void *arg)
{
    (void)arg;
    struct async_group tasks;
    int rc = 0;
    for (int i = 0; i < 4 && rc == 0; i++)
        if ((rc = async_group_spawn(&tasks, sleep_for((uint64_t)i * i * 70000 + 1))) == 0)
            rc = async_group_spawn(&tasks, give_up((uint64_t)i));
    return rc < 0 ? rc : await async_group_wait(&tasks);
}

// ---- Intervals ------------------------------------------------------------------------------

struct schedule {
    uint64_t period, next; // when the next tick is due, by the rules of time.h
    enum async_ticks missed;
};

// A tick ended now: how many further ones were due?
static uint64_t advance(struct schedule *s, uint64_t now)
{
    uint64_t missed = (now - s->next) / s->period;
    s->next = s->missed == ASYNC_TICKS_BURST   ? s->next + s->period
              : s->missed == ASYNC_TICKS_DELAY ? (missed ? now : s->next) + s->period
                                               : s->next + (missed + 1) * s->period;
    return missed;
}

// Works for longer and longer between the ticks, at first less than a period and then several.
static async int tick(enum async_ticks missed, bool impatient)
{
    struct async_interval interval = async_interval(3 * MS, missed);
    struct schedule s = {3 * MS, async_now_ns(), missed};
    interval.next_ns = s.next += 2 * MS;
    for (int i = 0; i < TICKS; i++) {
        uint64_t late = 0;
        if (impatient) {
            int status;
            struct async_interval before = interval;
            while ((status = await async_timeout_ms(
                        1, late = async_interval_tick(&interval))) == -ETIMEDOUT)
                ASYNC_TEST_CHECK(interval.next_ns == before.next_ns);
            if (status < 0)
                return status;
        } else {
            late = await async_interval_tick(&interval);
        }
        uint64_t now = async_now_ns();
        ASYNC_TEST_CHECK(now >= s.next);
        if (!virtual_time) // it is later by now than when the tick ended
            continue;
        uint64_t expected = advance(&s, now);
        ASYNC_TEST_CHECK(late == expected && interval.next_ns == s.next);
        async_test_elapse((uint64_t)(i % 5) * 2 * MS + (uint64_t)i);
    }
    return 0;
}

static async int test_intervals(void *arg)
{
    (void)arg;
    for (int missed = ASYNC_TICKS_BURST; missed <= ASYNC_TICKS_SKIP; missed++) {
        int rc = await tick((enum async_ticks)missed, false);
        if (rc == 0)
            rc = await tick((enum async_ticks)missed, true);
        if (rc < 0)
            return rc;
    }
    return 0;
}

// Several at once: no tick comes before its time, also while others work.
static async int keep_time(uint64_t period)
{
    struct async_interval interval = async_interval(period, ASYNC_TICKS_BURST);
    uint64_t begin = 0;
    for (uint64_t i = 0; i < 6; i++) {
        uint64_t late = await async_interval_tick(&interval);
        uint64_t now = async_now_ns();
        if (i == 0)
            begin = interval.next_ns - period;
        ASYNC_TEST_CHECK(now >= begin + i * period);
        ASYNC_TEST_CHECK(late <= (now - begin) / period);
        ASYNC_TEST_CHECK(interval.next_ns == begin + (i + 1) * period);
        if (virtual_time)
            async_test_elapse(period / 3);
    }
    return 0;
}

static async int test_together(void *arg)
{
    (void)arg;
    struct async_group tasks;
    int rc = 0;
    for (uint64_t i = 0; i < 4 && rc == 0; i++)
        rc = async_group_spawn(&tasks, keep_time(MS + i * 300001));
    return rc < 0 ? rc : await async_group_wait(&tasks);
}

// ---- Everything -----------------------------------------------------------------------------

static void explore(const char *name, async_test_fn test)
{
    static const char *const reactors[] = {"epoll", "io_uring"};
    virtual_time = true;
    kit_simulate(name, test, 20);
    virtual_time = false;
    for (int i = 0; i < 2; i++) {
        struct async_test_options options = {.name = name, .reactor = reactors[i], .seeds = 1};
        kit_try(name, test, NULL, ASYNC_TEST_SEEDS, &options);
    }
}

int main(void)
{
    explore("sleeps", test_sleeps);
    explore("intervals", test_intervals);
    explore("together", test_together);
    return kit_failures != 0;
}
