// libuv.c - the runtime's rows that libuv has something for: timers, and callbacks that take turns.
#include "row.h"

#include <uv.h>

static void check(int rc)
{
    if (rc < 0)
        abort();
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

// ---- Sleep

static long fired;

static void on_sleeper(uv_timer_t *timer)
{
    fired++;
    uv_close((uv_handle_t *)timer, free_handle);
}

static void start_sleepers(long n)
{
    for (long i = 0; i < n; i++) {
        uv_timer_t *timer = malloc(sizeof *timer);
        if (!timer)
            abort();
        check(uv_timer_init(uv_default_loop(), timer));
        check(uv_timer_start(timer, on_sleeper, (uint64_t)row_sleep_ms(i), 0));
    }
}

static void sleep_rows(long n)
{
    double rss = row_rss(), start = row_now();
    start_sleepers(n);
    row_print("sleep_create", (row_now() - start) / (double)n, n);
    row_print("sleep_rss", (row_rss() - rss) / (double)n, n);
    double cpu = row_cpu();
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    row_print("sleep_fire", (row_cpu() - cpu) / (double)n, fired);
}

static void timeout_cancel(long n)
{
    setenv("BENCH_LEAD_MS", ROW_OTHERS_MS, 1);
    start_sleepers(ROW_OTHERS);
    uv_timer_t timer;
    check(uv_timer_init(uv_default_loop(), &timer));
    double start = row_now();
    for (long i = 0; i < n; i++) {
        check(uv_timer_start(&timer, on_sleeper, ROW_TIMEOUT_MS, 0));
        check(uv_timer_stop(&timer));
    }
    row_print("timeout_cancel", (row_now() - start) / (double)n, n);
}

// ---- Turns: two idle handles

static long turns, most;

static void on_turn(uv_idle_t *idle)
{
    if (++turns >= most)
        uv_stop(idle->loop);
}

static void yield_pp(long n)
{
    uv_idle_t idle[2];
    most = n;
    for (int i = 0; i < 2; i++) {
        check(uv_idle_init(uv_default_loop(), &idle[i]));
        check(uv_idle_start(&idle[i], on_turn));
    }
    double start = row_now();
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    row_print("yield_pp", (row_now() - start) / (double)n, turns);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(long n);
    } rows[] = {{"sleep", sleep_rows}, {"timeout_cancel", timeout_cancel}, {"yield_pp", yield_pp}};
    for (size_t i = 0; argc == 3 && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, argv[1]) == 0) {
            rows[i].run(atol(argv[2]));
            return 0;
        }
    fprintf(stderr, "usage: %s ROW N\n", argv[0]);
    return 2;
}
