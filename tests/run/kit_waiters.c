// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// asyncc: -Wno-local-to-task
// What tasks wait in line for, with each waiter dropped in each place and at each moment: while it
// waits, when it was served and has not run yet, while it has what it waited for. Whoever is left
// must be where the rules of sync.h put them, also if the kit cancels another one in between.
#include "kit.h"
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <string.h>
#include <asyncc/async.h>

enum {
    TASKS = 5,
    PERMITS = 3
};

// Who is there, in the order in which they came.
struct line {
    struct async_task *tasks[TASKS];
    bool served[TASKS];
    int victim;
};

static void end_line(struct line *line)
{
    for (int i = 0; i < TASKS; i++) {
        async_cancel(line->tasks[i]);
        async_detach(line->tasks[i]);
    }
}

static bool is_gone(const struct line *line, int id)
{
    return !line->tasks[id] || async_task_done(line->tasks[id]);
}

// Those who ended without being served.
static int count_dropped(const struct line *line)
{
    int n = 0;
    for (int i = 0; i < TASKS; i++)
        n += is_gone(line, i) && !line->served[i];
    return n;
}

static int count_served(const struct line *line)
{
    int n = 0;
    for (int i = 0; i < TASKS; i++)
        n += line->served[i];
    return n;
}

// All who can go on have done so when it is over: time passes when there is nothing else to do.
#define SETTLE await async_sleep_ns(1)

// ---- What is held for a while: mutexes, semaphores, read-write locks ------------------------

enum kind {
    MUTEX,
    SEMAPHORE,
    RWLOCK
};

struct turns {
    struct line line; // `served` while they hold it
    enum kind kind;
    struct async_mutex mutex;
    struct async_semaphore semaphore;
    struct async_rwlock rwlock;
    int moment;          // when the victim goes: see take_turns; -1: drop_two
    size_t wants[TASKS]; // permits; of a lock: 1 to read, PERMITS to write
    struct async_event let_go[TASKS];
};

static void give_back(struct turns *t, int id)
{
    t->line.served[id] = false;
    if (t->kind == MUTEX)
        async_mutex_unlock(&t->mutex);
    else if (t->kind == SEMAPHORE)
        async_semaphore_release(&t->semaphore, t->wants[id]);
    else if (t->wants[id] == 1)
        async_rwlock_read_unlock(&t->rwlock);
    else
        async_rwlock_write_unlock(&t->rwlock);
}

static async int hold(struct turns *t, int id)
{
    if (t->kind == MUTEX)
        await async_mutex_lock(&t->mutex);
    else if (t->kind == SEMAPHORE)
        await async_semaphore_acquire(&t->semaphore, t->wants[id]);
    else if (t->wants[id] == 1)
        await async_rwlock_read(&t->rwlock);
    else
        await async_rwlock_write(&t->rwlock);
    t->line.served[id] = true;
    defer give_back(t, id);
    await async_event_wait(&t->let_go[id]);
    return 0;
}

// First come, first served: of those who are left, as many of the first ones as fit have it.
static void check_holders(const struct turns *t)
{
    size_t free = PERMITS;
    for (int i = 0; i < TASKS; i++) {
        if (is_gone(&t->line, i))
            continue;
        size_t want = t->kind == MUTEX ? PERMITS : t->wants[i];
        bool fits = want <= free;
        free = fits ? free - want : 0;
        ASYNC_TEST_CHECK(t->line.served[i] == fits);
    }
}

static void check_unused(const struct turns *t)
{
    ASYNC_TEST_CHECK(!t->mutex.locked && !t->mutex.waiting.first);
    ASYNC_TEST_CHECK(t->semaphore.permits == PERMITS && !t->semaphore.waiting.first);
    ASYNC_TEST_CHECK(!t->rwlock.readers && !t->rwlock.written && !t->rwlock.waiting.first);
}

// The victim goes behind the `moment`-th return, in the same turn, before anyone was run.
static async int take_turns(struct turns *t, int moment)
{
    defer end_line(&t->line);
    for (int i = 0; i < TASKS; i++) {
        if (!(t->line.tasks[i] = async_spawn(hold(t, i))))
            return -ENOMEM;
        SETTLE;
        check_holders(t);
    }
    for (int i = 0; i <= TASKS; i++) {
        if (i == moment)
            async_cancel(t->line.tasks[t->line.victim]);
        SETTLE;
        check_holders(t);
        if (i < TASKS)
            async_event_set(&t->let_go[i]);
        if (i == moment) // two in one turn
            async_event_set(&t->let_go[(i + 1) % TASKS]);
        await async_yield();
    }
    for (int i = 0; i < TASKS; i++)
        ASYNC_TEST_CHECK(async_task_done(t->line.tasks[i]));
    check_unused(t);
    return 0;
}

