// redis_server.c - keys, values, lists and channels for clients of Redis (protocol version 2).
//
//     asyncc redis_server.c -o redis_server.out.c
//     cc -iquote . redis_server.out.c redis_server/*.c -lasyncc -lpthread -o redis_server
//     ./redis_server [PORT [MEGABYTES [WAIT_MS]]]          PORT 0 is any free one
//
// What requests mean is plain C, in redis_server/: commands.c on top of store.c (keys and values),
// pubsub.c (channels) and protocol.c. This file has the connections. Each is a task that reads as
// if there were no other; all of them share the store without a lock, because a command does not
// await.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redis_server/commands.h"

#include <asyncc/buffered.h>
#include <asyncc/net.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

enum {
    SWEEP_MS = 100,       // between two looks for keys whose time is over
    SWEEP_BUCKETS = 1000, // that are looked into each time
};

// For the rest of a request to arrive, and for a client to take its replies. Between two requests
// it may idle.
static uint64_t wait_ms = 30000;

struct client {
    struct session session;
    struct async_tcp *peer;
    struct async_reader in;
    struct async_writer out;
    struct async_event pushed; // set when there is a message for it
};

// The request that is being run, and the reply to it: no one awaits in between.
static struct request request;
static struct text reply;

// ---- Sending ------------------------------------------------------------------------------------

static async int flush(struct client *c)
{
    int rc;
    if (await async_timeout_ms(wait_ms, rc = async_writer_flush(&c->out)) != 0)
        return -ETIMEDOUT;
    return rc;
}

// Sends bytes that nobody else changes, and frees them.
static async int send_text(struct client *c, struct text text)
{
    defer free(text.at);
    ssize_t n;
    if (await async_timeout_ms(wait_ms, n = async_writer_write(&c->out, text.at, text.size)) != 0)
        return -ETIMEDOUT;
    return n < 0 ? (int)n : 0;
}

// Sends the reply, and empties it. A small one is put beside others that go together.
static async int send_reply(struct client *c)
{
    struct text mine = reply;
    if (async_writer_put(&c->out, mine.at, mine.size) == 0) {
        reply.size = 0;
        return 0;
    }
    reply = (struct text){0};
    return await send_text(c, mine);
}

// Sends the messages that wait for a subscriber.
static async int send_messages(struct client *c)
{
    struct text messages = c->session.subscriber.pushed;
    c->session.subscriber.pushed = (struct text){0};
    async_event_reset(&c->pushed);
    return await send_text(c, messages);
}

// For pubsub.c.
static void wake_client(struct subscriber *subscriber)
{
    char *at = (char *)subscriber - offsetof(struct client, session.subscriber);
    struct client *c = (struct client *)at;
    async_event_set(&c->pushed);
    if (subscriber->lost)
        shutdown(async_tcp_fd(c->peer), SHUT_RDWR); // ends what it waits for
}

// ---- Requests -----------------------------------------------------------------------------------

// What parse_request found: n as it returned it, not 0.
static void run_request(struct client *c, ssize_t n)
{
    if (n > 0 && request.count > 0)
        run_command(&c->session, &request, &reply);
    if (n < 0) {
        text_printf(&reply, "-ERR %s\r\n", request.error);
        c->session.quit = true;
    }
}

// Runs all requests that are in the reader as a whole. *need: how many bytes the next one takes at
// least.
static async int run_requests(struct client *c, size_t *need)
{
    int rc = 0;
    ssize_t n;
    while (rc == 0 && !c->session.quit &&
           (n = parse_request(&request, c->in.at, c->in.size, need)) != 0) {
        run_request(c, n);
        async_reader_consume(&c->in, n > 0 ? (size_t)n : c->in.size);
        rc = await send_reply(c);
    }
    return rc;
}

// Runs a request that is larger than the reader's buffer.
static async int run_large_request(struct client *c, size_t need)
{
    struct text whole = {0};
    defer text_free(&whole);
    ssize_t n = 0;
    while (n == 0) {
        if (!text_reserve(&whole, need))
            return -ENOMEM;
        char *end = whole.at + whole.size;
        if (await async_timeout_ms(wait_ms, n = async_reader_read_exact(&c->in, end,
                                                                        need - whole.size)) != 0)
            return -ETIMEDOUT;
        if (n < 0)
            return (int)n;
        whole.size = need;
        n = parse_request(&request, whole.at, whole.size, &need); // again; but `need` grows fast
    }
    run_request(c, n);
    return await send_reply(c);
}

