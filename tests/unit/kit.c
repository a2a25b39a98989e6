// The test kit itself: virtual time, chance by the seed, and what it finds. That it agrees with the
// kernel is in kit_calls.c and kit_streams.c; tests in async C are in tests/run/kit*.c.
#include "runtime_support.h"

#include <asyncc/pipe.h>
#include <asyncc/stream.h>
#include <asyncc/test.h>
#include <asyncc/unix.h>

#include "executor.h"
#include "memory.h"
#include "sim.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

ASYNC_FUTURE_TYPE_VOID(async_sleep_ns);
ASYNC_FUTURE_TYPE(async_tcp_accept);
ASYNC_FUTURE_TYPE(async_tcp_connect);
ASYNC_FUTURE_TYPE(async_tcp_read);
ASYNC_FUTURE_TYPE(async_readable);
ASYNC_FUTURE_TYPE(async_datagram_send_to);
ASYNC_FUTURE_TYPE(async_unix_send_fds);
ASYNC_FUTURE_TYPE(async_datagram_receive_from);

static void sleep_now(uint64_t ns)
{
    struct async_sleep_ns_future f;
    async_sleep_ns_future_init(&f, ns);
    async_block_on_future(&async_sleep_ns_future_type, &f);
}

static int accept_now(struct async_listener *listener, struct async_tcp **out)
{
    struct async_tcp_accept_future f;
    async_tcp_accept_future_init(&f, listener, out);
    async_block_on_future(&async_tcp_accept_future_type, &f);
    return f.result;
}

static int connect_now(int port, struct async_tcp **out)
{
    struct async_tcp_connect_future f;
    async_tcp_connect_future_init(&f, "127.0.0.1", port, out);
    async_block_on_future(&async_tcp_connect_future_type, &f);
    return f.result;
}

static ssize_t read_now(struct async_tcp *tcp, void *buf, size_t n)
{
    struct async_tcp_read_future f;
    async_tcp_read_future_init(&f, tcp, buf, n);
    async_block_on_future(&async_tcp_read_future_type, &f);
    return f.result;
}

#define SECOND UINT64_C(1000000000)

static void time_jumps(void **unused)
{
    (void)unused;
    struct async_test_report report;
    assert_int_equal(async_test_begin(NULL), 0);
    uint64_t start = async_now_ns();
    for (int i = 0; i < 1000; i++)
        sleep_now(3600 * SECOND / 1000 + 1);
    assert_int_equal(async_now_ns() - start, 3600 * SECOND + 1000); // to the nanosecond
    async_test_elapse(5);
    assert_int_equal(async_now_ns() - start, 3600 * SECOND + 1005);
    assert_int_equal(async_test_end(&report), 0);
    assert_int_equal(report.elapsed_ns, 3600 * SECOND + 1005);
}

// A task that works for so long is in the way of another one's timer.
static enum async_poll work(void *data, struct async_context *cx, int *state)
{
    (void)cx;
    (void)state;
    async_test_elapse(*(uint64_t *)data);
    return ASYNC_READY;
}

static void work_takes_time(void **unused)
{
    (void)unused;
    uint64_t ns = 2 * SECOND;
    assert_int_equal(async_test_begin(NULL), 0);
    uint64_t start = async_now_ns();
    async_detach(spawn_script(work, NULL, &ns));
    sleep_now(SECOND); // from the end of the turn on, in which the other one works
    assert_int_equal(async_now_ns() - start, 3 * SECOND);
    assert_int_equal(async_test_end(NULL), 0);
}

static const struct async_sim_step delayed[] = {ASYNC_SIM_SEND("a"), ASYNC_SIM_WAIT(SECOND),
                                                ASYNC_SIM_SEND("b"), ASYNC_SIM_EXPECT_END};

static void messages_take_time(void **unused)
{
    (void)unused;
    struct async_test_options options = {.latency_ns = 1000000};
    assert_int_equal(async_test_begin(&options), 0);
    struct async_listener *listener;
    struct async_tcp *tcp;
    char byte;
    assert_int_equal(async_tcp_listen("127.0.0.1", 80, &listener), 0);
    assert_int_equal(async_sim_connect("127.0.0.1", 80, delayed, 4), 0);
    uint64_t start = async_now_ns();
    assert_int_equal(accept_now(listener, &tcp), 0);
    assert_int_equal(async_now_ns() - start, 1000000);
    assert_int_equal(read_now(tcp, &byte, 1), 1);
    assert_int_equal(async_now_ns() - start, 2000000);
    assert_int_equal(read_now(tcp, &byte, 1), 1);
    assert_int_equal(async_now_ns() - start, 2000000 + SECOND);
    async_tcp_close(tcp);
    async_listener_close(listener);
    sleep_now(SECOND); // so that the script sees the end
    assert_int_equal(async_test_end(NULL), 0);
}

