// asio.cpp - the runtime's rows on Asio's C++20 coroutines, one thread, without locks. It has no mutex and no oneshot.
#include "row.h"

#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

using asio::awaitable;
using asio::detached;
using asio::use_awaitable;
using channel = asio::experimental::channel<void(asio::error_code, long)>;
using timer = asio::steady_timer;

static asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);

static void report(const char *row, double start, long n, long sum)
{
    row_print(row, (row_now() - start) / (double)n, sum);
}

// Who waits for a batch.
struct group {
    long left, total = 0;
    timer done;

    explicit group(long n) : left(n), done(context, timer::time_point::max())
    {
    }

    void leave()
    {
        if (!--left)
            done.cancel();
    }

    awaitable<void> wait()
    {
        asio::error_code error;
        if (left)
            co_await done.async_wait(asio::redirect_error(use_awaitable, error));
    }
};

static awaitable<long> child(long argument)
{
    co_return row_value(argument);
}

static awaitable<void> spawn_join(long n)
{
    double start = row_now();
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += co_await asio::co_spawn(context, child(i), use_awaitable);
    report("spawn_join", start, n, sum);
}

static awaitable<void> batch_child(group &all, long argument)
{
    all.total += row_value(argument);
    all.leave();
    co_return;
}

static awaitable<void> spawn_batch(long n)
{
    double start = row_now();
    group all(n);
    for (long i = 0; i < n; i++)
        asio::co_spawn(context, batch_child(all, i), detached);
    co_await all.wait();
    report("spawn_batch", start, n, all.total);
}

static long armed;

static awaitable<void> sleeper(group &all, long ms)
{
    armed++;
    timer t(context, std::chrono::milliseconds(ms));
    co_await t.async_wait(use_awaitable);
    all.leave();
}

static awaitable<void> yield()
{
    co_await asio::post(context, use_awaitable);
}

static awaitable<void> spawn_sleepers(group &all, long n)
{
    for (long i = 0; i < n; i++)
        asio::co_spawn(context, sleeper(all, row_sleep_ms(i)), detached);
    while (armed < n)
        co_await yield();
}

static awaitable<void> sleep_rows(long n)
{
    double rss = row_rss(), start = row_now();
    group all(n);
    co_await spawn_sleepers(all, n);
    report("sleep_create", start, n, armed);
    row_print("sleep_rss", (row_rss() - rss) / (double)n, armed);
    double cpu = row_cpu();
    co_await all.wait();
    row_print("sleep_fire", (row_cpu() - cpu) / (double)n, armed - all.left);
}

static awaitable<void> timeout_cancel(long n)
{
    setenv("BENCH_LEAD_MS", ROW_OTHERS_MS, 1);
    static group all(ROW_OTHERS);
    co_await spawn_sleepers(all, ROW_OTHERS);
    double start = row_now();
    long sum = 0;
    timer limit(context);
    for (long i = 0; i < n; i++) {
        limit.expires_after(std::chrono::milliseconds(ROW_TIMEOUT_MS));
        limit.async_wait([](asio::error_code) {});
        co_await yield();
        sum += limit.cancel() == 1;
    }
    report("timeout_cancel", start, n, sum);
}

static awaitable<void> turn_taker(group &all, long n)
{
    for (; n > 0; n--) {
        all.total++;
        co_await asio::post(context, use_awaitable);
    }
    all.leave();
}

static awaitable<void> yield_pp(long n)
{
    double start = row_now();
    group all(2);
    for (int i = 0; i < 2; i++)
        asio::co_spawn(context, turn_taker(all, n / 2), detached);
    co_await all.wait();
    report("yield_pp", start, n, all.total);
}

static awaitable<void> pong(channel &in, channel &out, long n)
{
    for (; n > 0; n--) {
        long item = co_await in.async_receive(use_awaitable);
        co_await out.async_send(asio::error_code(), item + 1, use_awaitable);
    }
}

static awaitable<void> chan_pp(long n)
{
    double start = row_now();
    static channel out(context, 1), in(context, 1);
    long sum = 0;
    asio::co_spawn(context, pong(out, in, n / 2), detached);
    for (long i = 0; i < n / 2; i++) {
        co_await out.async_send(asio::error_code(), i, use_awaitable);
        sum += co_await in.async_receive(use_awaitable);
    }
    report("chan_pp", start, n, sum);
}

static awaitable<void> producer(channel &out, long n)
{
    for (long i = 0; i < n; i++)
        co_await out.async_send(asio::error_code(), row_value(i), use_awaitable);
}

static awaitable<void> messages(const char *row, int producers, long n)
{
    double start = row_now();
    static channel in(context, ROW_CAPACITY);
    long sum = 0;
    for (int i = 0; i < producers; i++)
        asio::co_spawn(context, producer(in, n / producers), detached);
    for (long left = n / producers * producers; left > 0; left--)
        sum += co_await in.async_receive(use_awaitable);
    report(row, start, n, sum);
}

static awaitable<void> mpsc1(long n)
{
    return messages("mpsc1", 1, n);
}

static awaitable<void> mpsc4(long n)
{
    return messages("mpsc4", 4, n);
}

static awaitable<void> root(std::function<awaitable<void>(long)> run, long n)
{
    co_await run(n);
    fflush(stdout);
    _Exit(0); // others may still sleep
}

int main(int argc, char **argv)
{
    const std::map<std::string, std::function<awaitable<void>(long)>> rows = {
        {"spawn_join", spawn_join}, {"spawn_batch", spawn_batch}, {"sleep", sleep_rows},
        {"timeout_cancel", timeout_cancel}, {"yield_pp", yield_pp}, {"chan_pp", chan_pp},
        {"mpsc1", mpsc1}, {"mpsc4", mpsc4},
    };
    auto row = argc == 3 ? rows.find(argv[1]) : rows.end();
    if (row == rows.end()) {
        fprintf(stderr, "usage: %s ROW N\n", argv[0]);
        return 2;
    }
    asio::co_spawn(context, root(row->second, atol(argv[2])), detached);
    context.run();
    return 0;
}
