// blocking: no: the test kit has no blocking form
// cancel: no: the kit cancels by itself
// Files under the test kit. On sim the calls are made by the executor's thread; elsewhere by the
// pool's, which goes on with what was cancelled: so each task has files of its own.
#include "kit.h"
#include <asyncc/blocking.h>
#include <asyncc/file.h>
#include <asyncc/group.h>
#include <asyncc/time.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <asyncc/async.h>

enum {
    TASKS = 3
};

// In memory, if there is such a place: it is synced often.
static char in_memory[] = "/dev/shm/asyncc-kit-XXXXXX", on_disk[] = "/tmp/asyncc-kit-XXXXXX";
static const char *directory;
static int run_number; // so that no run meets what a cancelled call of another one leaves

struct names {
    char first[60], second[60];
};

static struct names make_names(int id)
{
    struct names n;
    snprintf(n.first, sizeof n.first, "%s/%d.%d", directory, run_number, id);
    snprintf(n.second, sizeof n.second, "%s/%d.%d.new", directory, run_number, id);
    return n;
}

static void remove_names(const struct names *n)
{
    unlink(n->first);
    unlink(n->second);
}

static async int check_content(struct async_file *file, int id)
{
    char expected[40], buf[40];
    memset(expected, 0, sizeof expected);
    snprintf(expected, sizeof expected, "task %d, ", id);
    memcpy(expected + 20, "the end", 7);
    int64_t size = await async_file_size(file);
    if (size < 0)
        return (int)size;
    ASYNC_TEST_CHECK(size == 30);
    ssize_t n = await async_file_read_at(file, buf, sizeof buf, 0); // more than there is
    if (n < 0)
        return (int)n;
    ASYNC_TEST_CHECK(n == 30 && memcmp(buf, expected, 30) == 0);
    n = await async_file_read_at(file, buf, 3, 24);
    ASYNC_TEST_CHECK(n < 0 || (n == 3 && memcmp(buf, "end", 3) == 0));
    return n < 0 ? (int)n : 0;
}

static async int write_file(struct async_file *file, int id)
{
    char text[20];
    int length = snprintf(text, sizeof text, "task %d, ", id);
    ssize_t n = 0, m = 0;
    // Both at once.
    await async_join(n = async_file_write_at(file, text, (size_t)length, 0),
                     m = async_file_write_at(file, "the end", 7, 20));
    if (n < 0 || m < 0)
        return n < 0 ? (int)n : (int)m;
    ASYNC_TEST_CHECK(n == length && m == 7);
    int rc = await async_file_truncate(file, 30);
    return rc < 0 ? rc : await async_file_sync(file, true);
}

static async int use_file(int id)
{
    struct names names = make_names(id);
    defer remove_names(&names);
    struct async_file *file;
    int rc = await async_file_open(names.first, O_RDWR | O_CREAT | O_TRUNC, 0600, &file);
    if (rc < 0)
        return rc;
    {
        defer async_file_close(file);
        rc = await write_file(file, id);
        if (rc == 0)
            rc = await async_file_rename(names.first, names.second);
        if (rc == 0)
            rc = await check_content(file, id);
        if (rc < 0)
            return rc;
    }
    rc = await async_file_open(names.first, O_RDONLY, 0, &file);
    if (rc == 0)
        async_file_close(file);
    ASYNC_TEST_CHECK(rc == -ENOENT || async_test_hit());
    rc = await async_file_open(names.second, O_RDONLY, 0, &file);
    if (rc < 0)
        return rc;
    defer async_file_close(file);
    struct stat stat;
    rc = await async_file_stat(file, &stat);
    ASYNC_TEST_CHECK(rc < 0 || stat.st_size == 30);
    rc = rc < 0 ? rc : await check_content(file, id);
    return rc < 0 ? rc : await async_file_unlink(names.second);
}

static async int test_files(void *arg)
{
    (void)arg;
    run_number++;
    struct async_group tasks;
    async_group_fail_fast(&tasks);
    int rc = 0;
    for (int i = 0; i < TASKS && rc == 0; i++)
        rc = async_group_spawn(&tasks, use_file(i));
    return rc < 0 ? rc : await async_group_wait(&tasks);
}

// What cancelled calls have made on the pool's threads.
static void remove_all(void)
{
    for (; run_number > 0; run_number--)
        for (int i = 0; i < TASKS; i++) {
            struct names names = make_names(i);
            remove_names(&names);
        }
    if (rmdir(directory) != 0)
        perror("rmdir");
}

int main(void)
{
    directory = mkdtemp(in_memory);
    if (!directory && !(directory = mkdtemp(on_disk)))
        return 2;
    // What the pool's threads free, the kit does not see: so nothing is cut off there.
    kit_explore("files", test_files, 5, ASYNC_TEST_SEEDS);
    async_blocking_stop();
    remove_all();
    return kit_failures != 0;
}
