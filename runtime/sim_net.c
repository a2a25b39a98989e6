// sim_net.c - simulated sockets: listening, connecting, closing. They behave like Linux's do on one
// host, with the delays of a network.
#define _GNU_SOURCE
#include "sim_net.h"

#include "readiness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SYN_RETRY_NS = 1000000000, // when the listener's queue is full
    SYN_TRIES = 6
};

// ---- Life -----------------------------------------------------------------------------------

struct sim_file *file_new(enum sim_kind kind, int family)
{
    struct sim_file *file = sim_alloc(sizeof *file);
    file->kind = kind;
    file->family = family;
    file->refs = 1;
    if (kind == SIM_UDP || kind == SIM_UNIX_DATAGRAM) {
        file->in = &link_new(true, kind == SIM_UDP)->flow[0];
        file->in->link->refs = 1;
        file->in->reader = file;
    }
    return file;
}

void file_release(struct sim_file *file)
{
    if (--file->refs == 0)
        free(file);
}

static bool is_connection(const struct sim_file *file)
{
    return file->kind == SIM_TCP || file->kind == SIM_UNIX_STREAM || file->kind == SIM_PIPE;
}

static struct sim_file *shift_queue(struct sim_file *listener)
{
    struct sim_file *first = listener->queue;
    listener->queue = first->next_queued;
    listener->queued--;
    return first;
}

static void close_flows(struct sim_file *file)
{
    struct sim_flow *in = file->in, *out = file->out;
    bool unread = in && flow_has_data(in);
    if (out) {
        if (is_connection(file) && !file->broken && (unread || file->abortive))
            flow_put(out, chunk_new(CHUNK_RESET, 0));
        else if (is_connection(file) && !file->broken && !file->shut_write)
            flow_put(out, chunk_new(CHUNK_END, 0));
        out->writer = NULL;
        file->out = NULL;
        link_release(out->link);
    }
    if (in) {
        in->reader = NULL;
        flow_discard(in);
        if (in->writer)
            sim_touch(in->writer);
        flow_has_room(in);
        file->in = NULL;
        link_release(in->link);
    }
}

// The room that it may have waited for is of no interest any more.
static void forget_receiver(struct sim_file *file)
{
    if (file->receiver)
        file_release(file->receiver);
    file->receiver = NULL;
    if (file->blocked)
        sim_touch(file);
    flow_unblock(file);
    if (!file->out)
        return;
    struct sim_link *link = file->out->link; // of a socketpair
    file->out->writer = NULL;
    file->out = NULL;
    link_release(link);
}

void file_close(struct sim_file *file)
{
    if (file->opens > 1) {
        file->opens--;
        return;
    }
    file->opens = 0;
    file_unbind(file);
    while (file->queue) {
        struct sim_file *connection = shift_queue(file);
        file_reset(connection);
        file_close(connection);
    }
    close_flows(file);
    forget_receiver(file);
    file_release(file);
}

void file_reset(struct sim_file *file)
{
    file->abortive = true;
    if (!file->out || file->broken)
        return;
    flow_put(file->out, chunk_new(CHUNK_RESET, 0));
    file->broken = true;
}

bool file_is_over(const struct sim_file *file)
{
    return file->kind == SIM_TCP && file->stage == SIM_CONNECTED &&
           (file->broken || (file->in->ended && file->out->ended));
}

int file_take_error(struct sim_file *file)
{
    int error = file->error;
    file->error = 0;
    return error;
}

static void join(struct sim_file *reader, struct sim_file *writer, struct sim_flow *flow)
{
    if (reader->in)
        link_release(reader->in->link);
    flow->link->refs += 2;
    flow->reader = reader;
    flow->writer = writer;
    reader->in = writer->out = flow;
}

void files_connect(struct sim_file *a, struct sim_file *b)
{
    bool messages = a->kind == SIM_UNIX_DATAGRAM || a->seqpacket;
    struct sim_link *link = link_new(messages, a->kind == SIM_TCP);
    join(b, a, &link->flow[0]);
    if (a->kind != SIM_PIPE)
        join(a, b, &link->flow[1]);
    a->stage = b->stage = SIM_CONNECTED;
}

// ---- Readiness ------------------------------------------------------------------------------

static bool can_write(const struct sim_file *file)
{
    if (file->kind == SIM_UDP)
        return true;
    const struct sim_flow *out = file->out;
    if (!out)
        return file->kind == SIM_UNIX_DATAGRAM;
    if (file->kind == SIM_PIPE && out->reader)
        return out->used + flow_atomic(out) <= out->room;
    return file->broken || file->shut_write || out->used < out->room ||
           (file->kind != SIM_TCP && !out->reader);
}

