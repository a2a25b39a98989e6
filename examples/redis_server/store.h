// store.h - the keys and their values: strings and lists, for ever or for a time.
#ifndef STORE_H
#define STORE_H

#include "table.h"

struct item { // a string, or what is in a list
    size_t size;
    char bytes[];
};

struct list { // a ring
    struct item **items;
    size_t room, first, count;
};

struct entry {
    struct table_node node; // first: an entry is found by its key
    int64_t expires_ms;     // on the clock of store_now_ms; 0: never
    bool is_list;
    union {
        struct item *string;
        struct list list;
    };
};

struct store {
    struct table table;
    size_t bytes; // that keys and values take
    size_t limit; // of bytes: what would take more is refused
    size_t swept; // the bucket that store_sweep looks at next
};

int64_t store_now_ms(void);

// NULL: there is none, or its time is over.
struct entry *store_find(struct store *store, struct slice key);

void store_remove(struct store *store, struct entry *entry);

// Sets a key that may have had a value before. False: no memory, and nothing has changed.
bool store_set(struct store *store, struct slice key, struct slice value, int64_t expires_ms);

// An empty list under a key that is not there yet. NULL: no memory.
struct entry *store_new_list(struct store *store, struct slice key);

// Adds to a list. False: no memory.
bool store_push(struct store *store, struct entry *list, struct slice value, bool in_front);

const struct item *list_at(const struct list *list, size_t index);

// Looks for keys whose time is over in the next `buckets` buckets.
void store_sweep(struct store *store, size_t buckets);

void store_clear(struct store *store);

#endif
