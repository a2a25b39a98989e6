// rows_main.c - runs what asyncc made of rows.c: polls the root once, then resumes the innermost frame, as an
// executor does. The frames of recursive calls come from one block of memory.
#include "bench.h"

#include <asyncc/future.h>

long bench_never = -1;

extern const struct async_future_type ready_visible_future_type, ready_opaque_future_type, suspend_future_type,
    leafloop_1_future_type, leafloop_64_future_type, rootloop_16_future_type, fib_future_type;

static long run(const struct bench_row *row, long n)
{
    static _Alignas(16) char memory[1 << 16];
    struct async_arena arena = {.top = memory, .end = memory + sizeof memory};
    struct async_context cx = {.arena = &arena};
    const struct async_future_type *type = row->what;
    char *future = malloc(type->size);
    if (!future)
        abort();
    ((void (*)(void *, long))type->init)(future, n);
    const struct async_frame_type *frame = type->frame;
    enum async_poll poll = type->poll(future, &cx);
    while (poll == ASYNC_PENDING)
        poll = async_resume(&cx, future, frame);
    long result = *(long *)(future + type->result_at);
    free(future);
    return result;
}

int main(int argc, char **argv)
{
    static const struct bench_row rows[] = {
        {"ready_visible", run, &ready_visible_future_type},
        {"ready_opaque", run, &ready_opaque_future_type},
        {"suspend", run, &suspend_future_type},
        {"leafloop_1", run, &leafloop_1_future_type},
        {"leafloop_64", run, &leafloop_64_future_type},
        {"rootloop_16", run, &rootloop_16_future_type},
        {"fib", run, &fib_future_type},
        {0},
    };
    return bench_main(argc, argv, rows);
}
