// net_support.h - for the tests of what works on descriptors: running and starting one operation,
// and that no descriptor leaks.
#ifndef NET_SUPPORT_H
#define NET_SUPPORT_H

#include "descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);

// Runs one operation to its end: its result.
#define NOW(NAME, ...)                                     \
    __extension__({                                        \
        struct NAME##_future now_;                         \
        NAME##_future_init(&now_, __VA_ARGS__);            \
        async_block_on_future(&NAME##_future_type, &now_); \
        now_.result;                                       \
    })

// Starts a task of one operation.
#define START(NAME, ...)                                                    \
    __extension__({                                                         \
        struct NAME##_future *start_ = async_task_new(&NAME##_future_type); \
        assert_non_null(start_);                                            \
        NAME##_future_init(start_, __VA_ARGS__);                            \
        async_task_start(start_);                                           \
    })

static inline void nap(uint64_t ms)
{
    struct async_sleep_ms_future f;
    async_sleep_ms_future_init(&f, ms);
    async_block_on_future(&async_sleep_ms_future_type, &f);
}

// Lets tasks go on until this one is done.
static inline void wait_for(struct async_task *task)
{
    for (int i = 0; i < 10000 && !async_task_done(task); i++)
        nap(1);
    assert_true(async_task_done(task));
}

// The result of a task that ends by now, or soon.
#define RESULT(TASK, TYPE)                             \
    __extension__({                                    \
        struct async_task *task_ = (TASK);             \
        wait_for(task_);                               \
        TYPE result_ = async_task_result(task_, TYPE); \
        async_detach(task_);                           \
        result_;                                       \
    })

// Lets the task begin to wait, sees that it does, and cancels it.
static inline void cancel_pending(struct async_task *task)
{
    nap(1);
    assert_false(async_task_done(task));
    async_cancel(task);
    async_detach(task);
}

#define DESCRIPTOR_TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, count_descriptors, no_descriptor_leaks)

#endif
