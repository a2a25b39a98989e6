// chat_server.c - a room in which everybody hears everybody.
//
//     asyncc chat_server.c -o chat_server.out.c
//     cc chat_server.out.c -lasyncc -lpthread -o chat_server
//     ./chat_server [PORT [SEND_MS]]          PORT 0 is any free one
//     nc 127.0.0.1 PORT             the first line is your name; /who, /quit
//
// What is said goes into a ring that all clients read, each at its own pace, so nobody waits for
// somebody else's connection. Who falls so far behind that the ring has gone over what he has not
// heard is thrown out. SIGINT and SIGTERM let everybody hear what was said, and end it.

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <asyncc/buffered.h>
#include <asyncc/channel.h>
#include <asyncc/net.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

enum {
    MAX_NAME = 16,
    MAX_LINE = 400,
    BEHIND = 128,    // lines that a client may be behind the others
    NAME_MS = 30000, // for a new client to say its name
    END_MS = 2000,   // for all to take what is left in the end
};

struct line {
    const void *from; // a client; NULL: the server
    int size;
    char text[MAX_NAME + MAX_LINE + 16];
};

struct client {
    struct client *next;
    struct async_tcp *peer;
    struct async_reader in;
    struct async_writer out;
    char name[MAX_NAME + 1];
};

static uint64_t send_ms = 20000; // for a client to take what it is sent
static struct line ring[BEHIND];
static struct async_broadcast room = ASYNC_BROADCAST(ring);
static struct client *clients;            // that have a name
static struct async_wait_group connected; // all of them

// ---- The room -----------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void say(const struct client *from,
                                                      const char *format, ...)
{
    struct line line = {.from = from};
    va_list arguments;
    va_start(arguments, format);
    line.size = vsnprintf(line.text, sizeof line.text, format, arguments);
    va_end(arguments);
    (void)async_broadcast_send(&room, &line); // nobody hears it when the room is closed
}

static bool good_name(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]))
            return false;
    for (struct client *c = clients; c; c = c->next)
        if (strcmp(c->name, name) == 0)
            return false;
    return size > 0 && size <= MAX_NAME;
}

static void enter(struct client *c)
{
    c->next = clients;
    clients = c;
    say(c, "* %s is here\n", c->name);
}

static void leave(struct client *c)
{
    struct client **link = &clients;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    say(c, "* %s has gone\n", c->name);
}

// ---- A client -----------------------------------------------------------------------------------

// Asks until the name is good. 0 or -errno.
static async int ask_name(struct client *c)
{
    for (;;) {
        ssize_t n = await async_tcp_write_all(c->peer, "* your name?\n", 13);
        char *line;
        if (n > 0)
            n = await async_reader_line(&c->in, MAX_NAME, &line);
        if (n < 0)
            return (int)n;
        if (!good_name(line))
            continue;
        strcpy(c->name, line);
        return 0;
    }
}

// Tells the client what the others say. Ends when it is too slow, and when the room is closed.
static async int listen_to_others(struct client *c, struct async_subscriber *ears)
{
    struct line line;
    for (;;) {
        int missed = async_subscriber_try_receive(ears, &line);
        if (missed == -EAGAIN) { // all that was said goes together
            int rc;
            if (await async_timeout_ms(send_ms, rc = async_writer_flush(&c->out)) != 0)
                return -ETIMEDOUT;
            if (rc < 0)
                return rc;
            missed = await async_subscriber_receive(ears, &line);
        }
        if (missed == -EPIPE)
            return await async_writer_flush(&c->out);
        if (missed > 0)
            return -EMSGSIZE;
        if (line.from == c)
            continue;
        ssize_t n;
        if (await async_timeout_ms(send_ms, n = async_writer_write(&c->out, line.text,
                                                                   (size_t)line.size)) != 0)
            return -ETIMEDOUT;
        if (n < 0)
            return (int)n;
    }
}

// Names of the others, to everybody: only listen_to_others writes to a client.
static void say_who(void)
{
    char names[MAX_LINE] = "";
    size_t used = 0;
    for (struct client *c = clients; c && used < sizeof names; c = c->next)
        used += (size_t)snprintf(names + used, sizeof names - used, " %s", c->name);
    say(NULL, "* here are:%s\n", names);
}

// Says what the client types, to the others.
static async int talk(struct client *c)
{
    for (;;) {
        char *line;
        ssize_t n = await async_reader_line(&c->in, MAX_LINE, &line);
        if (n < 0)
            return (int)n;
        for (char *at = line; at < line + n; at++)
            if (iscntrl((unsigned char)*at))
                *at = ' '; // no tricks with other people's terminals
        if (strcmp(line, "/quit") == 0)
            return 0;
        if (strcmp(line, "/who") == 0)
            say_who();
        else if (n > 0)
            say(c, "%s: %s\n", c->name, line);
        await async_yield(); // who talks without a pause does not push others out of the ring
    }
}

static async int serve(struct async_tcp *peer)
{
    struct client c = {.peer = peer};
    async_reader_init(&c.in, async_tcp_stream(peer));
    async_writer_init(&c.out, async_tcp_stream(peer));
    defer {
        async_reader_fini(&c.in);
        async_writer_fini(&c.out);
        async_tcp_close(peer);
        async_wait_group_done(&connected);
    }

    int rc;
    if (await async_timeout_ms(NAME_MS, rc = ask_name(&c)) != 0)
        return -ETIMEDOUT;
    if (rc < 0)
        return rc;
    struct async_subscriber ears;
    async_subscriber_init(&ears, &room);
    enter(&c);
    defer leave(&c);
    (void)await async_select(rc = listen_to_others(&c, &ears), rc = talk(&c));
    return rc;
}

// ---- The server ---------------------------------------------------------------------------------

static async int accept_clients(struct async_listener *listener)
{
    for (;;) {
        struct async_tcp *peer;
        int rc = await async_tcp_accept(listener, &peer);
        if (rc < 0)
            return rc;
        async_wait_group_add(&connected, 1);
        struct async_task *task = async_spawn(serve(peer));
        if (!task) { // no memory: nothing ran
            async_tcp_close(peer);
            async_wait_group_done(&connected);
        }
        async_detach(task);
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
    if (argc > 2)
        send_ms = strtoull(argv[2], NULL, 10);
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", argc > 1 ? atoi(argv[1]) : 7001, &listener);
    if (rc < 0) {
        fprintf(stderr, "chat: %s\n", strerror(-rc));
        return 1;
    }
    printf("chat: listening on 127.0.0.1:%d\n", async_listener_port(listener));
    fflush(stdout);

    int signal_number = 0;
    (void)await async_select(rc = accept_clients(listener), signal_number = stop_signal());
    async_listener_close(listener);
    say(NULL, "* the room is closed\n");
    async_broadcast_close(&room); // they hear what was said, and that is all
    (void)await async_timeout_ms(END_MS, async_wait_group_wait(&connected));
    printf("chat: closed\n");
    return rc < 0 || signal_number < 0;
}
