#include "pubsub.h"

#include "protocol.h"

#include <stdlib.h>
#include <string.h>

struct subscription { // in two lists
    struct channel *channel;
    struct subscriber *who;
    struct subscription *next_of_channel, *next_of_subscriber;
};

struct channel {
    struct table_node node; // first: a channel is found by its name
    struct subscription *subscriptions;
};

static struct channel *find_channel(struct pubsub *pubsub, struct slice name)
{
    return (struct channel *)table_find(&pubsub->channels, name);
}

static struct channel *new_channel(struct pubsub *pubsub, struct slice name)
{
    struct channel *channel = calloc(1, sizeof *channel + name.size);
    if (!channel)
        return NULL;
    if (name.size > 0)
        memcpy(channel + 1, name.at, name.size);
    channel->node.key = (struct slice){(char *)(channel + 1), name.size};
    if (table_add(&pubsub->channels, &channel->node))
        return channel;
    free(channel);
    return NULL;
}

static void free_if_empty(struct pubsub *pubsub, struct channel *channel)
{
    if (channel->subscriptions)
        return;
    table_remove(&pubsub->channels, &channel->node);
    free(channel);
}

// What points to it in the subscriber's list; to NULL if it does not listen to that channel.
static struct subscription **find_subscription(struct subscriber *who,
                                               const struct channel *channel)
{
    struct subscription **link = &who->subscriptions;
    while (*link && (*link)->channel != channel)
        link = &(*link)->next_of_subscriber;
    return link;
}

bool pubsub_subscribe(struct pubsub *pubsub, struct subscriber *who, struct slice name)
{
    struct channel *channel = find_channel(pubsub, name);
    if (channel && *find_subscription(who, channel))
        return true;
    if (who->count == MAX_SUBSCRIPTIONS)
        return false;
    if (!channel)
        channel = new_channel(pubsub, name);
    if (!channel)
        return false;
    struct subscription *s = malloc(sizeof *s);
    if (s) {
        *s = (struct subscription){channel, who, channel->subscriptions, who->subscriptions};
        channel->subscriptions = who->subscriptions = s;
        who->count++;
    }
    free_if_empty(pubsub, channel);
    return s;
}

static void end_subscription(struct pubsub *pubsub, struct subscription **link)
{
    struct subscription *s = *link;
    *link = s->next_of_subscriber;
    s->who->count--;
    struct subscription **of_channel = &s->channel->subscriptions;
    while (*of_channel != s)
        of_channel = &(*of_channel)->next_of_channel;
    *of_channel = s->next_of_channel;
    free_if_empty(pubsub, s->channel);
    free(s);
}

void pubsub_unsubscribe(struct pubsub *pubsub, struct subscriber *who, struct slice name)
{
    struct channel *channel = find_channel(pubsub, name);
    struct subscription **link = channel ? find_subscription(who, channel) : NULL;
    if (link && *link)
        end_subscription(pubsub, link);
}

struct slice pubsub_first(const struct subscriber *who)
{
    return who->subscriptions->channel->node.key;
}

void pubsub_leave(struct pubsub *pubsub, struct subscriber *who)
{
    while (who->subscriptions)
        end_subscription(pubsub, &who->subscriptions);
    text_free(&who->pushed);
}

static void push(struct subscriber *who, struct slice channel, struct slice message)
{
    if (who->lost)
        return;
    struct text *out = &who->pushed;
    who->lost = out->size + channel.size + message.size > MAX_PUSHED;
    if (!who->lost) {
        reply_array(out, 3);
        reply_bulk(out, "message", 7);
        reply_bulk(out, channel.at, channel.size);
        reply_bulk(out, message.at, message.size);
        who->lost = out->failed;
    }
    who->wake(who);
}

size_t pubsub_publish(struct pubsub *pubsub, struct slice name, struct slice message)
{
    struct channel *channel = find_channel(pubsub, name);
    size_t reached = 0;
    for (struct subscription *s = channel ? channel->subscriptions : NULL; s;
         s = s->next_of_channel) {
        push(s->who, name, message);
        reached++;
    }
    return reached;
}
