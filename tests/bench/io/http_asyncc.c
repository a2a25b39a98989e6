// http_asyncc.c - a small HTTP server in async C.
#define _GNU_SOURCE
#include "http.h"

#include <stdlib.h>
#include <sys/types.h>

#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

static async void serve(struct async_tcp *peer)
{
    char buffer[HTTP_ROOM];
    size_t size = 0;
    defer async_tcp_close(peer);
    for (;;) {
        while (http_take(buffer, &size))
            if (await async_tcp_write_all(peer, http_response, http_response_size) < 0)
                return;
        ssize_t n = await async_tcp_read(peer, buffer + size, sizeof buffer - size);
        if (n <= 0)
            return;
        size += (size_t)n;
    }
}

async int main(void)
{
    struct async_listener *listener;
    http_prepare();
    int rc = async_tcp_listen("127.0.0.1", 0, &listener);
    if (rc == 0) {
        printf("http: listening on 127.0.0.1:%d\n", async_listener_port(listener));
        fflush(stdout);
    }
    while (rc == 0) {
        struct async_tcp *peer;
        if ((rc = await async_tcp_accept(listener, &peer)) != 0)
            break;
        struct async_task *task = async_spawn(serve(peer));
        if (!task)
            async_tcp_close(peer);
        async_detach(task);
    }
    fprintf(stderr, "http: %s\n", strerror(-rc));
    return 1;
}
