// What the runtime's operations on sockets do, on each reactor alike: one suite, and on each
// reactor with and without suspending every operation.
#include "runtime_support.h"

#include <asyncc/stream.h>
#include <asyncc/test.h>

#include "executor.h"
#include "sys.h"

static struct async_test_options options; // of the run

ASYNC_FUTURE_TYPE(async_tcp_accept);
RUN_TYPE(async_tcp_accept)
ASYNC_FUTURE_TYPE(async_tcp_connect);
RUN_TYPE(async_tcp_connect)
ASYNC_FUTURE_TYPE(async_tcp_read);
RUN_TYPE(async_tcp_read)
ASYNC_FUTURE_TYPE(async_tcp_write_all);
RUN_TYPE(async_tcp_write_all)
ASYNC_FUTURE_TYPE_VOID(async_sleep_ms);
RUN_TYPE(async_sleep_ms)

static void nap(void)
{
    struct async_sleep_ms_future f;
    async_sleep_ms_future_init(&f, 5);
    run_async_sleep_ms(&f);
}

static int accept_now(struct async_listener *listener, struct async_tcp **out)
{
    struct async_tcp_accept_future f;
    async_tcp_accept_future_init(&f, listener, out);
    run_async_tcp_accept(&f);
    return f.result;
}

static int connect_now(int port, struct async_tcp **out)
{
    struct async_tcp_connect_future f;
    async_tcp_connect_future_init(&f, "127.0.0.1", port, out);
    run_async_tcp_connect(&f);
    return f.result;
}

static ssize_t read_now(struct async_tcp *tcp, void *buf, size_t n)
{
    struct async_tcp_read_future f;
    async_tcp_read_future_init(&f, tcp, buf, n);
    run_async_tcp_read(&f);
    return f.result;
}

static ssize_t write_now(struct async_tcp *tcp, const void *buf, size_t n)
{
    struct async_tcp_write_all_future f;
    async_tcp_write_all_future_init(&f, tcp, buf, n);
    run_async_tcp_write_all(&f);
    return f.result;
}

static struct async_task *start_read(struct async_tcp *tcp, void *buf, size_t n)
{
    struct async_tcp_read_future *f = async_task_new(&async_tcp_read_future_type);
    async_tcp_read_future_init(f, tcp, buf, n);
    return async_task_start(f);
}

static struct async_task *start_write(struct async_tcp *tcp, const void *buf, size_t n)
{
    struct async_tcp_write_all_future *f = async_task_new(&async_tcp_write_all_future_type);
    async_tcp_write_all_future_init(f, tcp, buf, n);
    return async_task_start(f);
}

static struct async_task *start_accept(struct async_listener *listener, struct async_tcp **out)
{
    struct async_tcp_accept_future *f = async_task_new(&async_tcp_accept_future_type);
    async_tcp_accept_future_init(f, listener, out);
    return async_task_start(f);
}

static ssize_t result_of(struct async_task *task)
{
    for (int i = 0; i < 2000 && !async_task_done(task); i++) // on a busy machine, one is not enough
        nap();
    assert_true(async_task_done(task));
    ssize_t result = async_task_result(task, ssize_t);
    async_detach(task);
    return result;
}

struct pair {
    struct async_tcp *a, *b;
};

static struct pair make_pair(void)
{
    struct pair p;
    struct async_listener *listener;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    assert_int_equal(connect_now(async_listener_port(listener), &p.a), 0);
    assert_int_equal(accept_now(listener, &p.b), 0);
    async_listener_close(listener);
    return p;
}

static void close_pair(struct pair *p)
{
    async_tcp_close(p->a);
    async_tcp_close(p->b);
}

static int end_writing(struct async_tcp *tcp)
{
    return async_stream_shutdown(async_tcp_stream(tcp), SHUT_WR);
}

// ---- Behaviours -----------------------------------------------------------------------------

static void talks(void)
{
    struct pair p = make_pair();
    char buf[100];
    assert_int_equal(write_now(p.a, "hello world", 11), 11);
    assert_int_equal(read_now(p.b, buf, 5), 5);
    assert_int_equal(read_now(p.b, buf + 5, 95), 6);
    assert_memory_equal(buf, "hello world", 11);
    struct async_task *later = start_read(p.b, buf, 100);
    nap();
    assert_false(async_task_done(later));
    assert_int_equal(write_now(p.a, "more", 4), 4);
    assert_int_equal(result_of(later), 4);
    close_pair(&p);
}

static void half_closes(void)
{
    struct pair p = make_pair();
    char buf[100];
    assert_int_equal(write_now(p.a, "bye", 3), 3);
    assert_int_equal(end_writing(p.a), 0);
    nap(); // the data and the end at once: no edge comes for the end
    assert_int_equal(read_now(p.b, buf, 100), 3);
    assert_int_equal(read_now(p.b, buf, 100), 0);
    assert_int_equal(read_now(p.b, buf, 100), 0);
    assert_int_equal(write_now(p.a, "x", 1), -EPIPE);
    assert_int_equal(write_now(p.b, "answer", 6), 6);
    assert_int_equal(read_now(p.a, buf, 100), 6);
    close_pair(&p);
}

