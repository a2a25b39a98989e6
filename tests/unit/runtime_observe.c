// runtime_observe.c - the dump of tasks that the run test does not reach, and the counters.
// also: sim
#define _GNU_SOURCE
#include "runtime_support.h"

#include <asyncc/group.h>
#include <asyncc/observe.h>

#include "executor.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

static char *dump(void)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    async_dump(out);
    fclose(out);
    return text;
}

// The dump without the line about the executor.
static void assert_dump(const char *expected)
{
    char *text = dump();
    assert_string_equal(strchr(text, '\n') + 1, expected);
    free(text);
}

static struct async_counters counters(void)
{
    struct async_counters c;
    async_counters_get(&c);
    return c;
}

// ---- Hand-written roots -------------------------------------------------------------------------

static enum async_poll wait_for_ever(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx;
    ++*state;
    return ASYNC_PENDING;
}

static enum async_poll yield_times(void *data, struct async_context *cx, int *state)
{
    if ((*state)++ == *(int *)data)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void dump_without_executor(void **unused)
{
    (void)unused;
    async_executor_close();
    char *text = dump();
    assert_string_equal(text, "asyncc: this thread has no executor\n");
    free(text);
    struct async_counters zero = {0}, c = counters();
    assert_memory_equal(&c, &zero, sizeof c);
}

static void dump_of_conditions(void **unused)
{
    (void)unused;
    int none = 0, once = 1;
    struct async_task *waits = spawn_script(wait_for_ever, NULL, NULL);
    struct async_task *cancelled = spawn_script(wait_for_ever, NULL, NULL);
    struct async_task *done = spawn_script(yield_times, NULL, &none);
    assert_dump("task 1 'script' ready\n"
                "task 2 'script' ready\n"
                "task 3 'script' ready\n");
    run_script(yield_times, &once);
    async_cancel(cancelled);
    struct async_task *again = spawn_script(yield_times, NULL, &none); // in a block of its own
    assert_dump("task 1 'script' waiting\n"
                "task 2 'script' cancelled, kept by its handle\n"
                "task 3 'script' finished, kept by its handle\n"
                "task 4 'script' ready\n");
    async_detach(cancelled);
    assert_dump("task 1 'script' waiting\n"
                "task 3 'script' finished, kept by its handle\n"
                "task 4 'script' ready\n");
    async_detach(done);
    async_cancel(waits);
    async_detach(waits);
    async_detach(again);
    async_executor_close();
}

static enum async_poll dumps_itself(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    *(char **)data = dump();
    return ASYNC_READY;
}

static void dump_by_a_task(void **unused)
{
    (void)unused;
    async_detach(spawn_script(wait_for_ever, NULL, NULL));
    char *text = NULL;
    run_script(dumps_itself, &text);
    assert_non_null(strstr(text, "task 1 'script' waiting\n"));
    assert_non_null(strstr(text, " 'script' running\n"));
    assert_null(strstr(text, " ready\n"));
    assert_ptr_equal(strstr(text, "asyncc: 2 tasks, 0 ready; 2 polls, 2 wakes, "), text);
    free(text);
    async_executor_close();
}

static enum async_poll keeps_its_waker(void *data, struct async_context *cx, int *state)
{
    (void)state;
    *(struct async_waker *)data = async_waker_clone(&cx->waker);
    return ASYNC_PENDING;
}

static enum async_poll lacks_memory(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)state;
    assert_null(async_frame_alloc(cx, SIZE_MAX - 4096, NULL, NULL));
    return ASYNC_PENDING;
}

static void dump_of_what_is_kept(void **unused)
{
    (void)unused;
    int once = 1;
    struct async_waker waker;
    struct async_task *named = spawn_script(keeps_its_waker, NULL, &waker);
    assert_int_equal(async_task_set_name(named, "mine"), 0);
    async_detach(named);
    struct async_task *lacking = spawn_script(lacks_memory, NULL, NULL);
    run_script(yield_times, &once);
    struct async_task *queued = spawn_script(wait_for_ever, NULL, NULL);
    async_detach(queued);
    assert_dump("task 1 'mine' (script) waiting\n"
                "task 2 'script' out of memory, kept by its handle\n"
                "task 3 'script' ready\n");
    async_cancel(named);
    async_cancel(queued);
    assert_dump("task 1 'script' cancelled, kept by wakers\n"
                "task 2 'script' out of memory, kept by its handle\n"
                "task 3 'script' cancelled, kept until its turn\n");
    async_waker_drop(&waker);
    async_detach(lacking);
    run_script(yield_times, &once);
    assert_dump("");
    async_executor_close();
}

