// flow.c - what lives across which suspension point, and so needs a place in the future.
//   in:    fn->lowered
//   out:   local->in_frame, ->saved, ->points; await->saves
//   needs: an await is a statement of its own
//
// A scalar whose address is never taken stays a C local: it is stored when its function suspends
// and loaded when it resumes. Anything else that lives across an await is a field, and every access
// goes there.
#include "front.h"

#include <string.h>

// One step of the control-flow graph.
struct step {
    struct vec(struct local *) uses;
    // those that may sit in the future from their first write on
    struct vec(struct local *) touched;
    bool copies; // one local to another, whole: they may lie on each other
    struct local *kill;
    struct await *await;
    bool falls; // control may go on to the next step
};

struct edge {
    unsigned from, to;
};

struct leaving { // a jump to a defer at the end of its block
    unsigned from;
    struct deferred *to;
};

struct flowing {
    struct function *fn;
    struct vec(struct leaving) leaving;
    struct vec(struct step) steps;
    struct vec(struct edge) edges;
    struct vec(struct edge) pending_gotos; // to: index into goto_labels
    struct vec(const char *) goto_labels;
    struct vec(unsigned) label_steps;
    struct vec(const char *) label_names;
    unsigned *first_edge, *edge_from; // predecessors, by step
    // by step: from there control can only come straight down to it, past no await
    unsigned *run_start;
};

struct jump_target {
    unsigned continue_to; // step, or UINT32_MAX: not yet known
    struct vec(unsigned) breaks, continues;
    struct stmt *stmt;
    struct jump_target *outer;
};

static struct jump_target *targets;

// ---- Building the graph ---------------------------------------------------------------------

static unsigned step_new(struct flowing *f)
{
    struct step s = {.falls = true};
    VEC_PUSH(&f->steps, s);
    return (unsigned)f->steps.count - 1;
}

static struct step *last_step(struct flowing *f)
{
    return &f->steps.at[f->steps.count - 1];
}

static void add_edge(struct flowing *f, unsigned from, unsigned to)
{
    VEC_PUSH(&f->edges, ((struct edge){from, to}));
}

