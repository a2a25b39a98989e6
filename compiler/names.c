// names.c - names of the program and names of what is generated keep out of each other's way.
//   in:    the unit's functions, taken names, macros; where what is generated stands
//   out:   fn->stem; E0302, E0405
#include "probe.h"

#include <string.h>

// ---- Names that are part of the interface ---------------------------------------------------

static const char *const public_suffixes[] = {"future_init", "future_poll", "future_drop",
                                              "future_type", "future",      NULL};

static void check_names(struct unit *unit, struct function *fn)
{
    for (size_t i = 0; public_suffixes[i]; i++) {
        const char *name = mem_format("%s_%s", fn->name, public_suffixes[i]);
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

static const char *const private_suffixes[] = {"_state",    "_frame",    "_init_any", "_poll_any",
                                               "_drop_any", "_links",    "_spawn",    "_block_on",
                                               "_at_",      "_operands", "_trace"};

static const char *const private_names[] = {"_state",      "_states",   "_state_start",
                                            "_state_done", "_frame",    "_frame_poll",
                                            "_init_any",   "_poll_any", "_drop_any",
                                            "_links",      "_spawn",    "_block_on",
                                            "_operands",   "_trace",    NULL};

static bool is_private_suffix(const char *text, unsigned length)
{
    if (length > 4 && !memcmp(text, "_at_", 4))
        return true;
    for (unsigned i = 0; private_names[i]; i++)
        if (length == strlen(private_names[i]) && !memcmp(text, private_names[i], length))
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
    struct table taken = {0};
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct source *source = unit->functions.at[i]->source;
        if (!*table_at(&taken, source->path))
            take_stems(unit, source->text, source->length);
        *table_at(&taken, source->path) = source;
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
    "break",  "case",     "char",     "const", "continue", "default", "do",     "double",
    "else",   "enum",     "extern",   "float", "for",      "goto",    "if",     "int",
    "long",   "restrict", "return",   "short", "signed",   "sizeof",  "static", "struct",
    "switch", "union",    "unsigned", "void",  "volatile", "while",
};

static const char *const called_members[] = {"drop", "init", "poll"};

static const char *const members[] = {
    "align",       "arena", "awaits", "data",      "file",   "frame",  "link",
    "link_at",     "links", "name",   "offset",    "parent", "result", "result_at",
    "result_size", "size",  "state",  "suspended", "type",   "waker",
};

struct site { // of something generated
    unsigned offset;
    struct function *fn;
};
typedef struct vec(struct site) site_list;

static int compare_sites(const void *left, const void *right)
{
    const struct site *a = left, *b = right;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

// In front of each function and its future, behind each directive inside of a function, and where
// the file ends.
static void find_sites(struct unit *unit, site_list *sites)
{
    const struct source *s = unit->main;
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->is_async || !fn->body)
            continue;
        VEC_PUSH(sites, ((struct site){fn->slot_offset, fn}));
        VEC_PUSH(sites, ((struct site){fn->top, fn}));
        VEC_PUSH(sites, ((struct site){s->length, fn}));
        if (fn->in_header)
            continue;
        for (struct token t = lex_next(s->text, fn->top, fn->end); t.kind != TOKEN_END;
             t = lex_next(s->text, t.end, fn->end))
            if (t.kind == TOKEN_DIRECTIVE)
                VEC_PUSH(sites, ((struct site){t.end, fn}));
    }
    mem_sort(sites->at, sites->count, sizeof *sites->at, compare_sites);
}

static void refuse_macro(const struct front_options *options, struct unit *unit, const char *name,
                         bool with_parameters)
{
    struct place at;
    if (!front_macro_place(name, with_parameters, &at))
        return;
    site_list sites = {0};
    find_sites(unit, &sites);
    unsigned *offsets = mem_alloc((sites.count + 1) * sizeof *offsets);
    for (size_t i = 0; i < sites.count; i++)
        offsets[i] = sites.at[i].offset;
    int first = probe_first_defined(options, unit->main, name, offsets, sites.count);
    if (first < 0)
        return;
    struct function *fn = sites.at[first].fn;
    error_at(at, "E0405", "macro '%s' would change what is generated", name);
    note_at((struct place){fn->source, fn->name_offset}, "for '%s', say", fn->name);
}

void check_macro_names(const struct front_options *options, struct unit *unit)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        refuse_macro(options, unit, keywords[i], true);
    for (size_t i = 0; i < sizeof called_members / sizeof *called_members; i++)
        refuse_macro(options, unit, called_members[i], true);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        refuse_macro(options, unit, members[i], false);
    for (size_t i = 0; front_has_future_macros() && i < unit->functions.count; i++)
        for (size_t j = 0; unit->functions.at[i]->is_async && public_suffixes[j]; j++)
            refuse_macro(options, unit,
                         mem_format("%s_%s", unit->functions.at[i]->name, public_suffixes[j]),
                         true);
}

void choose_names(struct unit *unit)
{
    choose_stems(unit);
    for (size_t i = 0; i < unit->functions.count; i++)
        if (unit->functions.at[i]->is_async && unit->functions.at[i]->body)
            check_names(unit, unit->functions.at[i]);
}
