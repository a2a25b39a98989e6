// test_left.h - what is left behind by a test, as problems of it.
#ifndef ASYNCC_RUNTIME_TEST_LEFT_H
#define ASYNCC_RUNTIME_TEST_LEFT_H

#include "executor.h"

#pragma GCC visibility push(hidden)

// Before the test: the descriptors that are open are none of its.
void left_remember(void);
void left_forget(void);

// Tasks that are not done, but for that of async_block_on; and scripts with steps left.
unsigned left_running(struct async_executor *executor);

// Before the executor is closed: tasks, handles, timers.
void left_tell_tasks(struct async_executor *executor);

// Afterwards: descriptors and memory.
void left_tell_rest(void);

#pragma GCC visibility pop
#endif