unsigned file_ready(const struct sim_file *file)
{
    if (file->stage == SIM_LISTENING)
        return file->queue ? READY_READ : 0;
    unsigned ready = 0;
    if (file->error)
        ready = READY_READ | READY_WRITE | READY_CLOSED;
    if (file->stage == SIM_CONNECTING)
        return ready;
    const struct sim_flow *in = file->in;
    if (file->shut_read || (in && (flow_has_data(in) || in->ended)))
        ready |= READY_READ;
    if (file->shut_read || (in && in->ended))
        ready |= READY_CLOSED;
    if (can_write(file))
        ready |= READY_WRITE;
    if (file->broken || (file->kind == SIM_PIPE && file->out && !file->out->reader))
        ready |= READY_READ | READY_WRITE | READY_CLOSED;
    if (file->stage == SIM_NEW && is_connection(file))
        ready |= READY_READ | READY_WRITE | READY_CLOSED; // the calls say what is wrong
    return ready;
}

// ---- Listening, connecting ------------------------------------------------------------------

int file_listen(struct sim_file *file, int backlog)
{
    if (file->kind != SIM_TCP && file->kind != SIM_UNIX_STREAM)
        return file->kind == SIM_PIPE ? -ENOTSOCK : -EOPNOTSUPP;
    if (file->stage > SIM_LISTENING || (!file->local.length && file->family == AF_UNIX))
        return -EINVAL;
    if (!file->local.length) {
        struct sim_place any = {.length = file->family == AF_INET ? sizeof any.address.v4
                                                                  : sizeof any.address.v6};
        any.address.any.sa_family = (sa_family_t)file->family;
        file_bind(file, &any.address.any, any.length);
    }
    for (struct sim_file *other = sim.bound; other; other = other->next_bound)
        if (other != file && other->kind == file->kind && other->stage == SIM_LISTENING &&
            place_fits(other, &file->local))
            return -EADDRINUSE;
    file->stage = SIM_LISTENING;
    file->backlog = backlog < 0 ? 0 : (unsigned)backlog;
    return 0;
}

static void enqueue(struct sim_file *listener, struct sim_file *connection)
{
    struct sim_file **link = &listener->queue;
    while (*link)
        link = &(*link)->next_queued;
    connection->next_queued = NULL;
    connection->opens = 1; // the queue's
    *link = connection;
    listener->queued++;
    sim_touch(listener);
}

// The other end of a connection of `client`, waiting to be accepted.
static void establish(struct sim_file *client, struct sim_file *listener)
{
    struct sim_file *server = file_new(client->kind, listener->family);
    server->local = client->kind == SIM_TCP ? client->remote : listener->local;
    server->remote = client->local;
    server->seqpacket = listener->seqpacket;
    files_connect(client, server);
    enqueue(listener, server);
}

static void connect_fails(struct sim_file *client, int error)
{
    client->stage = SIM_NEW;
    client->error = error;
    sim_touch(client);
}

// The connection request has arrived.
static void request_arrives(void *data)
{
    struct sim_file *client = data;
    struct sim_file *listener = place_find(SIM_TCP, &client->remote);
    bool listens = listener && listener->stage == SIM_LISTENING;
    if (!client->opens || client->stage != SIM_CONNECTING) {
        file_release(client);
    } else if (listens && listener->queued > listener->backlog && ++client->tries < SYN_TRIES) {
        sim_at(sim.now_ns + ((uint64_t)SYN_RETRY_NS << client->tries), request_arrives, client);
    } else {
        if (!listens)
            connect_fails(client, ECONNREFUSED);
        else if (client->tries >= SYN_TRIES)
            connect_fails(client, ETIMEDOUT);
        else {
            establish(client, listener);
            client->succeeded = true;
            sim_touch(client);
        }
        file_release(client);
    }
}

// Does it receive from somebody else only?
static bool ignores(const struct sim_file *receiver, const struct sim_file *file)
{
    return receiver->receiver && receiver->receiver != file;
}

// Unlike for UDP, it is a socket that they are connected to, not what has its address.
static int connect_datagrams(struct sim_file *file, struct sim_file *other,
                             const struct sim_place *to)
{
    if (ignores(other, file))
        return -EPERM;
    forget_receiver(file);
    other->refs++;
    file->receiver = other;
    file->remote = *to;
    file->stage = SIM_CONNECTED;
    return 0;
}

static int connect_unix(struct sim_file *file, struct sim_place *to)
{
    struct sim_file *other;
    int rc = place_find_unix(file, to, &other);
    if (rc < 0)
        return rc;
    if (file->kind == SIM_UNIX_DATAGRAM)
        return connect_datagrams(file, other, to);
    if (other->stage != SIM_LISTENING)
        return -ECONNREFUSED;
    if (other->queued > other->backlog)
        return -EAGAIN;
    file->remote = *to;
    establish(file, other);
    sim_touch(file);
    return 0;
}

