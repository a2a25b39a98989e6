// expand.c - macros that hide what must be rewritten are replaced by their text.
//   in:    the unit's tree, invocations
//   out:   a new text of the main file, parsed again
//
// clang itself expands: in a copy of the file, each such invocation is preceded by a #line
// directive whose file name is the invocation, stringified after expansion (`#define S(...)
// S_(__VA_ARGS__)`, `#define S_(...) #__VA_ARGS__`); the presumed file name there is the expansion.
// It is pasted into the text, padded with newlines so that lines keep their numbers, and this
// repeats until nothing is left to expand.
#include "front.h"

#include <stdlib.h>
#include <string.h>

enum {
    EXPANSION_LIMIT = 8
};

static bool inside(struct node *n, struct node *outer)
{
    return n->invocation >= 0 && n->invocation == outer->invocation;
}

struct marking {
    struct source *source;
    bool any;
};

static void mark(struct marking *m, struct node *n)
{
    if (n->invocation < 0)
        return;
    struct invocation *v = &m->source->invocations.at[n->invocation];
    if (!v->expand)
        v->expand = m->any = true;
}

static bool is_written(struct marking *m, struct node *n, const char *keyword)
{
    struct token t = lex_next(m->source->text, n->at, m->source->length);
    return t.start == n->at && token_is(m->source->text, t, keyword);
}

static bool scope_awaits(struct node *n)
{
    for (struct node *up = n->parent; up; up = up->parent)
        if (up->kind == NODE_BLOCK || up->kind == NODE_FOR)
            return up->has_await;
    return false;
}

static struct node *switch_of(struct node *n)
{
    while (n->parent && n->kind != NODE_SWITCH)
        n = n->parent;
    return n;
}

static bool bound_inside(struct node *jump)
{
    for (struct node *up = jump->parent; up && inside(up, jump); up = up->parent)
        if (up->kind == NODE_WHILE || up->kind == NODE_DO || up->kind == NODE_FOR ||
            (up->kind == NODE_SWITCH && jump->kind != NODE_CONTINUE))
            return true;
    return false;
}

// Its name in the output may differ from the source's.
static bool may_be_respelled(struct local *l)
{
    return l && (l->escapes || l->in_own_value || l->is_volatile || !l->is_scalar ||
                 l->spelling != l->name);
}

static bool is_async_unary(struct marking *m, struct node *n)
{
    if (n->kind != NODE_UNARY || n->invocation < 0 || !n->first)
        return false;
    // `await` in a macro body shows as a unary operator at the invocation's start.
    struct node *operand = n->first;
    while (operand->kind == NODE_PAREN && operand->first)
        operand = operand->first;
    (void)m;
    return (operand->kind == NODE_CALL && operand->is_async_call) || operand->kind == NODE_FORM;
}

static bool comma_between(struct source *s, struct node *a, struct node *b)
{
    struct token t = lex_next(s->text, a->end, s->length);
    while (t.start < b->start && token_is(s->text, t, ")"))
        t = lex_next(s->text, t.end, s->length);
    return token_is(s->text, t, ",") || token_is(s->text, t, "(");
}

static void mark_call(struct marking *m, struct node *call)
{
    mark(m, call);
    for (struct node *a = call->first; a && a->next; a = a->next)
        if (inside(a->next, a) || !comma_between(m->source, a, a->next))
            mark(m, a), mark(m, a->next); // a macro that is not just one argument
}

// `*f` and `&*f` of an async function: the operators go, and must be seen.
static bool takes_async_function(struct node *n)
{
    return n->first && n->first->type && type_is_async_pointer(n->first->type);
}

// A brace, a keyword or the end of a statement that only a macro shows.
static void mark_hidden_ends(struct marking *m, struct node *n)
{
    int last = n->end > n->start ? front_invocation(m->source, n->end - 1) : -1;
    if (n->kind < NODE_BLOCK || n->kind == NODE_EMPTY || last == n->invocation)
        return;
    if (n->kind == NODE_BLOCK && last >= 0 && !m->source->invocations.at[last].expand)
        m->source->invocations.at[last].expand = m->any = true;
    if (n->invocation >= 0)
        mark(m, n);
}

