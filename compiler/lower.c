// lower.c - each await becomes a statement of its own.
//   in:    fn->body
//   out:   fn->lowered, fn->awaits, fn->deferred; temporaries appended to fn->locals
//   needs: check has passed; every macro that must be opened is open
//
// Order of evaluation: where an expression holds an await, what C leaves open is left to right, and
// an assignment's right side comes first. An operand whose value a later one could change is kept
// in a temporary.
#include "front.h"

#include <string.h>

struct lowering {
    struct function *fn;
    struct stmt **tail; // where the next statement goes
    struct node *at;    // the statement being lowered
    struct deferred *deferred;
    struct stmt *loop, *breakable;
    struct vec(struct stmt *) gotos;
    struct vec(struct stmt *) labels;
    unsigned temporaries;
    struct vec(struct local *) placed; // structs that are none's, kept until their statement ends
    // in the operands of a form: whose futures may overlay what an earlier await left
    bool keep_results;
};

// ---- Building blocks ------------------------------------------------------------------------

static struct stmt *append(struct lowering *lo, enum stmt_kind kind)
{
    struct stmt *s = mem_alloc(sizeof *s);
    s->kind = kind;
    s->node = s->origin = lo->at;
    s->deferred = lo->deferred;
    s->point_before = (unsigned)lo->fn->awaits.count;
    *lo->tail = s;
    lo->tail = &s->next;
    return s;
}

static void rope_source(struct rope *r, unsigned start, unsigned end)
{
    if (start < end)
        VEC_PUSH(&r->pieces, ((struct piece){.kind = PIECE_SOURCE, .start = start, .end = end}));
}

static void rope_text(struct rope *r, const char *text)
{
    VEC_PUSH(&r->pieces, ((struct piece){.kind = PIECE_TEXT, .text = text}));
}

static void rope_local(struct rope *r, struct local *l)
{
    VEC_PUSH(&r->pieces, ((struct piece){.kind = PIECE_LOCAL, .local = l}));
}

static void rope_rope(struct rope *r, const struct rope *other)
{
    enum {
        COPIED = 4
    };
    if (other->pieces.count > COPIED) {
        struct rope *shared = mem_alloc(sizeof *shared);
        *shared = *other;
        VEC_PUSH(&r->pieces, ((struct piece){.kind = PIECE_ROPE, .rope = shared}));
        return;
    }
    for (size_t i = 0; i < other->pieces.count; i++)
        VEC_PUSH(&r->pieces, other->pieces.at[i]);
}

// The text of n, fit to stand right of an assignment.
static struct rope rope_of(struct node *n)
{
    struct rope r = {0};
    bool comma = n->kind == NODE_BINARY && n->op == OP_COMMA;
    if (comma)
        rope_text(&r, "(");
    rope_source(&r, n->start, n->end);
    if (comma)
        rope_text(&r, ")");
    return r;
}

static struct local *temporary(struct lowering *lo, struct type *type)
{
    struct local *l = mem_alloc(sizeof *l);
    l->name = l->spelling = l->field = mem_format("asyncc_t%u", ++lo->temporaries);
    l->function = lo->fn;
    l->type = type;
    l->is_temporary = true;
    l->is_scalar = type_is_scalar(type);
    l->written = true;
    l->first_point = (unsigned)lo->fn->awaits.count;
    VEC_PUSH(&lo->fn->locals, l);
    return l;
}

static struct rope set_temporary(struct lowering *lo, struct local *t, const struct rope *value)
{
    struct stmt *s = append(lo, STMT_SET);
    s->local = t;
    rope_rope(&s->rope, value);
    struct rope r = {0};
    rope_local(&r, t);
    return r;
}

// ---- Effects --------------------------------------------------------------------------------

enum effect {
    EFFECT_KNOWN = 1,
    EFFECT_IMPURE = 2,   // may change something, or must happen exactly here
    EFFECT_UNSTABLE = 4, // its value may be changed by something impure
    EFFECT_WRITES = 8,   // assigns to a local by name
};

static bool is_path_to_storage(struct node *n) // an lvalue whose address cannot change
{
    if (n->kind == NODE_PAREN)
        return is_path_to_storage(n->first);
    if (n->kind == NODE_MEMBER && !n->arrow)
        return is_path_to_storage(n->first);
    return n->kind == NODE_REF;
}

// An element of an array that nobody else can reach.
static bool is_part_of_own_array(struct node *n)
{
    while (n->kind == NODE_PAREN || (n->kind == NODE_MEMBER && !n->arrow) ||
           (n->kind == NODE_SUBSCRIPT && n->first->own_type && type_is_array(n->first->own_type)))
        n = n->first;
    return n->kind == NODE_REF && n->local && !n->local->escapes && !n->local->is_volatile;
}

static unsigned effects(struct node *n)
{
    if (n->effects)
        return n->effects;
    unsigned e = EFFECT_KNOWN;
    for (struct node *c = n->first; c; c = c->next)
        e |= effects(c);
    bool array = n->own_type && type_is_array(n->own_type);
    switch (n->kind) {
    case NODE_REF:
        if (n->global && !array)
            e |= EFFECT_UNSTABLE;
        if (n->local && !array && n->local->escapes)
            e |= EFFECT_UNSTABLE;
        if (n->local && n->local->is_volatile)
            e |= EFFECT_UNSTABLE | EFFECT_IMPURE;
        break;
    case NODE_VALUE:
        if (n->first)
            e |= EFFECT_UNSTABLE | EFFECT_IMPURE;
        break;
    case NODE_CALL:
    case NODE_STATEMENT_EXPRESSION:
    case NODE_AWAIT:
    case NODE_FORM:
    case NODE_BLOCK_ON:
    case NODE_ASM:
        e |= EFFECT_IMPURE | EFFECT_UNSTABLE;
        break;
    case NODE_ASSIGN:
        e |= EFFECT_IMPURE | EFFECT_UNSTABLE | EFFECT_WRITES;
        break;
    case NODE_UNARY:
        if (n->op == OP_STEP)
            e |= EFFECT_IMPURE | EFFECT_UNSTABLE | EFFECT_WRITES;
        else if (n->op == OP_DEREFERENCE && !array)
            e |= EFFECT_UNSTABLE;
        else if (n->op == OP_ADDRESS && n->first && is_path_to_storage(n->first))
            e = EFFECT_KNOWN;
        break;
    case NODE_MEMBER:
        if (n->arrow && !array)
            e |= EFFECT_UNSTABLE;
        break;
    case NODE_SUBSCRIPT:
        if (!array && !is_part_of_own_array(n))
            e |= EFFECT_UNSTABLE;
        break;
    case NODE_UNEVALUATED:
        e = EFFECT_KNOWN;
        break;
    default:
        break;
    }
    return n->effects = e;
}

