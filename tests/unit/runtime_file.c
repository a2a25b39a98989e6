// runtime_file.c - files on the blocking pool: what comes out, and what is left when operations are
// cancelled in line, while they run, and when they are over.
#define _GNU_SOURCE
#include "net_support.h"

#include "executor.h"
#include "memory.h"

#include <asyncc/blocking.h>
#include <asyncc/file.h>

ASYNC_FUTURE_TYPE(async_file_open);
ASYNC_FUTURE_TYPE(async_file_read_at);
ASYNC_FUTURE_TYPE(async_file_write_at);
ASYNC_FUTURE_TYPE(async_file_stat);
ASYNC_FUTURE_TYPE(async_file_size);
ASYNC_FUTURE_TYPE(async_file_sync);
ASYNC_FUTURE_TYPE(async_file_truncate);
ASYNC_FUTURE_TYPE(async_file_rename);
ASYNC_FUTURE_TYPE(async_file_unlink);

static char directory[] = "/tmp/asyncc-file-XXXXXX";
static char path[sizeof directory + 10], other[sizeof directory + 10], fifo[sizeof directory + 10];

static int make_directory(void **unused)
{
    (void)unused;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/file", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    return mkfifo(fifo, 0600);
}

static int remove_directory(void **unused)
{
    (void)unused;
    unlink(fifo);
    return rmdir(directory); // fails if a file is left
}

static int over(void **unused)
{
    async_executor_close();
    async_blocking_stop();
    async_blocking_configure(ASYNC_BLOCKING_THREADS, ASYNC_BLOCKING_QUEUE, ASYNC_BLOCKING_IDLE_NS);
    return no_descriptor_leaks(unused);
}

static struct async_file *open_file(int flags)
{
    struct async_file *file = NULL;
    assert_int_equal(NOW(async_file_open, path, flags, 0600, &file), 0);
    return file;
}

static void reads_and_writes(void **unused)
{
    (void)unused;
    struct async_file *file = open_file(O_RDWR | O_CREAT);
    assert_true(fcntl(async_file_fd(file), F_GETFD) & FD_CLOEXEC);
    char buf[20];
    assert_int_equal(NOW(async_file_read_at, file, buf, sizeof buf, 0), 0);
    assert_int_equal(NOW(async_file_write_at, file, "hello", 5, 2), 5);
    assert_int_equal(NOW(async_file_write_at, file, NULL, 0, 0), 0);
    assert_int_equal(NOW(async_file_size, file), 7);
    assert_int_equal(NOW(async_file_read_at, file, buf, sizeof buf, 0), 7);
    assert_memory_equal(buf, "\0\0hello", 7);
    assert_int_equal(NOW(async_file_read_at, file, buf, 2, 3), 2);
    assert_memory_equal(buf, "el", 2);
    assert_int_equal(NOW(async_file_truncate, file, 3), 0);
    assert_int_equal(NOW(async_file_sync, file, false), 0);
    assert_int_equal(NOW(async_file_sync, file, true), 0);
    struct stat stat;
    assert_int_equal(NOW(async_file_stat, file, &stat), 0);
    assert_int_equal(stat.st_size, 3);
    async_file_close(file);
    file = open_file(O_WRONLY | O_APPEND);
    assert_int_equal(NOW(async_file_write_at, file, "!", 1, 0), 1);
    assert_int_equal(NOW(async_file_size, file), 4);
    assert_int_equal(NOW(async_file_read_at, file, buf, 1, 0), -EBADF);
    async_file_close(file);
    async_file_close(NULL);
    assert_int_equal(NOW(async_file_rename, path, other), 0);
    assert_int_equal(NOW(async_file_rename, path, other), -ENOENT);
    assert_int_equal(NOW(async_file_unlink, other), 0);
    assert_int_equal(NOW(async_file_unlink, other), -ENOENT);
    assert_int_equal(NOW(async_file_open, path, O_RDONLY, 0, &file), -ENOENT);
    assert_int_equal(NOW(async_file_open, fifo, O_RDWR, 0, &file), 0);
    assert_int_equal(NOW(async_file_read_at, file, buf, 1, 0), -ESPIPE);
    async_file_close(file);
}

