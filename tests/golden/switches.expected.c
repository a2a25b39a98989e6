#define ASYNCC_TRANSLATED 1 // by asyncc from switches.c; changes belong there
// asyncc:
// Awaits between case labels, in what is switched on, in a loop that the labels jump into; gotos.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>


// ---- async cases
enum cases_state {
    cases_state_start,
    cases_at_async_yield, // line 10
    cases_at_async_yield_2, // line 18
    cases_state_done
};

struct cases_future {
    union {
        int n;
        int twice;
        int result;
    };
    uint8_t state;
    union {
        struct async_yield_future async_yield;
        struct async_yield_future async_yield_2;
    };
};

void cases_future_init(struct cases_future *self, int n);
enum async_poll cases_future_poll(struct cases_future *self, struct async_context *cx);
void cases_future_drop(struct cases_future *self);
extern const struct async_future_type cases_future_type;
static const struct async_frame_type cases_frame;


// ---- async duff
enum duff_state {
    duff_state_start,
    duff_at_async_yield, // line 32
    duff_state_done
};

struct duff_future {
    char *to;
    const char *from;
    union {
        int count;
        int rounds;
    };
    uint8_t state;
    struct async_yield_future async_yield;
};

void duff_future_init(struct duff_future *self, char *to, const char *from, int count);
enum async_poll duff_future_poll(struct duff_future *self, struct async_context *cx);
void duff_future_drop(struct duff_future *self);
extern const struct async_future_type duff_future_type;
static const struct async_frame_type duff_frame;


// ---- async gotos
enum gotos_state {
    gotos_state_start,
    gotos_at_async_yield, // line 51
    gotos_state_done
};

struct gotos_future {
    union {
        int n;
        int result;
    };
    uint8_t state;
    struct async_yield_future async_yield;
};

void gotos_future_init(struct gotos_future *self, int n);
enum async_poll gotos_future_poll(struct gotos_future *self, struct async_context *cx);
void gotos_future_drop(struct gotos_future *self);
extern const struct async_future_type gotos_future_type;
static const struct async_frame_type gotos_frame;

void cases_future_init(struct cases_future *self, int n)
{
    self->state = cases_state_start;
    self->n = n;
}

static enum async_poll cases_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct cases_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case cases_state_start:
        n = self->n;
        break;
    case cases_at_async_yield:
        goto asyncc_resume_1;
    case cases_at_async_yield_2:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    switch (n & 3) {
    case 0:
        {
            async_yield_future_init(&self->async_yield);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
            }
            if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
                self->n = n;
                self->state = cases_at_async_yield;
                cx->suspended.frame = self;
                cx->suspended.type = &cases_frame;
                return ASYNC_PENDING;
            }
        }
        n++;
        __attribute__((fallthrough));
    case 1:
        n += 2;
        break;
    default: {
        int twice = n * 2;
        {
            async_yield_future_init(&self->async_yield_2);
            if (0) {
            asyncc_resume_2:;
                twice = self->twice;
            }
            if (async_yield_future_poll(&self->async_yield_2, cx) == ASYNC_PENDING) {
                self->twice = twice;
                self->state = cases_at_async_yield_2;
                cx->suspended.frame = self;
                cx->suspended.type = &cases_frame;
                return ASYNC_PENDING;
            }
        }
        n = twice;
    }
    }
    {
        self->state = cases_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

enum async_poll cases_future_poll(struct cases_future *self, struct async_context *cx)
{
    return cases_frame_poll(self, cx);
}

void cases_future_drop(struct cases_future *self)
{
    switch (self->state) {
    case cases_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    case cases_at_async_yield_2:
        async_yield_future_drop(&self->async_yield_2);
        break;
    default:
        break;
    }
    self->state = cases_state_done;
}

static void cases_init_any(void *asyncc_future, int n)
{
    cases_future_init(asyncc_future, n);
}

static void cases_drop_any(void *asyncc_future)
{
    cases_future_drop(asyncc_future);
}

const struct async_future_type cases_future_type = {
    .name = "cases",
    .file = "switches.c",
    .size = sizeof(struct cases_future),
    .align = _Alignof(struct cases_future),
    .result_at = offsetof(struct cases_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))cases_init_any,
    .poll = cases_frame_poll,
    .drop = cases_drop_any,
    .frame = &cases_frame,
};



void duff_future_init(struct duff_future *self, char *to, const char *from, int count)
{
    self->state = duff_state_start;
    self->to = to;
    self->from = from;
    self->count = count;
}