size_t first_mention(struct function *fn, unsigned offset)
{
    size_t low = 0, high = fn->mentions.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (fn->mentions.at[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool declared_in(struct local *l, unsigned start, unsigned end)
{
    return !l->is_parameter && !l->is_temporary && l->offset >= start && l->offset < end;
}

static void touch(struct flowing *f, unsigned step, struct local *l)
{
    if (l && (!l->is_scalar || l->escapes || l->is_volatile || l->in_own_value))
        VEC_PUSH(&f->steps.at[step].touched, l);
}

static void use_range(struct flowing *f, unsigned step, unsigned start, unsigned end)
{
    struct function *fn = f->fn;
    for (size_t i = first_mention(fn, start);
         i < fn->mentions.count && fn->mentions.at[i].offset < end; i++)
        touch(f, step, fn->mentions.at[i].local);
    for (size_t i = first_mention(fn, start);
         i < fn->mentions.count && fn->mentions.at[i].offset < end; i++)
        if (fn->mentions.at[i].local && (fn->mentions.at[i].access & ACCESS_READ) &&
            !declared_in(fn->mentions.at[i].local, start, end))
            VEC_PUSH(&f->steps.at[step].uses, fn->mentions.at[i].local);
}

static void use_rope(struct flowing *f, unsigned step, const struct rope *r)
{
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        if (p->kind == PIECE_SOURCE)
            use_range(f, step, p->start, p->end);
        else if (p->kind == PIECE_LOCAL) {
            VEC_PUSH(&f->steps.at[step].uses, p->local);
            touch(f, step, p->local);
        } else if (p->kind == PIECE_ROPE)
            use_rope(f, step, p->rope);
    }
}

// A field read by arguments that are evaluated after part of the await's own fields were written.
static void keep_from_await(struct flowing *f, const struct rope *r, unsigned point)
{
    struct function *fn = f->fn;
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        if (p->kind == PIECE_ROPE)
            keep_from_await(f, p->rope, point);
        if (p->kind == PIECE_RESULT && p->await->index < point)
            VEC_PUSH(&p->await->read_at, point);
        if (p->kind == PIECE_LOCAL && !p->local->is_scalar)
            VEC_PUSH(&p->local->points, point);
        if (p->kind == PIECE_SOURCE)
            for (size_t k = first_mention(fn, p->start);
                 k < fn->mentions.count && fn->mentions.at[k].offset < p->end; k++)
                if (fn->mentions.at[k].local && !fn->mentions.at[k].local->is_scalar)
                    VEC_PUSH(&fn->mentions.at[k].local->points, point);
    }
}

// A field set from a child's result must not share bytes with the child.
static struct await *result_in(const struct rope *r)
{
    struct await *aw = NULL;
    for (size_t i = 0; i < r->pieces.count && !aw; i++) {
        if (r->pieces.at[i].kind == PIECE_RESULT)
            aw = r->pieces.at[i].await;
        else if (r->pieces.at[i].kind == PIECE_ROPE)
            aw = result_in(r->pieces.at[i].rope);
    }
    return aw;
}

static void keep_from_result(struct flowing *f, const struct rope *r, struct local *set)
{
    struct await *aw = result_in(r);
    if (!aw)
        return;
    if (set)
        VEC_PUSH(&set->points, aw->index);
    keep_from_await(f, r, aw->index);
}

static void use_deferred(struct flowing *f, unsigned step, struct deferred *from,
                         struct deferred *outside)
{
    for (struct deferred *d = from; d && d != outside; d = d->outer) {
        if (d->cleanup)
            VEC_PUSH(&f->steps.at[step].uses, d->cleanup);
        else
            use_range(f, step, d->node->start, d->node->end);
    }
}

// `x = ...` as a whole statement, x not read in it.
static struct local *assigned_local(struct flowing *f, const struct rope *r)
{
    struct function *fn = f->fn;
    while (r->pieces.count && r->pieces.at[0].kind == PIECE_ROPE)
        r = r->pieces.at[0].rope;
    if (!r->pieces.count || r->pieces.at[0].kind != PIECE_SOURCE)
        return NULL;
    unsigned start = r->pieces.at[0].start;
    size_t i = first_mention(fn, start);
    if (i == fn->mentions.count || fn->mentions.at[i].offset != start ||
        !fn->mentions.at[i].local || fn->mentions.at[i].access != ACCESS_WRITE)
        return NULL;
    struct local *l = fn->mentions.at[i].local;
    struct token t = lex_next(fn->source->text, fn->mentions.at[i].end, fn->source->length);
    return token_is(fn->source->text, t, "=") ? l : NULL;
}

static void walk_list(struct flowing *f, struct stmt *s);

static void copy_step(struct flowing *f, struct node *n)
{
    unsigned at = step_new(f);
    use_range(f, at, n->start, n->end);
    if (n->kind == NODE_ASSIGN) {
        struct rope r = {0};
        VEC_PUSH(&r.pieces,
                 ((struct piece){.kind = PIECE_SOURCE, .start = n->start, .end = n->end}));
        f->steps.at[at].kill = assigned_local(f, &r);
    }
}

// Every local from outside that a rope names, written ones too.
static void use_all(struct flowing *f, unsigned step, const struct rope *r)
{
    struct function *fn = f->fn;
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        if (p->kind == PIECE_ROPE)
            use_all(f, step, p->rope);
        if (p->kind == PIECE_SOURCE)
            for (size_t k = first_mention(fn, p->start);
                 k < fn->mentions.count && fn->mentions.at[k].offset < p->end; k++)
                if (fn->mentions.at[k].local &&
                    !declared_in(fn->mentions.at[k].local, p->start, p->end))
                    VEC_PUSH(&f->steps.at[step].uses, fn->mentions.at[k].local);
    }
}

static struct local *whole_local(struct function *fn, const struct rope *r)
{
    while (r->pieces.count == 1 && r->pieces.at[0].kind == PIECE_ROPE)
        r = r->pieces.at[0].rope;
    if (r->pieces.count != 1 || r->pieces.at[0].kind != PIECE_SOURCE)
        return NULL;
    const struct piece *p = &r->pieces.at[0];
    size_t i = first_mention(fn, p->start);
    if (i == fn->mentions.count || fn->mentions.at[i].offset != p->start ||
        fn->mentions.at[i].end != p->end)
        return NULL;
    return fn->mentions.at[i].local;
}