static void mark_nodes(struct marking *m, struct node *n, bool async)
{
    if (async)
        mark_hidden_ends(m, n);
    switch (n->kind) {
    case NODE_AWAIT:
    case NODE_FORM:
    case NODE_BLOCK_ON:
    case NODE_DEFER:
        mark(m, n);
        break;
    case NODE_CALL:
        if (n->is_async_call)
            mark_call(m, n);
        break;
    case NODE_UNARY:
        if (is_async_unary(m, n) || takes_async_function(n))
            mark(m, n);
        break;
    case NODE_RETURN:
    case NODE_GOTO:
    case NODE_LABEL:
    case NODE_COMPUTED_GOTO:
        if (async)
            mark(m, n);
        break;
    case NODE_BREAK:
    case NODE_CONTINUE:
        if (async && !bound_inside(n))
            mark(m, n);
        break;
    case NODE_CASE:
        if (async && !inside(switch_of(n), n))
            mark(m, n);
        break;
    case NODE_VARIABLE:
        if (async && n->invocation >= 0 && (scope_awaits(n) || (n->local && n->local->cleanup)))
            mark(m, n);
        // What attribute a macro adds cannot be seen: it may be a cleanup.
        if (async && n->local && n->local->hidden_attribute &&
            !m->source->invocations.at[n->local->hidden_attribute - 1].expand)
            m->source->invocations.at[n->local->hidden_attribute - 1].expand = m->any = true;
        break;
    case NODE_REF:
        if (n->callee && n->invocation >= 0)
            mark(m, n);
        if (async && n->local && n->invocation >= 0 && may_be_respelled(n->local) &&
            (n->hidden || m->source->invocations.at[n->invocation].stringifies))
            mark(m, n);
        break;
    case NODE_TYPE:
        if (async && scope_awaits(n))
            mark(m, n); // it may move
        break;
    case NODE_MEMBER:
        if (async && struct_without_place(n))
            mark(m, n);
        break;
    case NODE_COMPOUND_LITERAL:
        if (async && n->local && scope_awaits(n))
            mark(m, n);
        break;
    case NODE_WHILE:
        if (async && !is_written(m, n, "while")) // `defer` in a macro's body looks like it
            mark(m, n);
        break;
    case NODE_DO:
    case NODE_FOR:
    case NODE_IF:
    case NODE_SWITCH:
    case NODE_BLOCK:
        if (n->has_await || n->has_defer)
            mark(m, n);
        break;
    default:
        break;
    }
    // A statement with an await is taken apart: what is left of it must be plain text.
    if (n->kind == NODE_WHILE && (n->has_await || n->has_defer))
        mark(m, n);
    if (n->has_await && n->kind < NODE_BLOCK)
        for (struct node *c = n->first; c; c = c->next)
            if (c->invocation >= 0 && !m->source->invocations.at[c->invocation].plain_value)
                mark(m, c);
    for (struct node *c = n->first; c; c = c->next)
        mark_nodes(m, c, async);
}

static bool names(struct node *n, struct local *l, bool evaluated)
{
    if (evaluated && n->kind == NODE_UNEVALUATED)
        return false;
    if (n->kind == NODE_REF && n->local == l)
        return true;
    for (struct node *c = n->first; c; c = c->next)
        if (names(c, l, evaluated))
            return true;
    return false;
}

// `T *p = await allocate(sizeof *p)`: p must be declared before its value is computed. What can be
// assigned afterwards may stay a C local if only its size is needed.
static void look_for_itself(struct node *n)
{
    struct local *l = n->local;
    struct node *value = n->part[0];
    if (!l || l->is_static || !value || !names(value, l, false))
        return;
    l->in_own_value = !l->is_scalar || l->is_const || l->cleanup || names(value, l, true);
    l->in_own_size = !l->in_own_value;
}

static unsigned annotate_awaits(struct node *n)
{
    unsigned found = n->kind == NODE_AWAIT;
    if (n->kind == NODE_UNARY && n->invocation >= 0 && n->first) {
        struct node *operand = n->first;
        while (operand->kind == NODE_PAREN && operand->first)
            operand = operand->first;
        found |= operand->is_async_call || operand->kind == NODE_FORM;
    }
    if (n->kind == NODE_DEFER)
        n->has_defer = true;
    for (struct node *c = n->first; c; c = c->next) {
        found |= annotate_awaits(c);
        n->has_defer |= c->has_defer;
    }
    n->has_await = found;
    if (found && n->kind == NODE_VARIABLE)
        look_for_itself(n);
    return found;
}

