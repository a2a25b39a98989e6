// expand.c - macros that hide what must be rewritten are replaced by their text.
//   in:    the unit's tree, invocations
//   out:   a new text of the main file, parsed again
//
// clang says what they stand for (probe.c). That is pasted into the text, padded with newlines so
// that lines keep their numbers, and this repeats until nothing is left to expand.
#include "probe.h"

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

static void mark_invocation(struct marking *m, int invocation)
{
    struct invocation *v = invocation < 0 ? NULL : &m->source->invocations.at[invocation];
    if (v && !v->expand)
        v->expand = m->any = true;
}

static void mark(struct marking *m, struct node *n)
{
    mark_invocation(m, n->invocation);
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

// `await` in a macro body shows as a unary operator at the invocation's start.
static bool hides_await(const struct node *n)
{
    if (n->kind != NODE_UNARY || n->invocation < 0 || !n->first)
        return false;
    const struct node *operand = n->first;
    while (operand->kind == NODE_PAREN && operand->first)
        operand = operand->first;
    return operand->is_async_call || operand->kind == NODE_FORM;
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
    if (n->kind == NODE_BLOCK)
        mark_invocation(m, last);
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
        if (hides_await(n) || takes_async_function(n))
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
        if (async && n->local)
            mark_invocation(m, n->local->hidden_attribute - 1);
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
    unsigned found = n->kind == NODE_AWAIT || hides_await(n);
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

// The first that ends behind `offset`.
static size_t first_invocation(const struct source *s, unsigned offset)
{
    size_t low = 0, high = s->invocations.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->invocations.at[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_unbalanced(const struct invocation *v)
{
    return v->unbalanced;
}

static bool names_hidden(const struct invocation *v)
{
    return v->names_hidden;
}

static bool is_any(const struct invocation *v)
{
    (void)v;
    return true;
}

static void mark_those_in(struct marking *m, const struct node *n,
                          bool (*wanted)(const struct invocation *v))
{
    const struct source *s = m->source;
    for (size_t i = first_invocation(s, n->start);
         i < s->invocations.count && s->invocations.at[i].start < n->end; i++)
        if (wanted(&s->invocations.at[i]))
            mark_invocation(m, (int)i);
}

// Their text is copied to where the scope is left, behind directives that change what it means.
static void mark_deferred(struct marking *m, struct node *n)
{
    if (n->kind == NODE_DEFER)
        mark_those_in(m, n, is_any);
    else if (n->kind == NODE_FOR && (n->has_await || n->has_defer))
        for (int i = 0; i < 3; i++)
            if (n->part[i])
                mark_those_in(m, n->part[i], is_any);
    for (struct node *c = n->first; c; c = c->next)
        mark_deferred(m, c);
}

static bool redefines_macros(const struct source *s, const struct node *body)
{
    static const char *const words[] = {"define", "undef", "pragma", "include"};
    if (!memchr(s->text + body->start, '#', body->end - body->start))
        return false;
    for (struct token t = lex_next(s->text, body->start, body->end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, body->end))
        for (size_t i = 0; i < sizeof words / sizeof *words && t.kind == TOKEN_DIRECTIVE; i++)
            if (token_is(s->text, lex_next(s->text, t.start + 1, t.end), words[i]))
                return true;
    return false;
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
        // `BEGIN ... END`: what opens and closes brackets
        mark_those_in(&m, fn->body, is_unbalanced);
        mark_those_in(&m, fn->body, names_hidden);
        if (fn->is_async && redefines_macros(fn->source, fn->body))
            mark_deferred(&m, fn->body);
        any |= m.any;
    }
    if (any)
        mark_counters(unit->main);
    return any;
}

// ---- The new text ----------------------------------------------------------------------------

static unsigned count_lines(const char *text, unsigned start, unsigned end)
{
    unsigned lines = 0;
    for (unsigned i = start; i < end; i++)
        lines += text[i] == '\n';
    return lines;
}

static unsigned original_offset(const struct source *s, unsigned offset)
{
    size_t low = 0, high = s->expansions.count; // the first that starts behind it
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->expansions.at[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct expansion *e = low ? &s->expansions.at[low - 1] : NULL;
    return !e ? offset : offset < e->end ? e->original_start : e->original_end + (offset - e->end);
}

struct growth { // of the list of expansions while a new text is put together
    size_t old; // next of the old text's expansions
    struct vec(struct expansion) list;
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
    put_text(result, (s->raw ? s->raw : s->text) + at, to - at);
}

static bool may_run_together(char left, char right)
{
    return !strchr(" \t\n([{,;", left) && !strchr(" \t\n)]},;", right);
}

static void put_expansion(struct buffer *b, const char *text, struct source *s,
                          const struct invocation *v)
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

static void splice(struct growth *g, struct buffer *result, struct source *s,
                   const struct opened *opened, size_t count)
{
    unsigned at = 0;
    for (size_t i = 0; i < count; i++) {
        const struct invocation *v = opened[i].invocation;
        keep_text(g, result, s, at, v->start);
        struct expansion e = {(unsigned)result->length, 0, original_offset(s, v->start),
                              original_offset(s, v->end)};
        put_expansion(result, opened[i].text, s, v);
        e.end = (unsigned)result->length;
        VEC_PUSH(&g->list, e);
        for (unsigned lines = count_lines(s->text, v->start, v->end); lines; lines--)
            put(result, "\n");
        at = v->end;
    }
    keep_text(g, result, s, at, s->length);
}

static bool refuse_unfollowed(struct source *s, const struct opened *opened, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++)
        if (!opened[i].text) {
            error_at((struct place){s, opened[i].invocation->start}, "E0401",
                     "the expansion of macro '%s' cannot be followed", opened[i].invocation->name);
            found = true;
        }
    return found;
}

// Parses with what is opened in its place.
static bool parse_opened(struct front_options *o, struct unit *unit, const struct opened *opened,
                         size_t count)
{
    struct source *original = unit->main->original ? unit->main->original : unit->main;
    struct buffer text = {0};
    struct growth growth = {0};
    splice(&growth, &text, unit->main, opened, count);
    o->text = text.text;
    o->length = (unsigned)text.length;
    if (!front_parse(o, unit))
        return false;
    unit->main->original = original;
    for (size_t i = 0; i < growth.list.count; i++)
        VEC_PUSH(&unit->main->expansions, growth.list.at[i]);
    return true;
}

static void refuse_endless(struct source *s)
{
    for (size_t i = 0; i < s->invocations.count; i++)
        if (s->invocations.at[i].expand)
            error_at((struct place){s, s->invocations.at[i].start}, "E0401",
                     "macro '%s' expands to itself", s->invocations.at[i].name);
}

bool expand(const struct front_options *options, struct unit *unit)
{
    struct front_options again = *options;
    again.asks_warnings = false;
    for (int round = 0; mark_unit(unit); round++) {
        if (round == EXPANSION_LIMIT) {
            refuse_endless(unit->main);
            return false;
        }
        size_t count;
        const struct opened *opened = probe_invocations(&again, unit->main, &count);
        if (refuse_unfollowed(unit->main, opened, count) ||
            !parse_opened(&again, unit, opened, count))
            return false;
        front_build(unit);
    }
    return true;
}

// ---- Ahead of the tree ------------------------------------------------------------------------
//
// Most macros that must be opened show it in their bodies. To open those first saves a tree, and
// the bodies of functions in the first parse. But what there is to report, the user must hear about
// the text as it was written: then all this is for nothing.

static bool names_await(const char *text, struct token directive)
{
    for (struct token w = lex_next(text, directive.start + 1, directive.end); w.kind != TOKEN_END;
         w = lex_next(text, w.end, directive.end))
        if (token_is(text, w, "await") || token_is(text, w, "asyncc_await"))
            return true;
    return false;
}

// As far as the text shows it: is a macro used whose body has an await?
static bool seems_to_hide_awaits(const char *text, unsigned length)
{
    enum {
        ENOUGH = 16
    };
    const char *macros[ENOUGH];
    size_t count = 0;
    for (struct token t = lex_next(text, lex_start(text, length), length); t.kind != TOKEN_END;
         t = lex_next(text, t.end, length)) {
        struct token word = t.kind == TOKEN_DIRECTIVE ? lex_next(text, t.start + 1, t.end) : t;
        if (t.kind == TOKEN_DIRECTIVE && token_is(text, word, "define") && count < ENOUGH &&
            names_await(text, t)) {
            word = lex_next(text, word.end, t.end);
            macros[count++] = mem_text(text + word.start, word.end - word.start);
        }
        for (size_t i = 0; i < count && t.kind == TOKEN_NAME; i++)
            if (token_is(text, t, macros[i]))
                return true;
    }
    return false;
}

// Those in functions.
static bool mark_awaiting(struct source *s)
{
    bool any = false;
    int depth = 0;
    size_t v = 0;
    for (struct token t = lex_next(s->text, lex_start(s->text, s->length), s->length);
         t.kind != TOKEN_END; t = lex_next(s->text, t.end, s->length)) {
        if (t.kind == TOKEN_PUNCTUATION)
            depth += (s->text[t.start] == '{') - (s->text[t.start] == '}');
        while (v < s->invocations.count && s->invocations.at[v].start < t.start)
            v++;
        if (depth > 0 && v < s->invocations.count && s->invocations.at[v].start == t.start)
            any |= s->invocations.at[v].expand = s->invocations.at[v].awaits;
    }
    return any;
}

static bool all_followed(const struct opened *opened, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!opened[i].text)
            return false;
    return true;
}

bool expand_ahead(const struct front_options *options, struct unit *unit)
{
    if (!seems_to_hide_awaits(options->text, options->length))
        return false;
    struct front_options view = *options;
    view.is_quiet = view.is_outline = true;
    if (!front_parse(&view, unit))
        return false;
    front_collect(unit);
    if (!mark_awaiting(unit->main))
        return false;
    mark_counters(unit->main);
    size_t count;
    const struct opened *opened = probe_invocations(&view, unit->main, &count);
    view.is_outline = false;
    if (!all_followed(opened, count) || !parse_opened(&view, unit, opened, count))
        return false;
    front_build(unit);
    return true;
}