static bool writes_local(struct node *n, struct local *l)
{
    if (!(effects(n) & EFFECT_WRITES))
        return false;
    if (n->kind == NODE_ASSIGN || (n->kind == NODE_UNARY && n->op == OP_STEP)) {
        struct node *target = n->first;
        while (target && (target->kind == NODE_PAREN || target->kind == NODE_SUBSCRIPT ||
                          (target->kind == NODE_MEMBER && !target->arrow)))
            target = target->first;
        if (target && target->kind == NODE_REF && target->local == l)
            return true;
    }
    for (struct node *c = n->first; c; c = c->next)
        if (writes_local(c, l))
            return true;
    return false;
}

static bool reads_what_is_written(struct node *reader, struct node *writer)
{
    if (reader->kind == NODE_REF && reader->local && writes_local(writer, reader->local))
        return true;
    for (struct node *c = reader->first; c; c = c->next)
        if (reads_what_is_written(c, writer))
            return true;
    return false;
}

// Must `earlier` be kept in a temporary so that evaluating `later` cannot change it?
static bool conflicts(struct node *earlier, struct node *later)
{
    unsigned e = effects(earlier), l = effects(later);
    if ((e & EFFECT_IMPURE) && ((l & EFFECT_UNSTABLE) || (l & EFFECT_IMPURE)))
        return true;
    if ((e & EFFECT_UNSTABLE) && (l & EFFECT_IMPURE))
        return true;
    if ((e & EFFECT_WRITES) && reads_what_is_written(later, earlier))
        return true;
    return (l & EFFECT_WRITES) && reads_what_is_written(earlier, later);
}

// ---- Expressions ----------------------------------------------------------------------------

static struct rope lower_expression(struct lowering *lo, struct node *n);
static struct rope lower_lvalue(struct lowering *lo, struct node *n);
static void lower_statement(struct lowering *lo, struct node *n);

// Must n be taken apart: for an await, for a defer or a jump in a statement expression, or the
// order of its operands?
static bool holds_await(struct node *n)
{
    return n->has_await || n->needs_order || n->has_defer || n->has_jump;
}

static bool has_open_order(struct node *n)
{
    switch (n->kind) {
    case NODE_ASSIGN:
        return (effects(n->first) & EFFECT_IMPURE) && conflicts(n->last, n->first);
    case NODE_BINARY:
        if (n->op == OP_AND || n->op == OP_OR || n->op == OP_COMMA)
            return false;
        break;
    case NODE_CALL:
    case NODE_SUBSCRIPT:
    case NODE_INIT_LIST:
        break;
    default:
        return false;
    }
    for (struct node *a = n->first; a; a = a->next)
        for (struct node *b = a->next; b; b = b->next)
            if (conflicts(a, b))
                return true;
    return false;
}

struct node *struct_without_place(struct node *n)
{
    if (n->kind != NODE_MEMBER || n->arrow || !n->own_type || !type_is_array(n->own_type))
        return NULL;
    struct node *base = n->first;
    while (base->kind == NODE_PAREN || (base->kind == NODE_MEMBER && !base->arrow) ||
           (base->kind == NODE_SUBSCRIPT && base->first->own_type &&
            type_is_array(base->first->own_type)))
        base = base->first;
    switch (base->kind) {
    case NODE_VALUE: // va_arg
    case NODE_CALL:
    case NODE_AWAIT:
    case NODE_ASSIGN:
    case NODE_CONDITIONAL:
    case NODE_STATEMENT_EXPRESSION:
        return base;
    case NODE_BINARY:
        return base->op == OP_COMMA ? base : NULL;
    default:
        return NULL;
    }
}

// In a full expression that holds an await the order is fixed, also where no await is near.
static bool mark_order(struct node *n)
{
    if (n->kind == NODE_UNEVALUATED || n->kind >= NODE_BLOCK)
        return false;
    struct node *structure = struct_without_place(n);
    if (structure)
        structure->needs_place = true;
    bool below = false;
    if (n->kind != NODE_STATEMENT_EXPRESSION) // its statements are full expressions of their own
        for (struct node *c = n->first; c; c = c->next)
            below |= mark_order(c);
    n->needs_order = below || n->needs_place || (n->invocation < 0 && has_open_order(n));
    return n->needs_order;
}

static void mark_full_expressions(struct node *n)
{
    bool expression = n->kind < NODE_BLOCK;
    bool full = expression && (!n->parent || n->parent->kind >= NODE_BLOCK);
    if (full && n->has_await)
        mark_order(n);
    for (struct node *c = n->first; c; c = c->next)
        if (c->has_await)
            mark_full_expressions(c);
}

