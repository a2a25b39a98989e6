#define ASYNCC_TRANSLATED 1 // by asyncc from order.c; changes belong there
// asyncc:
// What stands left of an await is evaluated before it; arms and right sides only when they are chosen.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

int counter;
int step(void);



// ---- async get
enum get_state {
    get_state_start,
    get_at_async_yield, // line 29
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


// ---- async sums
enum sums_state {
    sums_state_start,
    sums_at_get, // line 12
    sums_state_done
};

struct sums_future {
    union {
        struct {
            union {
                int *a;
                struct get_future get;
            };
            int n;
            int asyncc_t1;
        };
        int result;
    };
    uint8_t state;
};

void sums_future_init(struct sums_future *self, int *a, int n);
enum async_poll sums_future_poll(struct sums_future *self, struct async_context *cx);
void sums_future_drop(struct sums_future *self);
extern const struct async_future_type sums_future_type;
static const struct async_frame_type sums_frame;


// ---- async chosen
enum chosen_state {
    chosen_state_start,
    chosen_at_get, // line 17
    chosen_at_get_2, // line 18
    chosen_state_done
};

struct chosen_future {
    union {
        struct {
            int n;
            struct get_future get;
        };
        struct {
            struct get_future get_2;
            int best;
        };
        int result;
    };
    uint8_t state;
};

void chosen_future_init(struct chosen_future *self, int n);
enum async_poll chosen_future_poll(struct chosen_future *self, struct async_context *cx);
void chosen_future_drop(struct chosen_future *self);
extern const struct async_future_type chosen_future_type;
static const struct async_frame_type chosen_frame;


// ---- async arguments
enum arguments_state {
    arguments_state_start,
    arguments_at_get, // line 23
    arguments_at_get_2, // line 23
    arguments_at_get_3, // line 24
    arguments_state_done
};

struct arguments_future {
    union {
        int n;
        struct get_future get;
        struct get_future get_2;
        struct get_future get_3;
        int result;
    };
    uint8_t state;
};

void arguments_future_init(struct arguments_future *self, int n);
enum async_poll arguments_future_poll(struct arguments_future *self, struct async_context *cx);
void arguments_future_drop(struct arguments_future *self);
extern const struct async_future_type arguments_future_type;
static const struct async_frame_type arguments_frame;

void sums_future_init(struct sums_future *self, int *a, int n)
{
    self->state = sums_state_start;
    self->a = a;
    self->n = n;
}

static enum async_poll sums_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct sums_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int *a = 0;
    int n = 0;
    switch (self->state) {
    case sums_state_start:
        a = self->a;
        n = self->n;
        break;
    case sums_at_get:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    asyncc_t1 = a[n] + step();
    {
        get_future_init(&self->get, counter);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
            asyncc_t1 = self->asyncc_t1;
            if (self->get.state == get_state_done)
                goto asyncc_ready_1;
        }
        if (get_future_poll(&self->get, cx) == ASYNC_PENDING) {
            self->get.link = 1;
            self->asyncc_t1 = asyncc_t1;
            self->state = sums_at_get;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
    }
    {
        self->state = sums_state_done;
        self->result = asyncc_t1 + self->get.result * n;
        return ASYNC_READY;
    }
}

enum async_poll sums_future_poll(struct sums_future *self, struct async_context *cx)
{
    return sums_frame_poll(self, cx);
}

void sums_future_drop(struct sums_future *self)
{
    switch (self->state) {
    case sums_at_get:
        get_future_drop(&self->get);
        break;
    default:
        break;
    }
    self->state = sums_state_done;
}

static void sums_init_any(void *asyncc_future, int *a, int n)
{
    sums_future_init(asyncc_future, a, n);
}

static void sums_drop_any(void *asyncc_future)
{
    sums_future_drop(asyncc_future);
}

const struct async_future_type sums_future_type = {
    .name = "sums",
    .file = "order.c",
    .size = sizeof(struct sums_future),
    .align = _Alignof(struct sums_future),
    .result_at = offsetof(struct sums_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))sums_init_any,
    .poll = sums_frame_poll,
    .drop = sums_drop_any,
    .frame = &sums_frame,
};



void chosen_future_init(struct chosen_future *self, int n)
{
    self->state = chosen_state_start;
    self->n = n;
}

