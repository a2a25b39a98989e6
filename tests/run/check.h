// check.h - for tests that check themselves: a trace of what ran, and counted checks.
#ifndef TESTS_RUN_CHECK_H
#define TESTS_RUN_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static char trace_text[512];
static int check_count, check_failures;

static inline void trace(char name)
{
    size_t length = strlen(trace_text);
    if (length + 1 < sizeof trace_text)
        trace_text[length] = name;
}

static inline void check_at(int line, bool good, const char *what)
{
    check_count++;
    if (!good) {
        check_failures++;
        printf("line %d: %s\n", line, what);
    }
}

static inline void check_trace_at(int line, const char *expected)
{
    check_count++;
    if (strcmp(trace_text, expected) != 0) {
        check_failures++;
        printf("line %d: trace '%s', expected '%s'\n", line, trace_text, expected);
    }
    memset(trace_text, 0, sizeof trace_text);
}

// The condition is evaluated before; the text is for the message.
#define CHECK(condition) check_at(__LINE__, condition, #condition)
#define TRACE(expected) check_trace_at(__LINE__, expected)

static inline int check_summary(const char *name)
{
    printf("%s: %d checks, %d failed\n", name, check_count, check_failures);
    return check_failures != 0;
}

// A plain and an async function that leave their name and give their value.
static inline int p(char name, int value)
{
    trace(name);
    return value;
}

static inline int *pp(char name, int *value)
{
    trace(name);
    return value;
}

static inline async int a(char name, int value)
{
    await async_yield();
    trace(name);
    return value;
}

// The same for a pointer.
static inline async int *ap(char name, int *value)
{
    await async_yield();
    trace(name);
    return value;
}

// Stores and gives a value, after a suspension.
static inline async int set(int *where, int value)
{
    await async_yield();
    *where = value;
    return value;
}

#endif
