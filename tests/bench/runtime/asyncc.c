// asyncc.c - the runtime's rows as async C. The same bodies are in hand.c, libuv.c, asio.cpp, runtime.go and
// ../tokio/src/bin/runtime.rs.
#include "row.h"

#include <asyncc/channel.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static struct async_wait_group all;
static long total; // what tasks that nobody joins have summed up

static struct async_task *started(struct async_task *task)
{
    if (!task)
        abort();
    return task;
}

static void report(const char *row, double start, long n, long checksum)
{
    row_print(row, (row_now() - start) / (double)n, checksum);
}

// ---- Spawn and join

static async long child(long argument)
{
    return row_value(argument);
}

static async void spawn_join(long n)
{
    double start = row_now();
    long sum = 0;
    for (long i = 0; i < n; i++) {
        struct async_task *task = started(async_spawn(child(i)));
        if (await async_task_join(task) == 0)
            sum += async_task_result(task, long);
        async_detach(task);
    }
    report("spawn_join", start, n, sum);
}

static async void batch_child(long argument)
{
    total += row_value(argument);
    async_wait_group_done(&all);
}

static async void spawn_batch(long n)
{
    double start = row_now();
    async_wait_group_add(&all, (size_t)n);
    for (long i = 0; i < n; i++)
        async_detach(started(async_spawn(batch_child(i))));
    await async_wait_group_wait(&all);
    report("spawn_batch", start, n, total);
}

// ---- Sleep

static long armed;

static async void sleeper(long ms)
{
    armed++;
    await async_sleep_ms((uint64_t)ms);
    async_wait_group_done(&all);
}

static async void spawn_sleepers(long n)
{
    async_wait_group_add(&all, (size_t)n);
    for (long i = 0; i < n; i++)
        async_detach(started(async_spawn(sleeper(row_sleep_ms(i)))));
    while (armed < n)
        await async_yield();
}

static async void sleep_rows(long n)
{
    double rss = row_rss(), start = row_now();
    await spawn_sleepers(n);
    report("sleep_create", start, n, armed);
    row_print("sleep_rss", (row_rss() - rss) / (double)n, armed);
    double cpu = row_cpu();
    await async_wait_group_wait(&all);
    row_print("sleep_fire", (row_cpu() - cpu) / (double)n, armed - (long)all.pending);
}

static async void timeout_cancel(long n)
{
    setenv("BENCH_LEAD_MS", ROW_OTHERS_MS, 1);
    await spawn_sleepers(ROW_OTHERS);
    double start = row_now();
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += await async_timeout_ms(ROW_TIMEOUT_MS, async_yield()) == 0;
    report("timeout_cancel", start, n, sum);
}

// ---- Yield

static async void turn_taker(long n)
{
    for (; n > 0; n--) {
        total++;
        await async_yield();
    }
    async_wait_group_done(&all);
}

static async void yield_pp(long n)
{
    double start = row_now();
    async_wait_group_add(&all, 2);
    for (int i = 0; i < 2; i++)
        async_detach(started(async_spawn(turn_taker(n / 2))));
    await async_wait_group_wait(&all);
    report("yield_pp", start, n, total);
}

// ---- Channels

static async void pong(struct async_channel *in, struct async_channel *out, long n)
{
    long item;
    for (; n > 0; n--) {
        (void)await async_channel_receive(in, &item);
        item++;
        (void)await async_channel_send(out, &item);
    }
}

static async void chan_pp(long n)
{
    static long room[2][1];
    static struct async_channel out = ASYNC_CHANNEL(room[0]), in = ASYNC_CHANNEL(room[1]);
    double start = row_now();
    long item, sum = 0;
    async_detach(started(async_spawn(pong(&out, &in, n / 2))));
    for (long i = 0; i < n / 2; i++) {
        (void)await async_channel_send(&out, &i);
        (void)await async_channel_receive(&in, &item);
        sum += item;
    }
    report("chan_pp", start, n, sum);
}

static async void producer(struct async_channel *out, long n)
{
    for (long i = 0; i < n; i++) {
        long item = row_value(i);
        (void)await async_channel_send(out, &item);
    }
}

static async void mpsc(const char *name, int producers, long n)
{
    static long room[ROW_CAPACITY];
    static struct async_channel in = ASYNC_CHANNEL(room);
    double start = row_now();
    long item, sum = 0;
    for (int i = 0; i < producers; i++)
        async_detach(started(async_spawn(producer(&in, n / producers))));
    for (long left = n / producers * producers; left > 0; left--) {
        (void)await async_channel_receive(&in, &item);
        sum += item;
    }
    report(name, start, n, sum);
}

static async void mpsc1(long n)
{
    await mpsc("mpsc1", 1, n);
}

static async void mpsc4(long n)
{
    await mpsc("mpsc4", 4, n);
}

static async void oneshot_ready(long n)
{
    double start = row_now();
    long sum = 0;
    for (long i = 0; i < n; i++) {
        long room[1], item = row_value(i);
        struct async_channel oneshot = ASYNC_CHANNEL(room);
        (void)async_channel_send_last(&oneshot, &item);
        if (await async_channel_receive(&oneshot, &item) == 0)
            sum += item;
    }
    report("oneshot_ready", start, n, sum);
}

static async void oneshot_sender(struct async_channel *to, long argument)
{
    long item = row_value(argument);
    (void)async_channel_send_last(to, &item);
}

static async void oneshot_task(long n)
{
    static long room[1];
    static struct async_channel oneshot;
    double start = row_now();
    long item, sum = 0;
    for (long i = 0; i < n; i++) {
        async_channel_init(&oneshot, room, sizeof room[0], 1);
        async_detach(started(async_spawn(oneshot_sender(&oneshot, i))));
        if (await async_channel_receive(&oneshot, &item) == 0)
            sum += item;
    }
    report("oneshot_task", start, n, sum);
}

// ---- Mutex

static struct async_mutex mutex;

static async void mutex_un(long n)
{
    double start = row_now();
    long sum = 0;
    for (long i = 0; i < n; i++) {
        await async_mutex_lock(&mutex);
        sum += row_value(i);
        async_mutex_unlock(&mutex);
    }
    report("mutex_un", start, n, sum);
}

static async void locker(long n)
{
    for (long i = 0; i < n; i++) {
        await async_mutex_lock(&mutex);
        await async_yield();
        total += row_value(i);
        async_mutex_unlock(&mutex);
    }
    async_wait_group_done(&all);
}

static async void mutex_ct(long n)
{
    double start = row_now();
    async_wait_group_add(&all, 8);
    for (int i = 0; i < 8; i++)
        async_detach(started(async_spawn(locker(n / 8))));
    await async_wait_group_wait(&all);
    report("mutex_ct", start, n, total);
}

// ---- Which

async int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        async_fn(void, (long)) run;
    } rows[] = {
        {"spawn_join", spawn_join},
        {"spawn_batch", spawn_batch},
        {"sleep", sleep_rows},
        {"timeout_cancel", timeout_cancel},
        {"yield_pp", yield_pp},
        {"chan_pp", chan_pp},
        {"mpsc1", mpsc1},
        {"mpsc4", mpsc4},
        {"oneshot_ready", oneshot_ready},
        {"oneshot_task", oneshot_task},
        {"mutex_un", mutex_un},
        {"mutex_ct", mutex_ct},
    };
    for (size_t i = 0; argc == 3 && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, argv[1]) == 0) {
            await rows[i].run(atol(argv[2]));
            return 0;
        }
    fprintf(stderr, "usage: %s ROW N\n", argv[0]);
    return 2;
}
