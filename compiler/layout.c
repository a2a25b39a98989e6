// layout.c - the future's fields, and which of them share bytes.
//   in:    local->points, fn->awaits
//   out:   fn->layout: a tree of structs and unions; local->field, operand->slot, await->state
//   needs: flow; the layouts of embedded callees are made on demand
//
// Two fields may share bytes when no suspension point needs both. The fields are split into groups
// that share no point: they form a union. Within a group, fields needed at every point of it stand
// side by side, and what remains is split again. The text names no offset; sizes, which are the
// target's, only choose among shapes.
#include "front.h"

#include <stdlib.h>
#include <string.h>

static struct table names; // of one function's future: how often each was asked for
static struct unit *named_in;
static const char *const own_members[] = {"state", "link", "result"};

// The program's macros may replace it, and clang takes members of unnamed structs for what hides
// the typedefs of further members.
static bool is_unfit(const char *name)
{
    struct place macro;
    return *table_at(&named_in->typedef_names, name) || front_macro_place(name, false, &macro);
}

static const char *unique_name(const char *wanted)
{
    uintptr_t *asked = (uintptr_t *)table_at(&names, wanted);
    if (!*asked && is_unfit(wanted))
        *asked = 1;
    if (!*asked) {
        *asked = 1;
        return wanted;
    }
    for (;;) {
        const char *name = mem_format("%s_%u", wanted, (unsigned)++*asked);
        uintptr_t *taken = (uintptr_t *)table_at(&names, name);
        asked = (uintptr_t *)table_at(&names, wanted); // the table may have grown
        if (!*taken && !is_unfit(name)) {
            *(uintptr_t *)table_at(&names, name) = 1;
            return name;
        }
    }
}

// An operand has up to three members: NAME, NAME_type and NAME_frame.
static const char *unique_slot(const char *wanted, bool typed, bool framed)
{
    for (;;) {
        const char *name = unique_name(wanted);
        void **type = typed ? table_at(&names, mem_format("%s_type", name)) : NULL;
        if (type && *type)
            continue;
        void **frame = framed ? table_at(&names, mem_format("%s_frame", name)) : NULL;
        if (frame && *frame)
            continue;
        if (typed)
            unique_name(mem_format("%s_type", name));
        if (framed)
            unique_name(mem_format("%s_frame", name));
        return name;
    }
}

// ---- Members --------------------------------------------------------------------------------

static struct field *member(const char *text, long long size, long long align)
{
    struct field *f = mem_alloc(sizeof *f);
    f->kind = FIELD_MEMBER;
    f->text = text;
    f->size = size > 0 ? size : 8;
    f->align = align > 0 ? align : 8;
    return f;
}

struct field_list vec(struct field *);

static void add_at(struct field_list *list, struct field *f, unsigned point)
{
    VEC_PUSH(&f->points, point);
    VEC_PUSH(list, f);
}

// A declaration that is taken apart names its types on its own: local ones have to move. Asking for
// the text marks them.
static void find_split_declarations(struct function *fn)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < fn->locals.count; i++) {
            struct local *l = fn->locals.at[i];
            struct node *n = l->declaration ? l->declaration->parent : NULL;
            if (!n || l->is_static)
                continue;
            if (pass == 0)
                n->split |=
                    n->has_await || n->has_defer || l->in_frame || (l->saved && l->is_const);
            else if (n->split)
                fn->desugars = true;
            type_subject = (struct place){fn->source, l->offset};
            if (pass == 1 && n->split && !l->is_variable_length)
                type_declare(l->type, l->spelling);
        }
}

