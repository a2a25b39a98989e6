#define ASYNCC_TRANSLATED 1 // by asyncc from sum.c; changes belong there
// asyncc:
// A loop, two scalars that live across an await, an embedded callee.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>





// ---- async add
enum add_state {
    add_state_start,
    add_at_async_yield, // line 11
    add_state_done
};

struct add_future {
    union {
        struct {
            int a;
            int b;
        };
        int result;
    };
    uint8_t link;
    uint8_t state;
    struct async_yield_future async_yield;
};

void add_future_init(struct add_future *self, int a, int b);
enum async_poll add_future_poll(struct add_future *self, struct async_context *cx);
void add_future_drop(struct add_future *self);
extern const struct async_future_type add_future_type;
static const struct async_frame_type add_frame;


// ---- async sum
enum sum_state {
    sum_state_start,
    sum_at_add, // line 19
    sum_state_done
};

struct sum_future {
    union {
        struct {
            int n;
            struct add_future add;
            int i;
        };
        int result;
    };
    uint8_t state;
};

void sum_future_init(struct sum_future *self, int n);
enum async_poll sum_future_poll(struct sum_future *self, struct async_context *cx);
void sum_future_drop(struct sum_future *self);
extern const struct async_future_type sum_future_type;
static const struct async_frame_type sum_frame;

void add_future_init(struct add_future *self, int a, int b)
{
    self->state = add_state_start;
    self->link = 0;
    self->a = a;
    self->b = b;
}

static enum async_poll add_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct add_future *self = asyncc_future;
    int a = 0;
    int b = 0;
    switch (self->state) {
    case add_state_start:
        a = self->a;
        b = self->b;
        break;
    case add_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    {
        async_yield_future_init(&self->async_yield);
        if (0) {
        asyncc_resume_1:;
            a = self->a;
            b = self->b;
        }
        if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
            self->state = add_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &add_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = add_state_done;
        self->result = a + b;
        return ASYNC_READY;
    }
}

enum async_poll add_future_poll(struct add_future *self, struct async_context *cx)
{
    return add_frame_poll(self, cx);
}

void add_future_drop(struct add_future *self)
{
    switch (self->state) {
    case add_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = add_state_done;
}

static void add_init_any(void *asyncc_future, int a, int b)
{
    add_future_init(asyncc_future, a, b);
}

static void add_drop_any(void *asyncc_future)
{
    add_future_drop(asyncc_future);
}

const struct async_future_type add_future_type = {
    .name = "add",
    .file = "sum.c",
    .size = sizeof(struct add_future),
    .align = _Alignof(struct add_future),
    .result_at = offsetof(struct add_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))add_init_any,
    .poll = add_frame_poll,
    .drop = add_drop_any,
    .frame = &add_frame,
};



void sum_future_init(struct sum_future *self, int n)
{
    self->state = sum_state_start;
    self->n = n;
}

static enum async_poll sum_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct sum_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case sum_state_start:
        n = self->n;
        break;
    case sum_at_add:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    int sum = 0;
    for (int i = 0; i < n; i++) {
        {
            add_future_init(&self->add, sum, i);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                i = self->i;
                if (self->add.state == add_state_done)
                    goto asyncc_ready_1;
            }
            if (add_future_poll(&self->add, cx) == ASYNC_PENDING) {
                self->add.link = 1;
                self->i = i;
                self->state = sum_at_add;
                return ASYNC_PENDING;
            }
        asyncc_ready_1:;
        }
        sum = self->add.result;
    }
    {
        self->state = sum_state_done;
        self->result = sum;
        return ASYNC_READY;
    }
}

enum async_poll sum_future_poll(struct sum_future *self, struct async_context *cx)
{
    return sum_frame_poll(self, cx);
}

void sum_future_drop(struct sum_future *self)
{
    switch (self->state) {
    case sum_at_add:
        add_future_drop(&self->add);
        break;
    default:
        break;
    }
    self->state = sum_state_done;
}

static void sum_init_any(void *asyncc_future, int n)
{
    sum_future_init(asyncc_future, n);
}

static void sum_drop_any(void *asyncc_future)
{
    sum_future_drop(asyncc_future);
}

const struct async_future_type sum_future_type = {
    .name = "sum",
    .file = "sum.c",
    .size = sizeof(struct sum_future),
    .align = _Alignof(struct sum_future),
    .result_at = offsetof(struct sum_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))sum_init_any,
    .poll = sum_frame_poll,
    .drop = sum_drop_any,
    .frame = &sum_frame,
};



static const struct async_frame_link add_links[] = {
    {&sum_frame, offsetof(struct sum_future, add)},
};

static const struct async_operand_info add_operands[] = {
    {"async_yield", NULL, offsetof(struct add_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info add_states[] = {
    {"add_at_async_yield", add_operands, 1, 11, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace add_trace = {
    "add", "sum.c", add_states, 1,
    sizeof((struct add_future *)0)->state, offsetof(struct add_future, state),
};

static const struct async_frame_type add_frame = {
    .poll = add_frame_poll,
    .links = add_links,
    .link_at = offsetof(struct add_future, link),
    .awaits = &add_trace,
};

static const struct async_operand_info sum_operands[] = {
    {"add", &add_frame, offsetof(struct sum_future, add), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info sum_states[] = {
    {"sum_at_add", sum_operands, 1, 19, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace sum_trace = {
    "sum", "sum.c", sum_states, 1,
    sizeof((struct sum_future *)0)->state, offsetof(struct sum_future, state),
};

static const struct async_frame_type sum_frame = {
    .poll = sum_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &sum_trace,
};

