#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    FIRST_SIZE = 64
};

// FNV-1a, and the mixing of murmur3.
static uint64_t hash_of(const struct table *table, struct slice key)
{
    uint64_t hash = 14695981039346656037u ^ table->seed;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * 1099511628211u;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

static struct table_node **bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->size - 1)];
}

struct table_node *table_find(const struct table *table, struct slice key)
{
    if (table->count == 0)
        return NULL;
    uint64_t hash = hash_of(table, key);
    struct table_node *node = *bucket_of(table, hash);
    while (node && (node->hash != hash || node->key.size != key.size ||
                    memcmp(node->key.at, key.at, key.size) != 0))
        node = node->next;
    return node;
}

// All at once: with a million keys it is a pause of some 50 ms. A server that minds moves a few
// buckets with each command instead.
static bool grow(struct table *table)
{
    struct table bigger = *table;
    bigger.size = table->size ? table->size * 2 : FIRST_SIZE;
    bigger.buckets = calloc(bigger.size, sizeof *bigger.buckets);
    if (!bigger.buckets)
        return false;
    if (table->size == 0 && getrandom(&bigger.seed, sizeof bigger.seed, 0) < 0)
        bigger.seed = (uintptr_t)bigger.buckets;
    for (size_t i = 0; i < table->size; i++) {
        struct table_node *node = table->buckets[i];
        while (node) {
            struct table_node *next = node->next;
            struct table_node **bucket = bucket_of(&bigger, node->hash);
            node->next = *bucket;
            *bucket = node;
            node = next;
        }
    }
    free(table->buckets);
    *table = bigger;
    return true;
}

bool table_add(struct table *table, struct table_node *node)
{
    if (table->count == table->size && !grow(table))
        return false;
    node->hash = hash_of(table, node->key);
    struct table_node **bucket = bucket_of(table, node->hash);
    node->next = *bucket;
    *bucket = node;
    table->count++;
    return true;
}

void table_remove(struct table *table, struct table_node *node)
{
    struct table_node **link = bucket_of(table, node->hash);
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    table->count--;
}
