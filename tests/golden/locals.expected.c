#define ASYNCC_TRANSLATED 1 // by asyncc from locals.c; changes belong there
// asyncc:
// What lives where: a scalar stored on suspension, an array and a struct in the future, a local whose address is
// taken, one that is dead at every await, two that share their bytes.
#include <string.h>
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

struct point { int x, y; };
int look(const int *p);


// ---- async kinds
enum kinds_state {
    kinds_state_start,
    kinds_at_async_yield, // line 18
    kinds_state_done
};

struct kinds_future {
    union {
        struct {
            struct point start;
            union {
                int unused;
                struct {
                    int shown;
                    int kept;
                };
            };
        };
        int result;
    };
    uint8_t state;
    char name[16];
    struct async_yield_future async_yield;
};

void kinds_future_init(struct kinds_future *self, struct point start, int unused);
enum async_poll kinds_future_poll(struct kinds_future *self, struct async_context *cx);
void kinds_future_drop(struct kinds_future *self);
extern const struct async_future_type kinds_future_type;
static const struct async_frame_type kinds_frame;


// ---- async shared
enum shared_state {
    shared_state_start,
    shared_at_async_yield, // line 26
    shared_at_async_yield_2, // line 30
    shared_at_async_yield_3, // line 34
    shared_state_done
};

struct shared_future {
    union {
        struct {
            long a[4];
            double b[4];
        };
        long result;
    };
    int n;
    union {
        struct {
            struct async_yield_future async_yield;
        };
        struct {
            struct async_yield_future async_yield_2;
        };
        struct {
            int b2;
            int b2_2;
        };
    };
    uint8_t state;
    struct async_yield_future async_yield_3;
};

void shared_future_init(struct shared_future *self, int n);
enum async_poll shared_future_poll(struct shared_future *self, struct async_context *cx);
void shared_future_drop(struct shared_future *self);
extern const struct async_future_type shared_future_type;
static const struct async_frame_type shared_frame;

void kinds_future_init(struct kinds_future *self, struct point start, int unused)
{
    self->state = kinds_state_start;
    self->start = start;
    self->unused = unused;
}

static enum async_poll kinds_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct kinds_future *self = asyncc_future;
    int unused = 0;
    switch (self->state) {
    case kinds_state_start:
        unused = self->unused;
        break;
    case kinds_at_async_yield:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    (void)unused;
    int dead = self->start.x * 2;
    int kept = dead + 1;
    self->shown = kept;
    memcpy(self->name, (char [16]){"point"}, sizeof self->name);
    static int calls;
    calls++;
    {
        async_yield_future_init(&self->async_yield);
        if (0) {
        asyncc_resume_1:;
            kept = self->kept;
        }
        if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
            self->kept = kept;
            self->state = kinds_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &kinds_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = kinds_state_done;
        self->result = kept + look(&self->shown) + (int)strlen(self->name) + self->start.y + calls;
        return ASYNC_READY;
    }
}

enum async_poll kinds_future_poll(struct kinds_future *self, struct async_context *cx)
{
    return kinds_frame_poll(self, cx);
}

void kinds_future_drop(struct kinds_future *self)
{
    switch (self->state) {
    case kinds_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = kinds_state_done;
}

static void kinds_init_any(void *asyncc_future, struct point start, int unused)
{
    kinds_future_init(asyncc_future, start, unused);
}

static void kinds_drop_any(void *asyncc_future)
{
    kinds_future_drop(asyncc_future);
}

const struct async_future_type kinds_future_type = {
    .name = "kinds",
    .file = "locals.c",
    .size = sizeof(struct kinds_future),
    .align = _Alignof(struct kinds_future),
    .result_at = offsetof(struct kinds_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))kinds_init_any,
    .poll = kinds_frame_poll,
    .drop = kinds_drop_any,
    .frame = &kinds_frame,
};



void shared_future_init(struct shared_future *self, int n)
{
    self->state = shared_state_start;
    self->n = n;
}

