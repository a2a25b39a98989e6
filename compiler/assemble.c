// assemble.c - the translated file: the source, with each async function replaced by its future.
//   in:    the unit after layout
//   out:   the text of the output
//
// A future is defined in front of the first function that needs it; its poll function stands where
// the async function stood, so that macros mean there what they meant in the source.
#include "emit.h"
#include "front.h"

#include <string.h>

// ---- Forms outside awaits: async_spawn and async_block_on become calls of helpers -----------

struct helper {
    const char *name;
    struct operand operand;
    unsigned needs;   // behind which offset its types are known
    struct node *use; // NODE_BLOCK_ON, or a form that spawns
    bool written;
};
static struct vec(struct helper) pointer_helpers;

static void replace(struct function *fn, unsigned start, unsigned end, const char *text)
{
    for (size_t i = 0; i < fn->mentions.count; i++)
        if (fn->mentions.at[i].offset == start && fn->mentions.at[i].function) {
            fn->mentions.at[i].text = text;
            fn->mentions.at[i].end = end;
            return;
        }
    VEC_PUSH(&fn->mentions, ((struct mention){.offset = start, .end = end, .text = text}));
}

static const char *helper_suffix(const struct node *use)
{
    if (use->kind == NODE_BLOCK_ON)
        return "block_on";
    return use->form == FORM_SPAWN ? "spawn" : "group_spawn";
}

// `async_group_spawn(GROUP, ` becomes `NAME(GROUP, `; ends at `end`.
static void rewrite_group(struct function *fn, struct node *form, const char *name, unsigned end,
                          const char *between)
{
    struct node *group = form_argument(form);
    bool comma = group->kind == NODE_BINARY && group->op == OP_COMMA;
    replace(fn, form->start, group->start, mem_format(comma ? "%s((" : "%s(", name));
    replace(fn, group->end, end, mem_format(comma ? ")%s" : "%s", between));
}

static void rewrite_form(struct function *fn, struct node *form)
{
    bool in_group = form->kind == NODE_FORM && form_argument(form);
    struct node *call = in_group ? form_operands(form) : form->first;
    struct node *callee = called_expression(call), *argument = call->first->next;
    if (callee->kind == NODE_REF && callee->callee) {
        const char *name = mem_format("%s_%s", callee->callee->stem, helper_suffix(form));
        if (in_group) {
            rewrite_group(fn, form, name, argument ? argument->start : call->end,
                          argument ? ", " : ")");
        } else {
            replace(fn, form->start, call->first->start, "");
            replace(fn, call->first->start, call->first->end, name);
        }
    } else {
        struct helper h = {.use = form};
        h.name = mem_format("asyncc_%s_%zu", helper_suffix(form), pointer_helpers.count + 1);
        h.operand.function_type = type_function_of(call->first->type);
        h.operand.result = type_result(h.operand.function_type);
        h.needs = type_needs(h.operand.function_type);
        VEC_PUSH(&pointer_helpers, h);
        bool comma = callee->kind == NODE_BINARY && callee->op == OP_COMMA;
        if (in_group)
            rewrite_group(fn, form, h.name, callee->start, comma ? ", (" : ", ");
        else
            replace(fn, form->start, callee->start, mem_format(comma ? "%s((" : "%s(", h.name));
        if (argument)
            replace(fn, callee->end, argument->start, comma ? "), " : ", ");
        else
            replace(fn, callee->end, call->end, comma ? "))" : ")");
    }
    replace(fn, call->end, form->end, "");
}

static void rewrite_forms(struct function *fn, struct node *n)
{
    if (is_spawn(n) || n->kind == NODE_BLOCK_ON)
        rewrite_form(fn, n);
    for (struct node *c = n->first; c; c = c->next)
        if (c->has_form)
            rewrite_forms(fn, c);
}

