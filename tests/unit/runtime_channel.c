// runtime_channel.c - channel.h: every order of polls, drops and closes of two senders and two
// receivers, beside a model; broadcasts and watches.
// also: sim
#include "runtime_support.h"

#include <asyncc/channel.h>

#include <errno.h>
#include <limits.h>

enum {
    SENDERS = 2,
    RECEIVERS = 2,
    FUTURES = SENDERS + RECEIVERS,
    STEPS = 6,
    MOST = 4 * STEPS,
};

// ---- Counted wakers -------------------------------------------------------------------------------

static int held, wakes[FUTURES];

static void counted_clone(void *data)
{
    (void)data;
    held++;
}

static void counted_wake(void *data)
{
    ++*(int *)data;
}

static void counted_drop(void *data)
{
    (void)data;
    held--;
}

static const struct async_waker_ops counted = {.clone = counted_clone,
                                               .wake = counted_wake,
                                               .drop = counted_drop};

static struct async_context context_of(int i)
{
    return (struct async_context){.waker = {.data = &wakes[i], .ops = &counted}};
}

// ---- Channels in every order ------------------------------------------------------------------------

static int room[2];
static struct async_channel channel;
static struct async_channel_send_future sends[SENDERS];
static struct async_channel_receive_future receives[RECEIVERS];
static int values[SENDERS], got[RECEIVERS];
static bool active[FUTURES];
static int waiting[2][FUTURES], waiting_count[2]; // by side: who waits and was not woken, in order
static int next_value, sent[MOST], sent_count, received_count;

static bool is_sender(int i)
{
    return i < SENDERS;
}

static void leave_model_line(int i)
{
    int *line = waiting[is_sender(i)], *count = &waiting_count[is_sender(i)];
    for (int j = 0; j < *count; j++)
        if (line[j] == i) {
            memmove(line + j, line + j + 1, (size_t)(*count - j - 1) * sizeof *line);
            --*count;
            return;
        }
}

static void note_received(int value)
{
    assert_true(received_count < sent_count);
    assert_int_equal(value, sent[received_count]);
    received_count++;
}

// Who was woken was first in its line, and nobody who could go on was left asleep.
static void check_lines(void)
{
    for (int side = 0; side < 2; side++)
        while (waiting_count[side] && wakes[waiting[side][0]])
            leave_model_line(waiting[side][0]);
    for (int side = 0; side < 2; side++)
        for (int j = 0; j < waiting_count[side]; j++)
            assert_int_equal(wakes[waiting[side][j]], 0);
    assert_int_equal(channel.count, sent_count - received_count);
    assert_true(channel.promised <= channel.count);
    assert_true(channel.unbounded || channel.count + channel.reserved <= channel.capacity);
    if (waiting_count[1])
        assert_true(!channel.closed && channel.count + channel.reserved == channel.capacity);
    if (waiting_count[0]) // closed: what is promised to others may become theirs
        assert_true(channel.count == channel.promised && (!channel.closed || channel.count));
}

static void poll_future(int i)
{
    bool first = !active[i];
    if (first && is_sender(i)) {
        values[i] = ++next_value;
        async_channel_send_future_init(&sends[i], &channel, &values[i]);
    } else if (first) {
        async_channel_receive_future_init(&receives[i - SENDERS], &channel, &got[i - SENDERS]);
    }
    bool woken = wakes[i] > 0;
    wakes[i] = 0;
    active[i] = true;
    struct async_context cx = context_of(i);
    enum async_poll poll = is_sender(i)
                               ? async_channel_send_future_poll(&sends[i], &cx)
                               : async_channel_receive_future_poll(&receives[i - SENDERS], &cx);
    if (poll == ASYNC_PENDING) {
        assert_false(woken); // it was promised what it waited for
        if (first)
            waiting[is_sender(i)][waiting_count[is_sender(i)]++] = i;
        return;
    }
    active[i] = false;
    leave_model_line(i);
    int result = is_sender(i) ? sends[i].result : receives[i - SENDERS].result;
    assert_true(result == 0 ||
                (result == -EPIPE && channel.closed && (is_sender(i) || !channel.count)));
    if (is_sender(i) && result == 0)
        sent[sent_count++] = values[i];
    else if (!is_sender(i) && result == 0)
        note_received(got[i - SENDERS]);
}

