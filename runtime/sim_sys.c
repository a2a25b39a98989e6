// sim_sys.c - the simulated system calls. Those on descriptors that are not simulated, and new
// descriptors while the thread's executor is not, are the kernel's.
#define _GNU_SOURCE
#include "sim_net.h"

#include "readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct sim_file *file_of(int fd)
{
    struct sim_descriptor *descriptor = sim_find(fd);
    return descriptor ? descriptor->file : NULL;
}

// ---- New descriptors ------------------------------------------------------------------------

// Is there a simulated socket of this sort?
static bool simulates(int family, int type, enum sim_kind *kind)
{
    int plain = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    bool unix_ = family == AF_UNIX, stream = plain == SOCK_STREAM;
    if (unix_)
        *kind = plain == SOCK_DGRAM ? SIM_UNIX_DATAGRAM : SIM_UNIX_STREAM;
    else
        *kind = stream ? SIM_TCP : SIM_UDP;
    return sim_active() && (unix_ || family == AF_INET || family == AF_INET6) &&
           (stream || plain == SOCK_DGRAM || (unix_ && plain == SOCK_SEQPACKET));
}

static struct sim_file *new_socket(enum sim_kind kind, int family, int type)
{
    struct sim_file *file = file_new(kind, family);
    file->flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0);
    file->seqpacket = (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_SEQPACKET;
    return file;
}

// A descriptor of a new file, which is closed if there is none.
static int open_or_close(struct sim_file *file)
{
    int fd = sim_open(file);
    if (fd < 0)
        file_close(file);
    return fd;
}

// The same for two of them.
static int open_both(struct sim_file *a, struct sim_file *b, int fds[2])
{
    int first = open_or_close(a);
    int second = open_or_close(b);
    if (first >= 0 && second >= 0) {
        fds[0] = first;
        fds[1] = second;
        return 0;
    }
    if (first >= 0)
        sim_close(first);
    if (second >= 0)
        sim_close(second);
    return first < 0 ? first : second;
}

static int sim_socket(int family, int type, int protocol)
{
    enum sim_kind kind;
    if (!simulates(family, type, &kind))
        return sys_kernel.socket(family, type, protocol);
    return open_or_close(new_socket(kind, family, type));
}

static int sim_socketpair(int family, int type, int protocol, int fds[2])
{
    enum sim_kind kind;
    if (!simulates(family, type, &kind))
        return sys_kernel.socketpair(family, type, protocol, fds);
    if (family != AF_UNIX)
        return -EOPNOTSUPP;
    struct sim_file *a = new_socket(kind, family, type), *b = new_socket(kind, family, type);
    files_connect(a, b);
    return open_both(a, b, fds);
}

static int sim_pipe(int fds[2], int flags)
{
    if (!sim_active())
        return sys_kernel.pipe(fds, flags);
    struct sim_file *to = file_new(SIM_PIPE, 0), *from = file_new(SIM_PIPE, 0);
    from->flags = O_RDONLY | (flags & O_NONBLOCK);
    to->flags = O_WRONLY | (flags & O_NONBLOCK);
    files_connect(to, from);
    return open_both(from, to, fds);
}

// ---- Addresses ------------------------------------------------------------------------------

static int give_address(const struct sim_file *file, const struct sim_place *place,
                        struct sockaddr *address, socklen_t *length)
{
    struct sim_place none = {.length = sizeof(sa_family_t)};
    none.address.any.sa_family = (sa_family_t)file->family;
    if (!place->length) {
        if (file->family == AF_INET)
            none.length = sizeof none.address.v4;
        else if (file->family == AF_INET6)
            none.length = sizeof none.address.v6;
        place = &none;
    }
    struct sim_place mapped = *place;
    if (file->family == AF_INET6 && place->address.any.sa_family == AF_INET) {
        memset(&mapped.address, 0, sizeof mapped.address);
        mapped.length = sizeof mapped.address.v6;
        mapped.address.v6.sin6_family = AF_INET6;
        mapped.address.v6.sin6_port = place->address.v4.sin_port;
        memset(&mapped.address.v6.sin6_addr.s6_addr[10], 0xff, 2);
        memcpy(&mapped.address.v6.sin6_addr.s6_addr[12], &place->address.v4.sin_addr, 4);
    }
    memcpy(address, &mapped.address, *length < mapped.length ? *length : mapped.length);
    *length = mapped.length;
    return 0;
}