static void local_members(struct function *fn, struct field_list *list)
{
    find_split_declarations(fn);
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        if (!l->in_frame && !l->saved && !l->is_parameter)
            continue;
        if (l->is_parameter && !l->mentioned)
            continue; // nothing reads it
        l->field = unique_name(l->name);
        type_subject = (struct place){fn->source, l->offset};
        long long align = type_align(l->type);
        if (!l->in_frame) { // the C local has it
            l->alignment = NULL;
            l->align = 0;
        }
        if (l->alignment_at && l->in_frame)
            error_at((struct place){fn->source, l->alignment_at}, "E0210",
                     "the alignment of '%s' is not known at file scope", l->name);
        if (l->in_frame && !l->alignment && align > type_written_align(l->type))
            l->alignment = mem_format("_Alignas(%lld) ", align);
        const char *text =
            mem_format("%s%s", l->alignment ? l->alignment : "", type_declare(l->type, l->field));
        struct field *f = member(text, type_size(l->type), l->align > align ? l->align : align);
        f->local = l;
        f->everywhere = l->everywhere;
        for (size_t j = 0; j < l->points.count; j++)
            VEC_PUSH(&f->points, l->points.at[j]);
        VEC_PUSH(list, f);
    }
}

static const char *operand_name(struct operand *o)
{
    if (o->callee)
        return o->callee->name;
    return "called";
}

static void add_child(struct field_list *list, struct field *f, struct operand *o, unsigned point)
{
    f->comment = mem_format("awaited in line %u", o->await->line);
    add_at(list, f, point);
}

static void operand_members(struct operand *o, unsigned point, struct field_list *list)
{
    o->slot = unique_slot(operand_name(o), o->storage == STORAGE_OPAQUE && !o->callee, o->deep);
    struct function *callee = o->callee;
    switch (o->storage) {
    case STORAGE_EMBEDDED: {
        long long size = 8, align = 8;
        if (callee->body) {
            layout(callee);
            size = callee->layout->size;
            align = callee->layout->align;
        } else if (callee->future_type) {
            size = type_size(callee->future_type);
            align = type_align(callee->future_type);
        }
        add_child(list,
                  member(mem_format("struct %s_future %s", callee->name, o->slot), size, align), o,
                  point);
        break;
    }
    case STORAGE_FRAME:
        add_child(list, member(mem_format("struct %s_future *%s", callee->name, o->slot), 8, 8), o,
                  point);
        break;
    case STORAGE_OPAQUE:
        add_child(list, member(mem_format("void *%s", o->slot), 8, 8), o, point);
        if (!callee)
            add_at(list, member(mem_format("async_fn_pointer %s_type", o->slot), 8, 8), point);
        break;
    }
    if (o->deep)
        add_at(list, member(mem_format("struct async_frame %s_frame", o->slot), 16, 8), point);
}

// An operand keeps its innermost frame when polling it from its root would skip levels.
static bool is_deep(struct operand *o)
{
    if (o->storage == STORAGE_OPAQUE)
        return true;
    return o->generated && o->callee->deep;
}

static const char *mask_type(size_t count)
{
    return count <= 8    ? "uint8_t"
           : count <= 16 ? "uint16_t"
           : count <= 32 ? "uint32_t"
                         : "uint64_t";
}

static void await_members(struct function *fn, struct await *aw, struct field_list *list)
{
    static const char *const forms[] = {"join", "select", "timeout"};
    aw->state =
        unique_name(mem_format("%s_at_%s", fn->stem,
                               aw->is_form ? forms[aw->form] : operand_name(&aw->operands.at[0])));
    size_t first = list->count;
    for (size_t i = 0; i < aw->operands.count; i++) {
        struct operand *o = &aw->operands.at[i];
        o->deep = aw->is_form && is_deep(o);
        operand_members(o, aw->index, list);
    }
    for (size_t i = first; i < list->count; i++)
        for (size_t j = 0; j < aw->read_at.count; j++)
            if (aw->read_at.at[j] > list->at[i]->points.at[list->at[i]->points.count - 1])
                VEC_PUSH(&list->at[i]->points, aw->read_at.at[j]);
    if (aw->is_form && aw->form == FORM_TIMEOUT) {
        aw->timer = unique_name(mem_format("timer_%u", aw->index));
        add_at(list, member(mem_format("struct async_sleep_ms_future %s", aw->timer), 40, 8),
               aw->index);
    }
    if (aw->is_form && aw->form == FORM_JOIN) {
        size_t n = aw->operands.count;
        long long size = n <= 8 ? 1 : n <= 16 ? 2 : n <= 32 ? 4 : 8;
        aw->left = unique_name(mem_format("left_%u", aw->index));
        add_at(list, member(mem_format("%s %s", mask_type(n), aw->left), size, size), aw->index);
    }
}

