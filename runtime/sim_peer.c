// sim_peer.c - the other end of a connection as a script.
//
// A script owns a simulated file that has no descriptor. It goes on when that file is touched, or
// when it has waited long enough; each by an event, so that it never runs inside a system call.
#define _GNU_SOURCE
#include "sim_net.h"

#include <asyncc/test.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct async_sim_peer {
    struct async_sim_peer *next;
    struct sim_file *file; // NULL: over
    const struct async_sim_step *steps;
    size_t count, step;
    size_t moved;      // bytes of this step
    uint64_t until_ns; // of a WAIT that has begun; 0: none
    bool listens;
    bool scheduled;      // an event will let it go on
    struct sim_place to; // not yet connected there; length 0: it is
};

static void complain(const struct async_sim_peer *peer, const char *format, ...)
{
    char text[160], line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(line, sizeof line, "a script is not followed at step %zu: %s", peer->step, text);
    if (sim.complain)
        sim.complain(line);
    else
        fprintf(stderr, "asyncc: sim: %s\n", line);
}

static void end(struct async_sim_peer *peer)
{
    struct sim_file *file = peer->file;
    peer->file = NULL;
    file->peer = NULL;
    file_close(file);
}

static void fail(struct async_sim_peer *peer)
{
    peer->step = peer->count;
    end(peer);
}

// ---- Steps: true if the step is done --------------------------------------------------------

static ssize_t receive(struct async_sim_peer *peer, void *buf, size_t size)
{
    struct msghdr message = {.msg_iov = &(struct iovec){buf, size}, .msg_iovlen = 1};
    return file_recvmsg(peer->file, &message, 0);
}

static bool expect(struct async_sim_peer *peer, const struct async_sim_step *step)
{
    char buf[4096];
    while (peer->moved < step->size) {
        size_t left = step->size - peer->moved;
        ssize_t n = receive(peer, buf, left < sizeof buf ? left : sizeof buf);
        if (n == -EAGAIN)
            return false;
        if (n <= 0) {
            complain(peer,
                     n == 0 ? "the connection ended %zu bytes early"
                            : "the connection was reset %zu bytes early",
                     left);
            fail(peer);
            return false;
        }
        const char *bytes = step->bytes;
        if (bytes && memcmp(buf, bytes + peer->moved, (size_t)n) != 0) {
            complain(peer, "'%.*s' came, not '%.*s'", (int)(n < 40 ? n : 40), buf,
                     (int)(left < 40 ? left : 40), bytes + peer->moved);
            fail(peer);
            return false;
        }
        peer->moved += (size_t)n;
    }
    return true;
}

static bool send_bytes(struct async_sim_peer *peer, const struct async_sim_step *step)
{
    while (peer->moved < step->size) {
        const char *bytes = step->bytes;
        struct iovec part = {(void *)(uintptr_t)(bytes + peer->moved), step->size - peer->moved};
        ssize_t n =
            file_sendmsg(peer->file, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, 0);
        if (n == -EAGAIN)
            return false;
        if (n < 0) {
            complain(peer, "it cannot send: %s", strerror((int)-n));
            fail(peer);
            return false;
        }
        peer->moved += (size_t)n;
    }
    return true;
}

static bool expect_end(struct async_sim_peer *peer, bool reset)
{
    char buf[4096];
    ssize_t n;
    while ((n = receive(peer, buf, sizeof buf)) > 0 && reset)
        ;
    if (n == -EAGAIN)
        return false;
    if (reset ? n == -ECONNRESET || n == -EPIPE : n == 0)
        return true;
    if (n > 0)
        complain(peer, "'%.*s' came, not the end", (int)(n < 40 ? n : 40), buf);
    else
        complain(peer, reset ? "the connection ended without a reset" : "it was reset");
    fail(peer);
    return false;
}

static void peer_event(void *data);

static bool wait_ns(struct async_sim_peer *peer, uint64_t ns)
{
    if (!peer->until_ns) {
        peer->until_ns = sim_later(sim.now_ns, ns);
        sim_at(peer->until_ns, peer_event, peer);
    }
    if (sim.now_ns < peer->until_ns)
        return false;
    peer->until_ns = 0;
    return true;
}

static bool take_step(struct async_sim_peer *peer, const struct async_sim_step *step)
{
    switch (step->what) {
    case ASYNC_SIM_DOES_EXPECT_:
    case ASYNC_SIM_DOES_SKIP_:
        return expect(peer, step);
    case ASYNC_SIM_DOES_SEND_:
        return send_bytes(peer, step);
    case ASYNC_SIM_DOES_WAIT_:
        return wait_ns(peer, step->ns);
    case ASYNC_SIM_DOES_EXPECT_END_:
    case ASYNC_SIM_DOES_EXPECT_RESET_:
        return expect_end(peer, step->what == ASYNC_SIM_DOES_EXPECT_RESET_);
    case ASYNC_SIM_DOES_SHUTDOWN_:
        file_shutdown(peer->file, SHUT_WR);
        return true;
    case ASYNC_SIM_DOES_RESET_:
        file_reset(peer->file);
        return true;
    case ASYNC_SIM_DOES_CLOSE_:
        peer->step = peer->count - 1;
        return true;
    }
    return true;
}

