// runtime_timer.c - the timer wheel against a simple model, in virtual time; the waits of time.h on
// a clock of the test's, and in real time.
#define _GNU_SOURCE
#include "runtime_support.h"

#include "../../runtime/executor.h"

#include <time.h>

enum {
    TIMERS = 2000
};

static struct timer_wheel wheel;
static struct async_timer timers[TIMERS];
static uint64_t due_ns[TIMERS]; // model: not before this
static uint64_t now_ns;
static uint64_t tick_ns; // of the wheel
static int fired[TIMERS], fired_count, clones;
static bool wakes_look; // at the wheel, as async_executor_timeout_ns does
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
    assert_null(timer->link.next);
    assert_true(now_ns >= due_ns[i]);
    fired[i]++;
    fired_count++;
    assert_true(due_ns[i] / tick_ns + 1 >= last_due / tick_ns); // in order, to the tick
    last_due = due_ns[i];
    if (wakes_look)
        timer_wheel_advance(&wheel, now_ns);
}

static const struct async_waker_ops ops = {.clone = keep, .wake = on_fire, .drop = lose};

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

static void prepare(int i, uint64_t when)
{
    async_timer_init(&timers[i], when);
    fired[i] = 0;
}

static void hold_waker(int i)
{
    struct async_waker waker = {&timers[i], &ops};
    timers[i].waker = async_waker_clone(&waker);
}

static void arm(int i, uint64_t ns)
{
    prepare(i, ns);
    due_ns[i] = sum(now_ns, ns);
    hold_waker(i);
    timer_arm(&wheel, &timers[i]);
}

