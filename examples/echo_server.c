// echo_server.c - sends back what it receives, to any number of clients at once, on one thread.
//
//     asyncc echo_server.c -o echo_server.out.c
//     cc echo_server.out.c -lasyncc -lpthread -o echo_server
//     ./echo_server [PORT]          PORT 0 is any free one
//
// A client that waits costs its task only: the reader borrows a buffer when bytes arrive.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <asyncc/buffered.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

enum {
    IDLE_MS = 30000, // for a client to say something
    SEND_MS = 30000  // for it to take what it is sent
};

static async int serve(struct async_tcp *peer)
{
    struct async_reader in;
    defer async_tcp_close(peer); // also runs when the task is cancelled
    async_reader_init(&in, async_tcp_stream(peer));
    defer async_reader_fini(&in);

    for (;;) {
        ssize_t n;
        switch (await async_select(n = async_reader_fill(&in), async_sleep_ms(IDLE_MS))) {
        case 0: // the reader won; n is set
            break;
        case 1: // the sleep won; the fill was dropped
            return -ETIMEDOUT;
        }
        if (n <= 0)
            return (int)n;
        if (await async_timeout_ms(SEND_MS, n = async_tcp_write_all(peer, in.at, in.size)) != 0)
            return -ETIMEDOUT;
        if (n < 0)
            return (int)n;
        async_reader_consume(&in, in.size);
    }
}

async int main(int argc, char **argv)
{
    struct async_listener *l;
    int rc = async_tcp_listen("127.0.0.1", argc > 1 ? atoi(argv[1]) : 7000, &l);
    if (rc == 0) {
        printf("echo: listening on 127.0.0.1:%d\n", async_listener_port(l));
        fflush(stdout);
    }
    while (rc == 0) {
        struct async_tcp *peer;
        if ((rc = await async_tcp_accept(l, &peer)) != 0)
            break;
        struct async_task *task = async_spawn(serve(peer));
        if (!task) // no memory left, and nothing ran: the connection is still ours
            async_tcp_close(peer);
        async_detach(task);
    }
    return -rc;
}
