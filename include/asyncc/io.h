// io.h - waiting for file descriptors.
//
//     #include <asyncc/async.h>
//     #include <asyncc/io.h>
//
//     static async ssize_t read_some(int fd, void *buf, size_t n)   // fd is non-blocking
//     {
//         for (;;) {
//             ssize_t got = read(fd, buf, n);
//             if (got >= 0)
//                 return got;
//             if (errno != EAGAIN)
//                 return -errno;
//             int rc = await async_readable(fd);
//             if (rc < 0)
//                 return rc;
//         }
//     }
//
// The descriptor stays the caller's: it is not closed, and its flags are not changed. It must not
// be closed while somebody waits for it. These waits are for pipes, terminals, devices and other
// libraries' sockets; net.h has cheaper ones for TCP. Owner thread only.
#ifndef ASYNCC_IO_H
#define ASYNCC_IO_H

#include <asyncc/future.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_source;

// One who waits for one direction of a descriptor.
struct async_io_wait {
    struct async_io_wait *next; // the source's list
    struct async_waker waker;   // held while in the list; ops is NULL: not in it
};

// ---- await async_readable(fd), await async_writable(fd) -----------------------------------------
//
// Waits until reading from (writing to) fd would not block: there is data or room, the end of the
// stream, or an error to collect. What cannot block in this sense, like a regular file, is ready at
// once. Returns 0, -EBADF, -ENOMEM, or -ENOSPC (the system's limit of watched descriptors). Several
// may wait for one fd. Cancel-safe; a dropped wait leaves no registration behind.
asyncc_async int async_readable(int fd);
asyncc_async int async_writable(int fd);

struct async_readable_future {
    struct async_io_wait wait;
    struct async_source *source; // NULL: not waiting
    union {
        int fd; // until done
        int result;
    };
};

struct async_writable_future {
    struct async_io_wait wait;
    struct async_source *source; // NULL: not waiting
    union {
        int fd; // until done
        int result;
    };
};

static inline void async_readable_future_init(struct async_readable_future *self, int fd)
{
    self->wait.waker.ops = NULL;
    self->fd = fd;
    self->source = NULL;
}

enum async_poll async_readable_future_poll(struct async_readable_future *self,
                                           struct async_context *cx);
void async_readable_future_drop(struct async_readable_future *self);

static inline void async_writable_future_init(struct async_writable_future *self, int fd)
{
    self->wait.waker.ops = NULL;
    self->fd = fd;
    self->source = NULL;
}

enum async_poll async_writable_future_poll(struct async_writable_future *self,
                                           struct async_context *cx);
void async_writable_future_drop(struct async_writable_future *self);

#endif
