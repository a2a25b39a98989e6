// sys.c - the kernel's system calls, with -errno in their results.
#define _GNU_SOURCE
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

_Thread_local const struct sys *sys = &sys_kernel;

// The value of a call, made again while a signal interrupts it.
#define CALL(TYPE, EXPRESSION)                     \
    do {                                           \
        TYPE value_;                               \
        do                                         \
            value_ = (EXPRESSION);                 \
        while (value_ < 0 && errno == EINTR);      \
        return value_ < 0 ? (TYPE)-errno : value_; \
    } while (0)

static int kernel_socket(int family, int type, int protocol)
{
    CALL(int, socket(family, type, protocol));
}

static int kernel_socketpair(int family, int type, int protocol, int fds[2])
{
    CALL(int, socketpair(family, type, protocol, fds));
}

static int kernel_pipe(int fds[2], int flags)
{
    CALL(int, pipe2(fds, flags));
}

static int kernel_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    CALL(int, bind(fd, address, length));
}

static int kernel_listen(int fd, int backlog)
{
    CALL(int, listen(fd, backlog));
}

static int kernel_accept(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    CALL(int, accept4(fd, address, length, flags));
}

// Interrupted, it goes on by itself: asking again would fail.
static int kernel_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return connect(fd, address, length) < 0 ? -errno : 0;
}

static int kernel_shutdown(int fd, int how)
{
    CALL(int, shutdown(fd, how));
}

static int kernel_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    CALL(int, getsockname(fd, address, length));
}

static int kernel_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    CALL(int, getpeername(fd, address, length));
}

static int kernel_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    CALL(int, getsockopt(fd, level, name, value, length));
}

static int kernel_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    CALL(int, setsockopt(fd, level, name, value, length));
}

static ssize_t kernel_recv(int fd, void *buf, size_t n, int flags)
{
    CALL(ssize_t, recv(fd, buf, n, flags));
}

static ssize_t kernel_send(int fd, const void *buf, size_t n, int flags)
{
    CALL(ssize_t, send(fd, buf, n, flags));
}

static ssize_t kernel_recvmsg(int fd, struct msghdr *message, int flags)
{
    CALL(ssize_t, recvmsg(fd, message, flags));
}

static ssize_t kernel_sendmsg(int fd, const struct msghdr *message, int flags)
{
    CALL(ssize_t, sendmsg(fd, message, flags));
}

static ssize_t kernel_read(int fd, void *buf, size_t n)
{
    CALL(ssize_t, read(fd, buf, n));
}

static ssize_t kernel_write(int fd, const void *buf, size_t n)
{
    CALL(ssize_t, write(fd, buf, n));
}

static ssize_t kernel_readv(int fd, const struct iovec *parts, int count)
{
    CALL(ssize_t, readv(fd, parts, count));
}

static ssize_t kernel_writev(int fd, const struct iovec *parts, int count)
{
    CALL(ssize_t, writev(fd, parts, count));
}

// Linux's RWF_NOWAIT; where the headers do not know it, nothing can be told not to wait.
static ssize_t kernel_readv_now(int fd, const struct iovec *parts, int count)
{
#ifdef RWF_NOWAIT
    CALL(ssize_t, preadv2(fd, parts, count, -1, RWF_NOWAIT));
#else
    return -EOPNOTSUPP;
#endif
}

static ssize_t kernel_writev_now(int fd, const struct iovec *parts, int count)
{
#ifdef RWF_NOWAIT
    CALL(ssize_t, pwritev2(fd, parts, count, -1, RWF_NOWAIT));
#else
    return -EOPNOTSUPP;
#endif
}

static int kernel_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    CALL(int, poll(fds, count, timeout_ms));
}

static int kernel_fcntl(int fd, int command, int argument)
{
    CALL(int, fcntl(fd, command, argument));
}

static int kernel_watch(int epoll, uint64_t token, int fd)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET,
        .data.u64 = token,
    };
    CALL(int, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

// Interrupted, it has closed the descriptor all the same.
static int kernel_close(int fd)
{
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static int kernel_open(const char *path, int flags, mode_t mode)
{
    CALL(int, open(path, flags, mode));
}

static ssize_t kernel_pread(int fd, void *buf, size_t n, off_t offset)
{
    CALL(ssize_t, pread(fd, buf, n, offset));
}

static ssize_t kernel_pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    CALL(ssize_t, pwrite(fd, buf, n, offset));
}

static int kernel_fsync(int fd)
{
    CALL(int, fsync(fd));
}

static int kernel_fdatasync(int fd)
{
    CALL(int, fdatasync(fd));
}

static int kernel_ftruncate(int fd, off_t size)
{
    CALL(int, ftruncate(fd, size));
}

static int kernel_fstat(int fd, struct stat *out)
{
    CALL(int, fstat(fd, out));
}

static int kernel_lstat(const char *path, struct stat *out)
{
    CALL(int, lstat(path, out));
}

static int kernel_rename(const char *from, const char *to)
{
    CALL(int, rename(from, to));
}

static int kernel_unlink(const char *path)
{
    CALL(int, unlink(path));
}

const struct sys sys_kernel = {
    .socket = kernel_socket,
    .socketpair = kernel_socketpair,
    .pipe = kernel_pipe,
    .bind = kernel_bind,
    .listen = kernel_listen,
    .accept = kernel_accept,
    .connect = kernel_connect,
    .shutdown = kernel_shutdown,
    .getsockname = kernel_getsockname,
    .getpeername = kernel_getpeername,
    .getsockopt = kernel_getsockopt,
    .setsockopt = kernel_setsockopt,
    .recv = kernel_recv,
    .send = kernel_send,
    .recvmsg = kernel_recvmsg,
    .sendmsg = kernel_sendmsg,
    .read = kernel_read,
    .write = kernel_write,
    .readv = kernel_readv,
    .writev = kernel_writev,
    .readv_now = kernel_readv_now,
    .writev_now = kernel_writev_now,
    .poll = kernel_poll,
    .watch = kernel_watch,
    .fcntl = kernel_fcntl,
    .close = kernel_close,
    .open = kernel_open,
    .pread = kernel_pread,
    .pwrite = kernel_pwrite,
    .fsync = kernel_fsync,
    .fdatasync = kernel_fdatasync,
    .ftruncate = kernel_ftruncate,
    .fstat = kernel_fstat,
    .lstat = kernel_lstat,
    .rename = kernel_rename,
    .unlink = kernel_unlink,
};
