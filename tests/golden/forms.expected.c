#define ASYNCC_TRANSLATED 1 // by asyncc from forms.c; changes belong there
// asyncc:
// Join, select, timeout, spawn.
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <asyncc/time.h>
#include <asyncc/async.h>




// ---- async work
enum work_state {
    work_state_start,
    work_at_async_sleep_ms, // line 39
    work_state_done
};

struct work_future {
    union {
        struct async_sleep_ms_future async_sleep_ms;
        int result;
    };
    int n;
    uint8_t state;
};

void work_future_init(struct work_future *self, int n);
enum async_poll work_future_poll(struct work_future *self, struct async_context *cx);
void work_future_drop(struct work_future *self);
extern const struct async_future_type work_future_type;
static const struct async_frame_type work_frame;

__attribute__((__unused__)) static struct async_task *work_spawn(int n)
{
    struct work_future *asyncc_future = async_task_new(&work_future_type);
    if (!asyncc_future)
        return NULL;
    work_future_init(asyncc_future, n);
    return async_task_start(asyncc_future);
}


// ---- async both
enum both_state {
    both_state_start,
    both_at_join, // line 12
    both_state_done
};

struct both_future {
    union {
        struct {
            struct work_future work;
            struct work_future work_2;
        };
        int result;
    };
    int a;
    int b;
    uint8_t state;
    uint8_t left_1;
};

void both_future_init(struct both_future *self);
enum async_poll both_future_poll(struct both_future *self, struct async_context *cx);
void both_future_drop(struct both_future *self);
extern const struct async_future_type both_future_type;
static const struct async_frame_type both_frame;


// ---- async first
enum first_state {
    first_state_start,
    first_at_select, // line 19
    first_state_done
};

struct first_future {
    union {
        struct {
            struct work_future work;
            struct async_sleep_ms_future async_sleep_ms;
        };
        int result;
    };
    int a;
    uint8_t state;
};

void first_future_init(struct first_future *self);
enum async_poll first_future_poll(struct first_future *self, struct async_context *cx);
void first_future_drop(struct first_future *self);
extern const struct async_future_type first_future_type;
static const struct async_frame_type first_frame;


// ---- async limited
enum limited_state {
    limited_state_start,
    limited_at_timeout, // line 25
    limited_state_done
};

struct limited_future {
    union {
        struct {
            int *result_2;
            struct work_future work;
            struct async_sleep_ms_future timer_1;
        };
        int result;
    };
    uint8_t state;
};

void limited_future_init(struct limited_future *self, int *result);
enum async_poll limited_future_poll(struct limited_future *self, struct async_context *cx);
void limited_future_drop(struct limited_future *self);
extern const struct async_future_type limited_future_type;
static const struct async_frame_type limited_frame;


// ---- async apart
enum apart_state {
    apart_state_start,
    apart_at_async_task_join, // line 31
    apart_state_done
};

struct apart_future {
    union {
        struct {
            struct async_task_join_future async_task_join;
            struct async_task *task;
        };
        int result;
    };
    uint8_t state;
};

void apart_future_init(struct apart_future *self);
enum async_poll apart_future_poll(struct apart_future *self, struct async_context *cx);
void apart_future_drop(struct apart_future *self);
extern const struct async_future_type apart_future_type;
static const struct async_frame_type apart_frame;

void both_future_init(struct both_future *self)
{
    self->state = both_state_start;
}

