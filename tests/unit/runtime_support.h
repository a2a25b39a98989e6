// runtime_support.h - hand-written futures for the tests of the runtime.
#ifndef RUNTIME_SUPPORT_H
#define RUNTIME_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asyncc/executor.h>
#include <asyncc/io.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A root future that is one function: step(data, cx, &state) returns what poll returns. Its drop
// calls `undo` if it is set and the future is pending.
struct script_future {
    enum async_poll (*step)(void *data, struct async_context *cx, int *state);
    void (*undo)(void *data);
    void *data;
    int state;
    int result;
};

static inline void script_future_init(struct script_future *self,
                                      enum async_poll (*step)(void *, struct async_context *, int *),
                                      void (*undo)(void *), void *data)
{
    *self = (struct script_future){.step = step, .undo = undo, .data = data};
}

static inline enum async_poll script_future_poll(struct script_future *self, struct async_context *cx)
{
    return self->step(self->data, cx, &self->state);
}

static inline void script_future_drop(struct script_future *self)
{
    if (self->undo)
        self->undo(self->data);
}

ASYNC_FUTURE_TYPE(script);

static inline struct async_task *spawn_script(enum async_poll (*step)(void *, struct async_context *,
                                                                      int *),
                                              void (*undo)(void *), void *data)
{
    struct script_future *f = async_task_new(&script_future_type);
    if (!f)
        return NULL;
    script_future_init(f, step, undo, data);
    return async_task_start(f);
}

static inline void run_script(enum async_poll (*step)(void *, struct async_context *, int *), void *data)
{
    struct script_future f;
    script_future_init(&f, step, NULL, data);
    async_block_on_future(&script_future_type, &f);
}

// Runs one leaf future to its end and drops nothing: `RUN(async_readable, f, fd)` leaves the result
// in f.
#define RUN_TYPE(NAME)                                     \
    static inline void run_##NAME(struct NAME##_future *f) \
    {                                                      \
        async_block_on_future(&NAME##_future_type, f);     \
    }

#endif
