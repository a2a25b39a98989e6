// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// A program's tests by the public test kit: a client against a scripted server, a server against
// scripted clients, an hour of sleeps; and that the kit finds what is planted for it.
#include <asyncc/net.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/test.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <asyncc/async.h>

// ---- What is tested -------------------------------------------------------------------------

static async int ask(int port, char *name, size_t size)
{
    struct async_tcp *tcp;
    int rc = await async_tcp_connect("127.0.0.1", port, &tcp);
    if (rc < 0)
        return rc;
    defer async_tcp_close(tcp);
    ssize_t n = await async_tcp_write_all(tcp, "NAME\n", 5);
    size_t got = 0;
    while (n >= 0 && got < size && (n = await async_tcp_read(tcp, name + got, size - got)) > 0)
        got += (size_t)n;
    return n < 0 ? (int)n : (int)got;
}

static async int echo(struct async_tcp *tcp)
{
    defer async_tcp_close(tcp);
    char buf[100];
    ssize_t n;
    while ((n = await async_tcp_read(tcp, buf, sizeof buf)) > 0)
        if ((n = await async_tcp_write_all(tcp, buf, (size_t)n)) < 0)
            break;
    return (int)n;
}

static async int serve(struct async_listener *listener, int connections)
{
    for (int i = 0; i < connections; i++) {
        struct async_tcp *tcp;
        int rc = await async_tcp_accept(listener, &tcp);
        if (rc < 0)
            return rc;
        struct async_task *task = async_spawn(echo(tcp));
        if (!task) {
            async_tcp_close(tcp);
            return -ENOMEM;
        }
        async_detach(task);
    }
    return 0;
}

// ---- Tests ----------------------------------------------------------------------------------

#define SECOND UINT64_C(1000000000)

static const struct async_sim_step server_script[] = {
    ASYNC_SIM_EXPECT("NAME\n"), ASYNC_SIM_WAIT(3600 * SECOND),
    ASYNC_SIM_SEND("Ada "),     ASYNC_SIM_WAIT(1000000),
    ASYNC_SIM_SEND("L."),       ASYNC_SIM_CLOSE,
};

static async int test_ask(void *arg)
{
    (void)arg;
    char name[16];
    int rc = async_sim_listen("127.0.0.1", 7777, server_script, 6);
    if (rc == 0)
        rc = await ask(7777, name, sizeof name);
    if (rc < 0)
        return rc;
    ASYNC_TEST_CHECK(rc == 6 && memcmp(name, "Ada L.", 6) == 0);
    return 0;
}

static async int test_refused(void *arg)
{
    (void)arg;
    char name[16];
    int rc = await ask(7777, name, sizeof name);
    ASYNC_TEST_CHECK(rc == -ECONNREFUSED || async_test_hit());
    return 0;
}

static const struct async_sim_step client_script[] = {
    ASYNC_SIM_SEND("hello"), ASYNC_SIM_EXPECT("hello"), ASYNC_SIM_WAIT(SECOND), ASYNC_SIM_SEND("x"),
    ASYNC_SIM_EXPECT("x"),   ASYNC_SIM_SHUTDOWN,        ASYNC_SIM_EXPECT_END,
};
static const struct async_sim_step rude_script[] = {
    ASYNC_SIM_SEND("hello"), ASYNC_SIM_EXPECT("he"), ASYNC_SIM_RESET,
};

static async int test_serve(void *arg)
{
    (void)arg;
    struct async_listener *listener;
    int rc = async_tcp_listen("::", 80, &listener);
    if (rc < 0)
        return rc;
    defer async_listener_close(listener);
    async_sim_connect("127.0.0.1", 80, client_script, 7);
    async_sim_connect("::1", 80, rude_script, 3);
    async_sim_connect("127.0.0.1", 80, client_script, 7);
    return await serve(listener, 3);
}

static async int test_hour(void *arg)
{
    uint64_t *slept = arg;
    for (int i = 0; i < 3600; i++)
        await async_sleep_ms(1000);
    *slept = 3600 * SECOND;
    return 0;
}