// Waits for the rest of a request, or, if nothing of it is there, for as long as it takes. Sends
// messages meanwhile. Returns 1, 0 when the client has gone, or -errno.
static async int wait_for_input(struct client *c, size_t need)
{
    ssize_t n = 0;
    while (c->in.size > 0 || c->session.subscriber.count > 0) {
        uint64_t limit_ms = c->in.size > 0 ? wait_ms : UINT64_MAX;
        switch (await async_select(n = async_reader_peek(&c->in, need),
                                   async_event_wait(&c->pushed), async_sleep_ms(limit_ms))) {
        case 0:
            return n < 0 ? (int)n : (size_t)n >= need;
        case 1: {
            int rc = await send_messages(c);
            if (rc == 0)
                rc = await flush(c);
            if (rc < 0)
                return rc;
            break;
        }
        case 2:
            return -ETIMEDOUT;
        }
    }
    n = await async_reader_fill(&c->in);
    return n < 0 ? (int)n : n > 0;
}

static async int serve(struct async_tcp *peer, struct server *server)
{
    struct client c = {
        .session = {.server = server, .subscriber.wake = wake_client},
        .peer = peer,
    };
    async_reader_init(&c.in, async_tcp_stream(peer));
    async_writer_init(&c.out, async_tcp_stream(peer));
    defer {
        async_reader_fini(&c.in);
        async_writer_fini(&c.out);
        pubsub_leave(&server->pubsub, &c.session.subscriber);
        async_tcp_close(peer);
    }

    for (;;) {
        size_t need;
        int rc = await run_requests(&c, &need);
        if (rc == 0)
            rc = await flush(&c);
        if (rc < 0 || c.session.quit)
            return rc;
        if (need > c.in.room) {
            rc = await run_large_request(&c, need);
        } else {
            int more = await wait_for_input(&c, need);
            rc = more > 0 ? 0 : more < 0 ? more : -ENODATA;
        }
        if (rc < 0)
            return rc;
    }
}

// ---- The server ---------------------------------------------------------------------------------

static async int accept_clients(struct async_listener *listener, struct server *server)
{
    for (;;) {
        struct async_tcp *peer;
        int rc = await async_tcp_accept(listener, &peer);
        if (rc < 0)
            return rc;
        struct async_task *task = async_spawn(serve(peer, server));
        if (!task)
            async_tcp_close(peer); // no memory: nothing ran
        async_detach(task);
    }
}

static async void sweep(struct store *store)
{
    for (;;) {
        await async_sleep_ms(SWEEP_MS);
        store_sweep(store, SWEEP_BUCKETS);
    }
}

// Waits for SIGINT or SIGTERM. Its number, or -errno.
static async int stop_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    defer close(fd);
    for (;;) {
        int rc = await async_readable(fd);
        if (rc < 0)
            return rc;
        struct signalfd_siginfo info;
        if (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
            return (int)info.ssi_signo;
    }
}

async int main(int argc, char **argv)
{
    static struct server server;
    server.store.limit = (size_t)(argc > 2 ? atoi(argv[2]) : 256) << 20;
    if (argc > 3)
        wait_ms = strtoull(argv[3], NULL, 10);
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", argc > 1 ? atoi(argv[1]) : 6379, &listener);
    if (rc < 0) {
        fprintf(stderr, "redis: %s\n", strerror(-rc));
        return 1;
    }
    defer async_listener_close(listener);
    printf("redis: listening on 127.0.0.1:%d\n", async_listener_port(listener));
    fflush(stdout);

    int signal_number = 0;
    (void)await async_select(rc = accept_clients(listener, &server), sweep(&server.store),
                             signal_number = stop_signal());
    store_clear(&server.store);
    text_free(&reply);
    return rc < 0 || signal_number < 0; // what clients are still there is dropped
}