// ---- Grouping -------------------------------------------------------------------------------

static struct field *group(int kind)
{
    struct field *g = mem_alloc(sizeof *g);
    g->kind = kind;
    g->align = 1;
    return g;
}

static int by_align(const void *a, const void *b)
{
    const struct field *x = *(struct field *const *)a, *y = *(struct field *const *)b;
    if (x->align != y->align)
        return x->align > y->align ? -1 : 1;
    return 0;
}

static void sort_stable(struct field **at, size_t count)
{
    // Insertion by alignment class keeps the order of declaration within a class.
    struct field_list sorted = {0};
    for (long long align = 4096; align; align /= 2)
        for (size_t i = 0; i < count; i++)
            if (at[i]->align == align)
                VEC_PUSH(&sorted, at[i]);
    if (sorted.count == count)
        memcpy(at, sorted.at, count * sizeof *at);
    else
        mem_sort(at, count, sizeof *at, by_align);
}

static void finish_group(struct field *g)
{
    g->size = 0;
    g->align = 1;
    if (g->kind == FIELD_STRUCT && g->members.count)
        sort_stable(g->members.at, g->members.count);
    for (size_t i = 0; i < g->members.count; i++) {
        struct field *m = g->members.at[i];
        if (m->align > g->align)
            g->align = m->align;
        if (g->kind == FIELD_UNION)
            g->size = m->size > g->size ? m->size : g->size;
        else
            g->size = (g->size + m->align - 1) / m->align * m->align + m->size;
    }
    g->size = (g->size + g->align - 1) / g->align * g->align;
}

static void adopt(struct field *g, struct field *m)
{
    if (m->kind != FIELD_MEMBER && m->kind == g->kind) {
        for (size_t i = 0; i < m->members.count; i++)
            VEC_PUSH(&g->members, m->members.at[i]);
    } else {
        VEC_PUSH(&g->members, m);
    }
}

struct grouping {
    unsigned *leader; // union-find over points
    unsigned *count;  // points of a component, by leader
    unsigned *seen;   // stamp
    unsigned *index;  // of a component, by leader
    unsigned stamp;
};

static unsigned find(struct grouping *g, unsigned point)
{
    while (g->leader[point] != point)
        point = g->leader[point] = g->leader[g->leader[point]];
    return point;
}

static struct field *arrange(struct grouping *g, struct field_list *list);