static void ends_while_waiting(void)
{
    struct pair p = make_pair();
    char buf[100];
    struct async_task *read = start_read(p.a, buf, 100);
    nap();
    async_tcp_close(p.b);
    assert_int_equal(result_of(read), 0);
    p.b = NULL;
    close_pair(&p);
}

static void is_reset(void)
{
    struct pair p = make_pair();
    char buf[100];
    assert_int_equal(write_now(p.a, "unread", 6), 6);
    struct async_task *read = start_read(p.a, buf, 100);
    nap();
    async_tcp_close(p.b);
    assert_int_equal(result_of(read), -ECONNRESET);
    assert_int_equal(read_now(p.a, buf, 100), 0);
    assert_int_equal(write_now(p.a, "x", 1), -EPIPE);
    p.b = NULL;
    close_pair(&p);
}

static void has_no_reader(void)
{
    struct pair p = make_pair();
    async_tcp_close(p.b);
    nap();
    assert_int_equal(write_now(p.a, "x", 1), 1);
    nap();
    assert_int_equal(write_now(p.a, "x", 1), -EPIPE);
    p.b = NULL;
    close_pair(&p);
}

// Bytes that follow a pattern, more than any buffer takes.
static void presses_back(void)
{
    enum {
        SIZE = 16 << 20
    };
    struct pair p = make_pair();
    unsigned char *bytes = malloc(SIZE), *buf = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    struct async_task *write = start_write(p.a, bytes, SIZE);
    nap();
    assert_false(async_task_done(write));
    size_t got = 0;
    ssize_t n;
    while (got < SIZE && (n = read_now(p.b, buf + got, SIZE - got)) > 0)
        got += (size_t)n;
    assert_int_equal(got, SIZE);
    assert_memory_equal(bytes, buf, SIZE);
    assert_int_equal(result_of(write), SIZE);
    free(bytes);
    free(buf);
    close_pair(&p);
}

static void writer_is_reset(void)
{
    enum {
        SIZE = 16 << 20
    };
    struct pair p = make_pair();
    char *bytes = calloc(1, SIZE);
    struct async_task *write = start_write(p.a, bytes, SIZE);
    nap();
    async_tcp_close(p.b);
    assert_int_equal(result_of(write), -ECONNRESET);
    free(bytes);
    p.b = NULL;
    close_pair(&p);
}

static void refuses(void)
{
    struct async_listener *listener, *second;
    struct async_tcp *tcp;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    int port = async_listener_port(listener);
    assert_int_equal(async_tcp_listen("127.0.0.1", port, &second), -EADDRINUSE);
    async_listener_close(listener);
    assert_int_equal(connect_now(port, &tcp), -ECONNREFUSED);
    assert_int_equal(async_tcp_listen("127.0.0.1", port, &listener), 0);
    assert_int_equal(connect_now(port, &tcp), 0);
    char byte;
    struct async_task *read = start_read(tcp, &byte, 1);
    nap();
    async_listener_close(listener); // before anybody has accepted it
    assert_int_equal(result_of(read), -ECONNRESET);
    async_tcp_close(tcp);
}

static void accepts_in_order(void)
{
    struct async_listener *listener;
    struct async_tcp *clients[3], *servers[3];
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(connect_now(async_listener_port(listener), &clients[i]), 0);
        assert_int_equal(write_now(clients[i], &"abc"[i], 1), 1);
    }
    for (int i = 0; i < 3; i++) {
        char byte;
        assert_int_equal(accept_now(listener, &servers[i]), 0);
        assert_int_equal(read_now(servers[i], &byte, 1), 1);
        assert_int_equal(byte, "abc"[i]);
    }
    for (int i = 0; i < 3; i++) {
        async_tcp_close(clients[i]);
        async_tcp_close(servers[i]);
    }
    async_listener_close(listener);
}

static void cancels(void)
{
    struct pair p = make_pair();
    char buf[4];
    struct async_task *read = start_read(p.a, buf, 1);
    nap();
    async_cancel(read);
    async_detach(read);
    assert_int_equal(write_now(p.b, "ab", 2), 2);
    read = start_read(p.a, buf, 4);
    nap();
    assert_int_equal(result_of(read), 2); // the cancelled read has taken nothing
    struct async_listener *listener;
    struct async_tcp *tcp, *accepted = NULL;
    assert_int_equal(async_tcp_listen("127.0.0.1", 0, &listener), 0);
    struct async_task *accept = start_accept(listener, &accepted);
    nap();
    async_cancel(accept);
    async_detach(accept);
    assert_int_equal(connect_now(async_listener_port(listener), &tcp), 0);
    assert_int_equal(accept_now(listener, &accepted), 0); // nor has the cancelled accept
    async_tcp_close(tcp);
    async_tcp_close(accepted);
    async_listener_close(listener);
    close_pair(&p);
}