// Evaluates operands in order, each into a rope that may be used after all of them.
static void lower_sequence(struct lowering *lo, struct node **operands, unsigned count,
                           struct rope *ropes, bool first_is_lvalue)
{
    for (unsigned i = 0; i < count; i++) {
        struct node *n = operands[i];
        bool lvalue = first_is_lvalue && i == 0;
        ropes[i] = !holds_await(n) ? rope_of(n)
                   : lvalue        ? lower_lvalue(lo, n)
                                   : lower_expression(lo, n);
        if (lvalue)
            continue;
        bool keep = false;
        for (unsigned j = i + 1; j < count && !keep; j++)
            keep = conflicts(n, operands[j]) || (holds_await(n) && holds_await(operands[j]));
        if (keep) {
            if (!n->type || !type_is_storable(n->type)) {
                error_at((struct place){lo->fn->source, n->start}, "E0209",
                         "this value cannot be kept while what follows awaits");
                continue;
            }
            struct rope value = ropes[i];
            ropes[i] = set_temporary(lo, temporary(lo, n->type), &value);
        }
    }
}

// n's own text, with the text of the given descendants replaced.
static struct rope splice(struct node *n, struct node **parts, struct rope *ropes, unsigned count)
{
    struct rope r = {0};
    unsigned at = n->start;
    for (unsigned i = 0; i < count; i++) {
        rope_source(&r, at, parts[i]->start);
        rope_rope(&r, &ropes[i]);
        at = parts[i]->end;
    }
    rope_source(&r, at, n->end);
    return r;
}

static unsigned collect(struct node *n, struct node ***list)
{
    struct vec(struct node *) v = {0};
    // what stands before the operand of a cast is in the type, as in (__typeof__(x))y
    bool typed = n->kind == NODE_CAST || n->kind == NODE_COMPOUND_LITERAL;
    for (struct node *c = typed ? n->last : n->first; c; c = c->next)
        VEC_PUSH(&v, c);
    *list = v.at;
    return (unsigned)v.count;
}

static struct rope lower_children(struct lowering *lo, struct node *n)
{
    struct node **parts;
    unsigned count = collect(n, &parts);
    struct rope *ropes = mem_alloc((count + 1) * sizeof *ropes);
    lower_sequence(lo, parts, count, ropes, false);
    if (count == 1 && !ropes[0].pieces.count)
        return ropes[0]; // an await without a value, in parentheses or cast to void
    if (n->kind == NODE_CAST && n->first != n->last && n->first->has_await) {
        // (__typeof__(await f()))x, by a macro: the type, without the operand it is named by
        struct rope r = {0};
        rope_text(&r, mem_format("(%s)", type_declare(n->own_type, "")));
        rope_rope(&r, &ropes[0]);
        return r;
    }
    return splice(n, parts, ropes, count);
}

// The values of an initialiser list at any depth, in order.
static void initializer_leaves(struct node *n, void *list)
{
    struct vec(struct node *) *v = list;
    for (struct node *c = n->first; c; c = c->next) {
        struct node *value = c->kind == NODE_DESIGNATED ? c->last : c;
        bool copied = value->invocation >= 0 || effects(value) == EFFECT_KNOWN;
        if (value->kind == NODE_INIT_LIST && !(copied && !holds_await(value)))
            initializer_leaves(value, list);
        else
            VEC_PUSH(v, value);
    }
}

static struct rope lower_initializer_list(struct lowering *lo, struct node *n)
{
    struct vec(struct node *) leaves = {0};
    initializer_leaves(n, &leaves);
    struct rope *ropes = mem_alloc((leaves.count + 1) * sizeof *ropes);
    lower_sequence(lo, leaves.at, (unsigned)leaves.count, ropes, false);
    return splice(n, leaves.at, ropes, (unsigned)leaves.count);
}

static enum callee_storage storage_of(struct function *caller, struct function *callee)
{
    if (!callee || callee->declared_only)
        return STORAGE_OPAQUE;
    if (callee->has_future && !callee->body)
        return STORAGE_EMBEDDED;
    if (callee->slot_offset > caller->top) {
        callee->used_as_value = true; // its future is not known yet where the caller needs it
        return STORAGE_OPAQUE;
    }
    if (callee->recursive)
        return STORAGE_FRAME;
    return STORAGE_EMBEDDED;
}

static struct operand lower_call(struct lowering *lo, struct node *call)
{
    struct operand o = {.call = call, .caller = lo->fn};
    struct node *target = called_expression(call);
    o.callee = target->kind == NODE_REF ? target->callee : NULL;
    o.function_type = type_function_of(call->first->type);
    o.result = type_result(o.function_type);
    o.storage = storage_of(lo->fn, o.callee);
    o.generated = o.callee && o.callee->body;
    struct vec(struct node *) parts = {0};
    if (!o.callee)
        VEC_PUSH(&parts, target);
    for (struct node *a = call->first->next; a; a = a->next)
        VEC_PUSH(&parts, a);
    struct rope *ropes = mem_alloc((parts.count + 1) * sizeof *ropes);
    lower_sequence(lo, parts.at, (unsigned)parts.count, ropes, false);
    unsigned i = 0;
    if (!o.callee)
        o.pointer = ropes[i++];
    for (bool first = true; i < parts.count; i++, first = false) {
        if (!first)
            rope_text(&o.arguments, ", ");
        rope_rope(&o.arguments, &ropes[i]);
    }
    return o;
}

static struct await *await_new(struct lowering *lo, struct node *n)
{
    struct await *aw = mem_alloc(sizeof *aw);
    aw->node = n;
    aw->line = presumed_line(lo->fn->source, n->start, NULL);
    aw->pending = lo->deferred;
    return aw;
}

static void place_await(struct lowering *lo, struct await *aw)
{
    VEC_PUSH(&lo->fn->awaits, aw);
    aw->index = (unsigned)lo->fn->awaits.count;
    struct stmt *s = append(lo, STMT_AWAIT);
    s->await = aw;
    for (size_t i = 0; i < aw->operands.count; i++)
        aw->operands.at[i].await = aw;
}

