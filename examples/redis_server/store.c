#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    OVERHEAD = 16 // of an allocation, roughly
};

int64_t store_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- Memory ---------------------------------------------------------------------------------

static void *take(struct store *store, size_t size)
{
    if (size > store->limit || store->bytes > store->limit - size)
        return NULL;
    void *memory = malloc(size);
    if (memory)
        store->bytes += size + OVERHEAD;
    return memory;
}

static void give_back(struct store *store, void *memory, size_t size)
{
    if (memory)
        store->bytes -= size + OVERHEAD;
    free(memory);
}

static struct item *new_item(struct store *store, struct slice value)
{
    struct item *item = take(store, sizeof *item + value.size);
    if (!item)
        return NULL;
    item->size = value.size;
    if (value.size > 0)
        memcpy(item->bytes, value.at, value.size);
    return item;
}

static void free_item(struct store *store, struct item *item)
{
    give_back(store, item, item ? sizeof *item + item->size : 0);
}

// ---- Lists ----------------------------------------------------------------------------------

static size_t slot(const struct list *list, size_t index)
{
    return (list->first + index) & (list->room - 1);
}

const struct item *list_at(const struct list *list, size_t index)
{
    return list->items[slot(list, index)];
}

static bool list_grow(struct store *store, struct list *list)
{
    size_t room = list->room ? list->room * 2 : 8;
    struct item **items = take(store, room * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[slot(list, i)];
    give_back(store, list->items, list->room * sizeof *items);
    list->items = items;
    list->room = room;
    list->first = 0;
    return true;
}

bool store_push(struct store *store, struct entry *entry, struct slice value, bool in_front)
{
    struct list *list = &entry->list;
    if (list->count == list->room && !list_grow(store, list))
        return false;
    struct item *item = new_item(store, value);
    if (!item)
        return false;
    if (in_front)
        list->first = slot(list, list->room - 1);
    list->count++;
    list->items[slot(list, in_front ? 0 : list->count - 1)] = item;
    return true;
}

// ---- Keys -----------------------------------------------------------------------------------

static void free_value(struct store *store, struct entry *entry)
{
    if (!entry->is_list) {
        free_item(store, entry->string);
        return;
    }
    struct list *list = &entry->list;
    for (size_t i = 0; i < list->count; i++)
        free_item(store, list->items[slot(list, i)]);
    give_back(store, list->items, list->room * sizeof *list->items);
}

void store_remove(struct store *store, struct entry *entry)
{
    table_remove(&store->table, &entry->node);
    free_value(store, entry);
    give_back(store, entry, sizeof *entry + entry->node.key.size);
}

static bool is_over(const struct entry *entry)
{
    return entry->expires_ms != 0 && entry->expires_ms <= store_now_ms();
}

struct entry *store_find(struct store *store, struct slice key)
{
    struct entry *entry = (struct entry *)table_find(&store->table, key);
    if (!entry || !is_over(entry))
        return entry;
    store_remove(store, entry);
    return NULL;
}

// The key is behind the entry.
static struct entry *new_entry(struct store *store, struct slice key)
{
    struct entry *entry = take(store, sizeof *entry + key.size);
    if (!entry)
        return NULL;
    memset(entry, 0, sizeof *entry);
    if (key.size > 0)
        memcpy(entry + 1, key.at, key.size);
    entry->node.key = (struct slice){(char *)(entry + 1), key.size};
    if (table_add(&store->table, &entry->node))
        return entry;
    give_back(store, entry, sizeof *entry + key.size);
    return NULL;
}

bool store_set(struct store *store, struct slice key, struct slice value, int64_t expires_ms)
{
    struct item *item = new_item(store, value);
    if (!item)
        return false;
    struct entry *entry = store_find(store, key);
    if (entry)
        free_value(store, entry);
    else
        entry = new_entry(store, key);
    if (!entry) {
        free_item(store, item);
        return false;
    }
    entry->is_list = false;
    entry->string = item;
    entry->expires_ms = expires_ms;
    return true;
}

struct entry *store_new_list(struct store *store, struct slice key)
{
    struct entry *entry = new_entry(store, key);
    if (entry)
        entry->is_list = true;
    return entry;
}

// ---- All of them ----------------------------------------------------------------------------

void store_sweep(struct store *store, size_t buckets)
{
    int64_t now = store_now_ms();
    if (buckets > store->table.size)
        buckets = store->table.size;
    for (size_t i = 0; i < buckets; i++) {
        struct table_node *node = store->table.buckets[store->swept++ & (store->table.size - 1)];
        while (node) {
            struct entry *entry = (struct entry *)node;
            node = node->next;
            if (entry->expires_ms != 0 && entry->expires_ms <= now)
                store_remove(store, entry);
        }
    }
}

void store_clear(struct store *store)
{
    for (size_t i = 0; i < store->table.size; i++)
        while (store->table.buckets[i])
            store_remove(store, (struct entry *)store->table.buckets[i]);
    free(store->table.buckets);
    store->table = (struct table){0};
}
