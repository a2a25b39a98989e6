// runtime_net.c - TCP on loopback: short reads, resets, cancelling in the middle, running out of
// descriptors, addresses and options; and that no descriptor leaks.
#define _GNU_SOURCE
#include "net_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>

ASYNC_FUTURE_TYPE(async_tcp_accept);
ASYNC_FUTURE_TYPE(async_tcp_connect);
ASYNC_FUTURE_TYPE(async_tcp_connect_to);
ASYNC_FUTURE_TYPE(async_tcp_read);
ASYNC_FUTURE_TYPE(async_tcp_write_all);
ASYNC_FUTURE_TYPE(async_readable);

struct pair {
    struct async_listener *listener;
    struct async_tcp *a, *b;
};

static struct pair make_pair(const char *host)
{
    struct pair p;
    assert_int_equal(async_tcp_listen(host, 0, &p.listener), 0);
    assert_true(async_listener_port(p.listener) > 0);
    assert_int_equal(NOW(async_tcp_connect, host, async_listener_port(p.listener), &p.a), 0);
    assert_int_equal(NOW(async_tcp_accept, p.listener, &p.b), 0);
    return p;
}

static void close_pair(struct pair *p)
{
    async_tcp_close(p->a);
    async_tcp_close(p->b);
    async_listener_close(p->listener);
}

static void talks(void **unused)
{
    (void)unused;
    static const char *hosts[] = {"127.0.0.1", "localhost", "::1"};
    for (int i = 0; i < 3; i++) {
        struct async_listener *probe;
        if (async_tcp_listen(hosts[i], 0, &probe) < 0 && i == 2)
            continue; // no IPv6 here
        async_listener_close(probe);
        struct pair p = make_pair(hosts[i]);
        char buf[100];
        assert_int_equal(NOW(async_tcp_write_all, p.a, "hello world", 11), 11);
        assert_int_equal(NOW(async_tcp_read, p.b, buf, 5), 5);
        assert_int_equal(NOW(async_tcp_read, p.b, buf + 5, 90), 6); // a short read: drained
        assert_memory_equal(buf, "hello world", 11);
        struct async_task *later = START(async_tcp_read, p.b, buf, 100);
        nap(5);
        assert_false(async_task_done(later));
        assert_int_equal(NOW(async_tcp_write_all, p.a, "more", 4), 4);
        assert_int_equal(RESULT(later, ssize_t), 4);
        // Data and the end at once: the short read must not wait for an edge that came already.
        assert_int_equal(NOW(async_tcp_write_all, p.a, "bye", 3), 3);
        shutdown(async_tcp_fd(p.a), SHUT_WR);
        nap(5);
        assert_int_equal(NOW(async_tcp_read, p.b, buf, 100), 3);
        assert_int_equal(NOW(async_tcp_read, p.b, buf, 100), 0);
        assert_int_equal(NOW(async_tcp_read, p.b, buf, 100), 0);
        assert_int_equal(NOW(async_tcp_write_all, p.b, "x", 1), 1);
        assert_int_equal(NOW(async_tcp_read, p.a, buf, 100), 1);
        assert_int_equal(NOW(async_tcp_write_all, p.a, "x", 0), 0);
        close_pair(&p);
    }
}

static void refuses_bad_addresses(void **unused)
{
    (void)unused;
    struct async_listener *l;
    struct async_tcp *t;
    assert_int_equal(async_tcp_listen("no.such.name", 1, &l), -EINVAL);
    assert_int_equal(async_tcp_listen("127.0.0.1", 65536, &l), -EINVAL);
    assert_int_equal(async_tcp_listen("127.0.0.1", -1, &l), -EINVAL);
    assert_int_equal(async_tcp_listen(NULL, 0, &l), 0);
    struct async_listener *second;
    assert_int_equal(async_tcp_listen("", async_listener_port(l), &second), -EADDRINUSE);
    int port = async_listener_port(l);
    async_listener_close(l);
    async_listener_close(NULL);
    async_tcp_close(NULL);
    assert_int_equal(NOW(async_tcp_connect, "127.0.0.1", port, &t), -ECONNREFUSED);
    assert_int_equal(NOW(async_tcp_connect, "300.1.1.1", port, &t), -EINVAL);
}

