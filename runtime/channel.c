// channel.c - channels, broadcasts, watches.
//
// A receiver that is woken is promised an item, which stays in the ring until the receiver runs,
// and a sender that is woken has a place reserved. So who is dropped in between changes nothing.
#include <asyncc/channel.h>

#include "memory.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Everybody who waits.
static void grant_all(struct async_line *line)
{
    while (async_line_grant(line))
        ;
}

enum {
    MOST_ITEMS = 0x7fffffff // so that the sum of two of a channel's counts is one, too
};

// ---- The ring -----------------------------------------------------------------------------------

static uint32_t behind(const struct async_channel *c, uint32_t place)
{
    return place + 1 < c->capacity ? place + 1 : 0;
}

static int grow(struct async_channel *c)
{
    uint32_t capacity = c->capacity ? c->capacity * 2 : 8;
    if (capacity > MOST_ITEMS || capacity > SIZE_MAX / 2 / (c->item_size ? c->item_size : 1))
        return -ENOMEM;
    unsigned char *items = memory_realloc(c->items, c->item_size ? capacity * c->item_size : 1);
    if (!items)
        return -ENOMEM;
    // It is full, so the items before the first one are the last ones.
    memcpy(items + c->capacity * c->item_size, items, c->first * c->item_size);
    c->next = c->first + c->count;
    c->items = items;
    c->capacity = capacity;
    return 0;
}

static int put(struct async_channel *c, const void *item)
{
    int error = c->count == c->capacity ? grow(c) : 0;
    if (error)
        return error;
    async_channel_copy_(c->items + c->next * c->item_size, item, c->item_size);
    c->next = behind(c, c->next);
    c->count++;
    return 0;
}

static void take(struct async_channel *c, void *item)
{
    async_channel_copy_(item, c->items + c->first * c->item_size, c->item_size);
    c->first = behind(c, c->first);
    c->count--;
}

// ---- Channel ------------------------------------------------------------------------------------

void async_channel_init(struct async_channel *channel, void *memory, size_t item_size,
                        size_t capacity)
{
    assert(capacity && "a channel has room for one item at least");
    assert(capacity <= MOST_ITEMS);
    *channel = (struct async_channel){
        .items = memory,
        .item_size = item_size,
        .capacity = (uint32_t)capacity,
    };
}

void async_channel_free(struct async_channel *channel)
{
    assert(!channel->senders.first && !channel->receivers.first && "nobody waits");
    if (channel->unbounded)
        memory_free(channel->items);
    channel->items = NULL;
    channel->capacity = channel->first = channel->next = channel->count = 0;
}

static bool has_room(const struct async_channel *c)
{
    return c->unbounded || c->count + c->reserved < c->capacity;
}

static bool has_item(const struct async_channel *c)
{
    return c->count > c->promised;
}

// While there are items, if only promised ones, nobody is told so: who was woken for one may be
// dropped, and then it is another's.
static bool is_over(const struct async_channel *c)
{
    return c->closed && !c->count;
}

static void serve_receivers(struct async_channel *c)
{
    struct async_waiter *first;
    while ((first = c->receivers.first) && (has_item(c) || is_over(c))) {
        struct async_channel_receive_future *receiver =
            (struct async_channel_receive_future *)first;
        receiver->result = has_item(c) ? 0 : -EPIPE;
        c->promised += receiver->result == 0;
        async_line_grant(&c->receivers);
    }
}

static void serve_senders(struct async_channel *c)
{
    for (; !c->closed && has_room(c) && c->senders.first; async_line_grant(&c->senders))
        c->reserved++;
}

static int send_now(struct async_channel *c, const void *item)
{
    int error = put(c, item);
    if (!error)
        serve_receivers(c);
    return error;
}

static int receive_now(struct async_channel *c, void *item)
{
    take(c, item);
    serve_senders(c);
    if (is_over(c))
        serve_receivers(c);
    return 0;
}

int async_channel_try_send_(struct async_channel *channel, const void *item)
{
    if (channel->closed)
        return -EPIPE;
    if (!has_room(channel)) // nor has it while others are in line
        return -EAGAIN;
    return send_now(channel, item);
}

int async_channel_try_receive_(struct async_channel *channel, void *item)
{
    if (has_item(channel)) // then nobody is in line
        return receive_now(channel, item);
    return is_over(channel) ? -EPIPE : -EAGAIN;
}

void async_channel_closed_(struct async_channel *c)
{
    grant_all(&c->senders);
    serve_receivers(c);
}