// `BEGIN ... END`: what opens and closes brackets must be seen.
static void mark_unbalanced(struct marking *m, struct node *body)
{
    struct source *s = m->source;
    size_t low = 0, high = s->invocations.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->invocations.at[middle].end <= body->start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->invocations.count && s->invocations.at[low].start < body->end; low++)
        if (s->invocations.at[low].unbalanced)
            s->invocations.at[low].expand = m->any = true;
}

// Once a number of __COUNTER__ is written down, all must be: who counts on would begin anew.
static void mark_counters(struct source *s)
{
    bool counted = false;
    for (size_t i = 0; i < s->invocations.count; i++)
        counted |= s->invocations.at[i].expand && s->invocations.at[i].counts;
    for (size_t i = 0; i < s->invocations.count && counted; i++)
        s->invocations.at[i].expand |= s->invocations.at[i].counts;
}

static bool mark_unit(struct unit *unit)
{
    bool any = false;
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->body || !fn->source->is_main)
            continue;
        struct marking m = {.source = fn->source};
        annotate_awaits(fn->body);
        mark_nodes(&m, fn->body, fn->is_async);
        mark_unbalanced(&m, fn->body);
        any |= m.any;
    }
    if (any)
        mark_counters(unit->main);
    return any;
}

// ---- The probe ------------------------------------------------------------------------------
//
// Of the main file only the directives, and the invocations, each in a #line directive of its own.

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

// A name may stand for anything: could what it begins with run together with what is before it, as
// in `-x` with -1 for x, `x/y` with *p for y, `F(x)y`?
static bool may_join_name(const char *text, struct token left)
{
    char c = left.kind == TOKEN_PUNCTUATION && left.end - left.start == 1 ? text[left.start] : 0;
    return c && strchr("+-&/", c);
}

