// epoll.c - the limit: an echo server on epoll and nothing else. One shared buffer, no memory for a connection.
// `epoll BYTES [SPIN_US]`: looks for so long before it sleeps.
#define _GNU_SOURCE
#include "listen.h"

#include <poll.h>
#include <sys/epoll.h>
#include <time.h>

enum { EVENTS = 256 };

static char buffer[65536];
static int epoll;

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        no_delay(fd);
        watch(fd);
    }
}

static void echo(int fd)
{
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    for (ssize_t sent = 0; sent < n;) {
        ssize_t m = send(fd, buffer + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (m > 0)
            sent += m;
        else if (m < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else
            n = -1;
    }
    if (n <= 0)
        close(fd);
}

static int wait_for_events(struct epoll_event *events, long spin_us)
{
    struct timespec start, now;
    if (spin_us > 0) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        do {
            int n = epoll_wait(epoll, events, EVENTS, 0);
            if (n != 0)
                return n;
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000 < spin_us);
    }
    return epoll_wait(epoll, events, EVENTS, -1);
}

int main(int argc, char **argv)
{
    long spin_us = argc > 2 ? atol(argv[2]) : 0;
    epoll = epoll_create1(0);
    must(epoll, "epoll_create1");
    int listener = listen_anywhere(SOCK_NONBLOCK);
    watch(listener);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = wait_for_events(events, spin_us);
        for (int i = 0; i < n; i++)
            if (events[i].data.fd == listener)
                accept_all(listener);
            else
                echo(events[i].data.fd);
    }
}
