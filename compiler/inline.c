// inline.c - included fragments that define async functions with external or static linkage become
// part of the file.
//   in:    the unit's functions
//   out:   a new text of the main file, parsed again
//
// The include directive of such a file (an .inc or .c, say) is replaced by its text between #line
// directives, because left as it is it would define the untranslated functions once more. `static
// inline async` functions of a header need none of this: what is left of them in the header is
// never called.
#include "front.h"

#include <string.h>

enum {
    FRAGMENT_LIMIT = 64
};

static bool defines_functions(struct unit *unit, struct source *source)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && fn->source == source && !(fn->is_static && fn->is_inline))
            return true;
    }
    return false;
}

static struct source *next_fragment(struct unit *unit)
{
    for (size_t i = 0; i < unit->sources.count; i++)
        if (!unit->sources.at[i]->is_main && defines_functions(unit, unit->sources.at[i]))
            return unit->sources.at[i];
    return NULL;
}

static void put_line(struct buffer *b, unsigned line, const char *file)
{
    put(b, "#line %u \"", line);
    for (; *file; file++)
        put(b, *file == '"' || *file == '\\' ? "\\%c" : "%c", *file);
    put(b, "\"\n");
}

// Returns false when errors were reported.
bool inline_fragments(struct front_options *options, struct unit *unit)
{
    struct source *fragment;
    for (int n = 0; (fragment = next_fragment(unit)); n++) {
        unsigned directive;
        if (n == FRAGMENT_LIMIT || !front_include_place(fragment->path, &directive)) {
            struct function *fn = unit->functions.at[0];
            for (size_t i = 0; i < unit->functions.count; i++)
                if (unit->functions.at[i]->source == fragment && unit->functions.at[i]->body)
                    fn = unit->functions.at[i];
            error_at((struct place){fragment, fn->name_offset}, "E0402",
                     "async '%s' is defined in a file that this one does not include itself",
                     fn->name);
            return false;
        }
        struct source *s = unit->main;
        unsigned start = directive, end = directive;
        while (start > 0 && s->text[start - 1] != '\n')
            start--;
        while (end < s->length && s->text[end] != '\n')
            end++;
        const char *file;
        unsigned line = presumed_line(s, directive, &file);
        struct buffer text = {0};
        put_text(&text, s->text, start);
        put_line(&text, 1, fragment->path);
        put_text(&text, fragment->text, fragment->length);
        put(&text, "\n");
        put_line(&text, line + 1, file);
        put_text(&text, s->text + (end < s->length ? end + 1 : end),
                 s->length - (end < s->length ? end + 1 : end));
        options->text = text.text;
        options->length = (unsigned)text.length;
        if (!front_parse(options, unit))
            return false;
        front_build(unit);
    }
    return true;
}
