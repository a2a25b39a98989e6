// sim_message.c - sendmsg and recvmsg on simulated files; other reads and writes are made of them.
#define _GNU_SOURCE
#include "sim_net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DATAGRAM_MAX = 65507,
    PASSED_MAX = 253
};

static size_t size_of(const struct msghdr *message)
{
    size_t size = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        size += message->msg_iov[i].iov_len;
    return size;
}

// Copies `size` bytes between the parts of a message, from `at` on, and an array.
static void copy(const struct msghdr *message, size_t at, unsigned char *bytes, size_t size,
                 bool to_message)
{
    for (size_t i = 0; i < message->msg_iovlen && size; i++) {
        const struct iovec *part = &message->msg_iov[i];
        if (at >= part->iov_len) {
            at -= part->iov_len;
            continue;
        }
        size_t n = part->iov_len - at < size ? part->iov_len - at : size;
        unsigned char *in_message = (unsigned char *)part->iov_base + at;
        memcpy(to_message ? in_message : bytes, to_message ? bytes : in_message, n);
        bytes += n;
        size -= n;
        at = 0;
    }
}

// As much as one call moves.
static size_t some_of(size_t size)
{
    if (!sim.settings.segment || !size)
        return size;
    size_t some = 1 + (size_t)sim_random(sim.settings.segment);
    return some < size ? some : size;
}

// ---- Descriptors inside messages ------------------------------------------------------------