static struct rope result_of(struct lowering *lo, struct await *aw)
{
    struct rope r = {0};
    if (aw->is_form && aw->form == FORM_JOIN)
        return r;
    struct operand *o = &aw->operands.at[0];
    if (aw->is_form) {
        aw->result = temporary(lo, aw->node->type);
        rope_local(&r, aw->result);
    } else if (o->result && o->storage == STORAGE_EMBEDDED) {
        VEC_PUSH(&r.pieces, ((struct piece){.kind = PIECE_RESULT, .await = aw}));
        if (lo->keep_results) {
            struct rope left = r;
            r = set_temporary(lo, temporary(lo, o->result), &left);
        }
    } else if (o->result) {
        aw->result = temporary(lo, o->result);
        rope_local(&r, aw->result);
    }
    return r;
}

static struct rope lower_conditional(struct lowering *lo, struct node *n, bool discarded);

// An expression whose value nobody uses.
static void lower_discarded(struct lowering *lo, struct node *n)
{
    n = strip(n);
    if (n->kind == NODE_CONDITIONAL && n->op != OP_SHORT_CONDITIONAL &&
        (holds_await(n->first->next) || holds_await(n->last))) {
        lower_conditional(lo, n, true);
        return;
    }
    struct rope value = lower_expression(lo, n);
    if (n->await && value.pieces.count <= 1) {
        n->await->discarded = true;
        if (n->await->result) { // the last temporary, and nobody reads it
            n->await->result = NULL;
            lo->fn->locals.count--;
            return;
        }
    }
    bool bare = value.pieces.count == 1 &&
                (value.pieces.at[0].kind == PIECE_RESULT || value.pieces.at[0].kind == PIECE_LOCAL);
    if (value.pieces.count && !bare)
        append(lo, STMT_EXPRESSION)->rope = value;
}

static struct rope lower_form(struct lowering *lo, struct node *n, struct node *form)
{
    struct await *aw = await_new(lo, n);
    aw->is_form = true;
    aw->form = form->form;
    bool outer = lo->keep_results;
    lo->keep_results = true;
    if (form->form == FORM_TIMEOUT)
        aw->timeout = lower_expression(lo, form_argument(form));
    for (struct node *operand = form_operands(form); operand; operand = operand->next) {
        struct node *assigned = strip(operand);
        struct rope target = {0};
        struct node *call = assigned;
        if (assigned->kind == NODE_ASSIGN) {
            call = strip(assigned->last);
            target = lower_lvalue(lo, assigned->first);
        }
        struct operand o = lower_call(lo, call);
        o.target = target;
        VEC_PUSH(&aw->operands, o);
    }
    lo->keep_results = outer;
    place_await(lo, aw);
    return result_of(lo, aw);
}

static struct rope lower_await(struct lowering *lo, struct node *n)
{
    struct node *operand = strip(n->first);
    if (operand->kind == NODE_FORM)
        return lower_form(lo, n, operand);
    struct await *aw = await_new(lo, n);
    struct operand o = lower_call(lo, operand);
    VEC_PUSH(&aw->operands, o);
    place_await(lo, aw);
    n->await = aw;
    return result_of(lo, aw);
}

// Lowers into a branch: what is appended inside goes to s->body or s->otherwise.
struct branch {
    struct stmt **saved;
};

static struct branch enter(struct lowering *lo, struct stmt **where)
{
    struct branch b = {lo->tail};
    lo->tail = where;
    return b;
}

static void leave(struct lowering *lo, struct branch b)
{
    lo->tail = b.saved;
}

static struct rope lower_short_circuit(struct lowering *lo, struct node *n)
{
    if (!holds_await(n->last)) {
        struct rope only = lower_expression(lo, n->first);
        return splice(n, &n->first, &only, 1);
    }
    struct local *t = temporary(lo, n->type);
    struct rope left = lower_expression(lo, n->first), value = {0};
    rope_text(&value, "(");
    rope_rope(&value, &left);
    rope_text(&value, ") != 0");
    struct rope result = set_temporary(lo, t, &value);
    struct stmt *s = append(lo, STMT_IF);
    rope_local(&s->rope, t);
    s->negate = n->op == OP_OR;
    struct branch b = enter(lo, &s->body);
    struct rope right = lower_expression(lo, n->last), right_value = {0};
    rope_text(&right_value, "(");
    rope_rope(&right_value, &right);
    rope_text(&right_value, ") != 0");
    set_temporary(lo, t, &right_value);
    leave(lo, b);
    return result;
}

static void lower_arm(struct lowering *lo, struct stmt **where, struct node *n, struct local *t)
{
    struct branch b = enter(lo, where);
    if (t) {
        struct rope value = lower_expression(lo, n);
        set_temporary(lo, t, &value);
    } else {
        lower_discarded(lo, n);
    }
    leave(lo, b);
}

static struct rope lower_short_conditional(struct lowering *lo, struct node *n)
{
    if (!holds_await(n->last)) {
        struct rope value = lower_expression(lo, n->first);
        return splice(n, &n->first, &value, 1);
    }
    struct local *t = type_is_void(n->type) ? NULL : temporary(lo, n->type),
                 *first = temporary(lo, n->first->type);
    struct rope value = lower_expression(lo, n->first);
    struct rope kept = set_temporary(lo, first, &value);
    struct stmt *s = append(lo, STMT_IF);
    s->rope = kept;
    struct branch b = enter(lo, &s->body);
    struct rope result = {0};
    if (t)
        result = set_temporary(lo, t, &kept);
    leave(lo, b);
    lower_arm(lo, &s->otherwise, n->last, t);
    if (!t)
        rope_text(&result, "(void)0");
    return result;
}