static void drop_future(int i)
{
    if (!active[i])
        return;
    active[i] = false;
    leave_model_line(i);
    wakes[i] = 0;
    if (is_sender(i))
        async_channel_send_future_drop(&sends[i]);
    else
        async_channel_receive_future_drop(&receives[i - SENDERS]);
}

static void step(int what)
{
    int item;
    if (what < FUTURES) {
        poll_future(what);
    } else if (what < 2 * FUTURES) {
        drop_future(what - FUTURES);
    } else if (what == 2 * FUTURES) {
        item = ++next_value;
        if (async_channel_try_send(&channel, &item) == 0)
            sent[sent_count++] = item;
    } else if (what == 2 * FUTURES + 1) {
        int result = async_channel_try_receive(&channel, &item);
        if (result == 0)
            note_received(item);
        else
            assert_int_equal(result, channel.closed && !channel.count ? -EPIPE : -EAGAIN);
    } else {
        async_channel_close(&channel);
    }
    check_lines();
}

static void run_steps(unsigned long steps, unsigned kinds)
{
    memset(active, 0, sizeof active);
    memset(wakes, 0, sizeof wakes);
    waiting_count[0] = waiting_count[1] = 0;
    next_value = sent_count = received_count = held = 0;
    for (int i = 0; i < STEPS; i++, steps /= kinds)
        step((int)(steps % kinds));
    for (int i = 0; i < FUTURES; i++) {
        drop_future(i);
        check_lines();
    }
    async_channel_close(&channel);
    int item;
    while (async_channel_try_receive(&channel, &item) == 0)
        note_received(item);
    assert_int_equal(received_count, sent_count);
    assert_int_equal(held, 0);
    assert_int_equal(channel.promised + channel.reserved, 0);
}

static void in_every_order(size_t capacity)
{
    const unsigned kinds = 2 * FUTURES + 3;
    unsigned long orders = 1;
    for (int i = 0; i < STEPS; i++)
        orders *= kinds;
    for (unsigned long i = 0; i < orders; i++) {
        if (capacity)
            async_channel_init(&channel, room, sizeof *room, capacity);
        else
            channel = (struct async_channel)ASYNC_CHANNEL_UNBOUNDED(int);
        run_steps(i, kinds);
        async_channel_free(&channel);
    }
}

static void one_item(void **unused)
{
    (void)unused;
    in_every_order(1);
}

static void two_items(void **unused)
{
    (void)unused;
    in_every_order(2);
}

static void unbounded(void **unused)
{
    (void)unused;
    in_every_order(0);
}

// Rings that wrap while they grow, beside the plain order of numbers.
static void growth(void **unused)
{
    (void)unused;
    for (int start = 0; start < 20; start++) {
        struct async_channel c = ASYNC_CHANNEL_UNBOUNDED(int);
        int in = 0, out = 0, item;
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < start + round % 7; i++, in++)
                assert_int_equal(async_channel_try_send(&c, &in), 0);
            for (int i = 0; i < start && async_channel_try_receive(&c, &item) == 0; i++)
                assert_int_equal(item, out++);
        }
        while (async_channel_try_receive(&c, &item) == 0)
            assert_int_equal(item, out++);
        assert_int_equal(in, out);
        async_channel_free(&c);
    }
    struct async_channel huge = {.item_size = SIZE_MAX / 8, .unbounded = true};
    assert_int_equal(async_channel_try_send(&huge, room), -ENOMEM);
}

