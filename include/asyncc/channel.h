// channel.h - tasks of one thread that hand each other items: channels, broadcasts, watches.
//
//     #include <asyncc/channel.h>
//     #include <asyncc/async.h>
//
//     static int room[16];
//     static struct async_channel numbers = ASYNC_CHANNEL(room);
//
//     async void produce(int n)
//     {
//         for (int i = 0; i < n; i++)
//             (void)await async_channel_send(&numbers, &i);    // waits while it is full
//         async_channel_close(&numbers);
//     }
//
//     async int consume(void)
//     {
//         int sum = 0, item;
//         while (await async_channel_receive(&numbers, &item) == 0)
//             sum += item;
//         return sum;
//     }
//
// Items are copied, byte by byte. Senders and receivers: as many as you like of either.
//
// Fair: senders are served in the order in which they wait, and so are receivers. Nobody overtakes.
// Where there is room, or an item, nobody else runs first: see executor.h.
//
// Closing: either end may close, once or more often. Nothing is sent any more (-EPIPE), what is in
// it is still received, and then there is -EPIPE. Items that own something are yours to take out.
//
// Cancel-safe: a send that is dropped has not sent; a receive that is dropped has taken nothing,
// and no item is lost or changes its place.
//
// Threads: a channel belongs to the thread whose tasks use it. While somebody waits it stays where
// it is.
#ifndef ASYNCC_CHANNEL_H
#define ASYNCC_CHANNEL_H

#include <asyncc/wait.h>

#include <stdint.h>

// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

// ---- Channel ------------------------------------------------------------------------------------

struct async_channel {
    struct async_line senders, receivers;
    unsigned char *items; // a ring
    size_t item_size;     // bytes
    uint32_t capacity;    // items; of an unbounded one: that it has memory for now
    uint32_t first, next; // the places of the first item and behind the last one
    uint32_t count;       // of the items in it
    uint32_t promised;    // items, to receivers that were woken for them
    uint32_t reserved;    // places, for senders that were woken for them
    bool unbounded, closed;
};

// One that has room for the items of an array, which is its memory.
#define ASYNC_CHANNEL(ARRAY)                                             \
    {                                                                    \
        .items = (unsigned char *)(ARRAY), .item_size = sizeof *(ARRAY), \
        .capacity = sizeof(ARRAY) / sizeof *(ARRAY)                      \
    }

// One that never waits to send, and grows on the heap instead (malloc): for what is bounded
// elsewhere. A channel that is never freed leaks.
#define ASYNC_CHANNEL_UNBOUNDED(TYPE)                \
    {                                                \
        .item_size = sizeof(TYPE), .unbounded = true \
    }

// The same for memory that is known when the program runs: `capacity` items, at least 1 and less
// than 2^31.
void async_channel_init(struct async_channel *channel, void *memory, size_t item_size,
                        size_t capacity);

// Gives back the memory of an unbounded one, and the items in it. Nobody waits, nor does so again.
void async_channel_free(struct async_channel *channel);

// In passing: what most sends and receives are, without a call. False: nothing was done. The copy
// comes last, for as far as the C compiler knows it may change the channel.
static inline void async_channel_copy_(void *to, const void *from, size_t size)
{
#if defined(__GNUC__) && !defined(__TINYC__)
    // Where it sees an item of another size, it would warn of what is never done.
    __asm__("" : "+r"(to), "+r"(from));
#endif
    if (size == sizeof(uint64_t))
        (memcpy)(to, from, sizeof(uint64_t));
    else
        (memcpy)(to, from, size);
}

static inline bool async_channel_put_(struct async_channel *c, const void *item)
{
    uint32_t count = c->count, capacity = c->capacity, next = c->next;
    if (c->receivers.first || c->closed || count + c->reserved >= capacity)
        return false;
    c->count = count + 1;
    c->next = next + 1 < capacity ? next + 1 : 0;
    async_channel_copy_(c->items + next * c->item_size, item, c->item_size);
    return true;
}

