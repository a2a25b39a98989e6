// reactor.c - which reactor an executor gets.
#include "reactor.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The best one first.
static const struct async_reactor_ops *const reactors[] = {&reactor_epoll};

const struct async_reactor_ops *reactor_choose(const char *name)
{
    if (!name)
        name = getenv("ASYNCC_REACTOR");
    if (!name || !*name)
        return reactors[0];
    for (size_t i = 0; i < sizeof reactors / sizeof *reactors; i++)
        if (!strcmp(reactors[i]->name, name))
            return reactors[i];
    return NULL;
}