// No field spans the group: long-lived ones take turns in slots, the others lie in a union over the
// points.
static struct field *arrange_chain(struct field_list *list)
{
    struct field *result = group(FIELD_STRUCT);
    struct slot {
        struct field *shared;
        unsigned last;
        long long size;
    };
    struct vec(struct slot) slots = {0};
    struct field *by_point = group(FIELD_UNION);
    struct field *at_point = NULL;
    unsigned point = 0;
    // Fields come sorted by their first point.
    for (size_t i = 0; i < list->count; i++) {
        struct field *f = list->at[i];
        unsigned first = f->points.at[0], last = f->points.at[f->points.count - 1];
        if (first == last) {
            if (!at_point || point != first) {
                if (at_point) {
                    finish_group(at_point);
                    VEC_PUSH(&by_point->members, at_point);
                }
                at_point = group(FIELD_STRUCT);
                point = first;
            }
            VEC_PUSH(&at_point->members, f);
            continue;
        }
        struct slot *free_slot = NULL;
        for (size_t j = 0; j < slots.count && j < 64; j++)
            if (slots.at[j].last < first && (!free_slot || llabs(slots.at[j].size - f->size) <
                                                               llabs(free_slot->size - f->size)))
                free_slot = &slots.at[j];
        if (!free_slot) {
            VEC_PUSH(&slots, ((struct slot){group(FIELD_UNION), 0, f->size}));
            free_slot = &slots.at[slots.count - 1];
        }
        VEC_PUSH(&free_slot->shared->members, f);
        free_slot->last = last;
    }
    if (at_point) {
        finish_group(at_point);
        VEC_PUSH(&by_point->members, at_point);
    }
    for (size_t i = 0; i < slots.count; i++) {
        finish_group(slots.at[i].shared);
        adopt(result, slots.at[i].shared->members.count == 1 ? slots.at[i].shared->members.at[0]
                                                             : slots.at[i].shared);
    }
    if (by_point->members.count) {
        finish_group(by_point);
        adopt(result, by_point->members.count == 1 ? by_point->members.at[0] : by_point);
    }
    finish_group(result);
    return result;
}

static struct field *arrange_component(struct grouping *g, struct field_list *list, unsigned points)
{
    if (list->count == 1)
        return list->at[0];
    struct field *side_by_side = group(FIELD_STRUCT);
    struct field_list rest = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i]->points.count == points)
            VEC_PUSH(&side_by_side->members, list->at[i]);
        else
            VEC_PUSH(&rest, list->at[i]);
    }
    if (rest.count == list->count)
        return arrange_chain(list);
    if (rest.count)
        adopt(side_by_side, arrange(g, &rest));
    finish_group(side_by_side);
    return side_by_side;
}

static struct field *arrange(struct grouping *g, struct field_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->at[i]->points.count; j++) {
            unsigned p = list->at[i]->points.at[j];
            g->leader[p] = p;
            g->count[p] = 0;
        }
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 1; j < list->at[i]->points.count; j++) {
            unsigned a = find(g, list->at[i]->points.at[0]), b = find(g, list->at[i]->points.at[j]);
            if (a != b)
                g->leader[a < b ? b : a] = a < b ? a : b;
        }
    g->stamp++;
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->at[i]->points.count; j++) {
            unsigned p = list->at[i]->points.at[j];
            if (g->seen[p] != g->stamp) {
                g->seen[p] = g->stamp;
                g->count[find(g, p)]++;
            }
        }
    // Collect the components in the order of their first field.
    struct component {
        unsigned leader, points;
        struct field_list fields;
    };
    struct vec(struct component) components = {0};
    unsigned *index = g->index; // all zero between calls
    for (size_t i = 0; i < list->count; i++) {
        unsigned leader = find(g, list->at[i]->points.at[0]);
        if (!index[leader]) {
            VEC_PUSH(&components, ((struct component){leader, g->count[leader], {0}}));
            index[leader] = (unsigned)components.count;
        }
        VEC_PUSH(&components.at[index[leader] - 1].fields, list->at[i]);
    }
    for (size_t i = 0; i < components.count; i++)
        index[components.at[i].leader] = 0;
    if (components.count == 1)
        return arrange_component(g, &components.at[0].fields, components.at[0].points);
    struct field *overlay = group(FIELD_UNION);
    for (size_t i = 0; i < components.count; i++)
        adopt(overlay, arrange_component(g, &components.at[i].fields, components.at[i].points));
    finish_group(overlay);
    return overlay;
}

// ---- Padding --------------------------------------------------------------------------------
//
// The arms of a union end in padding: { int a; char b; } and { int c; } take 8 bytes, and a char
// behind the union 12. Divided by alignment into a union of the ints and one of the chars, all
// three take 6, rounded up to 8.

static struct field *alone(struct field *g)
{
    return g->members.count == 1 ? g->members.at[0] : g;
}