static int sim_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sim_file *file = file_of(fd);
    return file ? file_bind(file, address, length) : sys_kernel.bind(fd, address, length);
}

static int sim_listen(int fd, int backlog)
{
    struct sim_file *file = file_of(fd);
    return file ? file_listen(file, backlog) : sys_kernel.listen(fd, backlog);
}

static int sim_accept(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.accept(fd, address, length, flags);
    struct sim_file *connection;
    int accepted = file_accept(file, &connection);
    if (accepted < 0)
        return accepted;
    connection->flags = O_RDWR | (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);
    if (address)
        give_address(connection, &connection->remote, address, length);
    return accepted;
}

static int sim_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sim_file *file = file_of(fd);
    return file ? file_connect(file, address, length) : sys_kernel.connect(fd, address, length);
}

static int sim_shutdown(int fd, int how)
{
    struct sim_file *file = file_of(fd);
    return file ? file_shutdown(file, how) : sys_kernel.shutdown(fd, how);
}

static int sim_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.getsockname(fd, address, length);
    return file->kind == SIM_PIPE ? -ENOTSOCK : give_address(file, &file->local, address, length);
}

static int sim_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.getpeername(fd, address, length);
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    if (file->stage != SIM_CONNECTED || file_is_over(file))
        return -ENOTCONN;
    return give_address(file, &file->remote, address, length);
}

// ---- Options --------------------------------------------------------------------------------

static int type_of(const struct sim_file *file)
{
    if (file->kind == SIM_UDP || file->kind == SIM_UNIX_DATAGRAM)
        return SOCK_DGRAM;
    return file->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
}

static int sim_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.getsockopt(fd, level, name, value, length);
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    int answer;
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    switch (name) {
    case SO_ERROR:
        answer = file_take_error(file);
        break;
    case SO_TYPE:
        answer = type_of(file);
        break;
    case SO_DOMAIN:
        answer = file->family;
        break;
    case SO_ACCEPTCONN:
        answer = file->stage == SIM_LISTENING;
        break;
    case SO_REUSEADDR:
        answer = file->reuse;
        break;
    case SO_SNDBUF:
    case SO_RCVBUF:
        answer = (int)sim.settings.room;
        break;
    case SO_PEERCRED:
        if (*length < sizeof(struct ucred))
            return -EINVAL;
        *(struct ucred *)value = (struct ucred){getpid(), getuid(), getgid()};
        *length = sizeof(struct ucred);
        return 0;
    default:
        return -ENOPROTOOPT;
    }
    memcpy(value, &answer, *length < sizeof answer ? *length : sizeof answer);
    if (*length > sizeof answer)
        *length = sizeof answer;
    return 0;
}

// The others are taken and do nothing.
static int sim_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.setsockopt(fd, level, name, value, length);
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    int number = 0;
    memcpy(&number, value, length < sizeof number ? length : sizeof number);
    if (level == SOL_SOCKET && name == SO_REUSEADDR) {
        file->reuse = number != 0;
    } else if (level == SOL_SOCKET && name == SO_LINGER && length >= sizeof(struct linger)) {
        struct linger linger;
        memcpy(&linger, value, sizeof linger);
        file->abortive = linger.l_onoff && !linger.l_linger;
    } else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
        file->only_v6 = number != 0;
    }
    return 0;
}

// ---- Reading and writing --------------------------------------------------------------------

