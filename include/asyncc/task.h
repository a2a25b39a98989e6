// task.h - tasks: futures that an executor runs on their own.
//
//     #include <asyncc/task.h>
//     #include <asyncc/async.h>
//
//     static async int half(int n) { await async_yield(); return n / 2; }
//
//     async int main(void)
//     {
//         struct async_task *t = async_spawn(half(84));        // NULL: no memory, and nothing ran
//         if (!t)
//             return 1;
//         int status = await async_task_join(t);               // 0, -ECANCELED or -ENOMEM
//         int n = status == 0 ? async_task_result(t, int) : 0;
//         async_detach(t);                                     // the result is gone from here on
//         return n == 42 ? 0 : 1;
//     }
//
// Ownership: async_spawn returns a handle, which keeps the task's memory and its result until
// async_detach(handle) gives it up, exactly once. Neither joining nor cancelling gives it up. A
// task runs on whether or not it has a handle. When the executor ends, all its tasks end with it,
// handles or not (see executor.h).
//
// A task begins in a later turn. One that is cancelled before that runs nothing, not even a defer
// of its own: what it is given needs another owner until it runs.
//
// Threads: a task belongs to the executor of the thread that spawned it; everything on this page is
// for that thread only. Wakers of a task may be cloned, woken and dropped on any thread, and woken
// in a signal handler (cloned or dropped there: no).
#ifndef ASYNCC_TASK_H
#define ASYNCC_TASK_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_task;

// Gives up the handle. The task runs on by itself and frees itself when it is done; if it is done
// already, it is freed now, result included. Owner thread only. NULL is allowed and does nothing.
void async_detach(struct async_task *task);

// Drops the task's future at its suspension: what is pending there is cleaned up before this
// returns, and async_task_join reports -ECANCELED. A task that cancels itself (or is cancelled from
// within its own poll) is dropped when that poll returns, unless it finishes with that poll, which
// wins. A task that owns a group, cancelled from within one of the group's (see group.h), is
// dropped later, in its next turn. Does nothing if the task is done. The handle stays valid. Owner
// thread only. NULL is allowed.
void async_cancel(struct async_task *task);

// Is the task done: finished, cancelled or out of memory? Owner thread only.
bool async_task_done(struct async_task *task);

// Where the result of a task that was joined with status 0 is. The bytes belong to the task and
// stay until the handle is given up. `async_task_result(task, T)` in async.h reads them as a T.
void *async_task_result_at(struct async_task *task);

// ---- await async_task_join(task): waits until the task is done ----------------------------------
//
// Returns 0 (finished, the result may be read), -ECANCELED (dropped by async_cancel), or -ENOMEM
// (dropped because a frame could not be allocated). Any number of tasks may join one task, but not
// itself; they are woken in the order in which they began to wait.
// Cancel-safe: a dropped join leaves the task as it was.
asyncc_async int async_task_join(struct async_task *task);

struct async_task_join_future {
    struct async_task *task;              // NULL: done, result is set
    struct async_task_join_future *next;  // the task's list of those who wait
    struct async_task_join_future **link; // what points to us; NULL: not in the list
    struct async_waker waker;             // held while in the list
    int result;
};

static inline void async_task_join_future_init(struct async_task_join_future *self,
                                               struct async_task *task)
{
    self->task = task;
    self->link = NULL;
}

enum async_poll async_task_join_future_poll(struct async_task_join_future *self,
                                            struct async_context *cx);

static inline void async_task_join_future_drop(struct async_task_join_future *self)
{
    if (!self->link)
        return;
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    self->link = NULL;
    async_waker_drop(&self->waker);
}

// ---- await async_task_join_all(tasks, n): waits until all are done ------------------------------
//
// Returns 0 if all finished; else the status of the first one in the array that did not: -ECANCELED
// or -ENOMEM, the latter also for a NULL (a spawn that failed). The array stays the caller's, and
// is read until the join returns. Handles are not given up. Needs no memory. Cancel-safe: a dropped
// join leaves the tasks as they were; to end them with you, spawn them into a group.
asyncc_async int async_task_join_all(struct async_task **tasks, size_t count);

