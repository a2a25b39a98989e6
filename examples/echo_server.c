// echo_server.c - sends back what it receives, to any number of clients at once, on one thread.
//
//     asyncc echo_server.c -o echo_server.out.c && cc echo_server.out.c -lasyncc -lpthread -o echo_server
//     ./echo_server [PORT]          PORT 0 is any free one

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

static async int serve(struct async_tcp *peer)
{
    char buf[4096];
    defer async_tcp_close(peer); // also runs when the task is cancelled

    for (;;) {
        ssize_t n;
        switch (await async_select(n = async_tcp_read(peer, buf, sizeof buf), async_sleep_ms(30000))) {
        case 0: // the read won; n is set
            break;
        case 1: // the sleep won; the read was dropped
            return -ETIMEDOUT;
        }
        if (n <= 0)
            return (int)n;
        ssize_t w = await async_tcp_write_all(peer, buf, (size_t)n);
        if (w < 0)
            return (int)w;
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
        if ((rc = await async_tcp_accept(l, &peer)) == 0)
            async_detach(async_spawn(serve(peer)));
    }
    return -rc;
}
