// Readers and writers between tasks: lines and records in pieces, timeouts in the middle of one,
// copies through a third.
// blocking: no: waits for other tasks
#include <asyncc/buffered.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <asyncc/async.h>

static int connect_two(struct async_stream *ends[2])
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return -errno;
    for (int i = 0; i < 2; i++)
        if (async_stream_open(fds[i], &ends[i]) < 0)
            return -ENOMEM;
    return 0;
}

// ---- Lines, as they come

static async void say(struct async_stream *stream, const char *const *pieces)
{
    for (; *pieces; pieces++) {
        (void)await async_stream_write_all(stream, *pieces, strlen(*pieces));
        await async_yield();
    }
    (void)async_stream_shutdown(stream, SHUT_WR);
}

static async int read_lines(struct async_stream *stream)
{
    struct async_reader in;
    async_reader_init(&in, stream);
    defer async_reader_fini(&in);
    for (;;) {
        char *line;
        ssize_t n = await async_reader_line(&in, 12, &line);
        if (n == -EMSGSIZE) {
            printf("too long: %.12s...\n", in.at);
            (void)await async_reader_until(&in, "\n", SIZE_MAX, &line);
        } else if (n < 0) {
            return (int)n;
        } else {
            printf("%zd: %s\n", n, line);
        }
    }
}

static async void lines(void)
{
    static const char *const pieces[] = {
        "one\ntw", "o\r", "\n", "\n", "more than twelve bytes", "\n", "t", "h", "ree\nlast", NULL,
    };
    struct async_stream *ends[2];
    if (connect_two(ends) < 0)
        return;
    defer { async_stream_close(ends[0]); async_stream_close(ends[1]); }
    int rc;
    await async_join(say(ends[0], pieces), rc = read_lines(ends[1]));
    puts(rc == -ENODATA ? "end" : "error");
}

// ---- A record that arrives in halves, with an impatient reader

static async void slowly(struct async_stream *stream, struct async_task **reader)
{
    (void)await async_stream_write_all(stream, "half ", 5);
    while (!async_task_done(*reader)) // its time is over
        await async_yield();
    (void)await async_stream_write_all(stream, "a record", 8);
}

static async int impatient(struct async_reader *in)
{
    char record[13];
    ssize_t n = 0;
    return await async_timeout_ms(1, n = async_reader_read_exact(in, record, sizeof record));
}

static async void records(void)
{
    struct async_stream *ends[2];
    if (connect_two(ends) < 0)
        return;
    defer { async_stream_close(ends[0]); async_stream_close(ends[1]); }
    struct async_reader in;
    async_reader_init(&in, ends[1]);
    defer async_reader_fini(&in);
    struct async_task *reader = async_spawn(impatient(&in));
    struct async_task *writer = async_spawn(slowly(ends[0], &reader));
    (void)await async_task_join(reader);
    printf("impatient: %s\n", async_task_result(reader, int) == -ETIMEDOUT ? "too late" : "?");
    char record[14] = "";
    ssize_t n = await async_reader_read_exact(&in, record, 13);
    printf("%zd: %s\n", n, record);
    (void)await async_task_join(writer);
    async_detach(reader);
    async_detach(writer);
}

// ---- Numbers through a writer, a copy, and a reader

static async int count_to(struct async_stream *stream, int n)
{
    struct async_writer out;
    async_writer_init(&out, stream);
    defer async_writer_fini(&out);
    for (int i = 1; i <= n; i++) {
        int rc = await async_writer_reserve(&out, 16);
        if (rc < 0)
            return rc;
        (void)async_writer_printf(&out, "%d\n", i);
    }
    int rc = await async_writer_flush(&out);
    (void)async_stream_shutdown(stream, SHUT_WR);
    return rc;
}

static async int64_t pass_on(struct async_stream *from, struct async_stream *to)
{
    int64_t n = await async_copy(from, to);
    (void)async_stream_shutdown(to, SHUT_WR);
    return n;
}

static async long add_up(struct async_stream *stream)
{
    struct async_reader in;
    char small[7]; // no number fits twice
    async_reader_init_buffer(&in, stream, small, sizeof small);
    defer async_reader_fini(&in);
    long sum = 0;
    char *line;
    while (await async_reader_line(&in, 6, &line) >= 0) {
        int n = 0;
        (void)sscanf(line, "%d", &n);
        sum += n;
    }
    return sum;
}

static async void numbers(void)
{
    struct async_stream *first[2], *second[2];
    if (connect_two(first) < 0 || connect_two(second) < 0)
        return;
    defer
    {
        for (int i = 0; i < 2; i++) {
            async_stream_close(first[i]);
            async_stream_close(second[i]);
        }
    }
    int rc;
    int64_t copied;
    long sum;
    await async_join(rc = count_to(first[0], 20000), copied = pass_on(first[1], second[0]),
                     sum = add_up(second[1]));
    printf("%d, %lld bytes, sum %ld\n", rc, (long long)copied, sum);
}

async int main(void)
{
    await lines();
    await records();
    await numbers();
    return 0;
}
