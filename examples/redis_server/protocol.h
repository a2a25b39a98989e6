// protocol.h - the Redis protocol, version 2: how requests are read and replies are written.
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "text.h"

#include <sys/types.h>

enum {
    MAX_INLINE = 4096,      // bytes of a request that is one line of words
    MAX_WORDS = 1024,       // of a request
    MAX_WORD = 1024 * 1024, // bytes
    MAX_REQUEST = 4 * 1024 * 1024
};

struct request {
    size_t count;
    struct slice words[MAX_WORDS]; // in the bytes that were parsed
    const char *error;             // of parse_request
};

// Parses the request at the start of these bytes. Returns its size; 0 when that takes more bytes,
// at least *need of them; or -1 when no more can be understood, and r->error says why. A request of
// no words is to be ignored.
ssize_t parse_request(struct request *r, const char *bytes, size_t size, size_t *need);

void reply_status(struct text *out, const char *status);
void reply_error(struct text *out, const char *message);
void reply_number(struct text *out, long long n);
void reply_bulk(struct text *out, const void *bytes, size_t n);
void reply_nothing(struct text *out);
void reply_array(struct text *out, size_t n); // n replies follow

#endif