static int by_offset(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void rewrite_function_forms(struct function *fn)
{
    if (!fn->body || !fn->body->has_form)
        return;
    rewrite_forms(fn, fn->body);
    if (fn->mentions.count)
        mem_sort(fn->mentions.at, fn->mentions.count, sizeof *fn->mentions.at, by_offset);
}

// ---- The head of a function: state, future, declarations ------------------------------------

static void put_field(struct output *o, struct field *f, unsigned indent)
{
    if (f->kind == FIELD_MEMBER) {
        say(o, "%*s%s;\n", (int)indent, "", f->text);
        return;
    }
    say(o, "%*s%s {\n", (int)indent, "", f->kind == FIELD_STRUCT ? "struct" : "union");
    for (size_t i = 0; i < f->members.count; i++)
        put_field(o, f->members.at[i], indent + 4);
    say(o, "%*s};\n", (int)indent, "");
}

static const char *linkage(struct function *fn)
{
    return fn->is_static || fn->is_main || fn->in_header ? "static " : "";
}

// Its parameters as written, or asyncc_a1, ... where there is only a prototype.
static const char *parameters(struct function *fn, const char *first)
{
    if (fn->body)
        return type_parameters(fn, first);
    struct buffer b = {0};
    put(&b, "%s", first);
    for (unsigned i = 0; i < type_parameter_count(fn->type); i++)
        put(&b, "%s%s", b.length ? ", " : "",
            type_parameter_declare(fn->type, i, mem_format("asyncc_a%u", i + 1)));
    return b.length ? b.text : "void";
}

static const char *argument_names(struct function *fn)
{
    struct buffer b = {0};
    unsigned count = fn->body ? fn->parameter_count : type_parameter_count(fn->type);
    for (unsigned i = 0; i < count; i++)
        put(&b, "%s%s", i ? ", " : "",
            fn->body ? fn->locals.at[i]->name : mem_format("asyncc_a%u", i + 1));
    return b.length ? b.text : "";
}

static const char *self_parameter(struct function *fn)
{
    return mem_format("struct %s_future *%s", fn->name, fn->self);
}

static bool needs_descriptor(struct function *fn)
{
    if (!fn->body)
        return fn->has_future && (fn->used_as_value || fn->spawned || fn->blocked_on);
    return fn->used_as_value || fn->spawned || fn->blocked_on || fn->is_main || !*linkage(fn);
}

static const char *name_attributes(struct function *fn)
{
    return *linkage(fn) ? "__attribute__((__unused__)) " : fn->name_attributes;
}

static void declare_functions(struct output *o, struct function *fn)
{
    const char *l = linkage(fn), *u = name_attributes(fn);
    say(o, "%s%svoid %s_future_init(%s);\n", u, l, fn->name, parameters(fn, self_parameter(fn)));
    say(o, "%s%senum async_poll %s_future_poll(%s, struct async_context *%s);\n", u, l, fn->name,
        self_parameter(fn), fn->cx);
    say(o, "%s%svoid %s_future_drop(%s);\n", u, l, fn->name, self_parameter(fn));
    if (needs_descriptor(fn))
        say(o, "%s%sconst struct async_future_type %s_future_type;\n", *l ? "" : u,
            *l ? l : "extern ", fn->name);
    say(o, "%sstatic const struct async_frame_type %s_frame;\n", *l ? u : "", fn->stem);
}

static void put_state_enum(struct output *o, struct function *fn)
{
    say(o, "enum %s_state {\n    %s_state_start,\n", fn->stem, fn->stem);
    for (size_t i = 0; i < fn->awaits.count; i++)
        say(o, "    %s, // line %u\n", fn->awaits.at[i]->state, fn->awaits.at[i]->line);
    say(o, "    %s\n};\n\n", state_done(fn));
}

static const char *spawn_declarator(struct function *fn)
{
    return mem_format("%s_spawn(%s)", fn->stem, parameters(fn, ""));
}

static const char *group_spawn_declarator(struct function *fn)
{
    const char *list = parameters(fn, "struct async_group *asyncc_group");
    return mem_format("%s_group_spawn(%s)", fn->stem, list);
}

static const char *block_on_declaration(struct function *fn)
{
    const char *declarator = mem_format("%s_block_on(%s)", fn->stem, parameters(fn, ""));
    return fn->result ? type_declare(fn->result, declarator) : mem_format("void %s", declarator);
}

static void declare_helpers(struct output *o, struct function *fn)
{
    if (fn->spawned_alone)
        say(o, "static struct async_task *%s;\n", spawn_declarator(fn));
    if (fn->spawned_in_group) // group.h may be included further down
        say(o, "struct async_group;\nstatic int %s;\n", group_spawn_declarator(fn));
    if (fn->blocked_on)
        say(o, "static %s;\n", block_on_declaration(fn));
}

static void put_spawn_helper(struct output *o, struct function *fn)
{
    const char *arguments = argument_names(fn);
    say(o, "\n__attribute__((__unused__)) static struct async_task *%s\n{\n", spawn_declarator(fn));
    say(o, "    struct %s_future *asyncc_future = async_task_new(&%s_future_type);\n", fn->name,
        fn->name);
    say(o, "    if (!asyncc_future)\n        return NULL;\n");
    say(o, "    %s_future_init(asyncc_future%s%s);\n", fn->name, *arguments ? ", " : "", arguments);
    say(o, "    return async_task_start(asyncc_future);\n}\n");
}

// The body of a helper for a future that `init`, a call, initialises.
static void put_group_spawn_body(struct output *o, const char *type, struct type *result,
                                 const char *init)
{
    say(o,
        "    void *asyncc_future;\n"
        "    int asyncc_status = async_group_new(asyncc_group, %s, %s, &asyncc_future);\n"
        "    if (asyncc_status < 0)\n        return asyncc_status;\n"
        "    %s;\n"
        "    async_group_start(asyncc_group, asyncc_future);\n    return 0;\n}\n",
        type, result && type_can_be_negative(result) ? "1" : "0", init);
}

static void put_group_spawn_helper(struct output *o, struct function *fn)
{
    const char *arguments = argument_names(fn);
    say(o, "\n__attribute__((__unused__)) static int %s\n{\n", group_spawn_declarator(fn));
    put_group_spawn_body(o, mem_format("&%s_future_type", fn->name), fn->result,
                         mem_format("%s_future_init(asyncc_future%s%s)", fn->name,
                                    *arguments ? ", " : "", arguments));
}

// Runs a future of unknown size, whose descriptor `type` points to, by `init`, and returns its
// result.
static void put_block_on_unknown(struct output *o, const char *type, const char *init,
                                 struct type *result)
{
    say(o, "    void *asyncc_future = async_future_new(%s);\n    %s;\n", type, init);
    say(o, "    async_block_on_future(%s, asyncc_future);\n", type);
    if (result)
        say(o, "    %s = *(%s)((char *)asyncc_future + %s->result_at);\n",
            type_declare(result, "asyncc_value"), type_declare(result, "*"), type);
    say(o, "    async_future_free(asyncc_future);\n");
    if (result)
        say(o, "    return asyncc_value;\n");
}

static void put_block_on_helper(struct output *o, struct function *fn)
{
    const char *arguments = argument_names(fn);
    say(o, "\n__attribute__((__unused__)) static %s\n{\n", block_on_declaration(fn));
    if (!fn->body && !fn->has_future) {
        put_block_on_unknown(o, mem_format("(&%s_future_type)", fn->name),
                             mem_format("%s_future_init(asyncc_future%s%s)", fn->name,
                                        *arguments ? ", " : "", arguments),
                             fn->result);
        say(o, "}\n");
        return;
    }
    say(o, "    struct %s_future asyncc_future;\n", fn->name);
    say(o, "    %s_future_init(&asyncc_future%s%s);\n", fn->name, *arguments ? ", " : "",
        arguments);
    say(o, "    async_block_on_future(&%s_future_type, &asyncc_future);\n", fn->name);
    if (fn->result)
        say(o, "    return asyncc_future.result;\n");
    say(o, "}\n");
}

static void put_helpers(struct output *o, struct function *fn)
{
    if (fn->spawned_alone)
        put_spawn_helper(o, fn);
    if (fn->spawned_in_group)
        put_group_spawn_helper(o, fn);
    if (fn->blocked_on)
        put_block_on_helper(o, fn);
}

static bool is_mentioned(struct local *l)
{
    return l->mentioned || l->is_temporary;
}

static const char *prologue(struct function *fn)
{
    struct buffer b = {0}, parameters = {0}; // which may be called like the others' types
    put(&b, "\n    struct %s_future *%s = asyncc_future;\n", fn->name, fn->self);
    if (fn->names_itself)
        put(&b, "    static const char asyncc_func[] = \"%s\";\n", fn->name);
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        if (l->in_frame || l->is_literal || (!l->is_parameter && !l->is_temporary) ||
            (l->is_parameter && !is_mentioned(l)))
            continue;
        put(l->is_parameter ? &parameters : &b, "    %s%s;\n", type_declare(l->type, l->spelling),
            l->is_scalar ? " = 0" : "");
    }
    if (fn->deferred_count) {
        put(&b, "    unsigned asyncc_leave = 0;\n    (void)asyncc_leave;\n");
        if (fn->returns_through_defer && fn->result && !type_is_record(fn->result))
            put(&b, "    %s%s;\n", type_declare(fn->result, "asyncc_value"),
                type_is_scalar(fn->result) ? " = 0" : "");
    }
    if (parameters.text)
        put(&b, "%s", parameters.text);
    put(&b, "    switch (%s->state) {\n    case %s_state_start:\n", fn->self, fn->stem);
    for (unsigned i = 0; i < fn->parameter_count; i++) {
        struct local *l = fn->locals.at[i];
        if (!l->in_frame && is_mentioned(l))
            put(&b, "        %s = %s->%s;\n", l->name, fn->self, l->field);
    }
    put(&b, "        break;\n");
    for (size_t i = 0; i < fn->awaits.count; i++)
        put(&b, "    case %s:\n        goto asyncc_resume_%u;\n", fn->awaits.at[i]->state,
            fn->awaits.at[i]->index);
    put(&b, "    default:\n        return async_polled_when_done();\n    }\n");
    if (!fn->awaits.count)
        put(&b, "    (void)%s;\n", fn->cx);
    return b.text;
}

