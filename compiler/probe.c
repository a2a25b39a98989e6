// probe.c - asks clang what macros stand for.
//   in:    the main file, its invocations
//   out:   their expansions
//   needs: front_collect_macros
//
// clang itself expands: a copy of the file has its directives only, and for each invocation a #line
// directive whose file name is the invocation, stringified after expansion (`#define S(...)
// S_(__VA_ARGS__)`, `#define S_(...) #__VA_ARGS__`); the presumed file name there is the expansion.
//
// Such a string has the spaces of the source, but `-x` with -1 for x would become `--1` in it. So
// the macros behind an invocation are defined once more with spaces around all that is replaced.
// Where # could see these spaces, or a name has had several definitions, the invocation is expanded
// as it is written as well: that one has the right strings, and both must be equal but for spaces.
#include "probe.h"

#include <string.h>

enum hiding { // of names that stay as they are in an expansion
    HIDE_NOTHING,
    HIDE_KEYWORDS,
    HIDE_ALL // those, too, that read better unexpanded, but not where # could see them
};

static const char *const readable[] = {"NULL", "errno", "stdin", "stdout", "stderr", "offsetof"};

enum {
    READABLE = sizeof readable / sizeof *readable
};

struct probed {
    struct invocation *invocation;
    bool twice; // as it is written, then with spaces
};

struct macro_list vec(struct macro *);

struct probe {
    struct source *source;
    struct buffer text;
    enum hiding hiding;
    unsigned list; // of the macros that are known to have spaces
    struct vec(const char *) keywords;
    struct macro_list opaque; // those that are hidden
    struct macro_list behind; // of the invocation at hand
    struct vec(struct probed) probed;
    struct vec(unsigned) offsets; // one or two for each
};

static unsigned lists; // numbers of front_macros_behind; never the same twice

// ---- Text with spaces -----------------------------------------------------------------------

