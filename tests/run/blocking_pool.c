// Blocking functions on other threads: results, errors, arguments that are copied, many at once, and
// waits that are cancelled.
// blocking: no: it cancels
#include <asyncc/blocking.h>
#include <asyncc/io.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <asyncc/async.h>

static pthread_t main_thread;

static intptr_t length(void *arg)
{
    return pthread_equal(pthread_self(), main_thread) ? -1 : (intptr_t)strlen(arg);
}

static intptr_t fails(void *arg)
{
    (void)arg;
    return -ENOENT;
}

struct sum_args {
    int from, to; // in
    int sum;      // out
};

static intptr_t sum(void *arg)
{
    struct sum_args *args = arg;
    args->sum = 0;
    for (int i = args->from; i <= args->to; i++)
        args->sum += i;
    return 0;
}

static async int sum_of(int from, int to)
{
    struct sum_args args = {.from = from, .to = to};
    intptr_t rc = await async_blocking_copy(sum, &args, sizeof args, NULL);
    return rc == 0 ? args.sum : -1;
}

// A function that says when it has begun, and waits for a byte of a pipe; its argument belongs to
// the call.
struct request {
    int fd, begun;
    char got;
};

static int freed;

static intptr_t get(void *arg)
{
    struct request *request = arg;
    if (write(request->begun, "!", 1) != 1)
        return -1;
    return read(request->fd, &request->got, 1);
}

static void free_request(void *arg, intptr_t result)
{
    (void)result;
    freed++; // by one thread, and async_blocking_stop comes before it is read
    free(arg);
}

static async int get_byte(int fd, int begun)
{
    struct request *request = calloc(1, sizeof *request);
    request->fd = fd;
    request->begun = begun;
    intptr_t n = await async_blocking_owned(get, request, free_request);
    int got = n == 1 ? request->got : -1;
    free(request);
    return got;
}

// A thread has it by now; one that is still in line would never run.
static async void when_begun(int fd)
{
    char byte;
    (void)await async_read(fd, &byte, 1);
    await async_sleep_ms(5);
}

async int main(void)
{
    main_thread = pthread_self();
    printf("%d\n", (int)await async_blocking(length, "four"));
    printf("%s\n", await async_blocking(fails, NULL) == -ENOENT ? "ENOENT" : "?");

    int a, b, c;
    await async_join(a = sum_of(1, 10), b = sum_of(11, 20), c = sum_of(21, 30));
    printf("%d %d %d\n", a, b, c);

    struct async_task *tasks[100];
    int total = 0;
    for (int i = 0; i < 100; i++)
        tasks[i] = async_spawn(sum_of(1, i));
    for (int i = 0; i < 100; i++) {
        if (await async_task_join(tasks[i]) == 0)
            total += async_task_result(tasks[i], int);
        async_detach(tasks[i]);
    }
    printf("%d\n", total);

    int fds[2], begun[2];
    if (pipe(fds) < 0 || pipe(begun) < 0)
        return 1;
    int got = 0;
    int first = await async_select(got = get_byte(fds[0], begun[1]), when_begun(begun[0]));
    printf("%s\n", first == 1 ? "given up" : "?");
    if (write(fds[1], "xy", 2) != 2) // x is for the one that goes on, detached
        return 1;
    async_blocking_stop();
    printf("freed: %d\n", freed);
    got = await get_byte(fds[0], begun[1]);
    printf("%c\n", got);
    close(fds[0]);
    close(fds[1]);
    close(begun[0]);
    close(begun[1]);
    async_blocking_stop();
    return 0;
}
