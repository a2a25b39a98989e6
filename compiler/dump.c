// dump.c - `--dump=PASS`: what a pass left, for those who work on asyncc and for golden files.
//   in:    the unit after that pass
//   out:   text; nothing is decided here
#include "front.h"

#include <string.h>

static const char *const node_names[] = {
    [NODE_VALUE] = "value",
    [NODE_REF] = "ref",
    [NODE_PAREN] = "paren",
    [NODE_UNARY] = "unary",
    [NODE_BINARY] = "binary",
    [NODE_ASSIGN] = "assign",
    [NODE_CONDITIONAL] = "conditional",
    [NODE_CALL] = "call",
    [NODE_MEMBER] = "member",
    [NODE_SUBSCRIPT] = "subscript",
    [NODE_CAST] = "cast",
    [NODE_COMPOUND_LITERAL] = "compound-literal",
    [NODE_INIT_LIST] = "init-list",
    [NODE_DESIGNATED] = "designated",
    [NODE_STATEMENT_EXPRESSION] = "statement-expression",
    [NODE_GENERIC] = "generic",
    [NODE_UNEVALUATED] = "unevaluated",
    [NODE_LABEL_ADDRESS] = "label-address",
    [NODE_AWAIT] = "await",
    [NODE_FORM] = "form",
    [NODE_BLOCK_ON] = "block-on",
    [NODE_BLOCK] = "block",
    [NODE_DECLARATIONS] = "declarations",
    [NODE_VARIABLE] = "variable",
    [NODE_BOUND] = "bound",
    [NODE_TYPE] = "type",
    [NODE_PROTOTYPE] = "prototype",
    [NODE_IF] = "if",
    [NODE_WHILE] = "while",
    [NODE_DO] = "do",
    [NODE_FOR] = "for",
    [NODE_SWITCH] = "switch",
    [NODE_CASE] = "case",
    [NODE_LABEL] = "label",
    [NODE_GOTO] = "goto",
    [NODE_COMPUTED_GOTO] = "computed-goto",
    [NODE_BREAK] = "break",
    [NODE_CONTINUE] = "continue",
    [NODE_RETURN] = "return",
    [NODE_DEFER] = "defer",
    [NODE_EMPTY] = "empty",
    [NODE_ASM] = "asm",
    [NODE_OTHER] = "other",
};

static void each_async_body(struct unit *unit, struct buffer *out,
                            void (*dump)(struct function *, struct buffer *))
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->is_async || !fn->body)
            continue;
        put(out, "async %s, line %u\n", fn->name, source_line(fn->source, fn->name_offset));
        dump(fn, out);
    }
}

// Source text on one line.
static void put_flat(struct buffer *out, const char *text, size_t length)
{
    bool blank = false;
    for (size_t i = 0; i < length; i++) {
        bool space = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
        if (space && !blank)
            put_text(out, " ", 1);
        if (!space)
            put_text(out, text + i, 1);
        blank = space;
    }
}

// ---- The tree -------------------------------------------------------------------------------

static void put_node(struct function *fn, struct node *n, int depth, struct buffer *out)
{
    struct source *s = fn->source;
    unsigned line = source_line(s, n->start);
    put(out, "%*s%s %u:%u", depth * 2, "", node_names[n->kind], line,
        n->start - s->lines.at[line - 1] + 1);
    if (n->local)
        put(out, " %s", n->local->name);
    else if (n->name)
        put(out, " %s", n->name);
    if (n->callee)
        put(out, " async %s", n->callee->name);
    if (n->invocation >= 0)
        put(out, " by %s", s->invocations.at[n->invocation].name);
    if (n->has_await && n->kind != NODE_AWAIT)
        put(out, " +await");
    put(out, "\n");
    for (struct node *c = n->first; c; c = c->next)
        put_node(fn, c, depth + 1, out);
}

static void dump_body(struct function *fn, struct buffer *out)
{
    put_node(fn, fn->body, 1, out);
}

void dump_tree(struct unit *unit, struct buffer *out)
{
    each_async_body(unit, out, dump_body);
}

void dump_source(struct unit *unit, struct buffer *out)
{
    put_text(out, unit->main->text, unit->main->length);
}

static void dump_traits(struct function *fn, struct buffer *out)
{
    put(out, "  %s%s%s%s%s\n", fn->recursive ? "recursive" : "embeddable",
        fn->used_as_value ? ", used as a value" : "", fn->spawned ? ", spawned" : "",
        fn->blocked_on ? ", blocked on" : "", fn->is_main ? ", main" : "");
}

void dump_checked(struct unit *unit, struct buffer *out)
{
    each_async_body(unit, out, dump_traits);
}

// ---- Lowered statements ---------------------------------------------------------------------

static void put_rope(struct function *fn, const struct rope *r, struct buffer *out)
{
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        switch (p->kind) {
        case PIECE_SOURCE:
            put_flat(out, fn->source->text + p->start, p->end - p->start);
            break;
        case PIECE_TEXT:
            put(out, "%s", p->text);
            break;
        case PIECE_LOCAL:
            put(out, "%s", p->local->name);
            break;
        case PIECE_RESULT:
            put(out, "<result of await %u>", p->await->index);
            break;
        case PIECE_ROPE:
            put_rope(fn, p->rope, out);
            break;
        }
    }
}

