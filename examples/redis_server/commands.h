// commands.h - what requests do. None of them waits, so each is done before the next one begins,
// whoever sent it.
#ifndef COMMANDS_H
#define COMMANDS_H

#include "protocol.h"
#include "pubsub.h"
#include "store.h"

struct server {
    struct store store;
    struct pubsub pubsub;
};

// What the server knows of a client.
struct session {
    struct server *server;
    struct subscriber subscriber;
    bool quit; // nothing more is read from it
};

// Does what a request of at least one word says, and adds the reply to `out`.
void run_command(struct session *session, const struct request *request, struct text *out);

#endif
