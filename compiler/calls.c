// calls.c - who calls whom, and what for.
//   in:    the tree of every function
//   out:   fn->recursive, used_as_value, spawned, blocked_on; E0301, E0404
#include "front.h"

// ---- A call ---------------------------------------------------------------------------------

struct node *strip(struct node *n)
{
    while (n && n->kind == NODE_PAREN && n->first)
        n = n->first;
    return n;
}

struct node *called_expression(struct node *call)
{
    struct node *n = strip(call->first);
    while (n->kind == NODE_UNARY && n->first &&
           ((n->op == OP_DEREFERENCE && type_is_function_pointer(n->first->type)) ||
            (n->op == OP_ADDRESS && type_is_function_pointer(n->type))))
        n = strip(n->first);
    return n;
}

bool is_spawn(struct node *n)
{
    return n->kind == NODE_FORM && (n->form == FORM_SPAWN || n->form == FORM_GROUP_SPAWN);
}

// The milliseconds, the group.
struct node *form_argument(struct node *n)
{
    return n->form == FORM_TIMEOUT || n->form == FORM_GROUP_SPAWN ? n->first : NULL;
}

struct node *form_operands(struct node *n)
{
    struct node *argument = form_argument(n);
    return argument ? argument->next : n->first;
}

bool is_form_operand(struct node *call)
{
    struct node *inner = call, *n = call->parent;
    bool assigned = false;
    while (n &&
           (n->kind == NODE_PAREN || (n->kind == NODE_ASSIGN && n->last == inner && !assigned))) {
        assigned |= n->kind == NODE_ASSIGN;
        inner = n;
        n = n->parent;
    }
    if (n && n->kind == NODE_FORM && form_argument(n) == inner)
        return false;
    return n && (n->kind == NODE_FORM || n->kind == NODE_BLOCK_ON);
}

void visit_calls(struct function *fn, struct node *n,
                 void (*visit)(struct function *, struct node *, void *), void *data)
{
    if (n->kind == NODE_CALL && n->is_async_call)
        visit(fn, n, data);
    for (struct node *c = n->first; c; c = c->next)
        visit_calls(fn, c, visit, data);
}

struct function *direct_callee(struct node *call)
{
    struct node *n = called_expression(call);
    return n->kind == NODE_REF ? n->callee : NULL;
}

bool is_spawned(struct node *call)
{
    struct node *n = call->parent, *inner = call;
    for (; n && n->kind == NODE_PAREN; n = n->parent)
        inner = n;
    return n && (n->kind == NODE_BLOCK_ON || (is_spawn(n) && form_argument(n) != inner));
}

// ---- Recursion ------------------------------------------------------------------------------

struct component { // Tarjan's strongly connected components
    unsigned next;
    struct vec(struct function *) stack;
};
static struct component component;

static unsigned visit_component(struct function *fn);

static void component_call(struct function *fn, struct node *call, void *data)
{
    (void)data;
    struct function *callee = direct_callee(call);
    if (!callee || !callee->body || is_spawned(call))
        return;
    if (callee == fn)
        fn->recursive = true;
    if (!callee->visit) {
        unsigned low = visit_component(callee);
        if (low < fn->slot_offset)
            fn->slot_offset = low;
    } else if (!callee->laid_out && callee->visit < fn->slot_offset) {
        fn->slot_offset = callee->visit;
    }
}

// fn->slot_offset serves as the low link, fn->laid_out as "has left the stack", until this pass is
// over.
static unsigned visit_component(struct function *fn)
{
    fn->visit = fn->slot_offset = ++component.next;
    size_t base = component.stack.count;
    VEC_PUSH(&component.stack, fn);
    visit_calls(fn, fn->body, component_call, NULL);
    unsigned low = fn->slot_offset;
    if (low == fn->visit) {
        bool cycle = component.stack.count - base > 1;
        for (size_t i = base; i < component.stack.count; i++) {
            component.stack.at[i]->recursive |= cycle;
            component.stack.at[i]->laid_out = true;
        }
        component.stack.count = base;
    }
    return low;
}

static void refuse_recursive_operand(struct function *fn, struct node *call, void *data)
{
    (void)data;
    struct function *callee = direct_callee(call);
    if (is_form_operand(call) && !is_spawned(call) && callee && callee->body && callee->recursive &&
        fn->recursive)
        error_at((struct place){fn->source, call->start}, "E0301",
                 "'%s' would hold itself: it is recursive, and an operand here is stored by value",
                 callee->name);
}

void find_recursion(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && !fn->visit)
            visit_component(fn);
    }
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        fn->visit = fn->slot_offset = 0;
        fn->laid_out = false;
        if (fn->is_async && fn->body)
            visit_calls(fn, fn->body, refuse_recursive_operand, NULL);
    }
}

// ---- What functions are used for ------------------------------------------------------------

void mark_uses(struct function *fn, struct node *n)
{
    if (n->kind == NODE_REF && n->callee) {
        struct node *up = n->parent;
        while (up &&
               (up->kind == NODE_PAREN ||
                (up->kind == NODE_UNARY && (up->op == OP_DEREFERENCE || up->op == OP_ADDRESS))))
            up = up->parent;
        bool called = up && up->kind == NODE_CALL && direct_callee(up) == n->callee &&
                      strip(up->first) &&
                      n->start < (up->first->next ? up->first->next->start : up->end) &&
                      n->end <= up->first->end;
        if (!called && fn->unit->no_convention)
            error_at((struct place){fn->source, n->start}, "E0404",
                     "'%s' is used as a value, which asyncc cannot check for this target",
                     n->callee->name);
        if (!called)
            n->callee->used_as_value = true;
    }
    struct node *call = is_spawn(n) ? form_operands(n) : NULL;
    if (call && call->kind == NODE_CALL) {
        struct function *callee = direct_callee(call);
        if (callee) {
            callee->spawned = true;
            *(n->form == FORM_SPAWN ? &callee->spawned_alone : &callee->spawned_in_group) = true;
        }
    }
    if (n->kind == NODE_BLOCK_ON && n->first && n->first->kind == NODE_CALL) {
        struct function *callee = direct_callee(n->first);
        if (callee)
            callee->blocked_on = true;
    }
    for (struct node *c = n->first; c; c = c->next)
        mark_uses(fn, c);
}
