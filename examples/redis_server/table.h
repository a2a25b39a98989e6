// table.h - a hash table whose nodes are the first members of what is in it.
#ifndef TABLE_H
#define TABLE_H

#include "text.h"

#include <stdint.h>

struct table_node {
    struct table_node *next; // in its bucket
    uint64_t hash;
    struct slice key; // owned by whoever owns the node
};

// All zero: it is empty.
struct table {
    struct table_node **buckets;
    size_t size; // of buckets: a power of two, or 0
    size_t count;
    uint64_t seed; // so that nobody outside knows which keys collide
};

struct table_node *table_find(const struct table *table, struct slice key);

// Adds a node whose key is set and not in the table yet. False: no memory.
bool table_add(struct table *table, struct table_node *node);

void table_remove(struct table *table, struct table_node *node);

#endif
