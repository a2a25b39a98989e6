// runtime_task.c - tasks and the executor: order, join, detach, cancel, wakes from threads and
// signals.
#define _GNU_SOURCE
#include "runtime_support.h"

#include <asyncc/observe.h>

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char trace[256];

static void note(char c)
{
    size_t n = strlen(trace);
    assert_true(n + 1 < sizeof trace);
    trace[n] = c;
    trace[n + 1] = 0;
}

static enum async_poll twice(void *data, struct async_context *cx, int *state)
{
    note(*(char *)data);
    if ((*state)++ == 2)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    async_waker_wake(&cx->waker); // the second wake is one too many, and is no second poll
    return ASYNC_PENDING;
}

static enum async_poll join_all(void *data, struct async_context *cx, int *state)
{
    static struct async_task_join_future join;
    struct async_task **tasks = data;
    while (tasks[*state]) {
        if (!join.link && !join.task && !join.result)
            async_task_join_future_init(&join, tasks[*state]);
        if (async_task_join_future_poll(&join, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        memset(&join, 0, sizeof join);
        ++*state;
    }
    return ASYNC_READY;
}

static void runs_in_order(void **unused)
{
    (void)unused;
    trace[0] = 0;
    char names[] = "abc";
    struct async_task *tasks[4] = {0};
    for (int i = 0; i < 3; i++)
        tasks[i] = spawn_script(twice, NULL, &names[i]);
    run_script(join_all, tasks);
    assert_string_equal(trace, "abcabcabc");
    for (int i = 0; i < 3; i++) {
        assert_true(async_task_done(tasks[i]));
        async_detach(tasks[i]);
    }
    async_executor_close();
}

// ---- Cancel and detach --------------------------------------------------------------------------

static int undone;

static void undo(void *data)
{
    (void)data;
    undone++;
}

static enum async_poll forever(void *data, struct async_context *cx, int *state)
{
    (void)data, (void)cx;
    ++*state;
    return ASYNC_PENDING;
}

static enum async_poll yields(void *data, struct async_context *cx, int *state)
{
    if ((*state)++ == *(int *)data)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void let_run(int polls)
{
    run_script(yields, &polls);
}

struct joined {
    struct async_task *task;
    struct async_task_join_future join;
    int polls, status;
    char name; // 0: none
};

static enum async_poll joins(void *data, struct async_context *cx, int *state)
{
    struct joined *j = data;
    if ((*state)++ == 0)
        async_task_join_future_init(&j->join, j->task);
    j->polls++;
    if (async_task_join_future_poll(&j->join, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    j->status = j->join.result;
    if (j->name)
        note(j->name);
    return ASYNC_READY;
}

static void drop_join(void *data)
{
    async_task_join_future_drop(&((struct joined *)data)->join);
}

static void cancels_a_suspended_task(void **unused)
{
    (void)unused;
    undone = 0;
    struct async_task *task = spawn_script(forever, undo, NULL);
    let_run(2);
    struct joined first = {.task = task}, second = {.task = task}, dropped = {.task = task};
    struct async_task *a = spawn_script(joins, drop_join, &first);
    struct async_task *d = spawn_script(joins, drop_join, &dropped);
    struct async_task *b = spawn_script(joins, drop_join, &second);
    let_run(2);
    async_cancel(d);
    async_detach(d);
    assert_int_equal(undone, 0);
    async_cancel(task);
    assert_int_equal(undone, 1);
    async_cancel(task);
    async_detach(task); // the joiners do not need it
    let_run(3);
    assert_int_equal(undone, 1);
    assert_int_equal(first.status, -ECANCELED);
    assert_int_equal(second.status, -ECANCELED);
    assert_int_equal(first.polls, 2);
    assert_true(async_task_done(a) && async_task_done(b));
    async_detach(a);
    async_detach(b);
    async_executor_close();
}

static void tells_joiners_in_order(void **unused)
{
    (void)unused;
    trace[0] = 0;
    struct async_task *task = spawn_script(forever, undo, NULL), *tasks[5];
    struct joined joined[5];
    for (int i = 0; i < 5; i++) {
        joined[i] = (struct joined){.task = task, .name = (char)('a' + i)};
        tasks[i] = spawn_script(joins, drop_join, &joined[i]);
    }
    let_run(2);
    async_cancel(tasks[2]);
    async_cancel(task);
    let_run(2);
    assert_string_equal(trace, "abde");
    for (int i = 0; i < 5; i++)
        async_detach(tasks[i]);
    async_detach(task);
    async_executor_close();
}

static void cancels_a_task_that_never_ran(void **unused)
{
    (void)unused;
    undone = 0;
    struct async_task *task = spawn_script(forever, undo, NULL);
    async_cancel(task);
    async_detach(task); // still queued
    let_run(2);
    async_detach(NULL);
    async_cancel(NULL);
    async_executor_close();
}

struct self_cancel {
    struct async_task *task;
    bool finish, ran_on;
};

static enum async_poll cancels_itself(void *data, struct async_context *cx, int *state)
{
    struct self_cancel *s = data;
    (void)cx, (void)state;
    async_cancel(s->task);
    s->ran_on = true;
    return s->finish ? ASYNC_READY : ASYNC_PENDING;
}

// Runs right after it.
static enum async_poll finds_it_done(void *data, struct async_context *cx, int *state)
{
    struct self_cancel *s = data;
    (void)cx, (void)state;
    assert_true(async_task_done(s->task));
    return ASYNC_READY;
}

static void cancels_itself_after_its_poll(void **unused)
{
    (void)unused;
    for (int finish = 0; finish < 2; finish++) {
        struct self_cancel s = {.finish = finish};
        undone = 0;
        s.task = spawn_script(cancels_itself, undo, &s);
        async_detach(spawn_script(finds_it_done, NULL, &s));
        struct joined j = {.task = s.task};
        run_script(joins, &j);
        assert_true(s.ran_on);
        assert_int_equal(undone, !finish);
        assert_int_equal(j.status, finish ? 0 : -ECANCELED);
        async_detach(s.task);
    }
    async_executor_close();
}

static void frees_what_is_left(void **unused)
{
    (void)unused;
    undone = 0;
    for (int i = 0; i < 1000; i++) {
        struct async_task *task = spawn_script(forever, undo, NULL);
        if (i % 2)
            async_detach(task);
    }
    let_run(3);
    spawn_script(forever, undo, NULL); // not even polled
    async_executor_close();
    assert_int_equal(undone, 1001);
}

static enum async_poll detached_child(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    int *depth = data;
    if (--*depth > 0)
        async_detach(spawn_script(detached_child, NULL, depth));
    return ASYNC_READY;
}

static void detached_tasks_run_on(void **unused)
{
    (void)unused;
    int depth = 100;
    async_detach(spawn_script(detached_child, NULL, &depth));
    let_run(200);
    assert_int_equal(depth, 0);
    async_executor_close();
}

// ---- Memory -------------------------------------------------------------------------------------

struct aligned_future {
    _Alignas(256) char data[512];
    int result;
};

static void aligned_future_init(struct aligned_future *self)
{
    memset(self->data, 1, sizeof self->data);
}

static enum async_poll aligned_future_poll(struct aligned_future *self, struct async_context *cx)
{
    (void)cx;
    self->result = (int)((uintptr_t)self % 256);
    return ASYNC_READY;
}

static void aligned_future_drop(struct aligned_future *self)
{
    (void)self;
}

ASYNC_FUTURE_TYPE(aligned);

static void has_room_for_any_size(void **unused)
{
    (void)unused;
    for (size_t size = 1; size < 300000; size += size / 7 + 1) {
        struct async_future_type type = script_future_type;
        type.size = size < sizeof(struct script_future) ? sizeof(struct script_future) : size;
        struct async_task *tasks[5];
        int zero = 0;
        for (int i = 0; i < 5; i++) {
            struct script_future *f = async_task_new(&type);
            assert_non_null(f);
            assert_int_equal((uintptr_t)f % 16, 0);
            memset(f, i, type.size);
            script_future_init(f, yields, NULL, &zero);
            tasks[i] = async_task_start(f);
        }
        let_run(2);
        for (int i = 0; i < 5; i++)
            async_detach(tasks[i]);
    }
    struct async_future_type huge = script_future_type;
    huge.size = SIZE_MAX - 100;
    assert_null(async_task_new(&huge));
    struct aligned_future *f = async_task_new(&aligned_future_type);
    aligned_future_init(f);
    struct async_task *task = async_task_start(f);
    let_run(2);
    assert_int_equal(async_task_result(task, int), 0);
    async_executor_close();
}

// ---- Threads and signals ------------------------------------------------------------------------

enum {
    THREADS = 4,
    WAKES = 5000
};

struct remote {
    pthread_mutex_t lock;
    struct async_waker waker; // ops NULL: none
    int sent, received;       // under the lock
    int todo;
    bool stop;
};

static void *remote_thread(void *data)
{
    struct remote *r = data;
    for (;;) {
        struct async_waker waker = {0};
        pthread_mutex_lock(&r->lock);
        bool stop = r->sent == r->todo;
        if (!stop)
            r->sent++;
        waker = r->waker;
        r->waker.ops = NULL;
        pthread_mutex_unlock(&r->lock);
        if (waker.ops) {
            struct async_waker another = async_waker_clone(&waker);
            async_waker_drop(&waker);
            async_waker_wake(&another);
            async_waker_wake(&another);
            async_waker_drop(&another);
        }
        if (stop)
            return NULL;
    }
}

static enum async_poll receives(void *data, struct async_context *cx, int *state)
{
    struct remote *r = data;
    (void)state;
    pthread_mutex_lock(&r->lock);
    r->received++;
    bool done = r->sent == r->todo;
    if (!done) {
        if (r->waker.ops)
            async_waker_drop(&r->waker);
        r->waker = async_waker_clone(&cx->waker);
    }
    pthread_mutex_unlock(&r->lock);
    return done ? ASYNC_READY : ASYNC_PENDING;
}

static void wakes_come_from_threads(void **unused)
{
    (void)unused;
    struct remote r = {.todo = THREADS * WAKES};
    pthread_mutex_init(&r.lock, NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, remote_thread, &r);
    run_script(receives, &r);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (r.waker.ops)
        async_waker_drop(&r.waker);
    assert_true(r.received > 0);
    async_executor_close();
}

static void *late_waker(void *data)
{
    struct async_waker *waker = data;
    for (int i = 0; i < 100; i++) {
        struct async_waker clone = async_waker_clone(waker);
        async_waker_wake(&clone);
        async_waker_drop(&clone);
    }
    async_waker_drop(waker);
    return NULL;
}

static struct async_waker kept[THREADS];

static enum async_poll gives_wakers(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if (*state == 0) {
        for (int i = 0; i < THREADS; i++)
            kept[i] = async_waker_clone(&cx->waker);
        ++*state;
        return ASYNC_PENDING;
    }
    return ASYNC_READY;
}

// Wakers outlive their task, and even the executor, in threads that go on using them.
static void wakers_outlive_everything(void **unused)
{
    (void)unused;
    for (int round = 0; round < 200; round++) {
        pthread_t threads[THREADS];
        struct async_task *task = spawn_script(gives_wakers, NULL, NULL);
        let_run(1);
        for (int i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, late_waker, &kept[i]);
        if (round % 3 == 0)
            async_cancel(task);
        if (round % 3 == 1)
            async_detach(task);
        if (round % 2)
            let_run(round % 50);
        if (round % 5 < 3)
            async_executor_close();
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    async_executor_close();
}

static enum async_poll wakes_and_drops(void *data, struct async_context *cx, int *state)
{
    (void)cx, (void)state;
    async_waker_wake_and_drop(data);
    return ASYNC_READY;
}

static size_t tasks_kept(void)
{
    struct async_counters c;
    async_counters_get(&c);
    return c.kept;
}

// The first one wakes the task. The others come when it is done, and the last one frees it.
static void wakers_are_woken_and_dropped_at_once(void **unused)
{
    (void)unused;
    struct async_task *task = spawn_script(gives_wakers, NULL, NULL);
    let_run(1);
    run_script(wakes_and_drops, &kept[0]);
    let_run(1);
    assert_true(async_task_done(task));
    async_detach(task);
    for (int i = 1; i < THREADS; i++) {
        assert_int_equal(tasks_kept(), 1);
        run_script(wakes_and_drops, &kept[i]);
        let_run(1); // what is sent to the inbox is taken between turns
    }
    assert_int_equal(tasks_kept(), 0);
    async_executor_close();
}

static struct async_waker signal_waker;
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
    async_waker_wake(&signal_waker);
}

static int signal_seen;

static enum async_poll counts_signals(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if (!(*state)++)
        signal_waker = async_waker_clone(&cx->waker);
    if (*state == 2) {
        struct sigaction action = {.sa_handler = on_signal};
        sigaction(SIGALRM, &action, NULL);
        struct itimerval often = {{0, 200}, {0, 200}};
        setitimer(ITIMER_REAL, &often, NULL);
    } else if (*state == 1) {
        async_waker_wake(&cx->waker);
    }
    if (signals < 300)
        return ASYNC_PENDING;
    struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN);
    async_waker_drop(&signal_waker);
    signal_seen = signals;
    return ASYNC_READY;
}

static void wakes_come_from_signal_handlers(void **unused)
{
    (void)unused;
    for (int busy = 0; busy < 2; busy++) {
        signals = 0;
        int many = INT32_MAX;
        struct async_task *noise = NULL, *noise2 = NULL;
        if (busy) {
            noise = spawn_script(yields, NULL, &many);
            noise2 = spawn_script(yields, NULL, &many);
        }
        run_script(counts_signals, NULL);
        assert_true(signal_seen >= 300);
        async_detach(noise);
        async_detach(noise2);
        async_executor_close();
    }
}

static void *spawn_and_leave(void *data)
{
    (void)data;
    async_detach(spawn_script(forever, undo, NULL));
    let_run(3);
    return NULL;
}

static void an_executor_ends_with_its_thread(void **unused)
{
    (void)unused;
    undone = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, spawn_and_leave, NULL);
    pthread_join(thread, NULL);
    assert_int_equal(undone, 1);
}

static int run_main_result;

struct answer_future {
    int result;
};

static void answer_future_init(struct answer_future *self)
{
    self->result = 0;
}

static enum async_poll answer_future_poll(struct answer_future *self, struct async_context *cx)
{
    (void)cx;
    spawn_script(forever, undo, NULL);
    self->result = run_main_result;
    return ASYNC_READY;
}

static void answer_future_drop(struct answer_future *self)
{
    (void)self;
}

ASYNC_FUTURE_TYPE(answer);

static void run_main_returns_the_result(void **unused)
{
    (void)unused;
    run_main_result = 42;
    undone = 0;
    struct answer_future f;
    answer_future_init(&f);
    assert_int_equal(async_run_main(&answer_future_type, &f), 42);
    assert_int_equal(undone, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_in_order),
        cmocka_unit_test(cancels_a_suspended_task),
        cmocka_unit_test(tells_joiners_in_order),
        cmocka_unit_test(cancels_a_task_that_never_ran),
        cmocka_unit_test(cancels_itself_after_its_poll),
        cmocka_unit_test(frees_what_is_left),
        cmocka_unit_test(detached_tasks_run_on),
        cmocka_unit_test(has_room_for_any_size),
        cmocka_unit_test(wakes_come_from_threads),
        cmocka_unit_test(wakers_outlive_everything),
        cmocka_unit_test(wakers_are_woken_and_dropped_at_once),
        cmocka_unit_test(wakes_come_from_signal_handlers),
        cmocka_unit_test(an_executor_ends_with_its_thread),
        cmocka_unit_test(run_main_returns_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