// Three tasks talk over channels of a kind: a mutex and an event.
struct table {
    struct async_mutex mutex;
    struct async_event event;
    int value;
    char order[16];
};

static async int add(struct table *table, char name)
{
    for (int i = 0; i < 3; i++) {
        await async_mutex_lock(&table->mutex);
        defer async_mutex_unlock(&table->mutex);
        int value = table->value;
        await async_yield();
        table->value = value + 1;
        table->order[value] = name;
    }
    if (table->value == 9)
        async_event_set(&table->event);
    return 0;
}

static async int adders(struct table *table)
{
    await async_join(add(table, 'a'), add(table, 'b'), add(table, 'c'));
    await async_event_wait(&table->event);
    return 0;
}

static async int test_table(void *arg)
{
    (void)arg;
    struct table table = {.value = 0};
    int rc = await adders(&table);
    ASYNC_TEST_CHECK(table.value == 9);
    return rc;
}

// ---- Planted bugs ---------------------------------------------------------------------------

static struct async_tcp *leaked;

// Forgets the connection if it is cancelled while it reads.
static async int leaks_when_cancelled(void *arg)
{
    (void)arg;
    char byte;
    int rc = async_sim_listen("127.0.0.1", 7777, server_script, 6);
    rc = await async_tcp_connect("127.0.0.1", 7777, &leaked);
    if (rc < 0)
        return rc;
    ssize_t n = await async_tcp_write_all(leaked, "NAME\n", 5);
    if (n > 0)
        n = await async_tcp_read(leaked, &byte, 1);
    async_tcp_close(leaked);
    leaked = NULL;
    return n < 0 ? (int)n : 0;
}

static async int deadlocks(void *arg)
{
    (void)arg;
    struct async_mutex mutex = {0};
    await async_mutex_lock(&mutex);
    await async_mutex_lock(&mutex);
    return 0;
}

static async int forever(void)
{
    for (;;)
        await async_sleep_ms(1000);
}

static async int leaves_a_task(void *arg)
{
    (void)arg;
    async_detach(async_spawn(forever()));
    return 0;
}

static async int three(void)
{
    return 3;
}

static async int leaves_a_handle(void *arg)
{
    (void)arg;
    struct async_task *task = async_spawn(three());
    return task ? await async_task_join(task) : -ENOMEM;
}

// Does not look whether there was memory.
static async int forgets_an_error(void *arg)
{
    (void)arg;
    struct async_task *task = async_spawn(three());
    ASYNC_TEST_CHECK(task != NULL);
    async_detach(task);
    return 0;
}

static async int fails(void *arg)
{
    (void)arg;
    await async_yield();
    return 5;
}

static async int spins(void *arg)
{
    (void)arg;
    for (;;)
        await async_sleep_ms(100);
}

static const struct async_sim_step wrong_script[] = {ASYNC_SIM_EXPECT("SIZE\n")};

static async int test_wrong(void *arg)
{
    (void)arg;
    char name[16];
    int rc = async_sim_listen("127.0.0.1", 7777, wrong_script, 1);
    rc = await ask(7777, name, sizeof name);
    return rc < 0 ? 0 : 1;
}

// Explores quietly; says what was found.
static void plant(const char *name, async_test_fn test, unsigned what)
{
    struct async_test_options options = {
        .quiet = true, .limit_ns = 7200 * SECOND, .settle_ns = SECOND};
    int found = async_test_explore(test, NULL, what, &options);
    printf("%s: %s\n", name, found == 1 ? "found" : found == 0 ? "MISSED" : "error");
    async_tcp_close(leaked);
    leaked = NULL;
}

static void check(const char *name, async_test_fn test)
{
    struct async_test_options options = {.name = name, .latency_ns = 1000};
    printf("%s: %d\n", name, async_test_explore(test, NULL, ASYNC_TEST_ALL, &options));
}

