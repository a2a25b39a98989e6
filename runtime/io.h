// io.h - watched descriptors ("sources") and those who wait for them.
//
// A source is registered with the reactor once, for both directions, edge by edge. It remembers in
// `ready` what may succeed: operations try only then, and clear the bit when the descriptor turns
// out to be drained.
#ifndef ASYNCC_RUNTIME_IO_H
#define ASYNCC_RUNTIME_IO_H

#include <asyncc/io.h>

#include "executor.h"

#pragma GCC visibility push(hidden)

struct async_source {
    struct async_executor *executor;  // NULL: it is gone
    struct async_io_wait *waiting[2]; // by direction: for reading, for writing
    int fd;
    uint32_t generation; // tells it from earlier sources of the same descriptor number
    uint32_t users;      // who keep it: its owner, or the futures that wait for it
    uint8_t ready;       // REACTOR_*: what may succeed. CLOSED stays set
};

enum {
    IO_READ = 0,
    IO_WRITE = 1
};

// Registers fd, with one user. 0, -EPERM (fd is always ready), -ENOMEM, -ENOSPC, -EBADF.
int source_open(struct async_executor *executor, struct async_source *source, int fd);

// Ends the registration. Nobody waits.
void source_close(struct async_source *source);

// Keeps the waker until the direction is ready. The wait is in no list.
void source_wait(struct async_source *source, int direction, struct async_io_wait *wait,
                 const struct async_waker *waker);

// Takes the wait out of the list, if it is in it.
void source_forget(struct async_source *source, int direction, struct async_io_wait *wait);

// Wakes all who wait for the direction.
void source_wake(struct async_source *source, int direction);

// What operations on a source do before they try: true if they may, false if they return
// ASYNC_PENDING, because the direction is not ready or this poll has had its share.
bool source_may_try(struct async_source *source, int direction, struct async_io_wait *wait,
                    struct async_context *cx);

// For the reactor: data is the executor.
void io_ready(void *data, uint64_t token, unsigned events);

// Frees the table of sources. What is still open is cut off, and can only be closed.
void io_fini(struct async_executor *executor);

#pragma GCC visibility pop
#endif
