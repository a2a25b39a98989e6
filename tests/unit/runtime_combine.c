// runtime_combine.c - joins and races over arrays of tasks, shields; names and local values.
// also: sim
#include "memory.h"
#include "runtime_support.h"

#include <asyncc/group.h>

// ---- A context that counts its wakes and clones -------------------------------------------------

static int clones, wakes;

static void on_clone(void *data)
{
    (void)data, clones++;
}
static void on_wake(void *data)
{
    (void)data, wakes++;
}
static void on_drop(void *data)
{
    (void)data, clones--;
}

static void ignore(void *data)
{
    (void)data;
}

static const struct async_waker_ops counting = {
    .clone = on_clone, .wake = on_wake, .drop = on_drop};
static struct async_context outside = {.waker = {&clones, &counting}, .arena = &async_arena_none};

static void expect(int wanted_clones, int wanted_wakes)
{
    assert_int_equal(clones, wanted_clones);
    assert_int_equal(wakes, wanted_wakes);
    wakes = 0;
}

// ---- Tasks that end when they are told to -------------------------------------------------------

static bool ended[4];
static struct async_waker wakers[4];
static struct async_task *tasks[4];
static int dropped;

struct told_future {
    int i;
    bool polled;
    int result;
};

static void told_future_init(struct told_future *self, int i)
{
    self->i = i;
    self->polled = false;
}

static enum async_poll told_future_poll(struct told_future *self, struct async_context *cx)
{
    if (self->polled)
        async_waker_drop(&wakers[self->i]);
    self->polled = true;
    if (ended[self->i]) {
        self->result = 100 + self->i;
        return ASYNC_READY;
    }
    wakers[self->i] = async_waker_clone(&cx->waker);
    return ASYNC_PENDING;
}

static void told_future_drop(struct told_future *self)
{
    if (!self->polled)
        return;
    async_waker_drop(&wakers[self->i]);
    dropped++;
}

ASYNC_FUTURE_TYPE(told);

static struct async_task *told(int i)
{
    struct told_future *f = async_task_new(&told_future_type);
    assert_non_null(f);
    ended[i] = false;
    told_future_init(f, i);
    return async_task_start(f);
}

static void step(void)
{
    while (async_executor_poll_once() == 1)
        ;
}

static void end(int i)
{
    ended[i] = true;
    async_waker_wake(&wakers[i]);
    step();
}

static void begin(int count)
{
    dropped = 0;
    for (int i = 0; i < count; i++)
        tasks[i] = told(i);
    step();
}

static void finish(int count)
{
    for (int i = 0; i < count; i++)
        async_detach(tasks[i]);
    async_executor_close();
    expect(0, 0);
}

// ---- Join ---------------------------------------------------------------------------------------

static void joins_in_any_order(void **unused)
{
    (void)unused;
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        begin(3);
        struct async_task_join_all_future f;
        async_task_join_all_future_init(&f, tasks, 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_PENDING);
            assert_int_equal(clones, 1);
            end(orders[o][i]);
        }
        assert_int_equal(wakes > 0, true);
        wakes = 0;
        assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_READY);
        assert_int_equal(f.result, 0);
        finish(3);
    }
}

static void joins_what_failed(void **unused)
{
    (void)unused;
    begin(3);
    struct async_task_join_all_future f;
    memset(&f, 0xa5, sizeof f); // what init leaves alone
    async_task_join_all_future_init(&f, tasks, 0);
    assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, 0);
    async_task_join_all_future_init(&f, tasks, 3);
    async_task_join_all_future_drop(&f); // never polled
    assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_PENDING);
    async_task_join_all_future_drop(&f);
    expect(0, 0);
    async_task_join_all_future_init(&f, tasks, 3);
    assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_PENDING);
    async_cancel(tasks[1]);
    end(2);
    expect(1, 0);
    end(0);
    expect(0, 1);
    assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -ECANCELED);
    struct async_task *with_none[3] = {tasks[0], NULL, tasks[1]};
    async_task_join_all_future_init(&f, with_none, 3);
    assert_int_equal(async_task_join_all_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -ENOMEM);
    finish(3);
}

