// runtime_arena.c - the frame arena of tasks: nesting, chunks, freeing out of order, running out of
// memory; and resuming frames in it.
// also: sim
#define _GNU_SOURCE
#include "runtime_support.h"

static const struct async_frame_type no_parent = {0};

static void fill(void *frame, size_t size, int with)
{
    assert_int_equal((uintptr_t)frame % ASYNC_BLOCK_ALIGN, 0);
    memset(frame, with, size);
}

static void check(void *frame, size_t size, int with)
{
    unsigned char *bytes = frame;
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], (unsigned char)with);
}

static uint64_t seed = 7;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

enum {
    DEPTH = 300
};

static enum async_poll nests(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)state;
    static void *frames[DEPTH];
    static size_t sizes[DEPTH];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < DEPTH; i++) {
            sizes[i] = i == 77 ? 100000 : next_random() % 700;
            frames[i] = async_frame_alloc(cx, sizes[i], NULL, &no_parent);
            assert_non_null(frames[i]);
            fill(frames[i], sizes[i], i);
        }
        for (int i = DEPTH; i-- > 0;) {
            check(frames[i], sizes[i], i);
            async_frame_free(frames[i]);
        }
        assert_null(cx->arena->last);
    }
    // Up and down about the border of a chunk.
    for (int i = 0; i < 100000; i++) {
        void *a = async_frame_alloc(cx, 600, NULL, &no_parent);
        void *b = async_frame_alloc(cx, 600, NULL, &no_parent);
        async_frame_free(b);
        async_frame_free(a);
    }
    assert_null(cx->arena->last);
    return ASYNC_READY;
}

static enum async_poll frees_in_any_order(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)state;
    for (int round = 0; round < 200; round++) {
        void *frames[64];
        size_t sizes[64];
        int live = 0;
        for (int step = 0; step < 500; step++) {
            if (live < 64 && next_random() % 5 < 3) {
                sizes[live] = next_random() % 500;
                frames[live] = async_frame_alloc(cx, sizes[live], NULL, &no_parent);
                fill(frames[live], sizes[live], (int)sizes[live]);
                live++;
            } else if (live) {
                int i = (int)(next_random() % (uint64_t)live);
                check(frames[i], sizes[i], (int)sizes[i]);
                async_frame_free(frames[i]);
                live--;
                frames[i] = frames[live];
                sizes[i] = sizes[live];
            }
        }
        while (live) {
            live--;
            check(frames[live], sizes[live], (int)sizes[live]);
            async_frame_free(frames[live]);
        }
        assert_null(cx->arena->last);
    }
    return ASYNC_READY;
}

static void nesting_and_chunks(void **unused)
{
    (void)unused;
    run_script(nests, NULL);
    async_executor_close();
}

static void any_order(void **unused)
{
    (void)unused;
    run_script(frees_in_any_order, NULL);
    async_executor_close();
}

// ---- No memory ----------------------------------------------------------------------------------

static int undone;

static void undo(void *data)
{
    (void)data;
    undone++;
}

static enum async_poll asks_too_much(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)state;
    void *kept = async_frame_alloc(cx, 100, NULL, &no_parent);
    void *frame = async_frame_alloc(cx, SIZE_MAX - 4096, NULL, &no_parent);
    assert_null(frame);
    assert_true(cx->out_of_memory);
    async_frame_free(kept);
    return ASYNC_PENDING;
}

struct joined {
    struct async_task *task;
    struct async_task_join_future join;
};

static enum async_poll joins(void *data, struct async_context *cx, int *state)
{
    struct joined *j = data;
    if ((*state)++ == 0)
        async_task_join_future_init(&j->join, j->task);
    return async_task_join_future_poll(&j->join, cx);
}

static void a_task_without_memory_is_dropped(void **unused)
{
    (void)unused;
    undone = 0;
    struct joined j = {.task = spawn_script(asks_too_much, undo, NULL)};
    run_script(joins, &j);
    assert_int_equal(j.join.result, -ENOMEM);
    assert_int_equal(undone, 1);
    async_detach(j.task);
    async_executor_close();
}

// ---- A generated function, as asyncc would write it: countdown(n) awaits countdown(n - 1) in the

struct countdown_future {
    struct countdown_future *child;
    int n, result;
    unsigned char state; // state 0: new, 1: yielding, 2: at the child, 3: done
    struct async_yield_future yield;
};

static enum async_poll countdown_poll(void *frame, struct async_context *cx);
static const struct async_frame_type countdown_frame = {
    .poll = countdown_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
};

static int polls;

static void countdown_future_init(struct countdown_future *self, int n)
{
    *self = (struct countdown_future){.n = n};
}

static enum async_poll countdown_poll(void *frame, struct async_context *cx)
{
    struct countdown_future *self = frame;
    polls++;
    switch (self->state) {
    case 0:
        if (self->n > 0) {
            self->child = async_frame_alloc(cx, sizeof *self->child, self, &countdown_frame);
            if (!self->child)
                return ASYNC_PENDING;
            countdown_future_init(self->child, self->n - 1);
            if (countdown_poll(self->child, cx) == ASYNC_PENDING) {
                self->state = 2;
                return ASYNC_PENDING;
            }
        } else {
            async_yield_future_init(&self->yield);
        }
        break;
    case 1:
        break;
    case 2:
        if (async_frame_done(self->child))
            break;
        if (countdown_poll(self->child, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        break;
    }
    if (self->n == 0) {
        if (async_yield_future_poll(&self->yield, cx) == ASYNC_PENDING) {
            self->state = 1;
            cx->suspended = (struct async_frame){self, &countdown_frame};
            return ASYNC_PENDING;
        }
        self->result = 1;
    } else {
        self->result = self->child->result + 1;
        async_frame_free(self->child);
    }
    self->state = 3;
    return ASYNC_READY;
}

static enum async_poll countdown_future_poll(struct countdown_future *self,
                                             struct async_context *cx)
{
    return countdown_poll(self, cx);
}

static void countdown_future_drop(struct countdown_future *self)
{
    if (self->state != 2)
        return;
    countdown_future_drop(self->child);
    async_frame_free(self->child);
}

ASYNC_FUTURE_TYPE(countdown);

static void resumes_the_innermost_frame(void **unused)
{
    (void)unused;
    struct async_future_type type = countdown_future_type;
    type.frame = &countdown_frame;
    struct countdown_future f;
    countdown_future_init(&f, 5000);
    polls = 0;
    async_block_on_future(&type, &f);
    assert_int_equal(f.result, 5001);
    assert_int_equal(polls, 2 * 5001); // each frame once on the way down and once on the way up

    // Cancelled at its deepest point.
    struct countdown_future *spawned = async_task_new(&type);
    countdown_future_init(spawned, 500);
    struct async_task *task = async_task_start(spawned);
    struct countdown_future zero;
    countdown_future_init(&zero, 0);
    async_block_on_future(&type, &zero);
    async_cancel(task);
    async_detach(task);
    async_executor_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_and_chunks),
        cmocka_unit_test(any_order),
        cmocka_unit_test(a_task_without_memory_is_dropped),
        cmocka_unit_test(resumes_the_innermost_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
