#define ASYNCC_TRANSLATED 1 // by asyncc from calls.c; changes belong there
// asyncc:
// Recursion, a call through a pointer, and a callee defined elsewhere: frames in the task's arena.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>



// async elsewhere is defined elsewhere.
struct elsewhere_future;
void elsewhere_future_init(struct elsewhere_future *, int);
extern const struct async_future_type elsewhere_future_type;


// ---- async depth
enum depth_state {
    depth_state_start,
    depth_at_async_yield, // line 11
    depth_at_depth, // line 14
    depth_state_done
};

struct depth_future {
    union {
        int n;
        struct async_yield_future async_yield;
        struct depth_future *depth;
        int result;
    };
    uint8_t state;
};

void depth_future_init(struct depth_future *self, int n);
enum async_poll depth_future_poll(struct depth_future *self, struct async_context *cx);
void depth_future_drop(struct depth_future *self);
extern const struct async_future_type depth_future_type;
static const struct async_frame_type depth_frame;


// ---- async apply
enum apply_state {
    apply_state_start,
    apply_at_called, // line 19
    apply_state_done
};

struct apply_future {
    union {
        struct {
            async_fn_pointer function;
            int n;
        };
        struct {
            void *called;
            async_fn_pointer called_type;
        };
        int result;
    };
    uint8_t state;
    uint8_t link;
};

void apply_future_init(struct apply_future *self, async_fn_pointer function, int n);
enum async_poll apply_future_poll(struct apply_future *self, struct async_context *cx);
void apply_future_drop(struct apply_future *self);
extern const struct async_future_type apply_future_type;
static const struct async_frame_type apply_frame;


// ---- async all
enum all_state {
    all_state_start,
    all_at_apply, // line 24
    all_at_elsewhere, // line 24
    all_state_done
};

struct all_future {
    union {
        struct apply_future apply;
        struct {
            void *elsewhere;
            int asyncc_t1;
        };
        int result;
    };
    int n;
    uint8_t state;
};

void all_future_init(struct all_future *self, int n);
enum async_poll all_future_poll(struct all_future *self, struct async_context *cx);
void all_future_drop(struct all_future *self);
extern const struct async_future_type all_future_type;
static const struct async_frame_type all_frame;

void depth_future_init(struct depth_future *self, int n)
{
    self->state = depth_state_start;
    self->n = n;
}

static enum async_poll depth_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct depth_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int n = 0;
    switch (self->state) {
    case depth_state_start:
        n = self->n;
        break;
    case depth_at_async_yield:
        goto asyncc_resume_1;
    case depth_at_depth:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    if (n == 0) {
        {
            async_yield_future_init(&self->async_yield);
            if (0) {
            asyncc_resume_1:;
            }
            if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
                self->state = depth_at_async_yield;
                cx->suspended.frame = self;
                cx->suspended.type = &depth_frame;
                return ASYNC_PENDING;
            }
        }
        {
            self->state = depth_state_done;
            self->result = 0;
            return ASYNC_READY;
        }
    }
    {
        self->depth = async_frame_alloc(cx, sizeof *self->depth, self, &depth_frame);
        if (self->depth) {
            depth_future_init(self->depth, n - 1);
        }
        if (0) {
        asyncc_resume_2:;
            if (self->depth->state == depth_state_done)
                goto asyncc_ready_2;
        }
        if (!self->depth || depth_future_poll(self->depth, cx) == ASYNC_PENDING) {
            self->state = depth_at_depth;
            return ASYNC_PENDING;
        }
    asyncc_ready_2:;
        asyncc_t1 = self->depth->result;
        async_frame_free(self->depth);
    }
    {
        self->state = depth_state_done;
        self->result = asyncc_t1 + 1;
        return ASYNC_READY;
    }
}

enum async_poll depth_future_poll(struct depth_future *self, struct async_context *cx)
{
    return depth_frame_poll(self, cx);
}

void depth_future_drop(struct depth_future *self)
{
    switch (self->state) {
    case depth_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    case depth_at_depth:
        if (self->depth) {
            depth_future_drop(self->depth);
            async_frame_free(self->depth);
        }
        break;
    default:
        break;
    }
    self->state = depth_state_done;
}

