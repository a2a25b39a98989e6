// runtime_group.c - groups by hand: orders of ends, waits, cancels and failures; limits and room.
// also: sim
#include "runtime_support.h"

#include <asyncc/group.h>
#include <asyncc/observe.h>

#include <limits.h>

ASYNC_FUTURE_TYPE(async_group_wait);
ASYNC_FUTURE_TYPE(async_group_room);

// ---- Members that do as they are told -----------------------------------------------------------

static char events[256];

static void note(char event)
{
    size_t length = strlen(events);
    assert_true(length + 1 < sizeof events);
    events[length] = event;
    events[length + 1] = 0;
}

static void expect_events(const char *expected)
{
    assert_string_equal(events, expected);
    events[0] = 0;
}

// Pending until `end` is called; notes its name in capitals when it begins, small when it ends, and
// '-' and its name when it is dropped.
struct member {
    char name;
    bool ended;
    long long value;
    struct async_waker waker;
    void (*on_drop)(void);
};

#define MEMBER_FUTURE(NAME, TYPE)                                                     \
    struct NAME##_future {                                                            \
        struct member *member;                                                        \
        TYPE result;                                                                  \
    };                                                                                \
    static void NAME##_future_init(struct NAME##_future *self, struct member *member) \
    {                                                                                 \
        self->member = member;                                                        \
    }                                                                                 \
    static enum async_poll NAME##_future_poll(struct NAME##_future *self,             \
                                              struct async_context *cx)               \
    {                                                                                 \
        struct member *m = self->member;                                              \
        if (!m->waker.ops)                                                            \
            note((char)(m->name - 32));                                               \
        else                                                                          \
            async_waker_drop(&m->waker);                                              \
        if (!m->ended) {                                                              \
            m->waker = async_waker_clone(&cx->waker);                                 \
            return ASYNC_PENDING;                                                     \
        }                                                                             \
        note(m->name);                                                                \
        self->result = (TYPE)m->value;                                                \
        return ASYNC_READY;                                                           \
    }                                                                                 \
    static void NAME##_future_drop(struct NAME##_future *self)                        \
    {                                                                                 \
        if (!self->member->waker.ops)                                                 \
            return;                                                                   \
        async_waker_drop(&self->member->waker);                                       \
        note('-');                                                                    \
        note(self->member->name);                                                     \
        if (self->member->on_drop)                                                    \
            self->member->on_drop();                                                  \
    }                                                                                 \
    ASYNC_FUTURE_TYPE(NAME)

MEMBER_FUTURE(member, int);
MEMBER_FUTURE(long_member, long);
MEMBER_FUTURE(long_long_member, long long);

struct aligned {
    _Alignas(256) char bytes[256];
};

static struct async_group group;
static struct member m[8];

static int put_typed(int i, const struct async_future_type *type, bool fails)
{
    void *future;
    m[i] = (struct member){.name = (char)('a' + i)};
    int status = async_group_new(&group, type, fails, &future);
    if (status < 0)
        return status;
    ((void (*)(void *, struct member *))type->init)(future, &m[i]);
    async_group_start(&group, future);
    return 0;
}

static int put(int i)
{
    return put_typed(i, &member_future_type, true);
}

static void end(int i, long long value)
{
    m[i].ended = true;
    m[i].value = value;
    async_waker_wake(&m[i].waker);
}

// ---- A root that goes through steps, each in a turn of its own ----------------------------------

struct steps {
    void (*const *step)(void);
};