static int pass(struct sim_chunk *chunk, int fd)
{
    struct sim_passed passed = {.fd = -1};
    struct sim_descriptor *descriptor = sim_find(fd);
    if (descriptor) {
        passed.file = descriptor->file;
        passed.file->opens++;
    } else if ((passed.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        return -errno;
    }
    if (!chunk->passed)
        chunk->passed = sim_alloc(PASSED_MAX * sizeof *chunk->passed);
    chunk->passed[chunk->passed_count++] = passed;
    return 0;
}

// Puts the descriptors of the message into the chunk. 0 or -errno.
static int pass_all(struct sim_chunk *chunk, const struct msghdr *message)
{
    if (!message->msg_controllen)
        return 0;
    struct msghdr *m = (struct msghdr *)(uintptr_t)message; // CMSG_NXTHDR changes nothing
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            int rc = chunk->passed_count < PASSED_MAX ? pass(chunk, fd) : -ETOOMANYREFS;
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

// Opens the descriptors of the chunk, as many as fit into `size` bytes of the message's control
// data; the others are closed.
static void open_passed(struct sim_chunk *chunk, struct msghdr *message, size_t size)
{
    size_t room = size < CMSG_LEN(0) ? 0 : (size - CMSG_LEN(0)) / sizeof(int);
    size_t done = 0;
    struct cmsghdr *c = message->msg_control;
    for (; done < chunk->passed_count && done < room; done++) {
        struct sim_passed *passed = &chunk->passed[done];
        int fd = passed->file ? sim_open(passed->file) : passed->fd;
        if (fd < 0)
            break;
        if (passed->file)
            file_close(passed->file); // the message's use of it
        memcpy(CMSG_DATA(c) + done * sizeof fd, &fd, sizeof fd);
    }
    if (done) {
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(done * sizeof(int));
        message->msg_controllen = CMSG_SPACE(done * sizeof(int));
    }
    if (done < chunk->passed_count)
        message->msg_flags |= MSG_CTRUNC;
    size_t left = chunk->passed_count - done;
    memmove(chunk->passed, chunk->passed + done, left * sizeof *chunk->passed);
    chunk->passed_count = left;
}

// ---- Receiving ------------------------------------------------------------------------------

// What was read made room.
static void made_room(struct sim_flow *flow)
{
    if (flow->writer)
        sim_touch(flow->writer);
    flow_has_room(flow);
}

static void tell_sender(const struct sim_chunk *chunk, struct msghdr *message)
{
    if (!message->msg_name)
        return;
    socklen_t room = message->msg_namelen;
    message->msg_namelen = chunk->from.length;
    memcpy(message->msg_name, &chunk->from.address,
           room < chunk->from.length ? room : chunk->from.length);
}

static ssize_t take_message(struct sim_flow *flow, struct msghdr *message, int flags,
                            size_t control)
{
    struct sim_chunk *chunk = flow->first;
    size_t size = size_of(message);
    size_t n = size < chunk->size ? size : chunk->size;
    size_t all = chunk->size;
    copy(message, 0, chunk->bytes, n, true);
    tell_sender(chunk, message);
    if (n < all)
        message->msg_flags |= MSG_TRUNC;
    if (!(flags & MSG_PEEK)) {
        if (chunk->passed_count)
            open_passed(chunk, message, control);
        chunk_free(flow_shift(flow));
        made_room(flow);
    }
    return (ssize_t)(flags & MSG_TRUNC ? all : n);
}

static ssize_t take_bytes(struct sim_flow *flow, struct msghdr *message, int flags, size_t control)
{
    size_t asked = size_of(message), want = some_of(asked), got = 0;
    bool passed = false;
    while (got < want && flow_has_data(flow) && !passed) {
        struct sim_chunk *chunk = flow->first;
        size_t left = chunk->size - chunk->at;
        size_t n = left < want - got ? left : want - got;
        copy(message, got, chunk->bytes + chunk->at, n, true);
        got += n;
        if (flags & MSG_PEEK)
            break;
        passed = chunk->passed_count > 0;
        if (passed)
            open_passed(chunk, message, control);
        chunk->at += n;
        flow->used -= n;
        if (chunk->at == chunk->size)
            chunk_free(flow_shift(flow));
    }
    if (!(flags & MSG_PEEK))
        made_room(flow);
    // A short read says that nothing is left, unless there is news.
    if (got < asked && flow_has_data(flow) && flow->reader)
        sim_touch(flow->reader);
    return (ssize_t)got;
}

ssize_t file_recvmsg(struct sim_file *file, struct msghdr *message, int flags)
{
    bool connection = file->kind != SIM_UDP && file->kind != SIM_UNIX_DATAGRAM;
    struct sim_flow *in = file->in;
    size_t control = message->msg_control ? message->msg_controllen : 0;
    struct msghdr answer = *message;
    answer.msg_flags = 0;
    answer.msg_controllen = 0;
    ssize_t n;
    if (in && flow_has_data(in)) {
        n = in->messages       ? take_message(in, &answer, flags, control)
            : size_of(message) ? take_bytes(in, &answer, flags, control)
                               : 0;
        if (connection)
            answer.msg_namelen = 0;
    } else if (file->error) {
        return -file_take_error(file);
    } else if (file->shut_read || (in && in->ended) || file->broken) {
        answer.msg_namelen = 0;
        n = 0;
    } else if (connection && file->stage != SIM_CONNECTED && file->stage != SIM_CONNECTING) {
        return file->kind == SIM_PIPE                              ? -EBADF
               : file->kind == SIM_UNIX_STREAM && !file->seqpacket ? -EINVAL
                                                                   : -ENOTCONN;
    } else {
        return file->kind == SIM_PIPE && !in ? -EBADF : -EAGAIN;
    }
    *message = answer;
    return n;
}

// ---- Sending --------------------------------------------------------------------------------

static ssize_t send_chunk(struct sim_flow *flow, const struct msghdr *message, size_t size,
                          const struct sim_place *from)
{
    struct sim_chunk *chunk = chunk_new(CHUNK_DATA, size);
    copy(message, 0, chunk->bytes, size, false);
    if (from)
        chunk->from = *from;
    int rc = pass_all(chunk, message);
    if (rc < 0) {
        chunk_free(chunk);
        return rc;
    }
    flow_put(flow, chunk);
    return (ssize_t)size;
}

static ssize_t send_datagram(struct sim_file *file, const struct msghdr *message)
{
    size_t size = size_of(message);
    if (size > DATAGRAM_MAX)
        return -EMSGSIZE;
    struct sim_flow *flow;
    int rc = file_find_receiver(file, message, &flow);
    if (rc < 0)
        return rc;
    if (file->kind == SIM_UNIX_DATAGRAM && size > flow->room)
        return -EMSGSIZE; // there will never be room
    if (flow && flow->used + size > flow->room) {
        if (file->kind == SIM_UNIX_DATAGRAM) {
            flow_block(flow, file);
            return -EAGAIN;
        }
        flow = NULL; // the receiver has no room: it is lost
    }
    return flow ? send_chunk(flow, message, size, &file->local) : (ssize_t)size;
}

static ssize_t send_bytes(struct sim_file *file, const struct msghdr *message)
{
    struct sim_flow *out = file->out;
    if (file->stage == SIM_CONNECTING)
        return -EAGAIN;
    if (!out)
        return file->kind == SIM_PIPE ? -EBADF : file->kind == SIM_TCP ? -EPIPE : -ENOTCONN;
    if (file->kind != SIM_TCP && !out->reader)
        return -EPIPE;
    size_t size = size_of(message);
    size_t room = out->used < out->room ? out->room - out->used : 0;
    if (out->messages && size > out->room)
        return -EMSGSIZE;
    bool whole = out->messages || (file->kind == SIM_PIPE && size <= flow_atomic(out));
    size_t n = whole ? size : some_of(size < room ? size : room);
    if (n > room || (size && !n))
        return -EAGAIN;
    if (!size && !out->messages)
        return 0;
    ssize_t sent = send_chunk(out, message, n, NULL);
    if (sent >= 0 && n < size && n < room)
        sim_touch(file); // a short write says that there is no room, unless there is news
    return sent;
}

ssize_t file_sendmsg(struct sim_file *file, const struct msghdr *message, int flags)
{
    (void)flags;
    bool read_tells = file->kind == SIM_UNIX_STREAM && !file->seqpacket;
    if (file->error && !read_tells)
        return -file_take_error(file);
    if (file->shut_write || file->broken)
        return -EPIPE;
    if (file->kind == SIM_UDP || file->kind == SIM_UNIX_DATAGRAM)
        return send_datagram(file, message);
    return send_bytes(file, message);
}