static void depth_init_any(void *asyncc_future, int n)
{
    depth_future_init(asyncc_future, n);
}

static void depth_drop_any(void *asyncc_future)
{
    depth_future_drop(asyncc_future);
}

const struct async_future_type depth_future_type = {
    .name = "depth",
    .file = "calls.c",
    .size = sizeof(struct depth_future),
    .align = _Alignof(struct depth_future),
    .result_at = offsetof(struct depth_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))depth_init_any,
    .poll = depth_frame_poll,
    .drop = depth_drop_any,
    .frame = &depth_frame,
};



void apply_future_init(struct apply_future *self, async_fn_pointer function, int n)
{
    self->state = apply_state_start;
    self->link = 0;
    self->function = function;
    self->n = n;
}

static enum async_poll apply_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct apply_future *self = asyncc_future;
    int asyncc_t1 = 0;
    async_fn_pointer function = 0;
    int n = 0;
    switch (self->state) {
    case apply_state_start:
        function = self->function;
        n = self->n;
        break;
    case apply_at_called:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    {
        self->called_type = function;
        self->called = async_frame_alloc_aligned(cx, self->called_type->size, self->called_type->align, self, &apply_frame);
        if (self->called) {
            ((void (*)(void *, int))self->called_type->init)(self->called, n);
        }
        if (0) {
        asyncc_resume_1:;
            if (async_frame_done(self->called))
                goto asyncc_ready_1;
        }
        if (!self->called || self->called_type->poll(self->called, cx) == ASYNC_PENDING) {
            if (!self->called_type->frame) {
                cx->suspended.frame = self;
                cx->suspended.type = &apply_frame;
            }
            self->state = apply_at_called;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
        asyncc_t1 = *(int *)((char *)self->called + self->called_type->result_at);
        async_frame_free(self->called);
    }
    {
        self->state = apply_state_done;
        self->result = asyncc_t1;
        return ASYNC_READY;
    }
}

enum async_poll apply_future_poll(struct apply_future *self, struct async_context *cx)
{
    return apply_frame_poll(self, cx);
}

void apply_future_drop(struct apply_future *self)
{
    switch (self->state) {
    case apply_at_called:
        if (self->called) {
            self->called_type->drop(self->called);
            async_frame_free(self->called);
        }
        break;
    default:
        break;
    }
    self->state = apply_state_done;
}

static void apply_init_any(void *asyncc_future, async_fn_pointer function, int n)
{
    apply_future_init(asyncc_future, function, n);
}

static void apply_drop_any(void *asyncc_future)
{
    apply_future_drop(asyncc_future);
}

const struct async_future_type apply_future_type = {
    .name = "apply",
    .file = "calls.c",
    .size = sizeof(struct apply_future),
    .align = _Alignof(struct apply_future),
    .result_at = offsetof(struct apply_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))apply_init_any,
    .poll = apply_frame_poll,
    .drop = apply_drop_any,
    .frame = &apply_frame,
};



void all_future_init(struct all_future *self, int n)
{
    self->state = all_state_start;
    self->n = n;
}

static enum async_poll all_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct all_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int asyncc_t2 = 0;
    int n = 0;
    switch (self->state) {
    case all_state_start:
        n = self->n;
        break;
    case all_at_apply:
        goto asyncc_resume_1;
    case all_at_elsewhere:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    {
        apply_future_init(&self->apply, &depth_future_type, n);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
            if (self->apply.state == apply_state_done)
                goto asyncc_ready_1;
        }
        if (apply_future_poll(&self->apply, cx) == ASYNC_PENDING) {
            self->apply.link = 1;
            self->state = all_at_apply;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
    }
    asyncc_t1 = self->apply.result;
    {
        self->elsewhere = async_frame_alloc_aligned(cx, elsewhere_future_type.size, elsewhere_future_type.align, self, &all_frame);
        if (self->elsewhere) {
            elsewhere_future_init(self->elsewhere, n);
        }
        if (0) {
        asyncc_resume_2:;
            asyncc_t1 = self->asyncc_t1;
            if (async_frame_done(self->elsewhere))
                goto asyncc_ready_2;
        }
        if (!self->elsewhere || elsewhere_future_type.poll(self->elsewhere, cx) == ASYNC_PENDING) {
            if (!elsewhere_future_type.frame) {
                cx->suspended.frame = self;
                cx->suspended.type = &all_frame;
            }
            self->asyncc_t1 = asyncc_t1;
            self->state = all_at_elsewhere;
            return ASYNC_PENDING;
        }
    asyncc_ready_2:;
        asyncc_t2 = *(int *)((char *)self->elsewhere + elsewhere_future_type.result_at);
        async_frame_free(self->elsewhere);
    }
    {
        self->state = all_state_done;
        self->result = asyncc_t1 + asyncc_t2;
        return ASYNC_READY;
    }
}

