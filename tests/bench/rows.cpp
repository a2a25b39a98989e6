// rows.cpp - the rows as C++20 coroutines: lazy tasks with symmetric transfer, frames from a free list a size, or from
// malloc with -DNO_POOL.
#include "bench.h"
#include "chain.h"

#include <coroutine>
#include <cstddef>
#include <cstdlib>

#define OPAQUE __attribute__((noinline))

long bench_never = -1;

namespace
{

std::coroutine_handle<> innermost; // what the driver resumes next

struct pool {
    struct node {
        node *next;
    };
    static inline node *free_list[64];

    static void *get(std::size_t size)
    {
#ifndef NO_POOL
        std::size_t c = (size + 31) / 32;
        if (c < 64) {
            node *n = free_list[c];
            if (!n)
                return std::malloc(c * 32);
            free_list[c] = n->next;
            return n;
        }
#endif
        return std::malloc(size);
    }

    static void put(void *p, std::size_t size)
    {
#ifndef NO_POOL
        std::size_t c = (size + 31) / 32;
        if (c < 64) {
            node *n = static_cast<node *>(p);
            n->next = free_list[c];
            free_list[c] = n;
            return;
        }
#else
        (void)size;
#endif
        std::free(p);
    }
};

struct task {
    struct promise_type;
    using handle = std::coroutine_handle<promise_type>;

    struct last {
        bool await_ready() const noexcept
        {
            return false;
        }
        std::coroutine_handle<> await_suspend(handle h) const noexcept
        {
            return h.promise().parent;
        }
        void await_resume() const noexcept
        {
        }
    };

    struct promise_type {
        std::coroutine_handle<> parent = std::noop_coroutine();
        long result = 0;

        static void *operator new(std::size_t size)
        {
            return pool::get(size);
        }
        static void operator delete(void *p, std::size_t size)
        {
            pool::put(p, size);
        }
        task get_return_object()
        {
            return task{handle::from_promise(*this)};
        }
        std::suspend_always initial_suspend() const noexcept
        {
            return {};
        }
        last final_suspend() const noexcept
        {
            return {};
        }
        void return_value(long v)
        {
            result = v;
        }
        void unhandled_exception()
        {
            std::abort();
        }
    };

    handle h;

    explicit task(handle h) : h(h)
    {
    }
    task(task &&other) noexcept : h(other.h)
    {
        other.h = nullptr;
    }
    ~task()
    {
        if (h)
            h.destroy();
    }
    bool await_ready() const noexcept
    {
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) const noexcept
    {
        h.promise().parent = parent;
        return h;
    }
    long await_resume() const noexcept
    {
        return h.promise().result;
    }
};

struct once {
    bool await_ready() const noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> h) const noexcept
    {
        innermost = h;
    }
    void await_resume() const noexcept
    {
    }
};

task step(long a, long b)
{
    if (b == bench_never)
        co_await once{};
    co_return bench_mix(a, b);
}

OPAQUE task opaque_step(long a, long b)
{
    if (b == bench_never)
        co_await once{};
    co_return bench_mix(a, b);
}

task ready_visible(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = co_await step(sum, i);
    co_return sum;
}

task ready_opaque(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = co_await opaque_step(sum, i);
    co_return sum;
}

OPAQUE task leaf_1(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++) {
        co_await once{};
        sum = bench_mix(sum, i);
    }
    co_return sum;
}

#define LEAF_LEVEL(up, below) \
    OPAQUE task leaf_##up(long n) \
    { \
        co_return co_await leaf_##below(n); \
    }
CHAIN_64(LEAF_LEVEL)

task leafloop_1(long n)
{
    co_return co_await leaf_1(n);
}

task leafloop_64(long n)
{
    co_return co_await leaf_64(n);
}

OPAQUE task root_1(long a)
{
    co_await once{};
    co_return bench_mix(a, 1);
}

#define ROOT_LEVEL(up, below) \
    OPAQUE task root_##up(long a) \
    { \
        co_return bench_mix(co_await root_##below(a), up); \
    }
CHAIN_16(ROOT_LEVEL)

task rootloop_16(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum = co_await root_16(sum);
    co_return sum;
}

task fib_of(long n)
{
    if (n < 2) {
        co_await once{};
        co_return n;
    }
    long first = co_await fib_of(n - 1);
    co_return first + co_await fib_of(n - 2);
}

task fib(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += co_await fib_of(25);
    co_return sum;
}

using start = task (*)(long);
const start suspend_start = leaf_1, visible_start = ready_visible, opaque_start = ready_opaque,
            leafloop_1_start = leafloop_1, leafloop_64_start = leafloop_64, rootloop_start = rootloop_16,
            fib_start = fib;

long run(const bench_row *row, long n)
{
    task root = (*static_cast<const start *>(row->what))(n);
    innermost = root.h;
    while (!root.h.done())
        innermost.resume();
    return root.h.promise().result;
}

} // namespace

int main(int argc, char **argv)
{
    static const bench_row rows[] = {
        {"ready_visible", run, &visible_start},   {"ready_opaque", run, &opaque_start},
        {"suspend", run, &suspend_start},         {"leafloop_1", run, &leafloop_1_start},
        {"leafloop_64", run, &leafloop_64_start}, {"rootloop_16", run, &rootloop_start},
        {"fib", run, &fib_start},                 {nullptr, nullptr, nullptr},
    };
    return bench_main(argc, argv, rows);
}
