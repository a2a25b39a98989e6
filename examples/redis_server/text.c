#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool slice_is(struct slice s, const char *word)
{
    return s.size == strlen(word) && strncasecmp(s.at, word, s.size) == 0;
}

bool slice_to_number(struct slice s, long long *out)
{
    bool negative = s.size > 0 && s.at[0] == '-';
    long long value = 0;
    if (s.size == negative)
        return false;
    for (size_t i = negative; i < s.size; i++) {
        int digit = s.at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) // downwards, for there is one more
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return false;
    *out = value;
    return true;
}

static bool make_room(struct text *t, size_t n)
{
    if (t->failed || n <= t->room - t->size)
        return !t->failed;
    size_t room = t->room ? t->room : 256;
    while (room - t->size < n && room < SIZE_MAX / 2)
        room *= 2;
    char *at = realloc(t->at, room);
    if (!at) {
        t->failed = true;
        return false;
    }
    t->at = at;
    t->room = room;
    return true;
}

bool text_reserve(struct text *t, size_t n)
{
    return n <= t->size || make_room(t, n - t->size);
}

void text_add(struct text *t, const void *bytes, size_t n)
{
    if (n == 0 || !make_room(t, n))
        return;
    memcpy(t->at + t->size, bytes, n);
    t->size += n;
}

void text_printf(struct text *t, const char *format, ...)
{
    char short_text[256]; // longer ones are cut
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(short_text, sizeof short_text, format, arguments);
    va_end(arguments);
    if (n > 0)
        text_add(t, short_text, (size_t)n < sizeof short_text ? (size_t)n : sizeof short_text - 1);
}

void text_free(struct text *t)
{
    free(t->at);
    *t = (struct text){0};
}