// Whoever polled last is woken.
static void joins_for_somebody_else(void **unused)
{
    (void)unused;
    static const struct async_waker_ops silent = {
        .clone = on_clone, .wake = ignore, .drop = on_drop};
    struct async_context before = {.waker = {&wakes, &silent}, .arena = &async_arena_none};
    struct async_task_join_future f;
    begin(1);
    async_task_join_future_init(&f, tasks[0]);
    assert_int_equal(async_task_join_future_poll(&f, &before), ASYNC_PENDING);
    assert_int_equal(async_task_join_future_poll(&f, &outside), ASYNC_PENDING);
    expect(1, 0);
    end(0);
    expect(0, 1);
    assert_int_equal(async_task_join_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, 0);
    finish(1);
}

// A wake must not end the join that it is for; another one it may.
static void wake_that_drops(void *join)
{
    async_task_join_future_drop(join);
}

static void joins_that_end_others(void **unused)
{
    (void)unused;
    static const struct async_waker_ops dropping = {
        .clone = ignore, .wake = wake_that_drops, .drop = ignore};
    struct async_task_join_future first, second, third;
    struct async_context ends_second = {.waker = {&second, &dropping}, .arena = &async_arena_none};
    begin(1);
    async_task_join_future_init(&first, tasks[0]);
    async_task_join_future_init(&second, tasks[0]);
    async_task_join_future_init(&third, tasks[0]);
    assert_int_equal(async_task_join_future_poll(&first, &ends_second), ASYNC_PENDING);
    assert_int_equal(async_task_join_future_poll(&second, &outside), ASYNC_PENDING);
    assert_int_equal(async_task_join_future_poll(&third, &outside), ASYNC_PENDING);
    end(0);
    expect(0, 1);
    assert_int_equal(async_task_join_future_poll(&third, &outside), ASYNC_READY);
    assert_int_equal(third.result, 0);
    finish(1);
}

// ---- Race ---------------------------------------------------------------------------------------

static void races(void **unused)
{
    (void)unused;
    struct async_task_join_future waits[3];
    struct async_task_race_future f;
    begin(3);
    async_task_race_future_init(&f, tasks, waits, 0);
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -EINVAL);

    // All in the order in which they end, by putting NULL in their places.
    struct async_task *left[3] = {tasks[0], tasks[1], tasks[2]};
    static const int order[] = {1, 2, 0};
    for (int i = 0; i < 3; i++) {
        async_task_race_future_init(&f, left, waits, 3);
        assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_PENDING);
        expect(3 - i, 0);
        assert_int_equal(async_task_race_future_poll(&f, &outside),
                         ASYNC_PENDING); // woken for nothing
        end(order[i]);
        expect(2 - i, 1);
        assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_READY);
        expect(0, 0);
        assert_int_equal(f.result, order[i]);
        left[order[i]] = NULL;
    }
    async_task_race_future_init(&f, left, waits, 3);
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -EINVAL);
    memset(waits, 0xa5, sizeof waits); // they are ours again
    async_task_race_future_drop(&f);   // does nothing

    async_task_race_future_init(&f, tasks, waits, 3); // all are done: the lowest
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, 0);
    memset(waits, 0xa5, sizeof waits);
    async_task_race_future_drop(&f);
    finish(3);
}

static void races_that_tie_or_are_dropped(void **unused)
{
    (void)unused;
    struct async_task_join_future waits[3];
    struct async_task_race_future f;
    begin(3);
    memset(waits, 0xa5, sizeof waits);
    async_task_race_future_init(&f, tasks, waits, 3);
    async_task_race_future_drop(&f); // never polled
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_PENDING);
    async_cancel(tasks[2]);
    async_cancel(tasks[1]);
    expect(1, 2);
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, 1);
    struct async_task *first[] = {tasks[0]};
    async_task_race_future_init(&f, first, waits, 1);
    assert_int_equal(async_task_race_future_poll(&f, &outside), ASYNC_PENDING);
    async_task_race_future_drop(&f);
    expect(0, 0);
    finish(3);
}

// ---- Shield -------------------------------------------------------------------------------------

