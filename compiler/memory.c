// memory.c - one arena for the run, and text buffers. The tool is short-lived: nothing is freed.
#include "asyncc.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 1 << 20
};

static char *chunk_top, *chunk_end;

void *mem_alloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > (size_t)(chunk_end - chunk_top)) {
        size_t chunk = size > CHUNK / 4 ? size : CHUNK;
        char *fresh = calloc(1, chunk);
        if (!fresh) {
            fputs("asyncc: out of memory\n", stderr);
            exit(2);
        }
        if (chunk == size)
            return fresh;
        chunk_top = fresh;
        chunk_end = fresh + chunk;
    }
    void *result = chunk_top;
    chunk_top += size;
    return result;
}

void *mem_grow(void *old, size_t old_size, size_t new_size)
{
    void *grown = mem_alloc(new_size);
    if (old_size)
        memcpy(grown, old, old_size);
    return grown;
}

static void merge(char *to, const char *left, size_t lefts, const char *right, size_t rights,
                  size_t size, int (*compare)(const void *, const void *))
{
    while (lefts && rights) {
        bool from_left = compare(left, right) <= 0;
        memcpy(to, from_left ? left : right, size);
        to += size;
        if (from_left) {
            left += size;
            lefts--;
        } else {
            right += size;
            rights--;
        }
    }
    memcpy(to, lefts ? left : right, (lefts ? lefts : rights) * size);
}

void mem_sort(void *at, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    char *from = at, *other = count > 1 ? mem_alloc(count * size) : NULL;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t lefts = count - i < run ? count - i : run;
            size_t rights = count - i - lefts < run ? count - i - lefts : run;
            merge(other + i * size, from + i * size, lefts, from + (i + lefts) * size, rights, size,
                  compare);
        }
        char *swap = from;
        from = other;
        other = swap;
    }
    if (from != at)
        memcpy(at, from, count * size);
}

char *mem_text(const char *start, size_t length)
{
    char *copy = mem_alloc(length + 1);
    memcpy(copy, start, length);
    return copy;
}

// Like vsnprintf, but nearly all that is written here are names: %s and %u are done without it.
static size_t format_into(char *to, size_t room, const char *format, va_list list)
{
    va_list values;
    va_copy(values, list);
    size_t length = 0;
    char digits[16];
    while (*format) {
        const char *part = format, *next = strchr(format, '%');
        size_t count = next ? (size_t)(next - format) : strlen(format);
        if (count) {
            format += count;
        } else if (format[1] == 's') {
            part = va_arg(values, const char *);
            part = part ? part : "(null)";
            count = strlen(part);
            format += 2;
        } else if (format[1] == 'u') {
            unsigned value = va_arg(values, unsigned);
            char *digit = digits + sizeof digits;
            do
                *--digit = (char)('0' + value % 10);
            while (value /= 10);
            part = digit;
            count = (size_t)(digits + sizeof digits - digit);
            format += 2;
        } else {
            break;
        }
        if (length + count < room)
            memcpy(to + length, part, count);
        length += count;
    }
    va_end(values);
    if (*format)
        return SIZE_MAX; // something else
    if (length < room)
        to[length] = 0;
    return length;
}

const char *mem_format_in(char *small, size_t room, size_t *length, const char *format,
                          va_list list)
{
    va_list again;
    va_copy(again, list);
    *length = format_into(small, room, format, list);
    bool simple = *length != SIZE_MAX;
    if (!simple)
        *length = (size_t)vsnprintf(small, room, format, list);
    char *text = small;
    if (*length >= room) {
        text = mem_alloc(*length + 1);
        if (simple)
            format_into(text, *length + 1, format, again);
        else
            vsnprintf(text, *length + 1, format, again);
    }
    va_end(again);
    return text;
}

char *mem_format(const char *format, ...)
{
    char small[512];
    size_t length;
    va_list list;
    va_start(list, format);
    const char *text = mem_format_in(small, sizeof small, &length, format, list);
    va_end(list);
    return mem_text(text, length);
}

void put_text(struct buffer *b, const char *text, size_t length)
{
    if (b->length + length + 1 > b->capacity) {
        size_t grown = (b->length + length + 1) * 2;
        b->text = mem_grow(b->text, b->length, grown);
        b->capacity = grown;
    }
    memcpy(b->text + b->length, text, length);
    b->length += length;
    b->text[b->length] = 0;
}

void put(struct buffer *b, const char *format, ...)
{
    char small[512];
    size_t length;
    va_list list;
    va_start(list, format);
    const char *text = mem_format_in(small, sizeof small, &length, format, list);
    va_end(list);
    put_text(b, text, length);
}

// ---- Tables ---------------------------------------------------------------------------------

struct table_entry {
    const char *key;
    void *value;
    struct table_entry *next;
};

static size_t hash(const char *key)
{
    size_t h = 2166136261u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 16777619u;
    return h;
}

static void table_grow(struct table *t)
{
    size_t count = t->bucket_count ? t->bucket_count * 4 : 64;
    struct table_entry **buckets = mem_alloc(count * sizeof *buckets);
    for (size_t i = 0; i < t->bucket_count; i++)
        for (struct table_entry *e = t->buckets[i], *next; e; e = next) {
            next = e->next;
            struct table_entry **bucket = &buckets[hash(e->key) % count];
            e->next = *bucket;
            *bucket = e;
        }
    t->buckets = buckets;
    t->bucket_count = count;
}

void **table_at(struct table *t, const char *key)
{
    if (t->count >= t->bucket_count)
        table_grow(t);
    struct table_entry **bucket = &t->buckets[hash(key) % t->bucket_count];
    for (struct table_entry *e = *bucket; e; e = e->next)
        if (!strcmp(e->key, key))
            return &e->value;
    struct table_entry *e = mem_alloc(sizeof *e);
    *e = (struct table_entry){key, NULL, *bucket};
    *bucket = e;
    t->count++;
    return &e->value;
}

void put_escaped(struct buffer *b, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "\"\\");
        put_text(b, text, plain);
        text += plain;
        if (*text)
            put(b, "\\%c", *text++);
    }
}