static enum async_poll duff_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct duff_future *self = asyncc_future;
    char *to = 0;
    const char *from = 0;
    int count = 0;
    switch (self->state) {
    case duff_state_start:
        to = self->to;
        from = self->from;
        count = self->count;
        break;
    case duff_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    int rounds = (count + 3) / 4;
    switch (count % 4) {
    case 0:
        do {
            *to++ = *from++;
            {
                async_yield_future_init(&self->async_yield);
                if (0) {
                asyncc_resume_1:;
                    to = self->to;
                    from = self->from;
                    rounds = self->rounds;
                }
                if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
                    self->to = to;
                    self->from = from;
                    self->rounds = rounds;
                    self->state = duff_at_async_yield;
                    cx->suspended.frame = self;
                    cx->suspended.type = &duff_frame;
                    return ASYNC_PENDING;
                }
            }
            __attribute__((fallthrough));
        case 3:
            *to++ = *from++;
            __attribute__((fallthrough));
        case 2:
            *to++ = *from++;
            __attribute__((fallthrough));
        case 1:
            *to++ = *from++;
        } while (--rounds > 0);
    }
    self->state = duff_state_done;
    return ASYNC_READY;
}

enum async_poll duff_future_poll(struct duff_future *self, struct async_context *cx)
{
    return duff_frame_poll(self, cx);
}

void duff_future_drop(struct duff_future *self)
{
    switch (self->state) {
    case duff_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = duff_state_done;
}

static void duff_init_any(void *asyncc_future, char *to, const char *from, int count)
{
    duff_future_init(asyncc_future, to, from, count);
}

static void duff_drop_any(void *asyncc_future)
{
    duff_future_drop(asyncc_future);
}

const struct async_future_type duff_future_type = {
    .name = "duff",
    .file = "switches.c",
    .size = sizeof(struct duff_future),
    .align = _Alignof(struct duff_future),
    .init = (void (*)(void))duff_init_any,
    .poll = duff_frame_poll,
    .drop = duff_drop_any,
    .frame = &duff_frame,
};



void gotos_future_init(struct gotos_future *self, int n)
{
    self->state = gotos_state_start;
    self->n = n;
}

static enum async_poll gotos_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct gotos_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case gotos_state_start:
        n = self->n;
        break;
    case gotos_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

again:
if (n > 9) {
    goto out;
}
    {
        async_yield_future_init(&self->async_yield);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
        }
        if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
            self->n = n;
            self->state = gotos_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &gotos_frame;
            return ASYNC_PENDING;
        }
    }
    n *= 2;
    goto again;
out:
{
    self->state = gotos_state_done;
    self->result = n;
    return ASYNC_READY;
}
    self->state = gotos_state_done;
    return ASYNC_READY;
}

enum async_poll gotos_future_poll(struct gotos_future *self, struct async_context *cx)
{
    return gotos_frame_poll(self, cx);
}

void gotos_future_drop(struct gotos_future *self)
{
    switch (self->state) {
    case gotos_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = gotos_state_done;
}

static void gotos_init_any(void *asyncc_future, int n)
{
    gotos_future_init(asyncc_future, n);
}

static void gotos_drop_any(void *asyncc_future)
{
    gotos_future_drop(asyncc_future);
}

const struct async_future_type gotos_future_type = {
    .name = "gotos",
    .file = "switches.c",
    .size = sizeof(struct gotos_future),
    .align = _Alignof(struct gotos_future),
    .result_at = offsetof(struct gotos_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))gotos_init_any,
    .poll = gotos_frame_poll,
    .drop = gotos_drop_any,
    .frame = &gotos_frame,
};



static const struct async_operand_info cases_operands[] = {
    {"async_yield", NULL, offsetof(struct cases_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_yield", NULL, offsetof(struct cases_future, async_yield_2), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info cases_states[] = {
    {"cases_at_async_yield", cases_operands, 1, 10, ASYNC_AWAIT_CALL, 0},
    {"cases_at_async_yield_2", cases_operands + 1, 1, 18, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace cases_trace = {
    "cases", "switches.c", cases_states, 2,
    sizeof((struct cases_future *)0)->state, offsetof(struct cases_future, state),
};

static const struct async_frame_type cases_frame = {
    .poll = cases_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &cases_trace,
};

static const struct async_operand_info duff_operands[] = {
    {"async_yield", NULL, offsetof(struct duff_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info duff_states[] = {
    {"duff_at_async_yield", duff_operands, 1, 32, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace duff_trace = {
    "duff", "switches.c", duff_states, 1,
    sizeof((struct duff_future *)0)->state, offsetof(struct duff_future, state),
};

static const struct async_frame_type duff_frame = {
    .poll = duff_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &duff_trace,
};

static const struct async_operand_info gotos_operands[] = {
    {"async_yield", NULL, offsetof(struct gotos_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info gotos_states[] = {
    {"gotos_at_async_yield", gotos_operands, 1, 51, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace gotos_trace = {
    "gotos", "switches.c", gotos_states, 1,
    sizeof((struct gotos_future *)0)->state, offsetof(struct gotos_future, state),
};

static const struct async_frame_type gotos_frame = {
    .poll = gotos_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &gotos_trace,
};

