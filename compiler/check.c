// check.c - the rules of the language. What a pass behind it still finds (a goto into a block with
// defers, a type that cannot be written at file scope) is found before anything is written.
//   in:    unit->functions
//   out:   flags on nodes; E0101 to E0302
#include "front.h"

#include <string.h>

// ---- What each subtree holds ----------------------------------------------------------------

enum holds {
    HOLDS_AWAIT = 1,
    HOLDS_DEFER = 2,
    HOLDS_RETURN = 4, // or goto
    HOLDS_LABEL = 8,
    HOLDS_BREAK = 16, // bound outside
    HOLDS_CONTINUE = 32,
    HOLDS_CASE = 64,
    HOLDS_FORM = 128,
};

static unsigned annotate(struct node *n)
{
    unsigned h = 0;
    for (struct node *c = n->first; c; c = c->next)
        h |= annotate(c);
    switch (n->kind) {
    case NODE_AWAIT:
        h |= HOLDS_AWAIT;
        break;
    case NODE_FORM:
    case NODE_BLOCK_ON:
        h |= HOLDS_FORM;
        break;
    case NODE_DEFER:
        h = HOLDS_DEFER | (h & HOLDS_FORM); // its jumps are its own
        break;
    case NODE_RETURN:
    case NODE_GOTO:
    case NODE_COMPUTED_GOTO:
        h |= HOLDS_RETURN;
        break;
    case NODE_LABEL:
        h |= HOLDS_LABEL;
        break;
    case NODE_BREAK:
        h |= HOLDS_BREAK;
        break;
    case NODE_CONTINUE:
        h |= HOLDS_CONTINUE;
        break;
    case NODE_CASE:
        h |= HOLDS_CASE;
        break;
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR:
        h &= ~(unsigned)(HOLDS_BREAK | HOLDS_CONTINUE);
        break;
    case NODE_SWITCH:
        h &= ~(unsigned)(HOLDS_BREAK | HOLDS_CASE);
        break;
    case NODE_VARIABLE:
        if (n->local && n->local->cleanup && !n->local->is_static)
            h |= HOLDS_DEFER;
        break;
    default:
        break;
    }
    n->has_await = h & HOLDS_AWAIT;
    n->has_defer = h & HOLDS_DEFER;
    n->has_form = h & HOLDS_FORM;
    n->has_label = h & HOLDS_LABEL;
    n->has_jump = h & (HOLDS_RETURN | HOLDS_LABEL | HOLDS_BREAK | HOLDS_CONTINUE | HOLDS_CASE);
    return h;
}

// ---- Rules ----------------------------------------------------------------------------------

struct checking {
    struct function *fn;
    struct node *defer;               // innermost around
    struct table *labels;             // in it
    struct vec(struct node *) awaits; // of the function, in the order of the text
    struct node *passed;              // a defer that is in force here and began in this switch
    struct node *unevaluated, *generic, *static_initializer, *assembly;
};

static struct place at(struct checking *ck, struct node *n)
{
    return (struct place){ck->fn->source, n->at};
}

static const char *called_name(struct node *call)
{
    return called_expression(call)->name;
}

static bool is_async_call(struct node *n)
{
    return n && n->kind == NODE_CALL && n->is_async_call;
}

static bool is_call_operand(struct node *form, struct node *operand)
{
    struct node *n = strip(operand);
    if (n->kind == NODE_ASSIGN && !n->compound && !is_spawn(form))
        n = strip(n->last);
    return is_async_call(n);
}

static void check_operand(struct checking *ck, struct node *form, struct node *operand)
{
    static const char *const names[] = {"async_join", "async_select", "async_timeout_ms",
                                        "async_spawn", "async_group_spawn"};
    if (is_call_operand(form, operand))
        return;
    error_at(at(ck, operand), "E0110", "an operand of %s must be a call of an async function%s",
             names[form->form], is_spawn(form) ? "" : ", or 'lvalue = call'");
    struct node *value = strip(operand);
    if (value->kind == NODE_ASSIGN)
        value = strip(value->last);
    if (value->kind == NODE_AWAIT)
        hint("leave out the await: %s runs the call itself", names[form->form]);
    else if (form->form == FORM_SPAWN)
        hint("write async_spawn(f(x)); async_task_result() gives the value of a joined task");
    else if (form->form == FORM_GROUP_SPAWN)
        hint("write async_group_spawn(&g, f(x)); f leaves its result where a pointer tells it to");
}

