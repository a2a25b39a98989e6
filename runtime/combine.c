// combine.c - waiting for several tasks, and for one that must not be cut off.
#include "task.h"

#include <errno.h>
#include <string.h>

enum async_poll async_task_join_all_future_poll(struct async_task_join_all_future *self,
                                                struct async_context *cx)
{
    for (; self->count; self->tasks++, self->count--) {
        int status = -ENOMEM;
        if (*self->tasks) {
            if (!self->joining)
                async_task_join_future_init(&self->join, *self->tasks);
            self->joining = async_task_join_future_poll(&self->join, cx) == ASYNC_PENDING;
            if (self->joining)
                return ASYNC_PENDING;
            status = self->join.result;
        }
        if (self->result == 0)
            self->result = status;
    }
    return ASYNC_READY;
}

void async_task_race_future_drop(struct async_task_race_future *self)
{
    if (!self->waiting)
        return;
    self->waiting = false;
    for (size_t i = 0; i < self->count; i++)
        async_task_join_future_drop(&self->waits[i]);
}

enum async_poll async_task_race_future_poll(struct async_task_race_future *self,
                                            struct async_context *cx)
{
    bool any = false;
    for (size_t i = 0; !self->waiting && i < self->count; i++)
        async_task_join_future_init(&self->waits[i], self->tasks[i]);
    self->waiting = true;
    for (size_t i = 0; i < self->count; i++) {
        if (!self->tasks[i])
            continue;
        any = true;
        if (async_task_join_future_poll(&self->waits[i], cx) == ASYNC_PENDING)
            continue;
        async_task_race_future_drop(self);
        self->result = (int)i;
        return ASYNC_READY;
    }
    if (any)
        return ASYNC_PENDING;
    self->waiting = false;
    self->result = -EINVAL;
    return ASYNC_READY;
}

enum async_poll async_shield_future_poll(struct async_shield_future *self, struct async_context *cx)
{
    if (!self->task) {
        self->result = -ENOMEM;
        return ASYNC_READY;
    }
    if (async_task_join_future_poll(&self->join, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = self->join.result;
    if (self->result == 0 && self->to)
        memcpy(self->to, async_task_result_at(self->task), self->task->type->result_size);
    async_detach(self->task);
    self->task = NULL;
    return ASYNC_READY;
}

void async_shield_future_drop(struct async_shield_future *self)
{
    async_task_join_future_drop(&self->join);
    async_detach(self->task);
    self->task = NULL;
}