// More than the socket buffers hold, with a reader that takes odd bits.
static void writes_all(void **unused)
{
    (void)unused;
    enum {
        SIZE = 20 << 20
    };
    struct pair p = make_pair("127.0.0.1");
    char *out = malloc(SIZE), *in = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        out[i] = (char)(i * 31 + i / 4096);
    struct async_task *writer = START(async_tcp_write_all, p.a, out, SIZE);
    size_t got = 0;
    while (got < SIZE) {
        size_t want = 1 + got % 70001;
        ssize_t n = NOW(async_tcp_read, p.b, in + got, want < SIZE - got ? want : SIZE - got);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(in, out, SIZE);
    assert_int_equal(RESULT(writer, ssize_t), SIZE);
    free(in);
    free(out);
    close_pair(&p);
}

static void reports_a_reset(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char buf[10];
    struct async_task *reader = START(async_tcp_read, p.a, buf, sizeof buf);
    nap(2);
    struct linger now = {1, 0};
    setsockopt(async_tcp_fd(p.b), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    async_tcp_close(p.b);
    assert_int_equal(RESULT(reader, ssize_t), -ECONNRESET);
    assert_int_equal(NOW(async_tcp_write_all, p.a, "x", 1), -EPIPE); // and no SIGPIPE
    p.b = NULL;
    close_pair(&p);
}

static void cancels_in_the_middle(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char buf[10];
    enum {
        SIZE = 20 << 20
    };
    char *big = calloc(1, SIZE);
    struct async_tcp *peer;
    struct async_task *reader = START(async_tcp_read, p.b, buf, sizeof buf);
    struct async_task *reader2 = START(async_tcp_read, p.b, buf, sizeof buf);
    struct async_task *writer = START(async_tcp_write_all, p.b, big, SIZE);
    struct async_task *accepter = START(async_tcp_accept, p.listener, &peer);
    struct async_task *never = START(async_tcp_accept, p.listener, &peer);
    async_cancel(never);
    nap(5);
    assert_false(async_task_done(reader) || async_task_done(writer) || async_task_done(accepter));
    async_cancel(reader2);
    async_cancel(reader);
    async_cancel(writer);
    async_cancel(accepter);
    // The same connection goes on working.
    assert_int_equal(NOW(async_tcp_write_all, p.a, "abc", 3), 3);
    assert_int_equal(NOW(async_tcp_read, p.b, buf, sizeof buf), 3);
    free(big);
    async_detach(reader);
    async_detach(reader2);
    async_detach(writer);
    async_detach(accepter);
    async_detach(never);
    close_pair(&p);
    // A connect that nobody answers.
    struct async_tcp *t = NULL;
    struct async_tcp_connect_future *f = async_task_new(&async_tcp_connect_future_type);
    async_tcp_connect_future_init(f, "192.0.2.1", 9, &t);
    struct async_task *connecter = async_task_start(f);
    nap(2);
    async_cancel(connecter);
    async_detach(connecter);
    assert_null(t);
}

static void the_end_finds_operations_pending(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char buf[10];
    START(async_tcp_read, p.a, buf, sizeof buf);
    START(async_readable, async_tcp_fd(p.b));
    nap(2);
    async_executor_close();
    close_pair(&p); // allowed, though their executor is gone
}

static void several_accept_on_one_listener(void **unused)
{
    (void)unused;
    enum {
        MANY = 50
    };
    struct async_listener *l;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &l), 0);
    struct async_tcp *peers[MANY] = {0}, *clients[MANY];
    struct async_task *tasks[MANY];
    for (int i = 0; i < MANY; i++)
        tasks[i] = START(async_tcp_accept, l, &peers[i]);
    nap(1);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(NOW(async_tcp_connect, "127.0.0.1", async_listener_port(l), &clients[i]), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(RESULT(tasks[i], int), 0);
        async_tcp_close(peers[i]);
        async_tcp_close(clients[i]);
    }
    async_listener_close(l);
}

static void survives_running_out_of_descriptors(void **unused)
{
    (void)unused;
    struct async_listener *l;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &l), 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)async_listener_port(l)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    struct async_tcp *peer = NULL, *other;
    struct async_task *accepter = START(async_tcp_accept, l, &peer);
    assert_int_equal(NOW(async_tcp_connect, "127.0.0.1", 9, &other), -EMFILE);
    struct rusage start, end;
    getrusage(RUSAGE_SELF, &start);
    nap(150);
    getrusage(RUSAGE_SELF, &end);
    assert_false(async_task_done(accepter));
    long spent =
        (end.ru_utime.tv_sec - start.ru_utime.tv_sec + end.ru_stime.tv_sec - start.ru_stime.tv_sec) *
            1000000 +
        end.ru_utime.tv_usec - start.ru_utime.tv_usec + end.ru_stime.tv_usec - start.ru_stime.tv_usec;
    assert_true(spent < 50000); // it does not spin
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(RESULT(accepter, int), 0);
    close(client);
    async_tcp_close(peer);
    // Closed while it waits to try again.
    client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    setrlimit(RLIMIT_NOFILE, &none);
    accepter = START(async_tcp_accept, l, &peer);
    nap(5);
    setrlimit(RLIMIT_NOFILE, &before);
    async_cancel(accepter);
    async_detach(accepter);
    async_listener_close(l);
    close(client);
    nap(60);
}