static void put_local_types(struct output *o, struct function *fn)
{
    for (size_t defined = SIZE_MAX; defined != fn->defined_types.count;) {
        defined = fn->defined_types.count; // a definition may need further types
        for (size_t i = 0; i < fn->local_types.count; i++)
            if (fn->local_types.at[i]->hoisted)
                type_define(fn->local_types.at[i]);
    }
    for (size_t i = 0; i < fn->defined_types.count && fn->defined_types.count > 1; i++)
        say(o, "%s %s;\n", fn->defined_types.at[i]->keyword, fn->defined_types.at[i]->moved);
    for (size_t i = 0; i < fn->defined_types.count; i++)
        say(o, "%s\n", fn->defined_types.at[i]->definition);
}

static void put_head(struct output *o, struct function *fn)
{
    sync_output(o);
    say(o, "\n// ---- async %s\n", fn->name);
    fn->prologue = prologue(fn); // before the local types: it may need some
    put_local_types(o, fn);
    put_state_enum(o, fn);
    say(o, "struct %s_future {\n", fn->name);
    for (size_t i = 0; i < fn->layout->members.count; i++)
        put_field(o, fn->layout->members.at[i], 4);
    say(o, "};\n\n");
    declare_functions(o, fn);
    put_helpers(o, fn);
    say(o, "\n");
}

