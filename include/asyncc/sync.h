// sync.h - tasks of one thread that wait for each other: mutex, semaphore, read-write lock,
// condition, event, once, barrier, wait group.
//
//     #include <asyncc/sync.h>
//     #include <asyncc/async.h>
//
//     static struct async_mutex log_lock;             // all zero: unlocked
//
//     async int append(int fd, const char *text, size_t length)
//     {
//         await async_mutex_lock(&log_lock);
//         defer { async_mutex_unlock(&log_lock); }
//         return await async_write_all(fd, text, length);  // nobody else writes in the middle
//     }
//
// Tasks of a thread take turns at awaits only, so what is done between two awaits needs no lock at
// all. These are for what holds across an await.
//
// Fair: each is first in, first out. What is given up while others wait goes to the first of them
// at once, whoever runs first; nobody overtakes.
//
// What can be had at once is had without letting others run: see executor.h.
//
// Cancel-safe: a wait that is dropped leaves no trace. One that was served already, but has not run
// since, passes on what it was given.
//
// Memory: waiters live in the futures that wait; nothing is allocated, and nothing can fail. All of
// it is good for use when it is all zero, except where an _init is said to be needed. While
// somebody waits, or holds what it gives, an object stays where it is.
//
// Threads: an object belongs to the thread whose tasks use it.
#ifndef ASYNCC_SYNC_H
#define ASYNCC_SYNC_H

#include <asyncc/wait.h>

#include <assert.h>

// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// ---- Mutex --------------------------------------------------------------------------------------

struct async_mutex {
    struct async_line waiting;
    bool locked;
};

// Locks it if it is free: returns whether it did.
static inline bool async_mutex_try_lock(struct async_mutex *mutex)
{
    if (mutex->locked)
        return false;
    mutex->locked = true;
    return true;
}

// By whoever holds it. It goes to the first who waits.
static inline void async_mutex_unlock(struct async_mutex *mutex)
{
    assert(mutex->locked && "a mutex is unlocked once");
    if (!async_line_grant(&mutex->waiting))
        mutex->locked = false;
}

// ---- await async_mutex_lock(mutex)
//
// A task that locks it a second time waits for ever.
asyncc_async void async_mutex_lock(struct async_mutex *mutex);

struct async_mutex_lock_future {
    struct async_waiter waiter;
    struct async_mutex *mutex;
};

static inline void async_mutex_lock_future_init(struct async_mutex_lock_future *self,
                                                struct async_mutex *mutex)
{
    async_waiter_init(&self->waiter);
    self->mutex = mutex;
}

static inline enum async_poll async_mutex_lock_future_poll(struct async_mutex_lock_future *self,
                                                           struct async_context *cx)
{
    if (self->waiter.granted) {
        self->waiter.granted = false;
        return ASYNC_READY;
    }
    if (!self->waiter.link && async_mutex_try_lock(self->mutex))
        return ASYNC_READY;
    return async_line_wait(&self->mutex->waiting, &self->waiter, cx);
}

static inline void async_mutex_lock_future_drop(struct async_mutex_lock_future *self)
{
    async_line_leave(&self->mutex->waiting, &self->waiter);
    if (self->waiter.granted)
        async_mutex_unlock(self->mutex);
    self->waiter.granted = false;
}

// ---- Semaphore ----------------------------------------------------------------------------------

struct async_semaphore {
    struct async_line waiting;
    size_t permits; // that are free; set it to how many there are, to begin with
};

// Takes `count` permits if they are free and nobody waits: returns whether it did.
bool async_semaphore_try_acquire(struct async_semaphore *semaphore, size_t count);

// Gives `count` permits back, or new ones out.
void async_semaphore_release(struct async_semaphore *semaphore, size_t count);

// ---- await async_semaphore_acquire(semaphore, count)
//
// A large request is not overtaken by small ones that come later.
asyncc_async void async_semaphore_acquire(struct async_semaphore *semaphore, size_t count);

struct async_semaphore_acquire_future {
    struct async_waiter waiter; // first: the line has only this
    struct async_semaphore *semaphore;
    size_t count;
};

static inline void async_semaphore_acquire_future_init(struct async_semaphore_acquire_future *self,
                                                       struct async_semaphore *semaphore,
                                                       size_t count)
{
    async_waiter_init(&self->waiter);
    self->semaphore = semaphore;
    self->count = count;
}

enum async_poll async_semaphore_acquire_future_poll(struct async_semaphore_acquire_future *self,
                                                    struct async_context *cx);
void async_semaphore_acquire_future_drop(struct async_semaphore_acquire_future *self);