static enum async_poll goes(void *data, struct async_context *cx, int *state)
{
    struct steps *steps = data;
    if (!steps->step[*state])
        return ASYNC_READY;
    steps->step[(*state)++]();
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void run(void (*const *step)(void))
{
    struct steps steps = {step};
    events[0] = 0;
    async_group_init(&group);
    run_script(goes, &steps);
    async_executor_close();
    assert_int_equal(async_group_count(&group), 0);
}

#define RUN(...) run((void (*const[])(void)){__VA_ARGS__, NULL})

// ---- Waiters ------------------------------------------------------------------------------------

static struct async_task *waiters[3];

static struct async_task *wait_for_group(void)
{
    struct async_group_wait_future *f = async_task_new(&async_group_wait_future_type);
    async_group_wait_future_init(f, &group);
    return async_task_start(f);
}

static struct async_task *wait_for_room(void)
{
    struct async_group_room_future *f = async_task_new(&async_group_room_future_type);
    async_group_room_future_init(f, &group);
    return async_task_start(f);
}

static void expect_result(int i, int expected)
{
    assert_true(async_task_done(waiters[i]));
    assert_int_equal(async_task_result(waiters[i], int), expected);
    async_detach(waiters[i]);
}

// ---- Tests --------------------------------------------------------------------------------------

static void s_put3(void)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(put(i), 0);
}
static void s_put3_cancel(void)
{
    s_put3();
    async_group_cancel(&group);
}
static void s_end_a(void)
{
    end(0, 0);
}
static void s_end_b(void)
{
    end(1, 0);
}
static void s_end_c(void)
{
    end(2, 0);
}
static void s_fail_b(void)
{
    end(1, -EPIPE);
}
static void s_fail_a(void)
{
    end(0, -EIO);
}
static void s_wait(void)
{
    waiters[0] = wait_for_group();
}
static void s_nothing(void)
{
}
static void s_not_done(void)
{
    assert_false(async_task_done(waiters[0]));
}
static void s_ok(void)
{
    expect_result(0, 0);
}
static void s_epipe(void)
{
    expect_result(0, -EPIPE);
}
static void s_eio(void)
{
    expect_result(0, -EIO);
}
static void s_cancel(void)
{
    async_group_cancel(&group);
}
static void s_fail_fast(void)
{
    async_group_fail_fast(&group);
}

static void s_drop_wait(void)
{
    async_cancel(waiters[0]);
    async_detach(waiters[0]);
}

static void waits(void **unused)
{
    (void)unused;
    RUN(s_wait, s_nothing, s_ok); // of an empty group
    RUN(s_put3, s_wait, s_end_b, s_end_a, s_not_done, s_end_c, s_nothing, s_nothing, s_ok);
    expect_events("ABCbac");
    RUN(s_put3, s_nothing, s_end_a, s_end_c, s_end_b, s_nothing, s_wait, s_nothing, s_ok);
    RUN(s_put3, s_wait, s_nothing, s_drop_wait, s_end_a, s_end_b, s_end_c, s_wait, s_nothing,
        s_nothing, s_ok);
    RUN(s_put3, s_wait, s_nothing, s_cancel, s_nothing, s_ok); // being cancelled is no failure
    expect_events("ABC-a-b-c");
    RUN(s_put3_cancel, s_nothing); // before they ran
    expect_events("");
    RUN(s_put3, s_nothing); // the executor ends them
    expect_events("ABC-a-b-c");
    RUN(s_put3, s_wait, s_nothing, s_nothing);
}

static void s_two_wait(void)
{
    waiters[0] = wait_for_group();
    waiters[1] = wait_for_group();
}

static void s_first_has_it(void)
{
    expect_result(0, -EPIPE);
    expect_result(1, 0);
}

static void failures(void **unused)
{
    (void)unused;
    RUN(s_put3, s_wait, s_fail_b, s_fail_a, s_not_done, s_end_c, s_nothing, s_nothing, s_epipe,
        s_wait, s_nothing, s_ok);
    expect_events("ABCbac");
    RUN(s_put3, s_two_wait, s_fail_b, s_cancel, s_nothing, s_nothing, s_nothing, s_first_has_it);
}

static void s_limit1(void)
{
    async_group_limit(&group, 1);
}
static void s_put_d(void)
{
    assert_int_equal(put(3), 0);
}
static void s_end_d(void)
{
    end(3, 0);
}

static void going_on(void **unused)
{
    (void)unused;
    // A failure keeps nobody from being spawned, and those that the limit holds from their turns.
    RUN(s_put3, s_nothing, s_fail_b, s_nothing, s_put_d, s_end_a, s_end_c, s_wait, s_not_done,
        s_end_d, s_nothing, s_nothing, s_epipe);
    expect_events("ABCbDacd");
    RUN(s_limit1, s_put3, s_nothing, s_fail_a, s_nothing, s_nothing, s_end_b, s_nothing, s_nothing,
        s_end_c, s_wait, s_nothing, s_eio);
    expect_events("AaBbCc");
    RUN(s_cancel, s_put3, s_cancel, s_cancel, s_put_d, s_nothing); // an empty one
    expect_events("ABC-a-b-cD-d");
}

static void s_refused(void)
{
    assert_int_equal(put(5), -ECANCELED);
}