static enum async_poll both_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct both_future *self = asyncc_future;
    switch (self->state) {
    case both_state_start:
        break;
    case both_at_join:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    int a = 0, b = 0;
    {
        work_future_init(&self->work, 1);
        work_future_init(&self->work_2, 2);
        self->left_1 = (uint8_t)3u;
        if (0) {
        asyncc_resume_1:;
            a = self->a;
            b = self->b;
        }
        if (self->left_1 & (uint32_t)1 << 0 && work_future_poll(&self->work, cx) == ASYNC_READY) {
            a = self->work.result;
            self->left_1 = (uint8_t)(self->left_1 & ~((uint32_t)1 << 0));
        }
        if (self->left_1 & (uint32_t)1 << 1 && work_future_poll(&self->work_2, cx) == ASYNC_READY) {
            b = self->work_2.result;
            self->left_1 = (uint8_t)(self->left_1 & ~((uint32_t)1 << 1));
        }
        if (self->left_1) {
            self->a = a;
            self->b = b;
            self->state = both_at_join;
            cx->suspended.frame = self;
            cx->suspended.type = &both_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = both_state_done;
        self->result = a + b;
        return ASYNC_READY;
    }
}

enum async_poll both_future_poll(struct both_future *self, struct async_context *cx)
{
    return both_frame_poll(self, cx);
}

void both_future_drop(struct both_future *self)
{
    switch (self->state) {
    case both_at_join:
        if (self->left_1 & (uint64_t)1 << 0) {
            work_future_drop(&self->work);
        }
        if (self->left_1 & (uint64_t)1 << 1) {
            work_future_drop(&self->work_2);
        }
        break;
    default:
        break;
    }
    self->state = both_state_done;
}

static void both_init_any(void *asyncc_future)
{
    both_future_init(asyncc_future);
}

static void both_drop_any(void *asyncc_future)
{
    both_future_drop(asyncc_future);
}

const struct async_future_type both_future_type = {
    .name = "both",
    .file = "forms.c",
    .size = sizeof(struct both_future),
    .align = _Alignof(struct both_future),
    .result_at = offsetof(struct both_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))both_init_any,
    .poll = both_frame_poll,
    .drop = both_drop_any,
    .frame = &both_frame,
};



void first_future_init(struct first_future *self)
{
    self->state = first_state_start;
}

static enum async_poll first_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct first_future *self = asyncc_future;
    int asyncc_t1 = 0;
    switch (self->state) {
    case first_state_start:
        break;
    case first_at_select:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    int a = 0;
    {
        work_future_init(&self->work, 1);
        async_sleep_ms_future_init(&self->async_sleep_ms, 10);
        if (0) {
        asyncc_resume_1:;
            a = self->a;
        }
        if (work_future_poll(&self->work, cx) == ASYNC_READY) {
            a = self->work.result;
            asyncc_t1 = 0;
        } else if (async_sleep_ms_future_poll(&self->async_sleep_ms, cx) == ASYNC_READY) {
            asyncc_t1 = 1;
        } else {
            self->a = a;
            self->state = first_at_select;
            cx->suspended.frame = self;
            cx->suspended.type = &first_frame;
            return ASYNC_PENDING;
        }
        if (asyncc_t1 != 0) {
            work_future_drop(&self->work);
        }
        if (asyncc_t1 != 1) {
            async_sleep_ms_future_drop(&self->async_sleep_ms);
        }
    }
    int which = asyncc_t1;
    {
        self->state = first_state_done;
        self->result = which == 0 ? a : -1;
        return ASYNC_READY;
    }
}

enum async_poll first_future_poll(struct first_future *self, struct async_context *cx)
{
    return first_frame_poll(self, cx);
}

void first_future_drop(struct first_future *self)
{
    switch (self->state) {
    case first_at_select:
        work_future_drop(&self->work);
        async_sleep_ms_future_drop(&self->async_sleep_ms);
        break;
    default:
        break;
    }
    self->state = first_state_done;
}

static void first_init_any(void *asyncc_future)
{
    first_future_init(asyncc_future);
}

static void first_drop_any(void *asyncc_future)
{
    first_future_drop(asyncc_future);
}

const struct async_future_type first_future_type = {
    .name = "first",
    .file = "forms.c",
    .size = sizeof(struct first_future),
    .align = _Alignof(struct first_future),
    .result_at = offsetof(struct first_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))first_init_any,
    .poll = first_frame_poll,
    .drop = first_drop_any,
    .frame = &first_frame,
};



void limited_future_init(struct limited_future *self, int *result)
{
    self->state = limited_state_start;
    self->result_2 = result;
}