// The same, but what comes out of the expansion does not run together.
static void put_spaced(struct buffer *b, const char *text, unsigned start, unsigned end)
{
    enum {
        DEPTH_LIMIT = 256
    };
    bool calls[DEPTH_LIMIT] = {false}, closes_call = false;
    unsigned depth = 0;
    struct token left = {TOKEN_END, start, start};
    for (struct token t = lex_next(text, start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (t.start > left.end || (closes_call && t.kind != TOKEN_PUNCTUATION) ||
            (t.kind == TOKEN_NAME && may_join_name(text, left)) ||
            (t.kind == TOKEN_STRING && left.kind == TOKEN_NAME))
            put(b, " ");
        put_text(b, text + t.start, t.end - t.start);
        closes_call = false;
        if (token_is(text, t, "(") && depth < DEPTH_LIMIT)
            calls[depth++] = left.kind == TOKEN_NAME;
        else if (token_is(text, t, ")") && depth)
            closes_call = calls[--depth];
        left = t;
    }
}

static unsigned parameters_end(const char *text, struct token name, unsigned end)
{
    return name.end < end && text[name.end] == '(' ? lex_group_end(text, name.end, end) : name.end;
}

static void put_definition(struct buffer *b, const char *text, struct token name, unsigned end)
{
    unsigned body = parameters_end(text, name, end);
    put(b, "\n#define ");
    put_flat(b, text, name.start, body);
    put(b, " ");
    put_spaced(b, text, body, end);
    put(b, "\n");
}

enum hiding { // of names that stay as they are in an expansion
    HIDE_NOTHING,
    HIDE_KEYWORDS,
    HIDE_ALL // those, too, that read better unexpanded, but not where # could see them
};

static const char *const keywords[] = {
    "await",          "defer",        "asyncc_await",     "asyncc_defer",
    "async",          "asyncc_async", "async_fn",         "asyncc_fn",
    "async_join",     "async_select", "async_timeout_ms", "async_spawn",
    "async_block_on",
};
static const char *const readable[] = {"NULL", "errno", "stdin", "stdout", "stderr", "offsetof"};

enum {
    KEYWORDS = sizeof keywords / sizeof *keywords,
    READABLE = sizeof readable / sizeof *readable
};

struct probe {
    struct source *source;
    struct buffer text;
    enum hiding hiding;
    bool spaced; // the macros of headers are defined with spaces
    unsigned list;
    bool ours[KEYWORDS];
    struct vec(const char *) opaque;
    struct vec(unsigned) offsets;
};

static void hide(struct probe *p, enum hiding hiding)
{
    if (p->hiding == hiding)
        return;
    for (size_t i = 0; i < KEYWORDS; i++)
        if (p->ours[i] && !p->hiding != !hiding)
            put(&p->text,
                hiding ? "#pragma push_macro(\"%s\")\n#undef %s\n" : "#pragma pop_macro(\"%s\")\n",
                keywords[i], keywords[i]);
    for (size_t i = 0; i < READABLE; i++)
        if ((p->hiding == HIDE_ALL) != (hiding == HIDE_ALL))
            put(&p->text,
                hiding == HIDE_ALL ? "#pragma push_macro(\"%s\")\n#undef %s\n"
                                   : "#pragma pop_macro(\"%s\")\n",
                readable[i], readable[i]);
    for (size_t i = 0; i < p->opaque.count; i++)
        if (!p->hiding != !hiding)
            put(&p->text,
                hiding ? "#pragma push_macro(\"%s\")\n#undef %s\n" : "#pragma pop_macro(\"%s\")\n",
                p->opaque.at[i], p->opaque.at[i]);
    p->hiding = hiding;
}

static void add_opaque(const char *name, void *data)
{
    struct probe *p = data;
    VEC_PUSH(&p->opaque, name);
}

static void put_header_macro(struct macro_text m, void *data)
{
    struct probe *p = data;
    struct token name = lex_next(m.text, m.start, m.end);
    unsigned body = m.has_parameters ? parameters_end(m.text, name, m.end) : name.end;
    struct token first = lex_next(m.text, body, m.end);
    if (lex_next(m.text, first.end, m.end).kind == TOKEN_END)
        return;
    put(&p->text, "#ifdef %s\n#undef %s", m.name, m.name);
    put_definition(&p->text, m.text, name, m.end);
    put(&p->text, "#endif\n");
}

static void put_probe(struct probe *p, struct invocation *v)
{
    struct source *s = p->source;
    const char *file;
    unsigned line = presumed_line(s, v->start, &file);
    hide(p, HIDE_NOTHING);
    if (!v->quotes)
        front_macros_behind(s, v->start, v->end, p->list, put_header_macro, p);
    hide(p, v->quotes ? HIDE_KEYWORDS : HIDE_ALL);
    put(&p->text, "#line %u \"", line);
    put_escaped(&p->text, file);
    put(&p->text, "\"\n#line %u ASYNCC_STRING(", line);
    if (v->quotes)
        put_flat(&p->text, s->text, v->start, v->end);
    else
        put_spaced(&p->text, s->text, v->start, v->end);
    put(&p->text, ")\n");
    VEC_PUSH(&p->offsets, (unsigned)p->text.length);
}

static void put_directive(struct probe *p, struct token t)
{
    const char *text = p->source->text;
    struct token word = lex_next(text, t.start + 1, t.end);
    struct token name = lex_next(text, word.end, t.end);
    hide(p, HIDE_NOTHING);
    if (token_is(text, word, "define") && name.kind == TOKEN_NAME)
        put_definition(&p->text, text, name, t.end);
    else if (!token_is(text, word, "line")) {
        put_text(&p->text, text + t.start, t.end - t.start);
        put(&p->text, "\n");
    }
    p->list++; // what it defines may have been spaced already, or is new
}

static unsigned count_lines(const char *text, unsigned start, unsigned end)
{
    unsigned lines = 0;
    for (unsigned i = start; i < end; i++)
        lines += text[i] == '\n';
    return lines;
}

static unsigned original_offset(struct source *s, unsigned offset)
{
    struct expansion *e = NULL;
    for (size_t i = 0; i < s->expansions.count && s->expansions.at[i].start <= offset; i++)
        e = &s->expansions.at[i];
    return !e ? offset : offset < e->end ? e->original_start : e->original_end + (offset - e->end);
}

struct expansion_list vec(struct expansion);

struct growth { // of the list of expansions while a new text is put together
    size_t old; // next of the old text's expansions
    struct expansion_list list;
};

// Copies the old text up to `to`, and with it the expansions that lie there.
static void keep_text(struct growth *g, struct buffer *result, struct source *s, unsigned at,
                      unsigned to)
{
    long long shift = (long long)result->length - at;
    for (; g->old < s->expansions.count && s->expansions.at[g->old].start < to; g->old++) {
        struct expansion e = s->expansions.at[g->old];
        if (e.end <= at)
            continue;
        e.start = (unsigned)(e.start < at ? result->length : (size_t)(e.start + shift));
        e.end = (unsigned)((e.end < to ? e.end : to) + shift);
        VEC_PUSH(&g->list, e);
    }
    put_text(result, s->text + at, to - at);
}

static bool may_run_together(char left, char right)
{
    return !strchr(" \t\n([{,;", left) && !strchr(" \t\n)]},;", right);
}

static void put_expansion(struct buffer *b, const char *text, struct source *s,
                          struct invocation *v)
{
    size_t length = strlen(text);
    if (!length)
        return;
    if (b->length && may_run_together(b->text[b->length - 1], text[0]))
        put(b, " ");
    put_text(b, text, length);
    if (v->end < s->length && may_run_together(text[length - 1], s->text[v->end]))
        put(b, " ");
}

static void put_all_probes(struct probe *p)
{
    struct source *s = p->source;
    size_t v = 0;
    put(&p->text, "#define ASYNCC_STRING(...) ASYNCC_STRING_(__VA_ARGS__)\n#define "
                  "ASYNCC_STRING_(...) #__VA_ARGS__\n");
    unsigned at = s->length >= 3 && !memcmp(s->text, "\xEF\xBB\xBF", 3) ? 3 : 0;
    for (struct token t = lex_next(s->text, at, s->length); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, s->length)) {
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

static bool expand_once(const struct front_options *o, struct source *s, struct buffer *result,
                        struct expansion_list *list)
{
    static unsigned lists;
    struct probe p = {.source = s, .list = ++lists};
    for (size_t i = 0; i < KEYWORDS; i++)
        p.ours[i] = front_keyword_is_ours(keywords[i]);
    front_each_opaque_macro(add_opaque, &p);
    put_all_probes(&p);
    lists = p.list;
    const char **names = mem_alloc((p.offsets.count + 1) * sizeof *names);
    if (!front_probe(o, p.text.text, (unsigned)p.text.length, p.offsets.at,
                     (unsigned)p.offsets.count, names))
        internal_fault("the expansion probe of %s does not parse", o->path);
    unsigned at = 0;
    size_t n = 0;
    bool ok = true;
    struct growth g = {0};
    for (size_t i = 0; i < s->invocations.count; i++) {
        struct invocation *v = &s->invocations.at[i];
        if (!v->expand)
            continue;
        const char *text = names[n++], *file;
        presumed_line(s, v->start, &file);
        if (!strcmp(text, file)) {
            error_at((struct place){s, v->start}, "E0401",
                     "the expansion of macro '%s' cannot be followed", v->name);
            ok = false;
            continue;
        }
        keep_text(&g, result, s, at, v->start);
        struct expansion e = {(unsigned)result->length, 0, original_offset(s, v->start),
                              original_offset(s, v->end)};
        put_expansion(result, text, s, v);
        e.end = (unsigned)result->length;
        VEC_PUSH(&g.list, e);
        unsigned padding = count_lines(s->text, v->start, v->end);
        unsigned column_break = padding;
        while (column_break--)
            put(result, "\n");
        at = v->end;
    }
    keep_text(&g, result, s, at, s->length);
    *list = g.list;
    return ok;
}

bool expand(const struct front_options *options, struct unit *unit)
{
    struct front_options again = *options;
    struct source *original = unit->main;
    for (int round = 0; mark_unit(unit); round++) {
        if (round == EXPANSION_LIMIT) {
            for (size_t i = 0; i < unit->main->invocations.count; i++)
                if (unit->main->invocations.at[i].expand)
                    error_at((struct place){unit->main, unit->main->invocations.at[i].start},
                             "E0401", "macro '%s' expands to itself",
                             unit->main->invocations.at[i].name);
            return false;
        }
        struct buffer text = {0};
        struct expansion_list expansions = {0};
        if (!expand_once(&again, unit->main, &text, &expansions))
            return false;
        again.text = text.text;
        again.length = (unsigned)text.length;
        if (!front_parse(&again, unit))
            return false;
        unit->main->original = original;
        for (size_t i = 0; i < expansions.count; i++)
            VEC_PUSH(&unit->main->expansions, expansions.at[i]);
        front_build(unit);
    }
    return true;
}