// Arms that the wide part has room for stay whole.
static void divide_arms(struct field *u, struct field *wide, struct field *narrow)
{
    struct vec(struct field *) parts[2] = {{0}, {0}};
    long long room = 0;
    for (size_t i = 0; i < u->members.count; i++) {
        struct field *arm = u->members.at[i], *part[2] = {group(FIELD_STRUCT), group(FIELD_STRUCT)};
        if (arm->kind == FIELD_STRUCT)
            for (size_t j = 0; j < arm->members.count; j++)
                VEC_PUSH(&part[arm->members.at[j]->align < u->align]->members, arm->members.at[j]);
        else
            VEC_PUSH(&part[arm->align < u->align]->members, arm);
        for (int j = 0; j < 2; j++) {
            finish_group(part[j]);
            VEC_PUSH(&parts[j], part[j]);
        }
        room = part[0]->size > room ? part[0]->size : room;
    }
    for (size_t i = 0; i < u->members.count; i++) {
        struct field *arm = u->members.at[i];
        if (arm->size <= room) {
            adopt(wide, arm);
            continue;
        }
        if (parts[0].at[i]->members.count)
            adopt(wide, alone(parts[0].at[i]));
        if (parts[1].at[i]->members.count)
            adopt(narrow, alone(parts[1].at[i]));
    }
    finish_group(wide);
    finish_group(narrow);
}

struct sizes { // by the alignment's logarithm: sorted by alignment, nothing is between members
    long long bytes[17];
};

static void count_member(struct sizes *s, const struct field *m)
{
    int log = 0;
    while (log < 16 && 1ll << log < m->align)
        log++;
    s->bytes[log] += m->size;
}

// A struct among the members will be taken apart.
static void count_members(struct sizes *s, struct field *part)
{
    if (part->kind != FIELD_STRUCT)
        count_member(s, part);
    else
        for (size_t i = 0; i < part->members.count; i++)
            count_member(s, part->members.at[i]);
}

static long long unrounded_size(struct field *g, struct field *without, struct field *with[2])
{
    struct sizes sizes = {{0}};
    for (size_t i = 0; i < g->members.count; i++)
        if (g->members.at[i] != without)
            count_members(&sizes, g->members.at[i]);
    for (size_t i = 0; i < 2 && with; i++)
        count_members(&sizes, alone(with[i]));
    long long size = 0;
    for (int log = 16; log >= 0; log--)
        if (sizes.bytes[log])
            size = ((size + (1ll << log) - 1) >> log << log) + sizes.bytes[log];
    return size;
}

enum {
    DIVIDED_MEMBERS = 64
}; // of a struct: the work stays linear

// The largest arm without its last member, and that member.
static void lift_last(struct field *u, struct field *wide, struct field *narrow)
{
    struct field *largest = u->members.at[0];
    for (size_t i = 1; i < u->members.count; i++)
        if (u->members.at[i]->size > largest->size)
            largest = u->members.at[i];
    if (largest->kind != FIELD_STRUCT)
        return;
    struct field *rest = group(FIELD_STRUCT);
    for (size_t i = 0; i + 1 < largest->members.count; i++)
        VEC_PUSH(&rest->members, largest->members.at[i]);
    finish_group(rest);
    for (size_t i = 0; i < u->members.count; i++)
        adopt(wide, u->members.at[i] == largest ? alone(rest) : u->members.at[i]);
    adopt(narrow, largest->members.at[largest->members.count - 1]);
    finish_group(wide);
    finish_group(narrow);
}

static bool divide_union(struct field *g, size_t index,
                         void (*divide)(struct field *, struct field *, struct field *))
{
    struct field *u = g->members.at[index];
    struct field *parts[2] = {group(FIELD_UNION), group(FIELD_UNION)};
    divide(u, parts[0], parts[1]);
    if (!parts[0]->members.count || !parts[1]->members.count ||
        unrounded_size(g, u, parts) >= unrounded_size(g, NULL, NULL))
        return false;
    g->members.at[index] = g->members.at[--g->members.count];
    adopt(g, alone(parts[0]));
    adopt(g, alone(parts[1]));
    finish_group(g);
    return true;
}

