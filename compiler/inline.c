// inline.c - included files become part of the main file where they define async functions, or
// stand inside a function.
//   in:    the unit's functions, the include directives of all files
//   out:   a new text of the main file, parsed again
//
// Left as it is, an include directive of a fragment (an .inc or .c, say) would define the
// untranslated functions once more; and the statements of a file included inside a function are to
// be taken apart like all others. So the directive is replaced by the file's text, between #line
// directives. `static inline async` functions of a header need none of this, for they are
// translated behind the include directive, and what is left of them in the header is never called;
// but not if they use macros that may not be the same any more behind it.
#include "front.h"

#include <string.h>

enum {
    DEPTH_LIMIT = 200
};

struct pasting {
    struct unit *unit;
    const struct include_directive *directives; // of all files
    size_t directive_count;
    struct vec(const char *) leading; // files that define functions, or include such files
    struct buffer text;
    const char *open[DEPTH_LIMIT]; // the files around what is being written
    unsigned depth;
    bool any;
};

// ---- Which files ----------------------------------------------------------------------------

static bool is_inside_function(struct unit *unit, unsigned offset)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->body && fn->source->is_main && fn->start < offset && offset < fn->end)
            return true;
    }
    return false;
}

static bool is_among(const char *path, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i], path))
            return true;
    return false;
}

static bool must_be_pasted(struct function *fn)
{
    return !fn->source->is_main && (!fn->is_async || !fn->is_static || !fn->is_inline ||
                                    front_macros_may_change(fn->source, fn->start, fn->end));
}

static bool add_leading(struct pasting *p, const char *path)
{
    if (is_among(path, p->leading.at, p->leading.count))
        return false;
    VEC_PUSH(&p->leading, path);
    return true;
}

static void find_leading(struct pasting *p)
{
    for (size_t i = 0; i < p->unit->functions.count; i++) {
        struct function *fn = p->unit->functions.at[i];
        if (fn->body && must_be_pasted(fn))
            add_leading(p, fn->source->path);
    }
    for (bool again = p->leading.count > 0; again;) {
        again = false;
        for (size_t i = 0; i < p->directive_count; i++)
            if (is_among(p->directives[i].path, p->leading.at, p->leading.count))
                again |= add_leading(p, p->directives[i].from);
    }
}

static const struct include_directive *included_by(struct pasting *p, const char *from,
                                                   struct token directive)
{
    for (size_t i = 0; i < p->directive_count; i++) {
        const struct include_directive *d = &p->directives[i];
        if (d->offset >= directive.start && d->offset < directive.end && !strcmp(d->from, from))
            return d;
    }
    return NULL;
}

static bool is_needed(struct pasting *p)
{
    for (size_t i = 0; i < p->directive_count; i++)
        if (!strcmp(p->directives[i].from, p->unit->main->path) &&
            is_inside_function(p->unit, p->directives[i].offset))
            return true;
    return p->leading.count > 0;
}

// ---- Directives -----------------------------------------------------------------------------

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

struct include_name { // "NAME" or <NAME>
    unsigned start, end;
    bool quoted;
};

static struct include_name name_in(const char *text, struct token directive)
{
    struct token word = lex_next(text, directive.start + 1, directive.end);
    struct token name = lex_next(text, word.end, directive.end);
    struct include_name n = {name.start + 1, name.end, text[name.start] == '"'};
    while (n.end < directive.end && text[n.end - 1] != (n.quoted ? '"' : '>'))
        n.end++;
    if (n.end > n.start)
        n.end--;
    return n;
}

static unsigned directory_length(const char *name, unsigned length)
{
    while (length && name[length - 1] != '/')
        length--;
    return length;
}

// How the main file names the directory of a file that became part of it.
struct directory {
    const char *prefix; // up to the last slash
    bool angle;         // in <>: not beside the main file, but where -I says
};

// The part of `path` behind the directory of the file `from`, or NULL: it is not below.
static const char *behind_directory(const char *path, const char *from)
{
    unsigned length = directory_length(from, (unsigned)strlen(from));
    return strncmp(path, from, length) ? NULL : path + length;
}

static struct directory directory_of(const struct source *s, const struct include_directive *d,
                                     struct include_name n, struct directory outer)
{
    const char *rest = n.quoted ? behind_directory(d->path, s->path) : NULL;
    const char *name = rest ? rest : mem_text(s->text + n.start, n.end - n.start);
    unsigned length = directory_length(name, (unsigned)strlen(name));
    return (struct directory){mem_format("%s%.*s", rest ? outer.prefix : "", (int)length, name),
                              rest ? outer.angle : true};
}

