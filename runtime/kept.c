// kept.c - a source's list of things kept.
#define _GNU_SOURCE
#include "kept.h"

#include "buffers.h"
#include "memory.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

enum kept_what {
    KEPT_BYTES,     // of a stream
    KEPT_MESSAGE,   // a datagram: it is taken as a whole
    KEPT_CONNECTION // `result` is a descriptor
};

struct kept {
    struct kept *next;
    enum kept_what what;
    intptr_t result; // what the operation came to
    // Bytes and messages. These lie in `data`, one after the other.
    int flags; // of the message
    size_t control_size, address_size;
    char *address;
    char *bytes;                      // the first that was not taken
    size_t size;                      // how many were not taken
    void *buffer;                     // they are in this one, and this is its note. Else NULL
    alignas(max_align_t) char data[]; // begins with the control data
};

static_assert(EHOSTUNREACH <= UINT8_MAX && ECONNREFUSED <= UINT8_MAX, "an error is a byte");
static_assert(sizeof(struct kept) <= BUFFER_NOTE, "a buffer's note has room for it");

// In the place of a list: bytes are missing, for there was no memory to keep them.
static struct kept lost;

static struct kept *first(const struct async_source *source)
{
    return source->kept;
}

static bool is_stream(const struct async_source *source)
{
    int type = SOCK_STREAM;
    if (source->socket)
        sys->getsockopt(source->fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type});
    return type == SOCK_STREAM;
}

// ---- Control data ---------------------------------------------------------------------------

// Closes the descriptors in a control message.
static void close_descriptors(const struct cmsghdr *part)
{
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
        return;
    const unsigned char *at = CMSG_DATA(part), *end = (const unsigned char *)part + part->cmsg_len;
    for (int fd; (size_t)(end - at) >= sizeof fd; at += sizeof fd) {
        memcpy(&fd, at, sizeof fd);
        sys->close(fd);
    }
}

// Moves control data to `to` (NULL: nobody wants it): what there is no room for is closed.
static void move_control(void *control, size_t size, struct msghdr *to)
{
    struct msghdr from = {.msg_control = control, .msg_controllen = size};
    size_t room = to && to->msg_control ? to->msg_controllen : 0;
    size_t used = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&from); part; part = CMSG_NXTHDR(&from, part)) {
        if (!to || part->cmsg_len > room - used) {
            close_descriptors(part);
            if (to)
                to->msg_flags |= MSG_CTRUNC;
            continue;
        }
        memcpy((char *)to->msg_control + used, part, part->cmsg_len);
        size_t step = CMSG_ALIGN(part->cmsg_len);
        used += step < room - used ? step : room - used;
    }
    if (to)
        to->msg_controllen = used;
}

// ---- Keeping --------------------------------------------------------------------------------

static void prepend(struct async_source *source, struct kept *kept)
{
    kept->next = first(source);
    source->kept = kept;
}

static void append(struct async_source *source, struct kept *kept)
{
    kept->next = NULL;
    struct kept *last = first(source);
    if (!last) {
        source->kept = kept;
        return;
    }
    while (last->next)
        last = last->next;
    last->next = kept;
}

// What an operation has taken that is cancelled now. Bytes that are kept came later.
static void insert(struct async_source *source, struct kept *kept)
{
    if (kept->what == KEPT_BYTES)
        prepend(source, kept);
    else
        append(source, kept);
}

// Those after which the socket goes on as if nothing had been, or at its end.
static bool reported_once(intptr_t error)
{
    switch (error) {
    case -ECONNRESET:
    case -ECONNREFUSED:
    case -ECONNABORTED:
    case -ETIMEDOUT:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -EPIPE:
    case -EPROTO:
        return true;
    default:
        return false;
    }
}

static void keep_connection(struct async_source *source, int fd)
{
    struct kept *kept = memory_alloc(sizeof *kept);
    if (!kept) {
        sys->close(fd);
        return;
    }
    *kept = (struct kept){.what = KEPT_CONNECTION, .result = fd};
    insert(source, kept);
}

// Copies `size` bytes from where an operation has put them.
static void collect(char *to, size_t size, const struct iovec *part)
{
    for (; size; part++) {
        size_t n = part->iov_len < size ? part->iov_len : size;
        if (n)
            memcpy(to, part->iov_base, n);
        to += n;
        size -= n;
    }
}

