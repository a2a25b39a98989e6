// explore_states.c - the state word of a task, the inbox and the way to sleep, in every order of
// the atomic operations of the owner and of one or two other threads: wakes, polls, cancels, joins
// and the end, against wakers that are woken, cloned and dropped elsewhere.
//
// The sources under test are the runtime's own. The reactor is replaced by one that waits in the
// explorer, so a lost wake is a deadlock; memory that is used after it was freed is
// AddressSanitizer's to find, and a task that is never freed keeps its executor.
//
// With an argument, two other threads are explored as well: millions of executions, half an hour.
#include "explore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <asyncc/executor.h>
#include <asyncc/task.h>

#include "executor.h"
#include "reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

// ---- A reactor that waits in the explorer -----------------------------------------------------

struct async_reactor {
    volatile bool woken; // like an eventfd: stays until somebody waits
    bool alive;
};

static struct async_reactor the_reactor;
static bool in_sleep; // the signal came there

static int model_init(struct async_executor *executor, struct async_reactor **out)
{
    (void)executor;
    the_reactor.woken = false;
    the_reactor.alive = true;
    *out = &the_reactor;
    return 0;
}

static void model_fini(struct async_reactor *reactor)
{
    reactor->alive = false;
}

static void model_wait(struct async_reactor *reactor, uint64_t timeout_ns)
{
    if (timeout_ns == UINT64_MAX) {
        in_sleep |= explore_signal_now();
        explore_wait(&reactor->woken);
    }
    explore_point(&reactor->woken, true);
    if (reactor->woken)
        reactor->woken = false;
}

static void model_wake(struct async_reactor *reactor)
{
    explore_point(&reactor->woken, true);
    reactor->woken = true;
}

static uint64_t model_now(struct async_reactor *reactor)
{
    (void)reactor;
    return 0;
}

const struct async_reactor_ops reactor_epoll = {
    .name = "model",
    .init = model_init,
    .fini = model_fini,
    .wait = model_wait,
    .wake = model_wake,
    .now_ns = model_now,
};

// ---- A future that waits for other threads ----------------------------------------------------

enum {
    OTHERS = 2
};

// What one other thread does for the task that waits.
struct signal {
    struct async_waker waker;
    volatile bool given; // the waker is there: the thread may begin
    volatile bool raised;
};

static struct signal signals[OTHERS];
static int others;              // how many there are
static unsigned long signal_at; // not 0: the other is a signal handler, which comes at this point

static void handle_signal(void);

static void set(volatile bool *flag)
{
    explore_point(flag, true);
    *flag = true;
}

static bool get(const volatile bool *flag)
{
    explore_point(flag, false);
    return *flag;
}

// Ready when all others have raised their signals. Each has a waker from the first poll on, which
// it drops itself.
struct all_future {
    bool begun;
};

static void all_future_init(struct all_future *self)
{
    self->begun = false;
}

static enum async_poll all_future_poll(struct all_future *self, struct async_context *cx)
{
    if (!self->begun) {
        self->begun = true;
        for (int i = 0; i < others; i++) {
            signals[i].waker = async_waker_clone(&cx->waker);
            set(&signals[i].given);
        }
        if (signal_at)
            explore_signal(handle_signal, signal_at);
    }
    for (int i = 0; i < others; i++)
        if (!get(&signals[i].raised))
            return ASYNC_PENDING;
    return ASYNC_READY;
}

static void all_future_drop(struct all_future *self)
{
    (void)self;
}

ASYNC_FUTURE_TYPE_VOID(all);
ASYNC_FUTURE_TYPE_VOID(async_yield);
ASYNC_FUTURE_TYPE(async_task_join);

static struct async_task *spawn_all(void)
{
    struct all_future *future = async_task_new(&all_future_type);
    if (!future)
        abort();
    all_future_init(future);
    return async_task_start(future);
}

static void yield_once(void)
{
    struct async_yield_future future;
    async_yield_future_init(&future);
    async_block_on_future(&async_yield_future_type, &future);
}

static int join(struct async_task *task)
{
    struct async_task_join_future future;
    async_task_join_future_init(&future, task);
    async_block_on_future(&async_task_join_future_type, &future);
    return future.result;
}

// ---- What the owner does ----------------------------------------------------------------------

static void (*owner)(void);
static void (*other)(struct signal *signal);

static void run(int thread)
{
    if (thread == 0) {
        owner();
        return;
    }
    struct signal *signal = &signals[thread - 1];
    explore_wait(&signal->given);
    other(signal);
}

static void owner_waits(void)
{
    struct all_future future;
    all_future_init(&future);
    async_block_on_future(&all_future_type, &future);
    async_executor_close();
}

static void owner_joins(void)
{
    struct async_task *task = spawn_all();
    if (join(task) != 0)
        abort();
    async_detach(task);
    async_executor_close();
}

static void owner_cancels(void)
{
    struct async_task *task = spawn_all();
    yield_once();
    async_cancel(task);
    int status = join(task);
    if (status != 0 && status != -ECANCELED)
        abort();
    async_detach(task);
    async_executor_close();
}

