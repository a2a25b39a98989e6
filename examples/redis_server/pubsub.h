// pubsub.h - channels, and who listens to them.
#ifndef PUBSUB_H
#define PUBSUB_H

#include "table.h"

enum {
    MAX_SUBSCRIPTIONS = 1000, // of a subscriber
    MAX_PUSHED =
        1024 * 1024 // bytes that wait for a slow subscriber; it is lost when there are more
};

struct subscription;

struct subscriber {
    struct text pushed;                    // messages that it has not been sent yet
    bool lost;                             // it was too slow, or memory was short: to be cut off
    struct subscription *subscriptions;    // newest first
    size_t count;                          // of them
    void (*wake)(struct subscriber *self); // `pushed` or `lost` has changed
};

// All zero: there are no channels.
struct pubsub {
    struct table channels;
};

// False: no memory, or too many of them.
bool pubsub_subscribe(struct pubsub *pubsub, struct subscriber *who, struct slice channel);

void pubsub_unsubscribe(struct pubsub *pubsub, struct subscriber *who, struct slice channel);

// The name of one of the channels it listens to; count > 0.
struct slice pubsub_first(const struct subscriber *who);

// The subscriber is about to go.
void pubsub_leave(struct pubsub *pubsub, struct subscriber *who);

// How many subscribers it reaches.
size_t pubsub_publish(struct pubsub *pubsub, struct slice channel, struct slice message);

#endif
