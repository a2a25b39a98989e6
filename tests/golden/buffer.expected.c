#define ASYNCC_TRANSLATED 1 // by asyncc from buffer.c; changes belong there
// asyncc:
// An array whose address escapes, a defer, a select.
#include <errno.h>
#include <asyncc/net.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/time.h>
#include <asyncc/async.h>




// ---- async once
enum once_state {
    once_state_start,
    once_at_select, // line 16
    once_at_async_tcp_write_all, // line 18
    once_state_done
};

struct once_future {
    union {
        struct {
            struct async_tcp *peer;
            union {
                struct {
                    struct async_tcp_read_future async_tcp_read;
                    struct async_sleep_ms_future async_sleep_ms;
                    ssize_t n;
                };
                struct async_tcp_write_all_future async_tcp_write_all;
            };
            char buf[64];
        };
        int result;
    };
    uint8_t state;
};

void once_future_init(struct once_future *self, struct async_tcp *peer);
enum async_poll once_future_poll(struct once_future *self, struct async_context *cx);
void once_future_drop(struct once_future *self);
extern const struct async_future_type once_future_type;
static const struct async_frame_type once_frame;

void once_future_init(struct once_future *self, struct async_tcp *peer)
{
    self->state = once_state_start;
    self->peer = peer;
}

static enum async_poll once_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct once_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int asyncc_t2 = 0;
    unsigned asyncc_leave = 0;
    (void)asyncc_leave;
    int asyncc_value = 0;
    struct async_tcp *peer = 0;
    switch (self->state) {
    case once_state_start:
        peer = self->peer;
        break;
    case once_at_select:
        goto asyncc_resume_1;
    case once_at_async_tcp_write_all:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    ;
    ssize_t n = 0;
    

    {
        async_tcp_read_future_init(&self->async_tcp_read, peer, self->buf, sizeof self->buf);
        async_sleep_ms_future_init(&self->async_sleep_ms, 1000);
        if (0) {
        asyncc_resume_1:;
            peer = self->peer;
            n = self->n;
            if (!cx) { /* dropped */
                async_tcp_read_future_drop(&self->async_tcp_read);
                async_sleep_ms_future_drop(&self->async_sleep_ms);
                asyncc_leave = 2;
                goto asyncc_leave_1;
            }
        }
        if (async_tcp_read_future_poll(&self->async_tcp_read, cx) == ASYNC_READY) {
            n = self->async_tcp_read.result;
            asyncc_t1 = 0;
        } else if (async_sleep_ms_future_poll(&self->async_sleep_ms, cx) == ASYNC_READY) {
            asyncc_t1 = 1;
        } else {
            self->n = n;
            self->state = once_at_select;
            cx->suspended.frame = self;
            cx->suspended.type = &once_frame;
            return ASYNC_PENDING;
        }
        if (asyncc_t1 != 0) {
            async_tcp_read_future_drop(&self->async_tcp_read);
        }
        if (asyncc_t1 != 1) {
            async_sleep_ms_future_drop(&self->async_sleep_ms);
        }
    }
    if (asyncc_t1 == 1) {
        {
            asyncc_value = -ETIMEDOUT;
            asyncc_leave = 1;
            goto asyncc_leave_1;
        }
    }
    if (n > 0) {
        {
            async_tcp_write_all_future_init(&self->async_tcp_write_all, peer, self->buf, (size_t)n);
            if (0) {
            asyncc_resume_2:;
                peer = self->peer;
                if (!cx) { /* dropped */
                    async_tcp_write_all_future_drop(&self->async_tcp_write_all);
                    asyncc_leave = 2;
                    goto asyncc_leave_1;
                }
            }
            if (async_tcp_write_all_future_poll(&self->async_tcp_write_all, cx) == ASYNC_PENDING) {
                self->state = once_at_async_tcp_write_all;
                cx->suspended.frame = self;
                cx->suspended.type = &once_frame;
                return ASYNC_PENDING;
            }
        }
        asyncc_t2 = (int)self->async_tcp_write_all.result;
    } else {
        asyncc_t2 = (int)n;
    }
    {
        asyncc_value = asyncc_t2;
        asyncc_leave = 1;
        goto asyncc_leave_1;
    }
asyncc_leave_1:;
    async_tcp_close(peer);
    if (asyncc_leave == 1) {
        self->result = asyncc_value;
        self->state = once_state_done;
        return ASYNC_READY;
    }
    self->state = once_state_done;
    return ASYNC_READY;
}

enum async_poll once_future_poll(struct once_future *self, struct async_context *cx)
{
    return once_frame_poll(self, cx);
}

void once_future_drop(struct once_future *self)
{
    if (self->state != once_state_start && self->state != once_state_done)
        once_frame_poll(self, NULL);
    self->state = once_state_done;
}

static void once_init_any(void *asyncc_future, struct async_tcp *peer)
{
    once_future_init(asyncc_future, peer);
}

static void once_drop_any(void *asyncc_future)
{
    once_future_drop(asyncc_future);
}

const struct async_future_type once_future_type = {
    .name = "once",
    .file = "buffer.c",
    .size = sizeof(struct once_future),
    .align = _Alignof(struct once_future),
    .result_at = offsetof(struct once_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))once_init_any,
    .poll = once_frame_poll,
    .drop = once_drop_any,
    .frame = &once_frame,
};



static const struct async_operand_info once_operands[] = {
    {"async_tcp_read", NULL, offsetof(struct once_future, async_tcp_read), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_sleep_ms", NULL, offsetof(struct once_future, async_sleep_ms), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_tcp_write_all", NULL, offsetof(struct once_future, async_tcp_write_all), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info once_states[] = {
    {"once_at_select", once_operands, 2, 16, ASYNC_AWAIT_SELECT, 0},
    {"once_at_async_tcp_write_all", once_operands + 2, 1, 18, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace once_trace = {
    "once", "buffer.c", once_states, 2,
    sizeof((struct once_future *)0)->state, offsetof(struct once_future, state),
};

static const struct async_frame_type once_frame = {
    .poll = once_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &once_trace,
};

