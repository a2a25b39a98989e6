// runtime_operations.h - operations without the futures of the public headers, step by step, for
// the tests of the io_uring back end.
#ifndef RUNTIME_OPERATIONS_H
#define RUNTIME_OPERATIONS_H

#include "descriptors.h"

#include "executor.h"
#include "io.h"
#include "stream.h"

#include <sys/socket.h>
#include <unistd.h>

// ---- One operation as a future ------------------------------------------------------------------

struct raw_future {
    ASYNC_OP_AND_RESULT_(intptr_t);
};

static inline void raw_future_init(struct raw_future *f, void *stream, enum op_code code,
                                   const void *at, size_t size)
{
    async_op_init_(&f->op, stream, at, size);
    f->op.code = code;
}

static inline enum async_poll raw_future_poll(struct raw_future *self, struct async_context *cx)
{
    return op_poll(&self->op, cx);
}

static inline void raw_future_drop(struct raw_future *self)
{
    op_drop(&self->op);
}

ASYNC_FUTURE_TYPE(raw);

static inline intptr_t run_raw(struct raw_future *f)
{
    async_block_on_future(&raw_future_type, f);
    return f->result;
}

static inline intptr_t now(void *stream, enum op_code code, const void *at, size_t size)
{
    struct raw_future f;
    raw_future_init(&f, stream, code, at, size);
    return run_raw(&f);
}

static inline struct async_task *start(void *stream, enum op_code code, const void *at, size_t size)
{
    struct raw_future *f = async_task_new(&raw_future_type);
    raw_future_init(f, stream, code, at, size);
    return async_task_start(f);
}

static inline struct async_op *op_of(struct async_task *task)
{
    return &((struct raw_future *)(task + 1))->op;
}

// ---- Steps --------------------------------------------------------------------------------------

// Long enough for the executor to look at its reactor more than once.
static inline enum async_poll takes_turns(void *data, struct async_context *cx, int *state)
{
    (void)data;
    if (++*state == 400)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void turns(void)
{
    run_script(takes_turns, NULL);
}

// Ends when the operation is WOKEN, before its task is polled.
static inline enum async_poll sees_woken(void *data, struct async_context *cx, int *state)
{
    struct async_task *task = data;
    if (op_of(task)->state == OP_WOKEN) {
        async_cancel(task);
        return ASYNC_READY;
    }
    assert_true(++*state < 1000000);
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void cancel_when_woken(struct async_task *task)
{
    run_script(sees_woken, task);
    async_detach(task);
}

static inline void cancel(struct async_task *task)
{
    async_cancel(task);
    async_detach(task);
}

// ---- A stream and its peer ----------------------------------------------------------------------

struct pair {
    struct async_stream *stream;
    int peer; // blocking
};

// Of Unix sockets.
static inline struct pair new_pair(int type)
{
    struct pair p;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(async_stream_open(fds[0], &p.stream), 0);
    p.peer = fds[1];
    return p;
}

static inline void end_pair(struct pair p)
{
    async_stream_close(p.stream);
    close(p.peer);
}

static inline void say(struct pair p, const char *text)
{
    assert_int_equal(send(p.peer, text, strlen(text), 0), strlen(text));
}

static inline void hear(struct pair p, const char *text)
{
    char buf[64] = {0};
    assert_int_equal(now(p.stream, OP_READ, buf, sizeof buf), strlen(text));
    assert_string_equal(buf, text);
}

// ---- For memory_fails ---------------------------------------------------------------------------

static unsigned allocations;

static inline bool counts(void)
{
    allocations++;
    return false;
}

static inline bool always(void)
{
    return true;
}

// ---- An executor on io_uring for each test ------------------------------------------------------

static inline bool on_io_uring(void)
{
    return executor_get() && strcmp(async_executor_reactor(), "io_uring") == 0;
}

static inline int begin(void **unused)
{
    setenv("ASYNCC_REACTOR", "io_uring", 1);
    count_descriptors(unused);
    return executor_get() ? 0 : -1;
}

static inline int end(void **unused)
{
    assert_true(on_io_uring());
    return no_descriptor_leaks(unused);
}

#endif