static void check_await(struct checking *ck, struct node *n)
{
    if (!ck->fn->is_async) {
        error_at(at(ck, n), "E0101", "await outside an async function");
        return;
    }
    if (ck->defer) {
        error_at(at(ck, n), "E0106", "await inside a defer");
        note_at(at(ck, ck->defer), "the defer is here");
    }
    // A macro such as assert may name its argument twice, once in a sizeof: that one never happens.
    if (ck->unevaluated && !source_is_expanded(ck->fn->source, ck->unevaluated->at))
        error_at(at(ck, n), "E0104", "await in an operand that is never evaluated");
    if (ck->generic)
        error_at(at(ck, n), "E0104", "await inside _Generic");
    if (ck->static_initializer)
        error_at(at(ck, n), "E0105", "await in the initialiser of a static variable");
    if (ck->assembly)
        error_at(at(ck, n), "E0107", "await in an operand of asm");
    struct node *operand = strip(n->first);
    if (operand && operand->kind == NODE_FORM && !is_spawn(operand))
        return;
    if (is_async_call(operand))
        return;
    struct node *called = operand && operand->kind == NODE_CALL ? called_expression(operand) : NULL;
    if (called && called->undeclared) {
        error_at(at(ck, called), "E0102", "'%s' is not declared", called->name);
        const char *header = front_header_of(mem_format("%s(", called->name));
        if (header)
            hint("#include <%s>", header);
        else
            hint("include the header that declares it");
    } else {
        error_at(at(ck, n), "E0102", "await needs a call of an async function");
        if (operand && operand->type && type_points_to(operand->type, "async_task"))
            hint("await async_task_join(task) waits for a task");
    }
}

static void check_form(struct checking *ck, struct node *n, struct node *parent)
{
    bool awaited = parent && parent->kind == NODE_AWAIT;
    if (!is_spawn(n) && !awaited) {
        error_at(at(ck, n), "E0103", "this needs an await");
        hint(ck->fn->is_async ? "write 'await' before it"
                              : "move it to an async function, and await it there");
    }
    unsigned count = 0;
    for (struct node *operand = form_operands(n); operand; operand = operand->next, count++)
        check_operand(ck, n, operand);
    if ((n->form == FORM_TIMEOUT || is_spawn(n)) && count != 1) {
        error_at(at(ck, n), "E0110", "one call is expected here");
        hint(is_spawn(n) ? "each spawn starts one task"
                         : "write async_timeout_ms(ms, f(x)), or async_join in a function");
    }
    if (count > 64)
        error_at(at(ck, n), "E0110", "at most 64 operands");
}

static bool is_in_refused_operand(struct node *n)
{
    for (; n && n->kind < NODE_BLOCK; n = n->parent)
        if (n->parent && n->parent->kind == NODE_FORM && form_argument(n->parent) != n)
            return !is_call_operand(n->parent, n);
    return false;
}

// Without a prototype the front end lets any arguments pass.
static void check_arguments(struct checking *ck, struct node *call)
{
    struct function *callee = called_expression(call)->callee;
    unsigned given = 0, wanted = 0;
    for (struct node *a = call->first->next; a; a = a->next)
        given++;
    if (callee && callee->type)
        wanted = type_parameter_count(callee->type);
    if (!type_has_prototype(type_function_of(call->first->type)) && given != wanted)
        error_at(at(ck, call), "E0117", "%u argument%s for an async function with %u parameter%s",
                 given, given == 1 ? "" : "s", wanted, wanted == 1 ? "" : "s");
}