// The one who has it is cancelled, and the one to whom it goes by that in the same turn.
static async int drop_two(struct turns *t)
{
    defer end_line(&t->line);
    for (int i = 0; i < TASKS; i++) {
        if (!(t->line.tasks[i] = async_spawn(hold(t, i))))
            return -ENOMEM;
        SETTLE;
    }
    async_cancel(t->line.tasks[0]);
    async_cancel(t->line.tasks[t->line.victim]);
    SETTLE;
    check_holders(t);
    for (int i = 1; i < TASKS; i++) {
        async_cancel(t->line.tasks[i]);
        SETTLE;
        check_holders(t);
    }
    check_unused(t);
    return 0;
}

// ---- What all get at once, or one after the other: events, conditions, onces, barriers ------

struct wakes {
    struct line line; // `served` when they went on
    int count;        // signals; or when the victim goes
    struct async_condition condition;
    struct async_event event;
    struct async_wait_group group;
    struct async_once once;
    struct async_barrier barrier;
    struct async_event finish; // lets the one who does what is done once go on
    int tries, made;
};

static async int wait_for_condition(struct wakes *w, int id)
{
    await async_condition_wait(&w->condition);
    w->line.served[id] = true;
    return 0;
}

static async int wait_for_event(struct wakes *w, int id)
{
    if (id % 2)
        await async_event_wait(&w->event);
    else
        await async_wait_group_wait(&w->group);
    w->line.served[id] = true;
    return 0;
}

static async int wait_for_once(struct wakes *w, int id)
{
    if (await async_once_enter(&w->once)) {
        bool done = false;
        defer async_once_leave(&w->once, done);
        await async_event_wait(&w->finish);
        done = ++w->tries > 1; // the first one fails
        w->made += done;
    }
    w->line.served[id] = true;
    return 0;
}

static async int wait_for_barrier(struct wakes *w, int id)
{
    (void)await async_barrier_wait(&w->barrier);
    w->line.served[id] = true;
    return 0;
}

static async int test_condition(void *arg)
{
    struct wakes w = *(struct wakes *)arg;
    defer end_line(&w.line);
    for (int i = 0; i < TASKS; i++) {
        if (!(w.line.tasks[i] = async_spawn(wait_for_condition(&w, i))))
            return -ENOMEM;
        SETTLE;
    }
    for (int i = 0; i < w.count; i++)
        async_condition_signal(&w.condition);
    async_cancel(w.line.tasks[w.line.victim]); // its signal goes to another one
    SETTLE;
    int left = TASKS - count_dropped(&w.line);
    ASYNC_TEST_CHECK(count_served(&w.line) == (w.count < left ? w.count : left));
    async_condition_broadcast(&w.condition);
    SETTLE;
    for (int i = 0; i < TASKS; i++)
        ASYNC_TEST_CHECK(is_gone(&w.line, i));
    ASYNC_TEST_CHECK(!w.condition.waiting.first);
    return 0;
}

static async int test_events(void *arg)
{
    struct wakes w = *(struct wakes *)arg;
    async_wait_group_add(&w.group, 2);
    defer end_line(&w.line);
    for (int i = 0; i < TASKS; i++) {
        if (!(w.line.tasks[i] = async_spawn(wait_for_event(&w, i))))
            return -ENOMEM;
        SETTLE;
    }
    async_wait_group_done(&w.group);
    if (w.count == 0)
        async_cancel(w.line.tasks[w.line.victim]);
    SETTLE;
    ASYNC_TEST_CHECK(count_served(&w.line) == 0);
    async_wait_group_done(&w.group);
    async_event_set(&w.event);
    async_event_reset(&w.event); // those who waited go on all the same
    async_wait_group_add(&w.group, 1);
    if (w.count == 1)
        async_cancel(w.line.tasks[w.line.victim]);
    SETTLE;
    for (int i = 0; i < TASKS; i++)
        ASYNC_TEST_CHECK(is_gone(&w.line, i));
    ASYNC_TEST_CHECK(!w.event.waiting.first && !w.group.waiting.first);
    return 0;
}

