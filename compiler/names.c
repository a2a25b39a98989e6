// names.c - names of the program and names of what is generated keep out of each other's way.
//   in:    the unit's functions, taken names, macros
//   out:   fn->stem; E0302, E0405
#include "front.h"

#include <string.h>

// ---- Names that are part of the interface ---------------------------------------------------

static void check_names(struct unit *unit, struct function *fn)
{
    static const char *const suffixes[] = {"future_init", "future_poll", "future_drop",
                                           "future_type", "future"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *name = mem_format("%s_%s", fn->name, suffixes[i]);
        struct function *other = *table_at(&unit->functions_by_name, name);
        struct place *plain = *table_at(&unit->taken_names, name);
        if (other || plain)
            error_at(plain ? *plain : (struct place){other->source, other->name_offset}, "E0302",
                     "'%s' collides with a name generated for async '%s'", name, fn->name);
    }
}

// ---- Names for this file alone --------------------------------------------------------------
//
// enum f_state, its f_state_start, f_at_read, ..., f_frame and the like are seen by nobody else:
// where the program has such a name, f is called otherwise in all of them.

static const char *const private_suffixes[] = {"_state", "_frame", "_init_any", "_drop_any",
                                               "_at_"};

static bool is_private_suffix(const char *text, unsigned length)
{
    static const char *const whole[] = {"_state",      "_states",   "_state_start",
                                        "_state_done", "_frame",    "_frame_poll",
                                        "_init_any",   "_drop_any", NULL};
    if (length > 4 && !memcmp(text, "_at_", 4))
        return true;
    for (unsigned i = 0; whole[i]; i++)
        if (length == strlen(whole[i]) && !memcmp(text, whole[i], length))
            return true;
    return false;
}

void take_stems(struct unit *unit, const char *text, unsigned length)
{
    for (size_t i = 0; i < sizeof private_suffixes / sizeof *private_suffixes; i++)
        for (const char *at = text; (at = strstr(at, private_suffixes[i])); at++) {
            const char *start = at, *end = at;
            while (start > text && is_name_byte(start[-1]))
                start--;
            while (end < text + length && is_name_byte(*end))
                end++;
            if (start < at && is_private_suffix(at, (unsigned)(end - at)))
                *table_at(&unit->taken_stems, mem_text(start, (size_t)(at - start))) = unit;
        }
}

static void choose_stems(struct unit *unit)
{
    struct source *last = NULL;
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct source *source = unit->functions.at[i]->source;
        if (source != last)
            take_stems(unit, source->text, source->length);
        last = source;
    }
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->is_async)
            continue;
        fn->stem = fn->name;
        for (unsigned n = 1; *table_at(&unit->taken_stems, fn->stem); n++)
            fn->stem =
                n == 1 ? mem_format("%s_async", fn->name) : mem_format("%s_async%u", fn->name, n);
        if (fn->stem != fn->name)
            *table_at(&unit->taken_stems, fn->stem) = fn;
    }
}

// ---- Macros ---------------------------------------------------------------------------------
//
// What is generated stands between the program's own text, where its macros are in force.

static const char *const keywords[] = {
    "break",  "case",   "char",   "continue", "default",  "do",   "double", "else",  "enum",
    "float",  "for",    "goto",   "if",       "int",      "long", "return", "short", "signed",
    "sizeof", "struct", "switch", "union",    "unsigned", "void", "while",
};

static const char *const members[] = {
    "align",       "arena",      "data",      "drop",        "file", "frame",  "init",
    "line",        "link",       "link_at",   "links",       "name", "offset", "parent",
    "poll",        "result",     "result_at", "result_size", "size", "state",  "state_at",
    "state_count", "state_size", "states",    "suspended",   "type", "waker",
};

static bool is_undefined_before(const struct source *s, const char *name, unsigned end)
{
    bool undefined = false;
    for (struct token t = lex_next(s->text, 0, s->length); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, s->length)) {
        if (t.kind != TOKEN_DIRECTIVE)
            continue;
        struct token word = lex_next(s->text, t.start + 1, t.end);
        if (!token_is(s->text, lex_next(s->text, word.end, t.end), name))
            continue;
        if (token_is(s->text, word, "undef") && t.start < end)
            undefined = true;
        else if (token_is(s->text, word, "define"))
            undefined = false;
    }
    return undefined;
}

static void refuse_macro(struct unit *unit, const char *name, struct function *first,
                         bool with_parameters)
{
    struct place at;
    if (!front_macro_place(name, with_parameters, &at) ||
        is_undefined_before(unit->main, name, first->start))
        return;
    error_at(at, "E0405", "macro '%s' would change what is generated", name);
    note_at((struct place){first->source, first->name_offset}, "for '%s', say", first->name);
}

static void check_macros(struct unit *unit)
{
    struct function *first = NULL;
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && fn->source->is_main && (!first || fn->start < first->start))
            first = fn;
    }
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords && first; i++)
        refuse_macro(unit, keywords[i], first, true);
    for (size_t i = 0; i < sizeof members / sizeof *members && first; i++)
        refuse_macro(unit, members[i], first, false);
}

void choose_names(struct unit *unit)
{
    choose_stems(unit);
    for (size_t i = 0; i < unit->functions.count; i++)
        if (unit->functions.at[i]->is_async && unit->functions.at[i]->body)
            check_names(unit, unit->functions.at[i]);
    check_macros(unit);
}
