// address.h - where sockets are: IPv4 and IPv6 addresses with ports, and Unix socket paths.
//
//     #include <asyncc/address.h>
//     #include <asyncc/net.h>
//
//     static void greet(struct async_tcp *peer)
//     {
//         struct async_address address;
//         char text[ASYNC_ADDRESS_TEXT];
//         if (async_tcp_peer_address(peer, &address) == 0)
//             puts(async_address_format(&address, text, sizeof text)); // 10.0.0.1:80
//     }
//
// An address is a value of a fixed size: it is copied by assignment, owns nothing and costs no
// allocation. Addresses are numeric; names are not looked up. Functions here never wait and may be
// called on any thread. Errors are -errno.
#ifndef ASYNCC_ADDRESS_H
#define ASYNCC_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct async_address {
    socklen_t length; // of the struct sockaddr; 0: no address
    union {
        struct sockaddr any; // for bind(2) and the like
        struct sockaddr_storage storage;
    };
};

enum {
    ASYNC_ADDRESS_TEXT = 128 // bytes that the text of any address fits in
};

// A numeric IPv4 or IPv6 address ("fe80::1%eth0" with its interface), or "localhost" (127.0.0.1),
// or every IPv4 address for NULL and "". Ports are 0 to 65535, in the host's byte order. 0 or
// -EINVAL.
int async_address_ip(const char *host, int port, struct async_address *out);

// The path of a Unix socket. "@name" is an abstract name of Linux: it is in no file system, and
// gone with its socket; "./@name" is a file. 0, -EINVAL for "", or -ENAMETOOLONG (more than 107
// bytes).
int async_address_unix(const char *path, struct async_address *out);

// The port, or -EINVAL if such addresses have none.
int async_address_port(const struct async_address *address);

// The address as text: "127.0.0.1:80", "[::1]:80", "/run/socket", "@name", "unnamed" (a Unix socket
// without an address) or "" (no address). At most n - 1 bytes of it and a 0 are written to buf; n
// is at least 1. Returns buf.
char *async_address_format(const struct async_address *address, char *buf, size_t n);

// The same family, host, port and interface, or the same path.
bool async_address_equal(const struct async_address *a, const struct async_address *b);

// The address of a socket, and that of who it is connected to. 0, -ENOTCONN, -EBADF, -ENOTSOCK.
int async_address_of_socket(int fd, struct async_address *out);
int async_address_of_peer(int fd, struct async_address *out);

#endif
