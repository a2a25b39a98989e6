// front_macros.c - the macros a program defines, and where it invokes them.
//   in:    clang's preprocessing record
//   out:   the invocations, opaque ranges and keywords of each source; include directives
//   needs: front_parse
//
// The record is in the order of translation, so a definition that stands before an invocation is in
// force there unless a later one does, too. It has no #undef: what is said of a macro is of use
// only while its name is defined. `#pragma pop_macro` is not there either: what a probe of the text
// gives is compared with what clang made of it.
#include "front_clang.h"

#include <stdlib.h>
#include <string.h>

struct definition {
    struct macro macro;
    CXCursor cursor;
    unsigned order; // in the record
    bool visited, unbalanced;
    int braces;               // how many more it opens than it closes
    struct definition *older; // in the same bucket
};

enum {
    BUCKETS = 4096,
    LAST = UINT32_MAX // behind all
};
static struct definition *definitions[BUCKETS]; // newest first

static unsigned hash_text(const char *text, size_t length)
{
    unsigned h = 2166136261u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h;
}

static bool is_named(const struct definition *d, const char *name, size_t length)
{
    return !strncmp(d->macro.name, name, length) && !d->macro.name[length];
}

// The one that holds before `order`.
static struct definition *find_before(const char *name, size_t length, unsigned order)
{
    struct definition *d = definitions[hash_text(name, length) % BUCKETS];
    while (d && (d->order >= order || !is_named(d, name, length)))
        d = d->older;
    return d;
}

static struct definition *find_named(const char *text, struct token t, unsigned order)
{
    return t.kind == TOKEN_NAME ? find_before(text + t.start, t.end - t.start, order) : NULL;
}

static struct definition *find(const char *name)
{
    return find_before(name, strlen(name), LAST);
}

static struct definition *older_of(const struct definition *d)
{
    return find_before(d->macro.name, strlen(d->macro.name), d->order);
}

bool front_is_macro(const char *name, size_t length)
{
    return find_before(name, length, LAST);
}

// ---- Definitions ----------------------------------------------------------------------------

static const char *text_of_file(CXFile file, CXCursor definition)
{
    if (!clang_Location_isInSystemHeader(clang_getCursorLocation(definition)))
        return front_source(file)->text; // without rare spellings
    static CXFile last;
    static unsigned last_parse;
    static const char *text;
    if (file != last || last_parse != front_parses)
        text = clang_getFileContents(front_tu, file, NULL);
    last = file;
    last_parse = front_parses;
    return text;
}

// Its resource directory is always called .../clang/VERSION.
static bool is_of_clang(const char *path)
{
    const char *at = path;
    while ((at = strstr(at, "/clang/"))) {
        at += strlen("/clang/");
        size_t version = strspn(at, "0123456789.");
        if (version && !strncmp(at + version, "/include/", strlen("/include/")))
            return true;
    }
    return false;
}

// Of the compiler's own headers, with parameters.
static bool is_opaque(const struct definition *d)
{
    CXSourceLocation at = clang_getCursorLocation(d->cursor);
    CXFile file;
    front_offset(at, &file);
    return file && clang_Location_isInSystemHeader(at) && d->macro.has_parameters &&
           is_of_clang(front_text(clang_getFileName(file)));
}

static void read_text(struct definition *d)
{
    CXFile file;
    CXSourceRange extent = clang_getCursorExtent(d->cursor);
    struct macro *m = &d->macro;
    m->start = front_offset(clang_getRangeStart(extent), &file);
    m->end = front_offset(clang_getRangeEnd(extent), NULL);
    m->text = file ? text_of_file(file, d->cursor) : NULL;
    if (!m->text) {
        m->start = m->end = 0;
        m->has_parameters = clang_Cursor_isMacroFunctionLike(d->cursor);
        return;
    }
    // libclang says no of a macro that is undefined later
    struct token name = lex_next(m->text, m->start, m->end);
    m->has_parameters = name.end < m->end && m->text[name.end] == '(';
}

static struct definition *with_text(struct definition *d)
{
    if (!d->macro.text && !d->macro.is_built_in) {
        read_text(d);
        d->macro.is_built_in = !d->macro.text;
        d->macro.is_opaque = is_opaque(d);
    }
    return d;
}

static bool same_text(struct definition *a, struct definition *b)
{
    const struct macro *x = &with_text(a)->macro, *y = &with_text(b)->macro;
    return x->end - x->start == y->end - y->start &&
           (x->start == x->end ||
            !memcmp(x->text + x->start, y->text + y->start, x->end - x->start));
}

static bool has_future_macros;

bool front_has_future_macros(void)
{
    return has_future_macros;
}

