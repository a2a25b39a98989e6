// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Two ends of a connection that read, write, pause, half-close and give up at random, with timeouts
// that cancel reads and writes at any point: no byte may come that was not counted as sent.
#include <asyncc/group.h>
#include <asyncc/net.h>
#include <asyncc/test.h>
#include <asyncc/time.h>
#include <string.h>
#include <sys/socket.h>
#include <asyncc/async.h>

struct end {
    struct async_tcp *tcp;
    long sent, received;
};

static async ssize_t read_some(struct end *end)
{
    char buf[200];
    ssize_t n;
    int status = await async_timeout_ms(async_test_random(3),
                                        n = async_tcp_read(end->tcp, buf,
                                                           1 + async_test_random(sizeof buf)));
    if (status < 0)
        return 1;
    if (n > 0)
        end->received += n;
    return n;
}

static async ssize_t write_some(struct end *end)
{
    char buf[300];
    memset(buf, 'x', sizeof buf);
    ssize_t n;
    int status = await async_timeout_ms(1 + async_test_random(5),
                                        n = async_stream_write(async_tcp_stream(end->tcp), buf,
                                                               1 + async_test_random(sizeof buf)));
    if (status < 0)
        return 1; // and nothing was written
    if (n > 0)
        end->sent += n;
    return n;
}

// 1: goes on; 0 or less: has had enough.
static async ssize_t do_something(struct end *end)
{
    switch (async_test_random(6)) {
    case 0:
        return await read_some(end);
    case 1:
    case 2:
        return await write_some(end);
    case 3:
        await async_sleep_ms(async_test_random(3));
        return 1;
    case 4:
        if (async_test_random(8) == 0)
            async_stream_shutdown(async_tcp_stream(end->tcp), SHUT_WR);
        return 1;
    default:
        return async_test_random(20) != 0;
    }
}

static async int play(struct end *end)
{
    int left = 30;
    while (left && await do_something(end) > 0)
        left--;
    if (left == 0) { // in peace: reads what there is
        async_stream_shutdown(async_tcp_stream(end->tcp), SHUT_WR);
        char buf[100];
        ssize_t n;
        while ((n = await async_tcp_read(end->tcp, buf, sizeof buf)) > 0)
            end->received += n;
    }
    async_tcp_close(end->tcp);
    end->tcp = NULL;
    return 0;
}

static async int test_random(void *arg)
{
    (void)arg;
    struct async_listener *listener;
    struct end a = {NULL, 0, 0}, b = {NULL, 0, 0};
    int rc = async_tcp_listen("::", 0, &listener);
    if (rc < 0)
        return rc;
    defer async_listener_close(listener);
    defer async_tcp_close(a.tcp);
    defer async_tcp_close(b.tcp);
    rc = await async_tcp_connect("127.0.0.1", async_listener_port(listener), &a.tcp);
    if (rc == 0)
        rc = await async_tcp_accept(listener, &b.tcp);
    if (rc < 0)
        return rc;
    struct async_group tasks;
    if ((rc = async_group_spawn(&tasks, play(&a))) < 0 ||
        (rc = async_group_spawn(&tasks, play(&b))) < 0)
        return rc;
    rc = await async_group_wait(&tasks);
    ASYNC_TEST_CHECK(a.received <= b.sent && b.received <= a.sent);
    return rc;
}

int main(void)
{
    struct async_test_options options = {
        .latency_ns = 300000, .jitter_ns = 2000000, .buffer = 500, .seeds = 500};
    int rc = async_test_explore(test_random, NULL, ASYNC_TEST_SEEDS, &options);
    options.seeds = 1;
    for (options.seed = 1; options.seed < 6 && rc == 0; options.seed++)
        rc = async_test_explore(test_random, NULL, ASYNC_TEST_ALL, &options);
    return rc;
}