struct async_task_join_all_future {
    struct async_task **tasks; // those not joined yet
    size_t count;
    struct async_task_join_future join; // of the first of them; link and task NULL: none
    bool joining;                       // `join` is initialised and not done
    int result;
};

static inline void async_task_join_all_future_init(struct async_task_join_all_future *self,
                                                   struct async_task **tasks, size_t count)
{
    self->tasks = tasks;
    self->count = count;
    self->joining = false;
    self->result = 0;
}

enum async_poll async_task_join_all_future_poll(struct async_task_join_all_future *self,
                                                struct async_context *cx);

static inline void async_task_join_all_future_drop(struct async_task_join_all_future *self)
{
    if (self->joining)
        async_task_join_future_drop(&self->join);
    self->joining = false;
}

// ---- await async_task_race(tasks, waits, n): waits until one is done ----------------------------
//
//     struct async_task_join_future waits[2];
//     int first = await async_task_race(tasks, waits, 2);
//
// Returns the index of the first that is done (finished, cancelled or out of memory; ties go to the
// lowest), or -EINVAL if there is none to wait for. NULLs are passed over: put one in the place of
// the task that was done, and race again for the next. The others run on; cancel them if they are
// not wanted. `waits` is where the race waits: n uninitialised elements, the race's until it
// returns or is dropped. Handles are not given up. Needs no memory. Cancel-safe.
asyncc_async int async_task_race(struct async_task **tasks, struct async_task_join_future *waits,
                                 size_t count);

struct async_task_race_future {
    struct async_task **tasks;
    struct async_task_join_future *waits;
    size_t count;
    bool waiting; // `waits` are initialised
    int result;
};

static inline void async_task_race_future_init(struct async_task_race_future *self,
                                               struct async_task **tasks,
                                               struct async_task_join_future *waits, size_t count)
{
    self->tasks = tasks;
    self->waits = waits;
    self->count = count;
    self->waiting = false;
}

enum async_poll async_task_race_future_poll(struct async_task_race_future *self,
                                            struct async_context *cx);

void async_task_race_future_drop(struct async_task_race_future *self);

// ---- await async_shield(task, result): what must not be cut off ---------------------------------
//
//     int sum;
//     int status = await async_shield(async_spawn(commit(db)), &sum);
//
// Waits for a task, which is let finish if the await is cancelled. Returns the status of
// async_task_join, and -ENOMEM for NULL (the spawn that failed). The handle is the shield's from
// the call on: it is given up when the task is done, or when the shield is dropped; do not detach
// it. With status 0 the task's result is copied to `result`, which is of the type that the task's
// function returns; NULL: it is of no interest. After a cancellation the task runs on by itself,
// and `result` is not written: so a task under a shield must not point into its caller's frame.
// When the executor ends it ends the task, too.
asyncc_async int async_shield(struct async_task *task, void *result);

struct async_shield_future {
    struct async_task *task; // NULL: given up
    void *to;
    struct async_task_join_future join;
    int result;
};

static inline void async_shield_future_init(struct async_shield_future *self,
                                            struct async_task *task, void *result)
{
    self->task = task;
    self->to = result;
    async_task_join_future_init(&self->join, task);
}

enum async_poll async_shield_future_poll(struct async_shield_future *self,
                                         struct async_context *cx);

void async_shield_future_drop(struct async_shield_future *self);

// ---- The task that runs, names, local values ----------------------------------------------------

// The task whose poll (or drop) this code runs in, innermost; NULL outside of tasks. No handle:
// give nothing up. Good for as long as the task is not done.
struct async_task *async_task_current(void);

// The task's name: that of its function, unless it was given another one. Good until the next
// async_task_set_name, or until the task is freed.
const char *async_task_name(struct async_task *task);

// Names a task, for people: dumps and logs. The name is copied. NULL as task: the one that runs.
// 0, -ENOMEM, or -ESRCH (no task runs).
int async_task_set_name(struct async_task *task, const char *name);

