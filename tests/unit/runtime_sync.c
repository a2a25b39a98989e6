// runtime_sync.c - sync.h: every order of polls, drops and releases of three futures, beside a model.
// also: sim
#include "runtime_support.h"

#include <asyncc/sync.h>

enum {
    FUTURES = 3,
    STEPS = 7
};

// ---- Counted wakers -------------------------------------------------------------------------------

static int held, wakes[FUTURES];

static void counted_clone(void *data)
{
    (void)data;
    held++;
}

static void counted_wake(void *data)
{
    ++*(int *)data;
}

static void counted_drop(void *data)
{
    (void)data;
    held--;
}

static const struct async_waker_ops counted = {.clone = counted_clone,
                                               .wake = counted_wake,
                                               .drop = counted_drop};

static struct async_context context_of(int i)
{
    return (struct async_context){.waker = {.data = &wakes[i], .ops = &counted}};
}

// ---- What is tested: FIFO locks are semaphores with weights -----------------------------------------

struct lock {
    const char *name;
    size_t capacity, weight[FUTURES];
    void (*reset)(void);
    void (*init)(int i);
    enum async_poll (*poll)(int i, struct async_context *cx);
    void (*drop)(int i);
    void (*release)(int i);
    bool (*is_idle)(void);
};

static struct async_mutex mutex;
static struct async_mutex_lock_future mutex_futures[FUTURES];

static void mutex_reset(void)
{
    mutex = (struct async_mutex){0};
}

static void mutex_init(int i)
{
    async_mutex_lock_future_init(&mutex_futures[i], &mutex);
}

static enum async_poll mutex_poll(int i, struct async_context *cx)
{
    return async_mutex_lock_future_poll(&mutex_futures[i], cx);
}

static void mutex_drop(int i)
{
    async_mutex_lock_future_drop(&mutex_futures[i]);
}

static void mutex_release(int i)
{
    (void)i;
    async_mutex_unlock(&mutex);
}

static bool mutex_is_idle(void)
{
    return !mutex.locked && !mutex.waiting.first && !mutex.waiting.end;
}

static const struct lock mutex_lock = {"mutex",      1,          {1, 1, 1},  mutex_reset,
                                       mutex_init,   mutex_poll, mutex_drop, mutex_release,
                                       mutex_is_idle};

static struct async_semaphore semaphore;
static struct async_semaphore_acquire_future semaphore_futures[FUTURES];
static const size_t permits[FUTURES] = {1, 2, 1};

static void semaphore_reset(void)
{
    semaphore = (struct async_semaphore){.permits = 2};
}

static void semaphore_init(int i)
{
    async_semaphore_acquire_future_init(&semaphore_futures[i], &semaphore, permits[i]);
}

static enum async_poll semaphore_poll(int i, struct async_context *cx)
{
    return async_semaphore_acquire_future_poll(&semaphore_futures[i], cx);
}

static void semaphore_drop(int i)
{
    async_semaphore_acquire_future_drop(&semaphore_futures[i]);
}

static void semaphore_release(int i)
{
    async_semaphore_release(&semaphore, permits[i]);
}

static bool semaphore_is_idle(void)
{
    return semaphore.permits == 2 && !semaphore.waiting.first && !semaphore.waiting.end;
}

static const struct lock semaphore_lock = {"semaphore",      2,
                                           {1, 2, 1},        semaphore_reset,
                                           semaphore_init,   semaphore_poll,
                                           semaphore_drop,   semaphore_release,
                                           semaphore_is_idle};

static struct async_rwlock rwlock;
static struct async_rwlock_read_future readers[FUTURES];
static struct async_rwlock_write_future writers[FUTURES];
static unsigned writing; // bit i: future i writes

static void rwlock_reset(void)
{
    rwlock = (struct async_rwlock){0};
}

static bool writes(int i)
{
    return writing >> i & 1;
}

static void rwlock_init(int i)
{
    if (writes(i))
        async_rwlock_write_future_init(&writers[i], &rwlock);
    else
        async_rwlock_read_future_init(&readers[i], &rwlock);
}

