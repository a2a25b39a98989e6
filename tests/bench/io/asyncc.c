// asyncc.c - an echo server in async C. `asyncc BYTES [SPIN_US]`: a buffer of BYTES (64 or 16384) in each connection, as
// the other servers have, or 0: one is taken when there are bytes. Looks for so long before it sleeps, where the
// library can (BENCH_SPIN).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <asyncc/buffered.h>
#include <asyncc/executor.h>
#include <asyncc/net.h>
#include <asyncc/stream.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

enum { SMALL = 64, LARGE = 16384 };

static async void serve_large(struct async_tcp *peer)
{
    char buffer[LARGE];
    ssize_t n;
    while ((n = await async_tcp_read(peer, buffer, sizeof buffer)) > 0 &&
           await async_tcp_write_all(peer, buffer, (size_t)n) > 0)
        ;
    async_tcp_close(peer);
}

static async void serve_small(struct async_tcp *peer)
{
    char buffer[SMALL];
    ssize_t n;
    while ((n = await async_tcp_read(peer, buffer, sizeof buffer)) > 0 &&
           await async_tcp_write_all(peer, buffer, (size_t)n) > 0)
        ;
    async_tcp_close(peer);
}

// Holds no buffer while it waits.
static async void serve_lean(struct async_tcp *peer)
{
    struct async_reader in;
    defer async_tcp_close(peer);
    async_reader_init(&in, async_tcp_stream(peer));
    defer async_reader_fini(&in);
    while (await async_reader_fill(&in) > 0) {
        if (await async_tcp_write_all(peer, in.at, in.size) <= 0)
            return;
        async_reader_consume(&in, in.size);
    }
}

static struct async_task *spawn_serve(struct async_tcp *peer, int bytes)
{
    return bytes == 0       ? async_spawn(serve_lean(peer))
           : bytes <= SMALL ? async_spawn(serve_small(peer))
                            : async_spawn(serve_large(peer));
}

static async int serve_all(int bytes)
{
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", 0, &listener);
    if (rc == 0) {
        printf("echo: listening on 127.0.0.1:%d\n", async_listener_port(listener));
        fflush(stdout);
    }
    while (rc == 0) {
        struct async_tcp *peer;
        if ((rc = await async_tcp_accept(listener, &peer)) != 0)
            break;
        struct async_task *task = spawn_serve(peer, bytes);
        if (!task)
            async_tcp_close(peer);
        async_detach(task);
    }
    return rc;
}

int main(int argc, char **argv)
{
#ifdef BENCH_SPIN
    struct async_executor_options options = {.spin_ns = argc > 2 ? strtoull(argv[2], NULL, 10) * 1000 : 0};
    if (async_executor_open(&options) < 0)
        return 1;
#endif
    int rc = async_block_on(serve_all(argc > 1 ? atoi(argv[1]) : LARGE));
    fprintf(stderr, "echo: %s\n", strerror(-rc));
    return 1;
}