static enum async_poll chosen_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct chosen_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int asyncc_t2 = 0;
    int n = 0;
    switch (self->state) {
    case chosen_state_start:
        n = self->n;
        break;
    case chosen_at_get:
        goto asyncc_resume_1;
    case chosen_at_get_2:
        goto asyncc_resume_2;
    default:
        return async_polled_when_done();
    }

    if (n > 3) {
        {
            get_future_init(&self->get, n);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
                if (self->get.state == get_state_done)
                    goto asyncc_ready_1;
            }
            if (get_future_poll(&self->get, cx) == ASYNC_PENDING) {
                self->get.link = 2;
                self->state = chosen_at_get;
                return ASYNC_PENDING;
            }
        asyncc_ready_1:;
        }
        asyncc_t1 = self->get.result;
    } else {
        asyncc_t1 = step();
    }
    int best = asyncc_t1;
    asyncc_t2 = (n) != 0;
    if (asyncc_t2) {
        {
            get_future_init(&self->get_2, n);
            if (0) {
            asyncc_resume_2:;
                best = self->best;
                if (self->get_2.state == get_state_done)
                    goto asyncc_ready_2;
            }
            if (get_future_poll(&self->get_2, cx) == ASYNC_PENDING) {
                self->get_2.link = 3;
                self->best = best;
                self->state = chosen_at_get_2;
                return ASYNC_PENDING;
            }
        asyncc_ready_2:;
        }
        asyncc_t2 = (self->get_2.result) != 0;
    }
    {
        self->state = chosen_state_done;
        self->result = asyncc_t2 ? best : -best;
        return ASYNC_READY;
    }
}

enum async_poll chosen_future_poll(struct chosen_future *self, struct async_context *cx)
{
    return chosen_frame_poll(self, cx);
}

void chosen_future_drop(struct chosen_future *self)
{
    switch (self->state) {
    case chosen_at_get:
        get_future_drop(&self->get);
        break;
    case chosen_at_get_2:
        get_future_drop(&self->get_2);
        break;
    default:
        break;
    }
    self->state = chosen_state_done;
}

static void chosen_init_any(void *asyncc_future, int n)
{
    chosen_future_init(asyncc_future, n);
}

static void chosen_drop_any(void *asyncc_future)
{
    chosen_future_drop(asyncc_future);
}

const struct async_future_type chosen_future_type = {
    .name = "chosen",
    .file = "order.c",
    .size = sizeof(struct chosen_future),
    .align = _Alignof(struct chosen_future),
    .result_at = offsetof(struct chosen_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))chosen_init_any,
    .poll = chosen_frame_poll,
    .drop = chosen_drop_any,
    .frame = &chosen_frame,
};



void arguments_future_init(struct arguments_future *self, int n)
{
    self->state = arguments_state_start;
    self->n = n;
}

static enum async_poll arguments_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct arguments_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int n = 0;
    switch (self->state) {
    case arguments_state_start:
        n = self->n;
        break;
    case arguments_at_get:
        goto asyncc_resume_1;
    case arguments_at_get_2:
        goto asyncc_resume_2;
    case arguments_at_get_3:
        goto asyncc_resume_3;
    default:
        return async_polled_when_done();
    }

    {
        get_future_init(&self->get, n);
        if (0) {
        asyncc_resume_1:;
            if (self->get.state == get_state_done)
                goto asyncc_ready_1;
        }
        if (get_future_poll(&self->get, cx) == ASYNC_PENDING) {
            self->get.link = 4;
            self->state = arguments_at_get;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
    }
    asyncc_t1 = self->get.result;
    {
        get_future_init(&self->get_2, asyncc_t1 + step());
        if (0) {
        asyncc_resume_2:;
            if (self->get_2.state == get_state_done)
                goto asyncc_ready_2;
        }
        if (get_future_poll(&self->get_2, cx) == ASYNC_PENDING) {
            self->get_2.link = 5;
            self->state = arguments_at_get_2;
            return ASYNC_PENDING;
        }
    asyncc_ready_2:;
    }
    n = self->get_2.result;
    (void)(step());
    {
        get_future_init(&self->get_3, n);
        if (0) {
        asyncc_resume_3:;
            if (self->get_3.state == get_state_done)
                goto asyncc_ready_3;
        }
        if (get_future_poll(&self->get_3, cx) == ASYNC_PENDING) {
            self->get_3.link = 6;
            self->state = arguments_at_get_3;
            return ASYNC_PENDING;
        }
    asyncc_ready_3:;
    }
    {
        self->state = arguments_state_done;
        self->result = (self->get_3.result);
        return ASYNC_READY;
    }
}

enum async_poll arguments_future_poll(struct arguments_future *self, struct async_context *cx)
{
    return arguments_frame_poll(self, cx);
}