static void add_definition(CXCursor cursor, unsigned order)
{
    struct definition *d = mem_alloc(sizeof *d);
    const char *name = front_text(clang_getCursorSpelling(cursor));
    size_t length = strlen(name);
    has_future_macros |= strstr(name, "_future") != NULL;
    d->macro.name = name;
    d->cursor = cursor;
    d->order = order;
    struct definition **bucket = &definitions[hash_text(name, length) % BUCKETS];
    struct definition *before = find_before(name, length, LAST);
    d->older = *bucket;
    *bucket = d;
    if (!before || (!before->macro.is_ambiguous && same_text(d, before)))
        return;
    for (d->macro.is_ambiguous = true; before && !before->macro.is_ambiguous;
         before = older_of(before))
        before->macro.is_ambiguous = true;
}

struct token macro_body(const struct macro *m)
{
    struct token name = lex_next(m->text, m->start, m->end);
    if (m->has_parameters)
        name.end = lex_group_end(m->text, name.end, m->end);
    return (struct token){TOKEN_END, name.end, m->end};
}

static void inherit(struct definition *d, struct definition *inner);

// What its body does, and what the macros do that the body names: all that have had the name, for
// which it is differs from invocation to invocation.
static void look_into(struct definition *d)
{
    struct macro *m = &with_text(d)->macro;
    if (d->visited)
        return;
    d->visited = true;
    m->is_tangled = m->is_ambiguous;
    if (m->is_built_in)
        return;
    int depth = 0;
    struct token body = macro_body(m);
    for (struct token t = lex_next(m->text, body.start, body.end); t.kind != TOKEN_END;
         t = lex_next(m->text, t.end, body.end)) {
        char c = t.kind == TOKEN_PUNCTUATION ? m->text[t.start] : 0;
        depth += (c && strchr("([{", c)) - (c && strchr(")]}", c));
        d->braces += (c == '{') - (c == '}');
        d->unbalanced |= depth < 0;
        m->stringifies |= c == '#';
        m->quotes |= token_is(m->text, t, "#");
        m->counts |= token_is(m->text, t, "__COUNTER__");
        m->awaits |= token_is(m->text, t, "await") || token_is(m->text, t, "asyncc_await") ||
                     token_is(m->text, t, "defer") || token_is(m->text, t, "asyncc_defer");
        struct definition *inner = find_named(m->text, t, LAST);
        if (inner)
            d->braces += inner->braces;
        for (; inner; inner = older_of(inner))
            inherit(d, inner);
    }
    d->unbalanced |= depth != 0;
}

static void inherit(struct definition *d, struct definition *inner)
{
    look_into(inner);
    d->macro.stringifies |= inner->macro.stringifies;
    d->macro.quotes |= inner->macro.quotes;
    d->macro.counts |= inner->macro.counts;
    d->macro.awaits |= inner->macro.awaits;
    d->macro.is_tangled |= inner->macro.is_tangled;
    d->unbalanced |= inner->unbalanced;
}

struct listing {
    unsigned order, list;
    void (*visit)(struct macro *macro, void *data);
    void *data;
};

static void list_macro(const struct listing *l, struct definition *d)
{
    if (d->macro.listed == l->list)
        return;
    d->macro.listed = l->list;
    look_into(d);
    if (d->macro.is_built_in)
        return;
    l->visit(&d->macro, l->data);
    struct token body = macro_body(&d->macro);
    for (struct token t = lex_next(d->macro.text, body.start, body.end); t.kind != TOKEN_END;
         t = lex_next(d->macro.text, t.end, body.end)) {
        struct definition *inner = find_named(d->macro.text, t, l->order);
        if (inner)
            list_macro(l, inner);
    }
}

void front_macros_behind(const struct source *s, const struct invocation *v, unsigned list,
                         void (*visit)(struct macro *macro, void *data), void *data)
{
    struct listing l = {v->order, list, visit, data};
    for (struct token t = lex_next(s->text, v->start, v->end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, v->end)) {
        struct definition *d = find_named(s->text, t, v->order);
        if (d)
            list_macro(&l, d);
    }
}

static bool is_plain_value(struct definition *d)
{
    const struct macro *m = &with_text(d)->macro;
    if (m->has_parameters)
        return false;
    if (m->is_built_in)
        return true;
    struct token body = macro_body(m);
    struct token first = lex_next(m->text, body.start, body.end);
    if (first.kind == TOKEN_END)
        return true;
    if (token_is(m->text, first, "("))
        return lex_next(m->text, lex_group_end(m->text, first.start, body.end), body.end).kind ==
               TOKEN_END;
    if (first.kind == TOKEN_PUNCTUATION || lex_next(m->text, first.end, body.end).kind != TOKEN_END)
        return false;
    // where it names another macro, the parentheses behind it may be that one's arguments
    const struct definition *inner = find_named(m->text, first, LAST);
    return !inner || inner == d;
}

