// frames.cpp - the programs of frames.c as C++20 coroutines; prints the most bytes of coroutine frames that are alive
// at once. Join and select start each operand as a coroutine.
#include "frames.h"

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

namespace
{

std::size_t alive, most;
std::coroutine_handle<> innermost[8];
int suspended;

template <class T> struct value_of {
    T result{};
    void return_value(T v)
    {
        result = v;
    }
};

template <> struct value_of<void> {
    void return_void()
    {
    }
};

template <class T> struct task {
    struct promise_type : value_of<T> {
        std::coroutine_handle<> parent = std::noop_coroutine();
        static void *operator new(std::size_t size)
        {
            alive += size;
            most = alive > most ? alive : most;
            return ::operator new(size);
        }
        static void operator delete(void *p, std::size_t size)
        {
            alive -= size;
            ::operator delete(p);
        }
        task get_return_object()
        {
            return task{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() const noexcept
        {
            return {};
        }
        auto final_suspend() const noexcept
        {
            struct last {
                bool await_ready() const noexcept
                {
                    return false;
                }
                std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept
                {
                    return h.promise().parent;
                }
                void await_resume() const noexcept
                {
                }
            };
            return last{};
        }
        void unhandled_exception()
        {
            std::abort();
        }
    };

    std::coroutine_handle<promise_type> h;

    explicit task(std::coroutine_handle<promise_type> h) : h(h)
    {
    }
    task(task &&other) noexcept : h(std::exchange(other.h, nullptr))
    {
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
    T await_resume() const noexcept
    {
        if constexpr (!std::is_void_v<T>)
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
        innermost[suspended++] = h;
    }
    void await_resume() const noexcept
    {
    }
};

// Starts `count` tasks, then goes on: what is measured is their frames.
struct several {
    task<int> *tasks;
    int count;
    bool await_ready() const noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> h)
    {
        for (int i = 0; i < count; i++)
            tasks[i].h.resume();
        innermost[0] = h;
        suspended = 1;
    }
    void await_resume() const noexcept
    {
    }
};

task<int> leaf3()
{
    int a = value(), b = value(), c = value();
    co_await once{};
    co_return a + b + c;
}

task<void> scopes2()
{
    {
        char a[1024];
        fill(a, sizeof a);
        co_await once{};
        use(a, sizeof a);
    }
    {
        char b[1024];
        fill(b, sizeof b);
        co_await once{};
        use(b, sizeof b);
    }
}

task<int> notlive()
{
    int n;
    {
        char a[1024];
        fill(a, sizeof a);
        n = use(a, sizeof a);
    }
    co_await once{};
    co_return n;
}

task<int> argmove(big big)
{
    struct big mine = big;
    co_await once{};
    co_return use(mine.bytes, sizeof mine.bytes);
}

task<int> chain_1(int n)
{
    int a = value() + n;
    co_await once{};
    co_return a;
}

#define CHAIN(up, below) \
    task<int> chain_##up(int n) \
    { \
        int a = value() + n; \
        co_return a + co_await chain_##below(a + 1); \
    }
CHAIN(2, 1)
CHAIN(3, 2)
CHAIN(4, 3)
CHAIN(5, 4)
CHAIN(6, 5)
CHAIN(7, 6)
CHAIN(8, 7)

task<int> join2()
{
    task<int> both[] = {leaf3(), leaf3()};
    co_await several{both, 2};
    co_return both[0].await_resume() + both[1].await_resume();
}

task<int> loop4k(int n)
{
    char a[4096];
    for (int i = 0; i < n; i++) {
        fill(a, sizeof a);
        co_await once{};
        use(a, sizeof a);
        co_await once{};
    }
    co_return use(a, sizeof a);
}

task<int> select2()
{
    task<int> both[] = {leaf3(), leaf3()};
    co_await several{both, 2};
    co_return both[0].await_resume();
}

task<int> scopes_scalar(int n)
{
    int sum = n;
    {
        long a = value(), b = value();
        co_await once{};
        sum += (int)(a + b);
    }
    {
        int a = value(), b = value(), c = value();
        co_await once{};
        sum += a + b + c;
    }
    co_return sum;
}

task<int> padding()
{
    char a = (char)value();
    long b = value();
    short c = (short)value();
    long d = value();
    char e = (char)value();
    co_await once{};
    co_return (int)(a + b + c + d + e);
}

task<long> handover(big big)
{
    co_await once{};
    long n = use(big.bytes, sizeof big.bytes);
    struct big next = {{0}};
    fill(next.bytes, sizeof next.bytes);
    co_await once{};
    co_return n + use(next.bytes, sizeof next.bytes);
}

task<int> quarter()
{
    char a[256];
    fill(a, sizeof a);
    co_await once{};
    co_return use(a, sizeof a);
}

task<int> siblings(int n)
{
    int sum = co_await quarter();
    if (n > 1)
        sum += co_await quarter();
    else
        sum += co_await leaf3();
    co_return sum;
}

task<int> child_then_buffer()
{
    int sum = co_await quarter();
    char a[256];
    fill(a, sizeof a);
    co_await once{};
    co_return sum + use(a, sizeof a);
}

task<big> result_big()
{
    big big;
    fill(big.bytes, sizeof big.bytes);
    co_await once{};
    co_return big;
}

task<int> pass_1(big big)
{
    co_await once{};
    co_return use(big.bytes, sizeof big.bytes);
}

task<int> pass_2(big big)
{
    co_return co_await pass_1(big);
}

task<int> pass_down(big big)
{
    co_return co_await pass_2(big);
}

task<int> join_many()
{
    task<int> all[] = {leaf3(), leaf3(), leaf3(), leaf3()};
    co_await several{all, 4};
    co_return all[0].await_resume();
}

task<long> loop_mixed(int n)
{
    long sum = 0;
    for (int i = 0; i < n; i++) {
        long before = value();
        co_await once{};
        long after = value();
        sum += before * after;
    }
    co_await once{};
    co_return sum;
}

task<int> expression(int n)
{
    co_return co_await chain_1(n) + co_await chain_1(n + 1) * co_await chain_1(n + 2);
}

template <class T> void show(const char *name, task<T> root)
{
    root.h.resume();
    while (!root.h.done()) {
        std::coroutine_handle<> next = innermost[0];
        suspended = 0;
        next.resume();
    }
    std::printf("%s %zu\n", name, most);
}

} // namespace

// Through a pointer, so that no root's frame becomes a part of main's.
#define SHOW(name, f, ...) \
    { \
        auto *volatile start = f; \
        alive = most = 0; \
        suspended = 0; \
        show(name, start(__VA_ARGS__)); \
    }

int main()
{
    big big = {};
    SHOW("leaf3", leaf3)
    SHOW("scopes2", scopes2)
    SHOW("notlive", notlive)
    SHOW("argmove", argmove, big)
    SHOW("chain8", chain_8, 1)
    SHOW("join2", join2)
    SHOW("loop4k", loop4k, 1)
    SHOW("select2", select2)
    SHOW("scopes_scalar", scopes_scalar, 1)
    SHOW("padding", padding)
    SHOW("handover", handover, big)
    SHOW("siblings", siblings, 1)
    SHOW("child_then_buffer", child_then_buffer)
    SHOW("result_big", result_big)
    SHOW("pass_down", pass_down, big)
    SHOW("join_many", join_many)
    SHOW("loop_mixed", loop_mixed, 1)
    SHOW("expression", expression, 1)
    return 0;
}
