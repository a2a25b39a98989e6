// blocking.h - the blocking view of an async program: what its awaits call, as plain functions that return at once.
//
//     gcc -DASYNCC_BLOCKING -include tests/diff/blocking.h -Iinclude PROGRAM.c
//
// There is one thread of control, so this is for programs whose output does not depend on what runs beside what: a join
// runs its operands one after the other, time does not pass, and nothing is ever cancelled. async_select and async_spawn
// are missing: what they mean is concurrency.
#ifndef TESTS_DIFF_BLOCKING_H
#define TESTS_DIFF_BLOCKING_H

#include <stdint.h>

__attribute__((__unused__)) static void async_yield(void)
{
}

__attribute__((__unused__)) static void async_sleep_ms(uint64_t ms)
{
    (void)ms;
}

__attribute__((__unused__)) static void async_executor_close(void)
{
}

#define async_form_join(operands) ((void)(operands))
#define async_form_timeout_ms(ms, operands) ((void)(ms), (void)(operands), 0)

#endif