// The summary of a test that suspends, allocates and makes calls tells of each.
static void check_summary(void)
{
    struct async_test_options options = {.name = "summary", .seeds = 3, .summary = true};
    fflush(stderr);
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    if (!file || kept < 0 || dup2(fileno(file), STDERR_FILENO) < 0)
        abort();
    int rc = async_test_explore(test_ask, NULL, ASYNC_TEST_ALL, &options);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    unsigned long long runs = 0, seeds = 0, n[3] = {0};
    int read = fscanf(file,
                      "asyncc test: summary: no problem in %llu runs: %llu seeds, %llu "
                      "cancellations, %llu failed allocations, %llu failed system calls",
                      &runs, &seeds, &n[0], &n[1], &n[2]);
    printf("summary: %d, %d %d, %d\n", rc, read, seeds == 6 && n[0] && n[1] && n[2],
           runs > seeds + n[0] + n[1] + n[2]);
    fclose(file);
}

static void check_time(void)
{
    uint64_t slept = 0;
    struct async_test_report report;
    int problems = async_test_run(test_hour, &slept, NULL, &report);
    printf("hour: %d, %d\n", problems, slept == 3600 * SECOND && report.elapsed_ns == slept);
}

static async void rest(uint64_t ns)
{
    await async_sleep_ns(ns);
}

// At fault when its second sleep is cancelled late. Before that a task suspends that never goes on.
static async int fails_when_late(void *arg)
{
    (void)arg;
    struct async_task *task = async_spawn(rest(3600 * SECOND));
    if (!task)
        return -ENOMEM;
    defer async_detach(task);
    defer async_cancel(task);
    await async_sleep_ns(SECOND);
    async_cancel(task);
    bool over = false;
    uint64_t end_ns = async_now_ns() + SECOND;
    defer if (!over && async_now_ns() >= end_ns) async_test_problem("cancelled late");
    await async_sleep_ns(SECOND);
    over = true;
    return 0;
}

static async int leaves_a_task_for_an_hour(void *arg)
{
    (void)arg;
    struct async_task *task = async_spawn(rest(3600 * SECOND));
    async_detach(task);
    return task ? 0 : -ENOMEM;
}

// Exploring ends when all has been seen, and not before.
static void check_ends(void)
{
    struct async_test_options any = {.quiet = true, .cancel_task = "*"};
    printf("any task, late: %d\n",
           async_test_explore(fails_when_late, NULL, ASYNC_TEST_CANCEL, &any));
    struct async_test_options two = {.alloc_at = 1};
    printf("two faults: %d\n", async_test_explore(test_table, NULL, ASYNC_TEST_CANCEL, &two));
    struct async_test_options patient = {.settle_ns = UINT64_MAX, .limit_ns = UINT64_MAX};
    printf("no limits: %d\n", async_test_run(leaves_a_task_for_an_hour, NULL, &patient, NULL));
}

// Equal seeds give equal runs, different ones differ.
static void check_seeds(void)
{
    uint64_t traces[8];
    int differ = 0;
    for (unsigned i = 0; i < 8; i++) {
        struct async_test_options options = {
            .seed = 1 + i / 2, .shuffle = true, .jitter_ns = 1000, .segment = 3};
        struct async_test_report report;
        async_test_run(test_serve, NULL, &options, &report);
        traces[i] = report.trace;
        if (i % 2 && traces[i] != traces[i - 1])
            printf("seed %u: not the same again\n", 1 + i / 2);
        if (i % 2 == 0 && i && traces[i] != traces[i - 1])
            differ++;
    }
    printf("seeds: %d\n", differ);
}

int main(void)
{
    check("ask", test_ask);
    check("refused", test_refused);
    check("serve", test_serve);
    check("table", test_table);
    check_summary();
    check_time();
    check_seeds();
    check_ends();
    plant("a connection leaks when cancelled", leaks_when_cancelled, ASYNC_TEST_CANCEL);
    plant("a deadlock", deadlocks, 0);
    plant("a task is left", leaves_a_task, 0);
    plant("a handle is left", leaves_a_handle, 0);
    plant("an error is forgotten", forgets_an_error, ASYNC_TEST_ALLOC);
    plant("a result", fails, 0);
    plant("no end", spins, 0);
    plant("a script is not followed", test_wrong, 0);
    return 0;
}