// Items of no size are counted.
static void ticks(void **unused)
{
    (void)unused;
    struct async_channel c = {.item_size = 0, .unbounded = true};
    for (int i = 0; i < 100; i++)
        assert_int_equal(async_channel_try_send(&c, room), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(async_channel_try_receive(&c, room), 0);
    assert_int_equal(async_channel_try_receive(&c, room), -EAGAIN);
    async_channel_free(&c);
}

static void last_items(void **unused)
{
    (void)unused;
    int one[1], item = 5, out = 0;
    struct async_channel c = ASYNC_CHANNEL(one);
    assert_int_equal(async_channel_send_last(&c, &item), 0);
    assert_int_equal(async_channel_send_last(&c, &item), -EPIPE);
    assert_int_equal(async_channel_try_receive(&c, &out), 0);
    assert_int_equal(out, 5);
    assert_int_equal(async_channel_try_receive(&c, &out), -EPIPE);
}

// ---- Broadcast and watch ------------------------------------------------------------------------------

static void broadcasts(void **unused)
{
    (void)unused;
    int ring[2], item, value = 1;
    struct async_broadcast b = ASYNC_BROADCAST(ring);
    assert_int_equal(async_broadcast_send(&b, &value), 0); // nobody listens
    struct async_subscriber early, late;
    async_subscriber_init(&early, &b);
    assert_int_equal(async_subscriber_try_receive(&early, &item), -EAGAIN);
    held = 0;
    wakes[0] = wakes[1] = 0;
    struct async_context cx = context_of(0), other = context_of(1);
    struct async_subscriber_receive_future f, g;
    async_subscriber_receive_future_init(&f, &early, &item);
    assert_int_equal(async_subscriber_receive_future_poll(&f, &cx), ASYNC_PENDING);
    async_subscriber_receive_future_init(&g, &early, &item);
    assert_int_equal(async_subscriber_receive_future_poll(&g, &other), ASYNC_PENDING);
    async_subscriber_init(&late, &b);
    for (value = 2; value < 6; value++) {
        assert_int_equal(async_broadcast_send(&b, &value), 0);
        assert_int_equal(wakes[0] * 10 + wakes[1], 11);
    }
    assert_int_equal(async_subscriber_receive_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result * 10 + item, 24); // 2 and 3 are missed
    assert_int_equal(async_subscriber_try_receive(&early, &item) * 10 + item, 5);
    assert_int_equal(async_subscriber_receive_future_poll(&g, &other), ASYNC_PENDING); // taken away
    async_subscriber_receive_future_drop(&g);
    async_broadcast_close(&b);
    assert_int_equal(async_broadcast_send(&b, &value), -EPIPE);
    assert_int_equal(async_subscriber_try_receive(&early, &item), -EPIPE);
    assert_int_equal(async_subscriber_try_receive(&late, &item) * 10 + item, 24);
    assert_int_equal(async_subscriber_try_receive(&late, &item) * 10 + item, 5);
    async_subscriber_receive_future_init(&f, &late, &item);
    assert_int_equal(async_subscriber_receive_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result, -EPIPE);
    assert_int_equal(held, 0);
    b.sent += 1ull << 32; // more than an int can count
    assert_int_equal(async_subscriber_try_receive(&late, &item), INT_MAX);
    assert_int_equal(async_subscriber_try_receive(&late, &item), 0);
    assert_int_equal(async_subscriber_try_receive(&late, &item), -EPIPE);
}

static void watches(void **unused)
{
    (void)unused;
    struct async_watch w = {0};
    uint64_t seen = 0, late = 0;
    held = 0;
    wakes[0] = wakes[1] = 0;
    struct async_context cx = context_of(0), other = context_of(1);
    struct async_watch_changed_future f, g;
    async_watch_changed_future_init(&f, &w, &seen);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_PENDING);
    async_watch_changed_future_init(&g, &w, &late);
    assert_int_equal(async_watch_changed_future_poll(&g, &other), ASYNC_PENDING);
    async_watch_publish(&w);
    assert_int_equal(wakes[0] * 10 + wakes[1], 11);
    async_watch_publish(&w);
    assert_int_equal(wakes[0] * 10 + wakes[1], 11);
    async_watch_changed_future_drop(&g);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result, 0);
    assert_int_equal(seen, 2);
    async_watch_changed_future_init(&f, &w, &seen);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_PENDING);
    async_watch_close(&w);
    assert_int_equal(wakes[0], 2);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result, -EPIPE);
    async_watch_changed_future_init(&f, &w, &late); // what it missed is told first
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result, 0);
    w.closed = false;
    async_watch_changed_future_init(&f, &w, &late);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_PENDING);
    async_watch_changed_future_drop(&f);
    assert_int_equal(held, 0);
    assert_null(w.watching.first);
    // What was seen is the caller's, who may change it meanwhile.
    async_watch_changed_future_init(&f, &w, &late);
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_PENDING);
    late = 100;
    assert_int_equal(async_watch_changed_future_poll(&f, &cx), ASYNC_READY);
    assert_int_equal(f.result, 0);
    assert_int_equal(late, 2);
    assert_int_equal(held, 0);
    assert_null(w.watching.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_item),   cmocka_unit_test(two_items), cmocka_unit_test(unbounded),
        cmocka_unit_test(growth),     cmocka_unit_test(ticks),     cmocka_unit_test(last_items),
        cmocka_unit_test(broadcasts), cmocka_unit_test(watches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
