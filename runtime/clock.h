// clock.h - the system's monotonic clock, and the descriptor that ends a reactor's sleep.
#ifndef ASYNCC_RUNTIME_CLOCK_H
#define ASYNCC_RUNTIME_CLOCK_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

// Nanoseconds.
uint64_t clock_now_ns(void);

// Makes an eventfd readable. Any thread, and signal handlers: errno is as before.
void clock_ring(int eventfd);

#pragma GCC visibility pop
#endif