// ---- The new text ---------------------------------------------------------------------------

static void put_line(struct buffer *b, unsigned line, const char *file)
{
    put(b, "#line %u \"", line);
    put_escaped(b, file);
    put(b, "\"\n");
}

static void put_file(struct pasting *p, struct source *s, struct directory directory,
                     bool in_function);

// `directory` is that of the file the directive stands in. Returns whether the directive's line has
// been replaced.
static bool paste(struct pasting *p, struct source *s, struct token t,
                  const struct include_directive *d, struct directory directory, bool in_function)
{
    const char *path = d ? d->path : NULL;
    if (!d || p->depth == DEPTH_LIMIT ||
        !((in_function && !front_is_system(path)) ||
          is_among(path, p->leading.at, p->leading.count)))
        return false;
    struct source *file = front_included(path);
    bool once = is_once(file);
    if (is_among(path, p->open, p->depth) && !once)
        return false; // its guards do the rest
    if (!once || !is_among(path, p->unit->pasted.at, p->unit->pasted.count)) {
        struct directory inner = directory_of(s, d, name_in(s->text, t), directory);
        if (!is_among(path, p->unit->pasted.at, p->unit->pasted.count))
            VEC_PUSH(&p->unit->pasted, path);
        if (!in_function) // in a header nobody would expect that all of it is used
            put(&p->text, "#pragma GCC diagnostic push\n"
                          "#pragma GCC diagnostic ignored \"-Wunused-function\"\n");
        put_line(&p->text, 1, path);
        put_file(p, file, inner, in_function);
        put(&p->text, in_function ? "\n" : "\n#pragma GCC diagnostic pop\n");
    }
    return p->any = true;
}

static void put_file(struct pasting *p, struct source *s, struct directory directory,
                     bool in_function)
{
    unsigned at = 0;
    p->open[p->depth++] = s->path;
    for (struct token t = lex_next(s->text, 0, s->length); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, s->length)) {
        if (t.kind != TOKEN_DIRECTIVE)
            continue;
        if (!s->is_main && is_directive(s->text, t, "pragma", "once")) {
            put_text(&p->text, s->text + at, t.start - at);
            at = t.end;
        }
        if (!is_directive(s->text, t, "include", NULL))
            continue;
        unsigned start = t.start, end = t.end;
        while (start > 0 && s->text[start - 1] != '\n')
            start--;
        while (end < s->length && s->text[end] != '\n')
            end++;
        size_t length = p->text.length;
        put_text(&p->text, s->text + at, start - at);
        const struct include_directive *d = included_by(p, s->path, t);
        if (paste(p, s, t, d, directory,
                  in_function || (s->is_main && is_inside_function(p->unit, t.start)))) {
            const char *file;
            unsigned line = presumed_line(s, t.start, &file);
            put_line(&p->text, line + 1, file);
            at = end < s->length ? end + 1 : end;
            continue;
        }
        p->text.length = length;
        // Looked up beside the file that has the directive, which now is another one.
        struct token word = lex_next(s->text, t.start + 1, t.end);
        bool angle = s->text[lex_next(s->text, word.end, t.end).start] == '<';
        const char *rest = d && !angle ? behind_directory(d->path, s->path) : NULL;
        if (!rest || (!*directory.prefix && !directory.angle))
            continue;
        put_text(&p->text, s->text + at, t.start - at);
        put(&p->text, directory.angle ? "#include <%s%s>" : "#include \"%s%s\"", directory.prefix,
            rest);
        at = t.end;
    }
    put_text(&p->text, s->text + at, s->length - at);
    p->depth--;
}

static bool refuse_others(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->body || !must_be_pasted(fn))
            continue;
        error_at((struct place){fn->source, fn->name_offset}, "E0402",
                 "'%s' is defined in a file whose include directive cannot be found", fn->name);
        return true;
    }
    return false;
}

// Returns false when errors were reported.
bool inline_fragments(struct front_options *options, struct unit *unit)
{
    struct pasting p = {.unit = unit};
    p.directives = front_include_directives(&p.directive_count);
    find_leading(&p);
    if (is_needed(&p))
        put_file(&p, unit->main, (struct directory){"", false}, false);
    if (p.any) {
        options->text = p.text.text;
        options->length = (unsigned)p.text.length;
        if (!front_parse(options, unit))
            return false;
        front_build(unit);
    }
    return !refuse_others(unit);
}
