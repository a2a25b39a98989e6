// verify.c - what each pass promises to the next, checked in debug builds.
//   in:    the unit after a pass
//   out:   nothing, or an internal fault
#include "front.h"

// ---- lower: an await is a statement of its own ----------------------------------------------

static unsigned awaits_seen;
static struct vec(unsigned) await_offsets; // sorted

static int by_number(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static bool holds_an_await(unsigned start, unsigned end)
{
    size_t low = 0, high = await_offsets.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (await_offsets.at[middle] < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < await_offsets.count && await_offsets.at[low] < end;
}

static void verify_rope(struct function *fn, const struct rope *r)
{
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        if (p->kind == PIECE_ROPE)
            verify_rope(fn, p->rope);
        if (p->kind != PIECE_SOURCE)
            continue;
        if (p->start > p->end || p->end > fn->source->length)
            internal_fault("lower: a piece of '%s' is %u..%u", fn->name, p->start, p->end);
        if (holds_an_await(p->start, p->end))
            internal_fault("lower: an await of '%s' is left in the text at %u", fn->name, p->start);
    }
}

static void verify_stmts(struct function *fn, struct stmt *s)
{
    for (; s; s = s->next) {
        const struct rope *ropes[] = {&s->rope, &s->init, &s->condition, &s->step};
        for (size_t i = 0; i < sizeof ropes / sizeof *ropes; i++)
            verify_rope(fn, ropes[i]);
        if (s->kind == STMT_COPY && s->node->has_await)
            internal_fault("lower: '%s' copies a statement with an await", fn->name);
        if ((s->kind == STMT_AWAIT) != (s->await != NULL))
            internal_fault("lower: '%s' has an await that is no statement of its own", fn->name);
        if (s->await)
            awaits_seen++;
        if (s->exit && !s->deferred)
            internal_fault("lower: a jump in '%s' leaves through defers that are not there",
                           fn->name);
        verify_stmts(fn, s->head);
        verify_stmts(fn, s->body);
        verify_stmts(fn, s->tail);
        verify_stmts(fn, s->otherwise);
    }
}

void verify_lower(struct function *fn)
{
    awaits_seen = 0;
    await_offsets.count = 0;
    for (size_t i = 0; i < fn->awaits.count; i++)
        VEC_PUSH(&await_offsets, fn->awaits.at[i]->node->start);
    if (await_offsets.count)
        mem_sort(await_offsets.at, await_offsets.count, sizeof *await_offsets.at, by_number);
    verify_stmts(fn, fn->lowered);
    if (awaits_seen != fn->awaits.count)
        internal_fault("lower: '%s' has %zu awaits, and %u statements for them", fn->name,
                       fn->awaits.count, awaits_seen);
    for (size_t i = 0; i < fn->awaits.count; i++)
        if (fn->awaits.at[i]->index != i + 1)
            internal_fault("lower: an await of '%s' is out of order", fn->name);
}

// ---- flow: a local is stored, or in the frame, or dead --------------------------------------

void verify_flow(struct function *fn)
{
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        if (l->saved &&
            (l->in_frame || l->escapes || l->in_own_value || l->is_volatile || !l->is_scalar))
            internal_fault("flow: '%s' of '%s' cannot be stored on suspension", l->name, fn->name);
        for (size_t j = 1; j < l->points.count; j++)
            if (l->points.at[j] <= l->points.at[j - 1])
                internal_fault("flow: the points of '%s' of '%s' are out of order", l->name,
                               fn->name);
    }
}

// ---- layout: what shares bytes shares no point ----------------------------------------------

// by point: the member of the union under test that is in use there
static const struct field **owners;

static void claim(struct function *fn, struct field *f, const struct field *arm)
{
    for (size_t i = 0; i < f->points.count; i++) {
        const struct field **owner = &owners[f->points.at[i]];
        if (*owner && *owner != arm)
            internal_fault("layout: two fields of '%s' share bytes in state %u: %s", fn->name,
                           f->points.at[i], f->text);
        *owner = arm;
    }
    for (size_t i = 0; i < f->members.count; i++)
        claim(fn, f->members.at[i], arm);
}

static void disclaim(struct field *f)
{
    for (size_t i = 0; i < f->points.count; i++)
        owners[f->points.at[i]] = NULL;
    for (size_t i = 0; i < f->members.count; i++)
        disclaim(f->members.at[i]);
}

static void verify_field(struct function *fn, struct field *f)
{
    if (f->kind == FIELD_UNION) {
        for (size_t i = 0; i < f->members.count; i++)
            claim(fn, f->members.at[i], f->members.at[i]);
        disclaim(f);
    }
    for (size_t i = 0; i < f->members.count; i++)
        verify_field(fn, f->members.at[i]);
}

void verify_layout(struct function *fn)
{
    owners = mem_alloc((fn->awaits.count + 2 + fn->own_points) * sizeof *owners);
    verify_field(fn, fn->layout);
    for (size_t i = 0; i < fn->locals.count; i++)
        if ((fn->locals.at[i]->in_frame || fn->locals.at[i]->saved) && !fn->locals.at[i]->field)
            internal_fault("layout: '%s' of '%s' has no field", fn->locals.at[i]->name, fn->name);
}