// Of datagrams. A port that nobody asked for is given up, too.
static int disconnect(struct sim_file *file)
{
    forget_receiver(file);
    file->remote.length = 0;
    file->stage = SIM_NEW;
    if (file->kind == SIM_UDP && !file->chosen) {
        file_unbind(file);
        file->local.length = 0;
    }
    return 0;
}

int file_connect(struct sim_file *file, const struct sockaddr *address, socklen_t length)
{
    struct sim_place to;
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    if (!is_connection(file) && length >= sizeof address->sa_family &&
        address->sa_family == AF_UNSPEC)
        return disconnect(file);
    int rc = place_get(file, address, length, &to);
    if (rc < 0)
        return rc;
    if (file->succeeded) {
        file->succeeded = false;
        return 0;
    }
    if (is_connection(file) && file->stage != SIM_NEW)
        return file->stage == SIM_CONNECTING  ? -EALREADY
               : file->stage == SIM_CONNECTED ? -EISCONN
                                              : -EINVAL;
    if (file->family == AF_UNIX)
        return connect_unix(file, &to);
    place_reach(&to);
    file_bind_anyhow(file, &to, file->kind == SIM_UDP);
    file->remote = to;
    if (file->kind == SIM_UDP) {
        file->stage = SIM_CONNECTED;
        return 0;
    }
    file->stage = SIM_CONNECTING;
    file->refs++;
    sim_at(sim.now_ns + sim_delay_ns(), request_arrives, file);
    return -EINPROGRESS;
}

int file_accept(struct sim_file *file, struct sim_file **out)
{
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    if (!is_connection(file))
        return -EOPNOTSUPP;
    if (file->stage != SIM_LISTENING)
        return -EINVAL;
    if (!file->queue)
        return -EAGAIN;
    int fd = sim_open(file->queue); // failing, the connection stays in line
    if (fd < 0)
        return fd;
    *out = shift_queue(file);
    file_close(*out); // the queue's use of it
    return fd;
}

int file_shutdown(struct sim_file *file, int how)
{
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    if (file->family != AF_UNIX && (file->stage != SIM_CONNECTED || file_is_over(file)))
        return -ENOTCONN;
    if (how != SHUT_WR) {
        file->shut_read = true;
        sim_touch(file);
        if (file->kind == SIM_UNIX_STREAM && file->in && file->in->writer) { // which is told
            file->in->writer->shut_write = true;
            sim_touch(file->in->writer);
        }
    }
    if (how != SHUT_RD && !file->shut_write) {
        file->shut_write = true;
        if (is_connection(file) && file->out && !file->broken)
            flow_put(file->out, chunk_new(CHUNK_END, 0));
        sim_touch(file);
    }
    return 0;
}

// ---- Datagrams ------------------------------------------------------------------------------

// A datagram found nobody. Those who are connected are told.
static void unreachable(void *data)
{
    struct sim_file *file = data;
    if (file->opens) {
        file->error = ECONNREFUSED;
        sim_touch(file);
    }
    file_release(file);
}

// Of Unix datagrams: the named one, or the one that it is connected to.
static int find_unix_receiver(struct sim_file *file, struct sim_place *named, struct sim_flow **out)
{
    struct sim_file *receiver = file->receiver;
    int rc = named ? place_find_unix(file, named, &receiver) : 0;
    if (rc < 0)
        return rc;
    if (!receiver->opens) { // its address may be somebody else's by now
        disconnect(file);
        return -ECONNREFUSED;
    }
    *out = receiver->in;
    return ignores(receiver, file) ? -EPERM : 0;
}

int file_find_receiver(struct sim_file *file, const struct msghdr *message, struct sim_flow **out)
{
    struct sim_place to = file->remote;
    bool named = message->msg_name && message->msg_namelen;
    if (file->out && !named) { // of a socketpair
        *out = file->out;
        if (file->out->reader)
            return 0;
        disconnect(file);
        return -ECONNREFUSED;
    }
    if (named) {
        int rc = place_get(file, message->msg_name, message->msg_namelen, &to);
        if (rc < 0)
            return rc;
    } else if (file->stage != SIM_CONNECTED) {
        return file->family == AF_UNIX ? -ENOTCONN : -EDESTADDRREQ;
    }
    if (file->family == AF_UNIX)
        return find_unix_receiver(file, named ? &to : NULL, out);
    file_bind_anyhow(file, &to, true);
    struct sim_file *receiver = place_find(file->kind, &to);
    *out = receiver ? receiver->in : NULL;
    if (receiver && receiver->stage == SIM_CONNECTED && receiver->remote.length &&
        !place_fits(file, &receiver->remote))
        *out = NULL; // it listens to somebody else
    if (*out)
        return 0;
    if (file->stage == SIM_CONNECTED) {
        file->refs++;
        sim_at(sim.now_ns + sim_delay_ns(), unreachable, file);
    }
    return 0;
}
