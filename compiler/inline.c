// inline.c - included fragments become part of the file: those that define async functions with
// external or static linkage, and those included inside a function.
//   in:    the unit's functions
//   out:   a new text of the main file, parsed again
//
// The include directive of such a file (an .inc or .c, say) is replaced by its text between #line
// directives, because left as it is it would define the untranslated functions once more; in a
// function, because the statements it holds are to be taken apart like all others. `static
// inline async` functions of a header need none of this: what is left of them in the header is
// never called.
#include "front.h"

#include <string.h>
#include <unistd.h>

enum {
    FRAGMENT_LIMIT = 64
};

static bool defines_functions(struct unit *unit, const char *path)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && !(fn->is_static && fn->is_inline) &&
            !strcmp(fn->source->path, path))
            return true;
    }
    return false;
}

static struct function *function_around(struct unit *unit, unsigned offset)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->body && fn->source->is_main && fn->start < offset && offset < fn->end)
            return fn;
    }
    return NULL;
}

static bool is_fragment(struct unit *unit, const char *path, unsigned directive)
{
    return function_around(unit, directive) || defines_functions(unit, path);
}

static void put_line(struct buffer *b, unsigned line, const char *file)
{
    put(b, "#line %u \"", line);
    for (; *file; file++)
        put(b, *file == '"' || *file == '\\' ? "\\%c" : "%c", *file);
    put(b, "\"\n");
}

static bool is_directive(const char *text, struct token t, const char *name, const char *word)
{
    struct token first = lex_next(text, t.start + 1, t.end);
    return t.kind == TOKEN_DIRECTIVE && token_is(text, first, name) &&
           (!word || token_is(text, lex_next(text, first.end, t.end), word));
}

static bool is_once(const struct source *s)
{
    for (struct token t = lex_next(s->text, 0, s->length); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, s->length))
        if (is_directive(s->text, t, "pragma", "once"))
            return true;
    return false;
}

// Of an include directive: what its file name begins with, up to the last slash.
static unsigned directory_length(const char *name, unsigned length)
{
    while (length && name[length - 1] != '/')
        length--;
    return length;
}

static bool is_beside(const char *path, const char *name, unsigned length)
{
    return !access(mem_format("%.*s%.*s", (int)directory_length(path, (unsigned)strlen(path)), path,
                              (int)length, name),
                   R_OK);
}

// A name in quotes is looked up beside the file that includes it, which now is another one.
static void put_fragment(struct buffer *b, const struct source *s, const char *directory,
                         unsigned length)
{
    unsigned at = 0;
    for (struct token t = lex_next(s->text, 0, s->length); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, s->length)) {
        if (is_directive(s->text, t, "pragma", "once")) {
            put_text(b, s->text + at, t.start - at);
            at = t.end;
        }
        if (!is_directive(s->text, t, "include", NULL))
            continue;
        struct token word = lex_next(s->text, t.start + 1, t.end);
        struct token name = lex_next(s->text, word.end, t.end);
        if (name.kind != TOKEN_STRING ||
            !is_beside(s->path, s->text + name.start + 1, name.end - name.start - 2))
            continue;
        put_text(b, s->text + at, name.start + 1 - at);
        put_text(b, directory, length);
        at = name.start + 1;
    }
    put_text(b, s->text + at, s->length - at);
}

struct pasting {
    struct unit *unit;
    struct buffer text;
    unsigned at; // what stands before is in the new text
    bool any;
};

static bool was_pasted(struct unit *unit, const char *path)
{
    for (size_t i = 0; i < unit->pasted.count; i++)
        if (!strcmp(unit->pasted.at[i], path))
            return true;
    return false;
}

// Replaces the line that holds the directive.
static void paste(const char *path, unsigned directive, void *data)
{
    struct pasting *p = data;
    struct source *s = p->unit->main;
    if (directive < p->at || !is_fragment(p->unit, path, directive))
        return;
    struct source *fragment = front_included(path);
    unsigned start = directive, end = directive;
    while (start > 0 && s->text[start - 1] != '\n')
        start--;
    while (end < s->length && s->text[end] != '\n')
        end++;
    const char *file;
    unsigned line = presumed_line(s, directive, &file);
    put_text(&p->text, s->text + p->at, start - p->at);
    bool again = was_pasted(p->unit, path);
    if (!again || !is_once(fragment)) {
        struct token hash = lex_next(s->text, start, end);
        struct token word = lex_next(s->text, hash.start + 1, end);
        struct token name = lex_next(s->text, word.end, end);
        bool quoted = name.kind == TOKEN_STRING;
        const char *directory = s->text + name.start + 1;
        put_line(&p->text, 1, path);
        put_fragment(&p->text, fragment, directory,
                     quoted ? directory_length(directory, name.end - name.start - 2) : 0);
        put(&p->text, "\n");
    }
    put_line(&p->text, line + 1, file);
    p->at = end < s->length ? end + 1 : end;
    p->any = true;
    if (!again)
        VEC_PUSH(&p->unit->pasted, path);
}

static bool refuse_indirect(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->body || fn->source->is_main || !defines_functions(unit, fn->source->path))
            continue;
        error_at((struct place){fn->source, fn->name_offset}, "E0402",
                 "async '%s' is defined in a file that this one does not include itself", fn->name);
        return true;
    }
    return false;
}

// Returns false when errors were reported.
bool inline_fragments(struct front_options *options, struct unit *unit)
{
    for (int round = 0; round < FRAGMENT_LIMIT; round++) { // a fragment may include others
        struct pasting p = {.unit = unit};
        front_each_direct_include(paste, &p);
        if (!p.any)
            break;
        put_text(&p.text, unit->main->text + p.at, unit->main->length - p.at);
        options->text = p.text.text;
        options->length = (unsigned)p.text.length;
        if (!front_parse(options, unit))
            return false;
        front_build(unit);
    }
    return !refuse_indirect(unit);
}
