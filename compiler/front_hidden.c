// front_hidden.c - names of locals where libclang shows no expression.
//   in:    the text of an async function's body, its locals
//   out:   fn->mentions; E0104, E0401; invocations that hide such a name are marked `expand`
//
// Types are shown as what they come to: of typeof, of the values of enumerators, of the bounds and
// widths in a struct, and of what an alignment is computed from there are no nodes. What they name
// must be found in the text, and told from tags, members, labels and what is declared there.
#include "front_clang.h"

#include <string.h>

struct scan {
    struct function *fn;
    const char *text;
    struct table declared; // enumerators: the name means these, from there on
};

static struct token next_of(const struct scan *s, struct token t, unsigned end)
{
    return lex_next(s->text, t.end, end);
}

static bool is_any(const struct scan *s, struct token t, const char *const *words)
{
    for (; *words; words++)
        if (token_is(s->text, t, *words))
            return true;
    return false;
}

static const char *const typeofs[] = {"typeof", "__typeof__", "__typeof", "typeof_unqual", NULL};
static const char *const alignments[] = {"_Alignas", "alignas", NULL};
static const char *const attributes[] = {"__attribute__", "__attribute", NULL};
static const char *const records[] = {"struct", "union", NULL};
static const char *const awaits[] = {"await", "asyncc_await", NULL};
// An operator, so that what is behind it is an operand, not declared.
static const char *const prefixes[] = {"sizeof",    "_Alignof",     "__alignof__",   "alignof",
                                       "__real__",  "__imag__",     "__extension__", "await",
                                       "__alignof", "asyncc_await", "return",        NULL};
static const char *const types[] = {"void",   "char",   "short",    "int",   "long", "float",
                                    "double", "signed", "unsigned", "_Bool", "bool", NULL};
static const char *const sized[] = {"aligned",         "__aligned__",     "vector_size",
                                    "__vector_size__", "ext_vector_type", NULL};

static void scan_expression(struct scan *s, unsigned start, unsigned end);

// Its parenthesised operand, behind `t`; the end of it.
static unsigned group_behind(const struct scan *s, struct token t, unsigned end)
{
    struct token open = next_of(s, t, end);
    return token_is(s->text, open, "(") ? lex_group_end(s->text, open.start, end) : t.end;
}

// ---- A name -----------------------------------------------------------------------------------

static void mention(struct scan *s, struct token name)
{
    struct local *l = front_local_at(s->text + name.start, name.end - name.start, name.start);
    if (!l || l->is_static ||
        *table_at(&s->declared, mem_text(s->text + name.start, name.end - name.start)))
        return;
    int i = front_invocation(s->fn->source, name.start);
    if (i >= 0 && s->fn->source->invocations.at[i].stringifies)
        error_at((struct place){s->fn->source, name.start}, "E0401",
                 "'%s' is named in a macro that also makes a string of its argument", l->name);
    front_mention_local(l, name.start, name.end - name.start);
}

// A macro whose body names a local must be opened.
static void look_into_invocation(struct scan *s, struct token name)
{
    int i = front_invocation(s->fn->source, name.start);
    struct invocation *v = i >= 0 ? &s->fn->source->invocations.at[i] : NULL;
    if (!v || v->start != name.start || !v->macro || v->macro->is_built_in || v->macro->is_opaque)
        return;
    struct token body = macro_body(v->macro);
    const char *text = v->macro->text;
    for (struct token t = lex_next(text, body.start, body.end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, body.end)) {
        struct local *l = t.kind == TOKEN_NAME
                              ? front_local_at(text + t.start, t.end - t.start, name.start)
                              : NULL;
        if (l && !l->is_static)
            v->names_hidden = true;
    }
}

static bool ends_operand(const struct scan *s, struct token t)
{
    return t.kind == TOKEN_NAME || t.kind == TOKEN_NUMBER || token_is(s->text, t, ")") ||
           token_is(s->text, t, "]");
}

// Is the name behind these two tokens that of an object, rather than of a member, a label or
// something that is declared here?
static bool names_object(const struct scan *s, struct token before, struct token last)
{
    if (token_is(s->text, last, ".") || token_is(s->text, last, "->") ||
        token_is(s->text, last, "goto") ||
        (token_is(s->text, last, "&&") && !ends_operand(s, before)))
        return false;
    if (last.kind == TOKEN_NAME) // `int n`
        return is_any(s, last, prefixes);
    return !(token_is(s->text, last, "*") && is_any(s, before, types)); // `int *n`
}

// ---- Groups -----------------------------------------------------------------------------------

// `NAME = value, ...`
static void scan_enumerators(struct scan *s, unsigned start, unsigned end)
{
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;) {
        struct token name = t;
        unsigned depth = 0, value = t.end;
        for (t = next_of(s, t, end); t.kind != TOKEN_END; t = next_of(s, t, end)) {
            char c = t.end - t.start == 1 ? s->text[t.start] : 0;
            depth += (c && strchr("([{", c)) ? 1u : 0u;
            depth -= (c && strchr(")]}", c) && depth) ? 1u : 0u;
            if (c == ',' && !depth)
                break;
        }
        scan_expression(s, value, t.kind == TOKEN_END ? end : t.start);
        if (name.kind == TOKEN_NAME)
            *table_at(&s->declared, mem_text(s->text + name.start, name.end - name.start)) = s;
        t = t.kind == TOKEN_END ? t : next_of(s, t, end);
    }
}