static struct rope lower_conditional(struct lowering *lo, struct node *n, bool discarded)
{
    if (n->op == OP_SHORT_CONDITIONAL)
        return lower_short_conditional(lo, n);
    struct node *condition = n->first, *yes = condition->next, *no = n->last;
    if (!holds_await(yes) && !holds_await(no)) {
        struct rope test = lower_expression(lo, condition);
        return splice(n, &condition, &test, 1);
    }
    struct local *t = discarded || type_is_void(n->type) ? NULL : temporary(lo, n->type);
    struct rope test = lower_expression(lo, condition);
    struct stmt *s = append(lo, STMT_IF);
    rope_rope(&s->rope, &test);
    lower_arm(lo, &s->body, yes, t);
    lower_arm(lo, &s->otherwise, no, t);
    struct rope r = {0};
    if (t)
        rope_local(&r, t);
    else
        rope_text(&r, "(void)0");
    return r;
}

static struct rope lower_comma(struct lowering *lo, struct node *n)
{
    if (holds_await(n->first)) {
        lower_discarded(lo, n->first);
    } else {
        struct stmt *s = append(lo, STMT_EXPRESSION);
        rope_text(&s->rope, "(void)(");
        rope_source(&s->rope, n->first->start, n->first->end);
        rope_text(&s->rope, ")");
    }
    return lower_expression(lo, n->last);
}

static struct rope lower_assignment(struct lowering *lo, struct node *n)
{
    struct node *target = n->first, *value = n->last;
    bool is_list = value->kind == NODE_INIT_LIST;
    struct rope right = is_list ? lower_initializer_list(lo, value) : lower_expression(lo, value);
    if (!is_list &&
        (holds_await(target) || ((effects(target) & EFFECT_IMPURE) && conflicts(value, target)))) {
        struct rope kept = right;
        right = set_temporary(lo, temporary(lo, value->type), &kept);
    }
    struct rope left = holds_await(target) ? lower_lvalue(lo, target) : rope_of(target);
    struct node *parts[2] = {target, value};
    struct rope ropes[2] = {left, right};
    return splice(n, parts, ropes, 2);
}

static struct rope lower_lvalue(struct lowering *lo, struct node *n)
{
    if (!holds_await(n))
        return rope_of(n);
    if (n->kind == NODE_PAREN || (n->kind == NODE_MEMBER && !n->arrow)) {
        struct rope inner = lower_lvalue(lo, n->first);
        return splice(n, &n->first, &inner, 1);
    }
    return lower_expression(lo, n);
}

static struct node *last_statement(struct node *block)
{
    return block->last;
}

static void close_scope(struct lowering *lo, struct node *scope)
{
    for (struct local *l = scope->locals; l; l = l->next_in_scope)
        l->last_point = (unsigned)lo->fn->awaits.count;
}

static struct stmt *lower_label(struct lowering *lo, struct node *n)
{
    struct stmt *s = append(lo, STMT_LABEL);
    s->label = n->name;
    s->deferred = lo->deferred;
    VEC_PUSH(&lo->labels, s);
    return s;
}

static struct rope lower_statement_expression(struct lowering *lo, struct node *n)
{
    struct node *block = n->first, *last = block ? last_statement(block) : NULL;
    struct local *t = NULL;
    struct node *result = last;
    while (result && result->kind == NODE_LABEL && result->part[0])
        result = result->part[0];
    bool valued = result && result->type && !type_is_void(n->type);
    if (valued)
        t = temporary(lo, n->type);
    struct stmt *s = append(lo, STMT_BLOCK);
    s->scope = block;
    struct deferred *outside = lo->deferred;
    struct branch b = enter(lo, &s->body);
    struct node *saved = lo->at;
    for (struct node *c = block ? block->first : NULL; c; c = c->next) {
        lo->at = c;
        if (c == last && t) {
            for (; c != result; c = c->part[0])
                lower_label(lo, c);
            struct rope value = lower_expression(lo, result);
            set_temporary(lo, t, &value);
            break;
        } else {
            lower_statement(lo, c);
        }
    }
    lo->at = saved;
    leave(lo, b);
    if (block)
        close_scope(lo, block);
    lo->deferred = outside;
    struct rope r = {0};
    if (t)
        rope_local(&r, t);
    else
        rope_text(&r, "(void)0");
    return r;
}

static struct rope lower_unevaluated(struct node *n)
{
    struct rope r = {0};
    struct node *operand = n->first;
    rope_text(&r, mem_format("%lluul", (unsigned long long)type_size(operand->own_type)));
    return r;
}

// The call's text is rewritten around its arguments and, if any, the pointer it goes through.
static struct rope lower_spawn(struct lowering *lo, struct node *form)
{
    struct node *call = form_operands(form), *target = called_expression(call);
    struct vec(struct node *) parts = {0};
    if (form_argument(form))
        VEC_PUSH(&parts, form_argument(form));
    if (!(target->kind == NODE_REF && target->callee))
        VEC_PUSH(&parts, target);
    for (struct node *a = call->first->next; a; a = a->next)
        VEC_PUSH(&parts, a);
    struct rope *ropes = mem_alloc((parts.count + 1) * sizeof *ropes);
    lower_sequence(lo, parts.at, (unsigned)parts.count, ropes, false);
    return splice(form, parts.at, ropes, (unsigned)parts.count);
}

static struct rope lower_by_kind(struct lowering *lo, struct node *n)
{
    switch (n->kind) {
    case NODE_FORM:
        return lower_spawn(lo, n);
    case NODE_AWAIT:
        return lower_await(lo, n);
    case NODE_BINARY:
        if (n->op == OP_AND || n->op == OP_OR)
            return lower_short_circuit(lo, n);
        if (n->op == OP_COMMA)
            return lower_comma(lo, n);
        return lower_children(lo, n);
    case NODE_CONDITIONAL:
        return lower_conditional(lo, n, false);
    case NODE_ASSIGN:
        return lower_assignment(lo, n);
    case NODE_STATEMENT_EXPRESSION:
        return lower_statement_expression(lo, n);
    case NODE_INIT_LIST:
        return lower_initializer_list(lo, n);
    case NODE_UNEVALUATED:
        return lower_unevaluated(n);
    case NODE_UNARY:
        if (n->op == OP_ADDRESS || n->op == OP_STEP) {
            struct rope inner = lower_lvalue(lo, n->first);
            return splice(n, &n->first, &inner, 1);
        }
        return lower_children(lo, n);
    default:
        return lower_children(lo, n);
    }
}