enum async_poll all_future_poll(struct all_future *self, struct async_context *cx)
{
    return all_frame_poll(self, cx);
}

void all_future_drop(struct all_future *self)
{
    switch (self->state) {
    case all_at_apply:
        apply_future_drop(&self->apply);
        break;
    case all_at_elsewhere:
        if (self->elsewhere) {
            elsewhere_future_type.drop(self->elsewhere);
            async_frame_free(self->elsewhere);
        }
        break;
    default:
        break;
    }
    self->state = all_state_done;
}

static void all_init_any(void *asyncc_future, int n)
{
    all_future_init(asyncc_future, n);
}

static void all_drop_any(void *asyncc_future)
{
    all_future_drop(asyncc_future);
}

const struct async_future_type all_future_type = {
    .name = "all",
    .file = "calls.c",
    .size = sizeof(struct all_future),
    .align = _Alignof(struct all_future),
    .result_at = offsetof(struct all_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))all_init_any,
    .poll = all_frame_poll,
    .drop = all_drop_any,
    .frame = &all_frame,
};



static const struct async_operand_info depth_operands[] = {
    {"async_yield", NULL, offsetof(struct depth_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
    {"depth", &depth_frame, offsetof(struct depth_future, depth), 0, ASYNC_OPERAND_BLOCK},
};

static const struct async_state_info depth_states[] = {
    {"depth_at_async_yield", depth_operands, 1, 11, ASYNC_AWAIT_CALL, 0},
    {"depth_at_depth", depth_operands + 1, 1, 14, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace depth_trace = {
    "depth", "calls.c", depth_states, 2,
    sizeof((struct depth_future *)0)->state, offsetof(struct depth_future, state),
};

static const struct async_frame_type depth_frame = {
    .poll = depth_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &depth_trace,
};

static const struct async_frame_link apply_links[] = {
    {&all_frame, offsetof(struct all_future, apply)},
};

static const struct async_operand_info apply_operands[] = {
    {"(pointer)", NULL, offsetof(struct apply_future, called), offsetof(struct apply_future, called_type), ASYNC_OPERAND_POINTER},
};

static const struct async_state_info apply_states[] = {
    {"apply_at_called", apply_operands, 1, 19, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace apply_trace = {
    "apply", "calls.c", apply_states, 1,
    sizeof((struct apply_future *)0)->state, offsetof(struct apply_future, state),
};

static const struct async_frame_type apply_frame = {
    .poll = apply_frame_poll,
    .links = apply_links,
    .link_at = offsetof(struct apply_future, link),
    .awaits = &apply_trace,
};

static const struct async_operand_info all_operands[] = {
    {"apply", &apply_frame, offsetof(struct all_future, apply), 0, ASYNC_OPERAND_EMBEDDED},
    {"elsewhere", &elsewhere_future_type, offsetof(struct all_future, elsewhere), 0, ASYNC_OPERAND_FOREIGN},
};

static const struct async_state_info all_states[] = {
    {"all_at_apply", all_operands, 1, 24, ASYNC_AWAIT_CALL, 0},
    {"all_at_elsewhere", all_operands + 1, 1, 24, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace all_trace = {
    "all", "calls.c", all_states, 2,
    sizeof((struct all_future *)0)->state, offsetof(struct all_future, state),
};

static const struct async_frame_type all_frame = {
    .poll = all_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &all_trace,
};