static async int test_once(void *arg)
{
    struct wakes w = *(struct wakes *)arg;
    defer end_line(&w.line);
    for (int i = 0; i < TASKS; i++) {
        if (!(w.line.tasks[i] = async_spawn(wait_for_once(&w, i))))
            return -ENOMEM;
        SETTLE;
    }
    if (w.count == 1)
        async_cancel(w.line.tasks[0]); // and the next one in turn, or who waits
    async_cancel(w.line.tasks[w.line.victim]);
    SETTLE;
    ASYNC_TEST_CHECK(w.tries == 0);
    async_event_set(&w.finish);
    SETTLE;
    for (int i = 0; i < TASKS; i++)
        ASYNC_TEST_CHECK(is_gone(&w.line, i));
    ASYNC_TEST_CHECK(w.made == (count_served(&w.line) > 1 ? 1 : 0));
    ASYNC_TEST_CHECK(w.tries < 2 || w.once.done);
    ASYNC_TEST_CHECK(!w.once.waiting.first && w.once.entered == w.once.done);
    return 0;
}

// Those who wait are those who have come, and fewer than it takes.
static void check_barrier(const struct wakes *w)
{
    size_t waiting = 0;
    for (int i = 0; i < TASKS; i++)
        waiting += !is_gone(&w->line, i);
    ASYNC_TEST_CHECK(w->barrier.arrived == waiting && waiting < w->barrier.parties);
    ASYNC_TEST_CHECK(count_served(&w->line) <= TASKS);
}

static async int test_barrier(void *arg)
{
    struct wakes w = *(struct wakes *)arg;
    async_barrier_init(&w.barrier, PERMITS);
    defer end_line(&w.line);
    for (int i = 0; i < TASKS; i++) {
        if (!(w.line.tasks[i] = async_spawn(wait_for_barrier(&w, i))))
            return -ENOMEM;
        if (i == w.count) { // also behind the last one: the victim may have been let through
            await async_yield();
            async_cancel(w.line.tasks[w.line.victim]);
        }
        SETTLE;
        check_barrier(&w);
    }
    end_line(&w.line);
    ASYNC_TEST_CHECK(w.barrier.arrived == 0 && !w.barrier.waiting.first);
    for (int i = 0; i < TASKS; i++)
        w.line.tasks[i] = NULL;
    return 0;
}

// ---- Everything -----------------------------------------------------------------------------

// As it is, in other orders, and with somebody else cancelled on top of it.
static void explore(const char *name, async_test_fn test, void *arg, bool all)
{
    struct async_test_options options = {.name = name, .seeds = 2, .cancel_task = "*"};
    kit_try(name, test, arg, ASYNC_TEST_SEEDS | (all ? ASYNC_TEST_CANCEL : 0), &options);
}

static async int test_turns(void *arg)
{
    struct turns t = *(struct turns *)arg;
    return t.moment < 0 ? await drop_two(&t) : await take_turns(&t, t.moment);
}

static void explore_turns(enum kind kind)
{
    static const char *const names[] = {"mutex", "semaphore", "rwlock"};
    static const size_t wants[][TASKS] = {{3, 1, 1, 3, 1}, {1, 3, 1, 1, 3}, {2, 3, 1, 1, 2}};
    static const int variants[] = {1, 3, 2}; // the last one asks for 2, which no lock has
    for (int variant = 0; variant < variants[kind]; variant++)
        for (int victim = 0; victim < TASKS; victim++)
            for (int moment = -1; moment < TASKS; moment++) {
                struct turns t = {.kind = kind, .moment = moment, .semaphore = {.permits = PERMITS}};
                memcpy(t.wants, wants[variant], sizeof *wants);
                t.line.victim = victim;
                explore(names[kind], test_turns, &t, moment <= 0);
            }
}

static void explore_wakes(const char *name, async_test_fn test, int counts)
{
    for (int victim = 0; victim < TASKS; victim++)
        for (int count = 0; count < counts; count++) {
            struct wakes w = {.count = count};
            w.line.victim = victim;
            explore(name, test, &w, true);
        }
}

int main(void)
{
    explore_turns(MUTEX);
    explore_turns(SEMAPHORE);
    explore_turns(RWLOCK);
    explore_wakes("condition", test_condition, TASKS);
    explore_wakes("events", test_events, 2);
    explore_wakes("once", test_once, 2);
    explore_wakes("barrier", test_barrier, TASKS);
    return kit_failures != 0;
}