static void owner_detaches(void)
{
    struct async_task *task = spawn_all();
    yield_once();
    async_detach(task);
    yield_once();
    async_executor_close();
}

static void owner_ends(void)
{
    spawn_all();
    yield_once();
    async_executor_close();
}

// A second task, whose wakes are the owner's, beside one that others wake.
static void owner_works(void)
{
    struct async_task *task = spawn_all();
    for (int i = 0; i < 2; i++)
        yield_once();
    if (join(task) != 0)
        abort();
    async_detach(task);
    async_executor_close();
}

// ---- What the others do -----------------------------------------------------------------------

static void other_wakes(struct signal *signal)
{
    set(&signal->raised);
    async_waker_wake(&signal->waker);
    async_waker_drop(&signal->waker);
}

static void other_wakes_twice(struct signal *signal)
{
    async_waker_wake(&signal->waker);
    set(&signal->raised);
    async_waker_wake(&signal->waker);
    async_waker_drop(&signal->waker);
}

static void other_clones(struct signal *signal)
{
    struct async_waker clone = async_waker_clone(&signal->waker);
    async_waker_drop(&signal->waker);
    set(&signal->raised);
    async_waker_wake(&clone);
    async_waker_drop(&clone);
}

// The wake comes before the thread has let go of its second waker.
static void other_lingers(struct signal *signal)
{
    struct async_waker clone = async_waker_clone(&signal->waker);
    set(&signal->raised);
    async_waker_wake(&clone);
    async_waker_drop(&clone);
    async_waker_drop(&signal->waker);
}

static void other_wakes_and_drops(struct signal *signal)
{
    set(&signal->raised);
    async_waker_wake_and_drop(&signal->waker);
}

// ---- All of it --------------------------------------------------------------------------------

static const struct {
    const char *name;
    void (*run)(void);
} owners[] = {
    {"waits", owner_waits},       {"joins", owner_joins}, {"cancels", owner_cancels},
    {"detaches", owner_detaches}, {"ends", owner_ends},   {"works", owner_works},
};

static const struct {
    const char *name;
    void (*run)(struct signal *signal);
} other_threads[] = {
    {"wakes", other_wakes},
    {"wakes twice", other_wakes_twice},
    {"clones", other_clones},
    {"lingers", other_lingers},
    {"wakes and drops", other_wakes_and_drops},
};

static void begin(void)
{
    for (int i = 0; i < OTHERS; i++)
        signals[i] = (struct signal){0};
}

static void end(void)
{
    if (!the_reactor.alive)
        return;
    fputs("an executor was not freed\n", stderr);
    abort();
}

static void explore_all(int threads, size_t kinds)
{
    others = threads;
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
        for (size_t j = 0; j < kinds; j++) {
            char name[80];
            snprintf(name, sizeof name, "the owner %s, %d other%s %s", owners[i].name, threads,
                     threads > 1 ? "s" : "", other_threads[j].name);
            owner = owners[i].run;
            other = other_threads[j].run;
            struct exploration exploration = {name, threads + 1, run, begin, end};
            unsigned long executions = explore(&exploration);
            printf("%s: %lu executions\n", name, executions);
            assert_true(executions > 1);
        }
}

static void one_other_thread(void **unused)
{
    (void)unused;
    explore_all(1, sizeof other_threads / sizeof *other_threads);
}

static void two_other_threads(void **unused)
{
    (void)unused;
    explore_all(2, 1);
}

// A handler may wake, and leaves the rest to others.
static void handle_signal(void)
{
    signals[0].raised = true;
    async_waker_wake(&signals[0].waker);
}

static void run_beside_signal(int thread)
{
    (void)thread;
    owner();
    async_waker_drop(&signals[0].waker);
    async_executor_close();
}

static void owner_waits_and_stays(void)
{
    struct all_future future;
    all_future_init(&future);
    async_block_on_future(&all_future_type, &future);
}

static void owner_joins_and_stays(void)
{
    struct async_task *task = spawn_all();
    if (join(task) != 0)
        abort();
    async_detach(task);
}

static void signal_handlers(void **unused)
{
    (void)unused;
    void (*const bodies[])(void) = {owner_waits_and_stays, owner_joins_and_stays};
    others = 1;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        in_sleep = false;
        owner = bodies[i];
        for (signal_at = 1; !in_sleep; signal_at++) {
            struct exploration exploration = {"a signal", 1, run_beside_signal, begin, end};
            explore(&exploration);
        }
        printf("a signal at %lu points\n", signal_at - 1);
        assert_true(signal_at > 5);
    }
    signal_at = 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    explore_thread_local(&async_current, sizeof async_current);
    explore_thread_local((void *)&executor_open, sizeof executor_open);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_other_thread),
        cmocka_unit_test(signal_handlers),
    };
    const struct CMUnitTest long_tests[] = {
        cmocka_unit_test(two_other_threads),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (argc > 1)
        failed += cmocka_run_group_tests(long_tests, NULL, NULL);
    return failed;
}
