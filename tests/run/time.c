// Sleeps of any unit, deadlines and intervals: never early, in the order of their ends.
// blocking: no: it looks at the clock
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <asyncc/async.h>

static int early;

static async void sleeper(int n)
{
    await async_sleep_ns((uint64_t)n * 10000000);
    printf("%d ", n);
}

// Each in a task of its own: tasks go on in the order in which their sleeps end, also when several
// have ended before anybody looks. The members of a join would then go on as they are written.
static async void sleepers(void)
{
    static const int lengths[] = {3, 1, 0, 4, 2};
    struct async_task *tasks[5];
    for (int i = 0; i < 5; i++)
        tasks[i] = async_spawn(sleeper(lengths[i]));
    for (int i = 0; i < 5; i++) {
        (void)await async_task_join(tasks[i]);
        async_detach(tasks[i]);
    }
    printf("\n");
}

static async void waits(uint64_t ns)
{
    uint64_t start = async_now_ns();
    await async_sleep_ns(ns);
    early += async_now_ns() < start + ns;

    start = async_now_ns();
    await async_sleep_until_ns(start + ns);
    early += async_now_ns() < start + ns;

    start = async_now_ns();
    await async_sleep_ms(ns / 1000000);
    early += async_now_ns() < start + ns / 1000000 * 1000000;
}

// Ticks are due at equal distances, so `ticks` of them cannot be over before that.
static async void ticks(enum async_ticks missed)
{
    uint64_t start = async_now_ns();
    struct async_interval interval = async_interval(500000, missed);
    uint64_t left_out = 0;
    for (int i = 0; i < 6; i++)
        left_out += await async_interval_tick(&interval);
    early += async_now_ns() < start + 5 * 500000;
    (void)left_out; // what the machine does meanwhile decides
}

static async void busy(void)
{
    struct async_interval interval = async_interval(1000000, ASYNC_TICKS_SKIP);
    await async_interval_tick(&interval);
    uint64_t due = interval.next_ns;
    while (async_now_ns() < due + 3 * 1000000)
        ;
    uint64_t missed = await async_interval_tick(&interval);
    printf("missed: %s\n", missed >= 3 ? "at least 3" : "too few");
    printf("schedule: %s\n", (interval.next_ns - due) % 1000000 == 0 ? "kept" : "lost");
}

// An interval whose waits are given up again and again loses no tick.
static async void given_up(void)
{
    const uint64_t hour = UINT64_C(3600000000000); // so that nothing is due on a busy machine
    struct async_interval interval = async_interval(hour, ASYNC_TICKS_BURST);
    (void)await async_interval_tick(&interval);
    uint64_t next = interval.next_ns;
    int timeouts = 0;
    for (int i = 0; i < 100; i++)
        timeouts += await async_timeout_ms(1, async_interval_tick(&interval)) == -ETIMEDOUT;
    bool kept = interval.next_ns == next;
    interval.next_ns -= hour; // as if it had passed
    (void)await async_interval_tick(&interval);
    printf("given up: %d, kept: %s, then: %s\n", timeouts, kept ? "yes" : "no",
           interval.next_ns == next ? "one tick" : "?");
}

async int main(void)
{
    await sleepers();
    await async_join(waits(0), waits(1), waits(1000), waits(1234567), waits(5000000));
    await ticks(ASYNC_TICKS_BURST);
    await async_join(ticks(ASYNC_TICKS_DELAY), ticks(ASYNC_TICKS_SKIP));
    await busy();
    await given_up();
    printf("early: %d\n", early);
    return 0;
}