static void divide_unions(struct field *g)
{
    for (size_t i = 0; i < g->members.count; i++)
        if (g->members.at[i]->kind != FIELD_MEMBER)
            divide_unions(g->members.at[i]);
    finish_group(g);
    if (g->kind != FIELD_STRUCT || g->members.count > DIVIDED_MEMBERS)
        return;
    for (size_t i = 0; i < g->members.count; i++) {
        struct field *u = g->members.at[i];
        if (u->kind == FIELD_UNION && u->align > 1 &&
            (divide_union(g, i, divide_arms) || divide_union(g, i, lift_last)))
            i = (size_t)-1; // the members are in another order now
    }
}

static int by_first_point(const void *a, const void *b)
{
    const struct field *x = *(struct field *const *)a, *y = *(struct field *const *)b;
    if (x->points.at[0] != y->points.at[0])
        return x->points.at[0] < y->points.at[0] ? -1 : 1;
    return x->size > y->size ? -1 : x->size < y->size;
}

static bool waits_for_generated(struct function *fn)
{
    for (size_t i = 0; i < fn->awaits.count; i++)
        for (size_t j = 0; j < fn->awaits.at[i]->operands.count; j++) {
            struct operand *o = &fn->awaits.at[i]->operands.at[j];
            if (o->generated || o->storage == STORAGE_OPAQUE)
                return true;
        }
    return false;
}

void layout(struct function *fn)
{
    if (fn->laid_out)
        return;
    fn->laid_out = true;
    fn->deep = waits_for_generated(fn);
    for (size_t i = 0; i < fn->awaits.count; i++) // before this function's own names are handed out
        for (size_t j = 0; j < fn->awaits.at[i]->operands.count; j++) {
            struct operand *o = &fn->awaits.at[i]->operands.at[j];
            if (o->storage == STORAGE_EMBEDDED && o->callee->body)
                layout(o->callee);
        }
    names = (struct table){0};
    named_in = fn->unit;
    for (size_t i = 0; i < sizeof own_members / sizeof *own_members; i++)
        *(uintptr_t *)table_at(&names, own_members[i]) = 1;
    struct field_list all = {0}, shared = {0};
    local_members(fn, &all);
    unsigned result = (unsigned)fn->awaits.count + 1, points = result + 1 + fn->own_points;
    for (size_t i = 0; i < fn->awaits.count; i++)
        await_members(fn, fn->awaits.at[i], &all);
    if (fn->result)
        add_at(&all,
               member(type_declare(fn->result, "result"), type_size(fn->result),
                      type_align(fn->result)),
               result);
    struct field *top = group(FIELD_STRUCT);
    for (size_t i = 0; i < all.count; i++) {
        if (all.at[i]->everywhere)
            VEC_PUSH(&top->members, all.at[i]);
        else
            VEC_PUSH(&shared, all.at[i]);
    }
    if (shared.count) {
        mem_sort(shared.at, shared.count, sizeof *shared.at, by_first_point);
        struct grouping g = {mem_alloc(points * sizeof(unsigned)),
                             mem_alloc(points * sizeof(unsigned)),
                             mem_alloc(points * sizeof(unsigned)),
                             mem_alloc(points * sizeof(unsigned)), 0};
        adopt(top, arrange(&g, &shared));
    }
    size_t states = fn->awaits.count + 2;
    long long width = states <= 256 ? 1 : states <= 65536 ? 2 : 4;
    VEC_PUSH(&top->members, member(mem_format("%s state", width == 1   ? "uint8_t"
                                                          : width == 2 ? "uint16_t"
                                                                       : "uint32_t"),
                                   width, width));
    if (fn->link_byte)
        VEC_PUSH(&top->members, member("uint8_t link", 1, 1));
    divide_unions(top);
    fn->layout = top;
}