// ---- Read-write lock ----------------------------------------------------------------------------

struct async_rwlock {
    struct async_line waiting; // readers and writers, in one line: neither starves
    size_t readers;            // that hold it
    bool written;              // a writer holds it
};

bool async_rwlock_try_read(struct async_rwlock *lock);
bool async_rwlock_try_write(struct async_rwlock *lock);
void async_rwlock_read_unlock(struct async_rwlock *lock);
void async_rwlock_write_unlock(struct async_rwlock *lock);

// ---- await async_rwlock_read(lock), await async_rwlock_write(lock)
//
// Any number of readers hold it, or one writer. A reader that comes while a writer waits gets in
// line behind it.
asyncc_async void async_rwlock_read(struct async_rwlock *lock);
asyncc_async void async_rwlock_write(struct async_rwlock *lock);

struct async_rwlock_wait {
    struct async_waiter waiter; // first
    struct async_rwlock *lock;
    bool writes;
};

struct async_rwlock_read_future {
    struct async_rwlock_wait wait;
};

struct async_rwlock_write_future {
    struct async_rwlock_wait wait;
};

enum async_poll async_rwlock_wait_poll(struct async_rwlock_wait *wait, struct async_context *cx);
void async_rwlock_wait_drop(struct async_rwlock_wait *wait);

static inline void async_rwlock_read_future_init(struct async_rwlock_read_future *self,
                                                 struct async_rwlock *lock)
{
    async_waiter_init(&self->wait.waiter);
    self->wait.lock = lock;
    self->wait.writes = false;
}

static inline enum async_poll async_rwlock_read_future_poll(struct async_rwlock_read_future *self,
                                                            struct async_context *cx)
{
    return async_rwlock_wait_poll(&self->wait, cx);
}

static inline void async_rwlock_read_future_drop(struct async_rwlock_read_future *self)
{
    async_rwlock_wait_drop(&self->wait);
}

static inline void async_rwlock_write_future_init(struct async_rwlock_write_future *self,
                                                  struct async_rwlock *lock)
{
    async_waiter_init(&self->wait.waiter);
    self->wait.lock = lock;
    self->wait.writes = true;
}

static inline enum async_poll async_rwlock_write_future_poll(struct async_rwlock_write_future *self,
                                                             struct async_context *cx)
{
    return async_rwlock_wait_poll(&self->wait, cx);
}

static inline void async_rwlock_write_future_drop(struct async_rwlock_write_future *self)
{
    async_rwlock_wait_drop(&self->wait);
}

// ---- Condition ----------------------------------------------------------------------------------

// Something about the program's data may have changed. There is no mutex to it: nothing can happen
// between a look at the data and the await. Whoever holds a mutex for the data gives it up before
// the wait and locks it again behind it.
//
//     while (queue_is_empty(&queue))
//         await async_condition_wait(&queue.filled);
struct async_condition {
    struct async_line waiting;
};

// Wakes the first who waits, if there is one. A signal that reaches nobody is not kept; one that
// reached a wait that is dropped goes to the next.
static inline void async_condition_signal(struct async_condition *condition)
{
    async_line_grant(&condition->waiting);
}

// Wakes all who wait now.
void async_condition_broadcast(struct async_condition *condition);

// ---- await async_condition_wait(condition)
asyncc_async void async_condition_wait(struct async_condition *condition);

struct async_condition_wait_future {
    struct async_waiter waiter;        // first: the line has only this
    struct async_condition *condition; // NULL: it was a broadcast that woke it
};

static inline void async_condition_wait_future_init(struct async_condition_wait_future *self,
                                                    struct async_condition *condition)
{
    async_waiter_init(&self->waiter);
    self->condition = condition;
}

static inline enum async_poll
async_condition_wait_future_poll(struct async_condition_wait_future *self, struct async_context *cx)
{
    if (!self->waiter.granted)
        return async_line_wait(&self->condition->waiting, &self->waiter, cx);
    self->waiter.granted = false;
    return ASYNC_READY;
}

static inline void async_condition_wait_future_drop(struct async_condition_wait_future *self)
{
    if (!self->condition)
        return;
    async_line_leave(&self->condition->waiting, &self->waiter);
    if (self->waiter.granted)
        async_condition_signal(self->condition);
    self->waiter.granted = false;
}

// ---- Event --------------------------------------------------------------------------------------

// A flag that can be waited for. It stays set until it is reset.
struct async_event {
    struct async_line waiting;
    bool set;
};

// Those who wait now go on, even if it is reset before they run.
void async_event_set(struct async_event *event);