// ---- The tail: init, poll, drop, tables -----------------------------------------------------

static void put_init(struct output *o, struct function *fn)
{
    say(o, "%svoid %s_future_init(%s)\n{\n", linkage(fn), fn->name,
        parameters(fn, self_parameter(fn)));
    say(o, "    %s->state = %s_state_start;\n", fn->self, fn->stem);
    if (fn->link_byte)
        say(o, "    %s->link = 0;\n", fn->self);
    for (unsigned i = 0; i < fn->parameter_count; i++) {
        struct local *p = fn->locals.at[i];
        if (!p->mentioned) {
            say(o, "    (void)%s;\n", p->name);
            continue;
        }
        say(o, "    ");
        store_text(o, p->type, mem_format("%s->%s", fn->self, p->field), p->name);
        say(o, "\n");
    }
    say(o, "}\n\n");
}

// gcc does not follow asyncc_leave through the dispatch after a defer, and would warn of variables
// that are not in use on the ways it imagines.
static void allow_uninitialized(struct output *o, bool allow)
{
    sync_output(o);
    say(o, "#if defined __GNUC__ && !defined __clang__\n#pragma GCC diagnostic %s\n",
        allow ? "push" : "pop");
    if (allow)
        say(o, "#pragma GCC diagnostic ignored \"-Wmaybe-uninitialized\"\n");
    say(o, "#endif\n");
}

static void put_poll(struct output *o, struct function *fn)
{
    if (fn->goes_on_after_defer)
        allow_uninitialized(o, true);
    say(o,
        "%sstatic enum async_poll %s_frame_poll(void *asyncc_future, struct async_context *%s)\n",
        fn->poll_attributes, fn->stem, fn->cx);
    o->fn = fn;
    o->source = fn->source;
    emit_source_block(o, fn->lowered, fn->prologue);
    // Falling off the end: before the closing brace.
    o->b->length--;
    while (o->b->length &&
           (o->b->text[o->b->length - 1] == ' ' || o->b->text[o->b->length - 1] == '\n')) {
        if (o->b->text[--o->b->length] == '\n') {
            o->physical--;
            o->line--;
        }
    }
    if (o->b->length && o->b->text[o->b->length - 1] == '\\') // the last line of a #define
        say(o, "\n");
    if (!ends_with_jump(fn->lowered)) {
        newline(o, 4, fn->body->end - 1);
        if (fn->is_main && fn->result) {
            say(o, "%s->result = 0;", fn->self);
            newline(o, 4, fn->body->end - 1);
        }
        say(o, "%s->state = %s;", fn->self, state_done(fn));
        newline(o, 4, fn->body->end - 1);
        say(o, "return ASYNC_READY;");
    }
    newline(o, 0, fn->body->end - 1);
    say(o, "}\n");
    o->fn = NULL;
    o->source = fn->unit->main;
    if (fn->goes_on_after_defer)
        allow_uninitialized(o, false);
    sync_output(o);
    say(o, "\n%senum async_poll %s_future_poll(%s, struct async_context *%s)\n{\n", linkage(fn),
        fn->name, self_parameter(fn), fn->cx);
    say(o, "    return %s_frame_poll(%s, %s);\n}\n\n", fn->stem, fn->self, fn->cx);
}

static void put_drop_operand(struct output *o, struct function *fn, struct operand *operand,
                             unsigned indent)
{
    const char *slot = mem_format("%s->%s", fn->self, operand->slot);
    if (operand->storage == STORAGE_EMBEDDED) {
        say(o, "%*s%s_future_drop(&%s);\n", (int)indent, "", operand->callee->name, slot);
        return;
    }
    say(o, "%*sif (%s) {\n", (int)indent, "", slot);
    if (operand->storage == STORAGE_FRAME)
        say(o, "%*s%s_future_drop(%s);\n", (int)indent + 4, "", operand->callee->name, slot);
    else if (operand->callee)
        say(o, "%*s%s_future_type.drop(%s);\n", (int)indent + 4, "", operand->callee->name, slot);
    else
        say(o, "%*s%s_type->drop(%s);\n", (int)indent + 4, "", slot, slot);
    say(o, "%*sasync_frame_free(%s);\n%*s}\n", (int)indent + 4, "", slot, (int)indent, "");
}

