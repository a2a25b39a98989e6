// udp.c - making UDP sockets.
#define _GNU_SOURCE
#include <asyncc/udp.h>

#include "datagram.h"

#include <errno.h>
#include <netinet/in.h>

// A socket to which `attach` gives the address.
static int open_udp(const char *host, int port,
                    int (*attach)(int fd, const struct sockaddr *address, socklen_t length),
                    struct async_datagram **out)
{
    struct async_address address;
    int rc = async_address_ip(host, port, &address);
    if (rc < 0)
        return rc;
    rc = executor_need();
    if (rc < 0)
        return rc;
    int family = address.any.sa_family;
    int fd = sys->socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    int off = 0;
    if (family == AF_INET6)
        rc = sys->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (rc == 0)
        rc = attach(fd, &address.any, address.length);
    if (rc == 0)
        rc = datagram_new(fd, out);
    if (rc < 0)
        sys->close(fd);
    return rc;
}

int async_udp_bind(const char *host, int port, struct async_datagram **out)
{
    return open_udp(host, port, sys->bind, out);
}

int async_udp_connect(const char *host, int port, struct async_datagram **out)
{
    if (!host || !*host)
        return -EINVAL;
    return open_udp(host, port, sys->connect, out);
}

int async_udp_port(const struct async_datagram *udp)
{
    struct async_address address;
    int rc = async_address_of_socket(udp->source.fd, &address);
    return rc < 0 ? rc : async_address_port(&address);
}
