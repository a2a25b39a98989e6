// test.c - the test kit: one run of a test, and what is left behind by it.
#define _GNU_SOURCE
#include <asyncc/blocking.h>
#include <asyncc/observe.h>
#include <asyncc/test.h>

#include "executor.h"
#include "faults.h"
#include "io.h"
#include "sim_net.h"
#include "test_left.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLLS_MAX = 20000000, // of tasks in one test: it goes round in circles
    SHUFFLED_MAX = 1000,  // ready tasks that one is drawn from
    SETTLE_FIRST_NS = 1000
};

#define SETTLE_NS UINT64_C(10000000000)
#define LIMIT_NS UINT64_C(360000000000000)

// What async_test_run runs by async_block_on: starts the test, joins it, and waits for what it has
// left behind.
struct root_future {
    enum {
        ROOT_START,
        ROOT_JOIN,
        ROOT_SETTLE
    } stage;
    const struct async_future_type *type;
    void *arg;
    struct async_task_join_future join;
    struct async_sleep_ns_future sleep;
    bool sleeps;
    uint64_t sleep_ns, settle_end_ns;
};

static _Thread_local struct {
    bool running;
    const char *name;
    struct async_test_options options;
    struct async_test_report report;
    uint64_t start_ns, end_ns;
    uint64_t polls;
    const char *stalled;     // why nothing goes on
    struct async_waker root; // wakes the root; ops NULL: there is none
    struct async_task *body; // the test; NULL: it has not begun, or is over
    struct async_waker late; // keeps the task that is to be cancelled when it would go on
} test;

// ---- Problems -------------------------------------------------------------------------------

static void report_problem(const char *format, va_list args)
{
    char text[sizeof test.report.problem];
    vsnprintf(text, sizeof text, format, args);
    if (!test.report.problems++)
        memcpy(test.report.problem, text, sizeof text);
    if (!test.options.quiet)
        fprintf(stderr, "asyncc test: %s: %s\n", test.name, text);
}

void async_test_problem(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_problem(format, args);
    va_end(args);
}

bool async_test_check(bool holds, const char *what, const char *file, int line)
{
    if (!holds)
        async_test_problem("%s:%d: %s does not hold", file, line, what);
    return holds;
}

bool async_test_hit(void)
{
    return faults.hit || test.report.hit;
}

bool async_test_alloc_fails(void)
{
    return faults_alloc();
}

uint64_t async_test_random(uint64_t n)
{
    assert(n > 0 && "there is something to choose from");
    return sim_random(n);
}

void async_test_elapse(uint64_t ns)
{
    if (sim_active())
        sim.now_ns += ns;
}

static void closed_twice(int fd)
{
    async_test_problem("descriptor %d is closed, but it is not open", fd);
}

static void not_followed(const char *what)
{
    if (!async_test_hit())
        async_test_problem("%s", what);
}

static void stalled(const char *why)
{
    if (!test.root.ops) {
        fprintf(stderr, "asyncc test: %s: %s\n", test.name, why);
        abort();
    }
    test.stalled = why;
    async_waker_wake(&test.root);
}

// ---- Turns ----------------------------------------------------------------------------------

// Puts the task back, and takes another one of the ready queue.
static struct async_task *another(struct async_executor *executor, struct async_task *task)
{
    size_t count = 1;
    for (struct async_task *t = executor->ready_first; t && count < SHUFFLED_MAX; t = t->next)
        count++;
    size_t index = (size_t)sim_random(count);
    if (index == 0)
        return task;
    executor_shut();
    struct async_task **link = &executor->ready_first;
    while (--index)
        link = &(*link)->next;
    struct async_task *chosen = *link;
    task->next = chosen->next;
    *link = task;
    if (executor->ready_last == chosen)
        executor->ready_last = task;
    chosen->queued = false;
    task->queued = true;
    executor_reopen(executor);
    return chosen;
}

static bool is_target(const struct async_task *task)
{
    const char *name = test.options.cancel_task;
    if (!name)
        return task == test.body;
    return !(task->flags & TASK_BORROWED) &&
           (!strcmp(name, "*") || !strcmp(name, task->type->name));
}

static void hit_cancel(void)
{
    test.report.hit = true;
}