static size_t room_of(const struct iovec *parts, size_t count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += parts[i].iov_len;
    return room;
}

static void bytes_lost(struct async_source *source, bool stream, struct msghdr *message)
{
    if (message)
        move_control(message->msg_control, message->msg_controllen, NULL);
    if (!stream)
        return;
    kept_drop(source);
    source->kept = &lost;
}

// Keeps `size` bytes, and what came along with them in `message`, if that is not NULL.
static void keep_bytes(struct async_source *source, const struct iovec *parts, size_t size,
                       intptr_t result, struct msghdr *message)
{
    bool stream = is_stream(source);
    if (stream && size == 0)
        return; // the end of the stream, which comes again
    size_t control = message ? message->msg_controllen : 0;
    size_t address = message && message->msg_name ? message->msg_namelen : 0;
    struct kept *kept = memory_alloc(sizeof *kept + control + address + size);
    if (!kept) {
        bytes_lost(source, stream, message);
        return;
    }
    *kept = (struct kept){
        .what = stream ? KEPT_BYTES : KEPT_MESSAGE,
        .result = result,
        .flags = message ? message->msg_flags : 0,
        .control_size = control,
        .address_size = address,
        .address = kept->data + control,
        .bytes = kept->data + control + address,
        .size = size,
    };
    if (control)
        memcpy(kept->data, message->msg_control, control);
    if (address)
        memcpy(kept->address, message->msg_name, address);
    collect(kept->bytes, size, parts);
    insert(source, kept);
}

static struct kept *note_down(void *buffer, size_t size, enum kept_what what)
{
    struct kept *kept = buffer_note(buffer);
    *kept = (struct kept){
        .what = what,
        .result = (intptr_t)size,
        .address = kept->data,
        .bytes = buffer,
        .size = size,
        .buffer = buffer,
    };
    return kept;
}

static void keep_message(struct async_source *source, struct async_op *op)
{
    struct msghdr *message = op->at;
    if (op->flags & MSG_PEEK)
        return;
    size_t room = room_of(message->msg_iov, message->msg_iovlen);
    size_t size = (size_t)op->result < room ? (size_t)op->result : room;
    keep_bytes(source, message->msg_iov, size, op->result, message);
}

void kept_add(struct async_source *source, struct async_op *op)
{
    if (op->code == OP_READABLE)
        return;
    if (first(source) == &lost) {
        if (op->code == OP_READ_BORROWED && op->result > 0)
            buffer_return(&async_current->buffers, op->at);
        return;
    }
    if (op->result < 0) {
        if (op->code != OP_ACCEPT)
            kept_add_error(source, op->result);
        return;
    }
    struct iovec one = {.iov_base = op->at, .iov_len = (size_t)op->result};
    switch (op->code) {
    case OP_ACCEPT:
        keep_connection(source, (int)op->result);
        break;
    case OP_READ:
        keep_bytes(source, &one, one.iov_len, op->result, NULL);
        break;
    case OP_READ_BORROWED:
        if (op->result > 0)
            insert(source,
                   note_down(op->at, one.iov_len, is_stream(source) ? KEPT_BYTES : KEPT_MESSAGE));
        else
            keep_bytes(source, &one, 0, 0, NULL); // an empty packet, in no buffer
        break;
    case OP_READV:
        keep_bytes(source, op->at, one.iov_len, op->result, NULL);
        break;
    case OP_RECVMSG:
        keep_message(source, op);
        break;
    }
}

void kept_add_buffer(struct async_source *source, void *buffer, size_t size)
{
    if (first(source) == &lost)
        buffer_return(&async_current->buffers, buffer);
    else
        append(source, note_down(buffer, size, KEPT_BYTES));
}

void kept_add_error(struct async_source *source, intptr_t error)
{
    if (reported_once(error))
        source->error = (uint8_t)-error;
}

bool kept_several(const struct async_source *source)
{
    return first(source) && (first(source) == &lost || first(source)->next);
}

// ---- Taking ---------------------------------------------------------------------------------

static void pop(struct async_source *source)
{
    struct kept *kept = first(source);
    source->kept = kept->next;
    move_control(kept->data, kept->control_size, NULL);
    if (kept->buffer)
        buffer_return(&async_current->buffers, kept->buffer);
    else
        memory_free(kept);
}