static void failing_fast(void **unused)
{
    (void)unused;
    RUN(s_fail_fast, s_put3, s_wait, s_fail_b, s_nothing, s_nothing, s_epipe, s_put3, s_wait,
        s_fail_a, s_nothing, s_nothing, s_eio);
    expect_events("ABCb-a-cABCa-b-c");
    RUN(s_put3, s_nothing, s_fail_b, s_nothing, s_fail_fast, s_refused, s_wait, s_nothing, s_epipe);
    expect_events("ABCb-a-c");
    RUN(s_put3, s_fail_fast, s_nothing, s_end_a, s_end_b, s_end_c, s_wait, s_nothing, s_nothing,
        s_ok); // none fails
}

static void s_longs(void)
{
    assert_int_equal(put_typed(0, &long_member_future_type, true), 0);
    assert_int_equal(put_typed(1, &long_long_member_future_type, true), 0);
}
static void s_small(void)
{
    end(0, LONG_MIN);
}
static void s_less(void)
{
    end(0, -EPIPE);
}
static void s_big(void)
{
    end(1, LLONG_MAX - (1LL << 31));
} // as an int it would be negative
static void s_least(void)
{
    expect_result(0, INT_MIN);
}

static void s_too_much(void)
{
    struct async_future_type type = member_future_type;
    void *future;
    type.size = SIZE_MAX / 3;
    assert_int_equal(async_group_new(&group, &type, true, &future), -ENOMEM);
    assert_int_equal(async_group_count(&group), 0);
}

static void s_aligned(void)
{
    struct async_future_type type = member_future_type;
    void *future;
    type.align = _Alignof(struct aligned);
    type.size = sizeof(struct aligned) + 3; // so that the node needs to be aligned
    static struct async_future_type kept;
    kept = type;
    for (int i = 0; i < 2; i++) {
        m[i] = (struct member){.name = (char)('a' + i)};
        assert_int_equal(async_group_new(&group, &kept, true, &future), 0);
        assert_int_equal((uintptr_t)future % type.align, 0);
        member_future_init(future, &m[i]);
        async_group_start(&group, future);
    }
}

static enum async_poll lacks_memory(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)state;
    assert_null(async_frame_alloc(cx, SIZE_MAX - 4096, NULL, NULL));
    return ASYNC_PENDING;
}

static void s_lacks_memory(void)
{
    void *future;
    assert_int_equal(async_group_new(&group, &script_future_type, false, &future), 0);
    script_future_init(future, lacks_memory, NULL, NULL);
    async_group_start(&group, future);
}
static void s_enomem(void)
{
    expect_result(0, -ENOMEM);
}

static void s_put2_no_matter(void)
{
    assert_int_equal(put_typed(0, &member_future_type, false), 0);
    assert_int_equal(put_typed(1, &long_long_member_future_type, false), 0);
}

static void results(void **unused)
{
    (void)unused;
    RUN(s_put2_no_matter, s_wait, s_fail_a, s_fail_b, s_nothing, s_nothing, s_ok);
    RUN(s_longs, s_wait, s_less, s_big, s_nothing, s_nothing, s_epipe);
    RUN(s_longs, s_wait, s_small, s_big, s_nothing, s_nothing, s_least);
    RUN(s_too_much);
    RUN(s_aligned, s_nothing, s_fail_b, s_nothing, s_wait, s_end_a, s_nothing, s_nothing, s_epipe);
    RUN(s_lacks_memory, s_wait, s_nothing, s_nothing, s_enomem);
}

// ---- Limits -------------------------------------------------------------------------------------

static void s_limit2(void)
{
    async_group_limit(&group, 2);
}
static void s_limit0(void)
{
    async_group_limit(&group, 0);
}
static void s_put5(void)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(put(i), 0);
    assert_int_equal(async_group_count(&group), 5);
}
static void s_end_e(void)
{
    end(4, 0);
}

static void s_cancel_held(void)
{
    async_group_cancel(&group);
    struct async_counters counters;
    async_counters_get(&counters);
    assert_int_equal(counters.tasks, 1); // the root
    assert_int_equal(counters.kept, 0);  // so they were not in the queue
}