static inline bool async_channel_take_(struct async_channel *c, void *item)
{
    uint32_t count = c->count, first = c->first;
    if (c->senders.first || count <= c->promised)
        return false;
    c->count = count - 1;
    c->first = first + 1 < c->capacity ? first + 1 : 0;
    async_channel_copy_(item, c->items + first * c->item_size, c->item_size);
    return true;
}

int async_channel_try_send_(struct async_channel *channel, const void *item);
int async_channel_try_receive_(struct async_channel *channel, void *item);

// 0, -EAGAIN: it is full, -EPIPE: it is closed, -ENOMEM: it cannot grow.
static inline int async_channel_try_send(struct async_channel *channel, const void *item)
{
    return async_channel_put_(channel, item) ? 0 : async_channel_try_send_(channel, item);
}

// 0, -EAGAIN: it is empty, or others were woken for what is in it, -EPIPE: it is closed and empty.
static inline int async_channel_try_receive(struct async_channel *channel, void *item)
{
    return async_channel_take_(channel, item) ? 0 : async_channel_try_receive_(channel, item);
}

void async_channel_closed_(struct async_channel *channel);

// Wakes all who wait, but for receivers while there are items that others were woken for.
static inline void async_channel_close(struct async_channel *channel)
{
    channel->closed = true;
    channel->reserved = 0; // those who were woken for them find it closed
    if (channel->senders.first || channel->receivers.first)
        async_channel_closed_(channel);
}

// The only or last item: sends it, and closes. A channel with room for one item that is used like
// this is a oneshot.
static inline int async_channel_send_last(struct async_channel *channel, const void *item)
{
    int error = async_channel_try_send(channel, item);
    if (!error)
        async_channel_close(channel);
    return error;
}

// ---- await async_channel_send(channel, item)
//
// 0, -EPIPE, -ENOMEM. The item is copied when there is room: it stays where it is till then.
asyncc_async int async_channel_send(struct async_channel *channel, const void *item);

struct async_channel_send_future {
    struct async_waiter waiter;
    struct async_channel *channel;
    const void *item;
    int result;
};

static inline void async_channel_send_future_init(struct async_channel_send_future *self,
                                                  struct async_channel *channel, const void *item)
{
    async_waiter_init(&self->waiter);
    self->channel = channel;
    self->item = item;
}

enum async_poll async_channel_send_wait_(struct async_channel_send_future *self,
                                         struct async_context *cx);

static inline enum async_poll async_channel_send_future_poll(struct async_channel_send_future *self,
                                                             struct async_context *cx)
{
    if (self->waiter.link || self->waiter.granted || !async_channel_put_(self->channel, self->item))
        return async_channel_send_wait_(self, cx);
    self->result = 0;
    return ASYNC_READY;
}

void async_channel_send_future_drop(struct async_channel_send_future *self);

// ---- await async_channel_receive(channel, item)
//
// 0, and the item is copied to `item`; -EPIPE.
asyncc_async int async_channel_receive(struct async_channel *channel, void *item);

struct async_channel_receive_future {
    struct async_waiter waiter; // first: the line has only this
    struct async_channel *channel;
    void *item;
    int result;
};

static inline void async_channel_receive_future_init(struct async_channel_receive_future *self,
                                                     struct async_channel *channel, void *item)
{
    async_waiter_init(&self->waiter);
    self->channel = channel;
    self->item = item;
}

enum async_poll async_channel_receive_wait_(struct async_channel_receive_future *self,
                                            struct async_context *cx);

static inline enum async_poll
async_channel_receive_future_poll(struct async_channel_receive_future *self,
                                  struct async_context *cx)
{
    if (self->waiter.link || self->waiter.granted ||
        !async_channel_take_(self->channel, self->item))
        return async_channel_receive_wait_(self, cx);
    self->result = 0;
    return ASYNC_READY;
}

void async_channel_receive_future_drop(struct async_channel_receive_future *self);