static void put_operand(struct function *fn, struct operand *o, struct buffer *out)
{
    static const char *const storages[] = {"embedded", "frame", "opaque"};
    if (o->target.pieces.count) {
        put_rope(fn, &o->target, out);
        put(out, " = ");
    }
    if (o->callee)
        put(out, "%s", o->callee->name);
    else
        put_rope(fn, &o->pointer, out);
    put(out, "(");
    put_rope(fn, &o->arguments, out);
    put(out, ") %s", storages[o->storage]);
}

static void put_await(struct function *fn, struct await *aw, struct buffer *out)
{
    static const char *const forms[] = {"join ", "select ", "timeout "};
    put(out, "await %u: %s", aw->index, aw->is_form ? forms[aw->form] : "");
    if (aw->timeout.pieces.count) {
        put_rope(fn, &aw->timeout, out);
        put(out, ", ");
    }
    for (size_t i = 0; i < aw->operands.count; i++) {
        put(out, i ? ", " : "");
        put_operand(fn, &aw->operands.at[i], out);
    }
    if (aw->discarded)
        put(out, ", discarded");
    else if (aw->result)
        put(out, ", to %s", aw->result->name);
}

static void put_stmts(struct function *fn, struct stmt *s, int depth, struct buffer *out);

static void put_part(struct function *fn, const char *name, struct stmt *part, int depth,
                     struct buffer *out)
{
    if (!part)
        return;
    put(out, "%*s%s\n", depth * 2, "", name);
    put_stmts(fn, part, depth + 1, out);
}

static void put_stmt(struct function *fn, struct stmt *s, int depth, struct buffer *out)
{
    static const char *const names[] = {
        [STMT_COPY] = "copy",
        [STMT_EXPRESSION] = "do",
        [STMT_SET] = "set",
        [STMT_AWAIT] = "",
        [STMT_DECLARE] = "declare",
        [STMT_BLOCK] = "block",
        [STMT_IF] = "if",
        [STMT_LOOP] = "loop",
        [STMT_SWITCH] = "switch",
        [STMT_CASE] = "case",
        [STMT_LABEL] = "label",
        [STMT_GOTO] = "goto",
        [STMT_COMPUTED_GOTO] = "computed goto",
        [STMT_BREAK] = "break",
        [STMT_CONTINUE] = "continue",
        [STMT_RETURN] = "return",
        [STMT_DEFER] = "defer",
    };
    put(out, "%*s%s", depth * 2, "", names[s->kind]);
    if (s->await)
        put_await(fn, s->await, out);
    if (s->kind == STMT_COPY) {
        put(out, " ");
        put_flat(out, fn->source->text + s->node->start, s->node->end - s->node->start);
    }
    if (s->local)
        put(out, " %s%s", s->local->name, s->rope.pieces.count ? " =" : "");
    if (s->label)
        put(out, " %s", s->label);
    if (s->rope.pieces.count) {
        put(out, s->negate ? " not " : " ");
        put_rope(fn, &s->rope, out);
    }
    if (s->kind == STMT_LOOP) {
        put(out, " (");
        put_rope(fn, &s->init, out);
        put(out, "; ");
        put_rope(fn, &s->condition, out);
        put(out, "; ");
        put_rope(fn, &s->step, out);
        put(out, s->is_do ? ") after the body" : ")");
    }
    if (s->exit)
        put(out, " through defer %u", s->deferred->index);
    put(out, "\n");
    put_part(fn, "before the body", s->head, depth + 1, out);
    put_stmts(fn, s->body, depth + 1, out);
    put_part(fn, "after the body", s->tail, depth + 1, out);
    put_part(fn, "else", s->otherwise, depth, out);
}

static void put_stmts(struct function *fn, struct stmt *s, int depth, struct buffer *out)
{
    for (; s; s = s->next)
        put_stmt(fn, s, depth, out);
}

static void dump_statements(struct function *fn, struct buffer *out)
{
    put_stmts(fn, fn->lowered, 1, out);
}

void dump_lowered(struct unit *unit, struct buffer *out)
{
    each_async_body(unit, out, dump_statements);
}

// ---- Where locals live ----------------------------------------------------------------------

static void dump_locals(struct function *fn, struct buffer *out)
{
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        put(out, "  %s:%s%s%s", l->name,
            l->is_parameter   ? " parameter,"
            : l->is_temporary ? " temporary,"
                              : "",
            l->escapes ? " its address is taken," : "", l->is_volatile ? " volatile," : "");
        if (!l->in_frame && !l->saved) {
            put(out, " not alive across an await\n");
            continue;
        }
        put(out, l->saved ? " stored at" : " in the future at");
        if (l->everywhere)
            put(out, " all");
        for (size_t j = 0; j < l->points.count && !l->everywhere; j++)
            if (l->points.at[j] <= fn->awaits.count + 1)
                put(out, " %u", l->points.at[j]);
            else if (l->points.at[j] != l->own_point)
                put(out, " apart-%u", l->points.at[j]);
        put(out, "\n");
    }
}

void dump_flow(struct unit *unit, struct buffer *out)
{
    each_async_body(unit, out, dump_locals);
}
