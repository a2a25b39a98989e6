// test_explore.c - runs of one test, until nothing is left that could go wrong.
#include <asyncc/test.h>

#include <stdio.h>

enum {
    SEEDS = 20,
    OCCASIONS_MAX = 1000000
};

#define JITTER_NS 100000 // where the options say none

struct explorer {
    async_test_fn fn;
    void *arg;
    struct async_test_options base;
    struct async_test_options options; // of the run
    struct async_test_report report;
    // How much was tried.
    uint64_t runs, seeds, cancellations, allocations, calls;
};

static void print_number(const char *name, uint64_t value)
{
    if (value)
        fprintf(stderr, ", .%s = %llu", name, (unsigned long long)value);
}

static void print_options(const struct async_test_options *o, const char *name)
{
    fprintf(stderr, "asyncc test: %s: the same again: {.seed = %llu", name,
            (unsigned long long)(o->seed ? o->seed : 1));
    print_number("shuffle", o->shuffle);
    print_number("suspend", o->suspend);
    print_number("latency_ns", o->latency_ns);
    print_number("jitter_ns", o->jitter_ns);
    print_number("buffer", o->buffer);
    print_number("segment", o->segment);
    print_number("cancel_at", o->cancel_at);
    print_number("cancel_late", o->cancel_late);
    if (o->cancel_task)
        fprintf(stderr, ", .cancel_task = \"%s\"", o->cancel_task);
    print_number("alloc_at", o->alloc_at);
    print_number("call_at", o->call_at);
    print_number("settle_ns", o->settle_ns);
    print_number("limit_ns", o->limit_ns);
    print_number("threads", o->threads);
    if (o->reactor)
        fprintf(stderr, ", .reactor = \"%s\"", o->reactor);
    fprintf(stderr, "}\n");
}

// One run. 0, 1 or -errno.
static int run(struct explorer *e, const struct async_test_options *options,
               struct async_test_report *report)
{
    e->runs++;
    int problems = async_test_run(e->fn, e->arg, options, report);
    if (problems > 0 && !options->quiet)
        print_options(options, options->name ? options->name : e->fn->name);
    return problems > 0 ? 1 : problems;
}

static int seeds(struct explorer *e)
{
    static const size_t segments[] = {0, 1, 7, 1000};
    unsigned count = e->base.seeds ? e->base.seeds : SEEDS;
    int rc = 0;
    for (unsigned i = 0; i < count && rc == 0; i++) {
        struct async_test_options options = e->base;
        options.seed = (options.seed ? options.seed : 1) + i;
        options.shuffle = true;
        if (!options.jitter_ns)
            options.jitter_ns = JITTER_NS;
        if (!options.segment)
            options.segment = segments[i % (sizeof segments / sizeof *segments)];
        rc = run(e, &options, &e->report);
        e->seeds++;
    }
    return rc;
}

// Lets `*occasion`, a member of e->options, be 1, 2, ... until a run has fewer: `*had`, a member of
// e->report. Adds to `*tried` how many there were. Whether something was hit says less: it may have
// been another fault of the options, or a task to be cancelled late may never have gone on.
static int each(struct explorer *e, uint64_t *occasion, const uint64_t *had, uint64_t *tried)
{
    int rc = 0;
    *occasion = 0;
    do {
        ++*occasion;
        rc = run(e, &e->options, &e->report);
    } while (rc == 0 && *had >= *occasion && *occasion < OCCASIONS_MAX);
    *tried += *occasion - 1;
    return rc;
}

static int explore(struct explorer *e, unsigned what)
{
    int rc = what & ASYNC_TEST_SEEDS ? seeds(e) : 0;
    for (int late = 0; rc == 0 && what & ASYNC_TEST_CANCEL && late < 2; late++) {
        e->options = e->base;
        e->options.cancel_late = late;
        rc = each(e, &e->options.cancel_at, &e->report.suspensions, &e->cancellations);
    }
    e->options = e->base;
    if (rc == 0 && what & ASYNC_TEST_ALLOC)
        rc = each(e, &e->options.alloc_at, &e->report.allocations, &e->allocations);
    e->options = e->base;
    if (rc == 0 && what & ASYNC_TEST_CALL)
        rc = each(e, &e->options.call_at, &e->report.calls, &e->calls);
    return rc;
}

static void print_summary(const struct explorer *e)
{
    fprintf(stderr,
            "asyncc test: %s: no problem in %llu runs: %llu seeds, %llu cancellations, %llu failed "
            "allocations, %llu failed system calls\n",
            e->base.name ? e->base.name : e->fn->name, (unsigned long long)e->runs,
            (unsigned long long)e->seeds, (unsigned long long)e->cancellations,
            (unsigned long long)e->allocations, (unsigned long long)e->calls);
}

int async_test_explore(async_test_fn test, void *arg, unsigned what,
                       const struct async_test_options *options)
{
    struct explorer e = {.fn = test, .arg = arg};
    if (options)
        e.base = *options;
    int rc = run(&e, &e.base, &e.report);
    if (rc == 0 && !e.base.suspend)
        rc = explore(&e, what);
    e.base.suspend = true;
    if (rc == 0)
        rc = explore(&e, what);
    if (rc == 0 && e.base.summary)
        print_summary(&e);
    return rc;
}
