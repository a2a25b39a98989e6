// explore.h - runs a few threads in every order of their atomic operations that can make a
// difference.
//
// The threads are coroutines of one real thread, and switch where atomics.h says so. An execution
// is the list of who went first at each point; after each one, the explorer goes back to the last
// point where another choice could lead to another outcome, and runs everything again from the
// start. Which choices those are is found by dynamic partial order reduction (C. Flanagan, P.
// Godefroid: "Dynamic partial-order reduction for model checking software", POPL 2005), with sleep
// sets: two operations on different objects, or two reads, can change places without anybody
// noticing.
//
// An execution in which nobody can go on, and not all have ended, is a deadlock: a lost wake.
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stddef.h>

#include "atomics.h"

enum {
    EXPLORE_THREADS = 4,
    EXPLORE_STEPS = 400
};

struct exploration {
    const char *name;
    int threads;
    void (*run)(int thread); // what each of them does
    void (*begin)(void);     // before each execution
    void (*end)(void);       // after it, when all threads have ended
};

// Explores all executions and returns how many there were. Aborts, with the execution on stderr, on
// a deadlock; what the threads find wrong they report by aborting, too.
unsigned long explore(const struct exploration *exploration);

// A thread-local variable of the code under test, which has a value of its own in each coroutine.
void explore_thread_local(void *address, size_t size);

// The running thread waits until *flag is set, by somebody who calls explore_point for it.
void explore_wait(const volatile bool *flag);

// Calls `handler` at the n-th point from here on where a signal may come to thread 0: at an atomic
// operation, or at a fence that is there for signal handlers.
void explore_signal(void (*handler)(void), unsigned long n);

// The thread sleeps: a handler that is still to come is called now. Returns whether there was one.
bool explore_signal_now(void);

#endif