static enum async_poll rwlock_poll(int i, struct async_context *cx)
{
    return writes(i) ? async_rwlock_write_future_poll(&writers[i], cx)
                     : async_rwlock_read_future_poll(&readers[i], cx);
}

static void rwlock_drop(int i)
{
    if (writes(i))
        async_rwlock_write_future_drop(&writers[i]);
    else
        async_rwlock_read_future_drop(&readers[i]);
}

static void rwlock_release(int i)
{
    if (writes(i))
        async_rwlock_write_unlock(&rwlock);
    else
        async_rwlock_read_unlock(&rwlock);
}

static bool rwlock_is_idle(void)
{
    return !rwlock.written && !rwlock.readers && !rwlock.waiting.first && !rwlock.waiting.end;
}

// ---- The model ----------------------------------------------------------------------------------------

enum phase {
    FRESH,
    WAITING,
    GRANTED,
    HOLDING,
    OVER
};

struct model {
    enum phase phase[FUTURES];
    int line[FUTURES], length;
    size_t available;
    int wakes[FUTURES];
};

static void model_serve(struct model *m, const struct lock *lock)
{
    while (m->length && lock->weight[m->line[0]] <= m->available) {
        int i = m->line[0];
        m->available -= lock->weight[i];
        m->phase[i] = GRANTED;
        m->wakes[i]++;
        memmove(m->line, m->line + 1, (size_t)--m->length * sizeof *m->line);
    }
}

static bool model_poll(struct model *m, const struct lock *lock, int i)
{
    if (m->phase[i] == FRESH && !m->length && lock->weight[i] <= m->available) {
        m->available -= lock->weight[i];
        m->phase[i] = GRANTED;
    }
    if (m->phase[i] == GRANTED) {
        m->phase[i] = HOLDING;
        return true;
    }
    if (m->phase[i] == FRESH) {
        m->line[m->length++] = i;
        m->phase[i] = WAITING;
    }
    return false;
}

static void model_give_back(struct model *m, const struct lock *lock, int i)
{
    bool held_it = m->phase[i] == GRANTED || m->phase[i] == HOLDING;
    for (int j = 0; j < m->length; j++)
        if (m->line[j] == i) {
            memmove(m->line + j, m->line + j + 1, (size_t)(m->length - j - 1) * sizeof *m->line);
            m->length--;
            break;
        }
    m->phase[i] = OVER;
    if (held_it)
        m->available += lock->weight[i];
    model_serve(m, lock);
}

// ---- Every order -----------------------------------------------------------------------------------------

enum action {
    POLL,
    DROP,
    RELEASE,
    ACTIONS
};

// Returns whether the step makes sense in the model's state.
static bool step(struct model *m, const struct lock *lock, int what)
{
    int i = what / ACTIONS;
    struct async_context cx = context_of(i);
    switch ((enum action)(what % ACTIONS)) {
    case POLL:
        if (m->phase[i] == HOLDING || m->phase[i] == OVER)
            return false;
        bool ready = model_poll(m, lock, i);
        assert_int_equal(lock->poll(i, &cx), ready ? ASYNC_READY : ASYNC_PENDING);
        return true;
    case DROP:
        if (m->phase[i] == HOLDING || m->phase[i] == OVER)
            return false;
        model_give_back(m, lock, i);
        lock->drop(i);
        return true;
    case RELEASE:
        if (m->phase[i] != HOLDING)
            return false;
        model_give_back(m, lock, i);
        lock->drop(i); // does nothing on one that is ready
        lock->release(i);
        return true;
    case ACTIONS:
        break;
    }
    return false;
}

static struct model start(const struct lock *lock)
{
    struct model m = {.available = lock->capacity};
    lock->reset();
    held = 0;
    memset(wakes, 0, sizeof wakes);
    for (int i = 0; i < FUTURES; i++)
        lock->init(i);
    return m;
}