static struct rope lower_expression(struct lowering *lo, struct node *n)
{
    if (!holds_await(n))
        return rope_of(n);
    if (!n->needs_place)
        return lower_by_kind(lo, n);
    struct rope value = n->first ? lower_by_kind(lo, n) : rope_of(n);
    struct local *t = temporary(lo, n->type);
    t->escapes = true; // an array in it becomes a pointer
    VEC_PUSH(&lo->placed, t);
    return set_temporary(lo, t, &value);
}

// ---- Statements -----------------------------------------------------------------------------

bool is_taken_apart(struct node *n)
{
    return n->has_await || n->has_defer || n->has_jump || n->has_label || n->has_variable;
}

static struct exit_path *exit_through(struct lowering *lo, enum exit_kind kind,
                                      struct deferred *outside, struct stmt *loop,
                                      const char *label)
{
    if (lo->deferred == outside)
        return NULL;
    lo->deferred->is_target = true;
    lo->fn->goes_on_after_defer |= kind == EXIT_GOTO;
    struct exit_path *e = NULL;
    // the same way out as another jump's
    for (size_t i = 0; i < lo->deferred->exits.count && !e; i++) {
        struct exit_path *x = lo->deferred->exits.at[i];
        if (x->kind == kind && x->loop == loop &&
            (x->label == label || (label && x->label && !strcmp(x->label, label))))
            e = x;
    }
    if (e)
        return e;
    e = mem_alloc(sizeof *e);
    *e = (struct exit_path){.kind = kind, .loop = loop, .label = label};
    e->id = kind == EXIT_RETURN ? 1 : kind == EXIT_CANCEL ? 2 : 3 + lo->fn->exit_count++;
    for (struct deferred *d = lo->deferred; d != outside; d = d->outer) {
        bool present = false;
        for (size_t i = 0; i < d->exits.count; i++)
            present |= d->exits.at[i]->id == e->id;
        if (!present)
            VEC_PUSH(&d->exits, e);
        if (d->outer != outside && d->outer->block != d->block)
            d->outer->is_target = true;
        e->outermost = d;
    }
    return e;
}

static void lower_into(struct lowering *lo, struct stmt **where, struct node *n)
{
    struct branch b = enter(lo, where);
    struct node *saved = lo->at;
    lo->at = n;
    lower_statement(lo, n);
    lo->at = saved;
    leave(lo, b);
}

static struct deferred *push_deferred(struct lowering *lo, struct node *block)
{
    struct deferred *d = mem_alloc(sizeof *d);
    while (block->kind == NODE_LABEL || block->kind == NODE_CASE)
        block = block->parent;
    d->outer = lo->deferred;
    d->block = block;
    d->before = block->defers;
    block->defers = d;
    d->index = ++lo->fn->deferred_count;
    VEC_PUSH(&lo->fn->deferred, d);
    lo->deferred = d;
    lo->fn->has_defer = true;
    lo->fn->goes_on_after_defer |= block != lo->fn->body;
    return d;
}

static void lower_block(struct lowering *lo, struct node *n)
{
    struct stmt *s = append(lo, STMT_BLOCK);
    s->scope = n;
    for (struct local *l = n->locals; l; l = l->next_in_scope)
        if (l->is_literal)
            l->first_point = (unsigned)lo->fn->awaits.count;
    struct deferred *outside = lo->deferred;
    struct branch b = enter(lo, &s->body);
    struct node *saved = lo->at;
    struct node *previous = NULL;
    for (struct node *c = n->first; c; previous = c, c = c->next) {
        if (previous && c->invocation >= 0 && c->invocation == previous->invocation &&
            c->start == previous->start)
            continue; // one macro, several statements: its text stands once
        lo->at = c;
        lower_statement(lo, c);
    }
    lo->at = saved;
    leave(lo, b);
    lo->deferred = outside;
}

static bool holds_await_in_bound(struct node *variable)
{
    for (struct node *c = variable->first; c; c = c->next)
        if (c->kind == NODE_BOUND && holds_await(c))
            return true;
    return false;
}

// `int n = 1, v[await count(n)];`: a bound cannot be written down but as it is. No await follows in
// the array's scope: it is not of the future.
static unsigned behind_comma(const struct source *s, unsigned declarator)
{
    return lex_next(s->text, lex_declarator_end(s->text, declarator, s->length), s->length).end;
}

static void lower_variable_length(struct lowering *lo, struct node *before, struct node *variable)
{
    struct node **parts, declarator = *variable;
    unsigned count = collect(variable, &parts);
    struct rope *ropes = mem_alloc((count + 1) * sizeof *ropes), text = {0};
    for (unsigned i = 0; i < count; i++)
        if (parts[i]->kind == NODE_BOUND)
            parts[i] = parts[i]->first;
    lower_sequence(lo, parts, count, ropes, false);
    const struct source *s = lo->fn->source;
    declarator.start = before->kind == NODE_DECLARATIONS ? before->start
                       : before->kind == NODE_VARIABLE   ? behind_comma(s, before->end)
                                                         : before->end;
    if (before->kind != NODE_DECLARATIONS)
        rope_text(&text, type_specifiers(variable->local->type));
    struct rope rest = splice(&declarator, parts, ropes, count);
    rope_rope(&text, &rest);
    append(lo, STMT_EXPRESSION)->rope = text;
    variable->local->first_point = (unsigned)lo->fn->awaits.count;
}