// The task was left pending.
static void suspended(struct async_task *task)
{
    if (++test.report.suspensions != test.options.cancel_at)
        return;
    if (test.options.cancel_late) {
        struct async_waker waker = {task, &task_waker_ops};
        test.late = async_waker_clone(&waker);
        return;
    }
    hit_cancel();
    async_cancel(task);
}

static void run_one(struct async_executor *executor, struct async_task *task)
{
    if (test.options.shuffle)
        task = another(executor, task);
    if (test.late.ops && test.late.data == task) {
        if (task->flags & TASK_DONE) {
            task_run(executor, task); // gives it up
        } else {
            hit_cancel();
            async_cancel(task);
        }
        async_waker_drop(&test.late);
        return;
    }
    if (++test.polls == POLLS_MAX)
        stalled("livelock: tasks run on and on");
    struct async_waker keep = {task, &task_waker_ops};
    keep = async_waker_clone(&keep);
    bool target = is_target(task);
    for (const char *c = task->type->name; *c; c++)
        sim_note((unsigned char)*c);
    task_run(executor, task);
    bool pending = !(task->flags & TASK_DONE);
    sim_note(pending);
    if (pending && target)
        suspended(task);
    async_waker_drop(&keep);
}

static const struct executor_test hooks = {run_one};

// ---- Operations -----------------------------------------------------------------------------

static _Thread_local const struct async_reactor_ops *reactor_under;
static _Thread_local struct async_reactor_ops wrapping;

static enum async_poll perform(struct async_reactor *reactor, struct async_op *op,
                               struct async_context *cx)
{
    if (op->state == OP_IDLE && test.options.suspend) {
        op_yield(op, &cx->waker);
        return ASYNC_PENDING;
    }
    if (op->yielded)
        op_unlink(op);
    // Where the kernel makes the calls, they do not come by the table of system calls.
    bool by_kernel = !strcmp(reactor_under->name, "io_uring");
    int error = by_kernel && op->state == OP_IDLE ? faults_op(op->code) : 0;
    if (error) {
        op->result = error;
        return ASYNC_READY;
    }
    return reactor_under->perform(reactor, op, cx);
}

static void cancel(struct async_reactor *reactor, struct async_op *op)
{
    if (!op->yielded) {
        reactor_under->cancel(reactor, op);
        return;
    }
    op_unlink(op);
    op->result = -ECANCELED; // the reactor has not seen it
}

static void wrap_operations(struct async_executor *executor)
{
    reactor_under = executor->ops;
    wrapping = *executor->ops;
    wrapping.perform = perform;
    wrapping.cancel = cancel;
    executor->ops = &wrapping;
}

// ---- Begin, end -----------------------------------------------------------------------------

int async_test_begin(const struct async_test_options *options)
{
    static const struct async_test_options none;
    if (test.running || async_current)
        return -EBUSY;
    memset(&test, 0, sizeof test);
    test.options = options ? *options : none;
    options = &test.options;
    test.name = options->name ? options->name : "test";
    sim_begin(&(struct sim_settings){
        .seed = options->seed ? options->seed : 1,
        .latency_ns = options->latency_ns,
        .jitter_ns = options->jitter_ns,
        .limit_ns = sim_later(SIM_START_NS, options->limit_ns ? options->limit_ns : LIMIT_NS),
        .room = options->buffer,
        .segment = options->segment,
        .threads = options->threads,
    });
    sim.stalled = stalled;
    sim.complain = not_followed;
    left_remember();
    faults_begin();
    const struct async_executor_options wanted = {.reactor =
                                                      options->reactor ? options->reactor : "sim"};
    int rc = async_executor_open(&wanted);
    if (rc < 0) {
        faults_end();
        sim_end();
        left_forget();
        return rc;
    }
    faults_wrap();
    faults.closed_twice = closed_twice;
    faults.alloc_at = options->alloc_at;
    faults.call_at = options->call_at;
    faults.armed = true;
    wrap_operations(async_current);
    async_current->test = &hooks;
    test.start_ns = async_current->ops->now_ns(async_current->reactor);
    test.running = true;
    return 0;
}