static void waits_beside_a_connection(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    struct async_task *reader = START(async_readable, async_tcp_fd(p.b));
    nap(2);
    assert_false(async_task_done(reader));
    assert_int_equal(NOW(async_tcp_write_all, p.a, "x", 1), 1);
    assert_int_equal(RESULT(reader, int), 0);
    char buf[10];
    assert_int_equal(NOW(async_tcp_read, p.b, buf, 10), 1);
    close_pair(&p);
}

static enum async_poll hog(void *data, struct async_context *cx, int *state)
{
    (void)state;
    async_waker_wake(&cx->waker);
    return *(bool *)data ? ASYNC_READY : ASYNC_PENDING;
}

// A task that never sleeps does not keep others from their descriptors and timers.
static void nobody_starves(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    bool stop = false;
    struct async_task *busy = spawn_script(hog, NULL, &stop);
    char buf[10];
    struct async_task *reader = START(async_tcp_read, p.b, buf, 10);
    nap(3);
    assert_int_equal(NOW(async_tcp_write_all, p.a, "x", 1), 1);
    assert_int_equal(RESULT(reader, ssize_t), 1);
    stop = true;
    nap(1);
    assert_true(async_task_done(busy));
    async_detach(busy);
    close_pair(&p);
}

static void closing_ends_what_waits(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char byte;
    struct async_tcp *peer = NULL;
    struct async_task *accept = START(async_tcp_accept, p.listener, &peer);
    struct async_task *read = START(async_tcp_read, p.a, &byte, 1);
    struct async_task *look = START(async_readable, async_tcp_fd(p.a));
    nap(1);
    async_listener_close(p.listener);
    async_tcp_close(p.a);
    nap(1);
    assert_int_equal(async_task_result(accept, int), -ECANCELED);
    assert_int_equal(async_task_result(read, ssize_t), -ECANCELED);
    assert_int_equal(async_task_result(look, int), -ECANCELED);
    async_detach(accept);
    async_detach(read);
    async_detach(look);
    async_tcp_close(p.b);
}

struct closing {
    struct async_tcp_read_future read; // of one connection
    struct async_tcp *other;           // closed when that is done
};

static enum async_poll close_when_read(void *data, struct async_context *cx, int *state)
{
    (void)state;
    struct closing *c = data;
    if (async_tcp_read_future_poll(&c->read, cx) == ASYNC_PENDING)
        return ASYNC_PENDING;
    async_tcp_close(c->other);
    return ASYNC_READY;
}

// Both are woken in one turn, and the first to run closes the other's connection.
static void closing_ends_what_was_woken(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1"), q = make_pair("127.0.0.1");
    char bytes[2];
    struct closing closing = {.other = q.a};
    async_tcp_read_future_init(&closing.read, p.a, &bytes[0], 1);
    struct async_task *closer = spawn_script(close_when_read, NULL, &closing);
    struct async_task *read = START(async_tcp_read, q.a, &bytes[1], 1);
    nap(1);
    assert_int_equal(send(async_tcp_fd(p.b), "x", 1, 0), 1);
    assert_int_equal(send(async_tcp_fd(q.b), "x", 1, 0), 1);
    wait_for(closer);
    assert_int_equal(RESULT(read, ssize_t), -ECANCELED);
    async_detach(closer);
    q.a = NULL;
    close_pair(&p);
    close_pair(&q);
}

// ---- Closing and addresses ----------------------------------------------------------------------

// While a listener is out of descriptors, its accept is in nobody's list.
static void closing_ends_a_pause(void **unused)
{
    (void)unused;
    struct async_listener *l;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &l), 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct async_address address;
    assert_int_equal(async_address_of_socket(async_listener_fd(l), &address), 0);
    assert_int_equal(connect(client, &address.any, address.length), 0);
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    struct async_tcp *peer = NULL;
    struct async_task *accepter = START(async_tcp_accept, l, &peer);
    nap(1);
    assert_false(async_task_done(accepter));
    async_listener_close(l);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(RESULT(accepter, int), -ECANCELED);
    assert_null(peer);
    close(client);
}