static ssize_t sim_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.recvmsg(fd, message, flags);
    return file->kind == SIM_PIPE ? -ENOTSOCK : file_recvmsg(file, message, flags);
}

static ssize_t sim_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.sendmsg(fd, message, flags);
    return file->kind == SIM_PIPE ? -ENOTSOCK : file_sendmsg(file, message, flags);
}

static ssize_t sim_recv(int fd, void *buf, size_t n, int flags)
{
    if (!file_of(fd))
        return sys_kernel.recv(fd, buf, n, flags);
    struct msghdr message = {.msg_iov = &(struct iovec){buf, n}, .msg_iovlen = 1};
    return sim_recvmsg(fd, &message, flags);
}

static ssize_t sim_send(int fd, const void *buf, size_t n, int flags)
{
    if (!file_of(fd))
        return sys_kernel.send(fd, buf, n, flags);
    struct msghdr message = {.msg_iov = &(struct iovec){(void *)(uintptr_t)buf, n},
                             .msg_iovlen = 1};
    return sim_sendmsg(fd, &message, flags);
}

static ssize_t sim_readv(int fd, const struct iovec *parts, int count)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.readv(fd, parts, count);
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    return file_recvmsg(file, &message, 0);
}

static ssize_t sim_writev(int fd, const struct iovec *parts, int count)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.writev(fd, parts, count);
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    return file_sendmsg(file, &message, 0);
}

static ssize_t sim_read(int fd, void *buf, size_t n)
{
    return file_of(fd) ? sim_readv(fd, &(struct iovec){buf, n}, 1) : sys_kernel.read(fd, buf, n);
}

static ssize_t sim_write(int fd, const void *buf, size_t n)
{
    if (!file_of(fd))
        return sys_kernel.write(fd, buf, n);
    return sim_writev(fd, &(struct iovec){(void *)(uintptr_t)buf, n}, 1);
}

// A simulated file never waits.
static ssize_t sim_readv_now(int fd, const struct iovec *parts, int count)
{
    return file_of(fd) ? sim_readv(fd, parts, count) : sys_kernel.readv_now(fd, parts, count);
}

static ssize_t sim_writev_now(int fd, const struct iovec *parts, int count)
{
    return file_of(fd) ? sim_writev(fd, parts, count) : sys_kernel.writev_now(fd, parts, count);
}

// ---- The rest -------------------------------------------------------------------------------

static short events_of(const struct sim_file *file, short asked)
{
    unsigned ready = file_ready(file);
    int events = 0;
    if (ready & READY_READ)
        events |= POLLIN;
    if (ready & READY_WRITE)
        events |= POLLOUT;
    events &= asked;
    if (file->broken)
        events |= POLLHUP;
    if (file->error)
        events |= POLLERR;
    return (short)events;
}

static int sim_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int ready = 0;
    nfds_t simulated = 0;
    for (nfds_t i = 0; i < count; i++) {
        struct sim_file *file = file_of(fds[i].fd);
        if (!file)
            continue;
        simulated++;
        fds[i].revents = events_of(file, fds[i].events);
        ready += fds[i].revents != 0;
    }
    if (simulated == count && count)
        return ready;
    for (nfds_t i = 0; i < count; i++) {
        if (file_of(fds[i].fd))
            continue;
        int n = sys_kernel.poll(&fds[i], 1, simulated || count > 1 ? 0 : timeout_ms);
        if (n < 0)
            return n;
        ready += n;
    }
    return ready;
}

static int sim_fcntl(int fd, int command, int argument)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.fcntl(fd, command, argument);
    switch (command) {
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags = (file->flags & ~O_NONBLOCK) | (argument & O_NONBLOCK);
        return 0;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return sim_open(file);
    default:
        return sys_kernel.fcntl(fd, command, argument);
    }
}