int async_test_end(struct async_test_report *report)
{
    assert(test.running && "what ends has begun");
    struct async_executor *executor = async_current;
    faults.armed = false;
    if (test.late.ops)
        async_waker_drop(&test.late);
    test.report.elapsed_ns = executor->ops->now_ns(executor->reactor) - test.start_ns;
    left_tell_tasks(executor);
    if (peers_unfinished() && !async_test_hit())
        async_test_problem("%u scripts have steps left", peers_unfinished());
    executor->test = NULL;
    if (!executor->simulated)
        async_blocking_stop(); // its threads may still hold wakers
    async_executor_close();
    left_tell_rest();
    test.report.hit = async_test_hit();
    test.report.allocations = faults.allocations;
    test.report.calls = faults.calls;
    test.report.trace = sim.trace;
    faults_end();
    sim_end();
    left_forget();
    test.running = false;
    if (report)
        *report = test.report;
    return (int)test.report.problems;
}

// ---- The root -------------------------------------------------------------------------------

static uint64_t now_ns(void)
{
    return async_current->ops->now_ns(async_current->reactor);
}

static bool root_start(struct root_future *self)
{
    self->stage = ROOT_JOIN;
    faults.armed = true;
    void *future = async_task_new(self->type);
    if (!future)
        return false;
    ((void (*)(void *, void *))self->type->init)(future, self->arg);
    test.body = async_task_start(future);
    async_task_join_future_init(&self->join, test.body);
    return true;
}

static void root_joined(struct root_future *self)
{
    test.report.status = self->join.result;
    if (self->join.result == 0 && self->type->result_size == sizeof(int))
        memcpy(&test.report.result, async_task_result_at(test.body), sizeof(int));
    async_detach(test.body);
    test.body = NULL;
}

static void root_stalled(void)
{
    if (test.body || left_running(async_current)) {
        async_test_problem("%s", test.stalled);
        if (!test.options.quiet)
            async_dump(stderr);
    }
    async_cancel(test.body);
}

// Waits for the others, looking after them more and more rarely.
static enum async_poll root_settle(struct root_future *self, struct async_context *cx)
{
    for (;;) {
        if (test.stalled && self->sleeps)
            async_sleep_ns_future_drop(&self->sleep);
        else if (self->sleeps && async_sleep_ns_future_poll(&self->sleep, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        self->sleeps = false;
        if (!left_running(async_current) || now_ns() >= self->settle_end_ns || test.stalled)
            return ASYNC_READY;
        async_sleep_ns_future_init(&self->sleep, self->sleep_ns);
        self->sleeps = true;
        self->sleep_ns += self->sleep_ns / 2;
    }
}

static void settle(struct root_future *self)
{
    uint64_t ns = test.options.settle_ns ? test.options.settle_ns : SETTLE_NS;
    self->stage = ROOT_SETTLE;
    self->sleep_ns = SETTLE_FIRST_NS;
    self->settle_end_ns = sim_later(now_ns(), ns);
}

static enum async_poll root_future_poll(struct root_future *self, struct async_context *cx)
{
    test.root = cx->waker;
    if (self->stage == ROOT_START && !root_start(self)) {
        test.report.status = -ENOMEM;
        settle(self);
    }
    if (self->stage == ROOT_JOIN) {
        if (test.stalled)
            root_stalled();
        if (async_task_join_future_poll(&self->join, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        root_joined(self);
        settle(self);
    }
    return root_settle(self, cx);
}

static void root_future_init(struct root_future *self, const struct async_future_type *type,
                             void *arg)
{
    *self = (struct root_future){.stage = ROOT_START, .type = type, .arg = arg};
}

static void root_future_drop(struct root_future *self)
{
    if (self->sleeps)
        async_sleep_ns_future_drop(&self->sleep);
    if (self->stage == ROOT_JOIN)
        async_task_join_future_drop(&self->join);
}

ASYNC_FUTURE_TYPE_VOID(root);

int async_test_run(async_test_fn fn, void *arg, const struct async_test_options *options,
                   struct async_test_report *report)
{
    struct async_test_options named = {0};
    if (options)
        named = *options;
    if (!named.name)
        named.name = fn->name;
    int rc = async_test_begin(&named);
    if (rc < 0)
        return rc;
    struct root_future root;
    root_future_init(&root, fn, arg);
    faults.armed = false; // the root's own task
    async_block_on_future(&root_future_type, &root);
    test.root.ops = NULL;
    if (!async_test_hit() && test.report.problems == 0) {
        if (test.report.status)
            async_test_problem("it was dropped: %s", strerror(-test.report.status));
        else if (test.report.result)
            async_test_problem("it returned %d", test.report.result);
    }
    return async_test_end(report);
}
