#define ASYNCC_TRANSLATED 1 // by asyncc from loops.c; changes belong there
// asyncc:
// Each kind of loop with an await in its condition, its step or its body; break and continue.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>




// ---- async next
enum next_state {
    next_state_start,
    next_at_async_yield, // line 39
    next_state_done
};

struct next_future {
    union {
        int n;
        int result;
    };
    uint8_t link;
    uint8_t state;
    struct async_yield_future async_yield;
};

void next_future_init(struct next_future *self, int n);
enum async_poll next_future_poll(struct next_future *self, struct async_context *cx);
void next_future_drop(struct next_future *self);
extern const struct async_future_type next_future_type;
static const struct async_frame_type next_frame;


// ---- async in_while
enum in_while_state {
    in_while_state_start,
    in_while_at_next, // line 11
    in_while_state_done
};

struct in_while_future {
    union {
        struct {
            int n;
            struct next_future next;
            int sum;
        };
        int result;
    };
    uint8_t state;
};

void in_while_future_init(struct in_while_future *self, int n);
enum async_poll in_while_future_poll(struct in_while_future *self, struct async_context *cx);
void in_while_future_drop(struct in_while_future *self);
extern const struct async_future_type in_while_future_type;
static const struct async_frame_type in_while_frame;


// ---- async in_do
enum in_do_state {
    in_do_state_start,
    in_do_at_next, // line 25
    in_do_state_done
};

struct in_do_future {
    union {
        struct {
            int n;
            struct next_future next;
        };
        int result;
    };
    uint8_t state;
};

void in_do_future_init(struct in_do_future *self, int n);
enum async_poll in_do_future_poll(struct in_do_future *self, struct async_context *cx);
void in_do_future_drop(struct in_do_future *self);
extern const struct async_future_type in_do_future_type;
static const struct async_frame_type in_do_frame;


// ---- async in_for
enum in_for_state {
    in_for_state_start,
    in_for_at_next, // line 31
    in_for_at_next_2, // line 31
    in_for_at_next_3, // line 31
    in_for_state_done
};

struct in_for_future {
    union {
        struct {
            int n;
            union {
                struct next_future next;
                struct {
                    int i;
                    union {
                        struct next_future next_2;
                        struct next_future next_3;
                    };
                };
            };
        };
        int result;
    };
    uint8_t state;
};

void in_for_future_init(struct in_for_future *self, int n);
enum async_poll in_for_future_poll(struct in_for_future *self, struct async_context *cx);
void in_for_future_drop(struct in_for_future *self);
extern const struct async_future_type in_for_future_type;
static const struct async_frame_type in_for_frame;

void in_while_future_init(struct in_while_future *self, int n)
{
    self->state = in_while_state_start;
    self->n = n;
}

static enum async_poll in_while_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct in_while_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case in_while_state_start:
        n = self->n;
        break;
    case in_while_at_next:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    int sum = 0;
    for (;;) {
        {
            next_future_init(&self->next, n);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                sum = self->sum;
                if (self->next.state == next_state_done)
                    goto asyncc_ready_1;
            }
            if (next_future_poll(&self->next, cx) == ASYNC_PENDING) {
                self->next.link = 1;
                self->n = n;
                self->sum = sum;
                self->state = in_while_at_next;
                return ASYNC_PENDING;
            }
        asyncc_ready_1:;
        }
        if (!(self->next.result > 0)) {
            break;
        }
        {
        if (n == 3) {
            continue;
        }
        sum += n--;
    }
    }
    {
        self->state = in_while_state_done;
        self->result = sum;
        return ASYNC_READY;
    }
}

enum async_poll in_while_future_poll(struct in_while_future *self, struct async_context *cx)
{
    return in_while_frame_poll(self, cx);
}

void in_while_future_drop(struct in_while_future *self)
{
    switch (self->state) {
    case in_while_at_next:
        next_future_drop(&self->next);
        break;
    default:
        break;
    }
    self->state = in_while_state_done;
}

static void in_while_init_any(void *asyncc_future, int n)
{
    in_while_future_init(asyncc_future, n);
}

static void in_while_drop_any(void *asyncc_future)
{
    in_while_future_drop(asyncc_future);
}

const struct async_future_type in_while_future_type = {
    .name = "in_while",
    .file = "loops.c",
    .size = sizeof(struct in_while_future),
    .align = _Alignof(struct in_while_future),
    .result_at = offsetof(struct in_while_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))in_while_init_any,
    .poll = in_while_frame_poll,
    .drop = in_while_drop_any,
    .frame = &in_while_frame,
};



