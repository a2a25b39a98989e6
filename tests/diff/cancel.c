// cancel.c - linked with -Wl,--wrap=async_run_main: runs the program's main through a future written by hand, which
// polls it from its root at every wake and drops it at the $CANCEL_AT'th suspension. Without $CANCEL_AT main runs to
// its end; the number of its suspensions is the last line on stderr.
#include <asyncc/future.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __real_async_run_main(const struct async_future_type *type, void *future);
int __wrap_async_run_main(const struct async_future_type *type, void *future);

struct watcher {
    const struct async_future_type *type;
    void *future;
    unsigned suspensions, cancel_at;
    int result;
};

static enum async_poll watcher_poll(void *self, struct async_context *cx)
{
    struct watcher *w = self;
    if (w->type->poll(w->future, cx) == ASYNC_READY) {
        if (w->type->result_size == sizeof w->result)
            memcpy(&w->result, (char *)w->future + w->type->result_at, sizeof w->result);
        return ASYNC_READY;
    }
    if (++w->suspensions != w->cancel_at)
        return ASYNC_PENDING;
    w->type->drop(w->future);
    w->type->drop(w->future); // once more is allowed, and does nothing
    memset(w->future, 0x5A, w->type->size);
    return ASYNC_READY;
}

static void watcher_drop(void *self)
{
    struct watcher *w = self;
    w->type->drop(w->future);
}

int __wrap_async_run_main(const struct async_future_type *type, void *future)
{
    static const struct async_future_type watcher_type = {
        .name = "watcher",
        .file = "cancel.c",
        .size = sizeof(struct watcher),
        .align = _Alignof(struct watcher),
        .result_at = offsetof(struct watcher, result),
        .result_size = sizeof(int),
        .poll = watcher_poll,
        .drop = watcher_drop,
    };
    const char *at = getenv("CANCEL_AT");
    struct watcher w = {.type = type, .future = future, .cancel_at = at ? (unsigned)atoi(at) : 0};
    int status = __real_async_run_main(&watcher_type, &w);
    fprintf(stderr, "%u\n", w.suspensions);
    return status;
}