// The local that every operand of a form assigns, or NULL.
static struct local *common_target(struct function *fn, struct await *aw)
{
    struct local *common = NULL;
    for (size_t i = 0; i < aw->operands.count; i++) {
        struct local *l = whole_local(fn, &aw->operands.at[i].target);
        if (!l || !l->is_scalar || (common && l != common))
            return NULL;
        common = l;
    }
    return common;
}

static void await_step(struct flowing *f, struct await *aw)
{
    unsigned at = step_new(f);
    f->steps.at[at].await = aw;
    use_rope(f, at, &aw->timeout);
    for (size_t i = 0; i < aw->operands.count; i++) {
        use_rope(f, at, &aw->operands.at[i].arguments);
        use_rope(f, at, &aw->operands.at[i].pointer);
        if (aw->is_form || aw->operands.at[i].storage != STORAGE_EMBEDDED) {
            keep_from_await(f, &aw->operands.at[i].arguments, aw->index);
            keep_from_await(f, &aw->operands.at[i].pointer, aw->index);
        }
    }
    struct local *chosen = aw->is_form && aw->form == FORM_SELECT ? common_target(f->fn, aw) : NULL;
    if (chosen) { // whatever it was before, the operand that wins sets it
        f->steps.at[step_new(f)].kill = chosen;
    } else if (aw->is_form) { // results are stored as operands finish
        unsigned after = step_new(f);
        for (size_t i = 0; i < aw->operands.count; i++) {
            struct rope *target = &aw->operands.at[i].target;
            use_rope(f, after, target);
            use_all(f, after, target);
        }
    }
    if (aw->result) {
        unsigned set = step_new(f);
        f->steps.at[set].kill = aw->result;
        touch(f, set, aw->result);
    }
}

static void push_target(struct jump_target *t, struct stmt *s)
{
    t->stmt = s;
    t->outer = targets;
    targets = t;
}

static struct jump_target *target_of(struct stmt *s)
{
    struct jump_target *t = targets;
    while (t && t->stmt != s)
        t = t->outer;
    return t;
}

static void walk_loop(struct flowing *f, struct stmt *s)
{
    struct jump_target t = {0};
    push_target(&t, s);
    unsigned init = step_new(f);
    use_rope(f, init, &s->init);
    unsigned top = step_new(f); // the condition
    use_rope(f, top, &s->condition);
    if (s->is_do) { // entered at the body; kept apart so that the condition's step comes after it
        f->steps.at[top].uses.count = 0;
    } else if (s->has_condition) {
        VEC_PUSH(&t.breaks, top);
    }
    walk_list(f, s->head);
    walk_list(f, s->body);
    unsigned next = step_new(f);
    use_rope(f, next, &s->step);
    for (size_t i = 0; i < t.continues.count; i++)
        add_edge(f, t.continues.at[i], next);
    walk_list(f, s->tail);
    unsigned again = step_new(f);
    if (s->is_do)
        use_rope(f, again, &s->condition);
    add_edge(f, again, top);
    f->steps.at[again].falls = s->is_do && s->has_condition;
    unsigned after = step_new(f);
    for (size_t i = 0; i < t.breaks.count; i++)
        add_edge(f, t.breaks.at[i], after);
    targets = t.outer;
}

static void walk_switch(struct flowing *f, struct stmt *s)
{
    struct jump_target t = {0};
    push_target(&t, s);
    unsigned head = step_new(f);
    use_rope(f, head, &s->rope);
    t.continue_to = head; // where cases branch from
    f->steps.at[head].falls = false;
    walk_list(f, s->body);
    unsigned after = step_new(f);
    add_edge(f, head, after); // there may be no matching case
    for (size_t i = 0; i < t.breaks.count; i++)
        add_edge(f, t.breaks.at[i], after);
    targets = t.outer;
}