bool front_macro_is_whole(const struct invocation *v)
{
    const struct macro *m = v->macro;
    if (!m || m->is_built_in)
        return false;
    struct token body = macro_body(m);
    struct token first = lex_next(m->text, body.start, body.end), last = first;
    for (struct token t = first; t.kind != TOKEN_END; t = lex_next(m->text, t.end, body.end))
        last = t;
    return first.kind == TOKEN_END || token_is(m->text, first, "_Pragma") ||
           token_is(m->text, last, ";") || token_is(m->text, last, "}");
}

long long front_macro_number(const char *name, size_t length)
{
    struct definition *d = find_before(name, length, LAST);
    if (!d)
        return 0;
    const struct macro *m = &with_text(d)->macro;
    if (m->has_parameters || m->is_ambiguous || m->is_built_in)
        return 0;
    struct token body = macro_body(m);
    struct token value = lex_next(m->text, body.start, body.end);
    bool alone = lex_next(m->text, value.end, body.end).kind == TOKEN_END;
    return value.kind == TOKEN_NUMBER && alone ? strtoll(m->text + value.start, NULL, 0) : 0;
}

// One that keeps its meaning once it has it: of the system, or ours.
static bool is_stable(const struct definition *d)
{
    CXSourceLocation at = clang_getCursorLocation(d->cursor);
    CXFile file;
    front_offset(at, &file);
    return !d->macro.is_ambiguous &&
           (!file || clang_Location_isInSystemHeader(at) || front_is_ours(file));
}

// `#define restrict __restrict` changes nothing.
static bool is_same_word(const struct macro *m)
{
    struct token body = macro_body(m), word = lex_next(m->text, body.start, body.end);
    if (lex_next(m->text, word.end, body.end).kind != TOKEN_END)
        return false;
    while (word.start < word.end && m->text[word.start] == '_')
        word.start++;
    while (word.start < word.end && m->text[word.end - 1] == '_')
        word.end--;
    return token_is(m->text, word, m->name);
}

bool front_macro_place(const char *name, bool with_parameters, struct place *place)
{
    for (struct definition *d = find(name); d; d = older_of(d)) {
        CXSourceLocation at = clang_getCursorLocation(d->cursor);
        CXFile file;
        unsigned offset = front_offset(at, &file);
        if (clang_Location_isInSystemHeader(at) || (file && front_is_ours(file)) ||
            (!with_parameters && with_text(d)->macro.has_parameters) ||
            is_same_word(&with_text(d)->macro))
            continue;
        *place = (struct place){front_source(file), offset};
        return true;
    }
    return false;
}

// ---- Keywords -------------------------------------------------------------------------------

static const char *const keywords[] = {
    "async",
    "await",
    "defer",
    "async_fn",
    "asyncc_async",
    "asyncc_await",
    "asyncc_defer",
    "asyncc_fn",
    "asyncc_call_convention",
    "async_join",
    "async_select",
    "async_timeout_ms",
    "async_spawn",
    "async_group_spawn",
    "async_block_on",
    NULL,
};

static bool is_keyword(const char *name)
{
    if (strncmp(name, "async", 5) && strcmp(name, "await") && strcmp(name, "defer"))
        return false;
    for (size_t i = 0; keywords[i]; i++)
        if (!strcmp(keywords[i], name))
            return true;
    return false;
}

// The words may be the program's, if it defines ASYNCC_NO_KEYWORDS.
static bool is_defined_by_us(CXCursor definition)
{
    CXFile file;
    front_offset(clang_getCursorLocation(definition), &file);
    return front_is_our_header(file);
}

void front_each_keyword(void (*visit)(const char *name, void *data), void *data)
{
    for (size_t i = 0; keywords[i]; i++) {
        const struct definition *d = find(keywords[i]);
        if (d && is_defined_by_us(d->cursor))
            visit(keywords[i], data);
    }
}

bool front_macros_may_change(struct source *s, unsigned start, unsigned end)
{
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, end)) {
        struct definition *d = find_named(s->text, t, LAST);
        if (!d || (is_keyword(d->macro.name) && is_defined_by_us(d->cursor)))
            continue;
        bool called = token_is(s->text, lex_next(s->text, t.end, end), "(");
        if (!called && with_text(d)->macro.has_parameters)
            continue;
        if (!is_stable(d) || front_invocation(s, t.start) < 0)
            return true;
    }
    return false;
}

// ---- Invocations ----------------------------------------------------------------------------

static struct definition *definition_of(CXCursor cursor, const char *name)
{
    struct definition *newest = find(name);
    for (struct definition *d = newest; d && newest->macro.is_ambiguous; d = older_of(d))
        if (clang_equalCursors(d->cursor, cursor))
            return d;
    return newest;
}

