// async.h - the keywords of async C. Include it behind the headers of others, for `async`, `await`
// and `defer` are macros; among our own headers the order is free.
//
//     #include <asyncc/time.h>
//     #include <asyncc/async.h>
//
//     static async int nap(int ms) { await async_sleep_ms(ms); return ms; }
//     async int main(void) { return await nap(10) + await nap(20) == 30 ? 0 : 1; }
//
//     asyncc nap.c -o nap.out.c && cc -Iinclude nap.out.c build/lib/libasyncc.a -lpthread
//
// Three views of one file:
//  - source view (asyncc, clangd, linters): the keywords keep the types of what they stand before,
//    so any C front end checks async code like other code. Compiled by accident, a call of an
//    async function is an error that names asyncc.
//  - translated view (the output of asyncc, which defines ASYNCC_TRANSLATED first): the runtime's
//    types.
//  - blocking view (-DASYNCC_BLOCKING): async functions are plain functions and await is a plain
//    call, for comparing results in tests. Needs GNU C, and `defer` takes a block there.
//
// ASYNCC_NO_KEYWORDS before the include leaves async, await, defer and async_fn undefined;
// asyncc_async, asyncc_await, asyncc_defer and asyncc_fn always exist.
#ifndef ASYNCC_ASYNC_H
#define ASYNCC_ASYNC_H

#include <asyncc/future.h>

struct async_task;

#if defined(ASYNCC_TRANSLATED)
// What asyncc left in place: prototypes, and async functions of headers, which it translated
// elsewhere.
#define asyncc_async __attribute__((__unused__))
#define asyncc_call_convention
#elif defined(__ASYNCC__)
// The calling convention makes an async function's type distinct, so that the front end refuses to
// mix async and plain function pointers. No call with this convention is ever compiled.
#if defined(__x86_64__) || defined(__aarch64__)
#define asyncc_call_convention __attribute__((preserve_most))
#define asyncc_async __attribute__((preserve_most, annotate("asyncc.async")))
#else
#define asyncc_call_convention __attribute__((swiftcall))
#define asyncc_async __attribute__((swiftcall, annotate("asyncc.async")))
#endif
#elif defined(ASYNCC_BLOCKING)
#define asyncc_async
#define asyncc_call_convention
#else
// Not translated. A header may declare async functions to plain C, but calling one is an error. It
// comes with the call's machine code, which is not to be optimized away. (clang does so all the
// same where a static function gets constants only.)
#if defined(__clang__)
#define asyncc_kept_call __noinline__, __optnone__
#elif defined(__GNUC__) && __GNUC__ >= 8
#define asyncc_kept_call __noipa__
#else
#define asyncc_kept_call __noinline__
#endif
#define asyncc_async                                                                            \
    __attribute__((__error__("async functions must be translated first: asyncc FILE.c -o "      \
                             "OUT.c (or name it in CMake: asyncc_target(TARGET SOURCES ...))"), \
                   asyncc_kept_call))
#define asyncc_call_convention
#endif

#define asyncc_await __extension__

#if defined(ASYNCC_BLOCKING)
#define ASYNCC_JOIN_(a, b) a##b
#define ASYNCC_JOIN(a, b) ASYNCC_JOIN_(a, b)
#define asyncc_defer ASYNCC_DEFER(__COUNTER__)
#define ASYNCC_DEFER(n) \
    ASYNCC_DEFER_(ASYNCC_JOIN(asyncc_defer_, n), ASYNCC_JOIN(asyncc_deferred_, n))
#define ASYNCC_DEFER_(fn, var)                             \
    auto void fn(char *);                                  \
    __attribute__((__cleanup__(fn), __unused__)) char var; \
    void fn(__attribute__((__unused__)) char *asyncc_unused)
#else
#define asyncc_defer while (0)
#endif

#if defined(ASYNCC_TRANSLATED)
#define asyncc_fn(T, PARAMETERS) async_fn_pointer
#else
#define asyncc_fn(T, PARAMETERS) __typeof__(T(asyncc_call_convention *) PARAMETERS)
#endif

#ifndef ASYNCC_NO_KEYWORDS
#define async asyncc_async
#define await asyncc_await
#define defer asyncc_defer
#define async_fn(T, PARAMETERS) asyncc_fn(T, PARAMETERS)
#endif

// ---- Many at once -------------------------------------------------------------------------------
//
// Each operand is `f(x)` or `lvalue = f(x)`, f an async function. In an async function:
//
//     await async_join(a = f(x), g(y), ...)
//         All run, all finish; results land in the lvalues.
//     int first = await async_select(a = f(x), g(y), ...)
//         The index of the first to finish; the others are dropped.
//     int status = await async_timeout_ms(ms, a = f(x))
//         0, or -ETIMEDOUT, and then f was dropped.
//
// Anywhere in a translated file:
//
//     struct async_task *task = async_spawn(f(x))
//         A task of its own on this thread's executor; NULL with no memory left, and then nothing
//         ran (see asyncc/task.h).
//     int status = async_group_spawn(&group, f(x))
//         A task of a group, which ends with the block that declares the group (asyncc/group.h).
//     a = async_block_on(f(x))
//         Runs f to its end on this thread's executor; its value is f's. From plain C.
#define async_join(...) async_form_join((__VA_ARGS__, 0))
#define async_select(...) async_form_select((__VA_ARGS__, 0))
#define async_timeout_ms(ms, ...) async_form_timeout_ms((ms), (__VA_ARGS__, 0))
#define async_spawn(...) async_form_spawn((__VA_ARGS__, 0))
#define async_block_on(...) __extension__(__VA_ARGS__)

#if !defined(ASYNCC_BLOCKING)
asyncc_async void async_form_join(int operands);
asyncc_async int async_form_select(int operands);
asyncc_async int async_form_timeout_ms(uint64_t ms, int operands);
struct async_task *async_form_spawn(int operand);
#endif

// The result of a task that async_task_join reported as finished (status 0), as a value of type T.
// Valid until the handle is given up.
#define async_task_result(task, T) (*(T *)async_task_result_at(task))
void *async_task_result_at(struct async_task *task);

#endif