static void limits(void **unused)
{
    (void)unused;
    RUN(s_limit2, s_put5, s_wait, s_end_b, s_nothing, s_nothing, s_end_a, s_nothing, s_nothing,
        s_end_d, s_end_c, s_nothing, s_nothing, s_end_e, s_nothing, s_nothing, s_ok);
    expect_events("ABbCaDdEce");
    RUN(s_limit1, s_put5, s_nothing, s_cancel_held); // those that did not begin are forgotten
    expect_events("A-a");
    RUN(s_limit2, s_put5, s_nothing, s_limit1, s_end_a, s_nothing, s_nothing, s_end_b, s_nothing,
        s_nothing, s_limit0, s_nothing, s_nothing, s_cancel);
    expect_events("ABabCDE-c-d-e");
    RUN(s_limit1, s_fail_fast, s_put5, s_nothing, s_fail_a, s_nothing, s_wait, s_nothing, s_eio);
    expect_events("Aa");                         // none of the others began
    RUN(s_limit1, s_put5, s_nothing, s_nothing); // the executor ends
    expect_events("A-a");
}

// ---- Room ---------------------------------------------------------------------------------------

static void s_rooms(void)
{
    for (int i = 0; i < 3; i++)
        waiters[i] = wait_for_room();
}
static void s_no_room(void)
{
    for (int i = 0; i < 3; i++)
        assert_false(async_task_done(waiters[i]));
}
static void s_all_roomy(void)
{
    for (int i = 0; i < 3; i++)
        expect_result(i, 0);
}
static void s_all_refused(void)
{
    for (int i = 0; i < 3; i++)
        expect_result(i, -ECANCELED);
}
static void s_drop_rooms(void)
{
    for (int i = 0; i < 3; i++) {
        async_cancel(waiters[i]);
        async_detach(waiters[i]);
    }
}
static void s_put2(void)
{
    assert_int_equal(put(0), 0);
    assert_int_equal(put(1), 0);
}

// Waits for room, and spawns when it has it.
static int served[3], served_count;

struct taker_future {
    int i;
    struct async_group_room_future room;
};

static void taker_future_init(struct taker_future *self, int i)
{
    self->i = i;
    async_group_room_future_init(&self->room, &group);
}

static enum async_poll taker_future_poll(struct taker_future *self, struct async_context *cx)
{
    if (async_group_room_future_poll(&self->room, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    served[served_count++] = self->i;
    assert_int_equal(put(4 + self->i), 0);
    return ASYNC_READY;
}

static void taker_future_drop(struct taker_future *self)
{
    async_group_room_future_drop(&self->room);
}

ASYNC_FUTURE_TYPE_VOID(taker);

static void s_takers(void)
{
    served_count = 0;
    for (int i = 0; i < 3; i++) {
        struct taker_future *f = async_task_new(&taker_future_type);
        taker_future_init(f, i);
        async_detach(async_task_start(f));
    }
}
static void s_one_served(void)
{
    assert_int_equal(served_count, 1);
    assert_int_equal(served[0], 0);
    end(4, 0);
}
static void s_two_served(void)
{
    assert_int_equal(served_count, 2);
    assert_int_equal(served[1], 1);
}

static void room(void **unused)
{
    (void)unused;
    RUN(s_rooms, s_nothing, s_all_roomy); // no limit
    RUN(s_limit2, s_put2, s_rooms, s_nothing, s_no_room, s_end_b, s_nothing, s_nothing, s_nothing,
        s_all_roomy, s_end_a);
    RUN(s_limit2, s_put2, s_rooms, s_nothing, s_drop_rooms, s_end_b, s_end_a, s_nothing);
    RUN(s_limit2, s_put2, s_rooms, s_nothing, s_limit0, s_nothing, s_nothing, s_nothing,
        s_all_roomy);
    RUN(s_limit2, s_fail_fast, s_put2, s_rooms, s_nothing, s_fail_a, s_nothing, s_nothing,
        s_nothing, s_nothing, s_all_refused);
    // In order: who has it takes it, and the others keep their places.
    RUN(s_limit2, s_put2, s_takers, s_nothing, s_end_a, s_nothing, s_nothing, s_one_served,
        s_nothing, s_nothing, s_two_served);
}

// Somebody who is no task, and waits for room while the group is cancelled.
static int woken;
static struct async_group_room_future asked;

static void ignore(void *data)
{
    (void)data;
}
static void count(void *data)
{
    ++*(int *)data;
}

static const struct async_waker_ops counting = {.clone = ignore, .wake = count, .drop = ignore};
static struct async_context outside = {.waker = {&woken, &counting}, .arena = &async_arena_none};

static void s_ask(void)
{
    woken = 0;
    async_group_room_future_init(&asked, &group);
    assert_int_equal(async_group_room_future_poll(&asked, &outside), ASYNC_PENDING);
}
static void is_refused(void)
{
    assert_int_equal(async_group_count(&group), 2); // as many as may run
    assert_int_equal(woken, 1);
    assert_int_equal(async_group_room_future_poll(&asked, &outside), ASYNC_READY);
    assert_int_equal(asked.result, -ECANCELED);
}
static void s_b_is_refused(void)
{
    m[1].on_drop = is_refused;
}

static void no_room_while_cancelling(void **unused)
{
    (void)unused;
    RUN(s_limit2, s_put3, s_nothing, s_ask, s_b_is_refused, s_cancel);
    expect_events("AB-a-b");
    assert_int_equal(woken, 1);
}

// ---- Waiters that are no tasks, and run when they are told to -----------------------------------

static int wakes[2];
static struct async_context outsiders[2] = {
    {.waker = {&wakes[0], &counting}, .arena = &async_arena_none},
    {.waker = {&wakes[1], &counting}, .arena = &async_arena_none},
};
static struct async_group_wait_future empty[2];
static struct async_group_room_future place[2];

static void s_put_a(void)
{
    assert_int_equal(put(0), 0);
}
static void s_outsiders_wait(void)
{
    for (int i = 0; i < 2; i++) {
        wakes[i] = 0;
        async_group_wait_future_init(&empty[i], &group);
        assert_int_equal(async_group_wait_future_poll(&empty[i], &outsiders[i]), ASYNC_PENDING);
    }
}
static void expect_empty(int i, int status)
{
    assert_int_equal(async_group_wait_future_poll(&empty[i], &outsiders[i]), ASYNC_READY);
    assert_int_equal(empty[i].result, status);
}
static void s_both_empty(void)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(wakes[i], 1);
    expect_empty(1, -EIO); // who runs first
    expect_empty(0, 0);
}
static void s_drop_first_wait(void)
{
    async_group_wait_future_drop(&empty[0]);
    expect_empty(1, -EIO);
}
static void s_not_empty(void)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(async_group_wait_future_poll(&empty[i], &outsiders[i]), ASYNC_PENDING);
}