// ---- Chance ---------------------------------------------------------------------------------

static char order[64];
static size_t order_length;

static enum async_poll note_me(void *data, struct async_context *cx, int *state)
{
    order[order_length++] = *(char *)data;
    if ((*state)++ == 3)
        return ASYNC_READY;
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static void run_shuffled(uint64_t seed, bool shuffle, char out[64])
{
    struct async_test_options options = {.seed = seed, .shuffle = shuffle};
    assert_int_equal(async_test_begin(&options), 0);
    memset(order, 0, sizeof order);
    order_length = 0;
    for (int i = 0; i < 4; i++)
        async_detach(spawn_script(note_me, NULL, &"abcd"[i]));
    sleep_now(1);
    memcpy(out, order, 64);
    assert_int_equal(async_test_end(NULL), 0);
}

static void the_seed_decides(void **unused)
{
    (void)unused;
    char one[64], again[64], other[64], fifo[64];
    int differ = 0;
    run_shuffled(1, false, fifo);
    assert_string_equal(fifo, "abcdabcdabcdabcd");
    for (uint64_t seed = 1; seed < 6; seed++) {
        run_shuffled(seed, true, one);
        run_shuffled(seed, true, again);
        run_shuffled(seed + 1, true, other);
        assert_string_equal(one, again);
        assert_int_equal(strlen(one), 16);
        differ += strcmp(one, other) != 0;
    }
    assert_true(differ >= 4);
}

static enum async_poll at_once(void *data, struct async_context *cx, int *state)
{
    (void)data;
    (void)cx;
    (void)state;
    return ASYNC_READY;
}

// Many tasks cost no more each than few.
static void many_are_shuffled(void **unused)
{
    (void)unused;
    struct async_test_options options = {.shuffle = true};
    assert_int_equal(async_test_begin(&options), 0);
    clock_t start = clock();
    for (int i = 0; i < 50000; i++)
        async_detach(spawn_script(at_once, NULL, NULL));
    sleep_now(1);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 5);
    assert_int_equal(async_test_end(NULL), 0);
}

static void reads_come_in_pieces(void **unused)
{
    (void)unused;
    static const struct async_sim_step script[] = {ASYNC_SIM_SEND(
                                                       "0123456789012345678901234567890123456789"),
                                                   ASYNC_SIM_CLOSE};
    struct async_test_options options = {.segment = 3};
    assert_int_equal(async_test_begin(&options), 0);
    assert_int_equal(async_sim_listen("127.0.0.1", 80, script, 2), 0);
    struct async_tcp *tcp;
    assert_int_equal(connect_now(80, &tcp), 0);
    char buf[100];
    size_t got = 0;
    int reads = 0;
    ssize_t n;
    while ((n = read_now(tcp, buf + got, sizeof buf - got)) > 0) {
        assert_in_range(n, 1, 3);
        got += (size_t)n;
        reads++;
    }
    assert_int_equal(got, 40);
    assert_in_range(reads, 14, 40);
    async_tcp_close(tcp);
    assert_int_equal(async_test_end(NULL), 0);
}

// ---- Unix datagrams ------------------------------------------------------------------------

static struct async_datagram *receivers[2], *sender;

static struct async_address place_of(int i)
{
    struct async_address address;
    assert_int_equal(async_address_unix(i ? "@one" : "@zero", &address), 0);
    return address;
}

static void begin_datagrams(size_t buffer)
{
    struct async_test_options options = {.buffer = buffer};
    assert_int_equal(async_test_begin(&options), 0);
    assert_int_equal(async_unix_datagram("@zero", false, &receivers[0]), 0);
    assert_int_equal(async_unix_datagram("@one", false, &receivers[1]), 0);
    assert_int_equal(async_unix_datagram(NULL, false, &sender), 0);
}

static void end_datagrams(void)
{
    async_datagram_close(sender);
    async_datagram_close(receivers[0]);
    async_datagram_close(receivers[1]);
    assert_int_equal(async_test_end(NULL), 0);
}

