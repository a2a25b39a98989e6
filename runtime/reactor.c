// reactor.c - which reactor an executor gets.
#include "reactor.h"

#include "executor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The first is the default.
static const struct async_reactor_ops *const reactors[] = {&reactor_epoll, &reactor_uring,
                                                           &reactor_sim};

static const struct async_reactor_ops *choose(const char *name)
{
    if (!name)
        name = getenv("ASYNCC_REACTOR");
    if (!name || !*name)
        return reactors[0];
    for (size_t i = 0; i < sizeof reactors / sizeof *reactors; i++)
        if (strcmp(reactors[i]->name, name) == 0)
            return reactors[i];
    return NULL;
}

int reactor_open(struct async_executor *executor, const char *name)
{
    executor->ops = choose(name);
    if (!executor->ops)
        return -EINVAL;
    int rc = executor->ops->init(executor, &executor->reactor);
    if (rc < 0 && executor->ops == &reactor_uring) {
        executor->ops = &reactor_epoll;
        rc = executor->ops->init(executor, &executor->reactor);
    }
    return rc;
}