static enum async_poll shared_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct shared_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case shared_state_start:
        n = self->n;
        break;
    case shared_at_async_yield:
        goto asyncc_resume_1;
    case shared_at_async_yield_2:
        goto asyncc_resume_2;
    case shared_at_async_yield_3:
        goto asyncc_resume_3;
    default:
        return async_polled_when_done();
    }

    if (n) {
        memcpy(self->a, (long [4]){1, 2, 3, 4}, sizeof self->a);
        {
            async_yield_future_init(&self->async_yield);
            if (0) {
            asyncc_resume_1:;
                n = self->n;
            }
            if (async_yield_future_poll(&self->async_yield, cx) == ASYNC_PENDING) {
                self->n = n;
                self->state = shared_at_async_yield;
                cx->suspended.frame = self;
                cx->suspended.type = &shared_frame;
                return ASYNC_PENDING;
            }
        }
        {
            self->state = shared_state_done;
            self->result = self->a[n];
            return ASYNC_READY;
        }
    }
    memcpy(self->b, (double [4]){1, 2, 3, 4}, sizeof self->b);
    {
        async_yield_future_init(&self->async_yield_2);
        if (0) {
        asyncc_resume_2:;
            n = self->n;
        }
        if (async_yield_future_poll(&self->async_yield_2, cx) == ASYNC_PENDING) {
            self->n = n;
            self->state = shared_at_async_yield_2;
            cx->suspended.frame = self;
            cx->suspended.type = &shared_frame;
            return ASYNC_PENDING;
        }
    }
    int b2 = (int)self->b[0];
    {
        int b2_asyncc2 = 5; // shadows
        {
            async_yield_future_init(&self->async_yield_3);
            if (0) {
            asyncc_resume_3:;
                n = self->n;
                b2 = self->b2;
                b2_asyncc2 = self->b2_2;
            }
            if (async_yield_future_poll(&self->async_yield_3, cx) == ASYNC_PENDING) {
                self->n = n;
                self->b2 = b2;
                self->b2_2 = b2_asyncc2;
                self->state = shared_at_async_yield_3;
                cx->suspended.frame = self;
                cx->suspended.type = &shared_frame;
                return ASYNC_PENDING;
            }
        }
        n += b2_asyncc2;
    }
    {
        self->state = shared_state_done;
        self->result = b2 + n;
        return ASYNC_READY;
    }
}

enum async_poll shared_future_poll(struct shared_future *self, struct async_context *cx)
{
    return shared_frame_poll(self, cx);
}

void shared_future_drop(struct shared_future *self)
{
    switch (self->state) {
    case shared_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    case shared_at_async_yield_2:
        async_yield_future_drop(&self->async_yield_2);
        break;
    case shared_at_async_yield_3:
        async_yield_future_drop(&self->async_yield_3);
        break;
    default:
        break;
    }
    self->state = shared_state_done;
}

static void shared_init_any(void *asyncc_future, int n)
{
    shared_future_init(asyncc_future, n);
}

static void shared_drop_any(void *asyncc_future)
{
    shared_future_drop(asyncc_future);
}

const struct async_future_type shared_future_type = {
    .name = "shared",
    .file = "locals.c",
    .size = sizeof(struct shared_future),
    .align = _Alignof(struct shared_future),
    .result_at = offsetof(struct shared_future, result),
    .result_size = sizeof(long),
    .init = (void (*)(void))shared_init_any,
    .poll = shared_frame_poll,
    .drop = shared_drop_any,
    .frame = &shared_frame,
};



static const struct async_operand_info kinds_operands[] = {
    {"async_yield", NULL, offsetof(struct kinds_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info kinds_states[] = {
    {"kinds_at_async_yield", kinds_operands, 1, 18, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace kinds_trace = {
    "kinds", "locals.c", kinds_states, 1,
    sizeof((struct kinds_future *)0)->state, offsetof(struct kinds_future, state),
};

static const struct async_frame_type kinds_frame = {
    .poll = kinds_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &kinds_trace,
};

static const struct async_operand_info shared_operands[] = {
    {"async_yield", NULL, offsetof(struct shared_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_yield", NULL, offsetof(struct shared_future, async_yield_2), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_yield", NULL, offsetof(struct shared_future, async_yield_3), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info shared_states[] = {
    {"shared_at_async_yield", shared_operands, 1, 26, ASYNC_AWAIT_CALL, 0},
    {"shared_at_async_yield_2", shared_operands + 1, 1, 30, ASYNC_AWAIT_CALL, 0},
    {"shared_at_async_yield_3", shared_operands + 2, 1, 34, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace shared_trace = {
    "shared", "locals.c", shared_states, 3,
    sizeof((struct shared_future *)0)->state, offsetof(struct shared_future, state),
};

static const struct async_frame_type shared_frame = {
    .poll = shared_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &shared_trace,
};