// What the buffer has no room for when it is empty is refused, not waited for.
static void packets_may_be_too_long(void **unused)
{
    (void)unused;
    static char packet[2000];
    struct async_address to = place_of(0);
    begin_datagrams(1000);
    struct async_datagram_send_to_future f;
    async_datagram_send_to_future_init(&f, sender, packet, sizeof packet, &to);
    async_block_on_future(&async_datagram_send_to_future_type, &f);
    assert_int_equal(f.result, -EMSGSIZE);
    end_datagrams();
}

// Fills one receiver and waits for room there, but then sends two packets to the other one.
static enum async_poll changes_its_mind(void *data, struct async_context *cx, int *state)
{
    static char packet[1000];
    static struct async_datagram_send_to_future f;
    (void)data;
    if (*state == 0) {
        struct async_address to = place_of(0);
        assert_int_equal(async_datagram_connect(sender, &to), 0);
        async_datagram_send_to_future_init(&f, sender, packet, sizeof packet, NULL);
        assert_int_equal(async_datagram_send_to_future_poll(&f, cx), ASYNC_READY);
        async_datagram_send_to_future_init(&f, sender, packet, sizeof packet, NULL);
        assert_int_equal(async_datagram_send_to_future_poll(&f, cx), ASYNC_PENDING);
        async_datagram_send_to_future_drop(&f);
        to = place_of(1);
        assert_int_equal(async_datagram_connect(sender, &to), 0);
    }
    for (;; ++*state) {
        if (*state == 0 || *state == 2)
            async_datagram_send_to_future_init(&f, sender, packet, sizeof packet, NULL);
        else if (*state == 4)
            return ASYNC_READY;
        if (*state % 2 == 0)
            ++*state;
        if (async_datagram_send_to_future_poll(&f, cx) == ASYNC_PENDING)
            return ASYNC_PENDING;
        assert_int_equal(f.result, sizeof packet);
    }
}

static void packets_wait_for_the_right_one(void **unused)
{
    (void)unused;
    char packet[1000];
    begin_datagrams(1000);
    struct async_task *task = spawn_script(changes_its_mind, NULL, NULL);
    sleep_now(1);
    struct async_datagram_receive_from_future f;
    async_datagram_receive_from_future_init(&f, receivers[1], packet, sizeof packet, NULL);
    async_block_on_future(&async_datagram_receive_from_future_type, &f);
    assert_int_equal(f.result, sizeof packet);
    sleep_now(1);
    assert_true(async_task_done(task));
    async_cancel(task);
    async_detach(task);
    end_datagrams();
}

// A listener that cannot be made leaves no file behind.
static void bind_and_look(uint64_t call_at)
{
    struct async_test_options options = {.reactor = "epoll", .call_at = call_at};
    struct async_listener *listener = NULL;
    char path[64];
    snprintf(path, sizeof path, "/tmp/asyncc-kit-%d", (int)getpid());
    assert_int_equal(async_test_begin(&options), 0);
    assert_true(async_unix_listen(path, &listener) < 0);
    assert_true(async_test_hit());
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(async_test_end(NULL), 0);
}

static void failures_leave_no_file(void **unused)
{
    (void)unused;
    for (uint64_t call_at = 1; call_at <= 4; call_at++) // socket, bind, lstat, listen
        bind_and_look(call_at);
}

// A socket that waits in its own line is gone with the world.
static void sockets_pass_themselves(void **unused)
{
    (void)unused;
    struct async_stream *ends[2];
    assert_int_equal(async_test_begin(NULL), 0);
    assert_int_equal(async_stream_pair(&ends[0], &ends[1]), 0);
    int fd = async_stream_fd(ends[1]);
    struct async_unix_send_fds_future f;
    async_unix_send_fds_future_init(&f, ends[0], "x", 1, &fd, 1);
    async_block_on_future(&async_unix_send_fds_future_type, &f);
    assert_int_equal(f.result, 1);
    async_stream_close(ends[0]);
    async_stream_close(ends[1]);
    assert_int_equal(async_test_end(NULL), 0);
}

// ---- What it finds --------------------------------------------------------------------------

// Ends a test in which something was planted: the one problem must be about that.
static void ends_with(const char *problem)
{
    struct async_test_report report;
    assert_true(async_test_end(&report) > 0);
    if (!strstr(report.problem, problem))
        print_message("the problem is: %s\n", report.problem);
    assert_non_null(strstr(report.problem, problem));
}

static const struct async_test_options quiet = {.quiet = true};

static void finds_open_descriptors(void **unused)
{
    (void)unused;
    struct async_listener *listener;
    assert_int_equal(async_test_begin(&quiet), 0);
    assert_int_equal(async_tcp_listen("127.0.0.1", 80, &listener), 0);
    ends_with("is left open (TCP, listening)");
    async_listener_close(listener);
    assert_int_equal(async_test_begin(&quiet), 0);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ends_with("is left open (of the kernel)");
    close(fd);
}