static void finish(struct model *m, const struct lock *lock)
{
    for (int i = 0; i < FUTURES; i++)
        step(m, lock, i * ACTIONS + (m->phase[i] == HOLDING ? RELEASE : DROP));
    assert_true(lock->is_idle());
    assert_int_equal(held, 0);
}

static unsigned long explore(const struct lock *lock, int *path, int length)
{
    unsigned long count = 1;
    for (int what = 0; what < FUTURES * ACTIONS && length < STEPS; what++) {
        struct model m = start(lock);
        for (int i = 0; i < length; i++)
            step(&m, lock, path[i]);
        bool valid = step(&m, lock, what);
        if (valid)
            assert_memory_equal(wakes, m.wakes, sizeof wakes);
        finish(&m, lock);
        path[length] = what;
        if (valid)
            count += explore(lock, path, length + 1);
    }
    return count;
}

static void explore_all(const struct lock *lock)
{
    int path[STEPS];
    unsigned long orders = explore(lock, path, 0);
    assert_true(orders > 300);
}

static void mutex_in_every_order(void **unused)
{
    (void)unused;
    explore_all(&mutex_lock);
}

static void semaphore_in_every_order(void **unused)
{
    (void)unused;
    explore_all(&semaphore_lock);
}

static void rwlock_in_every_order(void **unused)
{
    (void)unused;
    for (writing = 0; writing < 1 << FUTURES; writing++) {
        struct lock lock = {"rwlock",    FUTURES,     {1, 1, 1},      rwlock_reset,  rwlock_init,
                            rwlock_poll, rwlock_drop, rwlock_release, rwlock_is_idle};
        for (int i = 0; i < FUTURES; i++)
            lock.weight[i] = writes(i) ? FUTURES : 1;
        explore_all(&lock);
    }
}

// ---- Those that are no locks --------------------------------------------------------------------------------

static struct async_context fresh(int i)
{
    wakes[i] = 0;
    return context_of(i);
}

static void conditions(void **unused)
{
    (void)unused;
    struct async_condition condition = {0};
    struct async_condition_wait_future f[3];
    held = 0;
    async_condition_signal(&condition); // reaches nobody, and is not kept
    for (int i = 0; i < 3; i++) {
        struct async_context cx = fresh(i);
        async_condition_wait_future_init(&f[i], &condition);
        assert_int_equal(async_condition_wait_future_poll(&f[i], &cx), ASYNC_PENDING);
    }
    struct async_context cx = context_of(0);
    assert_int_equal(async_condition_wait_future_poll(&f[0], &cx), ASYNC_PENDING);
    async_condition_signal(&condition);
    assert_int_equal(wakes[0] * 100 + wakes[1] * 10 + wakes[2], 100);
    async_condition_wait_future_drop(&f[0]); // and the signal goes to the next
    assert_int_equal(wakes[0] * 100 + wakes[1] * 10 + wakes[2], 110);
    cx = context_of(1);
    assert_int_equal(async_condition_wait_future_poll(&f[1], &cx), ASYNC_READY);
    async_condition_wait_future_drop(&f[1]); // and not from one that is over
    assert_int_equal(wakes[2], 0);
    async_condition_broadcast(&condition);
    assert_int_equal(wakes[2], 1);
    cx = context_of(2);
    assert_int_equal(async_condition_wait_future_poll(&f[2], &cx), ASYNC_READY);
    assert_int_equal(held, 0);
    // What a broadcast woke has nothing to pass on to who came later.
    for (int i = 0; i < 3; i++) {
        cx = fresh(i);
        async_condition_wait_future_init(&f[i], &condition);
        assert_int_equal(async_condition_wait_future_poll(&f[i], &cx), ASYNC_PENDING);
        if (i == 1)
            async_condition_broadcast(&condition);
    }
    async_condition_wait_future_drop(&f[0]);
    assert_int_equal(wakes[2], 0);
    cx = context_of(1);
    assert_int_equal(async_condition_wait_future_poll(&f[1], &cx), ASYNC_READY);
    async_condition_wait_future_drop(&f[2]);
    assert_int_equal(held, 0);
    assert_null(condition.waiting.first);
}

