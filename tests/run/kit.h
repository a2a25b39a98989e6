// kit.h - how the kit_*.c explore their tests: everything that can go wrong on sim, and again on
// the reactors of the kernel where the test says nothing about times.
#ifndef KIT_H
#define KIT_H

#include <asyncc/test.h>
#include <errno.h>
#include <stdio.h>

static int kit_failures;

// Like the test kit's own, but prints what failed, and counts it.
static inline void kit_try(const char *name, async_test_fn test, void *arg, unsigned what,
                           const struct async_test_options *options)
{
    int rc = async_test_explore(test, arg, what, options);
    if (rc == -EINVAL && options->reactor)
        return; // this library has no such reactor
    if (rc)
        printf("%s on %s%s: %d\n", name, options->reactor ? options->reactor : "sim",
               options->cancel_task ? ", any task cancelled" : "", rc);
    kit_failures += rc != 0;
}

// On sim: all, and each task cancelled at each of its suspensions.
static inline void kit_simulate(const char *name, async_test_fn test, unsigned seeds)
{
    struct async_test_options options = {.name = name, .seeds = seeds, .latency_ns = 100000};
    kit_try(name, test, NULL, ASYNC_TEST_ALL, &options);
    options.cancel_task = "*";
    kit_try(name, test, NULL, ASYNC_TEST_CANCEL, &options);
    options.shuffle = true;
    kit_try(name, test, NULL, ASYNC_TEST_CANCEL, &options);
}

// Also with the kernel's descriptors and clock: time passes there, so not all of it.
static inline void kit_explore(const char *name, async_test_fn test, unsigned seeds,
                               unsigned on_kernel)
{
    static const char *const reactors[] = {"epoll", "io_uring"};
    kit_simulate(name, test, seeds);
    for (int i = 0; i < 2; i++) {
        struct async_test_options options = {.name = name, .reactor = reactors[i], .seeds = 1};
        kit_try(name, test, NULL, on_kernel, &options);
    }
}

#endif
