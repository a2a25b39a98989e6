// runtime_timer.c - the timer wheel against a simple model, in virtual time; and async_sleep_ms in
// real time.
#define _GNU_SOURCE
#include "runtime_support.h"

#include "../../runtime/timer.h"

#include <time.h>

enum {
    TIMERS = 2000
};

static struct timer_wheel wheel;
static struct async_timer timers[TIMERS];
static uint64_t due_ns[TIMERS]; // model: not before this
static uint64_t now_ns;
static int fired[TIMERS], fired_count, clones;
static uint64_t last_due;

static void keep(void *data)
{
    (void)data;
    clones++;
}

static void lose(void *data)
{
    (void)data;
    clones--;
}

static void on_fire(void *data)
{
    struct async_timer *timer = data;
    long i = timer - timers;
    assert_true(timer->when == ASYNC_TIMER_FIRED);
    assert_true(now_ns >= due_ns[i]);
    fired[i]++;
    fired_count++;
    assert_true(due_ns[i] / 1000000 + 1 >= last_due / 1000000); // in order, to the tick
    last_due = due_ns[i];
}

static const struct async_waker_ops ops = {keep, on_fire, lose};

static void arm(int i, uint64_t ms)
{
    timers[i].when = ms;
    timers[i].waker = (struct async_waker){&timers[i], &ops};
    async_waker_clone(&timers[i].waker);
    fired[i] = 0;
    due_ns[i] = ms > UINT64_MAX / 1000000 - now_ns / 1000000 - 1 ? UINT64_MAX : now_ns + ms * 1000000;
    timer_arm(&wheel, &timers[i]);
}

static uint64_t seed = 1;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void advance(uint64_t ns)
{
    now_ns = ns;
    last_due = 0;
    timer_wheel_advance(&wheel, now_ns);
}

// Sleeps as the executor does: to the next event, until nothing is left.
static void run_out(void)
{
    advance(now_ns);
    uint64_t next;
    while ((next = timer_wheel_next(&wheel)) != TIMER_NEVER) {
        assert_true(next > now_ns);
        uint64_t before = now_ns;
        int count = fired_count;
        advance(next);
        for (int i = 0; fired_count > count && i < TIMERS; i++)
            if (timers[i].link.next)
                assert_true(due_ns[i] > before);
    }
}

static void reset(void)
{
    memset(&wheel, 0, sizeof wheel);
    memset(timers, 0, sizeof timers);
    fired_count = 0;
    clones = 0;
}

static void fires_at_the_right_tick(void **unused)
{
    (void)unused;
    reset();
    now_ns = 123456789;
    advance(now_ns);
    static const uint64_t waits[] = {1,          2,          3,          255,      256,
                                     257,        511,        512,        65535,    65536,
                                     65537,      1000000,    16777215,   16777216, 4294967295,
                                     4294967296, 4294967297, 20000000000};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        arm(0, waits[i]);
        advance(now_ns);
        uint64_t start = now_ns;
        run_out();
        assert_int_equal(fired[0], 1);
        assert_true(now_ns >= start + waits[i] * 1000000);
        assert_true(now_ns <= start + (waits[i] + 1) * 1000000);
    }
    assert_int_equal(clones, 0);
}

static void agrees_with_a_model(void **unused)
{
    (void)unused;
    for (int round = 0; round < 30; round++) {
        reset();
        now_ns = next_random() % 1000000000000;
        for (int step = 0; step < 4000; step++) {
            int i = (int)(next_random() % TIMERS);
            if (timers[i].link.next) {
                if (next_random() % 2) {
                    timer_disarm(&timers[i]);
                    due_ns[i] = UINT64_MAX;
                }
            } else {
                arm(i, 1 + next_random() % (UINT64_C(1) << (next_random() % 34)));
            }
            if (next_random() % 4 == 0)
                advance(now_ns);
            if (next_random() % 64 == 0) {
                advance(now_ns); // the model's time of the fresh ones runs from here
                advance(now_ns + next_random() % (UINT64_C(1) << (next_random() % 46)));
                for (int k = 0; k < TIMERS; k++)
                    if (timers[k].link.next)
                        assert_true(due_ns[k] + 1000000 > now_ns);
            }
        }
        run_out();
        for (int i = 0; i < TIMERS; i++)
            assert_null(timers[i].link.next);
        assert_int_equal(clones, 0);
        assert_false(timer_wheel_busy(&wheel));
    }
}

static void the_longest_wait_never_ends(void **unused)
{
    (void)unused;
    reset();
    now_ns = 5000000000;
    arm(0, ASYNC_TIMER_FIRED - 1);
    advance(now_ns);
    for (int i = 0; i < 100; i++)
        advance(now_ns + (UINT64_C(1) << 50));
    assert_int_equal(fired[0], 0);
    timer_disarm(&timers[0]);
    assert_int_equal(timer_wheel_next(&wheel), TIMER_NEVER);
    assert_int_equal(clones, 0);
}

// ---- async_sleep_ms -----------------------------------------------------------------------------

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);

static void sleeps_long_enough(void **unused)
{
    (void)unused;
    for (uint64_t ms = 0; ms < 40; ms = ms * 2 + 1) {
        struct async_sleep_ms_future f;
        async_sleep_ms_future_init(&f, ms);
        uint64_t start = clock_ms();
        async_block_on_future(&async_sleep_ms_future_type, &f);
        assert_true(clock_ms() - start >= ms);
        assert_true(clock_ms() - start <= ms + 30);
    }
    async_executor_close();
}

static void many_sleepers(void **unused)
{
    (void)unused;
    enum {
        MANY = 50000
    };
    struct async_task **tasks = malloc(MANY * sizeof *tasks);
    for (int i = 0; i < MANY; i++) {
        struct async_sleep_ms_future *f = async_task_new(&async_sleep_ms_future_type);
        async_sleep_ms_future_init(f, (uint64_t)(i * 7919 % 100));
        tasks[i] = async_task_start(f);
    }
    for (int i = 0; i < MANY; i += 3)
        async_cancel(tasks[i]);
    struct async_sleep_ms_future f;
    async_sleep_ms_future_init(&f, 300);
    async_block_on_future(&async_sleep_ms_future_type, &f);
    for (int i = 0; i < MANY; i++)
        assert_true(async_task_done(tasks[i]));
    // Now some that are cancelled while they sleep, and some that the end finds asleep.
    struct async_task *asleep[3];
    for (int i = 0; i < 3; i++) {
        struct async_sleep_ms_future *s = async_task_new(&async_sleep_ms_future_type);
        async_sleep_ms_future_init(s, UINT64_MAX);
        asleep[i] = async_task_start(s);
    }
    async_sleep_ms_future_init(&f, 5);
    async_block_on_future(&async_sleep_ms_future_type, &f);
    async_cancel(asleep[1]);
    async_sleep_ms_future_init(&f, 5);
    async_block_on_future(&async_sleep_ms_future_type, &f);
    assert_false(async_task_done(asleep[0]));
    free(tasks);
    async_executor_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_at_the_right_tick),
        cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(the_longest_wait_never_ends),
        cmocka_unit_test(sleeps_long_enough),
        cmocka_unit_test(many_sleepers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