static void put_drop_await(struct output *o, struct function *fn, struct await *aw)
{
    say(o, "    case %s:\n", aw->state);
    for (size_t i = 0; i < aw->operands.count; i++) {
        bool join = aw->is_form && aw->form == FORM_JOIN;
        if (join)
            say(o, "        if (%s->%s & (uint64_t)1 << %zu) {\n", fn->self, aw->left, i);
        put_drop_operand(o, fn, &aw->operands.at[i], join ? 12 : 8);
        if (join)
            say(o, "        }\n");
    }
    if (aw->is_form && aw->form == FORM_TIMEOUT)
        say(o, "        async_sleep_ms_future_drop(&%s->%s);\n", fn->self, aw->timer);
    say(o, "        break;\n");
}

static void put_drop(struct output *o, struct function *fn)
{
    say(o, "%svoid %s_future_drop(%s)\n{\n", linkage(fn), fn->name, self_parameter(fn));
    if (fn->has_defer) {
        say(o, "    if (%s->state != %s_state_start && %s->state != %s)\n", fn->self, fn->stem,
            fn->self, state_done(fn));
        say(o, "        %s_frame_poll(%s, NULL);\n", fn->stem, fn->self);
    } else if (fn->awaits.count) {
        say(o, "    switch (%s->state) {\n", fn->self);
        for (size_t i = 0; i < fn->awaits.count; i++)
            put_drop_await(o, fn, fn->awaits.at[i]);
        say(o, "    default:\n        break;\n    }\n");
    }
    say(o, "    %s->state = %s;\n}\n\n", fn->self, state_done(fn));
}

static void put_links(struct output *o, struct function *fn)
{
    if (!fn->embedded_uses.count || fn->one_parent)
        return;
    say(o, "static const struct async_frame_link %s_links[] = {\n", fn->stem);
    for (size_t i = 0; i < fn->embedded_uses.count; i++) {
        struct operand *use = fn->embedded_uses.at[i];
        say(o, "    {&%s_frame, offsetof(struct %s_future, %s)},\n", use->caller->stem,
            use->caller->name, use->slot);
    }
    say(o, "};\n\n");
}