void in_do_future_init(struct in_do_future *self, int n)
{
    self->state = in_do_state_start;
    self->n = n;
}

static enum async_poll in_do_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct in_do_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case in_do_state_start:
        n = self->n;
        break;
    case in_do_at_next:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    do {
        {
        if (n == 7) {
            break;
        }
        n--;
    }
        {
            next_future_init(&self->next, n);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                if (self->next.state == next_state_done)
                    goto asyncc_ready_1;
            }
            if (next_future_poll(&self->next, cx) == ASYNC_PENDING) {
                self->next.link = 2;
                self->n = n;
                self->state = in_do_at_next;
                return ASYNC_PENDING;
            }
        asyncc_ready_1:;
        }
        if (!(self->next.result)) {
            break;
        }
    } while (1);
    {
        self->state = in_do_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

enum async_poll in_do_future_poll(struct in_do_future *self, struct async_context *cx)
{
    return in_do_frame_poll(self, cx);
}

void in_do_future_drop(struct in_do_future *self)
{
    switch (self->state) {
    case in_do_at_next:
        next_future_drop(&self->next);
        break;
    default:
        break;
    }
    self->state = in_do_state_done;
}

static void in_do_init_any(void *asyncc_future, int n)
{
    in_do_future_init(asyncc_future, n);
}

static void in_do_drop_any(void *asyncc_future)
{
    in_do_future_drop(asyncc_future);
}

const struct async_future_type in_do_future_type = {
    .name = "in_do",
    .file = "loops.c",
    .size = sizeof(struct in_do_future),
    .align = _Alignof(struct in_do_future),
    .result_at = offsetof(struct in_do_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))in_do_init_any,
    .poll = in_do_frame_poll,
    .drop = in_do_drop_any,
    .frame = &in_do_frame,
};



void in_for_future_init(struct in_for_future *self, int n)
{
    self->state = in_for_state_start;
    self->n = n;
}

static enum async_poll in_for_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct in_for_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case in_for_state_start:
        n = self->n;
        break;
    case in_for_at_next:
        goto asyncc_resume_1;
    case in_for_at_next_2:
        goto asyncc_resume_2;
    case in_for_at_next_3:
        goto asyncc_resume_3;
    default:
        return async_polled_when_done();
    }

    {
        {
            next_future_init(&self->next, 0);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                if (self->next.state == next_state_done)
                    goto asyncc_ready_1;
            }
            if (next_future_poll(&self->next, cx) == ASYNC_PENDING) {
                self->next.link = 3;
                self->state = in_for_at_next;
                return ASYNC_PENDING;
            }
        asyncc_ready_1:;
        }
        int i = self->next.result;
        for (;;) {
            {
                next_future_init(&self->next_2, n);
                if (0) {
                asyncc_resume_2:;
                    n = self->n;
                    i = self->i;
                    if (self->next_2.state == next_state_done)
                        goto asyncc_ready_2;
                }
                if (next_future_poll(&self->next_2, cx) == ASYNC_PENDING) {
                    self->next_2.link = 4;
                    self->i = i;
                    self->state = in_for_at_next_2;
                    return ASYNC_PENDING;
                }
            asyncc_ready_2:;
            }
            if (!(i < self->next_2.result)) {
                break;
            }
            if (i == 2) {
                goto asyncc_next_1;
            }
        asyncc_next_1:;
            {
                next_future_init(&self->next_3, i);
                if (0) {
                asyncc_resume_3:;
                    n = self->n;
                    i = self->i;
                    if (self->next_3.state == next_state_done)
                        goto asyncc_ready_3;
                }
                if (next_future_poll(&self->next_3, cx) == ASYNC_PENDING) {
                    self->next_3.link = 5;
                    self->i = i;
                    self->state = in_for_at_next_3;
                    return ASYNC_PENDING;
                }
            asyncc_ready_3:;
            }
            i += self->next_3.result;
        }
    }
    {
        self->state = in_for_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

enum async_poll in_for_future_poll(struct in_for_future *self, struct async_context *cx)
{
    return in_for_frame_poll(self, cx);
}

void in_for_future_drop(struct in_for_future *self)
{
    switch (self->state) {
    case in_for_at_next:
        next_future_drop(&self->next);
        break;
    case in_for_at_next_2:
        next_future_drop(&self->next_2);
        break;
    case in_for_at_next_3:
        next_future_drop(&self->next_3);
        break;
    default:
        break;
    }
    self->state = in_for_state_done;
}

static void in_for_init_any(void *asyncc_future, int n)
{
    in_for_future_init(asyncc_future, n);
}

static void in_for_drop_any(void *asyncc_future)
{
    in_for_future_drop(asyncc_future);
}

const struct async_future_type in_for_future_type = {
    .name = "in_for",
    .file = "loops.c",
    .size = sizeof(struct in_for_future),
    .align = _Alignof(struct in_for_future),
    .result_at = offsetof(struct in_for_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))in_for_init_any,
    .poll = in_for_frame_poll,
    .drop = in_for_drop_any,
    .frame = &in_for_frame,
};