static void add_invocation(CXCursor c, unsigned order)
{
    CXFile file;
    CXSourceRange extent = clang_getCursorExtent(c);
    unsigned start = front_offset(clang_getRangeStart(extent), &file);
    struct source *source = NULL;
    if (file && front_in_main(file))
        source = front_unit->main;
    else if (file && !clang_Location_isInSystemHeader(clang_getRangeStart(extent)))
        source = front_source(file);
    if (!source)
        return;
    const char *name = front_text(clang_getCursorSpelling(c));
    CXCursor cursor = clang_getCursorReferenced(c);
    if (is_keyword(name) && is_defined_by_us(cursor)) {
        if (source == front_unit->main && (!strcmp(name, "async") || !strcmp(name, "asyncc_async")))
            VEC_PUSH(&source->keywords, ((struct keyword){start, false}));
        return;
    }
    struct invocation v = {.start = start,
                           .end = front_offset(clang_getRangeEnd(extent), NULL),
                           .name = name,
                           .order = order,
                           .counts = !strcmp(name, "__COUNTER__")};
    struct definition *d = clang_Cursor_isNull(cursor) ? NULL : definition_of(cursor, name);
    if (d && with_text(d)->macro.is_opaque) {
        VEC_PUSH(&source->opaque, ((struct range){.start = v.start, .end = v.end}));
        return;
    }
    v.macro = d ? &d->macro : NULL;
    v.has_arguments = v.end > v.start + strlen(name);
    VEC_PUSH(&source->invocations, v);
}

static enum CXChildVisitResult on_preprocessing(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    unsigned *order = data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    ++*order;
    if (kind == CXCursor_MacroDefinition)
        add_definition(c, *order);
    else if (kind == CXCursor_MacroExpansion)
        add_invocation(c, *order);
    else if (kind == CXCursor_InclusionDirective)
        front_note_include(c);
    return clang_isPreprocessing(kind) ? CXChildVisit_Continue : CXChildVisit_Break;
}

static int by_start(const void *a, const void *b)
{
    const struct invocation *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->end > y->end ? -1 : x->end < y->end;
}

static int by_keyword(const void *a, const void *b)
{
    const struct keyword *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int by_range(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

const struct range *front_opaque_at(const struct source *source, unsigned start)
{
    struct range key = {.start = start};
    return source->opaque.count ? bsearch(&key, source->opaque.at, source->opaque.count,
                                          sizeof *source->opaque.at, by_range)
                                : NULL;
}

static void describe(struct invocation *v, struct definition *d)
{
    look_into(d);
    v->plain_value = is_plain_value(d);
    v->stringifies = d->macro.stringifies;
    v->quotes = d->macro.quotes;
    v->is_tangled = d->macro.is_tangled;
    v->counts |= d->macro.counts;
    v->awaits |= d->macro.awaits;
    v->unbalanced = d->unbalanced;
    v->braces = d->braces;
}

// Only the outermost stay.
static void sort_invocations(struct source *source)
{
    if (source->opaque.count)
        mem_sort(source->opaque.at, source->opaque.count, sizeof *source->opaque.at, by_range);
    if (!source->invocations.count)
        return;
    mem_sort(source->invocations.at, source->invocations.count, sizeof *source->invocations.at,
             by_start);
    size_t kept = 0;
    unsigned end = 0;
    for (size_t i = 0; i < source->invocations.count; i++) {
        struct invocation v = source->invocations.at[i];
        if (front_opaque_at(source, v.start))
            continue; // in its body
        v.plain_value = !v.macro;
        if (v.macro)
            describe(&v, (struct definition *)v.macro);
        if (kept && v.start < end) { // in the arguments of another
            struct invocation *outer = &source->invocations.at[kept - 1];
            outer->counts |= v.counts;
            outer->quotes |= v.quotes;
            outer->is_tangled |= v.is_tangled;
            continue;
        }
        end = v.end;
        source->invocations.at[kept++] = v;
    }
    source->invocations.count = kept;
}

static void sort_keywords(struct source *source)
{
    if (source->keywords.count)
        mem_sort(source->keywords.at, source->keywords.count, sizeof *source->keywords.at,
                 by_keyword);
}

void front_collect_macros(void)
{
    unsigned order = 0;
    memset(definitions, 0, sizeof definitions);
    has_future_macros = false;
    clang_visitChildren(clang_getTranslationUnitCursor(front_tu), on_preprocessing, &order);
    for (size_t i = 0; i < front_unit->sources.count; i++)
        sort_invocations(front_unit->sources.at[i]);
    sort_keywords(front_unit->main);
}

int front_invocation(struct source *source, unsigned offset)
{
    size_t low = 0, high = source->invocations.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (source->invocations.at[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < source->invocations.count && source->invocations.at[low].start <= offset)
        return (int)low;
    return -1;
}