// The operation has come to its end, but its task has not run yet when it is cancelled.
static enum async_poll write_and_cancel(void *data, struct async_context *cx, int *state)
{
    (void)cx;
    (void)state;
    async_cancel(data);
    return ASYNC_READY;
}

static void cancels_late(void)
{
    struct pair p = make_pair();
    char buf[4];
    struct async_task *cancels = NULL;
    struct async_task *read = start_read(p.a, buf, 1);
    nap();
    assert_int_equal(sys->send(async_tcp_fd(p.b), "ab", 2, 0), 2);
    cancels = spawn_script(write_and_cancel, NULL, read);
    nap();
    assert_true(async_task_done(read) && async_task_done(cancels));
    async_detach(read);
    async_detach(cancels);
    assert_int_equal(read_now(p.a, buf, 4), 2);
    close_pair(&p);
}

static void closing_cancels(void)
{
    struct pair p = make_pair();
    char buf[4];
    struct async_task *read = start_read(p.a, buf, 1);
    nap();
    async_tcp_close(p.a);
    assert_int_equal(result_of(read), -ECANCELED);
    read = start_read(p.b, buf, 1);
    async_tcp_close(p.b); // before it was polled for the first time, or was only put off
    async_cancel(read);
    async_detach(read);
}

// A task that has used up what one poll may do is put off. Meanwhile, another one closes the
// connection.
struct greedy {
    struct async_tcp_read_future read;
    struct async_tcp *tcp;
    char byte;
    int count;
    ssize_t last;
};

static enum async_poll read_on(void *data, struct async_context *cx, int *state)
{
    struct greedy *g = data;
    for (;;) {
        if (!*state)
            async_tcp_read_future_init(&g->read, g->tcp, &g->byte, 1);
        *state = 1;
        if (async_tcp_read_future_poll(&g->read, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        *state = 0;
        if ((g->last = g->read.result) < 0)
            return ASYNC_READY;
        g->count++;
    }
}

static enum async_poll close_it(void *data, struct async_context *cx, int *state)
{
    (void)cx;
    (void)state;
    async_tcp_close(data);
    return ASYNC_READY;
}

static void closing_cancels_what_is_put_off(void)
{
    struct pair p = make_pair();
    static char bytes[1000];
    assert_int_equal(write_now(p.b, bytes, sizeof bytes), sizeof bytes);
    nap();
    struct greedy greedy = {.tcp = p.a};
    struct async_task *reader = spawn_script(read_on, NULL, &greedy);
    struct async_task *closer = spawn_script(close_it, NULL, p.a);
    nap();
    assert_true(async_task_done(reader) && async_task_done(closer));
    assert_int_equal(greedy.last, -ECANCELED);
    assert_true(greedy.count < (int)sizeof bytes);
    async_detach(reader);
    async_detach(closer);
    async_tcp_close(p.b);
}

// ---- On each reactor ------------------------------------------------------------------------

static void run_on_each(void (*behaviour)(void))
{
    static const char *const reactors[] = {"sim", "epoll", "io_uring"};
    for (size_t i = 0; i < 6; i++) {
        options = (struct async_test_options){.name = reactors[i / 2],
                                              .reactor = reactors[i / 2],
                                              .suspend = i % 2,
                                              .seed = 1 + i};
        int rc = async_test_begin(&options);
        if (rc == -EINVAL && i / 2 == 2)
            return; // this library has none
        assert_int_equal(rc, 0);
        behaviour();
        assert_int_equal(async_test_end(NULL), 0);
    }
}

#define ON_EACH(BEHAVIOUR)                       \
    static void BEHAVIOUR##_alike(void **unused) \
    {                                            \
        (void)unused;                            \
        run_on_each(BEHAVIOUR);                  \
    }
ON_EACH(talks)
ON_EACH(half_closes)
ON_EACH(ends_while_waiting)
ON_EACH(is_reset)
ON_EACH(has_no_reader)
ON_EACH(presses_back)
ON_EACH(writer_is_reset)
ON_EACH(refuses)
ON_EACH(accepts_in_order)
ON_EACH(cancels)
ON_EACH(cancels_late)
ON_EACH(closing_cancels)
ON_EACH(closing_cancels_what_is_put_off)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_alike),
        cmocka_unit_test(half_closes_alike),
        cmocka_unit_test(ends_while_waiting_alike),
        cmocka_unit_test(is_reset_alike),
        cmocka_unit_test(has_no_reader_alike),
        cmocka_unit_test(presses_back_alike),
        cmocka_unit_test(writer_is_reset_alike),
        cmocka_unit_test(refuses_alike),
        cmocka_unit_test(accepts_in_order_alike),
        cmocka_unit_test(cancels_alike),
        cmocka_unit_test(cancels_late_alike),
        cmocka_unit_test(closing_cancels_alike),
        cmocka_unit_test(closing_cancels_what_is_put_off_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