// It is on its way, but not in the queue.
static void dump_of_what_plain_code_woke(void **unused)
{
    (void)unused;
    int once = 1;
    struct async_waker waker;
    struct async_task *task = spawn_script(keeps_its_waker, NULL, &waker);
    run_script(yield_times, &once);
    assert_dump("task 1 'script' waiting\n");
    async_waker_wake(&waker);
    assert_dump("task 1 'script' ready\n");
    async_cancel(task);
    async_waker_drop(&waker);
    async_detach(task);
    async_executor_close();
}

// The only task; its number is left out.
static void assert_only_task(const char *expected)
{
    char *text = dump();
    assert_string_equal(strchr(text, '\''), expected);
    free(text);
}

static void dump_of_a_group_without_owner(void **unused)
{
    (void)unused;
    int once = 1;
    struct async_waker waker;
    struct async_group group = {0};
    void *member;
    assert_int_equal(async_group_new(&group, &script_future_type, true, &member), 0);
    script_future_init(member, keeps_its_waker, NULL, &waker);
    async_group_start(&group, member);
    run_script(yield_times, &once);
    assert_only_task("'script' waiting, in a group\n");
    async_group_cancel(&group);
    assert_only_task("'script' cancelled, kept by wakers\n"); // and in none
    async_waker_drop(&waker);
    async_executor_close();
}

static char *dumped;

static void dump_when_dropped(void *data)
{
    if (data)
        async_cancel(*(struct async_task **)data);
    else
        dumped = dump();
}

// A task whose drop cancels another, whose drop looks.
static void dump_by_a_drop(void **unused)
{
    (void)unused;
    int once = 1;
    struct async_task *inner = spawn_script(wait_for_ever, dump_when_dropped, NULL);
    struct async_task *outer = spawn_script(wait_for_ever, dump_when_dropped, &inner);
    struct async_task *other = spawn_script(wait_for_ever, NULL, NULL);
    run_script(yield_times, &once);
    async_cancel(outer);
    assert_string_equal(strchr(dumped, '\n') + 1, "task 1 'script' running\n"
                                                  "task 2 'script' running\n"
                                                  "task 3 'script' waiting\n");
    free(dumped);
    async_detach(inner);
    async_detach(outer);
    async_detach(other);
    async_executor_close();
}

// ---- Frames as asyncc writes them ---------------------------------------------------------------

struct fake_future {
    uint8_t state;
    uint64_t left;
    struct fake_future *block; // to other fakes
    async_fn_pointer type;
    struct async_task_join_future join;
};

static const struct async_frame_type fake_frame;

