// soak.c - thousands of connections that open, talk, stall, half-close, reset and are cancelled at
// random, on both sides; and then everything is back to where it was.
//
//     asyncc tests/soak/soak.c -o soak.out.c && cc -Iinclude soak.out.c build/lib/libasyncc.a -lpthread -o soak
//     ./soak [SECONDS [CONNECTIONS [SEED]]]
//
// Server and clients are tasks of one executor, so both ends are cancelled in the middle of
// everything. What was received is checked: each byte of a connection is a function of its place.
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <asyncc/executor.h>
#include <asyncc/net.h>
#include <asyncc/observe.h>
#include <asyncc/task.h>
#include <asyncc/time.h>

#include <asyncc/async.h>

static unsigned long long random_state;

// Numerical Recipes' linear congruential generator (W. Press et al., third edition, page 345).
static unsigned roll(unsigned sides)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % sides;
}

static unsigned long long served, opened, refused, cancelled, resets, timeouts, bytes, wrong;
static long alive; // connections of either side

static unsigned char byte_at(unsigned long long place)
{
    return (unsigned char)(place * 131 >> 3);
}

static void reset(struct async_tcp *tcp)
{
    struct linger at_once = {1, 0};
    setsockopt(async_tcp_fd(tcp), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    resets++;
}

static async void serve(struct async_tcp *peer)
{
    unsigned char buf[2048];
    defer { async_tcp_close(peer); }
    alive++;
    defer { alive--; }
    served++;
    for (;;) {
        ssize_t n;
        if (await async_select(n = async_tcp_read(peer, buf, sizeof buf), async_sleep_ms(2000)) == 1) {
            timeouts++;
            return;
        }
        if (n <= 0)
            return;
        if (roll(400) == 0) {
            reset(peer);
            return;
        }
        if (roll(50) == 0)
            await async_sleep_ms(roll(300));
        ssize_t sent = await async_tcp_write_all(peer, buf, (size_t)n);
        if (sent < 0)
            return;
    }
}

struct reading {
    struct async_tcp *tcp;
    unsigned long long place;
};

static async int receive(struct reading *r, size_t n)
{
    unsigned char buf[1024];
    while (n) {
        ssize_t got = await async_tcp_read(r->tcp, buf, n < sizeof buf ? n : sizeof buf);
        if (got <= 0)
            return got < 0 ? (int)got : -EPIPE;
        for (ssize_t i = 0; i < got; i++)
            wrong += buf[i] != byte_at(r->place++);
        bytes += (unsigned long long)got;
        n -= (size_t)got;
    }
    return 0;
}

static async int talk(struct async_tcp *tcp)
{
    struct reading reading = {tcp, 0};
    unsigned long long sent = 0;
    for (unsigned turns = roll(40); turns > 0; turns--) {
        unsigned char buf[4000];
        size_t n = 1 + roll(sizeof buf);
        for (size_t i = 0; i < n; i++)
            buf[i] = byte_at(sent + i);
        sent += n;
        int status = 0;
        ssize_t written = 0;
        await async_join(written = async_tcp_write_all(tcp, buf, n), status = receive(&reading, n));
        if (written < 0 || status < 0)
            return -1;
        if (roll(4) == 0)
            await async_sleep_ms(roll(400));
    }
    return 0;
}

static async void client(int port)
{
    struct async_tcp *tcp;
    alive++;
    defer { alive--; }
    if (await async_tcp_connect("127.0.0.1", port, &tcp) < 0) {
        refused++;
        return;
    }
    defer { async_tcp_close(tcp); }
    opened++;
    int status = 0;
    if (await async_timeout_ms(roll(3000), status = talk(tcp)) < 0 || status < 0) {
        if (roll(2))
            reset(tcp);
        return;
    }
    switch (roll(4)) {
    case 0: // stall until the server has had enough
        await async_sleep_ms(roll(3000));
        break;
    case 1: { // half-close, and hear the end
        char rest;
        shutdown(async_tcp_fd(tcp), SHUT_WR);
        ssize_t n = await async_tcp_read(tcp, &rest, 1);
        (void)n;
        break;
    }
    case 2:
        reset(tcp);
        break;
    }
}

static async void accept_all(struct async_listener *listener)
{
    for (;;) {
        struct async_tcp *peer;
        if (await async_tcp_accept(listener, &peer) < 0)
            return;
        struct async_task *task = async_spawn(serve(peer));
        if (!task)
            async_tcp_close(peer);
        async_detach(task);
    }
}

static int descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static struct async_task **clients;

static async void run_clients(int port, int count, int seconds)
{
    time_t end = time(NULL) + seconds;
    for (int i = 0; time(NULL) < end; i = (i + 1) % count) {
        struct async_task *task = clients[i];
        if (task && !async_task_done(task)) {
            if (roll(20) == 0) {
                async_cancel(task);
                cancelled++;
            }
        } else {
            async_detach(task);
            clients[i] = async_spawn(client(port));
        }
        if (roll(64) == 0)
            await async_sleep_ms(1);
    }
    for (int i = 0; i < count; i++) {
        if (clients[i] && roll(2))
            async_cancel(clients[i]);
        async_detach(clients[i]);
        clients[i] = NULL;
    }
    while (alive > 0) // those that were not cancelled end by themselves: all have timeouts
        await async_sleep_ms(10);
}

static async int soak(int seconds, int count)
{
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", 0, &listener);
    if (rc < 0)
        return rc;
    struct async_task *acceptor = async_spawn(accept_all(listener));
    await run_clients(async_listener_port(listener), count, seconds);
    async_listener_close(listener);
    rc = await async_task_join(acceptor);
    async_detach(acceptor);
    return rc;
}

static int check(const char *what, long before, long after)
{
    printf("%-22s %ld before, %ld after\n", what, before, after);
    return before != after;
}

// malloc's caches count as bytes in use, and can only be turned off before the program begins.
static void without_caches(char **argv)
{
    if (getenv("GLIBC_TUNABLES"))
        return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    without_caches(argv);
    int seconds = argc > 1 ? atoi(argv[1]) : 600;
    int count = argc > 2 ? atoi(argv[2]) : 5000;
    random_state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    clients = calloc((size_t)count, sizeof *clients);
    if (!clients)
        return 2;

    int files = descriptors();
    puts("soaking"); // so that stdio has its buffer
    long heap = (long)mallinfo2().uordblks;
    int rc = async_block_on(soak(seconds, count));
    struct async_counters left;
    async_counters_get(&left);
    bool timers = async_executor_timeout_ns() != UINT64_MAX;
    async_executor_close();
    long heap_left = (long)mallinfo2().uordblks;
    free(clients);

    printf("%llu opened, %llu served, %llu refused, %llu cancelled, %llu reset, %llu timed out, "
           "%llu bytes, %llu of them wrong\n",
           opened, served, refused, cancelled, resets, timeouts, bytes, wrong);
    int failed = rc != 0 || wrong != 0;
    failed |= check("connections", 0, alive);
    failed |= check("tasks", 0, (long)(left.tasks + left.kept));
    failed |= check("timers", 0, timers);
    failed |= check("bytes in use", heap, heap_left);
    failed |= check("descriptors", files, descriptors());
    puts(failed ? "FAILED" : "everything is back where it was");
    return failed;
}
