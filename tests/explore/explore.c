// explore.c - coroutines, and the search through their executions.
#define _GNU_SOURCE
#include "explore.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

enum {
    STACK = 256 * 1024,
    LOCALS = 4,
    LOCAL_SIZE = 16
};

// What a thread is about to do.
struct operation {
    const volatile void *address; // NULL: to begin, or it has ended
    const volatile bool *until;   // it waits for this
    bool writes;
};

struct thread {
    ucontext_t context;
    char *stack;
    void *fake_stack; // ASan's
    struct operation next;
    bool ended;
    unsigned char locals[LOCALS][LOCAL_SIZE];
};

// A point of the execution: the choice made there, and those that are to be made. Sets of threads
// are bit masks.
struct step {
    int thread;
    struct operation operation;
    struct operation next[EXPLORE_THREADS]; // of all threads
    unsigned enabled, backtrack, done, asleep;
    int clock[EXPLORE_THREADS]; // steps of each thread that happen before the next of this one
};

static struct {
    const struct exploration *what;
    struct thread threads[EXPLORE_THREADS];
    ucontext_t scheduler;
    const void *scheduler_stack; // ASan's
    size_t scheduler_size;
    int running; // -1: the scheduler
    struct step steps[EXPLORE_STEPS];
    int length;
    int replay;  // so many steps are given
    bool pruned; // this execution was seen in another order: it only runs to its end
} x = {.running = -1};

static struct {
    void *address;
    size_t size;
} locals[LOCALS];
static int local_count;

static void (*signal_handler)(void);
static unsigned long signal_left;

// ---- Coroutines ---------------------------------------------------------------------------------

void explore_thread_local(void *address, size_t size)
{
    if (local_count == LOCALS || size > LOCAL_SIZE)
        abort();
    locals[local_count].address = address;
    locals[local_count++].size = size;
}

static void move_locals(struct thread *thread, bool in)
{
    for (int i = 0; i < local_count; i++)
        if (in)
            memcpy(locals[i].address, thread->locals[i], locals[i].size);
        else
            memcpy(thread->locals[i], locals[i].address, locals[i].size);
}

// Back to the scheduler.
static void leave(struct thread *thread)
{
    move_locals(thread, false);
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(thread->ended ? NULL : &thread->fake_stack, x.scheduler_stack,
                                   x.scheduler_size);
#endif
    swapcontext(&thread->context, &x.scheduler);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(thread->fake_stack, &x.scheduler_stack, &x.scheduler_size);
#endif
    move_locals(thread, true);
}

static void thread_main(int number)
{
    struct thread *thread = &x.threads[number];
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(NULL, &x.scheduler_stack, &x.scheduler_size);
#endif
    move_locals(thread, true);
    x.what->run(number);
    thread->ended = true;
    leave(thread);
}

// Lets a thread do its next operation, and run up to the one behind it.
static void resume(int number)
{
    struct thread *thread = &x.threads[number];
    x.running = number;
    thread->next = (struct operation){0};
#ifdef WITH_ASAN
    void *fake;
    __sanitizer_start_switch_fiber(&fake, thread->stack, STACK);
#endif
    swapcontext(&x.scheduler, &thread->context);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
    x.running = -1;
}

void explore_point(const volatile void *address, bool writes)
{
    if (x.running < 0)
        return;
    explore_signal_point();
    struct thread *thread = &x.threads[x.running];
    thread->next = (struct operation){.address = address, .writes = writes};
    leave(thread);
}

void explore_wait(const volatile bool *flag)
{
    struct thread *thread = &x.threads[x.running];
    thread->next = (struct operation){.address = flag, .until = flag};
    leave(thread);
}

void explore_signal(void (*handler)(void), unsigned long n)
{
    signal_handler = handler;
    signal_left = n;
}

bool explore_signal_now(void)
{
    void (*handler)(void) = signal_handler;
    signal_handler = NULL;
    if (handler)
        handler();
    return handler != NULL;
}

void explore_signal_point(void)
{
    if (x.running == 0 && signal_handler && --signal_left == 0)
        explore_signal_now();
}

static void make_thread(struct thread *thread, int number)
{
    char *stack = thread->stack ? thread->stack : malloc(STACK);
    *thread = (struct thread){.stack = stack};
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = stack;
    thread->context.uc_stack.ss_size = STACK;
    makecontext(&thread->context, (void (*)(void))thread_main, 1, number);
}

// ---- The search ---------------------------------------------------------------------------------

static bool dependent(const struct operation *a, const struct operation *b)
{
    return a->address && a->address == b->address && (a->writes || b->writes);
}

static unsigned enabled_threads(void)
{
    unsigned enabled = 0;
    for (int i = 0; i < x.what->threads; i++) {
        struct thread *thread = &x.threads[i];
        if (!thread->ended && (!thread->next.until || *thread->next.until))
            enabled |= 1u << i;
    }
    return enabled;
}

static int lowest(unsigned set)
{
    return set ? __builtin_ctz(set) : -1;
}