enum async_poll async_channel_send_wait_(struct async_channel_send_future *self,
                                         struct async_context *cx)
{
    struct async_channel *c = self->channel;
    if (self->waiter.granted && !c->closed) {
        c->reserved--;
        self->result = send_now(c, self->item);
    } else if (self->waiter.link && !c->closed) {
        return async_line_wait(&c->senders, &self->waiter, cx);
    } else {
        self->result = async_channel_try_send_(c, self->item);
        if (self->result == -EAGAIN)
            return async_line_wait(&c->senders, &self->waiter, cx);
    }
    return async_line_served(&c->senders, &self->waiter);
}

void async_channel_send_future_drop(struct async_channel_send_future *self)
{
    struct async_channel *c = self->channel;
    async_line_leave(&c->senders, &self->waiter);
    if (self->waiter.granted && !c->closed) {
        c->reserved--;
        serve_senders(c);
    }
    self->waiter.granted = false;
}

enum async_poll async_channel_receive_wait_(struct async_channel_receive_future *self,
                                            struct async_context *cx)
{
    struct async_channel *c = self->channel;
    if (self->waiter.granted && self->result == 0) {
        c->promised--;
        self->result = receive_now(c, self->item);
    } else if (self->waiter.link) {
        return async_line_wait(&c->receivers, &self->waiter, cx);
    } else if (!self->waiter.granted) {
        self->result = async_channel_try_receive_(c, self->item);
        if (self->result == -EAGAIN)
            return async_line_wait(&c->receivers, &self->waiter, cx);
    }
    return async_line_served(&c->receivers, &self->waiter);
}

void async_channel_receive_future_drop(struct async_channel_receive_future *self)
{
    struct async_channel *c = self->channel;
    async_line_leave(&c->receivers, &self->waiter);
    if (self->waiter.granted && self->result == 0) {
        c->promised--;
        serve_receivers(c);
    }
    self->waiter.granted = false;
}

// ---- Broadcast ----------------------------------------------------------------------------------

int async_broadcast_send(struct async_broadcast *broadcast, const void *item)
{
    if (broadcast->closed)
        return -EPIPE;
    memcpy(broadcast->items + broadcast->sent % broadcast->capacity * broadcast->item_size, item,
           broadcast->item_size);
    broadcast->sent++;
    grant_all(&broadcast->subscribers);
    return 0;
}

void async_broadcast_close(struct async_broadcast *broadcast)
{
    broadcast->closed = true;
    grant_all(&broadcast->subscribers);
}

int async_subscriber_try_receive(struct async_subscriber *subscriber, void *item)
{
    struct async_broadcast *b = subscriber->broadcast;
    if (subscriber->next == b->sent)
        return b->closed ? -EPIPE : -EAGAIN;
    uint64_t oldest = b->sent > b->capacity ? b->sent - b->capacity : 0;
    uint64_t missed = subscriber->next < oldest ? oldest - subscriber->next : 0;
    subscriber->next += missed;
    memcpy(item, b->items + subscriber->next % b->capacity * b->item_size, b->item_size);
    subscriber->next++;
    return missed < INT_MAX ? (int)missed : INT_MAX;
}

enum async_poll async_subscriber_receive_future_poll(struct async_subscriber_receive_future *self,
                                                     struct async_context *cx)
{
    struct async_line *line = &self->subscriber->broadcast->subscribers;
    self->waiter.granted = false;
    self->result = async_subscriber_try_receive(self->subscriber, self->item);
    return self->result == -EAGAIN ? async_line_wait(line, &self->waiter, cx)
                                   : async_line_served(line, &self->waiter);
}

void async_subscriber_receive_future_drop(struct async_subscriber_receive_future *self)
{
    async_line_leave(&self->subscriber->broadcast->subscribers, &self->waiter);
}

// ---- Watch --------------------------------------------------------------------------------------

void async_watch_publish(struct async_watch *watch)
{
    watch->version++;
    grant_all(&watch->watching);
}

void async_watch_close(struct async_watch *watch)
{
    watch->closed = true;
    grant_all(&watch->watching);
}

enum async_poll async_watch_changed_future_poll(struct async_watch_changed_future *self,
                                                struct async_context *cx)
{
    struct async_watch *watch = self->watch;
    self->waiter.granted = false;
    if (*self->seen == watch->version && !watch->closed)
        return async_line_wait(&watch->watching, &self->waiter, cx);
    self->result = *self->seen == watch->version ? -EPIPE : 0;
    *self->seen = watch->version;
    return async_line_served(&watch->watching, &self->waiter);
}

void async_watch_changed_future_drop(struct async_watch_changed_future *self)
{
    async_line_leave(&self->watch->watching, &self->waiter);
}
