// uring.c - the limit: an echo server on io_uring and nothing else. `uring BYTES` has a buffer of BYTES in each
// connection, a receive and then a send; `uring BYTES multishot` has one ring of buffers that the kernel takes from,
// and one receive for the life of a connection.
//
// MSG_WAITALL has the kernel go on with a short send. A client has one request in flight, so two sends on one
// connection never overtake each other.
#define _GNU_SOURCE
#include "listen.h"

#include <liburing.h>
#include <stdint.h>

enum {
    ENTRIES = 1024,
    COMPLETIONS = 8192,
    BUFFERS = 512,
    BUFFER_BYTES = 16384,
    GROUP = 0
};

enum { ACCEPT, RECEIVE, SEND, KINDS = 3 }; // in the two low bits of a user_data

struct connection {
    int fd;
    char buffer[]; // plain
};

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char *buffer_memory;
static size_t buffer_size; // of a plain connection
static bool multishot;
static int listener;

static struct io_uring_sqe *next_sqe(void)
{
    struct io_uring_sqe *sqe;
    while (!(sqe = io_uring_get_sqe(&ring)))
        io_uring_submit(&ring);
    return sqe;
}

static void start_accept(void)
{
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, 0);
    io_uring_sqe_set_data64(sqe, ACCEPT);
}

static void start_receive(struct connection *c)
{
    struct io_uring_sqe *sqe = next_sqe();
    if (multishot) {
        io_uring_prep_recv_multishot(sqe, c->fd, NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = GROUP;
    } else {
        io_uring_prep_recv(sqe, c->fd, c->buffer, buffer_size, 0);
    }
    io_uring_sqe_set_data64(sqe, (uintptr_t)c | RECEIVE);
}

// `data` is the connection, or the buffer's number.
static void start_send(int fd, const char *from, int size, uint64_t data)
{
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_send(sqe, fd, from, (size_t)size, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(sqe, data | SEND);
}

static char *buffer_at(unsigned number)
{
    return buffer_memory + (size_t)number * BUFFER_BYTES;
}

static void give_buffer(unsigned number)
{
    io_uring_buf_ring_add(buffers, buffer_at(number), BUFFER_BYTES, (unsigned short)number,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffers, 1);
}

static void on_accept(const struct io_uring_cqe *cqe)
{
    if (!(cqe->flags & IORING_CQE_F_MORE))
        start_accept();
    if (cqe->res < 0)
        return;
    struct connection *c = malloc(sizeof *c + (multishot ? 0 : buffer_size));
    if (!c)
        abort();
    c->fd = cqe->res;
    no_delay(c->fd);
    start_receive(c);
}

static void end(struct connection *c)
{
    close(c->fd);
    free(c);
}

static void on_receive(struct connection *c, const struct io_uring_cqe *cqe)
{
    bool again = multishot && !(cqe->flags & IORING_CQE_F_MORE);
    if (cqe->res <= 0 && cqe->res != -ENOBUFS) {
        end(c);
        return;
    }
    if (cqe->res > 0 && multishot) {
        unsigned number = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        start_send(c->fd, buffer_at(number), cqe->res, (uint64_t)number << 2);
    } else if (cqe->res > 0) {
        start_send(c->fd, c->buffer, cqe->res, (uintptr_t)c);
    }
    if (again)
        start_receive(c);
}

static void on_send(uint64_t data, const struct io_uring_cqe *cqe)
{
    if (multishot) // a connection that is broken says so when it is received from
        give_buffer((unsigned)(data >> 2));
    else if (cqe->res > 0)
        start_receive((struct connection *)(uintptr_t)data);
    else
        end((struct connection *)(uintptr_t)data);
}

static void on_completion(const struct io_uring_cqe *cqe)
{
    uint64_t data = cqe->user_data & ~(uint64_t)KINDS;
    switch (cqe->user_data & KINDS) {
    case ACCEPT:
        on_accept(cqe);
        break;
    case RECEIVE:
        on_receive((struct connection *)(uintptr_t)data, cqe);
        break;
    case SEND:
        on_send(data, cqe);
        break;
    }
}

static void start_ring(void)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = COMPLETIONS,
    };
    int rc = io_uring_queue_init_params(ENTRIES, &ring, &params);
    if (rc < 0) {
        fprintf(stderr, "io_uring: %s\n", strerror(-rc));
        exit(3);
    }
    if (!multishot)
        return;
    void *memory;
    if (posix_memalign(&memory, 4096, BUFFERS * sizeof(struct io_uring_buf)) != 0 ||
        !(buffer_memory = malloc((size_t)BUFFERS * BUFFER_BYTES)))
        abort();
    buffers = memory;
    io_uring_buf_ring_init(buffers);
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)buffers, .ring_entries = BUFFERS, .bgid = GROUP};
    must(io_uring_register_buf_ring(&ring, &reg, 0), "io_uring_register_buf_ring");
    for (unsigned i = 0; i < BUFFERS; i++)
        give_buffer(i);
}

int main(int argc, char **argv)
{
    buffer_size = argc > 1 ? (size_t)atol(argv[1]) : BUFFER_BYTES;
    multishot = argc > 2 && strcmp(argv[2], "multishot") == 0;
    start_ring();
    listener = listen_anywhere(0);
    start_accept();
    for (;;) {
        int rc = io_uring_submit_and_wait(&ring, 1);
        if (rc < 0 && rc != -EINTR && rc != -EBUSY)
            must(rc, "io_uring_submit_and_wait");
        unsigned head, count = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(&ring, head, cqe) {
            on_completion(cqe);
            count++;
        }
        io_uring_cq_advance(&ring, count);
    }
}
