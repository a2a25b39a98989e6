// unix_file.c - binding Unix sockets to files, and removing these.
#define _GNU_SOURCE
#include "unix_file.h"

#include "memory.h"
#include "sys.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

struct unix_file {
    dev_t device;
    ino_t inode;
    char path[];
};

static const char *path_of(const struct async_address *address)
{
    return ((const struct sockaddr_un *)(uintptr_t)&address->storage)->sun_path;
}

// Is there a socket file that refuses connections, since its socket is gone?
static bool is_stale(const struct async_address *address, int type)
{
    struct stat stat;
    if (sys->lstat(path_of(address), &stat) < 0 || !S_ISSOCK(stat.st_mode))
        return false;
    int fd = sys->socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    int rc = sys->connect(fd, &address->any, address->length);
    sys->close(fd);
    return rc == -ECONNREFUSED;
}

int unix_bind(int fd, const struct async_address *address, int type, bool replace,
              struct unix_file **out)
{
    const char *path = path_of(address);
    *out = NULL;
    if (!*path)
        return sys->bind(fd, &address->any, address->length);
    struct unix_file *file = memory_alloc(sizeof *file + strlen(path) + 1);
    if (!file)
        return -ENOMEM;
    strcpy(file->path, path);
    int rc = sys->bind(fd, &address->any, address->length);
    if (rc == -EADDRINUSE && replace && is_stale(address, type)) {
        sys->unlink(path);
        rc = sys->bind(fd, &address->any, address->length);
    }
    if (rc < 0) {
        memory_free(file);
        return rc;
    }
    struct stat stat;
    rc = sys->lstat(path, &stat);
    if (rc < 0) {
        memory_free(file);
        if (rc == -ENOENT) // gone already: nothing will be removed
            return 0;
        sys->unlink(path); // later nobody could tell whose it is
        return rc;
    }
    file->device = stat.st_dev;
    file->inode = stat.st_ino;
    *out = file;
    return 0;
}

void unix_file_remove(struct unix_file *file)
{
    if (!file)
        return;
    struct stat stat;
    if (sys->lstat(file->path, &stat) == 0 && stat.st_dev == file->device &&
        stat.st_ino == file->inode)
        sys->unlink(file->path);
    memory_free(file);
}
