// Files: written, read, cut, renamed, removed; several operations at once; waits that are cancelled.
// blocking: no: it cancels
#include <asyncc/blocking.h>
#include <asyncc/file.h>
#include <asyncc/time.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <asyncc/async.h>

static async int write_twice(struct async_file *file)
{
    ssize_t a, b;
    await async_join(a = async_file_write_at(file, "hello ", 6, 0),
                     b = async_file_write_at(file, "world", 5, 6));
    return (int)(a + b);
}

static async int work_on(const char *path, const char *other)
{
    struct async_file *file;
    int rc = await async_file_open(path, O_RDWR, 0, &file);
    if (rc < 0)
        return rc;
    defer async_file_close(file);
    printf("written %d, size %d\n", await write_twice(file), (int)await async_file_size(file));
    char buf[20] = "";
    ssize_t n = await async_file_read_at(file, buf, sizeof buf - 1, 0);
    printf("read %d: %s\n", (int)n, buf);
    rc = await async_file_truncate(file, 5);
    int synced = await async_file_sync(file, true);
    struct stat stat;
    int known = await async_file_stat(file, &stat);
    printf("cut %d, synced %d, %d: %d\n", rc, synced, known, (int)stat.st_size);
    n = await async_file_read_at(file, buf, sizeof buf, 5);
    printf("behind the end: %d\n", (int)n);
    rc = await async_file_rename(path, other);
    int back = await async_file_rename(other, path), gone = await async_file_unlink(other);
    printf("renamed: %d %d, no such file: %d\n", rc, back, gone == -ENOENT);
    for (int i = 0; i < 20; i++) { // over or not: the buffer is gone afterwards
        char brief[3];
        (void)await async_timeout_ms(0, async_file_read_at(file, brief, sizeof brief, i));
    }
    return 0;
}

async int main(void)
{
    char path[] = "/tmp/asyncc-run-XXXXXX", other[sizeof path + 6];
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    snprintf(other, sizeof other, "%s.other", path);
    defer { async_blocking_stop(); unlink(path); unlink(other); } // what was cancelled is over, too
    return await work_on(path, other) < 0;
}
