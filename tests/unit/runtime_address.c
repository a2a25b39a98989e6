// runtime_address.c - addresses from text and to text.
#include "net_support.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

static const char *text_of(const struct async_address *address)
{
    static char text[ASYNC_ADDRESS_TEXT];
    return async_address_format(address, text, sizeof text);
}

static void formats_what_it_parses(void **unused)
{
    (void)unused;
    static const struct {
        const char *host;
        int port;
        const char *text;
    } cases[] = {
        {"127.0.0.1", 80, "127.0.0.1:80"},
        {"localhost", 1, "127.0.0.1:1"},
        {NULL, 65535, "0.0.0.0:65535"},
        {"", 0, "0.0.0.0:0"},
        {"::", 7, "[::]:7"},
        {"2001:db8:0:0::1", 443, "[2001:db8::1]:443"},
        {"::ffff:10.1.2.3", 2, "[::ffff:10.1.2.3]:2"},
        {"fe80::1%99999", 5, "[fe80::1%99999]:5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct async_address a, b;
        assert_int_equal(async_address_ip(cases[i].host, cases[i].port, &a), 0);
        assert_string_equal(text_of(&a), cases[i].text);
        assert_int_equal(async_address_port(&a), cases[i].port);
        assert_int_equal(async_address_ip(cases[i].host, cases[i].port, &b), 0);
        assert_true(async_address_equal(&a, &b));
        assert_int_equal(async_address_ip(cases[i].host, cases[i].port ^ 1, &b), 0);
        assert_false(async_address_equal(&a, &b));
    }
}

static void refuses_what_is_no_address(void **unused)
{
    (void)unused;
    static const char *hosts[] = {
        "example.org", "1.2.3",    "1.2.3.4.5",
        "300.1.1.1",   "1.2.3.4 ", "::1::",
        "[::1]",       "fe80::1%", "fe80::1%no-such-interface",
        "1.2.3.4%1",   "%1",       "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct async_address a;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(async_address_ip(hosts[i], 1, &a), -EINVAL);
    assert_int_equal(async_address_ip("127.0.0.1", -1, &a), -EINVAL);
    assert_int_equal(async_address_ip("127.0.0.1", 65536, &a), -EINVAL);
}

static void names_interfaces(void **unused)
{
    (void)unused;
    char name[IF_NAMESIZE], host[40], text[50];
    if (!if_indextoname(1, name))
        skip();
    snprintf(host, sizeof host, "fe80::1%%%s", name);
    snprintf(text, sizeof text, "[%s]:1", host);
    struct async_address a, b;
    assert_int_equal(async_address_ip(host, 1, &a), 0);
    assert_string_equal(text_of(&a), text);
    assert_int_equal(async_address_ip("fe80::1%1", 1, &b), 0);
    assert_true(async_address_equal(&a, &b));
    assert_int_equal(async_address_ip("fe80::1", 1, &b), 0);
    assert_false(async_address_equal(&a, &b));
}

static void has_paths(void **unused)
{
    (void)unused;
    struct async_address a, b;
    assert_int_equal(async_address_unix("/run/socket", &a), 0);
    assert_string_equal(text_of(&a), "/run/socket");
    assert_int_equal(async_address_port(&a), -EINVAL);
    assert_int_equal(async_address_unix("@name", &b), 0);
    assert_string_equal(text_of(&b), "@name");
    assert_false(async_address_equal(&a, &b));
    assert_int_equal(async_address_unix("@names", &a), 0);
    assert_false(async_address_equal(&a, &b));
    char path[200];
    memset(path, 'x', sizeof path);
    path[108] = 0;
    assert_int_equal(async_address_unix(path, &a), -ENAMETOOLONG);
    assert_int_equal(async_address_unix("", &a), -EINVAL);
    path[107] = 0;
    assert_int_equal(async_address_unix(path, &a), 0);
    assert_string_equal(text_of(&a), path);
    char small[5];
    assert_string_equal(async_address_format(&a, small, sizeof small), "xxxx");
    assert_string_equal(async_address_format(&b, small, 1), "");
    a.length = 0;
    assert_string_equal(text_of(&a), "");
    assert_int_equal(async_address_port(&a), -EINVAL);
    b.length = 0;
    assert_true(async_address_equal(&a, &b));
}

static void asks_sockets(void **unused)
{
    (void)unused;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct async_address a;
    assert_int_equal(async_address_of_peer(fds[0], &a), 0);
    assert_string_equal(text_of(&a), "unnamed");
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(async_address_of_socket(fds[0], &a), -EBADF);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(async_address_of_peer(fd, &a), -ENOTCONN);
    assert_string_equal(text_of(&a), "");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_what_it_parses),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(names_interfaces),
        cmocka_unit_test(has_paths),
        DESCRIPTOR_TEST(asks_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