// Copies as much as there is room for. How much it was.
static size_t spread(const struct kept *kept, const struct iovec *parts, size_t count)
{
    size_t done = 0;
    for (size_t i = 0; i < count && done < kept->size; i++) {
        size_t left = kept->size - done;
        size_t n = parts[i].iov_len < left ? parts[i].iov_len : left;
        if (n)
            memcpy(parts[i].iov_base, kept->bytes + done, n);
        done += n;
    }
    return done;
}

// `copied` bytes have found room.
static void take_bytes(struct async_source *source, struct async_op *op, size_t copied)
{
    struct kept *kept = first(source);
    bool peek = op->code == OP_RECVMSG && op->flags & MSG_PEEK;
    bool whole = op->code == OP_RECVMSG && op->flags & MSG_TRUNC && kept->what == KEPT_MESSAGE;
    op->result = whole ? kept->result : (intptr_t)copied;
    if (peek)
        return;
    kept->bytes += copied;
    kept->size -= copied;
    if (kept->what == KEPT_MESSAGE || kept->size == 0)
        pop(source);
}

static void take_message(struct async_source *source, struct async_op *op)
{
    struct kept *kept = first(source);
    struct msghdr *message = op->at;
    size_t copied = spread(kept, message->msg_iov, message->msg_iovlen);
    message->msg_flags = kept->flags;
    if (kept->what == KEPT_MESSAGE && copied < kept->size)
        message->msg_flags |= MSG_TRUNC;
    if (message->msg_name) {
        size_t room = message->msg_namelen;
        memcpy(message->msg_name, kept->address,
               kept->address_size < room ? kept->address_size : room);
        message->msg_namelen = (socklen_t)kept->address_size;
    }
    if (op->flags & MSG_PEEK) {
        message->msg_controllen = 0; // descriptors come with the bytes
    } else {
        move_control(kept->data, kept->control_size, message);
        kept->control_size = 0;
    }
    take_bytes(source, op, copied);
}

// The buffer that the bytes are in goes to the operation.
static void take_buffer(struct async_source *source, struct async_op *op)
{
    struct kept *kept = first(source);
    source->kept = kept->next;
    op->at = kept->buffer;
    op->result = (intptr_t)kept->size;
    if (kept->bytes != op->at)
        memmove(op->at, kept->bytes, kept->size);
}

static void take_borrowed(struct async_source *source, struct async_op *op)
{
    if (first(source)->buffer) {
        take_buffer(source, op);
        return;
    }
    struct buffers *buffers = &async_current->buffers;
    op->at = buffer_borrow(buffers);
    if (!op->at) {
        op->result = -ENOMEM;
        return;
    }
    take_bytes(source, op, spread(first(source), &(struct iovec){op->at, BUFFER_SIZE}, 1));
    if (op->result == 0)
        buffer_return(buffers, op->at);
}

// A read of what is kept. False: it wants something else.
static bool take_read(struct async_source *source, struct async_op *op)
{
    struct kept *kept = first(source);
    switch (op->code) {
    case OP_READ:
        take_bytes(source, op, spread(kept, &(struct iovec){op->at, op->size}, 1));
        return true;
    case OP_READV:
        take_bytes(source, op, spread(kept, op->at, op->size));
        return true;
    case OP_READ_BORROWED:
        take_borrowed(source, op);
        return true;
    case OP_RECVMSG:
        take_message(source, op);
        return true;
    default:
        return false;
    }
}

bool kept_take(struct async_source *source, struct async_op *op)
{
    struct kept *kept = first(source);
    if (!kept_any(source) || op_direction(op) == IO_WRITE)
        return false;
    if (!kept_serves(op))
        return false;
    if (op->code == OP_READABLE) {
        op->result = 0;
        return true;
    }
    if (kept == &lost) {
        op->result = -ENOMEM;
        return true;
    }
    if (!kept) {
        op->result = -source->error;
        source->error = 0;
        return true;
    }
    if (kept->what == KEPT_BYTES || kept->what == KEPT_MESSAGE)
        return take_read(source, op);
    op->result = kept->result;
    pop(source);
    return true;
}

void kept_drop(struct async_source *source)
{
    source->error = 0;
    if (first(source) == &lost)
        source->kept = NULL;
    while (first(source)) {
        if (first(source)->what == KEPT_CONNECTION)
            sys->close((int)first(source)->result);
        pop(source);
    }
}