static void put_frame_type(struct output *o, struct function *fn)
{
    say(o, "static const struct async_frame_type %s_frame = {\n    .poll = %s_frame_poll,\n",
        fn->stem, fn->stem);
    if (fn->one_parent) {
        struct operand *use = fn->embedded_uses.at[0];
        say(o, "    .parent = &%s_frame,\n    .offset = offsetof(struct %s_future, %s),\n",
            use->caller->stem, use->caller->name, use->slot);
    } else if (fn->embedded_uses.count) {
        say(o, "    .links = %s_links,\n", fn->stem);
    }
    if (fn->link_byte)
        say(o, "    .link_at = offsetof(struct %s_future, link),\n", fn->name);
    else
        say(o, "    .link_at = ASYNC_LINK_NO_BYTE,\n");
    if (fn->awaits.count)
        say(o, "    .awaits = &%s_trace,\n", fn->stem);
    say(o, "};\n\n");
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void put_thunks(struct output *o, struct function *fn)
{
    const char *arguments = argument_names(fn);
    say(o, "static void %s_init_any(%s)\n{\n    %s_future_init(asyncc_future%s%s);\n}\n\n",
        fn->stem, parameters(fn, "void *asyncc_future"), fn->name, *arguments ? ", " : "",
        arguments);
    if (!fn->body)
        say(o,
            "static enum async_poll %s_poll_any(void *asyncc_future, struct async_context "
            "*asyncc_cx)\n{\n"
            "    return %s_future_poll(asyncc_future, asyncc_cx);\n}\n\n",
            fn->stem, fn->name);
    say(o,
        "static void %s_drop_any(void *asyncc_future)\n{\n    "
        "%s_future_drop(asyncc_future);\n}\n\n",
        fn->stem, fn->name);
}

static void put_descriptor(struct output *o, struct function *fn)
{
    if (!needs_descriptor(fn))
        return;
    const char *l = fn->body ? linkage(fn) : "static ";
    put_thunks(o, fn);
    say(o,
        "%sconst struct async_future_type %s_future_type = {\n    .name = \"%s\",\n    .file = ", l,
        fn->name, fn->name);
    say(o, "\"");
    put_escaped(o->b, base_name(fn->source->path));
    say(o, "\"");
    say(o, ",\n    .size = sizeof(struct %s_future),\n    .align = _Alignof(struct %s_future),\n",
        fn->name, fn->name);
    if (fn->result)
        say(o,
            "    .result_at = offsetof(struct %s_future, result),\n    .result_size = "
            "sizeof(%s),\n",
            fn->name, type_declare(fn->result, ""));
    say(o,
        "    .init = (void (*)(void))%s_init_any,\n    .poll = %s_%s,\n    .drop = %s_drop_any,\n",
        fn->stem, fn->stem, fn->body ? "frame_poll" : "poll_any", fn->stem);
    if (fn->body)
        say(o, "    .frame = &%s_frame,\n", fn->stem);
    say(o, "};\n\n");
}

static void put_main(struct output *o, struct function *fn)
{
    say(o, "int main(%s)\n{\n    static struct main_future asyncc_future;\n", parameters(fn, ""));
    const char *arguments = argument_names(fn);
    say(o, "    main_future_init(&asyncc_future%s%s);\n", *arguments ? ", " : "", arguments);
    say(o, "    return async_run_main(&main_future_type, &asyncc_future);\n}\n\n");
}

static void put_tail(struct output *o, struct function *fn)
{
    sync_output(o);
    put_init(o, fn);
    put_poll(o, fn);
    put_drop(o, fn);
    put_descriptor(o, fn);
    if (fn->is_main)
        put_main(o, fn);
}

// ---- Functions without a body here ----------------------------------------------------------

static void put_foreign(struct output *o, struct function *fn)
{
    if (fn->has_future && !needs_descriptor(fn))
        return; // written by hand, and only awaited
    sync_output(o);
    if (fn->has_future) {
        put_descriptor(o, fn);
    } else {
        say(o, "// async %s is defined elsewhere.\nstruct %s_future;\n", fn->name, fn->name);
        say(o, "void %s_future_init(%s);\n", fn->name,
            type_parameter_types(fn->type, mem_format("struct %s_future *", fn->name)));
        say(o, "extern const struct async_future_type %s_future_type;\n", fn->name);
    }
    put_helpers(o, fn);
    say(o, "\n");
}

// Those whose types are known at `place`.
static void put_pointer_helpers(struct output *o, unsigned place)
{
    for (size_t i = 0; i < pointer_helpers.count; i++) {
        struct helper *h = &pointer_helpers.at[i];
        struct type *function = h->operand.function_type;
        if (h->needs > place || h->written)
            continue;
        h->written = true;
        struct buffer list = {0}, names = {0};
        bool in_group = h->use->kind == NODE_FORM && h->use->form == FORM_GROUP_SPAWN;
        put(&list, "%sasync_fn_pointer asyncc_type",
            in_group ? "struct async_group *asyncc_group, " : "");
        for (unsigned j = 0; j < type_parameter_count(function); j++) {
            put(&list, ", %s",
                type_parameter_declare(function, j, mem_format("asyncc_a%u", j + 1)));
            put(&names, ", asyncc_a%u", j + 1);
        }
        const char *init =
            mem_format("((void (*)(%s))asyncc_type->init)(asyncc_future%s)",
                       type_parameter_types(function, "void *"), names.length ? names.text : "");
        sync_output(o);
        if (in_group) {
            say(o, "static int %s(%s)\n{\n", h->name, list.text);
            put_group_spawn_body(o, "asyncc_type", h->operand.result, init);
            say(o, "\n");
        } else if (h->use->kind == NODE_FORM) {
            say(o,
                "static struct async_task *%s(%s)\n{\n    void *asyncc_future = "
                "async_task_new(asyncc_type);\n",
                h->name, list.text);
            say(o,
                "    if (!asyncc_future)\n        return NULL;\n    %s;\n    return "
                "async_task_start(asyncc_future);\n}\n\n",
                init);
        } else {
            const char *declarator = mem_format("%s(%s)", h->name, list.text);
            say(o, "static %s\n{\n",
                h->operand.result ? type_declare(h->operand.result, declarator)
                                  : mem_format("void %s", declarator));
            put_block_on_unknown(o, "asyncc_type", init, h->operand.result);
            say(o, "}\n\n");
        }
    }
}

// ---- The file -------------------------------------------------------------------------------

static void put_function_head(struct output *o, struct function *fn, unsigned slot);

// Embedded futures come before those that hold them.
static void put_embedded_heads(struct output *o, struct function *fn, unsigned slot)
{
    for (size_t i = 0; i < fn->awaits.count; i++)
        for (size_t j = 0; j < fn->awaits.at[i]->operands.count; j++) {
            struct operand *operand = &fn->awaits.at[i]->operands.at[j];
            if (operand->generated && operand->storage == STORAGE_EMBEDDED)
                put_function_head(o, operand->callee, slot);
        }
}

static void put_function_head(struct output *o, struct function *fn, unsigned slot)
{
    if (fn->visit == 2 || fn->slot_offset > slot)
        return;
    fn->visit = 2;
    put_embedded_heads(o, fn, slot);
    put_head(o, fn);
}

static bool uses_timeout(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++)
        for (size_t j = 0; j < unit->functions.at[i]->awaits.count; j++)
            if (unit->functions.at[i]->awaits.at[j]->is_form &&
                unit->functions.at[i]->awaits.at[j]->form == FORM_TIMEOUT)
                return true;
    return false;
}

