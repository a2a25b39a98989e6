// text.h - pieces of memory: those of others, and our own that grow.
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

// Bytes of somebody else's.
struct slice {
    const char *at;
    size_t size;
};

bool slice_is(struct slice s, const char *word); // whatever the case of its letters

// "-12" to -12. False: it is no number, or too large.
bool slice_to_number(struct slice s, long long *out);

// Bytes of our own. All zero: there are none.
struct text {
    char *at;
    size_t size, room;
    bool failed; // no memory: nothing more was added
};

// Room for n bytes in all. False: no memory.
bool text_reserve(struct text *t, size_t n);

void text_add(struct text *t, const void *bytes, size_t n);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *t);

#endif
