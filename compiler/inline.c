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
    DEPTH_LIMIT = 200,
    NONE = -1
};

struct pasting {
    struct unit *unit;
    const struct include_directive *directives; // of all files, in the order of translation
    size_t directive_count;
    int *first; // of the directives met in what directive I - 1 includes; [0]: in the main file
    int *next;  // met there after this one
    bool *repeated, *replaced;
    struct table leading;  // files that define functions, or include such files
    struct table imported; // files
    struct table pasted;
    struct buffer text;
    const char *open[DEPTH_LIMIT]; // the files around what is being written
    unsigned depth;
    bool any;
};

// ---- Which files ----------------------------------------------------------------------------

static bool is_in(struct table *files, const char *path)
{
    return *table_at(files, path);
}

static bool add_to(struct table *files, const char *path)
{
    void **entry = table_at(files, path);
    bool is_new = !*entry;
    *entry = (void *)path;
    return is_new;
}

static void link_directives(struct pasting *p)
{
    size_t count = p->directive_count;
    p->first = mem_alloc((count + 1) * sizeof *p->first);
    p->next = mem_alloc((count + 1) * sizeof *p->next);
    p->repeated = mem_alloc(count + 1);
    p->replaced = mem_alloc(count + 1);
    struct table included = {0};
    for (size_t i = 0; i < count; i++)
        p->repeated[i] = !add_to(&included, p->directives[i].real_path);
    for (size_t i = 0; i <= count; i++)
        p->first[i] = NONE;
    for (size_t i = count; i-- > 0;) {
        int *first = &p->first[p->directives[i].parent + 1];
        p->next[i] = *first;
        *first = (int)i;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

struct ranges vec(struct range);

static struct ranges bodies_in(const struct unit *unit, const struct source *s)
{
    struct ranges bodies = {0};
    for (size_t i = 0; i < unit->functions.count; i++) {
        const struct function *fn = unit->functions.at[i];
        if (fn->body && fn->source == s)
            VEC_PUSH(&bodies, ((struct range){fn->start, fn->end}));
    }
    if (bodies.count)
        mem_sort(bodies.at, bodies.count, sizeof *bodies.at, by_start);
    return bodies;
}

static bool is_inside(const struct ranges *ranges, unsigned offset)
{
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges->at[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->count && ranges->at[low].start < offset;
}

static bool must_be_pasted(struct function *fn)
{
    return !fn->source->is_main && (!fn->is_async || !fn->is_static || !fn->is_inline ||
                                    front_macros_may_change(fn->source, fn->start, fn->end));
}

static bool find_leading(struct pasting *p)
{
    bool any = false;
    for (size_t i = 0; i < p->unit->functions.count; i++) {
        struct function *fn = p->unit->functions.at[i];
        if (fn->body && must_be_pasted(fn))
            any |= add_to(&p->leading, fn->source->path);
    }
    for (bool again = any; again;) {
        again = false;
        for (size_t i = p->directive_count; i-- > 0;)
            if (is_in(&p->leading, p->directives[i].path))
                again |= add_to(&p->leading, p->directives[i].from);
    }
    return any;
}

static bool includes_in_function(const struct pasting *p)
{
    struct ranges bodies = bodies_in(p->unit, p->unit->main);
    for (int i = p->first[0]; i != NONE; i = p->next[i])
        if (is_inside(&bodies, p->directives[i].offset))
            return true;
    return false;
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

// Its name ends the directive's line: "NAME", <NAME> or a macro.
static struct token included_name(const char *text, struct token directive)
{
    struct token word = lex_next(text, directive.start + 1, directive.end);
    struct token name = lex_next(text, word.end, directive.end);
    if (token_is(text, name, "<"))
        while (name.end < directive.end && text[name.end - 1] != '>')
            name.end++;
    return name;
}

static unsigned directory_length(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (unsigned)(slash + 1 - name) : 0;
}

// How the main file names the directory of a file that became part of it.
struct directory {
    const char *prefix; // up to the last slash
    bool angle;         // in <>: not beside the main file, but where -I says
};

static bool is_main_directory(struct directory d)
{
    return !*d.prefix && !d.angle;
}

// The part of `path` behind the directory of the file `from`, or NULL: it is not below.
static const char *behind_directory(const char *path, const char *from)
{
    unsigned length = directory_length(from);
    return strncmp(path, from, length) ? NULL : path + length;
}

static struct directory directory_of(const struct source *s, const struct include_directive *d,
                                     struct token name, struct directory outer)
{
    bool angle = s->text[name.start] == '<', quoted = s->text[name.start] == '"';
    const char *rest = angle ? NULL : behind_directory(d->path, s->path);
    if (rest)
        return (
            struct directory){mem_format("%s%.*s", outer.prefix, (int)directory_length(rest), rest),
                              outer.angle};
    if (!angle && !quoted)
        return outer; // a guess: verify_inclusions() compares
    const char *spelled = mem_text(s->text + name.start + 1, name.end - name.start - 2);
    return (struct directory){mem_text(spelled, directory_length(spelled)), true};
}

// ---- The new text ---------------------------------------------------------------------------

static void put_line(struct buffer *b, unsigned line, const char *file)
{
    put(b, "#line %u \"", line);
    put_escaped(b, file);
    put(b, "\"\n");
}

static void put_file(struct pasting *p, struct source *s, int entered_by,
                     struct directory directory, bool in_function);

static bool is_open(const struct pasting *p, const char *path)
{
    for (unsigned i = 0; i < p->depth; i++)
        if (!strcmp(p->open[i], path))
            return true;
    return false;
}

static bool is_pasted(struct pasting *p, const char *path, bool in_function)
{
    if (p->depth == DEPTH_LIMIT)
        return false;
    if (in_function)
        return !front_is_system(path);
    return is_in(&p->leading, path) && !is_open(p, path); // then its guards do the rest
}

static void paste(struct pasting *p, struct source *s, struct token t, int directive,
                  struct directory directory, bool in_function)
{
    const struct include_directive *d = &p->directives[directive];
    struct source *file = front_included(d->path);
    p->any = p->replaced[directive] = true;
    if (is_directive(s->text, t, "import", NULL))
        add_to(&p->imported, d->real_path);
    if (p->repeated[directive] && (is_in(&p->imported, d->real_path) || is_once(file)))
        return;
    if (add_to(&p->pasted, d->path))
        VEC_PUSH(&p->unit->pasted, d->path);
    struct directory inner = directory_of(s, d, included_name(s->text, t), directory);
    if (!in_function) // in a header nobody would expect that all of it is used
        put(&p->text, "#pragma GCC diagnostic push\n"
                      "#pragma GCC diagnostic ignored \"-Wunused-function\"\n");
    put_line(&p->text, 1, d->path);
    put_file(p, file, directive, inner, in_function);
    put(&p->text, in_function ? "\n" : "\n#pragma GCC diagnostic pop\n");
}

// A quoted name is looked up beside the file that has the directive, which now is another one.
static unsigned put_renamed(struct pasting *p, const struct source *s, struct token t,
                            int directive, struct directory directory, unsigned at)
{
    struct token name = included_name(s->text, t);
    const char *path = p->directives[directive].path;
    const char *rest = s->text[name.start] == '<' ? NULL : behind_directory(path, s->path);
    if (!rest || is_main_directory(directory))
        return at;
    put_text(&p->text, s->text + at, t.start - at);
    put(&p->text, directory.angle ? "#include <%s%s>" : "#include \"%s%s\"", directory.prefix,
        rest);
    return t.end;
}

static bool asks_beside(const char *text, struct token word, struct token directive)
{
    struct token next = lex_next(text, word.end, directive.end);
    if (token_is(text, word, "embed"))
        return text[next.start] == '"';
    return (token_is(text, word, "__has_include") || token_is(text, word, "__has_embed")) &&
           text[lex_next(text, next.end, directive.end).start] == '"';
}

// What asks for files beside this one, or how deep it is included, would get another answer.
static void refuse_questions(struct source *s, struct token t, struct directory directory)
{
    for (struct token w = lex_next(s->text, t.start + (t.kind == TOKEN_DIRECTIVE), t.end);
         w.kind != TOKEN_END; w = lex_next(s->text, w.end, t.end))
        if (token_is(s->text, w, "__has_include_next") ||
            token_is(s->text, w, "__INCLUDE_LEVEL__") ||
            (!is_main_directory(directory) && asks_beside(s->text, w, t)))
            error_at((struct place){s, w.start}, "E0402",
                     "'%.*s' means something else where this file becomes part of another",
                     (int)(w.end - w.start), s->text + w.start);
}

static struct token whole_lines(const struct source *s, struct token t)
{
    while (t.start > 0 && s->text[t.start - 1] != '\n')
        t.start--;
    while (t.end < s->length && s->text[t.end] != '\n')
        t.end++;
    t.end += t.end < s->length;
    return t;
}

static bool is_inclusion(const char *text, struct token t)
{
    return is_directive(text, t, "include", NULL) || is_directive(text, t, "import", NULL) ||
           is_directive(text, t, "include_next", NULL);
}

// With the conditionals that the tree does without: they may end behind what they begin in.
static struct source *as_written(struct source *s)
{
    if (!s->raw)
        return s;
    struct source *written = mem_alloc(sizeof *written);
    *written = *s;
    written->text = mem_text(s->raw, s->length);
    return written;
}

// `directory` is the file's.
static void put_file(struct pasting *p, struct source *read, int entered_by,
                     struct directory directory, bool in_function)
{
    struct ranges bodies = bodies_in(p->unit, read);
    struct source *s = as_written(read);
    unsigned at = s->is_main ? 0 : lex_start(s->text, s->length);
    int directive = p->first[entered_by + 1];
    p->open[p->depth++] = s->path;
    for (struct token t = lex_next(s->text, lex_start(s->text, s->length), s->length);
         t.kind != TOKEN_END; t = lex_next(s->text, t.end, s->length)) {
        if (!s->is_main && (t.kind == TOKEN_DIRECTIVE || t.kind == TOKEN_NAME))
            refuse_questions(s, t, directory);
        if (t.kind != TOKEN_DIRECTIVE)
            continue;
        if (!s->is_main && is_directive(s->text, t, "pragma", "once")) {
            put_text(&p->text, s->text + at, t.start - at);
            at = t.end;
        }
        while (directive != NONE && p->directives[directive].offset < t.start)
            directive = p->next[directive];
        if (directive == NONE || p->directives[directive].offset >= t.end ||
            !is_inclusion(s->text, t))
            continue;
        bool inside = in_function || is_inside(&bodies, t.start);
        if (!is_pasted(p, p->directives[directive].path, inside)) {
            at = put_renamed(p, s, t, directive, directory, at);
            continue;
        }
        struct token lines = whole_lines(s, t);
        put_text(&p->text, s->text + at, lines.start - at);
        paste(p, s, t, directive, directory, inside);
        const char *file;
        unsigned line = presumed_line(s, t.start, &file);
        put_line(&p->text, line + 1, file);
        at = lines.end;
    }
    put_text(&p->text, s->text + at, s->length - at);
    p->depth--;
}

// ---- Proof ----------------------------------------------------------------------------------

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

// What has not been replaced must still include the same files in the same order.
static bool verify_inclusions(const struct pasting *p)
{
    size_t count, n = 0;
    const struct include_directive *now = front_include_directives(&count);
    for (size_t i = 0; i < p->directive_count; i++) {
        if (p->replaced[i])
            continue;
        const struct include_directive *d = n < count ? &now[n++] : NULL;
        if (d && !strcmp(d->real_path, p->directives[i].real_path))
            continue;
        struct source *from = d ? front_included(d->from) : p->unit->main;
        error_at((struct place){from, d ? d->offset : 0}, "E0402",
                 "'%s' would be included in place of '%s' where a file becomes part of another",
                 d ? d->path : "nothing", p->directives[i].path);
        return false;
    }
    if (n == count)
        return true;
    error_at((struct place){front_included(now[n].from), now[n].offset}, "E0402",
             "'%s' would be included once more where a file becomes part of another", now[n].path);
    return false;
}

bool has_fragments(struct unit *unit)
{
    struct pasting p = {.unit = unit};
    p.directives = front_include_directives(&p.directive_count);
    link_directives(&p);
    return find_leading(&p) || includes_in_function(&p);
}

// Returns false when errors were reported.
bool inline_fragments(struct front_options *options, struct unit *unit)
{
    struct pasting p = {.unit = unit};
    unsigned before = error_count; // the whole tree is checked in spite of those
    p.directives = front_include_directives(&p.directive_count);
    link_directives(&p);
    if (find_leading(&p) || includes_in_function(&p))
        put_file(&p, unit->main, NONE, (struct directory){"", false}, false);
    if (error_count > before)
        return false;
    if (p.any) {
        options->text = p.text.text;
        options->length = (unsigned)p.text.length;
        options->asks_warnings = false;
        if (!front_parse(options, unit))
            return false;
        front_build(unit);
        if (!verify_inclusions(&p))
            return false;
    }
    return !refuse_others(unit);
}