static void shields(void **unused)
{
    (void)unused;
    struct async_shield_future f;
    int result = 0;
    begin(4);
    async_shield_future_init(&f, tasks[0], &result);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_PENDING);
    end(0);
    expect(0, 1);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, 0);
    assert_int_equal(result, 100);
    async_shield_future_drop(&f); // does nothing

    async_shield_future_init(&f, tasks[1], &result);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_PENDING);
    async_shield_future_drop(&f);
    expect(0, 0);
    assert_int_equal(dropped, 0);
    end(1); // runs on, frees itself
    assert_int_equal(result, 100);

    async_shield_future_init(&f, tasks[2], NULL);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_PENDING);
    async_cancel(tasks[2]);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -ECANCELED);
    expect(0, 1);

    async_shield_future_init(&f, NULL, &result);
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(f.result, -ENOMEM);

    end(3);
    async_shield_future_init(&f, tasks[3], &result); // done already
    assert_int_equal(async_shield_future_poll(&f, &outside), ASYNC_READY);
    assert_int_equal(result, 103);
    begin(1);
    async_shield_future_init(&f, tasks[0], &result);
    async_shield_future_drop(&f); // never polled: the handle is given up
    finish(0);
}

// ---- Names and local values ---------------------------------------------------------------------

static int destroyed;
static struct async_task *destroyed_in;

static void destroy(void *value)
{
    destroyed += *(int *)value;
    destroyed_in = async_task_current();
}

static void *inherit(void *value)
{
    return *(int *)value < 0 ? NULL : value;
}

static const struct async_task_key own = {.destroy = destroy}, shared = {.inherit = inherit},
                                   refusing = {.destroy = destroy, .inherit = inherit};
static int one = 1, two = 2, ten = 10, minus = -100;

static enum async_poll child(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx, (void)state;
    assert_null(async_task_local_get(&own));
    assert_ptr_equal(async_task_local_get(&shared), &one);
    assert_null(async_task_local_get(&refusing));
    assert_int_equal(async_task_local_set(&own, &ten), 0);
    return ASYNC_READY;
}