static int sim_fstat(int fd, struct stat *out)
{
    struct sim_file *file = file_of(fd);
    if (!file)
        return sys_kernel.fstat(fd, out);
    *out = (struct stat){
        .st_mode = (file->kind == SIM_PIPE ? S_IFIFO : S_IFSOCK) | S_IRWXU,
        .st_ino = (ino_t)(uintptr_t)file,
        .st_nlink = 1,
    };
    return 0;
}

// The socket that is bound to the path, or NULL.
static struct sim_file *file_at(const char *path)
{
    for (struct sim_file *file = sim.bound; file; file = file->next_bound)
        if (file->family == AF_UNIX && !strcmp(file->local.address.un.sun_path, path) && *path)
            return file;
    return NULL;
}

static int sim_lstat(const char *path, struct stat *out)
{
    struct sim_file *file = file_at(path);
    if (!file)
        return sys_kernel.lstat(path, out);
    *out = (struct stat){.st_mode = S_IFSOCK | S_IRWXU,
                         .st_ino = (ino_t)(uintptr_t)file,
                         .st_nlink = 1};
    return 0;
}

// The socket stays, but nobody finds it any more.
static int sim_unlink(const char *path)
{
    struct sim_file *file = file_at(path);
    if (!file)
        return sys_kernel.unlink(path);
    file_unbind(file);
    return 0;
}

// ---- Files are the kernel's -----------------------------------------------------------------

static int sim_open_file(const char *path, int flags, mode_t mode)
{
    return sys_kernel.open(path, flags, mode);
}

static ssize_t sim_pread(int fd, void *buf, size_t n, off_t offset)
{
    return file_of(fd) ? -ESPIPE : sys_kernel.pread(fd, buf, n, offset);
}

static ssize_t sim_pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    return file_of(fd) ? -ESPIPE : sys_kernel.pwrite(fd, buf, n, offset);
}

static int sim_fsync(int fd)
{
    return file_of(fd) ? -EINVAL : sys_kernel.fsync(fd);
}

static int sim_fdatasync(int fd)
{
    return file_of(fd) ? -EINVAL : sys_kernel.fdatasync(fd);
}

static int sim_ftruncate(int fd, off_t size)
{
    return file_of(fd) ? -EINVAL : sys_kernel.ftruncate(fd, size);
}

static int sim_rename(const char *from, const char *to)
{
    return sys_kernel.rename(from, to);
}

static int sim_watch(int epoll, uint64_t token, int fd)
{
    (void)epoll, (void)token, (void)fd; // the reactor knows what it watches
    return 0;
}

static int sim_close_any(int fd)
{
    return sim_find(fd) ? sim_close(fd) : sys_kernel.close(fd);
}

const struct sys sim_sys = {
    .socket = sim_socket,
    .socketpair = sim_socketpair,
    .pipe = sim_pipe,
    .bind = sim_bind,
    .listen = sim_listen,
    .accept = sim_accept,
    .connect = sim_connect,
    .shutdown = sim_shutdown,
    .getsockname = sim_getsockname,
    .getpeername = sim_getpeername,
    .getsockopt = sim_getsockopt,
    .setsockopt = sim_setsockopt,
    .recv = sim_recv,
    .send = sim_send,
    .recvmsg = sim_recvmsg,
    .sendmsg = sim_sendmsg,
    .read = sim_read,
    .write = sim_write,
    .readv = sim_readv,
    .writev = sim_writev,
    .readv_now = sim_readv_now,
    .writev_now = sim_writev_now,
    .open = sim_open_file,
    .pread = sim_pread,
    .pwrite = sim_pwrite,
    .fsync = sim_fsync,
    .fdatasync = sim_fdatasync,
    .ftruncate = sim_ftruncate,
    .fstat = sim_fstat,
    .lstat = sim_lstat,
    .rename = sim_rename,
    .unlink = sim_unlink,
    .poll = sim_poll,
    .watch = sim_watch,
    .fcntl = sim_fcntl,
    .close = sim_close_any,
};