static void put_includes(struct output *o, struct unit *unit)
{
    sync_output(o); // not at the top of the file: the user's _GNU_SOURCE comes before any include
    say(o, "#include <asyncc/executor.h>\n#include <asyncc/task.h>\n#include <asyncc/time.h>\n");
    if (uses_timeout(unit))
        say(o, "#include <errno.h>\n");
}

// A function that is used before its future can be defined, or whose future is defined elsewhere.
static bool is_announced(struct function *fn, unsigned first)
{
    if (!fn->is_async || !fn->name || !strncmp(fn->name, "async_form_", 11))
        return false;
    return !fn->body ||
           (fn->slot_offset > first && (fn->used_as_value || fn->spawned || fn->blocked_on));
}

// Returns fn if it must be announced once more, where its future, written by hand, is known.
static struct function *announce(struct output *o, struct function *fn, unsigned place)
{
    if (!fn->body && fn->future_at > place) {
        if (!fn->visit && needs_descriptor(fn)) {
            sync_output(o);
            say(o, "static const struct async_future_type %s_future_type;\n", fn->name);
            declare_helpers(o, fn);
        }
        fn->visit = 1;
        return fn;
    }
    if (!fn->body) {
        put_foreign(o, fn);
        return NULL;
    }
    sync_output(o);
    const char *l = linkage(fn), *u = *l ? "" : name_attributes(fn);
    say(o, "%s%sconst struct async_future_type %s_future_type;\n", u, *l ? l : "extern ", fn->name);
    say(o, "struct %s_future;\n%s%svoid %s_future_init(%s);\n", fn->name, u, l, fn->name,
        parameters(fn, self_parameter(fn)));
    declare_helpers(o, fn);
    return NULL;
}

struct announcement {
    struct function *fn;
    unsigned needs; // behind which offset its types are known
    size_t order;
};
struct announcements {
    struct vec(struct announcement) list; // by needs
    size_t next;
    struct vec(struct announcement) again; // once their futures are known
};

static int by_needs(const void *left, const void *right)
{
    const struct announcement *a = left, *b = right;
    if (a->needs != b->needs)
        return a->needs < b->needs ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int by_order(const void *left, const void *right)
{
    const struct announcement *a = left, *b = right;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void find_announced(struct unit *unit, unsigned first, struct announcements *all)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (is_announced(fn, first))
            VEC_PUSH(&all->list, ((struct announcement){fn, type_needs(fn->type), i}));
    }
    if (all->list.count)
        mem_sort(all->list.at, all->list.count, sizeof *all->list.at, by_needs);
}

static void put_announcements(struct output *o, struct announcements *all, unsigned place)
{
    struct vec(struct announcement) now = {0};
    for (; all->next < all->list.count && all->list.at[all->next].needs <= place; all->next++)
        VEC_PUSH(&now, all->list.at[all->next]);
    size_t kept = 0;
    for (size_t i = 0; i < all->again.count; i++)
        if (all->again.at[i].fn->future_at <= place)
            VEC_PUSH(&now, all->again.at[i]);
        else
            all->again.at[kept++] = all->again.at[i];
    all->again.count = kept;
    if (now.count)
        mem_sort(now.at, now.count, sizeof *now.at, by_order);
    for (size_t i = 0; i < now.count; i++)
        if (announce(o, now.at[i].fn, place))
            VEC_PUSH(&all->again, now.at[i]);
}

static void link_operand(struct operand *operand, bool in_form)
{
    struct function *callee = operand->callee;
    if (in_form) {
        callee->rooted = true;
        return;
    }
    if (operand->storage != STORAGE_EMBEDDED) {
        callee->in_blocks = true;
    } else if (callee->embedded_uses.count < ASYNC_LINK_LIMIT) {
        VEC_PUSH(&callee->embedded_uses, operand);
        operand->link = (unsigned)callee->embedded_uses.count;
    } else {
        callee->link_byte = true;
    }
}

// A frame whose parent can be one place only needs no byte to find it.
static void link_uses(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        for (size_t j = 0; j < fn->awaits.count; j++)
            for (size_t k = 0; k < fn->awaits.at[j]->operands.count; k++)
                if (fn->awaits.at[j]->operands.at[k].callee)
                    link_operand(&fn->awaits.at[j]->operands.at[k], fn->awaits.at[j]->is_form);
    }
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        fn->in_blocks |= fn->used_as_value || !*linkage(fn);
        fn->rooted |= fn->spawned || fn->blocked_on;
        fn->link_byte |= fn->embedded_uses.count > (fn->in_blocks ? 0 : 1);
        fn->one_parent = fn->embedded_uses.count == 1 && !fn->link_byte && !fn->rooted;
    }
}

void assemble_prepare(struct unit *unit)
{
    link_uses(unit);
}