static void s_both_told_again(void)
{
    expect_empty(0, -EIO);
    expect_empty(1, 0);
}

static void told_when_empty(void **unused)
{
    (void)unused;
    RUN(s_put_a, s_nothing, s_outsiders_wait, s_fail_a, s_nothing, s_both_empty);
    RUN(s_put_a, s_nothing, s_outsiders_wait, s_fail_a, s_nothing, s_drop_first_wait);
    // And who was told, but has not run, waits for those that come before that.
    RUN(s_put_a, s_nothing, s_outsiders_wait, s_fail_a, s_nothing, s_put2, s_not_empty, s_cancel,
        s_both_told_again);
}

static void s_two_ask(void)
{
    for (int i = 0; i < 2; i++) {
        wakes[i] = 0;
        async_group_room_future_init(&place[i], &group);
        assert_int_equal(async_group_room_future_poll(&place[i], &outsiders[i]), ASYNC_PENDING);
    }
}
static void s_first_is_asked(void)
{
    assert_int_equal(wakes[0], 1);
    assert_int_equal(wakes[1], 0);
}
static void s_first_takes(void)
{
    assert_int_equal(async_group_room_future_poll(&place[0], &outsiders[0]), ASYNC_READY);
    assert_int_equal(wakes[1], 1); // the place is not taken yet
    assert_int_equal(put(4), 0);
    assert_int_equal(async_group_room_future_poll(&place[1], &outsiders[1]), ASYNC_PENDING);
}
static void s_first_is_dropped(void)
{
    async_group_room_future_drop(&place[0]);
    assert_int_equal(wakes[1], 1);
    assert_int_equal(async_group_room_future_poll(&place[1], &outsiders[1]), ASYNC_READY);
}
static void s_drop_second(void)
{
    async_group_room_future_drop(&place[1]);
}

static void room_for_one(void **unused)
{
    (void)unused;
    RUN(s_limit2, s_put2, s_nothing, s_two_ask, s_end_a, s_nothing, s_first_is_asked, s_first_takes,
        s_drop_second, s_cancel);
    RUN(s_limit2, s_put2, s_nothing, s_two_ask, s_end_a, s_nothing, s_first_is_asked,
        s_first_is_dropped, s_cancel);
}

// ---- Drops that act -----------------------------------------------------------------------------

