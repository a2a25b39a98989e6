#define ASYNCC_TRANSLATED 1 // by asyncc from defers.c; changes belong there
// asyncc:
// Defers and cleanups on the way out of a block: at its end, by return, break and goto, and on cancel.
#include <stdlib.h>
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

void note(int n);
void release(char **p);


// ---- async straight
enum straight_state {
    straight_state_start,
    straight_at_async_yield, // line 14
    straight_state_done
};

struct straight_future {
    union {
        int n;
        char *memory;
        int result;
    };
    uint8_t state;
    struct async_yield_future async_yield;
};

void straight_future_init(struct straight_future *self, int n);
enum async_poll straight_future_poll(struct straight_future *self, struct async_context *cx);
void straight_future_drop(struct straight_future *self);
extern const struct async_future_type straight_future_type;
static const struct async_frame_type straight_frame;


// ---- async nested
enum nested_state {
    nested_state_start,
    nested_at_async_yield, // line 29
    nested_state_done
};

struct nested_future {
    union {
        char *p;
        int result;
    };
    int n;
    uint8_t state;
    struct async_yield_future async_yield;
};

void nested_future_init(struct nested_future *self, int n);
enum async_poll nested_future_poll(struct nested_future *self, struct async_context *cx);
void nested_future_drop(struct nested_future *self);
extern const struct async_future_type nested_future_type;
static const struct async_frame_type nested_frame;

void straight_future_init(struct straight_future *self, int n)
{
    self->state = straight_state_start;
    self->n = n;
}

static enum async_poll straight_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct straight_future *self = asyncc_future;
    unsigned asyncc_leave = 0;
    (void)asyncc_leave;
    int asyncc_value = 0;
    int n = 0;
    switch (self->state) {
    case straight_state_start:
        n = self->n;
        break;
    case straight_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    char *memory = malloc((size_t)n);
    
    {
        async_yield_future_init(&self->async_yield);
        if (0) {
        asyncc_resume_1:;
            memory = self->memory;
            if (!cx) { /* dropped */
                async_yield_future_drop(&self->async_yield);
                asyncc_leave = 2;
                goto asyncc_leave_1;
            }
        }
        if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
            self->memory = memory;
            self->state = straight_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &straight_frame;
            return ASYNC_PENDING;
        }
    }
    {
        asyncc_value = memory ? memory[0] : -1;
        asyncc_leave = 1;
        goto asyncc_leave_1;
    }
asyncc_leave_1:;
    free(memory);
    if (asyncc_leave == 1) {
        self->result = asyncc_value;
        self->state = straight_state_done;
        return ASYNC_READY;
    }
    self->state = straight_state_done;
    return ASYNC_READY;
}

enum async_poll straight_future_poll(struct straight_future *self, struct async_context *cx)
{
    return straight_frame_poll(self, cx);
}

void straight_future_drop(struct straight_future *self)
{
    if (self->state != straight_state_start && self->state != straight_state_done)
        straight_frame_poll(self, NULL);
    self->state = straight_state_done;
}

static void straight_init_any(void *asyncc_future, int n)
{
    straight_future_init(asyncc_future, n);
}

static void straight_drop_any(void *asyncc_future)
{
    straight_future_drop(asyncc_future);
}

const struct async_future_type straight_future_type = {
    .name = "straight",
    .file = "defers.c",
    .size = sizeof(struct straight_future),
    .align = _Alignof(struct straight_future),
    .result_at = offsetof(struct straight_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))straight_init_any,
    .poll = straight_frame_poll,
    .drop = straight_drop_any,
    .frame = &straight_frame,
};



void nested_future_init(struct nested_future *self, int n)
{
    self->state = nested_state_start;
    self->n = n;
}

#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
static enum async_poll nested_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct nested_future *self = asyncc_future;
    unsigned asyncc_leave = 0;
    (void)asyncc_leave;
    int asyncc_value = 0;
    int n = 0;
    switch (self->state) {
    case nested_state_start:
        n = self->n;
        break;
    case nested_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    
    while (n-- > 0) {
        char *p = malloc(8);
        if (!p) {
            {
                asyncc_value = -1;
                asyncc_leave = 1;
                goto asyncc_leave_2;
            }
        }
        if (n == 5) {
            { asyncc_leave = 3; goto asyncc_leave_2; }
        }
        if (n == 4) {
            { asyncc_leave = 4; goto asyncc_leave_2; }
        }
        {
            async_yield_future_init(&self->async_yield);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                p = self->p;
                if (!cx) { /* dropped */
                    async_yield_future_drop(&self->async_yield);
                    asyncc_leave = 2;
                    goto asyncc_leave_2;
                }
            }
            if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
                self->n = n;
                self->p = p;
                self->state = nested_at_async_yield;
                cx->suspended.frame = self;
                cx->suspended.type = &nested_frame;
                return ASYNC_PENDING;
            }
        }
    asyncc_leave_2:;
        release(&p);
        if (asyncc_leave == 1) {
            goto asyncc_leave_1;
        }
        if (asyncc_leave == 3) {
            asyncc_leave = 0;
            continue;
        }
        if (asyncc_leave == 4) {
            asyncc_leave = 0;
            break;
        }
        if (asyncc_leave == 2) {
            goto asyncc_leave_1;
        }
    }
    {
        asyncc_value = n;
        asyncc_leave = 1;
        goto asyncc_leave_1;
    }
asyncc_leave_1:;
    note(1);
    if (asyncc_leave == 1) {
        self->result = asyncc_value;
        self->state = nested_state_done;
        return ASYNC_READY;
    }
    self->state = nested_state_done;
    return ASYNC_READY;
}
#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic pop
#endif

enum async_poll nested_future_poll(struct nested_future *self, struct async_context *cx)
{
    return nested_frame_poll(self, cx);
}

void nested_future_drop(struct nested_future *self)
{
    if (self->state != nested_state_start && self->state != nested_state_done)
        nested_frame_poll(self, NULL);
    self->state = nested_state_done;
}

static void nested_init_any(void *asyncc_future, int n)
{
    nested_future_init(asyncc_future, n);
}

static void nested_drop_any(void *asyncc_future)
{
    nested_future_drop(asyncc_future);
}

const struct async_future_type nested_future_type = {
    .name = "nested",
    .file = "defers.c",
    .size = sizeof(struct nested_future),
    .align = _Alignof(struct nested_future),
    .result_at = offsetof(struct nested_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))nested_init_any,
    .poll = nested_frame_poll,
    .drop = nested_drop_any,
    .frame = &nested_frame,
};



static const struct async_operand_info straight_operands[] = {
    {"async_yield", NULL, offsetof(struct straight_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info straight_states[] = {
    {"straight_at_async_yield", straight_operands, 1, 14, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace straight_trace = {
    "straight", "defers.c", straight_states, 1,
    sizeof((struct straight_future *)0)->state, offsetof(struct straight_future, state),
};

static const struct async_frame_type straight_frame = {
    .poll = straight_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &straight_trace,
};

static const struct async_operand_info nested_operands[] = {
    {"async_yield", NULL, offsetof(struct nested_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info nested_states[] = {
    {"nested_at_async_yield", nested_operands, 1, 29, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace nested_trace = {
    "nested", "defers.c", nested_states, 1,
    sizeof((struct nested_future *)0)->state, offsetof(struct nested_future, state),
};

static const struct async_frame_type nested_frame = {
    .poll = nested_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &nested_trace,
};