static void check_call(struct checking *ck, struct node *n)
{
    struct node *up = n->parent;
    while (up && up->kind == NODE_PAREN)
        up = up->parent;
    if (n->is_async_call && !(up && up->kind == NODE_AWAIT) && !is_form_operand(n) &&
        !is_in_refused_operand(n)) {
        const char *name = called_name(n);
        if (name)
            error_at(at(ck, n), "E0103", "the call of async '%s' is neither awaited nor spawned",
                     name);
        else
            error_at(at(ck, n), "E0103",
                     "the call of an async function is neither awaited nor spawned");
        if (!ck->fn->is_async)
            hint("async_block_on(...) runs it to its end, async_spawn(...) as a task");
    }
    if (n->is_async_call)
        check_arguments(ck, n);
    if (n->is_async_call && !called_expression(n)->callee &&
        type_is_variadic(type_function_of(n->first->type)))
        error_at(at(ck, n), "E0109", "an async function cannot be variadic");
    const char *name = called_name(n);
    if (!name || !ck->fn->is_async)
        return;
    static const char *const refused[] = {"setjmp",
                                          "_setjmp",
                                          "sigsetjmp",
                                          "__sigsetjmp",
                                          "alloca",
                                          "__builtin_alloca",
                                          "__builtin_setjmp",
                                          "__builtin_alloca_with_align",
                                          "__builtin_alloca_with_align_and_max"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!strcmp(name, refused[i]) && ck->fn->body->has_await)
            error_at(at(ck, n), "E0202",
                     "'%s' needs a stack frame that stays, and an async function has none", name);
}

static void collect_awaits(struct checking *ck, struct node *n)
{
    if (!n->has_await)
        return;
    if (n->kind == NODE_AWAIT)
        VEC_PUSH(&ck->awaits, n);
    for (struct node *c = n->first; c; c = c->next)
        collect_awaits(ck, c);
}

static int by_start(const void *left, const void *right)
{
    const struct node *a = *(struct node *const *)left, *b = *(struct node *const *)right;
    return a->start < b->start ? -1 : a->start > b->start;
}

// The first one in `scope` from `offset` on.
static struct node *await_after(const struct checking *ck, const struct node *scope,
                                unsigned offset)
{
    size_t low = 0, high = ck->awaits.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ck->awaits.at[middle]->start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    struct node *found = low < ck->awaits.count ? ck->awaits.at[low] : NULL;
    return found && found->start < scope->end ? found : NULL;
}

// Called as what it is not, an async function would not run but crash.
static void check_cast(struct checking *ck, struct node *n)
{
    struct node *value = n->last;
    if (ck->fn->unit->no_convention || !value || !value->type || !n->own_type ||
        !type_is_function_pointer(n->own_type) || !type_is_function_pointer(value->type) ||
        type_is_async_pointer(n->own_type) == type_is_async_pointer(value->type))
        return;
    error_at(at(ck, n), "E0118", "a cast from %s function to %s one",
             type_is_async_pointer(value->type) ? "an async" : "a plain",
             type_is_async_pointer(value->type) ? "a plain" : "an async");
}

static struct node *scope_around(struct node *n)
{
    for (n = n->parent; n->parent && n->kind != NODE_BLOCK && n->kind != NODE_FOR;)
        n = n->parent;
    return n;
}

static void check_type(struct checking *ck, struct node *n)
{
    if (!ck->fn->is_async || !n->type || !type_is_variably_modified(n->type))
        return;
    struct node *await = await_after(ck, scope_around(n), n->end);
    if (!await)
        return;
    error_at(at(ck, await), "E0201", "a type without a fixed size is in scope across this await");
    note_at(at(ck, n), "declared here");
}

static bool is_zero_list(struct checking *ck, struct node *n)
{
    if (n->kind != NODE_INIT_LIST)
        return false;
    const char *text = ck->fn->source->text;
    struct token open = lex_next(text, n->start, n->end), first = lex_next(text, open.end, n->end);
    struct token second = lex_next(text, first.end, n->end);
    return token_is(text, first, "}") ||
           (token_is(text, first, "0") && token_is(text, second, "}"));
}

// A group's tasks end with its block, so it must be a variable of its own, empty at first.
static void check_group(struct checking *ck, struct node *n)
{
    struct local *l = n->local;
    if (!ck->fn->is_async || !l || l->is_static || !type_holds_group(l->type))
        return;
    if (!l->is_group) {
        error_at(at(ck, n), "E0212", "'%s' holds a group that nobody would end with its block",
                 l->name);
        hint("declare each as a variable, struct async_group g; or take the memory from elsewhere");
    } else if (n->part[0] && !is_zero_list(ck, n->part[0])) {
        error_at(at(ck, n->part[0]), "E0212", "the group '%s' begins as an empty one", l->name);
        hint("leave out the value");
    }
}

