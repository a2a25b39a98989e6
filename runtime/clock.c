// clock.c - see clock.h.
#define _GNU_SOURCE
#include "clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void clock_ring(int eventfd)
{
    int saved = errno; // of the code that a signal handler interrupts
    uint64_t one = 1;
    ssize_t n;
    do
        n = write(eventfd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    errno = saved;
}
