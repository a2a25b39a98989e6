// faults.c - a table of system calls in front of the other one, and a watch on memory.
#define _GNU_SOURCE
#include "faults.h"

#include "memory.h"
#include "reactor.h"
#include "sys.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

_Thread_local struct faults faults;

// ---- Memory ---------------------------------------------------------------------------------
//
// A hash table of the blocks in use, with open addressing. It is one for all threads that watch:
// what one of them has allocated, the blocking pool may free.

struct block {
    void *memory; // NULL: free
    size_t size;
    const struct faults *owner; // whose thread has allocated it
};

static struct {
    pthread_mutex_t lock;
    struct block *blocks;
    size_t room, count; // room is a power of two
    unsigned watchers;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool watching;

static size_t place_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
           (memory.room - 1);
}

static void insert(struct block block)
{
    size_t i = place_of(block.memory);
    while (memory.blocks[i].memory)
        i = (i + 1) & (memory.room - 1);
    memory.blocks[i] = block;
    memory.count++;
}

// Makes another table, without the blocks of one thread, or with all of them (NULL).
static void rehash(size_t room, const struct faults *without)
{
    size_t old_room = memory.room;
    struct block *old = memory.blocks;
    memory.room = room;
    memory.count = 0;
    memory.blocks = calloc(room, sizeof *memory.blocks);
    if (!memory.blocks) {
        fprintf(stderr, "asyncc test: out of memory\n");
        abort();
    }
    for (size_t i = 0; i < old_room; i++)
        if (old[i].memory && old[i].owner != without)
            insert(old[i]);
    free(old);
}

static void got(void *block, size_t size)
{
    if (!watching)
        return;
    pthread_mutex_lock(&memory.lock);
    if (2 * memory.count >= memory.room)
        rehash(memory.room ? 2 * memory.room : 1024, NULL);
    insert((struct block){block, size, &faults});
    pthread_mutex_unlock(&memory.lock);
}

static void remove_block(void *block)
{
    size_t i = place_of(block);
    while (memory.blocks[i].memory != block) {
        if (!memory.blocks[i].memory)
            return;
        i = (i + 1) & (memory.room - 1);
    }
    memory.blocks[i].memory = NULL;
    memory.count--;
    // Those behind it may have to move up.
    for (i = (i + 1) & (memory.room - 1); memory.blocks[i].memory;
         i = (i + 1) & (memory.room - 1)) {
        struct block moved = memory.blocks[i];
        memory.blocks[i].memory = NULL;
        memory.count--;
        insert(moved);
    }
}

// What is not known was allocated before, or by a thread that does not watch.
static void gone(void *block)
{
    pthread_mutex_lock(&memory.lock);
    if (block && memory.count)
        remove_block(block);
    pthread_mutex_unlock(&memory.lock);
}

static void hit(const char *what)
{
    faults.hit = true;
    snprintf(faults.what, sizeof faults.what, "%s", what);
}

bool faults_alloc(void)
{
    if (!faults.armed || ++faults.allocations != faults.alloc_at)
        return false;
    hit("an allocation");
    return true;
}

static const struct memory_watch watch = {got, gone};

size_t faults_memory(size_t *bytes)
{
    size_t blocks = 0;
    *bytes = 0;
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.room; i++) {
        if (memory.blocks[i].memory && memory.blocks[i].owner == &faults) {
            *bytes += memory.blocks[i].size;
            blocks++;
        }
    }
    pthread_mutex_unlock(&memory.lock);
    return blocks;
}

// ---- System calls ---------------------------------------------------------------------------

static _Thread_local const struct sys *under; // what the calls are really made by

static bool fails(const char *name)
{
    if (!faults.armed || ++faults.calls != faults.call_at)
        return false;
    hit(name);
    return true;
}

// A call that fails with ERROR when its time has come.
#define CALL(NAME, ERROR, TYPE, PARAMETERS, ARGUMENTS)                      \
    static TYPE faulty_##NAME PARAMETERS                                    \
    {                                                                       \
        return fails("the call " #NAME) ? -(ERROR) : under->NAME ARGUMENTS; \
    }

CALL(socket, EMFILE, int, (int family, int type, int protocol), (family, type, protocol))
CALL(socketpair, EMFILE, int, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds))
CALL(pipe, EMFILE, int, (int fds[2], int flags), (fds, flags))
CALL(bind, EADDRINUSE, int, (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length))
CALL(listen, EADDRINUSE, int, (int fd, int backlog), (fd, backlog))
CALL(accept, EMFILE, int, (int fd, struct sockaddr *address, socklen_t *length, int flags),
     (fd, address, length, flags))
CALL(connect, ENETUNREACH, int, (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length))
CALL(shutdown, ENOTCONN, int, (int fd, int how), (fd, how))
CALL(getsockname, ENOBUFS, int, (int fd, struct sockaddr *address, socklen_t *length),
     (fd, address, length))
CALL(getpeername, ENOTCONN, int, (int fd, struct sockaddr *address, socklen_t *length),
     (fd, address, length))
CALL(setsockopt, ENOBUFS, int, (int fd, int level, int name, const void *value, socklen_t length),
     (fd, level, name, value, length))
CALL(recv, ECONNRESET, ssize_t, (int fd, void *buf, size_t n, int flags), (fd, buf, n, flags))
CALL(send, EPIPE, ssize_t, (int fd, const void *buf, size_t n, int flags), (fd, buf, n, flags))
CALL(recvmsg, ECONNRESET, ssize_t, (int fd, struct msghdr *message, int flags),
     (fd, message, flags))
