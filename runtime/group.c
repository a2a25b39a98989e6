// group.c - groups: lists of tasks that end together.
//
// The list nodes lie behind the futures of the tasks, so that other tasks do not pay for them. A
// group's tasks are started in the order in which they stand in its list, so those that its limit
// holds back are the end of the list, from `held` on.
#include "executor.h"

#include <asyncc/group.h>

#include <assert.h>
#include <errno.h>
#include <limits.h>

struct group_member {
    struct async_group *group; // NULL: the task is in none yet, or no more
    struct async_task *next, *prev;
};

static size_t member_at(const struct async_future_type *type)
{
    size_t align = _Alignof(struct group_member);
    return (type->size + align - 1) / align * align;
}

static struct group_member *member_of(const struct async_task *task)
{
    return (struct group_member *)((uintptr_t)(task + 1) + member_at(task->type));
}

struct async_task *group_owner(const struct async_task *task)
{
    struct async_group *group = member_of(task)->group;
    return group ? group->owner : NULL;
}

// ---- The list -------------------------------------------------------------------------------

static void append(struct async_group *group, struct async_task *task)
{
    struct group_member *member = member_of(task);
    *member = (struct group_member){.group = group, .prev = group->last};
    if (group->last)
        member_of(group->last)->next = task;
    else
        group->first = task;
    group->last = task;
    group->count++;
}

static void take_out(struct async_group *group, struct async_task *task)
{
    struct group_member *member = member_of(task);
    if (member->next)
        member_of(member->next)->prev = member->prev;
    else
        group->last = member->prev;
    if (member->prev)
        member_of(member->prev)->next = member->next;
    else
        group->first = member->next;
    if (group->held == task)
        group->held = member->next;
    member->group = NULL;
    group->count--;
}

// ---- What waits -----------------------------------------------------------------------------

static bool refuses(const struct async_group *group)
{
    return group->cancelling || (group->fail_fast && group->status);
}

static bool may_start(const struct async_group *group)
{
    return !group->limit || group->running < group->limit;
}

static void start(struct async_group *group, struct async_task *task)
{
    task->flags &= (uint16_t)~TASK_HELD;
    group->running++;
    async_task_start(task + 1);
}

static void start_held(struct async_group *group)
{
    while (group->held && may_start(group) && !refuses(group)) {
        struct async_task *task = group->held;
        group->held = member_of(task)->next;
        start(group, task);
    }
}

// They keep their places, and look again.
static void wake_all(struct async_line *line)
{
    for (struct async_waiter *waiter = line->first; waiter; waiter = waiter->next)
        async_waker_wake(&waiter->waker);
}

static bool waits_for_room(const struct async_group *group)
{
    return group->limit && group->count >= group->limit && !refuses(group);
}

// The first one who waits for room is woken, and when it has left it is the next one's turn: to
// wake all of them for each place would cost more the more there are.
static void offer_room(struct async_group *group)
{
    if (group->for_room.first && !waits_for_room(group))
        async_waker_wake(&group->for_room.first->waker);
}

// A task has left, or what the group allows has changed.
static void changed(struct async_group *group)
{
    start_held(group);
    if (!group->count) {
        group->cancelling = false;
        wake_all(&group->waiting);
    }
    offer_room(group);
}

// ---- The life of a member -------------------------------------------------------------------

int async_group_new(struct async_group *group, const struct async_future_type *type, bool fails,
                    void **future)
{
    if (refuses(group))
        return -ECANCELED;
    int status = executor_need();
    if (status < 0)
        return status;
    if (type->size > SIZE_MAX / 4)
        return -ENOMEM;
    size_t size = member_at(type) + sizeof(struct group_member);
    struct async_task *task = task_new(async_current, type, size, type->align);
    if (!task)
        return -ENOMEM;
    task->flags = (uint16_t)((task->flags & ~TASK_HANDLE) | TASK_GROUP | (fails ? TASK_FAILS : 0));
    member_of(task)->group = NULL;
    *future = task + 1;
    return 0;
}

void async_group_start(struct async_group *group, void *future)
{
    struct async_task *task = (struct async_task *)future - 1;
    append(group, task);
    if (!group->held && may_start(group)) {
        start(group, task);
        return;
    }
    task->flags |= TASK_HELD;
    if (!group->held)
        group->held = task;
}

// 0, or why the task failed, as a negative int.
static int failure_of(struct async_task *task)
{
    if (task->flags & TASK_NO_MEMORY)
        return -ENOMEM;
    if (task->flags & TASK_CANCELED || !(task->flags & TASK_FAILS))
        return 0;
    const void *at = async_task_result_at(task);
    long long result = task->type->result_size == sizeof(int)    ? *(const int *)at
                       : task->type->result_size == sizeof(long) ? *(const long *)at
                                                                 : *(const long long *)at;
    if (result >= 0)
        return 0;
    return result < INT_MIN ? INT_MIN : (int)result;
}

static void cancel_all(struct async_group *group)
{
    // A drop runs the program's code, which may cancel others: so from the start, after each.
    struct async_task *task = group->first;
    while (task)
        task = task_cancel(task) ? group->first : member_of(task)->next;
}

void group_left(struct async_task *task)
{
    struct async_group *group = member_of(task)->group;
    if (!group)
        return;
    take_out(group, task);
    if (!(task->flags & TASK_HELD))
        group->running--;
    int failure = group->status ? 0 : failure_of(task);
    if (failure) {
        group->status = failure;
        if (group->fail_fast)
            cancel_all(group);
    }
    changed(group);
}

// ---- Groups ---------------------------------------------------------------------------------

void async_group_init(struct async_group *group)
{
    *group = (struct async_group){0};
}

void async_group_open(struct async_group *group)
{
    *group = (struct async_group){.owner = async_task_current()};
}

void async_group_cancel(struct async_group *group)
{
    if (!group->count)
        return;
    group->cancelling = true; // until it is empty: what is dropped may try to spawn
    cancel_all(group);
}

void async_group_close(struct async_group *group)
{
    async_group_cancel(group);
    assert(!group->count && "a group's block is left by one of the group's own tasks");
    assert(!group->waiting.first && !group->for_room.first &&
           "somebody waits for a group whose block is left");
}

void async_group_limit(struct async_group *group, unsigned limit)
{
    group->limit = limit;
    changed(group);
}

void async_group_fail_fast(struct async_group *group)
{
    group->fail_fast = true;
    if (group->status)
        cancel_all(group);
    changed(group);
}

enum async_poll async_group_wait_future_poll(struct async_group_wait_future *self,
                                             struct async_context *cx)
{
    struct async_group *group = self->group;
    if (group->count)
        return async_line_wait(&group->waiting, &self->waiter, cx);
    self->result = group->status;
    group->status = 0;
    return async_line_served(&group->waiting, &self->waiter);
}

enum async_poll async_group_room_future_poll(struct async_group_room_future *self,
                                             struct async_context *cx)
{
    struct async_group *group = self->group;
    if (waits_for_room(group))
        return async_line_wait(&group->for_room, &self->waiter, cx);
    self->result = refuses(group) ? -ECANCELED : 0;
    async_group_room_future_drop(self);
    return ASYNC_READY;
}

void async_group_room_future_drop(struct async_group_room_future *self)
{
    if (!self->waiter.link)
        return;
    async_line_leave(&self->group->for_room, &self->waiter);
    offer_room(self->group);
}