static void lower_declarations(struct lowering *lo, struct node *n)
{
    struct node *before = n; // the variable before, or all of it
    for (struct node *v = n->first; v; v = v->next) {
        if (v->kind != NODE_VARIABLE) {
            struct stmt *s = append(lo, STMT_COPY);
            s->node = before = v;
            continue;
        }
        struct node *previous = before;
        before = v;
        if (v->local->is_variable_length && (n->first != n->last || holds_await_in_bound(v))) {
            lower_variable_length(lo, previous, v);
            continue;
        }
        struct rope value = {0};
        unsigned first = (unsigned)lo->fn->awaits.count;
        if (v->local->in_own_size)
            append(lo, STMT_DECLARE)->local = v->local;
        struct node *initializer = v->part[0];
        if (initializer) {
            bool list = initializer->kind == NODE_INIT_LIST;
            value = list && holds_await(initializer) ? lower_initializer_list(lo, initializer)
                                                     : lower_expression(lo, initializer);
        }
        struct stmt *s = append(lo, v->local->in_own_size ? STMT_SET : STMT_DECLARE);
        s->local = v->local;
        s->has_value = initializer != NULL;
        s->rope = value;
        v->local->first_point = lo->fn->has_labels       ? 0
                                : v->local->in_own_value ? first
                                                         : (unsigned)lo->fn->awaits.count;
        if (v->local->cleanup && !v->local->is_static) {
            struct deferred *d = push_deferred(lo, n->parent);
            d->cleanup = v->local;
            struct stmt *deferred = append(lo, STMT_DEFER);
            deferred->deferred = d;
        }
    }
}

static void lower_condition(struct lowering *lo, struct stmt *loop, struct node *condition)
{
    if (!condition)
        return;
    if (!holds_await(condition)) {
        loop->has_condition = true;
        loop->condition = rope_of(condition);
        return;
    }
    struct stmt **where = loop->is_do ? &loop->tail : &loop->head;
    while (*where)
        where = &(*where)->next;
    struct branch b = enter(lo, where);
    struct node *saved = lo->at;
    lo->at = condition;
    struct rope test = lower_expression(lo, condition);
    struct stmt *stop = append(lo, STMT_IF);
    stop->negate = true;
    stop->rope = test;
    struct branch inner = enter(lo, &stop->body);
    struct stmt *out = append(lo, STMT_BREAK);
    out->target = loop;
    leave(lo, inner);
    lo->at = saved;
    leave(lo, b);
}

static struct rope *for_part(struct node *n, struct rope *r)
{
    if (n)
        *r = rope_of(n);
    return r;
}

static void lower_loop(struct lowering *lo, struct node *n)
{
    struct branch outer = {0};
    struct deferred *outside = lo->deferred; // a variable of the header may have a cleanup
    bool wrapped = false;
    struct node *init = n->kind == NODE_FOR ? n->part[0] : NULL;
    struct node *condition = n->kind == NODE_FOR ? n->part[1] : n->part[0];
    struct node *step = n->kind == NODE_FOR ? n->part[2] : NULL;
    struct node *body = n->kind == NODE_FOR ? n->part[3] : n->part[1];
    if (init && (init->kind == NODE_DECLARATIONS || holds_await(init))) {
        struct stmt *block = append(lo, STMT_BLOCK);
        block->scope = n;
        block->has_value = init->kind == NODE_DECLARATIONS; // emit may put it back into the header
        outer = enter(lo, &block->body);
        wrapped = true;
        if (init->kind == NODE_DECLARATIONS) {
            struct node *saved = lo->at;
            lo->at = init;
            lower_declarations(lo, init);
            lo->at = saved;
        } else {
            lower_discarded(lo, init);
        }
    }
    struct stmt *loop = append(lo, STMT_LOOP);
    loop->loop = ++lo->fn->loop_count;
    loop->deferred = lo->deferred;
    loop->is_do = n->kind == NODE_DO;
    if (!wrapped)
        for_part(init, &loop->init);
    struct stmt *saved_loop = lo->loop, *saved_breakable = lo->breakable;
    lo->loop = lo->breakable = loop;
    loop->continue_by_goto =
        (step && holds_await(step)) || (loop->is_do && condition && holds_await(condition));
    if (!loop->is_do)
        lower_condition(lo, loop, condition);
    if (body)
        lower_into(lo, &loop->body, body);
    if (step && holds_await(step)) {
        struct branch b = enter(lo, &loop->tail);
        lower_discarded(lo, step);
        leave(lo, b);
    } else {
        for_part(step, &loop->step);
    }
    if (loop->is_do)
        lower_condition(lo, loop, condition);
    lo->loop = saved_loop;
    lo->breakable = saved_breakable;
    if (wrapped)
        leave(lo, outer);
    lo->deferred = outside;
}

static void lower_switch(struct lowering *lo, struct node *n)
{
    struct rope value = lower_expression(lo, n->part[0]);
    struct stmt *s = append(lo, STMT_SWITCH);
    s->rope = value;
    s->deferred = lo->deferred;
    struct stmt *saved = lo->breakable;
    lo->breakable = s;
    lower_into(lo, &s->body, n->part[1]);
    lo->breakable = saved;
}

static void lower_jump(struct lowering *lo, struct node *n)
{
    struct stmt *s = append(lo, n->kind == NODE_BREAK ? STMT_BREAK : STMT_CONTINUE);
    s->target = n->kind == NODE_BREAK ? lo->breakable : lo->loop;
    if (!s->target)
        return;
    if (n->kind == NODE_CONTINUE)
        s->target->continued = true;
    s->exit = exit_through(lo, n->kind == NODE_BREAK ? EXIT_BREAK : EXIT_CONTINUE,
                           s->target->deferred, s->target, NULL);
}