static void check_variable(struct checking *ck, struct node *n)
{
    check_group(ck, n);
    struct local *l = n->local;
    if (!ck->fn->is_async || !l || l->is_static ||
        (!l->is_variable_length && !l->is_va_list && !l->is_jmp_buf))
        return;
    struct node *scope = l->scope ? l->scope : ck->fn->body;
    struct node *await = scope ? await_after(ck, scope, n->end) : NULL;
    if (!await)
        return;
    if (l->is_variable_length)
        error_at(at(ck, await), "E0201", "'%s' has no fixed size and is alive across this await",
                 l->name);
    else if (l->is_va_list)
        error_at(at(ck, await), "E0202", "the va_list '%s' is alive across this await", l->name);
    else
        error_at(at(ck, await), "E0202", "the jmp_buf '%s' is alive across this await", l->name);
    note_at(at(ck, n), "declared here");
}

static void check_parameters(struct checking *ck)
{
    struct function *fn = ck->fn;
    struct node *await = ck->awaits.count ? ck->awaits.at[0] : NULL;
    for (unsigned i = 0; fn->is_async && i < fn->parameter_count; i++)
        if (type_holds_group(fn->locals.at[i]->type)) {
            error_at((struct place){fn->source, fn->locals.at[i]->offset}, "E0212",
                     "parameter '%s' holds a copy of a group", fn->locals.at[i]->name);
            hint("pass a pointer to the group");
        }
    for (unsigned i = 0; i < fn->parameter_count; i++)
        if (fn->locals.at[i]->is_variable_length)
            error_at((struct place){fn->source, fn->locals.at[i]->offset}, "E0201",
                     "the type of parameter '%s' has no fixed size", fn->locals.at[i]->name);
    for (unsigned i = 0; await && i < fn->parameter_count; i++) {
        struct local *l = fn->locals.at[i];
        if (!l->is_va_list && !l->is_jmp_buf)
            continue;
        for (size_t j = 0; j < fn->mentions.count; j++)
            if (fn->mentions.at[j].local == l && fn->mentions.at[j].offset > await->start) {
                error_at((struct place){fn->source, await->start}, "E0202",
                         "the %s '%s' is alive across this await",
                         l->is_va_list ? "va_list" : "jmp_buf", l->name);
                break;
            }
    }
}

static bool is_loop(struct node *n)
{
    return n->kind == NODE_WHILE || n->kind == NODE_DO || n->kind == NODE_FOR;
}

static void collect_labels(struct table *labels, struct node *n)
{
    if (n->kind == NODE_LABEL && n->name)
        *table_at(labels, n->name) = n;
    for (struct node *c = n->first; c; c = c->next)
        collect_labels(labels, c);
}

static void check_jump_in_defer(struct checking *ck, struct node *n)
{
    if (!ck->defer)
        return;
    bool bound = n->kind == NODE_GOTO && n->name && *table_at(ck->labels, n->name);
    for (struct node *up = n->parent; up && up != ck->defer; up = up->parent)
        bound |= (n->kind == NODE_BREAK && (is_loop(up) || up->kind == NODE_SWITCH)) ||
                 (n->kind == NODE_CONTINUE && is_loop(up));
    if (!bound)
        error_at(at(ck, n), "E0204", "a defer cannot be left by a jump");
}

static bool is_in_force_after(struct node *n)
{
    while (n && (n->kind == NODE_LABEL || n->kind == NODE_CASE))
        n = n->part[0];
    return n && (n->kind == NODE_DEFER || (n->kind == NODE_DECLARATIONS && n->has_defer));
}

// A case label after a defer of the same switch would enter the block without passing the defer.
static void check_case(struct checking *ck, struct node *n)
{
    if (!ck->passed)
        return;
    error_at(at(ck, n), "E0205", "this case enters a block after its defer");
    note_at(at(ck, ck->passed), "the defer is here");
}