// ---- Broadcast ----------------------------------------------------------------------------------
//
// Everybody who listens gets every item. Sending never waits: who is further behind than the ring
// is long misses the oldest items, and is told how many.
//
//     static struct event room[64];
//     static struct async_broadcast events = ASYNC_BROADCAST(room);
//
//     struct async_subscriber subscriber;
//     async_subscriber_init(&subscriber, &events); // hears what is sent from now on
//     while ((r = await async_subscriber_receive(&subscriber, &event)) >= 0)
//         ...                                        // r events were missed before this one

struct async_broadcast {
    struct async_line subscribers; // that wait
    unsigned char *items;          // a ring
    size_t item_size, capacity;    // bytes; items
    uint64_t sent;                 // items, ever
    bool closed;
};

#define ASYNC_BROADCAST(ARRAY)                                           \
    {                                                                    \
        .items = (unsigned char *)(ARRAY), .item_size = sizeof *(ARRAY), \
        .capacity = sizeof(ARRAY) / sizeof *(ARRAY)                      \
    }

// 0, or -EPIPE: it is closed.
int async_broadcast_send(struct async_broadcast *broadcast, const void *item);

// Nothing is sent any more. Who listens gets what was sent, and then -EPIPE.
void async_broadcast_close(struct async_broadcast *broadcast);

struct async_subscriber { // needs no end: it is just forgotten
    struct async_broadcast *broadcast;
    uint64_t next; // item
};

static inline void async_subscriber_init(struct async_subscriber *subscriber,
                                         struct async_broadcast *broadcast)
{
    subscriber->broadcast = broadcast;
    subscriber->next = broadcast->sent;
}

// How many items were missed before the one that is copied to `item`, INT_MAX at most; -EAGAIN:
// there is none, -EPIPE.
int async_subscriber_try_receive(struct async_subscriber *subscriber, void *item);

// ---- await async_subscriber_receive(subscriber, item)
//
// The same, but it waits for one.
asyncc_async int async_subscriber_receive(struct async_subscriber *subscriber, void *item);

struct async_subscriber_receive_future {
    struct async_waiter waiter;
    struct async_subscriber *subscriber;
    void *item;
    int result;
};

static inline void
async_subscriber_receive_future_init(struct async_subscriber_receive_future *self,
                                     struct async_subscriber *subscriber, void *item)
{
    async_waiter_init(&self->waiter);
    self->subscriber = subscriber;
    self->item = item;
}

enum async_poll async_subscriber_receive_future_poll(struct async_subscriber_receive_future *self,
                                                     struct async_context *cx);
void async_subscriber_receive_future_drop(struct async_subscriber_receive_future *self);

// ---- Watch --------------------------------------------------------------------------------------
//
// Tells that a value changed. The value is a variable of yours beside it, of any type: tasks of one
// thread can read it at any time. Who is slow sees the last change only.
//
//     config = new_config;
//     async_watch_publish(&config_watch);
//
//     uint64_t seen = 0;                             // 0: a first change is told at once
//     while (await async_watch_changed(&config_watch, &seen) == 0)
//         apply(&config);

struct async_watch { // all zero: nothing was published
    struct async_line watching;
    uint64_t version; // how often it was published
    bool closed;
};

void async_watch_publish(struct async_watch *watch);

// There will be no further change.
void async_watch_close(struct async_watch *watch);

// ---- await async_watch_changed(watch, seen)
//
// 0 once the version is not `*seen` any more, which it sets to the version; -EPIPE if it is closed
// and there is nothing new.
asyncc_async int async_watch_changed(struct async_watch *watch, uint64_t *seen);

struct async_watch_changed_future {
    struct async_waiter waiter;
    struct async_watch *watch;
    uint64_t *seen;
    int result;
};

static inline void async_watch_changed_future_init(struct async_watch_changed_future *self,
                                                   struct async_watch *watch, uint64_t *seen)
{
    async_waiter_init(&self->waiter);
    self->watch = watch;
    self->seen = seen;
}

enum async_poll async_watch_changed_future_poll(struct async_watch_changed_future *self,
                                                struct async_context *cx);
void async_watch_changed_future_drop(struct async_watch_changed_future *self);

#endif