static void lower_return(struct lowering *lo, struct node *n)
{
    struct rope value = {0};
    if (n->first)
        value = lower_expression(lo, n->first);
    struct stmt *s = append(lo, STMT_RETURN);
    s->rope = value;
    s->has_value = n->first != NULL;
    s->exit = exit_through(lo, EXIT_RETURN, NULL, NULL, NULL);
    if (s->exit && s->has_value)
        lo->fn->returns_through_defer = true;
}

static void lower_statement_by_kind(struct lowering *lo, struct node *n)
{
    struct stmt *s;
    if (!is_taken_apart(n) && n->kind != NODE_DECLARATIONS) {
        append(lo, STMT_COPY)->node = n;
        return;
    }
    switch (n->kind) {
    case NODE_BLOCK:
        lower_block(lo, n);
        close_scope(lo, n);
        break;
    case NODE_DECLARATIONS:
        lower_declarations(lo, n);
        break;
    case NODE_IF: {
        struct rope test = lower_expression(lo, n->part[0]);
        s = append(lo, STMT_IF);
        s->rope = test;
        lower_into(lo, &s->body, n->part[1]);
        if (n->part[2])
            lower_into(lo, &s->otherwise, n->part[2]);
        break;
    }
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR:
        lower_loop(lo, n);
        close_scope(lo, n);
        break;
    case NODE_SWITCH:
        lower_switch(lo, n);
        break;
    case NODE_CASE:
        s = append(lo, STMT_CASE);
        lower_into(lo, &s->body, n->part[0]);
        break;
    case NODE_LABEL:
        s = lower_label(lo, n);
        if (n->part[0])
            lower_into(lo, &s->body, n->part[0]);
        break;
    case NODE_GOTO:
        s = append(lo, STMT_GOTO);
        s->label = n->name;
        s->deferred = lo->deferred;
        VEC_PUSH(&lo->gotos, s);
        break;
    case NODE_COMPUTED_GOTO: {
        struct rope label = n->first ? lower_expression(lo, n->first) : rope_of(n);
        s = append(lo, STMT_COMPUTED_GOTO);
        s->rope = label;
        break;
    }
    case NODE_BREAK:
    case NODE_CONTINUE:
        lower_jump(lo, n);
        break;
    case NODE_RETURN:
        lower_return(lo, n);
        break;
    case NODE_DEFER: {
        struct deferred *d = push_deferred(lo, n->parent);
        d->node = n;
        s = append(lo, STMT_DEFER);
        s->deferred = d;
        break;
    }
    default:
        lower_discarded(lo, n);
        break;
    }
}

static void lower_statement(struct lowering *lo, struct node *n)
{
    size_t outside = lo->placed.count;
    lower_statement_by_kind(lo, n);
    for (; lo->placed.count > outside; lo->placed.count--)
        lo->placed.at[lo->placed.count - 1]->last_point = (unsigned)lo->fn->awaits.count;
}

static bool encloses(struct deferred *outer, struct deferred *inner)
{
    for (; inner; inner = inner->outer)
        if (inner == outer)
            return true;
    return outer == NULL;
}

static void resolve_gotos(struct lowering *lo)
{
    for (size_t i = 0; i < lo->gotos.count; i++) {
        struct stmt *jump = lo->gotos.at[i];
        bool found = false;
        for (size_t j = 0; j < lo->labels.count; j++) {
            struct stmt *label = lo->labels.at[j];
            if (strcmp(label->label, jump->label))
                continue;
            jump->target = label;
            found = true;
            struct place at = {lo->fn->source, jump->node->start};
            if (!encloses(label->deferred, jump->deferred)) {
                error_at(at, "E0203", "goto '%s' enters a block after its defer", jump->label);
                continue;
            }
            struct deferred *saved = lo->deferred;
            lo->deferred = jump->deferred;
            jump->exit = exit_through(lo, EXIT_GOTO, label->deferred, NULL, jump->label);
            lo->deferred = saved;
        }
        if (!found)
            error_at((struct place){lo->fn->source, jump->node->start}, "E0203",
                     "goto '%s' enters a defer", jump->label);
    }
}

// Every await below a defer can be cancelled there.
static void add_cancel_exits(struct lowering *lo)
{
    for (size_t i = 0; i < lo->fn->awaits.count; i++) {
        lo->deferred = lo->fn->awaits.at[i]->pending;
        if (lo->deferred)
            exit_through(lo, EXIT_CANCEL, NULL, NULL, NULL);
    }
}

static bool text_has_name(struct function *fn, const char *name)
{
    size_t length = strlen(name);
    const char *text = fn->source->text;
    for (unsigned i = fn->start; i + length <= fn->end; i++)
        if (text[i] == name[0] && !memcmp(text + i, name, length) &&
            !is_name_byte(text[i + length]) && !is_name_byte(text[i - 1]))
            return true;
    return false;
}

static bool is_free_name(struct function *fn, const char *name)
{
    struct place macro;
    return !text_has_name(fn, name) && !*table_at(&fn->unit->taken_names, name) &&
           !front_macro_place(name, false, &macro);
}

void lower(struct function *fn)
{
    struct lowering lo = {.fn = fn};
    fn->self = is_free_name(fn, "self") ? "self" : "asyncc_self";
    fn->cx = is_free_name(fn, "cx") ? "cx" : "asyncc_cx";
    mark_full_expressions(fn->body);
    lo.tail = &fn->lowered;
    lo.at = fn->body;
    fn->has_labels = fn->body->has_label;
    lower_block(&lo, fn->body);
    close_scope(&lo, fn->body);
    resolve_gotos(&lo);
    add_cancel_exits(&lo);
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        if (l->is_parameter || (!l->scope && !l->is_temporary))
            l->last_point = (unsigned)fn->awaits.count;
    }
}