static enum async_poll has_locals(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if ((*state)++) {
        assert_int_equal(destroyed, 11);
        return ASYNC_READY;
    }
    assert_string_equal(async_task_name(async_task_current()), "script");
    assert_null(async_task_local_get(&own));
    assert_int_equal(async_task_local_set(&own, NULL), 0);
    assert_int_equal(async_task_local_set(&own, &one), 0);
    assert_int_equal(async_task_local_set(&shared, &one), 0);
    assert_int_equal(async_task_local_set(&refusing, &minus), 0);
    assert_ptr_equal(async_task_local_get(&own), &one);
    assert_int_equal(async_task_local_set(&own, &one), 0); // the same: nothing to destroy
    assert_int_equal(destroyed, 0);
    assert_int_equal(async_task_local_set(&own, &two), 0);
    assert_int_equal(destroyed, 1);
    async_detach(spawn_script(child, NULL, NULL));
    assert_int_equal(async_task_set_name(NULL, "first"), 0);
    assert_int_equal(async_task_set_name(async_task_current(), "second, and longer"), 0);
    assert_string_equal(async_task_name(async_task_current()), "second, and longer");
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void outside_of_tasks(void **unused)
{
    (void)unused;
    destroyed = 0;
    assert_null(async_task_current());
    assert_null(async_task_local_get(&own));
    assert_int_equal(async_task_local_set(&own, &one), -ESRCH);
    assert_int_equal(async_task_set_name(NULL, "nobody"), -ESRCH);
}

static enum async_poll waits_with_locals(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    assert_int_equal(async_task_local_set(&own, data), 0);
    return ASYNC_PENDING;
}

static void look(void *value);

static const struct async_task_key looked_at = {.destroy = look};
static void *looked_for;

static void look(void *value)
{
    (void)value;
    looked_for = async_task_local_get(&looked_at);
}

static enum async_poll has_looks(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx, (void)state;
    assert_int_equal(async_task_local_set(&looked_at, &one), 0);
    assert_int_equal(async_task_local_set(&looked_at, &two), 0);
    assert_ptr_equal(looked_for, &two);
    assert_int_equal(async_task_local_set(&looked_at, NULL), 0);
    assert_null(looked_for);
    assert_int_equal(async_task_local_set(&looked_at, &ten), 0);
    looked_for = &ten;
    return ASYNC_READY;
}

// What ends a value finds what came in its place.
static void are_replaced_before_they_end(void **unused)
{
    (void)unused;
    async_detach(spawn_script(has_looks, NULL, NULL));
    step();
    assert_null(looked_for);
    async_executor_close();
}

static void end_with_their_task(void **unused)
{
    (void)unused;
    destroyed = 0;
    struct async_task *t = spawn_script(has_locals, NULL, NULL);
    step();
    assert_true(async_task_done(t));
    assert_int_equal(destroyed, 11 + 2 - 100);
    assert_ptr_equal(destroyed_in, t);
    assert_string_equal(async_task_name(t), "second, and longer"); // until it is freed
    async_detach(t);

    destroyed = 0;
    t = spawn_script(waits_with_locals, NULL, &one);
    // Joiners from before the task had anything of its own, and one from after.
    struct async_task_join_future before, after;
    async_task_join_future_init(&before, t);
    async_task_join_future_init(&after, t);
    assert_int_equal(async_task_join_future_poll(&before, &outside), ASYNC_PENDING);
    step();
    async_task_join_future_drop(&before); // first in the list
    async_task_join_future_init(&before, t);
    assert_int_equal(async_task_join_future_poll(&before, &outside), ASYNC_PENDING);
    assert_int_equal(async_task_join_future_poll(&after, &outside), ASYNC_PENDING);
    async_task_join_future_drop(&before);
    async_task_join_future_init(&before, t);
    assert_int_equal(async_task_join_future_poll(&before, &outside), ASYNC_PENDING);
    expect(2, 0);
    destroyed_in = NULL;
    async_cancel(t);
    assert_int_equal(destroyed, 1);
    assert_ptr_equal(destroyed_in, t);
    expect(0, 2);
    assert_int_equal(async_task_join_future_poll(&before, &outside), ASYNC_READY);
    assert_int_equal(async_task_join_future_poll(&after, &outside), ASYNC_READY);
    async_detach(t);

    destroyed = 0;
    async_detach(spawn_script(waits_with_locals, NULL, &two));
    step();
    async_executor_close();
    assert_int_equal(destroyed, 2);
}

// ---- No memory ----------------------------------------------------------------------------------

static int allocations_left;

static bool fails(void)
{
    return allocations_left-- == 0;
}

static const struct async_frame_type no_parent = {0};

// Does all that takes memory. 0, or what failed with no memory.
static int takes_memory(struct async_context *cx)
{
    struct async_group group = {0};
    void *future;
    if (async_task_set_name(NULL, "name") < 0)
        return 1;
    if (async_task_local_set(&own, &one) < 0 || async_task_local_set(&refusing, &two) < 0 ||
        async_task_local_set(&shared, &one) < 0)
        return 2;
    struct async_task *t = spawn_script(waits_with_locals, NULL, &one);
    if (!t)
        return 3;
    async_cancel(t);
    async_detach(t);
    if (async_group_new(&group, &script_future_type, false, &future) < 0)
        return 4;
    script_future_init(future, waits_with_locals, NULL, &one);
    async_group_start(&group, future);
    async_group_cancel(&group);
    void *frame = async_frame_alloc(cx, 100, NULL, &no_parent);
    if (!frame)
        return 5;
    async_frame_free(frame);
    return 0;
}

static enum async_poll may_fail(void *data, struct async_context *cx, int *state)
{
    (void)state;
    *(int *)data = takes_memory(cx);
    return ASYNC_READY;
}

static void no_memory(void **unused)
{
    (void)unused;
    int seen = 0, failed;
    int i = 0;
    do {
        async_executor_close();
        struct async_task *t = spawn_script(may_fail, NULL, &failed);
        allocations_left = i++;
        memory_fails = fails;
        failed = -1;
        step();
        memory_fails = NULL;
        assert_true(async_task_done(t));
        async_detach(t);
        seen |= 1 << failed;
    } while (failed);
    assert_int_equal(seen & 0x27, 0x27); // names, values, frames; spawns may find room
    allocations_left = 0;
    async_executor_close();
    memory_fails = fails;
    assert_int_equal(async_executor_open(NULL), -ENOMEM);
    memory_fails = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_in_any_order),
        cmocka_unit_test(joins_what_failed),
        cmocka_unit_test(joins_for_somebody_else),
        cmocka_unit_test(joins_that_end_others),
        cmocka_unit_test(races),
        cmocka_unit_test(races_that_tie_or_are_dropped),
        cmocka_unit_test(shields),
        cmocka_unit_test(outside_of_tasks),
        cmocka_unit_test(are_replaced_before_they_end),
        cmocka_unit_test(end_with_their_task),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
