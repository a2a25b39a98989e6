// pause.c - trying again after a while.
//
// A pausing operation is in no list of its source's, so that no report of the reactor's ends its
// pause. It keeps the source's memory in place of that, and sees when the pause is over whether the
// source was closed.
#include "pause.h"

#include <errno.h>

bool pause_helps(intptr_t error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

enum async_poll pause_begin(struct async_pause *pause, struct async_op *op,
                            struct async_context *cx, unsigned ms)
{
    op->source->users++;
    pause->on = true;
    async_sleep_ms_future_init(&pause->sleep, ms);
    return async_sleep_ms_future_poll(&pause->sleep, cx);
}

// The operation does without the pause's hold on its source. 0, or -ECANCELED if that is closed.
static int end(struct async_pause *pause, struct async_op *op)
{
    struct async_source *source = op->source;
    bool closed = !source->open;
    pause->on = false;
    source_release(source);
    if (!closed)
        return 0;
    op->source = NULL;
    return -ECANCELED;
}

int pause_poll(struct async_pause *pause, struct async_op *op, struct async_context *cx)
{
    if (!pause->on)
        return 0;
    if (async_sleep_ms_future_poll(&pause->sleep, cx) == ASYNC_PENDING)
        return 1;
    return end(pause, op);
}

void pause_drop(struct async_pause *pause, struct async_op *op)
{
    if (!pause->on)
        return;
    async_sleep_ms_future_drop(&pause->sleep);
    end(pause, op);
}
