#define ASYNCC_TRANSLATED 1 // by asyncc from macros.c; changes belong there
// asyncc:
// Macros that hide an await, a return or a declaration are opened; all others stay as written.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

#define TWICE(x) ((x) * 2)
#define WAIT() await async_yield()
#define TRY(x) do { if ((x) < 0) return -1; } while (0)
#define LET(name, value) int name = (value)


// ---- async get
enum get_state {
    get_state_start,
    get_at_async_yield, // line 13
    get_state_done
};

struct get_future {
    union {
        int n;
        int result;
    };
    uint8_t link;
    uint8_t state;
    struct async_yield_future async_yield;
};

void get_future_init(struct get_future *self, int n);
enum async_poll get_future_poll(struct get_future *self, struct async_context *cx);
void get_future_drop(struct get_future *self);
extern const struct async_future_type get_future_type;
static const struct async_frame_type get_frame;


// ---- async use
enum use_state {
    use_state_start,
    use_at_get, // line 21
    use_at_get_2, // line 22
    use_state_done
};

struct use_future {
    union {
        struct {
            int n;
            int kept;
            union {
                struct {
                    struct get_future get;
                };
                struct {
                    struct get_future get_2;
                };
            };
        };
        int result;
    };
    uint8_t state;
};

void use_future_init(struct use_future *self, int n);
enum async_poll use_future_poll(struct use_future *self, struct async_context *cx);
void use_future_drop(struct use_future *self);
extern const struct async_future_type use_future_type;
static const struct async_frame_type use_frame;

void get_future_init(struct get_future *self, int n)
{
    self->state = get_state_start;
    self->link = 0;
    self->n = n;
}

static enum async_poll get_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct get_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case get_state_start:
        n = self->n;
        break;
    case get_at_async_yield:
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
            self->state = get_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &get_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = get_state_done;
        self->result = TWICE(n);
        return ASYNC_READY;
    }
}

enum async_poll get_future_poll(struct get_future *self, struct async_context *cx)
{
    return get_frame_poll(self, cx);
}

void get_future_drop(struct get_future *self)
{
    switch (self->state) {
    case get_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = get_state_done;
}

static void get_init_any(void *asyncc_future, int n)
{
    get_future_init(asyncc_future, n);
}

static void get_drop_any(void *asyncc_future)
{
    get_future_drop(asyncc_future);
}

const struct async_future_type get_future_type = {
    .name = "get",
    .file = "macros.c",
    .size = sizeof(struct get_future),
    .align = _Alignof(struct get_future),
    .result_at = offsetof(struct get_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))get_init_any,
    .poll = get_frame_poll,
    .drop = get_drop_any,
    .frame = &get_frame,
};



void use_future_init(struct use_future *self, int n)
{
    self->state = use_state_start;
    self->n = n;
}

static enum async_poll use_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct use_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case use_state_start:
        n = self->n;
        break;
    case use_at_get:
        goto asyncc_resume_1;
    case use_at_get_2:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    int kept = (n + 1);
    do { if ((n) < 0) {
        {
            self->state = use_state_done;
            self->result = -1;
            return ASYNC_READY;
        }
    } } while (0);
    do { {
        get_future_init(&self->get, n);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
            kept = self->kept;
            if (self->get.state == get_state_done)
                goto asyncc_ready_1;
        }
        if (get_future_poll(&self->get, cx) == ASYNC_PENDING) {
            self->get.link = 1;
            self->kept = kept;
            self->state = use_at_get;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
    }
    if ((self->get.result) < 0) {
        {
            self->state = use_state_done;
            self->result = -1;
            return ASYNC_READY;
        }
    } } while (0);
    {
        get_future_init(&self->get_2, kept);
        if (0) {
        asyncc_resume_2:;
            kept = self->kept;
            if (self->get_2.state == get_state_done)
                goto asyncc_ready_2;
        }
        if (get_future_poll(&self->get_2, cx) == ASYNC_PENDING) {
            self->get_2.link = 2;
            self->kept = kept;
            self->state = use_at_get_2;
            return ASYNC_PENDING;
        }
    asyncc_ready_2:;
    }
    {
        self->state = use_state_done;
        self->result = ((kept) * 2) + ((self->get_2.result) * 2);
        return ASYNC_READY;
    }
}

enum async_poll use_future_poll(struct use_future *self, struct async_context *cx)
{
    return use_frame_poll(self, cx);
}

void use_future_drop(struct use_future *self)
{
    switch (self->state) {
    case use_at_get:
        get_future_drop(&self->get);
        break;
    case use_at_get_2:
        get_future_drop(&self->get_2);
        break;
    default:
        break;
    }
    self->state = use_state_done;
}

static void use_init_any(void *asyncc_future, int n)
{
    use_future_init(asyncc_future, n);
}

static void use_drop_any(void *asyncc_future)
{
    use_future_drop(asyncc_future);
}

const struct async_future_type use_future_type = {
    .name = "use",
    .file = "macros.c",
    .size = sizeof(struct use_future),
    .align = _Alignof(struct use_future),
    .result_at = offsetof(struct use_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))use_init_any,
    .poll = use_frame_poll,
    .drop = use_drop_any,
    .frame = &use_frame,
};



static const struct async_frame_link get_links[] = {
    {&use_frame, offsetof(struct use_future, get)},
    {&use_frame, offsetof(struct use_future, get_2)},
};

static const struct async_operand_info get_operands[] = {
    {"async_yield", NULL, offsetof(struct get_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info get_states[] = {
    {"get_at_async_yield", get_operands, 1, 13, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace get_trace = {
    "get", "macros.c", get_states, 1,
    sizeof((struct get_future *)0)->state, offsetof(struct get_future, state),
};

static const struct async_frame_type get_frame = {
    .poll = get_frame_poll,
    .links = get_links,
    .link_at = offsetof(struct get_future, link),
    .awaits = &get_trace,
};

static const struct async_operand_info use_operands[] = {
    {"get", &get_frame, offsetof(struct use_future, get), 0, ASYNC_OPERAND_EMBEDDED},
    {"get", &get_frame, offsetof(struct use_future, get_2), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info use_states[] = {
    {"use_at_get", use_operands, 1, 21, ASYNC_AWAIT_CALL, 0},
    {"use_at_get_2", use_operands + 1, 1, 22, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace use_trace = {
    "use", "macros.c", use_states, 2,
    sizeof((struct use_future *)0)->state, offsetof(struct use_future, state),
};

static const struct async_frame_type use_frame = {
    .poll = use_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &use_trace,
};