// Declarators of one declaration have the same top, and so have functions of headers.
static int by_place(const void *a, const void *b)
{
    const struct function *x = *(struct function *const *)a, *y = *(struct function *const *)b;
    if (x->top != y->top)
        return x->top < y->top ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_slot(const void *a, const void *b)
{
    const struct function *x = *(struct function *const *)a, *y = *(struct function *const *)b;
    if (x->slot_offset != y->slot_offset)
        return x->slot_offset < y->slot_offset ? -1 : 1;
    return by_place(a, b);
}

// Of a prototype that goes: they may hold for what is behind it.
static void keep_directives(struct output *o, struct range gone)
{
    const char *text = o->source->text;
    for (struct token t = lex_next(text, gone.start, gone.end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, gone.end)) {
        if (t.kind != TOKEN_DIRECTIVE)
            continue;
        if (!at_line_start(o))
            say(o, "\n");
        sync(o, t.start);
        copy_source(o, t.start, t.end);
        say(o, "\n");
    }
}

void emit(struct unit *unit, const char *output_path, bool lines, struct buffer *out)
{
    struct source *s = unit->main;
    struct output o = {.b = out,
                       .lines = lines,
                       .output_path = output_path,
                       .source = s,
                       .physical = 1,
                       .line = 0};
    pointer_helpers.count = 0;
    struct vec(struct function *) order = {0};
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        fn->order = i;
        rewrite_function_forms(fn);
        fn->visit = 0;
        if (fn->body && !fn->in_header)
            VEC_PUSH(&order, fn);
    }
    if (order.count)
        mem_sort(order.at, order.count, sizeof *order.at, by_place);
    struct vec(struct function *) heads = {0}; // by where their futures go
    for (size_t i = 0; i < unit->functions.count; i++)
        if (unit->functions.at[i]->is_async && unit->functions.at[i]->body)
            VEC_PUSH(&heads, unit->functions.at[i]);
    if (heads.count)
        mem_sort(heads.at, heads.count, sizeof *heads.at, by_slot);
    struct vec(struct function *) headers = {0}; // functions defined in them
    for (size_t i = 0; i < heads.count; i++)
        if (heads.at[i]->in_header)
            VEC_PUSH(&headers, heads.at[i]);
    if (headers.count)
        mem_sort(headers.at, headers.count, sizeof *headers.at, by_place);
    size_t head = 0, included = 0;
    struct announcements announced = {0};
    if (order.count)
        find_announced(unit, order.at[0]->top, &announced);
    if (!order.count)
        headers.count = heads.count = 0; // nothing here needs them
    unsigned at = 0;
    if (s->length >= 3 && !memcmp(s->text, "\xEF\xBB\xBF", 3))
        at = 3; // no byte-order mark in the output: some compilers stumble over it
    say(&o, "#define ASYNCC_TRANSLATED 1 // by asyncc from %s; changes belong there\n",
        base_name(s->path));
    size_t prototype = 0;
    unsigned header_end = front_header_end();
    for (size_t i = 0; i <= order.count; i++) {
        unsigned stop = i < order.count ? order.at[i]->top : s->length;
        if (stop < at && i < order.count && !order.at[i]->is_async)
            stop = at; // a further declarator of the declaration before
        if (stop < at)
            internal_fault("'%s' begins inside what was replaced before it",
                           order.at[i]->name ? order.at[i]->name : "?");
        o.fn = NULL;
        bool behind_header = i == 0 && order.count && header_end > at && header_end <= stop;
        if (behind_header) { // before the program's macros can change what they mean
            sync(&o, at);
            copy_source(&o, at, header_end);
            put_includes(&o, unit);
            at = header_end;
        }
        while (prototype < unit->prototypes.count && unit->prototypes.at[prototype].start < stop) {
            struct range r = unit->prototypes.at[prototype++];
            if (r.start < at)
                continue;
            sync(&o, at);
            copy_source(&o, at, r.start);
            keep_directives(&o, r);
            at = r.end;
        }
        sync(&o, at);
        copy_source(&o, at, stop);
        struct function *fn = i < order.count ? order.at[i] : NULL;
        if (i == 0 && fn && !behind_header)
            put_includes(&o, unit);
        unsigned place = fn ? fn->top : s->length;
        put_announcements(&o, &announced, place);
        put_pointer_helpers(&o, place);
        for (; head < heads.count && heads.at[head]->slot_offset <= place; head++)
            put_function_head(&o, heads.at[head], place);
        for (; included < headers.count && headers.at[included]->top <= place; included++)
            put_tail(&o, headers.at[included]);
        if (!fn)
            break;
        if (fn->is_async) {
            put_tail(&o, fn);
            at = fn->bottom;
        } else {
            o.fn = fn;
            if (o.lines && !at_line_start(&o))
                say(&o, "\n");
            sync(&o, stop);
            copy_source(&o, stop, fn->end);
            at = fn->end;
        }
    }
    if (!order.count)
        return;      // a header's functions were not needed
    sync_output(&o); // the links name members of futures defined anywhere above
    say(&o, "\n");
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body) {
            put_links(&o, fn);
            put_trace(&o, fn);
            put_frame_type(&o, fn);
        }
    }
}