// One line, with the spaces of the source: they are part of the strings # makes.
static void put_flat(struct buffer *b, const char *text, unsigned start, unsigned end)
{
    unsigned at = start;
    for (struct token t = lex_next(text, start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (t.start > at)
            put(b, " ");
        put_text(b, text + t.start, t.end - t.start);
        at = t.end;
    }
}

static bool is_one_of(const char *text, struct token t, const char *bytes)
{
    return t.kind == TOKEN_PUNCTUATION && t.end - t.start == 1 && strchr(bytes, text[t.start]);
}

static bool is_parameter(const char *text, struct token name, struct token parameters)
{
    for (struct token t = lex_next(text, parameters.start, parameters.end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, parameters.end))
        if (t.end - t.start == name.end - name.start &&
            !memcmp(text + t.start, text + name.start, t.end - t.start))
            return true;
    return token_is(text, name, "__VA_ARGS__");
}

// What could stand for anything, also for what runs together with its neighbours, as in `-x` with
// -1 for x, `x/y` with *p for y, `NEG-x` with - for NEG.
static bool may_be_replaced(const char *text, struct token t, struct token parameters)
{
    return t.kind == TOKEN_NAME &&
           (front_is_macro(text + t.start, t.end - t.start) || is_parameter(text, t, parameters));
}

static void put_spaced(struct buffer *b, const char *text, unsigned start, unsigned end,
                       struct token parameters)
{
    enum {
        DEPTH_LIMIT = 256
    };
    bool calls[DEPTH_LIMIT] = {false}, replaced = false; // what is to the left, and may be so
    unsigned depth = 0;
    struct token left = {TOKEN_END, start, start};
    for (struct token t = lex_next(text, start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        bool replaces = may_be_replaced(text, t, parameters);
        bool apart = (replaced && !is_one_of(text, t, "()[]{},;.")) ||
                     (replaces && left.kind != TOKEN_END && !is_one_of(text, left, "([{,;"));
        if (t.start > left.end || apart)
            put(b, " ");
        put_text(b, text + t.start, t.end - t.start);
        bool closes_call = false;
        if (token_is(text, t, "(")) {
            if (depth < DEPTH_LIMIT)
                calls[depth] = replaced;
            depth++;
        } else if (token_is(text, t, ")") && depth && --depth < DEPTH_LIMIT) {
            closes_call = calls[depth];
        }
        replaced = replaces || closes_call;
        left = t;
    }
}

static void put_definition(struct buffer *b, const struct macro *m, bool spaced)
{
    struct token body = macro_body(m), name = lex_next(m->text, m->start, m->end);
    struct token parameters = {TOKEN_END, name.end, body.start};
    put(b, "#define ");
    put_flat(b, m->text, m->start, body.start);
    put(b, " ");
    if (spaced)
        put_spaced(b, m->text, body.start, body.end, parameters);
    else
        put_flat(b, m->text, body.start, body.end);
    put(b, "\n");
}

// ---- Names that stay ------------------------------------------------------------------------

static void switch_name(struct probe *p, const char *name, bool hidden)
{
    put(&p->text,
        hidden ? "#pragma push_macro(\"%s\")\n#undef %s\n" : "#pragma pop_macro(\"%s\")\n", name,
        name);
}

static void hide(struct probe *p, enum hiding hiding)
{
    for (size_t i = 0; i < p->keywords.count; i++)
        if (!p->hiding != !hiding)
            switch_name(p, p->keywords.at[i], hiding);
    for (size_t i = 0; i < READABLE; i++)
        if ((p->hiding == HIDE_ALL) != (hiding == HIDE_ALL))
            switch_name(p, readable[i], hiding == HIDE_ALL);
    p->hiding = hiding;
}

static bool is_readable(const char *name)
{
    for (size_t i = 0; i < READABLE; i++)
        if (!strcmp(readable[i], name))
            return true;
    return false;
}

static void show_all(struct probe *p)
{
    hide(p, HIDE_NOTHING);
    for (size_t i = 0; i < p->opaque.count; i++) {
        switch_name(p, p->opaque.at[i]->name, false);
        p->opaque.at[i]->is_hidden = false;
    }
    p->opaque.count = 0;
}

static void add_keyword(const char *name, void *data)
{
    struct probe *p = data;
    VEC_PUSH(&p->keywords, name);
}

// ---- Probes ---------------------------------------------------------------------------------

static void add_macro(struct macro *m, void *data)
{
    struct probe *p = data;
    if (m->is_opaque && !m->is_hidden) {
        switch_name(p, m->name, true);
        m->is_hidden = true;
        VEC_PUSH(&p->opaque, m);
    }
    struct token first = lex_next(m->text, macro_body(m).start, m->end);
    bool has_neighbours = lex_next(m->text, first.end, m->end).kind != TOKEN_END;
    if (has_neighbours && !m->is_opaque && !is_readable(m->name))
        VEC_PUSH(&p->behind, m);
}

// The name keeps the new definition.
static void define(struct probe *p, struct macro *m, bool spaced)
{
    if (m->is_spaced == spaced)
        return;
    m->is_spaced = spaced;
    put(&p->text, "#ifdef %s\n#undef %s\n", m->name, m->name);
    put_definition(&p->text, m, spaced);
    put(&p->text, "#endif\n");
}

static void define_all(struct probe *p, bool spaced)
{
    for (size_t i = 0; i < p->behind.count; i++) {
        struct macro *m = p->behind.at[i];
        if (!m->is_ambiguous) {
            define(p, m, spaced);
        } else if (spaced) {
            put(&p->text, "#pragma push_macro(\"%s\")\n#ifdef %s\n#undef %s\n", m->name, m->name,
                m->name);
            put_definition(&p->text, m, spaced);
            put(&p->text, "#endif\n");
        }
    }
}

static void restore_ambiguous(struct probe *p)
{
    for (size_t i = 0; i < p->behind.count; i++)
        if (p->behind.at[i]->is_ambiguous)
            switch_name(p, p->behind.at[i]->name, false);
}

static void put_invocation(struct probe *p, const struct invocation *v, bool spaced)
{
    const struct source *s = p->source;
    const char *file;
    unsigned line = presumed_line(p->source, v->start, &file);
    put(&p->text, "#line %u \"", line);
    put_escaped(&p->text, file);
    put(&p->text, "\"\n#line %u ASYNCC_STRING(", line);
    if (spaced)
        put_spaced(&p->text, s->text, v->start, v->end, (struct token){TOKEN_END, 0, 0});
    else
        put_flat(&p->text, s->text, v->start, v->end);
    put(&p->text, ")\n");
    VEC_PUSH(&p->offsets, (unsigned)p->text.length);
}

static void put_probe(struct probe *p, struct invocation *v)
{
    bool twice = v->quotes || v->is_tangled;
    p->behind.count = 0;
    front_macros_behind(p->source, v, twice ? ++lists : p->list, add_macro, p);
    hide(p, v->quotes ? HIDE_KEYWORDS : HIDE_ALL);
    if (twice) {
        define_all(p, false);
        put_invocation(p, v, false);
    }
    define_all(p, true);
    put_invocation(p, v, true);
    restore_ambiguous(p);
    VEC_PUSH(&p->probed, ((struct probed){v, twice}));
}

static void put_directive(struct probe *p, struct token t)
{
    const char *text = p->source->text;
    struct token word = lex_next(text, t.start + 1, t.end);
    show_all(p);
    if (!token_is(text, word, "line")) {
        put_text(&p->text, text + t.start, t.end - t.start);
        put(&p->text, "\n");
    }
    p->list = ++lists;
}

static void put_all_probes(struct probe *p)
{
    struct source *s = p->source;
    size_t v = 0;
    put(&p->text, "#define ASYNCC_STRING(...) ASYNCC_STRING_(__VA_ARGS__)\n#define "
                  "ASYNCC_STRING_(...) #__VA_ARGS__\n");
    for (struct token t = lex_next(s->text, lex_start(s->text, s->length), s->length);
         t.kind != TOKEN_END; t = lex_next(s->text, t.end, s->length)) {
        if (t.kind == TOKEN_DIRECTIVE)
            put_directive(p, t);
        for (; v < s->invocations.count && s->invocations.at[v].start < t.end; v++) {
            struct invocation *found = &s->invocations.at[v];
            found->expand &= t.kind != TOKEN_DIRECTIVE; // there the directive itself expands it
            if (found->expand)
                put_probe(p, found);
            if (found->expand && found->end > t.end)
                t.end = found->end;
        }
    }
}

// ---- Answers --------------------------------------------------------------------------------

// The tokens of `spaced`, the strings of `flat`; NULL where they differ in more than spaces.
static const char *with_strings_of(const char *flat, const char *spaced)
{
    struct buffer b = {0};
    const char *end = flat + strlen(flat);
    unsigned length = (unsigned)strlen(spaced), at = 0;
    put(&b, "%s", "");
    for (struct token t = lex_next(spaced, 0, length); t.kind != TOKEN_END;
         t = lex_next(spaced, t.end, length)) {
        if (t.start > at)
            put(&b, " ");
        at = t.end;
        if (t.kind == TOKEN_STRING) {
            flat += strspn(flat, " ");
            struct token string = lex_next(flat, 0, (unsigned)(end - flat));
            if (string.kind != TOKEN_STRING)
                return NULL;
            put_text(&b, flat, string.end);
            flat += string.end;
            continue;
        }
        for (unsigned i = t.start; i < t.end; i++) {
            flat += strspn(flat, " ");
            if (*flat++ != spaced[i])
                return NULL;
        }
        put_text(&b, spaced + t.start, t.end - t.start);
    }
    return flat[strspn(flat, " ")] ? NULL : b.text;
}

// ---- Names that are not to be expanded again ------------------------------------------------
//
// `#define f(x) f(x)` expands once. In the text that an expansion becomes part of, the name that is
// left would be one more invocation.

static void note_name(struct macro *m, void *data)
{
    *table_at(data, m->name) = m;
}

static bool stays_as_it_is(const struct probe *p, const struct macro *m)
{
    for (size_t i = 0; i < p->keywords.count; i++)
        if (!strcmp(p->keywords.at[i], m->name))
            return true;
    return is_readable(m->name) || m->is_opaque;
}

static bool names_macro(const char *text, unsigned length)
{
    for (struct token t = lex_next(text, 0, length); t.kind != TOKEN_END;
         t = lex_next(text, t.end, length))
        if (t.kind == TOKEN_NAME && front_is_macro(text + t.start, t.end - t.start))
            return true;
    return false;
}

static bool is_itself(const struct macro *m)
{
    struct token body = macro_body(m), name = lex_next(m->text, body.start, body.end);
    return token_is(m->text, name, m->name) &&
           lex_next(m->text, name.end, body.end).kind == TOKEN_END;
}

// NULL: that cannot be said.
static const char *without_invocations(const struct probe *p, const struct invocation *v,
                                       const char *text)
{
    unsigned length = (unsigned)strlen(text), at = 0;
    if (!names_macro(text, length))
        return text;
    struct table names = {0};
    struct buffer b = {0};
    front_macros_behind(p->source, v, ++lists, note_name, &names);
    for (struct token t = lex_next(text, 0, length); t.kind != TOKEN_END;
         t = lex_next(text, t.end, length)) {
        const struct macro *m = t.kind == TOKEN_NAME
                                    ? *table_at(&names, mem_text(text + t.start, t.end - t.start))
                                    : NULL;
        if (!m || stays_as_it_is(p, m) || (!m->has_parameters && is_itself(m)))
            continue;
        if (!m->has_parameters || lex_is_keyword(text, t))
            return NULL;
        if (!token_is(text, lex_next(text, t.end, length), "("))
            continue;
        put_text(&b, text + at, t.start - at);
        put(&b, "(%s)", m->name);
        at = t.end;
    }
    put_text(&b, text + at, length - at);
    return b.text ? b.text : "";
}

static bool was_expanded(struct source *s, const struct invocation *v, const char *text)
{
    const char *file;
    presumed_line(s, v->start, &file);
    return strcmp(text, file) != 0; // else the #line directive was none
}

const struct opened *probe_invocations(const struct front_options *options, struct source *source,
                                       size_t *count)
{
    struct probe p = {.source = source, .list = ++lists};
    front_each_keyword(add_keyword, &p);
    put_all_probes(&p);
    const char **texts = mem_alloc((p.offsets.count + 1) * sizeof *texts);
    if (!front_probe(options, p.text.text, (unsigned)p.text.length, p.offsets.at,
                     (unsigned)p.offsets.count, texts))
        internal_fault("the expansion probe of %s does not parse", options->path);
    struct opened *opened = mem_alloc((p.probed.count + 1) * sizeof *opened);
    for (size_t i = 0; i < p.probed.count; i++) {
        struct probed *of = &p.probed.at[i];
        const char *flat = of->twice ? *texts++ : NULL, *spaced = *texts++;
        bool known = was_expanded(source, of->invocation, spaced) &&
                     (!flat || was_expanded(source, of->invocation, flat));
        opened[i].invocation = of->invocation;
        const char *text = !known ? NULL : flat ? with_strings_of(flat, spaced) : spaced;
        opened[i].text = text ? without_invocations(&p, of->invocation, text) : NULL;
    }
    *count = p.probed.count;
    return opened;
}

int probe_first_defined(const struct front_options *options, const struct source *source,
                        const char *name, const unsigned *offsets, size_t count)
{
    struct buffer text = {0};
    unsigned *probes = mem_alloc((count + 1) * sizeof *probes);
    const char **answers = mem_alloc((count + 1) * sizeof *answers);
    size_t n = 0;
    struct token t = {TOKEN_END, 0, lex_start(source->text, source->length)};
    do {
        t = lex_next(source->text, t.end, source->length);
        for (; n < count && (offsets[n] <= t.start || t.kind == TOKEN_END); n++) {
            put(&text, "#line 1 \"no\"\n#ifdef %s\n#line 1 \"yes\"\n#endif\n", name);
            probes[n] = (unsigned)text.length;
        }
        if (t.kind == TOKEN_DIRECTIVE) {
            put_text(&text, source->text + t.start, t.end - t.start);
            put(&text, "\n");
        }
    } while (t.kind != TOKEN_END);
    if (!front_probe(options, text.text, (unsigned)text.length, probes, (unsigned)count, answers))
        internal_fault("the macro probe of %s does not parse", options->path);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(answers[i], "yes"))
            return (int)i;
    return -1;
}