static void finds_double_closes(void **unused)
{
    (void)unused;
    assert_int_equal(async_test_begin(&quiet), 0);
    int fd = sys->socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(sys->close(fd), 0);
    assert_int_equal(sys->close(fd), -EBADF);
    ends_with("is closed, but it is not open");
}

static void finds_memory(void **unused)
{
    (void)unused;
    assert_int_equal(async_test_begin(&quiet), 0);
    void *memory = memory_realloc(memory_alloc(10), 100);
    memory_free(memory_zeroed(50));
    ends_with("100 bytes of the runtime's memory are left, in 1 blocks");
    memory_free(memory);
}

static enum async_poll never(void *data, struct async_context *cx, int *state)
{
    (void)data;
    (void)cx;
    (void)state;
    return ASYNC_PENDING;
}

static void finds_tasks(void **unused)
{
    (void)unused;
    assert_int_equal(async_test_begin(&quiet), 0);
    async_detach(spawn_script(never, NULL, NULL));
    sleep_now(1);
    ends_with("a task of 'script'");
    assert_int_equal(async_test_begin(&quiet), 0);
    spawn_script(at_once, NULL, NULL);
    sleep_now(1);
    ends_with("the handle of a task of 'script' was not given up");
}

static enum async_poll forgets_timer(void *data, struct async_context *cx, int *state)
{
    (void)state;
    async_timer_init(data, SECOND);
    async_timer_start(data, cx);
    return ASYNC_READY;
}

static void finds_timers(void **unused)
{
    (void)unused;
    struct async_timer timer;
    assert_int_equal(async_test_begin(&quiet), 0);
    run_script(forgets_timer, &timer);
    ends_with("a timer is left");
    assert_null(timer.link.next); // it ended with the executor
}

static void finds_scripts_with_steps_left(void **unused)
{
    (void)unused;
    struct async_listener *listener;
    struct async_tcp *tcp;
    assert_int_equal(async_test_begin(&quiet), 0);
    assert_int_equal(async_tcp_listen("::1", 80, &listener), 0);
    assert_int_equal(async_sim_connect("::1", 80, delayed, 4), 0);
    assert_int_equal(accept_now(listener, &tcp), 0);
    async_listener_close(listener);
    ends_with("1 scripts have steps left");
    async_tcp_close(tcp);
}

static void *free_it(void *block)
{
    memory_free(block);
    return memory_alloc(7); // not of the test's thread
}

// The blocking pool frees what the test has allocated.
static void memory_changes_threads(void **unused)
{
    (void)unused;
    assert_int_equal(async_test_begin(NULL), 0);
    pthread_t thread;
    void *other;
    assert_int_equal(pthread_create(&thread, NULL, free_it, memory_alloc(10)), 0);
    pthread_join(thread, &other);
    assert_int_equal(async_test_end(NULL), 0);
    memory_free(other);
}

// A script that waits for ever sends nothing, on a clock that may go on for ever.
static void scripts_wait_for_ever(void **unused)
{
    (void)unused;
    static const struct async_sim_step script[] = {ASYNC_SIM_WAIT(UINT64_MAX), ASYNC_SIM_SEND("x")};
    struct async_test_options options = {.quiet = true, .limit_ns = UINT64_MAX};
    struct async_tcp *tcp;
    char byte;
    assert_int_equal(async_test_begin(&options), 0);
    assert_int_equal(async_sim_listen("127.0.0.1", 80, script, 2), 0);
    assert_int_equal(connect_now(80, &tcp), 0);
    sleep_now(1000 * 3600 * SECOND);
    assert_int_equal(sys->recv(async_tcp_fd(tcp), &byte, 1, 0), -EAGAIN);
    async_tcp_close(tcp);
    ends_with("1 scripts have steps left");
}

// ---- The program's own descriptors, and programs that are no tests --------------------------

static void kernel_descriptors_work(void **unused)
{
    (void)unused;
    int fds[2];
    assert_int_equal(async_test_begin(NULL), 0);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct async_readable_future f;
    async_readable_future_init(&f, fds[0]);
    async_block_on_future(&async_readable_future_type, &f);
    assert_int_equal(f.result, 0);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(async_test_end(NULL), 0);
}

// Two descriptors are ready, and the waker of the first closes the second.
static struct async_stream *opened[2];

static void leave_alone(void *data)
{
    (void)data;
}