// The C compiler does not see that a jump which runs defers never falls out of the block at their
// end, and would warn of variables that are not loaded there.
static void leave_through(struct flowing *f, unsigned from, struct deferred *d)
{
    VEC_PUSH(&f->leaving, ((struct leaving){from, d}));
}

static void walk_deferred(struct flowing *f, struct deferred *d)
{
    unsigned at = step_new(f);
    use_deferred(f, at, d, d->outer);
    size_t kept = 0;
    for (size_t i = 0; i < f->leaving.count; i++) {
        if (f->leaving.at[i].to == d)
            add_edge(f, f->leaving.at[i].from, at);
        else
            f->leaving.at[kept++] = f->leaving.at[i];
    }
    f->leaving.count = kept;
}

static void walk_exit(struct flowing *f, struct stmt *s)
{
    if (s->exit)
        leave_through(f, (unsigned)f->steps.count - 1, s->deferred);
    if (s->exit)
        use_deferred(f, (unsigned)f->steps.count - 1, s->deferred, s->exit->outermost->outer);
}

static void walk(struct flowing *f, struct stmt *s)
{
    unsigned at;
    switch (s->kind) {
    case STMT_COPY:
        copy_step(f, s->node);
        break;
    case STMT_EXPRESSION:
        at = step_new(f);
        use_rope(f, at, &s->rope);
        keep_from_result(f, &s->rope, NULL);
        f->steps.at[at].kill = assigned_local(f, &s->rope);
        break;
    case STMT_SET:
    case STMT_DECLARE:
        at = step_new(f);
        use_rope(f, at, &s->rope);
        keep_from_result(f, &s->rope, s->local->is_scalar ? NULL : s->local);
        f->steps.at[at].kill = s->local;
        touch(f, at, s->local);
        if (s->kind == STMT_DECLARE && type_is_record(s->local->type) && !s->local->is_volatile) {
            s->copies = whole_local(f->fn, &s->rope);
            f->steps.at[at].copies = s->copies != NULL;
        }
        break;
    case STMT_AWAIT:
        at = (unsigned)f->steps.count;
        await_step(f, s->await);
        if (s->await->pending)
            leave_through(f, at, s->await->pending);
        break;
    case STMT_BLOCK:
        walk_list(f, s->body);
        if (s->scope)
            for (struct deferred *d = s->scope->defers; d; d = d->before)
                walk_deferred(f, d);
        break;
    case STMT_IF: {
        unsigned test = step_new(f);
        use_rope(f, test, &s->rope);
        walk_list(f, s->body);
        unsigned end = step_new(f);
        f->steps.at[end].falls = s->otherwise == NULL;
        if (s->otherwise) {
            unsigned otherwise = step_new(f);
            add_edge(f, test, otherwise);
            walk_list(f, s->otherwise);
            unsigned after = step_new(f);
            add_edge(f, end, after);
        } else {
            add_edge(f, test, end);
        }
        break;
    }
    case STMT_LOOP:
        walk_loop(f, s);
        break;
    case STMT_SWITCH:
        walk_switch(f, s);
        break;
    case STMT_CASE: {
        at = step_new(f);
        struct jump_target *t = targets;
        while (t && t->stmt->kind != STMT_SWITCH)
            t = t->outer;
        if (t)
            add_edge(f, t->continue_to, at);
        walk_list(f, s->body);
        break;
    }
    case STMT_LABEL:
        at = step_new(f);
        VEC_PUSH(&f->label_names, s->label);
        VEC_PUSH(&f->label_steps, at);
        walk_list(f, s->body);
        break;
    case STMT_GOTO:
        at = step_new(f);
        walk_exit(f, s);
        VEC_PUSH(&f->pending_gotos, ((struct edge){at, (unsigned)f->goto_labels.count}));
        VEC_PUSH(&f->goto_labels, s->label);
        last_step(f)->falls = false;
        break;
    case STMT_COMPUTED_GOTO:
        at = step_new(f);
        use_rope(f, at, &s->rope);
        VEC_PUSH(&f->pending_gotos, ((struct edge){at, UINT32_MAX}));
        f->steps.at[at].falls = false;
        break;
    case STMT_BREAK:
    case STMT_CONTINUE: {
        at = step_new(f);
        walk_exit(f, s);
        struct jump_target *t = target_of(s->target);
        if (t && s->kind == STMT_BREAK)
            VEC_PUSH(&t->breaks, at);
        else if (t)
            VEC_PUSH(&t->continues, at);
        last_step(f)->falls = false;
        break;
    }
    case STMT_RETURN:
        at = step_new(f);
        use_rope(f, at, &s->rope);
        walk_exit(f, s);
        last_step(f)->falls = false;
        break;
    case STMT_DEFER:
        break;
    }
}

