// udp.h - UDP.
//
//     #include <asyncc/time.h>
//     #include <asyncc/udp.h>
//     #include <asyncc/async.h>
//
//     static async int ask(const char *host, int port)
//     {
//         struct async_datagram *udp;
//         int rc = async_udp_connect(host, port, &udp);
//         if (rc < 0)
//             return rc;
//         defer async_datagram_close(udp);
//         char buf[512];
//         ssize_t n = await async_datagram_send(udp, "time?", 5);
//         if (n < 0)
//             return (int)n;
//         rc = await async_timeout_ms(1000, n = async_datagram_receive(udp, buf, sizeof buf));
//         return rc < 0 ? rc : (int)n;           // -ETIMEDOUT: packets get lost
//     }
//
// datagram.h has what can be done with these sockets. Hosts and ports are as in
// async_address_ip (address.h). Sockets are non-blocking and close-on-exec. Broadcasts and
// multicast groups are joined by the descriptor:
//
//     setsockopt(async_datagram_fd(udp), SOL_SOCKET, SO_BROADCAST, &(int){1}, sizeof(int));
#ifndef ASYNCC_UDP_H
#define ASYNCC_UDP_H

#include <asyncc/datagram.h>

// Makes a socket that receives at host:port. host NULL or "" is every IPv4 address, "::" every IPv6
// and IPv4 address; port 0 lets the system choose. Returns 0 and a socket to be closed by the
// caller, or -EINVAL (bad host or port), -EADDRINUSE, -EACCES, -EMFILE, -ENOMEM, ... Does not wait.
int async_udp_bind(const char *host, int port, struct async_datagram **out);

// Makes a socket that is connected to host:port: it receives from there only. Returns as
// async_udp_bind, or -ENETUNREACH; whether there is anybody is not known yet. Does not wait.
int async_udp_connect(const char *host, int port, struct async_datagram **out);

// The port it receives at.
int async_udp_port(const struct async_datagram *udp);

#endif