static void close_second(void *data)
{
    (void)data;
    async_stream_close(opened[1]);
    opened[1] = NULL;
}

static enum async_poll read_both(void *data, struct async_context *cx, int *state)
{
    static const struct async_waker_ops closes = {leave_alone, close_second, leave_alone, NULL};
    static char byte;
    struct async_context outside = {.waker = {NULL, &closes}, .arena = &async_arena_none};
    struct async_stream_read_future *reads = data;
    (void)state;
    async_stream_read_future_init(&reads[0], opened[0], &byte, 1);
    async_stream_read_future_init(&reads[1], opened[1], &byte, 1);
    assert_int_equal(async_stream_read_future_poll(&reads[0], &outside), ASYNC_PENDING);
    outside.waker = cx->waker;
    assert_int_equal(async_stream_read_future_poll(&reads[1], &outside), ASYNC_PENDING);
    return ASYNC_READY;
}

static void a_wake_closes_another_one(void **unused)
{
    (void)unused;
    int fds[2][2];
    struct async_stream_read_future reads[2];
    assert_int_equal(async_test_begin(NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(fds[i]), 0);
        assert_int_equal(async_stream_open(fds[i][0], &opened[i]), 0);
    }
    run_script(read_both, reads);
    assert_int_equal(write(fds[0][1], "x", 1), 1);
    assert_int_equal(write(fds[1][1], "x", 1), 1);
    sleep_now(1);
    assert_null(opened[1]);
    async_stream_read_future_drop(&reads[0]);
    async_stream_read_future_drop(&reads[1]);
    async_stream_close(opened[0]);
    close(fds[0][1]);
    close(fds[1][1]);
    assert_int_equal(async_test_end(NULL), 0);
}

static void *wake_it(void *waker)
{
    async_waker_wake(waker);
    async_waker_drop(waker);
    return NULL;
}

static enum async_poll wait_for_thread(void *data, struct async_context *cx, int *state)
{
    static struct async_waker waker;
    if ((*state)++)
        return ASYNC_READY;
    waker = async_waker_clone(&cx->waker);
    assert_int_equal(pthread_create(data, NULL, wake_it, &waker), 0);
    return ASYNC_PENDING;
}

static void other_threads_wake(void **unused)
{
    (void)unused;
    struct async_test_options options = {.threads = true};
    pthread_t thread;
    assert_int_equal(async_test_begin(&options), 0);
    run_script(wait_for_thread, &thread);
    pthread_join(thread, NULL);
    assert_int_equal(async_test_end(NULL), 0);
}

static void the_environment_chooses_it(void **unused)
{
    (void)unused;
    setenv("ASYNCC_REACTOR", "sim", 1);
    time_t start = time(NULL);
    sleep_now(100000 * SECOND);
    assert_true(time(NULL) - start < 100000);
    struct async_listener *listener;
    struct async_tcp *a, *b;
    assert_int_equal(async_tcp_listen("10.1.2.3", 80, &listener), 0); // any address is ours
    assert_int_equal(async_listener_port(listener), 80);
    async_listener_close(listener);
    assert_int_equal(async_tcp_listen(NULL, 0, &listener), 0);
    assert_int_equal(connect_now(async_listener_port(listener), &a), 0);
    assert_int_equal(accept_now(listener, &b), 0);
    async_executor_close();
    async_tcp_close(a); // they outlive the executor
    async_tcp_close(b);
    async_listener_close(listener);
    unsetenv("ASYNCC_REACTOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_jumps),
        cmocka_unit_test(work_takes_time),
        cmocka_unit_test(messages_take_time),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(many_are_shuffled),
        cmocka_unit_test(reads_come_in_pieces),
        cmocka_unit_test(packets_may_be_too_long),
        cmocka_unit_test(packets_wait_for_the_right_one),
        cmocka_unit_test(sockets_pass_themselves),
        cmocka_unit_test(failures_leave_no_file),
        cmocka_unit_test(finds_open_descriptors),
        cmocka_unit_test(finds_double_closes),
        cmocka_unit_test(finds_memory),
        cmocka_unit_test(finds_tasks),
        cmocka_unit_test(finds_timers),
        cmocka_unit_test(finds_scripts_with_steps_left),
        cmocka_unit_test(scripts_wait_for_ever),
        cmocka_unit_test(memory_changes_threads),
        cmocka_unit_test(kernel_descriptors_work),
        cmocka_unit_test(a_wake_closes_another_one),
        cmocka_unit_test(other_threads_wake),
        cmocka_unit_test(the_environment_chooses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