// Local values: a task's own, found by the address of a key.
//
//     static void *keep(void *value) { return value; }
//     static const struct async_task_key request_id = {.inherit = keep};
//
//     async_task_local_set(&request_id, "17");
//     puts(async_task_local_get(&request_id));
struct async_task_key {
    // Called for each value that is not NULL when its task is done (within that task), and when the
    // value is replaced by another, or removed. NULL: nothing is called.
    void (*destroy)(void *value);
    // What a task has that is spawned by one that has `value`: called by the spawn, in the task
    // that spawns, whose values it must not change. NULL returned: none. NULL here: values are not
    // inherited.
    void *(*inherit)(void *value);
};

// Sets the running task's value of a key, which must live as long as the task. NULL removes it.
// 0, -ENOMEM, or -ESRCH (no task runs); in case of an error the old value stays, and the new one is
// the caller's. The first value and each further key take memory.
int async_task_local_set(const struct async_task_key *key, void *value);

// The running task's value of a key; NULL if there is none, or no task runs.
void *async_task_local_get(const struct async_task_key *key);

// ---- await async_yield(): lets every other ready task run first ---------------------------------
//
// Costs no system call and no clock. Cancel-safe.
asyncc_async void async_yield(void);

struct async_yield_future {
    bool polled;
};

static inline void async_yield_future_init(struct async_yield_future *self)
{
    self->polled = false;
}

static inline enum async_poll async_yield_future_poll(struct async_yield_future *self,
                                                      struct async_context *cx)
{
    if (self->polled)
        return ASYNC_READY;
    self->polled = true;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void async_yield_future_drop(struct async_yield_future *self)
{
    (void)self;
}

// ---- For generated and foreign code: spawning by descriptor -------------------------------------
//
//     struct half_future *f = async_task_new(&half_future_type);
//     if (f)
//         half_future_init(f, 84);
//     struct async_task *t = f ? async_task_start(f) : NULL;

// Room for a future of this type, in a task of this thread's executor, which is created if there is
// none yet. The caller initialises it and calls async_task_start. NULL with no memory (or
// descriptors) left.
void *async_task_new(const struct async_future_type *type);

// Queues the task whose future is initialised now, and returns its handle. Cannot fail: what can
// run out was taken by async_task_new. `future` is what that returned.
struct async_task *async_task_start(void *future);

// Defines the descriptor `static const struct async_future_type NAME_future_type` of a hand-written
// future, with the thunks that keep its function pointers well defined. The first form is for
// futures with a `result`, the second for those without.
#define ASYNC_FUTURE_TYPE(NAME)                                      \
    ASYNC_FUTURE_TYPE_(NAME, offsetof(struct NAME##_future, result), \
                       sizeof(((struct NAME##_future *)0)->result))
#define ASYNC_FUTURE_TYPE_VOID(NAME) ASYNC_FUTURE_TYPE_(NAME, 0, 0)

#define ASYNC_FUTURE_TYPE_(NAME, RESULT_AT, RESULT_SIZE)                                    \
    static enum async_poll NAME##_future_poll_thunk(void *future, struct async_context *cx) \
    {                                                                                       \
        return NAME##_future_poll((struct NAME##_future *)future, cx);                      \
    }                                                                                       \
    static void NAME##_future_drop_thunk(void *future)                                      \
    {                                                                                       \
        NAME##_future_drop((struct NAME##_future *)future);                                 \
    }                                                                                       \
    static const struct async_future_type NAME##_future_type = {                            \
        .name = #NAME,                                                                      \
        .file = __FILE__,                                                                   \
        .size = sizeof(struct NAME##_future),                                               \
        .align = _Alignof(struct NAME##_future),                                            \
        .result_at = RESULT_AT,                                                             \
        .result_size = RESULT_SIZE,                                                         \
        .init = (void (*)(void))NAME##_future_init,                                         \
        .poll = NAME##_future_poll_thunk,                                                   \
        .drop = NAME##_future_drop_thunk,                                                   \
    }

#endif