static const struct async_operand_info fake_operands[64] = {
    [0] = {"fake", &fake_frame, offsetof(struct fake_future, block), 0, ASYNC_OPERAND_BLOCK},
    [1] = {"second", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
    [2] = {"third", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
    [40] = {"late", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
    [63] = {"last", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_operand_info fake_pointer[] = {
    {"(pointer)", NULL, offsetof(struct fake_future, block), offsetof(struct fake_future, type),
     ASYNC_OPERAND_POINTER},
};

static const struct async_operand_info fake_join[] = {
    {"async_task_join", NULL, offsetof(struct fake_future, join), 0, ASYNC_OPERAND_EMBEDDED},
};

// A function of the program that only has this name.
static const struct async_operand_info fake_own[] = {
    {"async_task_join", &fake_frame, offsetof(struct fake_future, block), 0, ASYNC_OPERAND_BLOCK},
};

enum {
    FAKE_LEAF = 1,
    FAKE_CALL,
    FAKE_JOIN,
    FAKE_POINTER,
    FAKE_TASK,
    FAKE_OWN,
    FAKE_DONE
};

static const struct async_state_info fake_states[] = {
    {"at_leaf", fake_operands + 1, 1, 10, ASYNC_AWAIT_CALL, 0},
    {"at_call", fake_operands, 1, 20, ASYNC_AWAIT_CALL, 0},
    {"at_join", fake_operands, 64, 30, ASYNC_AWAIT_JOIN, offsetof(struct fake_future, left)},
    {"at_pointer", fake_pointer, 1, 40, ASYNC_AWAIT_CALL, 0},
    {"at_task", fake_join, 1, 50, ASYNC_AWAIT_CALL, 0},
    {"at_own", fake_own, 1, 60, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace fake_trace = {
    "fake", "fake.c", fake_states, 6, 1, offsetof(struct fake_future, state),
};

static enum async_poll fake_poll(void *future, struct async_context *cx)
{
    struct fake_future *self = future;
    cx->suspended.frame = self;
    cx->suspended.type = &fake_frame;
    return self->state == FAKE_DONE ? ASYNC_READY : ASYNC_PENDING;
}

static void fake_drop(void *future)
{
    (void)future;
}

static const struct async_frame_type fake_frame = {
    .poll = fake_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &fake_trace,
};

static const struct async_future_type fake_future_type = {
    .name = "fake",
    .file = "fake.c",
    .size = sizeof(struct fake_future),
    .align = _Alignof(struct fake_future),
    .poll = fake_poll,
    .drop = fake_drop,
    .frame = &fake_frame,
};

static const struct async_future_type hand_future_type = {.name = "hand"};

static struct async_task *start(const struct async_future_type *type, struct fake_future root)
{
    struct fake_future *future = async_task_new(type);
    assert_non_null(future);
    *future = root;
    return async_task_start(future);
}

// Runs `root` as a task to its first suspension.
static void suspend(struct fake_future root)
{
    async_detach(start(&fake_future_type, root));
    int once = 1;
    run_script(yield_times, &once);
}

static void dump_of_frames(void **unused)
{
    (void)unused;
    struct fake_future leaf = {.state = FAKE_LEAF}, unborn = {.state = 0};
    struct fake_future call = {.state = FAKE_CALL, .block = &leaf};
    struct fake_future join = {.state = FAKE_JOIN, .left = 1ull << 63 | 1ull << 40 | 5};
    join.block = &call;
    suspend(join);
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:30 awaits async_join (at_join)\n"
                "    fake at fake.c:20 awaits fake (at_call)\n"
                "      fake at fake.c:10 awaits second (at_leaf)\n"
                "    third\n"
                "    late\n"
                "    last\n");
    async_executor_close();

    struct fake_future pointer = {.state = FAKE_POINTER, .type = &fake_future_type, .block = &leaf};
    suspend(pointer);
    pointer.type = &hand_future_type;
    suspend(pointer);
    pointer.block = NULL; // no memory, which is looked at while the task is dropped
    pointer.type = &fake_future_type;
    suspend(pointer);
    call.block = &unborn;
    suspend(call);
    suspend((struct fake_future){.state = 200});
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:40 awaits fake (at_pointer)\n"
                "    fake at fake.c:10 awaits second (at_leaf)\n"
                "task 2 'fake' waiting\n"
                "  fake at fake.c:40 awaits hand (at_pointer)\n"
                "task 3 'fake' waiting\n"
                "  fake at fake.c:40 awaits fake (at_pointer)\n"
                "    fake\n"
                "task 4 'fake' waiting\n"
                "  fake at fake.c:20 awaits fake (at_call)\n"
                "    fake\n"
                "task 5 'fake' waiting\n"
                "  fake\n");
    async_executor_close();

    struct fake_future done = {.state = FAKE_DONE};
    call.block = &done;
    suspend(call);
    leaf.block = &leaf; // where the future of async_task_join has a link
    suspend((struct fake_future){.state = FAKE_OWN, .block = &leaf});
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:20 awaits fake (at_call)\n"
                "    fake\n"
                "task 2 'fake' waiting\n"
                "  fake at fake.c:60 awaits async_task_join (at_own)\n"
                "    fake at fake.c:10 awaits second (at_leaf)\n");
    async_executor_close();
}

static void fake_drop_that_dumps(void *future)
{
    (void)future;
    dumped = dump();
}

// Frames say something only while their task is off the stack, has begun and is not done.
static void dump_without_frames(void **unused)
{
    (void)unused;
    int once = 1;
    struct async_future_type type = fake_future_type;
    type.drop = fake_drop_that_dumps;
    struct async_task *task = start(&type, (struct fake_future){.state = FAKE_LEAF});
    run_script(yield_times, &once);
    struct async_task *unborn = start(&fake_future_type, (struct fake_future){.state = 0});
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:10 awaits second (at_leaf)\n"
                "task 2 'fake' not started\n");
    async_cancel(unborn);
    async_detach(unborn);
    run_script(yield_times, &once);
    async_cancel(task);
    assert_string_equal(strchr(dumped, '\n') + 1, "task 1 'fake' running\n");
    free(dumped);
    assert_dump("task 1 'fake' cancelled, kept by its handle\n");
    async_detach(task);
    async_executor_close();
}

// Calls that are alike, and what the last of them awaits.
static void dump_of_ends(void **unused)
{
    (void)unused;
    struct fake_future calls[4], pointers[4], unborn = {.state = 0};
    for (int i = 0; i < 4; i++) {
        calls[i] = (struct fake_future){.state = FAKE_CALL, .block = &calls[i + 1]};
        pointers[i] = (struct fake_future){.state = FAKE_POINTER,
                                           .type = &fake_future_type,
                                           .block = &pointers[i + 1]};
    }
    calls[3].block = &unborn;
    pointers[3].type = &hand_future_type;
    suspend(calls[0]);
    suspend(pointers[0]);
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:20 awaits fake (at_call)\n"
                "    fake at fake.c:20 awaits fake (at_call)\n"
                "      ... and 2 more like this\n"
                "      fake\n"
                "task 2 'fake' waiting\n"
                "  fake at fake.c:40 awaits fake (at_pointer)\n"
                "    fake at fake.c:40 awaits fake (at_pointer)\n"
                "      ... and 1 more like this\n"
                "      fake at fake.c:40 awaits hand (at_pointer)\n");
    async_executor_close();
}

// Frames that end with the bits of a join: no more bytes may be read than those.
static void dump_of_narrow_joins(void **unused)
{
    (void)unused;
    static const struct async_operand_info operands[32] = {
        [7] = {"eighth", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
        [15] = {"sixteenth", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
        [31] = {"last", NULL, 0, 0, ASYNC_OPERAND_EMBEDDED},
    };
    static const struct async_state_info states[] = {
        {"at_8", operands, 8, 1, ASYNC_AWAIT_JOIN, 1},
        {"at_16", operands, 16, 2, ASYNC_AWAIT_JOIN, 1},
        {"at_32", operands, 32, 3, ASYNC_AWAIT_JOIN, 1},
    };
    static const struct async_trace trace = {"narrow", "fake.c", states, 3, 1, 0};
    static const struct async_frame_type frame = {.awaits = &trace};
    static const struct async_future_type type = {.name = "narrow", .frame = &frame};
    uint8_t one = 1 << 7;
    uint16_t two = 1 << 15;
    uint32_t four = 1u << 31;
    const void *left[] = {&one, &two, &four};
    unsigned char *frames[3];
    for (unsigned i = 0; i < 3; i++) {
        frames[i] = malloc(1 + (1u << i));
        assert_non_null(frames[i]);
        frames[i][0] = (unsigned char)(i + 1);
        memcpy(frames[i] + 1, left[i], 1u << i);
        suspend((struct fake_future){.state = FAKE_POINTER,
                                     .type = &type,
                                     .block = (struct fake_future *)frames[i]});
    }
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:40 awaits narrow (at_pointer)\n"
                "    narrow at fake.c:1 awaits async_join (at_8)\n"
                "      eighth\n"
                "task 2 'fake' waiting\n"
                "  fake at fake.c:40 awaits narrow (at_pointer)\n"
                "    narrow at fake.c:2 awaits async_join (at_16)\n"
                "      sixteenth\n"
                "task 3 'fake' waiting\n"
                "  fake at fake.c:40 awaits narrow (at_pointer)\n"
                "    narrow at fake.c:3 awaits async_join (at_32)\n"
                "      last\n");
    async_executor_close();
    for (int i = 0; i < 3; i++)
        free(frames[i]);
}

// Neither calls in calls nor joins in joins may take the stack for each level.
static void dump_of_many_levels(void **unused)
{
    (void)unused;
    enum {
        LEVELS = 300000
    };
    struct fake_future *levels = calloc(LEVELS, sizeof *levels);
    assert_non_null(levels);
    for (int i = 0; i < LEVELS; i++) {
        levels[i].state = i + 1 < LEVELS ? FAKE_CALL : FAKE_LEAF;
        levels[i].block = &levels[i + 1];
    }
    suspend((struct fake_future){.state = FAKE_CALL, .block = levels});
    assert_dump("task 1 'fake' waiting\n"
                "  fake at fake.c:20 awaits fake (at_call)\n"
                "    fake at fake.c:20 awaits fake (at_call)\n"
                "      ... and 299998 more like this\n"
                "      fake at fake.c:10 awaits second (at_leaf)\n");
    for (int i = 0; i + 1 < LEVELS; i++) {
        levels[i].state = FAKE_JOIN;
        levels[i].left = 1;
    }
    char *text = dump();
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    assert_in_range(lines, 10, 100);
    assert_non_null(strstr(text, "fake ...\n"));
    free(text);
    for (int i = 0; i + 1 < LEVELS; i++) // alike, but for every other one
        levels[i].state = i % 2 ? FAKE_CALL : FAKE_POINTER, levels[i].type = &fake_future_type;
    text = dump();
    lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, LEVELS + 3);
    free(text);
    async_executor_close();
    free(levels);
}

static enum async_poll joins(void *data, struct async_context *cx, int *state)
{
    (void)state;
    return async_task_join_future_poll(data, cx);
}

static void dump_names_the_joined_task(void **unused)
{
    (void)unused;
    struct async_task *task = spawn_script(wait_for_ever, NULL, NULL);
    struct fake_future *fake = async_task_new(&fake_future_type);
    assert_non_null(fake);
    *fake = (struct fake_future){.state = FAKE_TASK};
    async_task_join_future_init(&fake->join, task);
    async_detach(async_task_start(fake));
    int once = 1;
    run_script(yield_times, &once);
    char *text = dump();
    assert_non_null(strstr(text, "awaits async_task_join (at_task)\n")); // it does not wait yet
    free(text);
    struct async_task *joiner = spawn_script(joins, NULL, &fake->join);
    run_script(yield_times, &once);
    text = dump();
    assert_non_null(strstr(text, "awaits async_task_join (at_task): task 1 'script'\n"));
    free(text);
    async_cancel(task);
    text = dump();
    assert_non_null(strstr(text, "awaits async_task_join (at_task)\n"));
    free(text);
    async_cancel(joiner);
    async_detach(joiner);
    async_detach(task);
    async_executor_close();
}

// Numbers are those of no two tasks, and stay when others go.
static void numbers_last(void **unused)
{
    (void)unused;
    enum {
        TASKS = 3000
    };
    static struct async_task *tasks[TASKS];
    for (int i = 0; i < TASKS; i++)
        tasks[i] = spawn_script(wait_for_ever, NULL, NULL);
    for (int i = 0; i < TASKS; i++) {
        if (i % 3 == 1)
            continue;
        async_cancel(tasks[i]);
        async_detach(tasks[i]);
    }
    assert_int_equal(counters().kept, TASKS / 3 * 2); // in the queue
    int once = 1;
    run_script(yield_times, &once);
    assert_int_equal(counters().kept, 0);
    char *text = dump();
    int seen = 0;
    unsigned long last = 0;
    for (char *at = strstr(text, "\ntask "); at; at = strstr(at + 1, "\ntask ")) {
        unsigned long number = strtoul(at + 6, NULL, 10);
        assert_true(number > last);
        assert_int_equal(number % 3, 2); // they were 1, 2, 3, ...
        last = number;
        seen++;
    }
    assert_int_equal(seen, TASKS / 3);
    free(text);
    assert_int_equal(counters().tasks, TASKS / 3);
    async_executor_close();
}

// ---- Counters -----------------------------------------------------------------------------------

static void counts_polls_and_wakes(void **unused)
{
    (void)unused;
    int two = 2;
    struct async_task *tasks[3];
    for (int i = 0; i < 3; i++)
        tasks[i] = spawn_script(yield_times, NULL, &two);
    struct async_counters c = counters();
    assert_int_equal(c.tasks, 3);
    assert_int_equal(c.ready, 3);
    assert_int_equal(c.wakes, 3);
    assert_int_equal(c.polls, 0);
    async_cancel(tasks[2]); // is in the queue, and taken out of it without a poll
    int three = 3;
    run_script(yield_times, &three);
    c = counters();
    assert_int_equal(c.polls, 3 + 3 + 4);
    assert_int_equal(c.wakes, 3 + 3 + 1 + 4);
    assert_int_equal(c.spawned, 4);
    assert_int_equal(c.finished, 4);
    assert_int_equal(c.tasks, 0);
    assert_int_equal(c.ready, 0);
    assert_int_equal(c.kept, 3);
    assert_int_equal(c.received, 0);
    assert_int_equal(c.run_ns, 0);
    assert_true(c.turns >= 1);
    for (int i = 0; i < 3; i++)
        async_detach(tasks[i]);
    assert_int_equal(counters().kept, 0);
    async_executor_close();
}

// Only once the executor is on its way to sleep.
static struct async_executor *sleeper;

static void *wake_it(void *waker)
{
    while (!atomic_load(&sleeper->sleeping))
        sched_yield();
    async_waker_wake(waker);
    return NULL;
}

static enum async_poll woken_by_thread(void *data, struct async_context *cx, int *state)
{
    pthread_t *thread = data;
    if ((*state)++) {
        pthread_join(*thread, NULL);
        return ASYNC_READY;
    }
    static struct async_waker waker;
    waker = cx->waker;
    sleeper = async_current;
    assert_int_equal(pthread_create(thread, NULL, wake_it, &waker), 0);
    return ASYNC_PENDING;
}

static void counts_what_came_from_outside(void **unused)
{
    (void)unused;
    pthread_t thread;
    run_script(woken_by_thread, &thread);
    struct async_counters c = counters();
    assert_int_equal(c.received, 1);
    assert_int_equal(c.wakes, 2);
    assert_int_equal(c.polls, 2);
    assert_true(c.waits >= 1);
    async_executor_close();
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum async_poll spends_time(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    uint64_t before = counters().run_ns, start = now_ns();
    while (now_ns() - start < 1000)
        ;
    *(uint64_t *)data = counters().run_ns - before; // a turn that is underway counts, too
    return ASYNC_READY;
}

static void measures_running(void **unused)
{
    (void)unused;
    uint64_t spent;
    run_script(spends_time, &spent);
    assert_int_equal(spent, 0);
    assert_int_equal(counters().run_ns, 0);
    async_counters_clock(true);
    run_script(spends_time, &spent);
    assert_true(spent >= 1000);
    assert_true(counters().run_ns >= spent);
    async_counters_clock(false);
    uint64_t before = counters().run_ns;
    run_script(spends_time, &spent);
    assert_int_equal(counters().run_ns, before);
    async_counters_clock(true);
    run_script(spends_time, &spent);
    assert_true(counters().run_ns >= before + spent);
    async_executor_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_without_executor),
        cmocka_unit_test(dump_of_conditions),
        cmocka_unit_test(dump_by_a_task),
        cmocka_unit_test(dump_of_what_is_kept),
        cmocka_unit_test(dump_of_what_plain_code_woke),
        cmocka_unit_test(dump_of_a_group_without_owner),
        cmocka_unit_test(dump_by_a_drop),
        cmocka_unit_test(dump_of_frames),
        cmocka_unit_test(dump_without_frames),
        cmocka_unit_test(dump_of_ends),
        cmocka_unit_test(dump_of_narrow_joins),
        cmocka_unit_test(dump_of_many_levels),
        cmocka_unit_test(dump_names_the_joined_task),
        cmocka_unit_test(numbers_last),
        cmocka_unit_test(counts_polls_and_wakes),
        cmocka_unit_test(counts_what_came_from_outside),
        cmocka_unit_test(measures_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