static bool arm_at(int i, uint64_t deadline)
{
    prepare(i, deadline);
    due_ns[i] = deadline;
    if (!timer_arm_at(&wheel, &timers[i]))
        return false;
    hold_waker(i);
    return true;
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

static void reset(bool exact)
{
    memset(&wheel, 0, sizeof wheel);
    memset(timers, 0, sizeof timers);
    wheel.exact = exact;
    tick_ns = exact ? 1 : 1 << TIMER_TICK_SHIFT;
    fired_count = 0;
    clones = 0;
}

// The lengths around the borders of the levels, in ticks and in nanoseconds.
static void fires_at_the_right_tick(bool exact)
{
    reset(exact);
    now_ns = 123456789;
    advance(now_ns);
    for (int bits = 0; bits < 56; bits++) {
        for (int near = -1; near <= 1; near++) {
            uint64_t wait = (UINT64_C(1) << bits) + (uint64_t)(int64_t)near;
            if (wait == 0)
                continue;
            uint64_t start = now_ns;
            arm(0, wait);
            advance(now_ns);
            run_out();
            assert_int_equal(fired[0], 1);
            assert_true(now_ns >= start + wait);
            assert_true(now_ns < start + wait + tick_ns);

            start = now_ns;
            assert_true(arm_at(0, start + wait));
            run_out();
            assert_int_equal(fired[0], 1);
            assert_true(now_ns >= start + wait);
            assert_true(now_ns < start + wait + tick_ns);
        }
    }
}

static void fires_at_the_right_coarse_tick(void **unused)
{
    (void)unused;
    fires_at_the_right_tick(false);
}

static void fires_exactly(void **unused)
{
    (void)unused;
    fires_at_the_right_tick(true);
}

static void wakes_may_look_at_the_wheel(void **unused)
{
    (void)unused;
    reset(true);
    advance(1000);
    for (int i = 0; i < 9; i++)
        arm(i, (uint64_t)(i / 3 + 1));
    advance(1000);
    wakes_look = true;
    advance(2000);
    wakes_look = false;
    for (int i = 0; i < 9; i++)
        assert_int_equal(fired[i], 1);
    assert_false(timer_wheel_busy(&wheel));
}

static void passed_deadlines_are_not_armed(void **unused)
{
    (void)unused;
    reset(false);
    advance(5000000000);
    assert_false(arm_at(0, 1));
    assert_false(arm_at(0, 5000000000));
    assert_false(timer_wheel_busy(&wheel));
    assert_true(arm_at(0, 5000000001));
    assert_true(timer_wheel_busy(&wheel));
    async_timer_drop(&timers[0]);
    assert_int_equal(timer_wheel_next(&wheel), TIMER_NEVER);
    assert_false(timer_wheel_busy(&wheel));
}

static void agrees_with_a_model(void **unused)
{
    (void)unused;
    for (int round = 0; round < 30; round++) {
        reset(round % 3 == 0);
        now_ns = next_random() % 1000000000000;
        for (int step = 0; step < 4000; step++) {
            int i = (int)(next_random() % TIMERS);
            uint64_t length = 1 + next_random() % (UINT64_C(1) << (next_random() % 54));
            if (!timers[i].link.next) {
                if (next_random() % 2)
                    arm(i, length);
                else
                    arm_at(i, sum(now_ns, length)); // the wheel may be told of now_ns later
            } else if (next_random() % 2) {
                async_timer_drop(&timers[i]);
                due_ns[i] = UINT64_MAX;
            }
            if (next_random() % 4 == 0)
                advance(now_ns);
            if (next_random() % 64 == 0) {
                advance(now_ns); // the model's time of the fresh ones runs from here
                advance(now_ns + next_random() % (UINT64_C(1) << (next_random() % 46)));
                for (int k = 0; k < TIMERS; k++)
                    if (timers[k].link.next)
                        assert_true(sum(due_ns[k], tick_ns) > now_ns);
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
    for (int exact = 0; exact < 2; exact++) {
        reset(exact);
        now_ns = 5000000000;
        arm(0, UINT64_MAX);
        advance(now_ns);
        assert_true(arm_at(1, UINT64_MAX));
        for (int i = 0; i < 100; i++)
            advance(now_ns + (UINT64_C(1) << 50));
        assert_int_equal(fired[0] + fired[1], 0);
        assert_true(timer_wheel_next(&wheel) > now_ns);
        async_timer_drop(&timers[0]);
        async_timer_drop(&timers[1]);
        assert_int_equal(timer_wheel_next(&wheel), TIMER_NEVER);
    }
}

// ---- The waits, on a clock of the test's --------------------------------------------------------

ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);
ASYNC_FUTURE_TYPE_VOID(async_sleep_ns);
ASYNC_FUTURE_TYPE_VOID(async_sleep_until_ns);
ASYNC_FUTURE_TYPE(async_interval_tick);

static struct async_reactor_ops virtual_ops;
static uint64_t virtual_ns;

static uint64_t virtual_now(struct async_reactor *reactor)
{
    (void)reactor;
    return virtual_ns;
}

// Nothing else can happen, so the wait is over when its time is.
static void virtual_wait(struct async_reactor *reactor, uint64_t timeout_ns)
{
    (void)reactor;
    assert_true(timeout_ns != UINT64_MAX);
    virtual_ns += timeout_ns;
}

static void start_virtual(uint64_t now, bool exact)
{
    struct async_executor *executor = executor_get();
    assert_non_null(executor);
    virtual_ops = *executor->ops;
    virtual_ops.now_ns = virtual_now;
    virtual_ops.wait = virtual_wait;
    executor->ops = &virtual_ops;
    executor->timers.exact = exact;
    virtual_ns = now;
}

static void sleep_ns(uint64_t ns)
{
    struct async_sleep_ns_future f;
    async_sleep_ns_future_init(&f, ns);
    async_block_on_future(&async_sleep_ns_future_type, &f);
}

static void sleep_until(uint64_t deadline)
{
    struct async_sleep_until_ns_future f;
    async_sleep_until_ns_future_init(&f, deadline);
    async_block_on_future(&async_sleep_until_ns_future_type, &f);
}

static void sleeps_end_on_time(void **unused)
{
    (void)unused;
    for (int exact = 0; exact < 2; exact++) {
        start_virtual(7777777777, exact);
        uint64_t late = exact ? 0 : (1 << TIMER_TICK_SHIFT) - 1;
        for (uint64_t ns = 0; ns < UINT64_C(1) << 50; ns = ns * 3 + 1) {
            uint64_t start = async_now_ns();
            sleep_ns(ns);
            assert_in_range(virtual_ns, start + ns, start + ns + late);

            start = async_now_ns();
            sleep_until(start + ns);
            assert_in_range(virtual_ns, start + ns, start + ns + late);

            struct async_sleep_ms_future f;
            start = async_now_ns();
            async_sleep_ms_future_init(&f, ns >> 20);
            async_block_on_future(&async_sleep_ms_future_type, &f);
            uint64_t end = start + (ns >> 20) * 1000000;
            assert_in_range(virtual_ns, end, end + late);
        }
        uint64_t now = virtual_ns;
        sleep_until(0);
        sleep_ns(0);
        assert_int_equal(virtual_ns, now);
        async_executor_close();
    }
}

static uint64_t tick(struct async_interval *interval)
{
    struct async_interval_tick_future f;
    async_interval_tick_future_init(&f, interval);
    async_block_on_future(&async_interval_tick_future_type, &f);
    return f.result;
}

static void ticks_in_time(void **unused)
{
    (void)unused;
    start_virtual(1000, true);
    for (enum async_ticks missed = ASYNC_TICKS_BURST; missed <= ASYNC_TICKS_SKIP; missed++) {
        struct async_interval interval = async_interval(100, missed);
        uint64_t start = virtual_ns;
        for (uint64_t i = 0; i < 10; i++) {
            assert_int_equal(tick(&interval), 0);
            assert_int_equal(virtual_ns, start + i * 100);
            virtual_ns += i * 11; // late, but the next one is not due yet
        }
    }
    async_executor_close();
}

// Away from the second tick, due at 1100, until 1450: three further ones are due by then.
static void late_ticks(enum async_ticks missed, const uint64_t (*expected)[2], size_t count)
{
    start_virtual(1000, true);
    struct async_interval interval = async_interval(100, missed);
    assert_int_equal(tick(&interval), 0);
    virtual_ns = 1450;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tick(&interval), expected[i][1]);
        assert_int_equal(virtual_ns, expected[i][0]);
    }
    async_executor_close();
}

static void missed_ticks(void **unused)
{
    (void)unused;
    static const uint64_t burst[][2] = {{1450, 3}, {1450, 2}, {1450, 1}, {1450, 0}, {1500, 0}};
    static const uint64_t delay[][2] = {{1450, 3}, {1550, 0}, {1650, 0}};
    static const uint64_t skip[][2] = {{1450, 3}, {1500, 0}, {1600, 0}};
    late_ticks(ASYNC_TICKS_BURST, burst, 5);
    late_ticks(ASYNC_TICKS_DELAY, delay, 3);
    late_ticks(ASYNC_TICKS_SKIP, skip, 3);
}

static void an_interval_may_start_later_and_never_tick(void **unused)
{
    (void)unused;
    start_virtual(1000, true);
    struct async_interval interval = async_interval(UINT64_MAX, ASYNC_TICKS_BURST);
    interval.next_ns = 5000;
    assert_int_equal(tick(&interval), 0);
    assert_int_equal(virtual_ns, 5000);
    assert_int_equal(interval.next_ns, ASYNC_TIMER_FIRED - 1);
    async_executor_close();
}

// Cancels a tick that waits: the interval is as it was.
static enum async_poll drops_a_tick(void *data, struct async_context *cx, int *state)
{
    static struct async_interval_tick_future f;
    struct async_interval *interval = data;
    if ((*state)++ == 0) {
        uint64_t next = interval->next_ns;
        async_interval_tick_future_init(&f, interval);
        assert_int_equal(async_interval_tick_future_poll(&f, cx), ASYNC_PENDING);
        assert_int_equal(async_interval_tick_future_poll(&f, cx), ASYNC_PENDING);
        assert_true(timer_wheel_busy(&async_current->timers));
        async_interval_tick_future_drop(&f);
        assert_int_equal(timer_wheel_next(&async_current->timers), TIMER_NEVER);
        assert_int_equal(interval->next_ns, next);
    }
    return ASYNC_READY;
}

static void a_dropped_tick_is_not_lost(void **unused)
{
    (void)unused;
    start_virtual(1000, true);
    struct async_interval interval = async_interval(100, ASYNC_TICKS_SKIP);
    assert_int_equal(tick(&interval), 0);
    run_script(drops_a_tick, &interval);
    assert_int_equal(tick(&interval), 0);
    assert_int_equal(virtual_ns, 1100);
    async_executor_close();
}

// ---- In real time -------------------------------------------------------------------------------

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void the_clock_is_the_monotonic_one(void **unused)
{
    (void)unused;
    for (int with_executor = 0; with_executor < 2; with_executor++) {
        uint64_t before = clock_ns();
        uint64_t now = async_now_ns();
        assert_in_range(now, before, clock_ns());
        assert_non_null(executor_get());
    }
    async_executor_close();
}

static void sleeps_long_enough(void **unused)
{
    (void)unused;
    for (uint64_t ns = 0; ns < 20000000; ns = ns * 4 + 1000) {
        uint64_t start = clock_ns();
        sleep_ns(ns);
        assert_true(clock_ns() - start >= ns);
    }
    async_executor_close();
}

static struct async_task *spawn_sleep(uint64_t ns)
{
    struct async_sleep_ns_future *f = async_task_new(&async_sleep_ns_future_type);
    assert_non_null(f);
    async_sleep_ns_future_init(f, ns);
    return async_task_start(f);
}

static void many_sleepers(void **unused)
{
    (void)unused;
    enum {
        MANY = 50000
    };
    start_virtual(12345, false);
    struct async_task **tasks = malloc(MANY * sizeof *tasks);
    assert_non_null(tasks);
    for (int i = 0; i < MANY; i++)
        tasks[i] = spawn_sleep((uint64_t)(i * 7919 % 100000000));
    for (int i = 0; i < MANY; i += 3)
        async_cancel(tasks[i]);
    sleep_ns(50000000);
    for (int i = 1; i < MANY; i += 3)
        async_cancel(tasks[i]); // some are done, some asleep
    sleep_ns(250000000);
    for (int i = 0; i < MANY; i++)
        assert_true(async_task_done(tasks[i]));
    // The end finds some asleep.
    struct async_task *asleep[3];
    for (int i = 0; i < 3; i++)
        asleep[i] = spawn_sleep(UINT64_MAX);
    sleep_ns(5);
    async_cancel(asleep[1]);
    sleep_ns(5);
    assert_false(async_task_done(asleep[0]));
    free(tasks);
    async_executor_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_at_the_right_coarse_tick),
        cmocka_unit_test(fires_exactly),
        cmocka_unit_test(wakes_may_look_at_the_wheel),
        cmocka_unit_test(passed_deadlines_are_not_armed),
        cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(the_longest_wait_never_ends),
        cmocka_unit_test(sleeps_end_on_time),
        cmocka_unit_test(ticks_in_time),
        cmocka_unit_test(missed_ticks),
        cmocka_unit_test(an_interval_may_start_later_and_never_tick),
        cmocka_unit_test(a_dropped_tick_is_not_lost),
        cmocka_unit_test(the_clock_is_the_monotonic_one),
        cmocka_unit_test(sleeps_long_enough),
        cmocka_unit_test(many_sleepers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
