// Sleeps of any unit, deadlines and intervals: never early, in the order of their ends.
// blocking: no: it looks at the clock
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdio.h>

#include <asyncc/async.h>

static int early;

static async void sleeper(int n)
{
    await async_sleep_ns((uint64_t)n * 10000000);
    printf("%d ", n);
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

async int main(void)
{
    await async_join(sleeper(3), sleeper(1), sleeper(0), sleeper(4), sleeper(2));
    printf("\n");
    await async_join(waits(0), waits(1), waits(1000), waits(1234567), waits(5000000));
    await ticks(ASYNC_TICKS_BURST);
    await async_join(ticks(ASYNC_TICKS_DELAY), ticks(ASYNC_TICKS_SKIP));
    await busy();

    // An interval whose waits are given up again and again loses no tick.
    struct async_interval interval = async_interval(300000000, ASYNC_TICKS_BURST);
    await async_interval_tick(&interval);
    uint64_t next = interval.next_ns;
    int timeouts = 0;
    while (await async_timeout_ms(1, async_interval_tick(&interval)) != 0)
        timeouts++;
    printf("given up: %s, ticks: %d\n", timeouts ? "yes" : "no",
           (int)((interval.next_ns - next) / 300000000));
    printf("early: %d\n", early);
    return 0;
}