CALL(sendmsg, ENOBUFS, ssize_t, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
CALL(read, EIO, ssize_t, (int fd, void *buf, size_t n), (fd, buf, n))
CALL(write, EPIPE, ssize_t, (int fd, const void *buf, size_t n), (fd, buf, n))
CALL(readv, ECONNRESET, ssize_t, (int fd, const struct iovec *parts, int count), (fd, parts, count))
CALL(writev, EPIPE, ssize_t, (int fd, const struct iovec *parts, int count), (fd, parts, count))
CALL(poll, ENOMEM, int, (struct pollfd * fds, nfds_t count, int timeout_ms),
     (fds, count, timeout_ms))
CALL(watch, ENOSPC, int, (int epoll, uint64_t token, int fd), (epoll, token, fd))
CALL(readv_now, ECONNRESET, ssize_t, (int fd, const struct iovec *parts, int count),
     (fd, parts, count))
CALL(writev_now, EPIPE, ssize_t, (int fd, const struct iovec *parts, int count), (fd, parts, count))
CALL(open, EMFILE, int, (const char *path, int flags, mode_t mode), (path, flags, mode))
CALL(pread, EIO, ssize_t, (int fd, void *buf, size_t n, off_t offset), (fd, buf, n, offset))
CALL(pwrite, ENOSPC, ssize_t, (int fd, const void *buf, size_t n, off_t offset),
     (fd, buf, n, offset))
CALL(fsync, EIO, int, (int fd), (fd))
CALL(fdatasync, EIO, int, (int fd), (fd))
CALL(ftruncate, EFBIG, int, (int fd, off_t size), (fd, size))
CALL(fstat, ENOMEM, int, (int fd, struct stat *out), (fd, out))
CALL(lstat, ENOMEM, int, (const char *path, struct stat *out), (path, out))
CALL(rename, ENOSPC, int, (const char *from, const char *to), (from, to))
CALL(unlink, EROFS, int, (const char *path), (path))

// Only the outcome of a connection can be bad: asking for the rest does not fail.
static int faulty_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    if (level == SOL_SOCKET && name == SO_ERROR && fails("the outcome of connect")) {
        int error = ETIMEDOUT;
        memcpy(value, &error, sizeof error);
        return 0;
    }
    return under->getsockopt(fd, level, name, value, length);
}

static int faulty_fcntl(int fd, int command, int argument)
{
    return under->fcntl(fd, command, argument);
}

static int faulty_close(int fd)
{
    int rc = under->close(fd);
    if (rc == -EBADF && faults.closed_twice)
        faults.closed_twice(fd);
    return rc;
}

static const struct sys faulty = {
    .socket = faulty_socket,
    .socketpair = faulty_socketpair,
    .pipe = faulty_pipe,
    .bind = faulty_bind,
    .listen = faulty_listen,
    .accept = faulty_accept,
    .connect = faulty_connect,
    .shutdown = faulty_shutdown,
    .getsockname = faulty_getsockname,
    .getpeername = faulty_getpeername,
    .getsockopt = faulty_getsockopt,
    .setsockopt = faulty_setsockopt,
    .recv = faulty_recv,
    .send = faulty_send,
    .recvmsg = faulty_recvmsg,
    .sendmsg = faulty_sendmsg,
    .read = faulty_read,
    .write = faulty_write,
    .readv = faulty_readv,
    .writev = faulty_writev,
    .readv_now = faulty_readv_now,
    .writev_now = faulty_writev_now,
    .open = faulty_open,
    .pread = faulty_pread,
    .pwrite = faulty_pwrite,
    .fsync = faulty_fsync,
    .fdatasync = faulty_fdatasync,
    .ftruncate = faulty_ftruncate,
    .fstat = faulty_fstat,
    .lstat = faulty_lstat,
    .rename = faulty_rename,
    .unlink = faulty_unlink,
    .poll = faulty_poll,
    .watch = faulty_watch,
    .fcntl = faulty_fcntl,
    .close = faulty_close,
};

int faults_op(int code)
{
    static const int errors[OP_CODES] = {
        [OP_READ] = ECONNRESET,   [OP_READ_BORROWED] = ECONNRESET,
        [OP_READV] = ECONNRESET,  [OP_RECVMSG] = ECONNRESET,
        [OP_ACCEPT] = EMFILE,     [OP_WRITE] = EPIPE,
        [OP_WRITEV] = EPIPE,      [OP_SENDMSG] = ENOBUFS,
        [OP_CONNECT] = ETIMEDOUT, [OP_READABLE] = ENOMEM,
        [OP_WRITABLE] = ENOMEM,
    };
    return errors[code] && fails("an operation") ? -errors[code] : 0;
}

// ---- The watch ------------------------------------------------------------------------------

static void watch_memory(void)
{
    pthread_mutex_lock(&memory.lock);
    watching = true;
    if (!memory.watchers++)
        __atomic_store_n(&memory_watch, &watch, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&memory.lock);
}

static void forget_memory(void)
{
    pthread_mutex_lock(&memory.lock);
    watching = false;
    if (--memory.watchers) {
        if (memory.count)
            rehash(memory.room, &faults);
    } else {
        __atomic_store_n(&memory_watch, NULL, __ATOMIC_RELEASE);
        free(memory.blocks);
        memory.blocks = NULL;
        memory.room = memory.count = 0;
    }
    pthread_mutex_unlock(&memory.lock);
}

void faults_begin(void)
{
    memset(&faults, 0, sizeof faults);
    memory_fails = faults_alloc;
    watch_memory();
}

void faults_wrap(void)
{
    under = sys;
    sys = &faulty;
}

void faults_end(void)
{
    if (sys == &faulty)
        sys = under;
    memory_fails = NULL;
    forget_memory();
}
