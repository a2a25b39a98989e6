// runtime_udp.c - packets on loopback: truncated, empty, refused, cancelled; connected sockets.
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"

#include <asyncc/udp.h>
#include <netinet/in.h>

ASYNC_FUTURE_TYPE(async_datagram_receive);
ASYNC_FUTURE_TYPE(async_datagram_receive_from);
ASYNC_FUTURE_TYPE(async_datagram_send);
ASYNC_FUTURE_TYPE(async_datagram_send_to);

static struct async_datagram *bind_udp(const char *host, struct async_address *address)
{
    struct async_datagram *udp;
    if (async_udp_bind(host, 0, &udp) < 0)
        return NULL; // no IPv6 here
    assert_true(async_udp_port(udp) > 0);
    assert_int_equal(async_address_of_socket(async_datagram_fd(udp), address), 0);
    return udp;
}

static void talk(const char *host)
{
    struct async_address a_address, b_address, from;
    struct async_datagram *a = bind_udp(host, &a_address), *b = bind_udp(host, &b_address);
    if (!a || !b)
        return;
    char buf[20];
    assert_int_equal(NOW(async_datagram_send_to, a, "hello", 5, &b_address), 5);
    assert_int_equal(NOW(async_datagram_receive_from, b, buf, sizeof buf, &from), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_true(async_address_equal(&from, &a_address));
    struct async_task *later = START(async_datagram_receive_from, a, buf, sizeof buf, &from);
    nap(1);
    assert_false(async_task_done(later));
    assert_int_equal(NOW(async_datagram_send_to, b, "back", 4, &a_address), 4);
    assert_int_equal(RESULT(later, ssize_t), 4);
    assert_true(async_address_equal(&from, &b_address));
    async_datagram_close(a);
    async_datagram_close(b);
}

static void talks(void **unused)
{
    (void)unused;
    talk("127.0.0.1");
    talk("::1");
    async_datagram_close(NULL);
}

// Packets stay packets, whatever the buffer; short ones do not hide those behind them.
static void keeps_packets_apart(void **unused)
{
    (void)unused;
    struct async_address address, from;
    struct async_datagram *udp = bind_udp("127.0.0.1", &address);
    char buf[4];
    static const char *packets[] = {"a", "", "too long", "four", "b"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(NOW(async_datagram_send_to, udp, packets[i], strlen(packets[i]), &address),
                         strlen(packets[i]));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(NOW(async_datagram_receive_from, udp, buf, sizeof buf, &from),
                         strlen(packets[i]));
        assert_memory_equal(buf, packets[i], strlen(packets[i]) < 4 ? strlen(packets[i]) : 4);
    }
    static char huge[70000];
    assert_int_equal(NOW(async_datagram_send_to, udp, huge, sizeof huge, &address), -EMSGSIZE);
    assert_int_equal(NOW(async_datagram_send, udp, "x", 1), -EDESTADDRREQ);
    async_datagram_close(udp);
}

static void connects(void **unused)
{
    (void)unused;
    struct async_address server_address, client_address, other_address;
    struct async_datagram *server = bind_udp("127.0.0.1", &server_address), *client;
    struct async_datagram *other = bind_udp("127.0.0.1", &other_address);
    assert_int_equal(async_udp_connect("127.0.0.1", async_udp_port(server), &client), 0);
    assert_int_equal(async_address_of_socket(async_datagram_fd(client), &client_address), 0);
    char buf[10];
    assert_int_equal(NOW(async_datagram_send, client, "ask", 3), 3);
    assert_int_equal(NOW(async_datagram_receive, server, buf, sizeof buf), 3);
    assert_int_equal(NOW(async_datagram_send_to, other, "other", 5, &client_address), 5);
    assert_int_equal(NOW(async_datagram_send_to, server, "answer", 6, &client_address), 6);
    assert_int_equal(NOW(async_datagram_receive, client, buf, sizeof buf), 6); // not the other's
    // Nobody there: told to the next operation.
    async_datagram_close(server);
    struct async_task *waits = START(async_datagram_receive, client, buf, sizeof buf);
    nap(1);
    assert_int_equal(NOW(async_datagram_send, client, "ask", 3), 3);
    assert_int_equal(RESULT(waits, ssize_t), -ECONNREFUSED);
    assert_int_equal(async_datagram_connect(client, &other_address), 0);
    assert_int_equal(NOW(async_datagram_send, client, "x", 1), 1);
    assert_int_equal(NOW(async_datagram_receive, other, buf, sizeof buf), 1);
    assert_int_equal(async_datagram_connect(client, &(struct async_address){0}), 0);
    assert_int_equal(NOW(async_datagram_send, client, "x", 1), -EDESTADDRREQ);
    async_datagram_close(client);
    async_datagram_close(other);
}

static void cancels(void **unused)
{
    (void)unused;
    struct async_address address, from;
    struct async_datagram *udp = bind_udp("127.0.0.1", &address);
    char buf[10];
    cancel_pending(START(async_datagram_receive, udp, buf, sizeof buf));
    struct async_task *woken = START(async_datagram_receive_from, udp, buf, sizeof buf, &from);
    nap(1);
    assert_true(sendto(async_datagram_fd(udp), "x", 1, 0, &address.any, address.length) == 1);
    async_cancel(woken);
    async_detach(woken);
    assert_int_equal(NOW(async_datagram_receive, udp, buf, sizeof buf), 1); // still there
    struct async_task *first = START(async_datagram_receive, udp, buf, sizeof buf);
    struct async_task *second = START(async_datagram_receive, udp, buf, sizeof buf);
    nap(1);
    async_datagram_close(udp);
    assert_int_equal(RESULT(first, ssize_t), -ECANCELED);
    assert_int_equal(RESULT(second, ssize_t), -ECANCELED);
    assert_int_equal(async_current->source_count, 0);
}

static void opens_descriptors(void **unused)
{
    (void)unused;
    struct async_datagram *a, *b;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    assert_int_equal(async_datagram_open(fds[0], &a), 0);
    assert_int_equal(async_datagram_open(fds[1], &b), 0);
    assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    // Until there is no room.
    static char packet[1000];
    struct async_task *sender = NULL;
    int sent = 0;
    do {
        if (sender)
            async_detach(sender);
        sender = START(async_datagram_send, a, packet, sizeof packet);
        nap(1);
        sent++;
    } while (async_task_done(sender));
    cancel_pending(START(async_datagram_send, a, packet, sizeof packet));
    for (int i = 0; i < sent; i++)
        assert_int_equal(NOW(async_datagram_receive, b, packet, sizeof packet), sizeof packet);
    assert_int_equal(RESULT(sender, ssize_t), sizeof packet);
    async_datagram_close(a);
    async_datagram_close(b);
    int file = open("/dev/null", O_RDONLY), stream = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(async_datagram_open(file, &a), -EINVAL);
    assert_int_equal(async_datagram_open(stream, &a), -EINVAL);
    assert_int_equal(async_datagram_open(9999, &a), -EBADF);
    close(file);
    close(stream);
}

static void refuses_bad_addresses(void **unused)
{
    (void)unused;
    struct async_datagram *a, *b;
    assert_int_equal(async_udp_bind("no.such.name", 0, &a), -EINVAL);
    assert_int_equal(async_udp_connect(NULL, 1, &a), -EINVAL);
    assert_int_equal(async_udp_bind("127.0.0.1", 0, &a), 0);
    assert_int_equal(async_udp_bind("127.0.0.1", async_udp_port(a), &b), -EADDRINUSE);
    async_datagram_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESCRIPTOR_TEST(talks),
        DESCRIPTOR_TEST(keeps_packets_apart),
        DESCRIPTOR_TEST(connects),
        DESCRIPTOR_TEST(cancels),
        DESCRIPTOR_TEST(opens_descriptors),
        DESCRIPTOR_TEST(refuses_bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