// The last step of another thread that `thread` might have come before, with its next operation; or
// -1.
static int last_race(int thread, const int *clock)
{
    const struct operation *next = &x.threads[thread].next;
    for (int i = x.length - 1; i >= 0; i--) {
        const struct step *step = &x.steps[i];
        if (step->thread != thread && dependent(&step->operation, next))
            return clock[step->thread] >= i + 1 ? -1 : i;
    }
    return -1;
}

// What happened before the next step of a thread.
static const int *clock_of(int thread)
{
    static const int none[EXPLORE_THREADS];
    for (int i = x.length - 1; i >= 0; i--)
        if (x.steps[i].thread == thread)
            return x.steps[i].clock;
    return none;
}

static void add_backtracks(void)
{
    for (int thread = 0; thread < x.what->threads; thread++) {
        if (x.threads[thread].ended)
            continue;
        int race = last_race(thread, clock_of(thread));
        if (race < 0)
            continue;
        struct step *step = &x.steps[race];
        step->backtrack |= step->enabled >> thread & 1 ? 1u << thread : step->enabled;
    }
}

static void tick(struct step *step, int index)
{
    const int *before = clock_of(step->thread); // the step itself is not in the list yet
    memcpy(step->clock, before, sizeof step->clock);
    for (int i = 0; i < index; i++) {
        const struct step *earlier = &x.steps[i];
        if (!dependent(&earlier->operation, &step->operation))
            continue;
        for (int t = 0; t < x.what->threads; t++)
            if (earlier->clock[t] > step->clock[t])
                step->clock[t] = earlier->clock[t];
    }
    step->clock[step->thread] = index + 1;
}

// Those that slept at the step before, or were tried there, and whose next operation does not
// depend on what was done instead.
static unsigned still_asleep(const struct step *before)
{
    unsigned asleep = 0;
    for (int t = 0; t < x.what->threads; t++)
        if ((before->asleep | before->done) >> t & 1 && t != before->thread &&
            !dependent(&before->next[t], &before->operation))
            asleep |= 1u << t;
    return asleep;
}

// A point that this execution is the first to reach. Returns who goes on, or -1: everything from
// here on was seen.
static int new_step(struct step *step, unsigned enabled)
{
    *step = (struct step){.enabled = enabled};
    step->asleep = x.length ? still_asleep(step - 1) : 0;
    int thread = lowest(enabled & ~step->asleep);
    if (thread >= 0)
        step->backtrack = 1u << thread;
    return thread;
}

static void print_execution(FILE *out)
{
    fprintf(out, "%s: the execution, by thread:", x.what->name);
    for (int i = 0; i < x.length; i++)
        fprintf(out, " %d", x.steps[i].thread);
    fputc('\n', out);
}

static void deadlock(void)
{
    fprintf(stderr, "%s: nobody can go on: a wake was lost\n", x.what->name);
    print_execution(stderr);
    abort();
}

static void run_once(void)
{
    for (int i = 0; i < x.what->threads; i++)
        make_thread(&x.threads[i], i);
    x.length = 0;
    x.pruned = false;
    for (;;) {
        unsigned enabled = enabled_threads();
        if (!enabled)
            break;
        if (x.pruned) {
            resume(lowest(enabled));
            continue;
        }
        if (x.length == EXPLORE_STEPS) {
            fprintf(stderr, "%s: an execution of more than %d steps\n", x.what->name,
                    EXPLORE_STEPS);
            abort();
        }
        struct step *step = &x.steps[x.length];
        add_backtracks();
        int thread = x.length < x.replay ? step->thread : new_step(step, enabled);
        if (thread < 0) {
            x.pruned = true;
            continue;
        }
        step->thread = thread;
        for (int t = 0; t < x.what->threads; t++)
            step->next[t] = x.threads[t].next; // again, too: memory may be elsewhere this time
        step->operation = step->next[thread];
        step->done |= 1u << thread;
        tick(step, x.length);
        x.length++;
        resume(thread);
    }
    for (int t = 0; t < x.what->threads; t++)
        if (!x.threads[t].ended)
            deadlock();
}

// Cuts the execution where another choice is left, and makes it. False: there is none.
static bool next_execution(void)
{
    for (int i = x.length - 1; i >= 0; i--) {
        struct step *step = &x.steps[i];
        int thread = lowest(step->backtrack & ~step->done & ~step->asleep);
        if (thread < 0)
            continue;
        step->thread = thread;
        x.replay = i + 1;
        return true;
    }
    return false;
}

unsigned long explore(const struct exploration *what)
{
    unsigned long executions = 0;
    x.what = what;
    x.replay = 0;
    do {
        if (what->begin)
            what->begin();
        run_once();
        if (what->end)
            what->end();
        executions += !x.pruned;
    } while (next_execution());
    for (int i = 0; i < EXPLORE_THREADS; i++) {
        free(x.threads[i].stack);
        x.threads[i].stack = NULL;
    }
    return executions;
}
