// sys.h - the system calls that the runtime makes on descriptors, as a table: the simulated network
// of the test kit has one of its own, and so have its injected faults.
//
// They return what the call returns, or -errno. A call that a signal interrupts is made again, but
// for connect. Those of the second part are also called on the threads of the blocking pool.
#ifndef ASYNCC_RUNTIME_SYS_H
#define ASYNCC_RUNTIME_SYS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#pragma GCC visibility push(hidden)

struct sys {
    int (*socket)(int family, int type, int protocol);
    int (*socketpair)(int family, int type, int protocol, int fds[2]);
    int (*pipe)(int fds[2], int flags);
    int (*bind)(int fd, const struct sockaddr *address, socklen_t length);
    int (*listen)(int fd, int backlog);
    int (*accept)(int fd, struct sockaddr *address, socklen_t *length, int flags);
    int (*connect)(int fd, const struct sockaddr *address, socklen_t length);
    int (*shutdown)(int fd, int how);
    int (*getsockname)(int fd, struct sockaddr *address, socklen_t *length);
    int (*getpeername)(int fd, struct sockaddr *address, socklen_t *length);
    int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *length);
    int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t length);
    ssize_t (*recv)(int fd, void *buf, size_t n, int flags);
    ssize_t (*send)(int fd, const void *buf, size_t n, int flags);
    ssize_t (*recvmsg)(int fd, struct msghdr *message, int flags);
    ssize_t (*sendmsg)(int fd, const struct msghdr *message, int flags);
    ssize_t (*read)(int fd, void *buf, size_t n);
    ssize_t (*write)(int fd, const void *buf, size_t n);
    ssize_t (*readv)(int fd, const struct iovec *parts, int count);
    ssize_t (*writev)(int fd, const struct iovec *parts, int count);
    // These never wait: -EAGAIN, or -EOPNOTSUPP if the descriptor cannot be told not to wait.
    ssize_t (*readv_now)(int fd, const struct iovec *parts, int count);
    ssize_t (*writev_now)(int fd, const struct iovec *parts, int count);
    int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
    // Has an epoll descriptor watch another one, edge by edge, in both directions. Its events come
    // with the token. (What is simulated is watched by nobody: there the first two do not count.)
    int (*watch)(int epoll, uint64_t token, int fd);
    int (*fcntl)(int fd, int command, int argument);
    int (*close)(int fd);

    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*pread)(int fd, void *buf, size_t n, off_t offset);
    ssize_t (*pwrite)(int fd, const void *buf, size_t n, off_t offset);
    int (*fsync)(int fd);
    int (*fdatasync)(int fd);
    int (*ftruncate)(int fd, off_t size);
    int (*fstat)(int fd, struct stat *out);
    int (*lstat)(const char *path, struct stat *out);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
};

// The kernel's.
extern const struct sys sys_kernel;

// This thread's.
extern _Thread_local const struct sys *sys;

#pragma GCC visibility pop
#endif