static enum async_poll limited_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct limited_future *self = asyncc_future;
    int asyncc_t1 = 0;
    int *result = 0;
    switch (self->state) {
    case limited_state_start:
        result = self->result_2;
        break;
    case limited_at_timeout:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    {
        async_sleep_ms_future_init(&self->timer_1, 50);
        work_future_init(&self->work, 3);
        if (0) {
        asyncc_resume_1:;
            result = self->result_2;
        }
        if (work_future_poll(&self->work, cx) == ASYNC_READY) {
            *result = self->work.result;
            asyncc_t1 = 0;
        } else if (async_sleep_ms_future_poll(&self->timer_1, cx) == ASYNC_READY) {
            asyncc_t1 = -ETIMEDOUT;
        } else {
            self->state = limited_at_timeout;
            cx->suspended.frame = self;
            cx->suspended.type = &limited_frame;
            return ASYNC_PENDING;
        }
        if (asyncc_t1 != 0) {
            work_future_drop(&self->work);
        }
        if (asyncc_t1 == 0)
            async_sleep_ms_future_drop(&self->timer_1);
    }
    {
        self->state = limited_state_done;
        self->result = asyncc_t1;
        return ASYNC_READY;
    }
}

enum async_poll limited_future_poll(struct limited_future *self, struct async_context *cx)
{
    return limited_frame_poll(self, cx);
}

void limited_future_drop(struct limited_future *self)
{
    switch (self->state) {
    case limited_at_timeout:
        work_future_drop(&self->work);
        async_sleep_ms_future_drop(&self->timer_1);
        break;
    default:
        break;
    }
    self->state = limited_state_done;
}

static void limited_init_any(void *asyncc_future, int *result)
{
    limited_future_init(asyncc_future, result);
}

static void limited_drop_any(void *asyncc_future)
{
    limited_future_drop(asyncc_future);
}

const struct async_future_type limited_future_type = {
    .name = "limited",
    .file = "forms.c",
    .size = sizeof(struct limited_future),
    .align = _Alignof(struct limited_future),
    .result_at = offsetof(struct limited_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))limited_init_any,
    .poll = limited_frame_poll,
    .drop = limited_drop_any,
    .frame = &limited_frame,
};



void apart_future_init(struct apart_future *self)
{
    self->state = apart_state_start;
}