static void several_at_once(void **unused)
{
    (void)unused;
    enum {
        MANY = 50,
        SIZE = 10000
    };
    struct async_file *file = open_file(O_RDWR | O_CREAT);
    static char bytes[MANY][SIZE], got[MANY][SIZE];
    struct async_task *tasks[MANY];
    for (int i = 0; i < MANY; i++) {
        memset(bytes[i], i, SIZE);
        tasks[i] = START(async_file_write_at, file, bytes[i], SIZE, i * SIZE);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(RESULT(tasks[i], ssize_t), SIZE);
    for (int i = 0; i < MANY; i++)
        tasks[i] = START(async_file_read_at, file, got[i], SIZE, i * SIZE);
    nap(0);
    async_file_close(file); // what is under way comes to its end
    for (int i = 0; i < MANY; i++)
        assert_int_equal(RESULT(tasks[i], ssize_t), SIZE);
    assert_memory_equal(got, bytes, sizeof got);
    unlink(path);
}

// Occupies the only thread of the pool: until somebody opens the fifo for writing.
static struct async_task *block_the_pool(struct async_file **file)
{
    async_blocking_configure(1, 100, ASYNC_BLOCKING_IDLE_NS);
    struct async_task *task = START(async_file_open, fifo, O_RDONLY, 0, file);
    nap(1);
    assert_false(async_task_done(task));
    return task;
}

static void free_the_pool(void)
{
    int writer = -1;
    // Fails as long as nobody reads: the thread may not have got that far.
    for (int i = 0; i < 10000 && (writer = open(fifo, O_WRONLY | O_NONBLOCK)) < 0; i++)
        nap(1);
    assert_true(writer >= 0);
    close(writer);
}

static void cancelled_in_line_they_do_nothing(void **unused)
{
    (void)unused;
    struct async_file *file = open_file(O_RDWR | O_CREAT), *blocked = NULL, *never = NULL;
    struct async_task *task = block_the_pool(&blocked);
    char buf[10] = "";
    struct stat stat;
    cancel_pending(START(async_file_write_at, file, "x", 1, 0));
    cancel_pending(START(async_file_read_at, file, buf, sizeof buf, 0));
    cancel_pending(START(async_file_rename, path, other));
    cancel_pending(START(async_file_unlink, path));
    cancel_pending(START(async_file_truncate, file, 100));
    cancel_pending(START(async_file_sync, file, false));
    cancel_pending(START(async_file_stat, file, &stat));
    cancel_pending(START(async_file_size, file));
    cancel_pending(START(async_file_open, path, O_RDONLY, 0, &never));
    free_the_pool();
    assert_int_equal(RESULT(task, int), 0);
    async_file_close(blocked);
    assert_int_equal(NOW(async_file_size, file), 0);
    assert_null(never);
    async_file_close(file);
    unlink(path);
}

static void a_cancelled_open_closes_what_it_opens(void **unused)
{
    (void)unused;
    struct async_file *blocked = NULL;
    struct async_task *task = block_the_pool(&blocked);
    // Its thread is inside open(2) when somebody can open the other end.
    int writer = -1;
    for (int i = 0; i < 10000 && (writer = open(fifo, O_WRONLY | O_NONBLOCK)) < 0; i++)
        nap(1);
    assert_true(writer >= 0);
    assert_int_equal(RESULT(task, int), 0);
    async_file_close(blocked);
    close(writer);
    blocked = NULL;
    cancel_pending(block_the_pool(&blocked));
    writer = open(fifo, O_RDWR); // whether the thread was in open(2) already or not
    async_blocking_stop();
    assert_null(blocked);
    close(writer);
}

// At any time, with what they use gone at once. The sanitizers look on.
static void cancelled_anywhere_they_need_nothing(void **unused)
{
    (void)unused;
    enum {
        ROUNDS = 200,
        SIZE = 20000
    };
    for (int i = 0; i < ROUNDS; i++) {
        struct async_file *file = open_file(O_RDWR | O_CREAT);
        char *in = malloc(SIZE), *out = calloc(1, SIZE), *name = strdup(path);
        struct async_task *tasks[] = {
            START(async_file_write_at, file, out, SIZE, 0),
            START(async_file_read_at, file, in, SIZE, 0),
            START(async_file_truncate, file, i),
            START(async_file_unlink, name),
        };
        for (int turn = 0; turn < i % 4; turn++)
            nap(0);
        for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
            async_cancel(tasks[t]);
            async_detach(tasks[t]);
        }
        free(in);
        free(out);
        free(name);
        async_file_close(file);
    }
    async_blocking_stop();
    unlink(path);
}