static void walk_list(struct flowing *f, struct stmt *s)
{
    for (; s; s = s->next)
        walk(f, s);
}

static void connect(struct flowing *f)
{
    for (unsigned i = 0; i + 1 < f->steps.count; i++)
        if (f->steps.at[i].falls)
            add_edge(f, i, i + 1);
    for (size_t i = 0; i < f->pending_gotos.count; i++) {
        struct edge e = f->pending_gotos.at[i];
        for (size_t j = 0; j < f->label_names.count; j++)
            if (e.to == UINT32_MAX || !strcmp(f->label_names.at[j], f->goto_labels.at[e.to]))
                add_edge(f, e.from, f->label_steps.at[j]);
    }
    size_t steps = f->steps.count;
    f->first_edge = mem_alloc((steps + 2) * sizeof(unsigned));
    f->edge_from = mem_alloc((f->edges.count + 1) * sizeof(unsigned));
    for (size_t i = 0; i < f->edges.count; i++)
        f->first_edge[f->edges.at[i].to + 2]++;
    for (size_t i = 2; i < steps + 2; i++)
        f->first_edge[i] += f->first_edge[i - 1];
    for (size_t i = 0; i < f->edges.count; i++)
        f->edge_from[f->first_edge[f->edges.at[i].to + 1]++] = f->edges.at[i].from;
    f->run_start = mem_alloc((steps + 1) * sizeof(unsigned));
    for (unsigned i = 0; i < steps; i++) {
        unsigned first = f->first_edge[i];
        bool straight = f->first_edge[i + 1] == first + 1 && i > 0 &&
                        f->edge_from[first] == i - 1 && !f->steps.at[i - 1].await;
        f->run_start[i] = straight ? f->run_start[i - 1] : i;
    }
}

// ---- Liveness, one local at a time ----------------------------------------------------------

enum {
    // a scalar saved at more awaits lives in the future instead: output stays linear
    SAVE_LIMIT = 16,
    POINT_LIMIT = 256, // a field occupied at more awaits shares with nothing
};

struct access_list { // of one local, ascending
    struct vec(unsigned) uses, kills;
};

