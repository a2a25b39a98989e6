// listen.h - for the servers by hand. Each server is run as `PROGRAM BYTES` (of a connection's buffer, where it has
// one), listens on a port of 127.0.0.1 that the system chooses, and prints it.
#ifndef LISTEN_H
#define LISTEN_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void must(int rc, const char *what)
{
    if (rc >= 0)
        return;
    perror(what);
    exit(1);
}

static inline int listen_anywhere(int flags)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    must(fd, "socket");
    must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(fd, 4096), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
    signal(SIGPIPE, SIG_IGN);
    printf("echo: listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static inline void no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

#endif
