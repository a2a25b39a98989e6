#define ASYNCC_TRANSLATED 1 // by asyncc from main.c; changes belong there
// asyncc:
// async main, and an async function called from plain C.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>


// ---- async answer
enum answer_state {
    answer_state_start,
    answer_at_async_yield, // line 9
    answer_state_done
};

struct answer_future {
    union {
        int n;
        int result;
    };
    uint8_t state;
    struct async_yield_future async_yield;
};

__attribute__((__unused__)) static void answer_future_init(struct answer_future *self, int n);
__attribute__((__unused__)) static enum async_poll answer_future_poll(struct answer_future *self, struct async_context *cx);
__attribute__((__unused__)) static void answer_future_drop(struct answer_future *self);
static const struct async_future_type answer_future_type;
__attribute__((__unused__)) static const struct async_frame_type answer_frame;

__attribute__((__unused__)) static int answer_block_on(int n)
{
    struct answer_future asyncc_future;
    answer_future_init(&asyncc_future, n);
    async_block_on_future(&answer_future_type, &asyncc_future);
    return asyncc_future.result;
}


// ---- async main
enum main_state {
    main_state_start,
    main_at_answer, // line 20
    main_state_done
};

struct main_future {
    union {
        struct {
            char **argv;
            int argc;
        };
        struct {
            char *asyncc_t1;
            struct answer_future answer;
        };
        int result;
    };
    uint8_t state;
};

__attribute__((__unused__)) static void main_future_init(struct main_future *self, int argc, char **argv);
__attribute__((__unused__)) static enum async_poll main_future_poll(struct main_future *self, struct async_context *cx);
__attribute__((__unused__)) static void main_future_drop(struct main_future *self);
static const struct async_future_type main_future_type;
__attribute__((__unused__)) static const struct async_frame_type main_frame;

static void answer_future_init(struct answer_future *self, int n)
{
    self->state = answer_state_start;
    self->n = n;
}

static enum async_poll answer_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct answer_future *self = asyncc_future;
    int n = 0;
    switch (self->state) {
    case answer_state_start:
        n = self->n;
        break;
    case answer_at_async_yield:
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
            self->state = answer_at_async_yield;
            cx->suspended.frame = self;
            cx->suspended.type = &answer_frame;
            return ASYNC_PENDING;
        }
    }
    {
        self->state = answer_state_done;
        self->result = n;
        return ASYNC_READY;
    }
}

static enum async_poll answer_future_poll(struct answer_future *self, struct async_context *cx)
{
    return answer_frame_poll(self, cx);
}

static void answer_future_drop(struct answer_future *self)
{
    switch (self->state) {
    case answer_at_async_yield:
        async_yield_future_drop(&self->async_yield);
        break;
    default:
        break;
    }
    self->state = answer_state_done;
}

static void answer_init_any(void *asyncc_future, int n)
{
    answer_future_init(asyncc_future, n);
}

static void answer_drop_any(void *asyncc_future)
{
    answer_future_drop(asyncc_future);
}

static const struct async_future_type answer_future_type = {
    .name = "answer",
    .file = "main.c",
    .size = sizeof(struct answer_future),
    .align = _Alignof(struct answer_future),
    .result_at = offsetof(struct answer_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))answer_init_any,
    .poll = answer_frame_poll,
    .drop = answer_drop_any,
    .frame = &answer_frame,
};



int blocking(void)
{
    return answer_block_on(41) + 1;
}

static void main_future_init(struct main_future *self, int argc, char **argv)
{
    self->state = main_state_start;
    self->argc = argc;
    self->argv = argv;
}

static enum async_poll main_frame_poll(void *asyncc_future, struct async_context *cx)
{
    struct main_future *self = asyncc_future;
    char *asyncc_t1 = 0;
    int argc = 0;
    char **argv = 0;
    switch (self->state) {
    case main_state_start:
        argc = self->argc;
        argv = self->argv;
        break;
    case main_at_answer:
        goto asyncc_resume_1;
    default:
        return async_polled_when_done();
    }

    asyncc_t1 = argc > 1 ? argv[1] : "answer";
    {
        answer_future_init(&self->answer, 42);
        if (0) {
        asyncc_resume_1:;
            asyncc_t1 = self->asyncc_t1;
            if (self->answer.state == answer_state_done)
                goto asyncc_ready_1;
        }
        if (answer_future_poll(&self->answer, cx) == ASYNC_PENDING) {
            self->asyncc_t1 = asyncc_t1;
            self->state = main_at_answer;
            return ASYNC_PENDING;
        }
    asyncc_ready_1:;
    }
    printf("%s %d\n", asyncc_t1, self->answer.result);
    self->result = 0;
    self->state = main_state_done;
    return ASYNC_READY;
}

static enum async_poll main_future_poll(struct main_future *self, struct async_context *cx)
{
    return main_frame_poll(self, cx);
}

static void main_future_drop(struct main_future *self)
{
    switch (self->state) {
    case main_at_answer:
        answer_future_drop(&self->answer);
        break;
    default:
        break;
    }
    self->state = main_state_done;
}

static void main_init_any(void *asyncc_future, int argc, char **argv)
{
    main_future_init(asyncc_future, argc, argv);
}

static void main_drop_any(void *asyncc_future)
{
    main_future_drop(asyncc_future);
}

static const struct async_future_type main_future_type = {
    .name = "main",
    .file = "main.c",
    .size = sizeof(struct main_future),
    .align = _Alignof(struct main_future),
    .result_at = offsetof(struct main_future, result),
    .result_size = sizeof(int),
    .init = (void (*)(void))main_init_any,
    .poll = main_frame_poll,
    .drop = main_drop_any,
    .frame = &main_frame,
};

int main(int argc, char **argv)
{
    static struct main_future asyncc_future;
    main_future_init(&asyncc_future, argc, argv);
    return async_run_main(&main_future_type, &asyncc_future);
}



static const struct async_frame_link answer_links[] = {
    {&main_frame, offsetof(struct main_future, answer)},
};

static const struct async_operand_info answer_operands[] = {
    {"async_yield", NULL, offsetof(struct answer_future, async_yield), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info answer_states[] = {
    {"answer_at_async_yield", answer_operands, 1, 9, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace answer_trace = {
    "answer", "main.c", answer_states, 1,
    sizeof((struct answer_future *)0)->state, offsetof(struct answer_future, state),
};

static const struct async_frame_type answer_frame = {
    .poll = answer_frame_poll,
    .links = answer_links,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &answer_trace,
};

static const struct async_operand_info main_operands[] = {
    {"answer", &answer_frame, offsetof(struct main_future, answer), 0, ASYNC_OPERAND_EMBEDDED},
};

static const struct async_state_info main_states[] = {
    {"main_at_answer", main_operands, 1, 20, ASYNC_AWAIT_CALL, 0},
};

static const struct async_trace main_trace = {
    "main", "main.c", main_states, 1,
    sizeof((struct main_future *)0)->state, offsetof(struct main_future, state),
};

static const struct async_frame_type main_frame = {
    .poll = main_frame_poll,
    .link_at = ASYNC_LINK_NO_BYTE,
    .awaits = &main_trace,
};