static int by_number(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static void add_point(struct local *l, unsigned point)
{
    VEC_PUSH(&l->points, point);
}

static void sort_points(struct local *l)
{
    if (l->points.count < 2)
        return;
    mem_sort(l->points.at, l->points.count, sizeof *l->points.at, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < l->points.count; i++)
        if (l->points.at[i] != l->points.at[kept - 1])
            l->points.at[kept++] = l->points.at[i];
    l->points.count = kept;
}

static unsigned *entered, *passed; // by step: the stamp of the local that was last there
static unsigned stamp;

static bool is_killed_between(const struct access_list *a, unsigned start, unsigned end)
{
    size_t low = 0, high = a->kills.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (a->kills.at[middle] < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->kills.count && a->kills.at[low] < end;
}

// Walks back from each use to where the value comes from, and notes the awaits on the way.
static void find_crossings(struct flowing *f, struct local *l, const struct access_list *accesses,
                           size_t limit)
{
    struct vec(unsigned) work = {0};
    stamp++;
    for (size_t i = 0; i < accesses->uses.count; i++)
        VEC_PUSH(&work, accesses->uses.at[i]);
    while (work.count) {
        unsigned at = work.at[--work.count], start = f->run_start[at];
        if (is_killed_between(accesses, start, at) || entered[start] == stamp)
            continue;
        entered[start] = stamp;
        for (unsigned e = f->first_edge[start]; e < f->first_edge[start + 1]; e++) {
            unsigned from = f->edge_from[e];
            if (passed[from] == stamp)
                continue;
            passed[from] = stamp;
            struct step *s = &f->steps.at[from];
            if (s->await) {
                add_point(l, s->await->index);
                if (l->points.count > limit) {
                    l->everywhere = true;
                    return;
                }
            }
            if (s->kill != l)
                VEC_PUSH(&work, from);
        }
    }
}

static void everywhere_in_scope(struct local *l)
{
    if (l->last_point - l->first_point > POINT_LIMIT) {
        l->everywhere = true;
        return;
    }
    for (unsigned i = l->first_point + 1; i <= l->last_point; i++)
        add_point(l, i);
}

static void save_at(struct await *aw, struct local *l)
{
    if (!l->is_parameter && !l->is_temporary && l->offset > aw->node->start)
        return; // not declared yet there: alive only by an edge that no execution takes
    if (l->scope && (aw->node->start < l->scope->start || aw->node->start >= l->scope->end))
        // read before it has a value, as in `int x = x;`: an earlier round's value is nobody's
        return;
    VEC_PUSH(&aw->saves, l);
}

static void place_local(struct flowing *f, struct local *l, const struct access_list *accesses)
{
    if (l->is_static || l->is_variable_length)
        return;
    bool simple = l->is_scalar && !l->escapes && !l->is_volatile && !l->in_own_value;
    size_t kept_apart = l->points.count; // points that do not make it live
    if (l->escapes || l->is_volatile || l->in_own_value)
        everywhere_in_scope(l);
    else
        find_crossings(f, l, accesses,
                       !simple             ? POINT_LIMIT
                       : l->named_by_macro ? SIZE_MAX
                                           : SAVE_LIMIT);
    bool lives = l->points.count > kept_apart || l->everywhere;
    if (l->is_parameter)
        add_point(l, 0);
    sort_points(l);
    if (simple && !l->everywhere)
        l->saved = lives;
    else
        l->in_frame = lives || (l->is_parameter && !simple);
    if (!lives)
        return;
    if (l->saved && l->declaration && (!l->declaration->part[0] || l->in_own_size))
        l->initial_zero = true;
    if (l->saved)
        for (size_t i = 0; i < l->points.count; i++)
            if (l->points.at[i])
                save_at(f->fn->awaits.at[l->points.at[i] - 1], l);
}

// A struct is stored before the defers run: it must not share bytes with anything they may look at.
static void keep_from_early_result(struct function *fn)
{
    for (size_t i = 0; i < fn->locals.count; i++)
        if (fn->locals.at[i]->in_frame && !fn->locals.at[i]->everywhere)
            add_point(fn->locals.at[i], (unsigned)fn->awaits.count + 1);
}

// ---- Locals that share no await, and still must not share bytes -----------------------------
//
// A scalar is in its field while the function is suspended only; arrays, structs and what has an
// address are there all the time. `int a[4] = {1}, b[4] = {2}; if (c) { await f(); use(a); } else {
// await g(); use(b); }`: no await needs both, but when b gets its value a's is still to be read.
// Each such local gets a point of its own, which it shares with those that are alive where it may
// be written.

enum {
    OWN_POINTS = 256
}; // with more of them in a function none of them shares

static void meet(struct local *l, struct local *other)
{
    if (other == l || !other->own_point || other->met == l)
        return;
    other->met = l;
    add_point(l, other->own_point);
}

static void meet_touched(struct flowing *f, struct local *l, unsigned step)
{
    for (size_t i = 0; i < f->steps.at[step].touched.count && !f->steps.at[step].copies; i++)
        meet(l, f->steps.at[step].touched.at[i]);
}

static void meet_while_alive(struct flowing *f, struct local *l, const struct access_list *accesses)
{
    struct vec(unsigned) work = {0};
    stamp++;
    for (size_t i = 0; i < accesses->uses.count; i++) {
        VEC_PUSH(&work, accesses->uses.at[i]);
        meet_touched(f, l, accesses->uses.at[i]);
    }
    while (work.count) {
        unsigned at = work.at[--work.count];
        for (unsigned e = f->first_edge[at]; e < f->first_edge[at + 1]; e++) {
            unsigned from = f->edge_from[e];
            if (passed[from] == stamp)
                continue;
            passed[from] = stamp;
            meet_touched(f, l, from);
            if (f->steps.at[from].kill != l)
                VEC_PUSH(&work, from);
        }
    }
}

// A pointer may write it anywhere in its scope.
static void meet_in_scope(struct function *fn, struct local *l)
{
    unsigned start = l->is_parameter                      ? 0
                     : l->declaration && !l->in_own_value ? l->declaration->end
                                                          : l->offset,
             end = l->scope ? l->scope->end : fn->source->length;
    for (size_t i = first_mention(fn, start);
         i < fn->mentions.count && fn->mentions.at[i].offset < end; i++)
        if (fn->mentions.at[i].local)
            meet(l, fn->mentions.at[i].local);
}

static bool stays_in_field(struct local *l)
{
    return l->in_frame || (l->saved && l->is_parameter && !l->written); // which is not stored again
}

static void keep_apart(struct flowing *f, const struct access_list *accesses)
{
    struct function *fn = f->fn;
    struct vec(size_t) fields = {0};
    for (size_t i = 0; i < fn->locals.count; i++)
        if (stays_in_field(fn->locals.at[i]) && !fn->locals.at[i]->everywhere)
            VEC_PUSH(&fields, i);
    for (size_t i = 0; i < fields.count; i++) {
        struct local *l = fn->locals.at[fields.at[i]];
        if (fields.count > OWN_POINTS)
            l->everywhere = true;
        else
            add_point(l, l->own_point = (unsigned)fn->awaits.count + 2 + fn->own_points++);
    }
    for (size_t i = 0; i < fields.count && fields.count <= OWN_POINTS; i++) {
        struct local *l = fn->locals.at[fields.at[i]];
        if (l->escapes || l->is_volatile || l->in_own_value || l->is_literal)
            meet_in_scope(fn, l);
        else
            meet_while_alive(f, l, &accesses[fields.at[i]]);
        sort_points(l);
    }
}

static unsigned number_of(struct local *l)
{
    return l->first_point; // renumbered below
}

void flow(struct function *fn)
{
    struct flowing f = {.fn = fn};
    step_new(&f);
    walk_list(&f, fn->lowered);
    step_new(&f);
    // What a cancel runs is needed at the suspension itself.
    for (size_t i = 0; i < f.steps.count; i++)
        if (f.steps.at[i].await && f.steps.at[i].await->pending && i + 1 < f.steps.count)
            use_deferred(&f, (unsigned)i + 1, f.steps.at[i].await->pending, NULL);
    connect(&f);
    entered = mem_alloc((f.steps.count + 1) * sizeof *entered);
    passed = mem_alloc((f.steps.count + 1) * sizeof *passed);
    stamp = 0;
    struct access_list *accesses = mem_alloc((fn->locals.count + 1) * sizeof *accesses);
    unsigned *scope_start = mem_alloc((fn->locals.count + 1) * sizeof *scope_start);
    for (size_t i = 0; i < fn->locals.count; i++) {
        scope_start[i] = fn->locals.at[i]->first_point;
        fn->locals.at[i]->first_point = (unsigned)i;
    }
    for (unsigned i = 0; i < f.steps.count; i++) {
        const struct step *s = &f.steps.at[i];
        for (size_t j = 0; j < s->uses.count; j++) {
            struct access_list *list = &accesses[number_of(s->uses.at[j])];
            if (!list->uses.count || list->uses.at[list->uses.count - 1] != i)
                VEC_PUSH(&list->uses, i);
        }
        if (s->kill)
            VEC_PUSH(&accesses[number_of(s->kill)].kills, i);
    }
    for (size_t i = 0; i < fn->locals.count; i++)
        fn->locals.at[i]->first_point = scope_start[i];
    for (size_t i = 0; i < fn->locals.count; i++)
        place_local(&f, fn->locals.at[i], &accesses[i]);
    if (fn->returns_through_defer && fn->result && type_is_record(fn->result))
        keep_from_early_result(fn);
    keep_apart(&f, accesses);
}