// The peer is gone before anybody has looked.
static void accepts_what_was_reset(void **unused)
{
    (void)unused;
    struct async_listener *l;
    struct async_tcp *client, *peer;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &l), 0);
    assert_int_equal(NOW(async_tcp_connect, "127.0.0.1", async_listener_port(l), &client), 0);
    struct linger now = {1, 0};
    setsockopt(async_tcp_fd(client), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    async_tcp_close(client);
    assert_int_equal(NOW(async_tcp_accept, l, &peer), 0);
    struct async_address address;
    assert_int_equal(async_tcp_peer_address(peer, &address), -ENOTCONN);
    char byte;
    assert_int_equal(NOW(async_tcp_read, peer, &byte, 1), -ECONNRESET);
    assert_int_equal(NOW(async_tcp_write_all, peer, "x", 1), -EPIPE);
    async_tcp_close(peer);
    async_listener_close(l);
}

struct greedy {
    struct async_tcp_read_future read;
    struct async_tcp *tcp;
    ssize_t last;
    int reads;
};

// Reads byte by byte, and never waits as long as there are some.
static enum async_poll read_greedily(void *data, struct async_context *cx, int *state)
{
    struct greedy *g = data;
    static char byte;
    for (;;) {
        if (*state == 0)
            async_tcp_read_future_init(&g->read, g->tcp, &byte, 1);
        *state = 1;
        if (async_tcp_read_future_poll(&g->read, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        *state = 0;
        g->last = g->read.result;
        if (g->last <= 0)
            return ASYNC_READY;
        g->reads++;
    }
}

static enum async_poll close_tcp(void *data, struct async_context *cx, int *state)
{
    (void)cx;
    (void)state;
    struct greedy *g = data;
    assert_true(g->reads < 100000); // it had to let us have a turn
    async_tcp_close(g->tcp);
    return ASYNC_READY;
}

// An operation that lets others have their turn, though it could go on, is one that closing ends.
static void closing_ends_what_has_used_up_its_turn(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char *many = calloc(1, 100000);
    assert_int_equal(NOW(async_tcp_write_all, p.a, many, 100000), 100000);
    free(many);
    struct greedy g = {.tcp = p.b};
    struct async_task *reader = spawn_script(read_greedily, NULL, &g);
    struct async_task *closer = spawn_script(close_tcp, NULL, &g);
    wait_for(reader);
    assert_int_equal(g.last, -ECANCELED);
    async_detach(reader);
    async_detach(closer);
    p.b = NULL;
    close_pair(&p);
}

static void knows_addresses(void **unused)
{
    (void)unused;
    static const char *hosts[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        struct async_listener *probe;
        if (async_tcp_listen(hosts[i], 0, &probe) < 0 && i == 1)
            continue; // no IPv6 here
        async_listener_close(probe);
        struct pair p = make_pair(hosts[i]);
        struct async_address a, b, listening, expected;
        assert_int_equal(async_tcp_local_address(p.a, &a), 0);
        assert_int_equal(async_tcp_peer_address(p.b, &b), 0);
        assert_true(async_address_equal(&a, &b));
        assert_int_equal(async_tcp_peer_address(p.a, &a), 0);
        assert_int_equal(async_address_of_socket(async_listener_fd(p.listener), &listening), 0);
        assert_true(async_address_equal(&a, &listening));
        assert_false(async_address_equal(&b, &listening));
        assert_int_equal(async_address_ip(hosts[i], async_listener_port(p.listener), &expected), 0);
        assert_true(async_address_equal(&expected, &listening));
        struct async_tcp *to, *accepted;
        assert_int_equal(NOW(async_tcp_connect_to, &listening, &to), 0);
        assert_int_equal(NOW(async_tcp_accept, p.listener, &accepted), 0);
        async_tcp_close(to);
        async_tcp_close(accepted);
        close_pair(&p);
        assert_int_equal(NOW(async_tcp_connect_to, &listening, &to), -ECONNREFUSED);
    }
    struct async_address local = {0};
    struct async_tcp *to;
    assert_int_equal(NOW(async_tcp_connect_to, &local, &to), -EINVAL);
    assert_int_equal(async_address_unix("/nowhere", &local), 0);
    assert_int_equal(NOW(async_tcp_connect_to, &local, &to), -EINVAL);
}

static void listens_with_options(void **unused)
{
    (void)unused;
    struct async_listen_options options = {.reuse_port = true, .backlog = 1};
    struct async_listener *a, *b;
    assert_int_equal(async_tcp_listen_with("127.0.0.1", 0, &options, &a), 0);
    int port = async_listener_port(a);
    assert_int_equal(async_tcp_listen_with("127.0.0.1", port, &options, &b), 0);
    async_listener_close(b);
    assert_int_equal(async_tcp_listen("127.0.0.1", port, &b), -EADDRINUSE);
    async_listener_close(a);
}

static void serves_both_families(void **unused)
{
    (void)unused;
    struct async_listener *l;
    if (async_tcp_listen("::1", 0, &l) < 0)
        skip(); // no IPv6 here
    async_listener_close(l);
    struct async_tcp *client, *peer;
    assert_int_equal(async_tcp_listen("::", 0, &l), 0);
    assert_int_equal(NOW(async_tcp_connect, "127.0.0.1", async_listener_port(l), &client), 0);
    assert_int_equal(NOW(async_tcp_accept, l, &peer), 0);
    struct async_address address;
    char text[ASYNC_ADDRESS_TEXT];
    assert_int_equal(async_tcp_peer_address(peer, &address), 0);
    async_address_format(&address, text, sizeof text);
    assert_memory_equal(text, "[::ffff:127.0.0.1]:", 19);
    async_tcp_close(client);
    async_tcp_close(peer);
    async_listener_close(l);
    // Of a port for IPv6 only, another process may have the IPv4 side. So it is one of which we have
    // that, and do not listen: a listener of both families could not have it.
    struct async_listen_options only = {.v6_only = true};
    int taken, rc = -EADDRINUSE;
    for (int i = 0; i < 10 && rc == -EADDRINUSE; i++) { // by another one's IPv6
        taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(async_address_ip("127.0.0.1", 0, &address), 0);
        assert_int_equal(bind(taken, &address.any, address.length), 0);
        assert_int_equal(async_address_of_socket(taken, &address), 0);
        rc = async_tcp_listen_with("::", async_address_port(&address), &only, &l);
        if (rc < 0)
            close(taken);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(NOW(async_tcp_connect_to, &address, &client), -ECONNREFUSED);
    async_listener_close(l);
    close(taken);
}

// TCP ends a read where urgent data stand, whatever comes behind them.
static void urgent_data_hide_no_bytes(void **unused)
{
    (void)unused;
    struct pair p = make_pair("127.0.0.1");
    char buf[100];
    cancel_pending(START(async_tcp_read, p.b, buf, sizeof buf));
    int fd = async_tcp_fd(p.a);
    assert_int_equal(send(fd, "hello ", 6, 0), 6);
    assert_int_equal(send(fd, "!", 1, MSG_OOB), 1);
    assert_int_equal(send(fd, "world", 5, 0), 5);
    ssize_t got = 0;
    while (got < 11) {
        struct async_task *read = START(async_tcp_read, p.b, buf + got, sizeof buf - (size_t)got);
        ssize_t n = RESULT(read, ssize_t);
        assert_true(n > 0);
        got += n;
    }
    assert_memory_equal(buf, "hello world", 11);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(talks),
        DESCRIPTOR_TEST(refuses_bad_addresses),
        DESCRIPTOR_TEST(writes_all),
        DESCRIPTOR_TEST(reports_a_reset),
        DESCRIPTOR_TEST(cancels_in_the_middle),
        DESCRIPTOR_TEST(the_end_finds_operations_pending),
        DESCRIPTOR_TEST(several_accept_on_one_listener),
        DESCRIPTOR_TEST(survives_running_out_of_descriptors),
        DESCRIPTOR_TEST(waits_beside_a_connection),
        DESCRIPTOR_TEST(nobody_starves),
        DESCRIPTOR_TEST(closing_ends_what_waits),
        DESCRIPTOR_TEST(closing_ends_what_was_woken),
        DESCRIPTOR_TEST(closing_ends_a_pause),
        DESCRIPTOR_TEST(closing_ends_what_has_used_up_its_turn),
        DESCRIPTOR_TEST(accepts_what_was_reset),
        DESCRIPTOR_TEST(urgent_data_hide_no_bytes),
        DESCRIPTOR_TEST(knows_addresses),
        DESCRIPTOR_TEST(listens_with_options),
        DESCRIPTOR_TEST(serves_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