void next_future_init(struct next_future *self, int n)
{
    self->state = next_state_start;
    self->link = 0;
    self->n = n;
}

static enum async_poll next_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct next_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case next_state_start:
        n = self->n;
        break;
    case next_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    {
        async_yield_future_init(&self->async_yield);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
        }
        if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
            self->state = next_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &next_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = next_state_done;
        self->result = n + 1;
        return ASYNC_READY;
    }
}

enum async_poll next_future_poll(struct next_future *self, struct async_context *cx)
{
    return next_frame_poll(self, cx);
}

void next_future_drop(struct next_future *self)
{
    switch (self->state) {
    case next_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = next_state_done;
}

static void next_init_any(void *asyncc_future, int n)
{
    next_future_init(asyncc_future, n);
}

static void next_drop_any(void *asyncc_future)
{
    next_future_drop(asyncc_future);
}

const struct async_future_type next_future_type = {
    .name = "next",
    .file = "loops.c",
    .size = sizeof(struct next_future),
    .align = _Alignof(struct next_future),
    .result_at = offsetof(struct next_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))next_init_any,
    .poll = next_frame_poll,
    .drop = next_drop_any,
    .frame = &next_frame,
};



static const struct async_frame_link next_links[] = {
    {&in_while_frame, offsetof(struct in_while_future, next)},
    {&in_do_frame, offsetof(struct in_do_future, next)},
    {&in_for_frame, offsetof(struct in_for_future, next)},
    {&in_for_frame, offsetof(struct in_for_future, next_2)},
    {&in_for_frame, offsetof(struct in_for_future, next_3)},
};

static const struct async_operand_info next_operands[] = {
    {"async_yield", NULL, offsetof(struct next_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info next_states[] = {
    {"next_at_async_yield", next_operands, 1, 39, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace next_trace = {
    "next", "loops.c", next_states, 1,
    sizeof((struct next_future *)0)->state, offsetof(struct next_future, state),
};

static const struct async_frame_type next_frame = {
    .poll = next_frame_poll,
    .links = next_links,
    .link_at = offsetof(struct next_future, link),
    .awaits = &next_trace,
};

static const struct async_operand_info in_while_operands[] = {
    {"next", &next_frame, offsetof(struct in_while_future, next), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info in_while_states[] = {
    {"in_while_at_next", in_while_operands, 1, 11, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace in_while_trace = {
    "in_while", "loops.c", in_while_states, 1,
    sizeof((struct in_while_future *)0)->state, offsetof(struct in_while_future, state),
};

static const struct async_frame_type in_while_frame = {
    .poll = in_while_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &in_while_trace,
};

static const struct async_operand_info in_do_operands[] = {
    {"next", &next_frame, offsetof(struct in_do_future, next), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info in_do_states[] = {
    {"in_do_at_next", in_do_operands, 1, 25, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace in_do_trace = {
    "in_do", "loops.c", in_do_states, 1,
    sizeof((struct in_do_future *)0)->state, offsetof(struct in_do_future, state),
};

static const struct async_frame_type in_do_frame = {
    .poll = in_do_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &in_do_trace,
};

static const struct async_operand_info in_for_operands[] = {
    {"next", &next_frame, offsetof(struct in_for_future, next), 0, ASYNC_OPERAND_EMBEDDED},
    {"next", &next_frame, offsetof(struct in_for_future, next_2), 0, ASYNC_OPERAND_EMBEDDED},
    {"next", &next_frame, offsetof(struct in_for_future, next_3), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info in_for_states[] = {
    {"in_for_at_next", in_for_operands, 1, 31, ASYNC_AWAIT_CALL, 0},
    {"in_for_at_next_2", in_for_operands + 1, 1, 31, ASYNC_AWAIT_CALL, 0},
    {"in_for_at_next_3", in_for_operands + 2, 1, 31, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace in_for_trace = {
    "in_for", "loops.c", in_for_states, 3,
    sizeof((struct in_for_future *)0)->state, offsetof(struct in_for_future, state),
};

static const struct async_frame_type in_for_frame = {
    .poll = in_for_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &in_for_trace,
};

