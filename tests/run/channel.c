// Tasks that hand each other items: full and empty channels, closing, waits that are cancelled.
// blocking: no: waits for other tasks
#include <asyncc/channel.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <errno.h>
#include <stdio.h>

#include <asyncc/async.h>

// ---- A small ring between a producer and two consumers

static int room[2];
static struct async_channel numbers = ASYNC_CHANNEL(room);

static async void produce(int n)
{
    for (int i = 1; i <= n; i++)
        if (await async_channel_send(&numbers, &i) < 0)
            printf("closed before %d\n", i);
    async_channel_close(&numbers);
}

static async int consume(int pauses)
{
    int sum = 0, item;
    while (await async_channel_receive(&numbers, &item) == 0) {
        sum += item;
        for (int i = 0; i < pauses; i++)
            await async_yield();
    }
    return sum;
}

static async int add_up(void)
{
    int a = 0, b = 0;
    await async_join(produce(100), a = consume(0), b = consume(3));
    return a + b;
}

// ---- Waits that are cancelled lose nothing

static async void cancelled(void)
{
    int one[1], item = 7, out = 0;
    struct async_channel c = ASYNC_CHANNEL(one);
    int r = await async_timeout_ms(1, async_channel_receive(&c, &out));
    printf("nothing came: %s, ", r == -ETIMEDOUT ? "timeout" : "?");
    r = await async_channel_send(&c, &item);
    item = 8;
    int late = await async_timeout_ms(1, async_channel_send(&c, &item));
    printf("sent: %d, full: %s, ", r, late == -ETIMEDOUT ? "timeout" : "?");
    r = await async_channel_receive(&c, &out);
    printf("got %d (%d), %s left\n", out, r, c.count ? "some" : "none");
    async_channel_close(&c);
    printf("closed: %d %d\n", await async_channel_send(&c, &item) == -EPIPE,
           await async_channel_receive(&c, &out) == -EPIPE);
}

// ---- An answer to a question

struct question {
    int n;
    struct async_channel *answer;
};

static struct async_channel questions = ASYNC_CHANNEL_UNBOUNDED(struct question);

static async void answer(void)
{
    struct question q;
    while (await async_channel_receive(&questions, &q) == 0) {
        await async_sleep_ms(1);
        int square = q.n * q.n;
        (void)async_channel_send_last(q.answer, &square);
    }
}

static async int ask(int n)
{
    int one[1], square = -1;
    struct async_channel reply = ASYNC_CHANNEL(one);
    struct question q = {n, &reply};
    if (async_channel_try_send(&questions, &q) < 0 ||
        await async_channel_receive(&reply, &square) < 0)
        return -1;
    return square;
}

static async int ask_all(void)
{
    int a, b, c;
    await async_join(a = ask(2), b = ask(3), c = ask(4));
    async_channel_close(&questions);
    return a + b + c;
}

// ---- Everybody hears everything, or the last change

static char ring[4];
static struct async_broadcast words = ASYNC_BROADCAST(ring);
static struct async_watch changes;
static int level;

static async int listen_to(int slow)
{
    struct async_subscriber subscriber;
    async_subscriber_init(&subscriber, &words);
    char letter;
    int missed = 0, heard = 0, r;
    while ((r = await async_subscriber_receive(&subscriber, &letter)) >= 0) {
        missed += r;
        heard++;
        for (int i = 0; i < slow; i++)
            await async_yield();
    }
    return missed * 100 + heard;
}

static async int follow(void)
{
    uint64_t seen = 0;
    int last = 0;
    while (await async_watch_changed(&changes, &seen) == 0)
        last = level;
    return last;
}

static async void speak(void)
{
    for (char c = 'a'; c <= 'z'; c++) {
        (void)async_broadcast_send(&words, &c);
        level++;
        async_watch_publish(&changes);
        await async_yield();
    }
    async_broadcast_close(&words);
    async_watch_close(&changes);
}

async int main(void)
{
    printf("sum %d\n", await add_up());
    await cancelled();
    int squares;
    await async_join(squares = ask_all(), answer());
    printf("squares %d\n", squares);
    async_channel_free(&questions);
    int quick, slow, last;
    await async_join(quick = listen_to(0), slow = listen_to(8), last = follow(), speak());
    printf("quick heard %d and missed %d, slow all: %d, last %d\n", quick % 100, quick / 100,
           slow % 100 + slow / 100, last);
    return 0;
}