static inline void async_event_reset(struct async_event *event)
{
    event->set = false;
}

// ---- await async_event_wait(event)
asyncc_async void async_event_wait(struct async_event *event);

struct async_event_wait_future {
    struct async_waiter waiter;
    struct async_event *event;
};

static inline void async_event_wait_future_init(struct async_event_wait_future *self,
                                                struct async_event *event)
{
    async_waiter_init(&self->waiter);
    self->event = event;
}

static inline enum async_poll async_event_wait_future_poll(struct async_event_wait_future *self,
                                                           struct async_context *cx)
{
    if (self->event->set || self->waiter.granted)
        return async_line_served(&self->event->waiting, &self->waiter);
    return async_line_wait(&self->event->waiting, &self->waiter, cx);
}

static inline void async_event_wait_future_drop(struct async_event_wait_future *self)
{
    async_line_leave(&self->event->waiting, &self->waiter);
}

// ---- Once ---------------------------------------------------------------------------------------

// What many need and one of them does.
//
//     if (await async_once_enter(&once)) {
//         int status = await connect_to_database();
//         async_once_leave(&once, status == 0);         // failed: the next one tries
//     }
//
// Whoever may be cancelled in between says async_once_leave in a defer.
struct async_once {
    struct async_line waiting;
    bool entered, done;
};

// Of the one who was told to do it: is it done?
void async_once_leave(struct async_once *once, bool done);

// ---- await async_once_enter(once): 1: you do it; 0: it is done
asyncc_async int async_once_enter(struct async_once *once);

struct async_once_enter_future {
    struct async_waiter waiter;
    struct async_once *once;
    int result;
};

static inline void async_once_enter_future_init(struct async_once_enter_future *self,
                                                struct async_once *once)
{
    async_waiter_init(&self->waiter);
    self->once = once;
}

enum async_poll async_once_enter_future_poll(struct async_once_enter_future *self,
                                             struct async_context *cx);
void async_once_enter_future_drop(struct async_once_enter_future *self);

// ---- Barrier ------------------------------------------------------------------------------------

// Lets `parties` tasks go on when all of them have come; and again, and again.
struct async_barrier {
    struct async_line waiting;
    size_t parties;
    size_t arrived; // since the last time
};

static inline void async_barrier_init(struct async_barrier *barrier, size_t parties)
{
    *barrier = (struct async_barrier){.parties = parties};
}

// ---- await async_barrier_wait(barrier): 1 for the last to come, 0 for the others
//
// A wait that is dropped before all have come has not come.
asyncc_async int async_barrier_wait(struct async_barrier *barrier);

struct async_barrier_wait_future {
    struct async_waiter waiter;
    struct async_barrier *barrier;
    int result;
};

static inline void async_barrier_wait_future_init(struct async_barrier_wait_future *self,
                                                  struct async_barrier *barrier)
{
    async_waiter_init(&self->waiter);
    self->barrier = barrier;
}

enum async_poll async_barrier_wait_future_poll(struct async_barrier_wait_future *self,
                                               struct async_context *cx);
void async_barrier_wait_future_drop(struct async_barrier_wait_future *self);

// ---- Wait group ---------------------------------------------------------------------------------

// Waits until as many have said that they are done as were added.
struct async_wait_group {
    struct async_line waiting;
    size_t pending;
};

static inline void async_wait_group_add(struct async_wait_group *group, size_t count)
{
    group->pending += count;
}

void async_wait_group_done(struct async_wait_group *group);

// ---- await async_wait_group_wait(group)
//
// Ready at once where nothing is pending. Those who wait when the last one is done go on, even if
// more is added before they run.
asyncc_async void async_wait_group_wait(struct async_wait_group *group);

struct async_wait_group_wait_future {
    struct async_waiter waiter;
    struct async_wait_group *group;
};

static inline void async_wait_group_wait_future_init(struct async_wait_group_wait_future *self,
                                                     struct async_wait_group *group)
{
    async_waiter_init(&self->waiter);
    self->group = group;
}

static inline enum async_poll
async_wait_group_wait_future_poll(struct async_wait_group_wait_future *self,
                                  struct async_context *cx)
{
    if (!self->group->pending || self->waiter.granted)
        return async_line_served(&self->group->waiting, &self->waiter);
    return async_line_wait(&self->group->waiting, &self->waiter, cx);
}

static inline void async_wait_group_wait_future_drop(struct async_wait_group_wait_future *self)
{
    async_line_leave(&self->group->waiting, &self->waiter);
}

#endif