// ---- No memory ----------------------------------------------------------------------------------

static int allocations;

static bool fails_in_turn(void)
{
    return allocations-- == 0;
}

// Polls a future once, while the allocation number *data fails.
struct poll_once {
    enum async_poll (*poll)(void *future, struct async_context *cx);
    void *future;
    int failing;
};

static enum async_poll poll_with_failure(void *data, struct async_context *cx, int *state)
{
    (void)state;
    struct poll_once *once = data;
    allocations = once->failing;
    memory_fails = fails_in_turn;
    enum async_poll polled = once->poll(once->future, cx);
    memory_fails = NULL;
    assert_int_equal(polled, ASYNC_READY);
    return ASYNC_READY;
}

#define NO_MEMORY(FAILING, NAME, ...)                                     \
    do {                                                                  \
        struct NAME##_future f_;                                          \
        NAME##_future_init(&f_, __VA_ARGS__);                             \
        struct poll_once once_ = {NAME##_future_type.poll, &f_, FAILING}; \
        run_script(poll_with_failure, &once_);                            \
        assert_int_equal(f_.result, -ENOMEM);                             \
    } while (0)

static void runs_out_of_memory(void **unused)
{
    (void)unused;
    struct async_file *file = open_file(O_RDWR | O_CREAT), *never;
    char buf[10];
    struct stat stat;
    NO_MEMORY(0, async_file_open, path, O_RDONLY, 0, &never);
    NO_MEMORY(1, async_file_open, path, O_RDONLY, 0, &never);
    NO_MEMORY(0, async_file_read_at, file, buf, sizeof buf, 0);
    NO_MEMORY(0, async_file_write_at, file, buf, sizeof buf, 0);
    NO_MEMORY(0, async_file_stat, file, &stat);
    NO_MEMORY(0, async_file_size, file);
    NO_MEMORY(0, async_file_sync, file, true);
    NO_MEMORY(0, async_file_truncate, file, 1);
    NO_MEMORY(0, async_file_rename, path, other);
    NO_MEMORY(0, async_file_unlink, path);
    assert_int_equal(NOW(async_file_read_at, file, buf, SIZE_MAX, 0), -ENOMEM);
    async_file_close(file);
    unlink(path);
}

// In line of a pool that takes no more.
static void is_refused(void **unused)
{
    (void)unused;
    struct async_file *blocked = NULL, *file = open_file(O_RDWR | O_CREAT);
    struct async_task *task = block_the_pool(&blocked);
    async_blocking_configure(1, 0, ASYNC_BLOCKING_IDLE_NS);
    assert_int_equal(NOW(async_file_write_at, file, "x", 1, 0), -EAGAIN);
    assert_int_equal(NOW(async_file_unlink, path), -EAGAIN);
    free_the_pool();
    assert_int_equal(RESULT(task, int), 0);
    async_file_close(blocked);
    async_file_close(file);
    unlink(path);
}

#define FILE_TEST(NAME) cmocka_unit_test_setup_teardown(NAME, count_descriptors, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(reads_and_writes),
        FILE_TEST(several_at_once),
        FILE_TEST(cancelled_in_line_they_do_nothing),
        FILE_TEST(a_cancelled_open_closes_what_it_opens),
        FILE_TEST(cancelled_anywhere_they_need_nothing),
        FILE_TEST(runs_out_of_memory),
        FILE_TEST(is_refused),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
