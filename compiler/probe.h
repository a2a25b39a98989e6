// probe.h - questions about macros that only the preprocessor can answer.
#ifndef ASYNCC_PROBE_H
#define ASYNCC_PROBE_H

#include "front.h"

struct opened { // an invocation of the main file
    struct invocation *invocation;
    const char *text; // what it stands for, on one line; NULL: that cannot be said
};

// Those that are marked `expand`, in their order; invocations in directives lose the mark.
const struct opened *probe_invocations(const struct front_options *options, struct source *source,
                                       size_t *count);

// The first of these offsets (sorted) of the main file at which `name` is a macro; -1: none.
int probe_first_defined(const struct front_options *options, const struct source *source,
                        const char *name, const unsigned *offsets, size_t count);

#endif
