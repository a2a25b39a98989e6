// sync.c - what sync.h does not do in the header.
#include <asyncc/sync.h>

// ---- Semaphore ------------------------------------------------------------------------------

static void serve_acquirers(struct async_semaphore *semaphore)
{
    struct async_waiter *first;
    while ((first = semaphore->waiting.first)) {
        size_t count = ((struct async_semaphore_acquire_future *)first)->count;
        if (count > semaphore->permits)
            return;
        semaphore->permits -= count;
        async_line_grant(&semaphore->waiting);
    }
}

bool async_semaphore_try_acquire(struct async_semaphore *semaphore, size_t count)
{
    if (semaphore->waiting.first || count > semaphore->permits)
        return false;
    semaphore->permits -= count;
    return true;
}

void async_semaphore_release(struct async_semaphore *semaphore, size_t count)
{
    semaphore->permits += count;
    serve_acquirers(semaphore);
}

enum async_poll async_semaphore_acquire_future_poll(struct async_semaphore_acquire_future *self,
                                                    struct async_context *cx)
{
    struct async_semaphore *semaphore = self->semaphore;
    if (self->waiter.granted ||
        (!self->waiter.link && async_semaphore_try_acquire(semaphore, self->count)))
        return async_line_served(&semaphore->waiting, &self->waiter);
    return async_line_wait(&semaphore->waiting, &self->waiter, cx);
}

void async_semaphore_acquire_future_drop(struct async_semaphore_acquire_future *self)
{
    bool waited = self->waiter.link != NULL;
    async_line_leave(&self->semaphore->waiting, &self->waiter);
    if (self->waiter.granted)
        async_semaphore_release(self->semaphore, self->count);
    else if (waited)
        serve_acquirers(self->semaphore); // those behind may ask for less
    self->waiter.granted = false;
}

// ---- Read-write lock ------------------------------------------------------------------------

static bool may_enter(const struct async_rwlock *lock, bool writes)
{
    return !lock->written && !(writes && lock->readers);
}

static void enter(struct async_rwlock *lock, bool writes)
{
    if (writes)
        lock->written = true;
    else
        lock->readers++;
}

static bool try_enter(struct async_rwlock *lock, bool writes)
{
    if (lock->waiting.first || !may_enter(lock, writes))
        return false;
    enter(lock, writes);
    return true;
}

static void serve_line(struct async_rwlock *lock)
{
    struct async_waiter *first;
    while ((first = lock->waiting.first)) {
        bool writes = ((struct async_rwlock_wait *)first)->writes;
        if (!may_enter(lock, writes))
            return;
        enter(lock, writes);
        async_line_grant(&lock->waiting);
    }
}

bool async_rwlock_try_read(struct async_rwlock *lock)
{
    return try_enter(lock, false);
}

bool async_rwlock_try_write(struct async_rwlock *lock)
{
    return try_enter(lock, true);
}

void async_rwlock_read_unlock(struct async_rwlock *lock)
{
    assert(lock->readers && "no reader holds it");
    lock->readers--;
    serve_line(lock);
}

void async_rwlock_write_unlock(struct async_rwlock *lock)
{
    assert(lock->written && "no writer holds it");
    lock->written = false;
    serve_line(lock);
}

enum async_poll async_rwlock_wait_poll(struct async_rwlock_wait *wait, struct async_context *cx)
{
    struct async_rwlock *lock = wait->lock;
    if (wait->waiter.granted || (!wait->waiter.link && try_enter(lock, wait->writes)))
        return async_line_served(&lock->waiting, &wait->waiter);
    return async_line_wait(&lock->waiting, &wait->waiter, cx);
}

void async_rwlock_wait_drop(struct async_rwlock_wait *wait)
{
    struct async_rwlock *lock = wait->lock;
    bool waited = wait->waiter.link != NULL;
    async_line_leave(&lock->waiting, &wait->waiter);
    if (wait->waiter.granted && wait->writes)
        async_rwlock_write_unlock(lock);
    else if (wait->waiter.granted)
        async_rwlock_read_unlock(lock);
    else if (waited)
        serve_line(lock); // readers behind a writer that waits no longer
    wait->waiter.granted = false;
}

// ---- Condition, event, wait group -----------------------------------------------------------

// Everybody who waits.
static void grant_all(struct async_line *line)
{
    while (async_line_grant(line))
        ;
}

// What was for all is not passed on by a wait that is dropped.
void async_condition_broadcast(struct async_condition *condition)
{
    struct async_waiter *first;
    while ((first = condition->waiting.first)) {
        ((struct async_condition_wait_future *)first)->condition = NULL;
        async_line_grant(&condition->waiting);
    }
}

void async_event_set(struct async_event *event)
{
    event->set = true;
    grant_all(&event->waiting);
}

void async_wait_group_done(struct async_wait_group *group)
{
    assert(group->pending && "more are done than were added");
    if (--group->pending == 0)
        grant_all(&group->waiting);
}

// ---- Once -----------------------------------------------------------------------------------

void async_once_leave(struct async_once *once, bool done)
{
    assert(once->entered && !once->done && "leave follows an enter that returned 1");
    once->done = done;
    if (done)
        grant_all(&once->waiting);
    else if (!async_line_grant(&once->waiting)) // who waits first does it
        once->entered = false;
}

enum async_poll async_once_enter_future_poll(struct async_once_enter_future *self,
                                             struct async_context *cx)
{
    struct async_once *once = self->once;
    if (!once->done && once->entered && !self->waiter.granted)
        return async_line_wait(&once->waiting, &self->waiter, cx);
    self->result = !once->done;
    once->entered = true;
    return async_line_served(&once->waiting, &self->waiter);
}

void async_once_enter_future_drop(struct async_once_enter_future *self)
{
    async_line_leave(&self->once->waiting, &self->waiter);
    if (self->waiter.granted && !self->once->done)
        async_once_leave(self->once, false);
    self->waiter.granted = false;
}

// ---- Barrier --------------------------------------------------------------------------------

enum async_poll async_barrier_wait_future_poll(struct async_barrier_wait_future *self,
                                               struct async_context *cx)
{
    struct async_barrier *barrier = self->barrier;
    self->result = 0;
    if (!self->waiter.granted) {
        if (!self->waiter.link && ++barrier->arrived >= barrier->parties) {
            barrier->arrived = 0;
            grant_all(&barrier->waiting);
            self->result = 1;
        } else {
            return async_line_wait(&barrier->waiting, &self->waiter, cx);
        }
    }
    return async_line_served(&barrier->waiting, &self->waiter);
}

void async_barrier_wait_future_drop(struct async_barrier_wait_future *self)
{
    if (self->waiter.link)
        self->barrier->arrived--;
    async_line_leave(&self->barrier->waiting, &self->waiter);
}