// ---- Connecting -----------------------------------------------------------------------------

static struct async_sim_peer *peer_new(struct sim_file *file, const struct async_sim_step *steps,
                                       size_t count)
{
    struct async_sim_peer *peer = sim_alloc(sizeof *peer);
    *peer =
        (struct async_sim_peer){.next = sim.peers, .file = file, .steps = steps, .count = count};
    sim.peers = peer;
    file->peer = peer;
    return peer;
}

static void accept_all(struct async_sim_peer *peer)
{
    struct sim_file *listener = peer->file;
    while (listener->queue) {
        struct sim_file *connection = listener->queue; // the queue's use of it becomes the script's
        listener->queue = connection->next_queued;
        listener->queued--;
        peer_touched(peer_new(connection, peer->steps, peer->count));
    }
}

// Connects. False: it is not connected yet, or failed.
static bool connected(struct async_sim_peer *peer)
{
    struct sim_file *file = peer->file;
    if (peer->to.length) {
        file_connect(file, &peer->to.address.any, peer->to.length);
        peer->to.length = 0;
    }
    if (file->error) {
        complain(peer, "it cannot connect: %s", strerror(file->error));
        fail(peer);
        return false;
    }
    return file->stage == SIM_CONNECTED;
}

static void go_on(struct async_sim_peer *peer)
{
    if (!peer->file)
        return;
    if (peer->listens) {
        accept_all(peer);
        return;
    }
    if (!connected(peer))
        return;
    while (peer->step < peer->count && take_step(peer, &peer->steps[peer->step])) {
        peer->step++;
        peer->moved = 0;
    }
    if (peer->file && peer->step >= peer->count)
        end(peer);
}

static void peer_event(void *data)
{
    struct async_sim_peer *peer = data;
    peer->scheduled = false;
    go_on(peer);
}

void peer_touched(struct async_sim_peer *peer)
{
    if (peer->scheduled || peer->until_ns > sim.now_ns)
        return;
    peer->scheduled = true;
    sim_at(sim.now_ns, peer_event, peer);
}

unsigned peers_unfinished(void)
{
    unsigned count = 0;
    for (struct async_sim_peer *peer = sim.peers; peer; peer = peer->next)
        count += peer->file && !peer->listens;
    return count;
}

void peers_close(void)
{
    for (struct async_sim_peer *peer = sim.peers; peer; peer = peer->next)
        if (peer->file)
            end(peer);
}

void peers_free(void)
{
    while (sim.peers) {
        struct async_sim_peer *next = sim.peers->next;
        free(sim.peers);
        sim.peers = next;
    }
}

// ---- The public side ------------------------------------------------------------------------

static int parse(const char *host, int port, struct sim_place *out)
{
    if (port < 0 || port > 65535)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &out->address.v4.sin_addr) == 1) {
        out->address.v4.sin_family = AF_INET;
        out->address.v4.sin_port = htons((uint16_t)port);
        out->length = sizeof out->address.v4;
        return 0;
    }
    if (inet_pton(AF_INET6, host, &out->address.v6.sin6_addr) == 1) {
        out->address.v6.sin6_family = AF_INET6;
        out->address.v6.sin6_port = htons((uint16_t)port);
        out->length = sizeof out->address.v6;
        return 0;
    }
    return -EINVAL;
}

int async_sim_connect(const char *host, int port, const struct async_sim_step *steps, size_t count)
{
    if (!sim_active())
        return -ENOTSUP;
    struct sim_place place;
    int rc = parse(host, port, &place);
    if (rc < 0)
        return rc;
    struct sim_file *file = file_new(SIM_TCP, place.address.any.sa_family);
    file->opens = 1;
    struct async_sim_peer *peer = peer_new(file, steps, count);
    peer->to = place;
    peer_touched(peer);
    return 0;
}

int async_sim_listen(const char *host, int port, const struct async_sim_step *steps, size_t count)
{
    if (!sim_active())
        return -ENOTSUP;
    struct sim_place place;
    int rc = parse(host, port, &place);
    if (rc < 0)
        return rc;
    struct sim_file *file = file_new(SIM_TCP, place.address.any.sa_family);
    file->opens = 1;
    rc = file_bind(file, &place.address.any, place.length);
    if (rc == 0)
        rc = file_listen(file, 1024);
    if (rc < 0) {
        file_close(file);
        return rc;
    }
    peer_new(file, steps, count)->listens = true;
    return 0;
}
