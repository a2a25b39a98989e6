// group.h - structured concurrency: tasks that never outlive the block that owns them.
//
//     #include <asyncc/group.h>
//     #include <asyncc/async.h>
//
//     static async int fetch(int id, int *out) { await async_yield(); *out = id; return 0; }
//
//     static async int fetch_all(int *out, int n)
//     {
//         struct async_group g;                           // empty from here on
//         async_group_limit(&g, 8);                       // no more than 8 at a time
//         for (int i = 0; i < n; i++)
//             if (async_group_spawn(&g, fetch(i, &out[i])) < 0)
//                 return -ENOMEM;                         // those that run are cancelled
//         return await async_group_wait(&g);              // 0, or the first failure
//     }
//
// Scope: in an async function, `struct async_group g;` is a variable that asyncc looks after. It is
// empty when its declaration is passed, and when its block is left, by any way (its end, return,
// break, goto, cancellation of the task), the tasks that are still in it are cancelled before any
// defer or cleanup of that block runs. So they may point to whatever was declared in the block of
// the group or around it. Arrays of groups and groups in a local struct are refused; in other
// memory (static, or of malloc) a group is yours: all zero is empty, and you call
// async_group_cancel before the memory goes, or wait. Then no other wait for it is left.
//
// Failure: a task fails if it returns a negative int, long or long long, or runs out of memory. The
// first failure is what async_group_wait returns. The other tasks go on, unless
// async_group_fail_fast was called. A task that is cancelled does not fail. Other results are lost:
// tasks leave them where they were told to by a pointer.
//
// Ownership: a task that is cancelled before it begins runs nothing, not even a defer of its own.
// So what it is given belongs to somebody else until it runs: above, to who calls fetch_all.
//
// Memory: a group takes none; a task in one takes 24 bytes more than others, and frees itself when
// it is done. Threads: a group is for one thread, that of its tasks.
#ifndef ASYNCC_GROUP_H
#define ASYNCC_GROUP_H

#include <asyncc/wait.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// All zero is an empty group. Its members are for the functions below.
struct async_group {
    struct async_task *first, *last; // its tasks, in the order in which they were spawned
    struct async_task *held;         // the first one that the limit keeps from running
    struct async_task *owner;        // in whose future the group lies; NULL: elsewhere
    struct async_line waiting;       // for the group to be empty
    struct async_line for_room;      // for fewer tasks to run than the limit says
    unsigned count;                  // of its tasks
    unsigned running;                // of those, started ones
    unsigned limit;                  // of running ones; 0: none
    int status;                      // the first failure since the last wait
    bool fail_fast;
    bool cancelling; // by async_group_cancel, until the group is empty
};

// async_group_spawn(&g, f(x)): f(x) as a task in the group, anywhere in a translated file. Returns
// 0; -ENOMEM; or -ECANCELED if the group is being cancelled, or one of its tasks has failed and
// async_group_fail_fast was called. In case of an error nothing ran. The task begins in a later
// turn, in the order of the spawns; if the group has as many running ones as its limit, when others
// are done. There is no handle: the group has it.
#define async_group_spawn(group, ...) async_form_group_spawn((group), (__VA_ARGS__, 0))
#if !defined(ASYNCC_BLOCKING)
int async_form_group_spawn(struct async_group *group, int operand);
#endif

// An empty group with no limit, in memory that was something else before. Not for one with tasks in
// it. Where asyncc looks after the group this was done already.
void async_group_init(struct async_group *group);

// Cancels every task of the group: each is dropped before this returns, in the order in which they
// were spawned. If one of them is the caller, or is an ancestor of it, that one is dropped when its
// poll returns, and until then the group takes no new ones. The group can be used again.
void async_group_cancel(struct async_group *group);

// At most `limit` tasks run at a time; those over the limit are there, but begin when others end,
// first in, first out. 0: no limit. Tasks that run already are not stopped.
void async_group_limit(struct async_group *group, unsigned limit);

// From now on the first failure cancels all other tasks, and spawns are refused until a wait has
// returned it.
void async_group_fail_fast(struct async_group *group);

// Tasks in the group that are not done.
static inline unsigned async_group_count(const struct async_group *group)
{
    return group->count;
}

// ---- await async_group_wait(&g): waits until the group is empty ---------------------------------
//
// Returns 0, or the first failure since the last wait, which is forgotten then: the group can be
// used again. Tasks that are spawned before the waiter runs are waited for, too. For one task at a
// time: of several waiters the one that runs first gets the failure. Not for a task of the group,
// which would wait for itself. Cancel-safe. No memory.
asyncc_async int async_group_wait(struct async_group *group);

struct async_group_wait_future {
    struct async_waiter waiter;
    struct async_group *group;
    int result;
};

static inline void async_group_wait_future_init(struct async_group_wait_future *self,
                                                struct async_group *group)
{
    self->group = group;
    async_waiter_init(&self->waiter);
}

enum async_poll async_group_wait_future_poll(struct async_group_wait_future *self,
                                             struct async_context *cx);

static inline void async_group_wait_future_drop(struct async_group_wait_future *self)
{
    async_line_leave(&self->group->waiting, &self->waiter);
}

// ---- await async_group_room(&g): waits until a spawn would begin at once ------------------------
//
//     int rc;
//     while ((rc = await async_group_room(&g)) == 0) {     // take no more jobs than we work on
//         struct job *job;                                 // stays the queue's
//         if ((rc = await next_job(queue, &job)) < 0)
//             break;
//         if ((rc = async_group_spawn(&g, work(job))) < 0) // nothing ran
//             break;
//     }
//
// Returns 0 when fewer tasks are in the group than its limit, or it has none; -ECANCELED when
// spawns are refused. Takes nothing: who spawns first has the room. Cancel-safe. No memory.
asyncc_async int async_group_room(struct async_group *group);

struct async_group_room_future {
    struct async_waiter waiter;
    struct async_group *group;
    int result;
};

static inline void async_group_room_future_init(struct async_group_room_future *self,
                                                struct async_group *group)
{
    self->group = group;
    async_waiter_init(&self->waiter);
}

enum async_poll async_group_room_future_poll(struct async_group_room_future *self,
                                             struct async_context *cx);

void async_group_room_future_drop(struct async_group_room_future *self);

// ---- For generated code, and spawning by descriptor ---------------------------------------------
//
//     void *future;
//     int status = async_group_new(&g, &half_future_type, true, &future);
//     if (status == 0) {
//         half_future_init(future, 84);
//         async_group_start(&g, future);
//     }

// Room for a future of this type, in a task for this group: see async_group_spawn for what is
// returned. `fails`: the result is an int, long or long long, and negative when the task failed.
int async_group_new(struct async_group *group, const struct async_future_type *type, bool fails,
                    void **future);

// Puts the task whose future is initialised now into the group. Cannot fail.
void async_group_start(struct async_group *group, void *future);

// Begins and ends the scope of a group that lies in the future of the task that runs: what a
// declaration in an async function becomes.
void async_group_open(struct async_group *group);
void async_group_close(struct async_group *group);

#endif