// `__attribute__((aligned(expression)))`
static void scan_attributes(struct scan *s, unsigned start, unsigned end)
{
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = next_of(s, t, end))
        if (t.kind == TOKEN_NAME) {
            unsigned close = group_behind(s, t, end);
            if (close > t.end && is_any(s, t, sized))
                scan_expression(s, t.end, close);
            t.end = close;
        }
}

// Members: their bounds and widths.
static void scan_members(struct scan *s, unsigned start, unsigned end);

// What may stand in a declaration and in an expression alike. Returns the end of what was looked
// at; that of `t`: it is something else.
static unsigned scan_special(struct scan *s, struct token t, unsigned end)
{
    if (is_any(s, t, typeofs) || is_any(s, t, alignments)) {
        unsigned close = group_behind(s, t, end);
        scan_expression(s, t.end, close);
        return close;
    }
    if (is_any(s, t, attributes)) {
        unsigned close = group_behind(s, t, end);
        scan_attributes(s, t.end, close);
        return close;
    }
    bool record = is_any(s, t, records);
    if (!record && !token_is(s->text, t, "enum"))
        return t.end;
    unsigned behind = t.end;
    struct token next = next_of(s, t, end);
    while (is_any(s, next, attributes)) {
        behind = scan_special(s, next, end);
        next = lex_next(s->text, behind, end);
    }
    if (next.kind == TOKEN_NAME) {
        behind = next.end;
        next = next_of(s, next, end);
    }
    if (!token_is(s->text, next, "{"))
        return behind;
    unsigned close = lex_group_end(s->text, next.start, end);
    if (record)
        scan_members(s, next.end, close - 1);
    else
        scan_enumerators(s, next.end, close - 1);
    return close;
}

static void scan_members(struct scan *s, unsigned start, unsigned end)
{
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = next_of(s, t, end)) {
        if (t.kind == TOKEN_NAME) {
            look_into_invocation(s, t);
            t.end = scan_special(s, t, end);
        } else if (token_is(s->text, t, "[")) {
            unsigned close = lex_group_end(s->text, t.start, end);
            scan_expression(s, t.end, close);
            t.end = close;
        } else if (token_is(s->text, t, ":")) {
            struct token stop = next_of(s, t, end);
            while (stop.kind != TOKEN_END && !token_is(s->text, stop, ";") &&
                   !token_is(s->text, stop, ","))
                stop = next_of(s, stop, end);
            scan_expression(s, t.end, stop.kind == TOKEN_END ? end : stop.start);
            t.end = stop.kind == TOKEN_END ? end : stop.start;
        }
    }
}

// The member that `offsetof(type, member)` asks for is no object.
static unsigned scan_offsetof(struct scan *s, struct token t, unsigned end)
{
    unsigned close = group_behind(s, t, end), depth = 0;
    struct token at = next_of(s, t, end);
    for (; at.kind != TOKEN_END && at.end < close; at = next_of(s, at, close)) {
        depth += token_is(s->text, at, "(") ? 1u : 0u;
        depth -= token_is(s->text, at, ")") ? 1u : 0u;
        if (depth == 1 && token_is(s->text, at, ","))
            break;
    }
    scan_expression(s, t.end, at.start);
    for (; at.kind != TOKEN_END && at.end < close; at = next_of(s, at, close))
        if (token_is(s->text, at, "[")) {
            unsigned index = lex_group_end(s->text, at.start, close);
            scan_expression(s, at.end, index);
            at.end = index;
        }
    return close;
}

static void scan_expression(struct scan *s, unsigned start, unsigned end)
{
    struct token before = {TOKEN_END, 0, 0}, last = before;
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         before = last, last = t, t = next_of(s, t, end)) {
        if (t.kind != TOKEN_NAME)
            continue;
        look_into_invocation(s, t);
        unsigned special = scan_special(s, t, end);
        if (special > t.end) {
            t.end = special;
        } else if (token_is(s->text, t, "offsetof") || token_is(s->text, t, "__builtin_offsetof")) {
            t.end = scan_offsetof(s, t, end);
        } else if (is_any(s, t, awaits)) {
            // a macro may name its argument there, too
            if (!source_is_expanded(s->fn->source, t.start))
                error_at((struct place){s->fn->source, t.start}, "E0104",
                         "await in an operand that is never evaluated");
        } else if (names_object(s, before, last)) {
            mention(s, t);
        }
    }
}

// `int f(int a[n]);` in a function
static void scan_prototypes(struct scan *s, const struct node *n)
{
    if (n->kind == NODE_PROTOTYPE && !n->foreign)
        scan_members(s, n->start, n->end);
    for (const struct node *c = n->first; c; c = c->next)
        scan_prototypes(s, c);
}

void front_mention_hidden(struct function *fn)
{
    struct scan s = {.fn = fn, .text = fn->source->text};
    scan_prototypes(&s, fn->body);
    for (struct token t = lex_next(s.text, fn->body->start, fn->body->end); t.kind != TOKEN_END;
         t = next_of(&s, t, fn->body->end))
        if (t.kind == TOKEN_NAME)
            t.end = scan_special(&s, t, fn->body->end);
}