static void events(void **unused)
{
    (void)unused;
    struct async_event event = {0};
    struct async_event_wait_future f[2];
    held = 0;
    for (int i = 0; i < 2; i++) {
        struct async_context cx = fresh(i);
        async_event_wait_future_init(&f[i], &event);
        assert_int_equal(async_event_wait_future_poll(&f[i], &cx), ASYNC_PENDING);
    }
    async_event_set(&event);
    async_event_reset(&event); // too late for those who waited
    assert_int_equal(wakes[0] * 10 + wakes[1], 11);
    struct async_context cx = context_of(0);
    assert_int_equal(async_event_wait_future_poll(&f[0], &cx), ASYNC_READY);
    async_event_wait_future_drop(&f[1]);
    async_event_wait_future_init(&f[0], &event);
    assert_int_equal(async_event_wait_future_poll(&f[0], &cx), ASYNC_PENDING);
    async_event_wait_future_drop(&f[0]);
    async_event_set(&event);
    async_event_wait_future_init(&f[0], &event);
    assert_int_equal(async_event_wait_future_poll(&f[0], &cx), ASYNC_READY);
    assert_int_equal(held, 0);
}

static void once(void **unused)
{
    (void)unused;
    struct async_once once = {0};
    struct async_once_enter_future f[FUTURES];
    held = 0;
    for (int i = 0; i < FUTURES; i++) {
        struct async_context cx = fresh(i);
        async_once_enter_future_init(&f[i], &once);
        assert_int_equal(async_once_enter_future_poll(&f[i], &cx), i ? ASYNC_PENDING : ASYNC_READY);
    }
    assert_int_equal(f[0].result, 1);
    async_once_leave(&once, false); // it failed, so the next one is to try
    assert_int_equal(wakes[1] * 10 + wakes[2], 10);
    async_once_enter_future_drop(&f[1]); // which is cancelled
    assert_int_equal(wakes[1] * 10 + wakes[2], 11);
    struct async_context cx = context_of(2);
    assert_int_equal(async_once_enter_future_poll(&f[2], &cx), ASYNC_READY);
    assert_int_equal(f[2].result, 1);
    async_once_enter_future_init(&f[1], &once);
    cx = fresh(1);
    assert_int_equal(async_once_enter_future_poll(&f[1], &cx), ASYNC_PENDING);
    async_once_leave(&once, true);
    assert_int_equal(async_once_enter_future_poll(&f[1], &cx), ASYNC_READY);
    assert_int_equal(f[1].result, 0);
    async_once_enter_future_init(&f[0], &once);
    assert_int_equal(async_once_enter_future_poll(&f[0], &cx), ASYNC_READY);
    assert_int_equal(f[0].result, 0);
    assert_int_equal(held, 0);
}

static void barriers(void **unused)
{
    (void)unused;
    struct async_barrier barrier;
    struct async_barrier_wait_future f[FUTURES];
    async_barrier_init(&barrier, FUTURES);
    held = 0;
    for (int round = 0; round < 2; round++) {
        struct async_context cx = fresh(1);
        async_barrier_wait_future_init(&f[1], &barrier);
        assert_int_equal(async_barrier_wait_future_poll(&f[1], &cx), ASYNC_PENDING);
        assert_int_equal(async_barrier_wait_future_poll(&f[1], &cx), ASYNC_PENDING);
        async_barrier_wait_future_drop(&f[1]); // so it has not come
        for (int i = 0; i < FUTURES; i++) {
            cx = fresh(i);
            async_barrier_wait_future_init(&f[i], &barrier);
            bool last = i == FUTURES - 1;
            assert_int_equal(async_barrier_wait_future_poll(&f[i], &cx),
                             last ? ASYNC_READY : ASYNC_PENDING);
            if (last)
                assert_int_equal(f[i].result, 1);
        }
        cx = context_of(0);
        assert_int_equal(wakes[0] * 10 + wakes[1], 11);
        assert_int_equal(async_barrier_wait_future_poll(&f[0], &cx), ASYNC_READY);
        assert_int_equal(f[0].result, 0);
        async_barrier_wait_future_drop(&f[1]); // let go and cancelled: it has come all the same
        assert_int_equal(barrier.arrived, 0);
    }
    assert_int_equal(held, 0);
}