static void cancels(void)
{
    async_group_cancel(&group);
}
static void spawns(void)
{
    assert_int_equal(put(7), -ECANCELED);
}
static void s_a_cancels(void)
{
    m[0].on_drop = cancels;
}
static void s_b_cancels(void)
{
    m[1].on_drop = cancels;
}
static void s_b_spawns(void)
{
    m[1].on_drop = spawns;
}
static void s_c_spawns(void)
{
    m[2].on_drop = spawns;
}

static void acting_drops(void **unused)
{
    (void)unused;
    RUN(s_put3, s_nothing, s_a_cancels, s_cancel, s_put3, s_nothing, s_b_cancels, s_cancel);
    expect_events("ABC-a-b-cABC-a-b-c");
    RUN(s_put3, s_nothing, s_b_spawns, s_cancel, s_put3, s_nothing, s_c_spawns, s_cancel);
    RUN(s_fail_fast, s_put3, s_nothing, s_b_spawns, s_fail_a, s_nothing);
    expect_events("ABCa-b-c");
}

// ---- Owners -------------------------------------------------------------------------------------

// A task whose future holds a group, as an async function's would, with one member in it.
struct owner_future {
    struct async_group own;
    bool open;
    struct async_task **victim;
};

static void owner_future_init(struct owner_future *self, struct async_task **victim)
{
    self->open = false;
    self->victim = victim;
}

static enum async_poll kills(void *data, struct async_context *cx, int *state)
{
    struct async_task **victim = data;
    if ((*state)++) {
        note('!');
        return ASYNC_READY;
    }
    async_cancel(*victim);
    note('k');
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void killed(void *data)
{
    (void)data;
    note('x');
}

static enum async_poll owner_future_poll(struct owner_future *self, struct async_context *cx)
{
    (void)cx;
    void *future;
    async_group_open(&self->own);
    self->open = true;
    assert_int_equal(async_group_new(&self->own, &script_future_type, false, &future), 0);
    script_future_init(future, kills, killed, self->victim);
    async_group_start(&self->own, future);
    return ASYNC_PENDING;
}

static void owner_future_drop(struct owner_future *self)
{
    if (!self->open)
        return;
    async_group_close(&self->own);
    note('o');
}

ASYNC_FUTURE_TYPE_VOID(owner);

static struct async_task *owner;

static void s_owner(void)
{
    struct owner_future *f = async_task_new(&owner_future_type);
    owner_future_init(f, &owner);
    owner = async_task_start(f);
}
static void s_owner_gone(void)
{
    assert_true(async_task_done(owner));
    async_detach(owner);
}
static void s_cancel_owner(void)
{
    async_cancel(owner);
}

static void owners(void **unused)
{
    (void)unused;
    RUN(s_owner, s_cancel_owner, s_owner_gone); // the member has not run
    expect_events("xo");
    RUN(s_owner, s_nothing, s_nothing, s_owner_gone);
    expect_events("kxo");
    RUN(s_owner, s_nothing, s_cancel_owner, s_owner_gone);
    expect_events("kxo");
}

// ---- Tasks that are not put into their group ----------------------------------------------------

// The executor ends before that. Their memory was another task's, which left something in it.
static void never_put(void **unused)
{
    (void)unused;
    struct async_future_type type = script_future_type;
    type.size = sizeof(struct member_future) + 3 * sizeof(void *); // with its place in a group
    struct script_future *other = async_task_new(&type);
    memset(other, 0xa5, type.size);
    script_future_init(other, goes, NULL, other);
    struct async_task *task = async_task_start(other);
    async_cancel(task);
    async_detach(task);
    (void)async_executor_poll_once();

    void *future;
    events[0] = 0;
    async_group_init(&group);
    m[0] = (struct member){.name = 'a'};
    assert_int_equal(async_group_new(&group, &member_future_type, true, &future), 0);
    member_future_init(future, &m[0]);
    async_executor_close();
    assert_int_equal(async_group_count(&group), 0);
    expect_events("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits),
        cmocka_unit_test(failures),
        cmocka_unit_test(going_on),
        cmocka_unit_test(failing_fast),
        cmocka_unit_test(results),
        cmocka_unit_test(limits),
        cmocka_unit_test(room),
        cmocka_unit_test(no_room_while_cancelling),
        cmocka_unit_test(told_when_empty),
        cmocka_unit_test(room_for_one),
        cmocka_unit_test(acting_drops),
        cmocka_unit_test(owners),
        cmocka_unit_test(never_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