void arguments_future_drop(struct arguments_future *self)
{
    switch (self->state) {
    case arguments_at_get:
        get_future_drop(&self->get);
        break;
    case arguments_at_get_2:
        get_future_drop(&self->get_2);
        break;
    case arguments_at_get_3:
        get_future_drop(&self->get_3);
        break;
    default:
        break;
    }
    self->state = arguments_state_done;
}

static void arguments_init_any(void *asyncc_future, int n)
{
    arguments_future_init(asyncc_future, n);
}

static void arguments_drop_any(void *asyncc_future)
{
    arguments_future_drop(asyncc_future);
}

const struct async_future_type arguments_future_type = {
    .name = "arguments",
    .file = "order.c",
    .size = sizeof(struct arguments_future),
    .align = _Alignof(struct arguments_future),
    .result_at = offsetof(struct arguments_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))arguments_init_any,
    .poll = arguments_frame_poll,
    .drop = arguments_drop_any,
    .frame = &arguments_frame,
};



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
        self->result = n;
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
    .file = "order.c",
    .size = sizeof(struct get_future),
    .align = _Alignof(struct get_future),
    .result_at = offsetof(struct get_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))get_init_any,
    .poll = get_frame_poll,
    .drop = get_drop_any,
    .frame = &get_frame,
};



static const struct async_frame_link get_links[] = {
    {&sums_frame, offsetof(struct sums_future, get)},
    {&chosen_frame, offsetof(struct chosen_future, get)},
    {&chosen_frame, offsetof(struct chosen_future, get_2)},
    {&arguments_frame, offsetof(struct arguments_future, get)},
    {&arguments_frame, offsetof(struct arguments_future, get_2)},
    {&arguments_frame, offsetof(struct arguments_future, get_3)},
};

static const struct async_operand_info get_operands[] = {
    {"async_yield", NULL, offsetof(struct get_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info get_states[] = {
    {"get_at_async_yield", get_operands, 1, 29, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace get_trace = {
    "get", "order.c", get_states, 1,
    sizeof((struct get_future *)0)->state, offsetof(struct get_future, state),
};

static const struct async_frame_type get_frame = {
    .poll = get_frame_poll,
    .links = get_links,
    .link_at = offsetof(struct get_future, link),
    .awaits = &get_trace,
};

static const struct async_operand_info sums_operands[] = {
    {"get", &get_frame, offsetof(struct sums_future, get), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info sums_states[] = {
    {"sums_at_get", sums_operands, 1, 12, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace sums_trace = {
    "sums", "order.c", sums_states, 1,
    sizeof((struct sums_future *)0)->state, offsetof(struct sums_future, state),
};

static const struct async_frame_type sums_frame = {
    .poll = sums_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &sums_trace,
};

static const struct async_operand_info chosen_operands[] = {
    {"get", &get_frame, offsetof(struct chosen_future, get), 0, ASYNC_OPERAND_EMBEDDED},
    {"get", &get_frame, offsetof(struct chosen_future, get_2), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info chosen_states[] = {
    {"chosen_at_get", chosen_operands, 1, 17, ASYNC_AWAIT_CALL, 0},
    {"chosen_at_get_2", chosen_operands + 1, 1, 18, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace chosen_trace = {
    "chosen", "order.c", chosen_states, 2,
    sizeof((struct chosen_future *)0)->state, offsetof(struct chosen_future, state),
};

static const struct async_frame_type chosen_frame = {
    .poll = chosen_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &chosen_trace,
};

static const struct async_operand_info arguments_operands[] = {
    {"get", &get_frame, offsetof(struct arguments_future, get), 0, ASYNC_OPERAND_EMBEDDED},
    {"get", &get_frame, offsetof(struct arguments_future, get_2), 0, ASYNC_OPERAND_EMBEDDED},
    {"get", &get_frame, offsetof(struct arguments_future, get_3), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info arguments_states[] = {
    {"arguments_at_get", arguments_operands, 1, 23, ASYNC_AWAIT_CALL, 0},
    {"arguments_at_get_2", arguments_operands + 1, 1, 23, ASYNC_AWAIT_CALL, 0},
    {"arguments_at_get_3", arguments_operands + 2, 1, 24, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace arguments_trace = {
    "arguments", "order.c", arguments_states, 3,
    sizeof((struct arguments_future *)0)->state, offsetof(struct arguments_future, state),
};

static const struct async_frame_type arguments_frame = {
    .poll = arguments_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &arguments_trace,
};