static enum async_poll apart_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct apart_future *self = asyncc_future;
    switch (self->state) {
    case apart_state_start:
        break;
    case apart_at_async_task_join:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    struct async_task *task = work_spawn(4);
    {
        async_task_join_future_init(&self->async_task_join, task);
        if (0) {
        asyncc_resume_1:;
            task = self->task;
        }
        if (async_task_join_future_poll(&self->async_task_join, cx) == ASYNC_PENDING) {
            self->task = task;
            self->state = apart_at_async_task_join;
            cx->suspended.frame = self;
            cx->suspended.type = &apart_frame;
            return ASYNC_PENDING;
        }
    }
    int status = self->async_task_join.result;
    int n = status == 0 ? async_task_result(task, int) : status;
    async_detach(task);
    {
        self->state = apart_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

enum async_poll apart_future_poll(struct apart_future *self, struct async_context *cx)
{
    return apart_frame_poll(self, cx);
}

void apart_future_drop(struct apart_future *self)
{
    switch (self->state) {
    case apart_at_async_task_join:
        async_task_join_future_drop(&self->async_task_join);
        break;
    default:
        break;
    }
    self->state = apart_state_done;
}

static void apart_init_any(void *asyncc_future)
{
    apart_future_init(asyncc_future);
}

static void apart_drop_any(void *asyncc_future)
{
    apart_future_drop(asyncc_future);
}

const struct async_future_type apart_future_type = {
    .name = "apart",
    .file = "forms.c",
    .size = sizeof(struct apart_future),
    .align = _Alignof(struct apart_future),
    .result_at = offsetof(struct apart_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))apart_init_any,
    .poll = apart_frame_poll,
    .drop = apart_drop_any,
    .frame = &apart_frame,
};



void work_future_init(struct work_future *self, int n)
{
    self->state = work_state_start;
    self->n = n;
}

static enum async_poll work_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct work_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case work_state_start:
        n = self->n;
        break;
    case work_at_async_sleep_ms:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    {
        async_sleep_ms_future_init(&self->async_sleep_ms, n);
        if (0) {
        asyncc_resume_1:;
            n = self->n;
        }
        if (async_sleep_ms_future_poll(&self->async_sleep_ms, cx) == ASYNC_PENDING) {
            self->state = work_at_async_sleep_ms;
            cx->suspended.frame = self;
            cx->suspended.type = &work_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = work_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

enum async_poll work_future_poll(struct work_future *self, struct async_context *cx)
{
    return work_frame_poll(self, cx);
}

void work_future_drop(struct work_future *self)
{
    switch (self->state) {
    case work_at_async_sleep_ms:
        async_sleep_ms_future_drop(&self->async_sleep_ms);
        break;
    default:
        break;
    }
    self->state = work_state_done;
}

static void work_init_any(void *asyncc_future, int n)
{
    work_future_init(asyncc_future, n);
}

static void work_drop_any(void *asyncc_future)
{
    work_future_drop(asyncc_future);
}

const struct async_future_type work_future_type = {
    .name = "work",
    .file = "forms.c",
    .size = sizeof(struct work_future),
    .align = _Alignof(struct work_future),
    .result_at = offsetof(struct work_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))work_init_any,
    .poll = work_frame_poll,
    .drop = work_drop_any,
    .frame = &work_frame,
};



static const struct async_operand_info work_operands[] = {
    {"async_sleep_ms", NULL, offsetof(struct work_future, async_sleep_ms), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info work_states[] = {
    {"work_at_async_sleep_ms", work_operands, 1, 39, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace work_trace = {
    "work", "forms.c", work_states, 1,
    sizeof((struct work_future *)0)->state, offsetof(struct work_future, state),
};

static const struct async_frame_type work_frame = {
    .poll = work_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &work_trace,
};

static const struct async_operand_info both_operands[] = {
    {"work", &work_frame, offsetof(struct both_future, work), 0, ASYNC_OPERAND_EMBEDDED},
    {"work", &work_frame, offsetof(struct both_future, work_2), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info both_states[] = {
    {"both_at_join", both_operands, 2, 12, ASYNC_AWAIT_JOIN, offsetof(struct both_future, left_1)},
};

static const struct async_trace both_trace = {
    "both", "forms.c", both_states, 1,
    sizeof((struct both_future *)0)->state, offsetof(struct both_future, state),
};

static const struct async_frame_type both_frame = {
    .poll = both_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &both_trace,
};

static const struct async_operand_info first_operands[] = {
    {"work", &work_frame, offsetof(struct first_future, work), 0, ASYNC_OPERAND_EMBEDDED},
    {"async_sleep_ms", NULL, offsetof(struct first_future, async_sleep_ms), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info first_states[] = {
    {"first_at_select", first_operands, 2, 19, ASYNC_AWAIT_SELECT, 0},
};

static const struct async_trace first_trace = {
    "first", "forms.c", first_states, 1,
    sizeof((struct first_future *)0)->state, offsetof(struct first_future, state),
};

static const struct async_frame_type first_frame = {
    .poll = first_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &first_trace,
};

static const struct async_operand_info limited_operands[] = {
    {"work", &work_frame, offsetof(struct limited_future, work), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info limited_states[] = {
    {"limited_at_timeout", limited_operands, 1, 25, ASYNC_AWAIT_TIMEOUT, 0},
};

static const struct async_trace limited_trace = {
    "limited", "forms.c", limited_states, 1,
    sizeof((struct limited_future *)0)->state, offsetof(struct limited_future, state),
};

static const struct async_frame_type limited_frame = {
    .poll = limited_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &limited_trace,
};

static const struct async_operand_info apart_operands[] = {
    {"async_task_join", NULL, offsetof(struct apart_future, async_task_join), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info apart_states[] = {
    {"apart_at_async_task_join", apart_operands, 1, 31, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace apart_trace = {
    "apart", "forms.c", apart_states, 1,
    sizeof((struct apart_future *)0)->state, offsetof(struct apart_future, state),
};

static const struct async_frame_type apart_frame = {
    .poll = apart_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &apart_trace,
};