static void wait_groups(void **unused)
{
    (void)unused;
    struct async_wait_group group = {0};
    struct async_wait_group_wait_future f[2];
    held = 0;
    struct async_context cx = fresh(0);
    async_wait_group_wait_future_init(&f[0], &group);
    assert_int_equal(async_wait_group_wait_future_poll(&f[0], &cx), ASYNC_READY);
    async_wait_group_add(&group, 2);
    for (int i = 0; i < 2; i++) {
        cx = fresh(i);
        async_wait_group_wait_future_init(&f[i], &group);
        assert_int_equal(async_wait_group_wait_future_poll(&f[i], &cx), ASYNC_PENDING);
    }
    async_wait_group_done(&group);
    assert_int_equal(wakes[0] + wakes[1], 0);
    async_wait_group_wait_future_drop(&f[0]);
    async_wait_group_done(&group);
    assert_int_equal(wakes[0] * 10 + wakes[1], 1);
    async_wait_group_add(&group, 1);
    assert_int_equal(async_wait_group_wait_future_poll(&f[1], &cx), ASYNC_READY);
    assert_int_equal(held, 0);
}

// Another task polls a future that waits: it is the one to be woken.
static void other_pollers(void **unused)
{
    (void)unused;
    struct async_mutex one = {.locked = true};
    struct async_mutex_lock_future f;
    async_mutex_lock_future_init(&f, &one);
    held = 0;
    struct async_context first = fresh(0), second = fresh(1);
    assert_int_equal(async_mutex_lock_future_poll(&f, &first), ASYNC_PENDING);
    assert_int_equal(async_mutex_lock_future_poll(&f, &second), ASYNC_PENDING);
    assert_int_equal(held, 1);
    async_mutex_unlock(&one);
    assert_int_equal(wakes[0] * 10 + wakes[1], 1);
    assert_false(async_mutex_try_lock(&one)); // it is handed over
    assert_int_equal(async_mutex_lock_future_poll(&f, &second), ASYNC_READY);
    async_mutex_unlock(&one);
    assert_true(async_mutex_try_lock(&one));
}

static int at_once;

static void counted_wake_and_drop(void *data)
{
    at_once++;
    counted_wake(data);
    counted_drop(data);
}

// A waker may have a shorter way to do both.
static void grants_by_other_wakers(void **unused)
{
    (void)unused;
    static const struct async_waker_ops shorter = {.clone = counted_clone,
                                                   .wake = counted_wake,
                                                   .drop = counted_drop,
                                                   .wake_and_drop = counted_wake_and_drop};
    struct async_condition condition = {0};
    struct async_condition_wait_future waits;
    for (int i = 0; i < 2; i++) {
        struct async_context cx = context_of(i);
        if (i == 1)
            cx.waker.ops = &shorter;
        wakes[i] = at_once = 0;
        async_condition_wait_future_init(&waits, &condition);
        assert_int_equal(async_condition_wait_future_poll(&waits, &cx), ASYNC_PENDING);
        assert_int_equal(held, 1);
        async_condition_signal(&condition);
        assert_int_equal(held, 0);
        assert_int_equal(wakes[i], 1);
        assert_int_equal(at_once, i);
        assert_int_equal(async_condition_wait_future_poll(&waits, &cx), ASYNC_READY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutex_in_every_order),
        cmocka_unit_test(semaphore_in_every_order),
        cmocka_unit_test(rwlock_in_every_order),
        cmocka_unit_test(conditions),
        cmocka_unit_test(events),
        cmocka_unit_test(once),
        cmocka_unit_test(barriers),
        cmocka_unit_test(wait_groups),
        cmocka_unit_test(other_pollers),
        cmocka_unit_test(grants_by_other_wakers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