static void check_node(struct checking *ck, struct node *n, struct node *parent)
{
    struct checking saved = *ck;
    switch (n->kind) {
    case NODE_AWAIT:
        check_await(ck, n);
        break;
    case NODE_FORM:
        check_form(ck, n, parent);
        break;
    case NODE_BLOCK_ON:
        if (!is_async_call(n->first))
            error_at(at(ck, n), "E0110", "async_block_on needs a call of an async function");
        else if (ck->fn->is_async)
            error_at(at(ck, n), "E0111",
                     "async_block_on inside an async function would block its executor");
        break;
    case NODE_CALL:
        check_call(ck, n);
        break;
    case NODE_TYPE:
        check_type(ck, n);
        break;
    case NODE_VARIABLE:
        check_variable(ck, n);
        if (n->local && n->local->is_static)
            ck->static_initializer = n;
        break;
    case NODE_CAST:
        check_cast(ck, n);
        break;
    case NODE_DEFER:
        if (!ck->fn->is_async)
            error_at(at(ck, n), "E0112", "defer outside an async function");
        ck->defer = n;
        ck->labels = mem_alloc(sizeof *ck->labels);
        collect_labels(ck->labels, n);
        while (parent && (parent->kind == NODE_LABEL || parent->kind == NODE_CASE))
            parent = parent->parent;
        if (parent && parent->kind != NODE_BLOCK)
            error_at(at(ck, n), "E0206", "a defer must stand directly in a block");
        break;
    case NODE_RETURN:
    case NODE_GOTO:
    case NODE_COMPUTED_GOTO:
    case NODE_BREAK:
    case NODE_CONTINUE:
        check_jump_in_defer(ck, n);
        if (n->kind == NODE_COMPUTED_GOTO && ck->fn->body && ck->fn->body->has_defer)
            error_at(at(ck, n), "E0203", "a computed goto in a function with defers");
        break;
    case NODE_SWITCH:
        ck->passed = NULL;
        break;
    case NODE_CASE:
        check_case(ck, n);
        break;
    case NODE_STATEMENT_EXPRESSION:
        if (n->has_await && n->has_label)
            error_at(at(ck, n), "E0207", "a label in a statement expression with an await");
        break;
    case NODE_BOUND:
        if (n->has_await && parent->kind == NODE_TYPE)
            error_at(at(ck, n), "E0208", "await in the bound of a type");
        break;
    case NODE_UNEVALUATED:
        ck->unevaluated = n;
        break;
    case NODE_GENERIC:
        ck->generic = n;
        break;
    case NODE_ASM:
        ck->assembly = n;
        break;
    default:
        break;
    }
    bool passes = n->kind == NODE_BLOCK && n->has_defer;
    for (struct node *c = n->first; c; c = c->next) {
        check_node(ck, c, n);
        if (passes && c->has_defer && is_in_force_after(c)) {
            ck->passed = c;
            passes = false; // the first one is shown
        }
    }
    *ck = saved;
}

// Types without a name cannot be written down again.
static void check_type_names(struct function *fn)
{
    const char *result = fn->result ? type_declare(fn->result, "x") : "";
    bool unnamed = strstr(result, "(unnamed") || strstr(result, "(anonymous") ||
                   strstr(result, "struct  ") || strstr(result, "union  ") ||
                   strstr(result, "enum  ");
    if (unnamed)
        error_at((struct place){fn->source, fn->name_offset}, "E0114",
                 "'%s' returns a type that has no name", fn->name);
}

void check(struct unit *unit)
{
    choose_names(unit);
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        struct checking ck = {.fn = fn};
        if (!fn->body && fn->is_async && fn->is_variadic)
            error_at((struct place){fn->source, fn->name_offset}, "E0109",
                     "async function '%s' cannot be variadic", fn->name);
        if (!fn->body)
            continue;
        annotate(fn->body);
        collect_awaits(&ck, fn->body);
        if (ck.awaits.count)
            mem_sort(ck.awaits.at, ck.awaits.count, sizeof *ck.awaits.at, by_start);
        check_node(&ck, fn->body, NULL);
        mark_uses(fn, fn->body);
        struct place place = {fn->source, fn->name_offset};
        if (fn->is_async && fn->is_variadic)
            error_at(place, "E0109", "async function '%s' cannot be variadic", fn->name);
        if (fn->is_async) {
            check_type_names(fn);
            check_parameters(&ck);
        }
        if (fn->is_main && (!fn->result || !type_is_scalar(fn->result)))
            error_at(place, "E0113", "async main returns int");
        else if (fn->is_main && fn->parameter_count > 2)
            error_at(place, "E0113", "async main takes no parameters, or (int argc, char **argv)");
    }
    find_recursion(unit);
}
