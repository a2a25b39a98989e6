#include "protocol.h"

#include <stdint.h>
#include <string.h>

// ---- Requests -------------------------------------------------------------------------------

// What is being parsed.
struct input {
    const char *bytes;
    size_t size, at;
};

enum { // the longest header is "$1048576\r\n"; more digits are no number for us
    MAX_HEADER = 16
};

static ssize_t refuse(struct request *r, const char *error)
{
    r->error = error;
    return -1;
}

// Reads "*12\r\n", with `mark` for the star. 1; 0 if there is not all of it; or -1.
static int read_header(struct input *in, char mark, long long *n)
{
    const char *from = in->bytes + in->at;
    size_t left = in->size - in->at;
    if (left > 0 && from[0] != mark)
        return -1;
    const char *end = memchr(from, '\n', left);
    if (!end)
        return left < MAX_HEADER ? 0 : -1;
    size_t size = (size_t)(end - from);
    if (size < 3 || end[-1] != '\r' || !slice_to_number((struct slice){from + 1, size - 2}, n))
        return -1;
    in->at += size + 1;
    return 1;
}

// Words of a request from `i` on are still to come: each takes 6 bytes or more, "$0\r\n\r\n".
static ssize_t incomplete(const struct input *in, size_t words, size_t more, size_t *need)
{
    *need = in->at + words * 6 + more;
    if (*need <= in->size)
        *need = in->size + 1;
    return 0;
}

static ssize_t parse_words(struct request *r, struct input *in, size_t *need)
{
    long long count;
    int rc = read_header(in, '*', &count);
    if (rc < 0)
        return refuse(r, "Protocol error: invalid multibulk length");
    if (rc == 0)
        return incomplete(in, 0, 4, need);
    if (count > MAX_WORDS)
        return refuse(r, "Protocol error: too many arguments");
    for (size_t i = 0; (long long)i < count; i++) {
        size_t words_left = (size_t)count - i;
        long long size;
        rc = read_header(in, '$', &size);
        if (rc < 0 || (rc > 0 && (size < 0 || size > MAX_WORD)))
            return refuse(r, "Protocol error: invalid bulk length");
        if (rc == 0)
            return incomplete(in, words_left, 0, need);
        if (in->at + (size_t)size + 2 > MAX_REQUEST)
            return refuse(r, "Protocol error: too large a request");
        if (in->size - in->at < (size_t)size + 2)
            return incomplete(in, words_left - 1, (size_t)size + 2, need);
        if (memcmp(in->bytes + in->at + size, "\r\n", 2) != 0)
            return refuse(r, "Protocol error: bulk string without an end");
        r->words[r->count++] = (struct slice){in->bytes + in->at, (size_t)size};
        in->at += (size_t)size + 2;
    }
    return (ssize_t)in->at;
}

// Words between spaces, as a person types them.
static ssize_t parse_inline(struct request *r, const struct input *in, size_t *need)
{
    const char *end = memchr(in->bytes, '\n', in->size);
    if ((end ? (size_t)(end - in->bytes) : in->size) > MAX_INLINE)
        return refuse(r, "Protocol error: too big inline request");
    if (!end) {
        *need = in->size + 1;
        return 0;
    }
    const char *at = in->bytes;
    while (at < end) {
        const char *from = at;
        while (at < end && *at != ' ' && *at != '\t' && *at != '\r')
            at++;
        if (at == from) {
            at++;
            continue;
        }
        if (r->count == MAX_WORDS)
            return refuse(r, "Protocol error: too many arguments");
        r->words[r->count++] = (struct slice){from, (size_t)(at - from)};
    }
    return end + 1 - in->bytes;
}

ssize_t parse_request(struct request *r, const char *bytes, size_t size, size_t *need)
{
    struct input in = {bytes, size, 0};
    r->count = 0;
    r->error = NULL;
    if (size == 0) {
        *need = 1;
        return 0;
    }
    return bytes[0] == '*' ? parse_words(r, &in, need) : parse_inline(r, &in, need);
}

// ---- Replies --------------------------------------------------------------------------------

// These are most of what a server writes, so printf is not asked.
static void add_header(struct text *out, char mark, long long n)
{
    char digits[32], *at = digits + sizeof digits;
    unsigned long long rest = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
    *--at = '\n';
    *--at = '\r';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--at = '-';
    *--at = mark;
    text_add(out, at, (size_t)(digits + sizeof digits - at));
}

void reply_status(struct text *out, const char *status)
{
    text_add(out, "+", 1);
    text_add(out, status, strlen(status));
    text_add(out, "\r\n", 2);
}

void reply_error(struct text *out, const char *message)
{
    text_add(out, "-", 1);
    text_add(out, message, strlen(message));
    text_add(out, "\r\n", 2);
}

void reply_number(struct text *out, long long n)
{
    add_header(out, ':', n);
}

void reply_bulk(struct text *out, const void *bytes, size_t n)
{
    add_header(out, '$', (long long)n);
    text_add(out, bytes, n);
    text_add(out, "\r\n", 2);
}

void reply_nothing(struct text *out)
{
    text_add(out, "$-1\r\n", 5);
}

void reply_array(struct text *out, size_t n)
{
    add_header(out, '*', (long long)n);
}
