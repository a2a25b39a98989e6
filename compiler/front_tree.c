// front_tree.c - libclang's tree -> ours: functions, statements, locals, mentions of names.
//   in:    front_tu and the invocations of each source
//   out:   unit->functions
#include "front_clang.h"

#include <stdlib.h>
#include <string.h>

static struct function *current; // whose body is being built
static CXFile current_file;      // it stands in
static void mention_type(CXCursor c);

// ---- Finding declarations again -------------------------------------------------------------

struct known {
    CXCursor cursor;
    struct local *local;
    struct function *function;
    struct local_type *type;
    struct known *next;
};

enum {
    BUCKETS = 16384
};
static struct known *known[BUCKETS];

static struct known *known_find(CXCursor c)
{
    for (struct known *k = known[clang_hashCursor(c) % BUCKETS]; k; k = k->next)
        if (clang_equalCursors(k->cursor, c))
            return k;
    return NULL;
}

static struct known *known_add(CXCursor c)
{
    struct known **bucket = &known[clang_hashCursor(c) % BUCKETS];
    struct known *k = mem_alloc(sizeof *k);
    k->cursor = c;
    k->next = *bucket;
    *bucket = k;
    return k;
}

struct local_type *local_type_of(CXCursor declaration)
{
    struct known *k = known_find(clang_getCanonicalCursor(declaration));
    return k ? k->type : NULL;
}

// ---- Text -----------------------------------------------------------------------------------

static bool text_at_starts(unsigned at, const char *word)
{
    size_t length = strlen(word);
    return at + length <= current->source->length &&
           !memcmp(current->source->text + at, word, length);
}

static bool text_at_is(unsigned at, const char *word)
{
    size_t end = at + strlen(word);
    return text_at_starts(at, word) &&
           (end == current->source->length || !is_name_byte(current->source->text[end]));
}

static bool is_keyword_at(unsigned at, const char *keyword)
{
    return text_at_is(at, keyword) ||
           (text_at_starts(at, "asyncc_") && text_at_is(at + (unsigned)strlen("asyncc_"), keyword));
}

// ---- Nodes ----------------------------------------------------------------------------------

// `else if`: it ends where the statement before ends. libclang walks to the last of a chain to say
// so, each time.
static bool is_else_if(const struct node *parent, CXCursor c)
{
    return parent && parent->kind == NODE_IF && parent->first && parent->first->next &&
           clang_getCursorKind(c) == CXCursor_IfStmt;
}

static CXFile find_extent(struct node *n, CXCursor c)
{
    CXFile file = NULL;
    if (is_else_if(n->parent, c)) {
        n->start = front_offset(clang_getCursorLocation(c), &file);
        n->end = n->parent->end;
    } else {
        CXSourceRange extent = clang_getCursorExtent(c);
        n->start = front_offset(clang_getRangeStart(extent), &file);
        n->end = front_offset(clang_getRangeEnd(extent), NULL);
    }
    n->at = n->start;
    return file;
}

static struct node *node_new(enum node_kind kind, struct node *parent, CXCursor c)
{
    struct node *n = mem_alloc(sizeof *n);
    n->kind = kind;
    n->parent = parent;
    n->invocation = -1;
    CXFile file = find_extent(n, c);
    n->made_up = !file;
    if (n->start < current->source->length && current->source->text[n->start] == '\\')
        n->start = n->at = lex_skip_blank(current->source->text, n->start, current->source->length);
    if (n->end < n->start)
        n->end = n->start;
    struct source *source = current->source;
    n->foreign = file && file != current_file;
    const struct range *opaque = front_opaque_at(source, n->start);
    if (opaque && n->end < opaque->end)
        n->end = opaque->end;
    int i = front_invocation(source, n->start);
    if (i >= 0) {
        struct invocation *v = &source->invocations.at[i];
        n->invocation = i;
        n->start = v->start;
        if (n->end < v->end)
            n->end = v->end;
    }
    if (n->end > n->start) {
        int last = front_invocation(source, n->end - 1);
        if (last >= 0 && n->end < source->invocations.at[last].end)
            n->end = source->invocations.at[last].end;
    }
    return n;
}

static void node_append(struct node *parent, struct node *child)
{
    child->parent = parent;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static struct node *build(CXCursor c, struct node *parent);

struct build_visit {
    struct node *parent;
    bool repeats;       // x ?: y shows x several times
    CXSourceRange last; // extent of the child before
};

static enum CXChildVisitResult on_child(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    struct build_visit *v = data;
    if (v->repeats) {
        CXSourceRange extent = clang_getCursorExtent(c);
        if (v->parent->first && clang_equalRanges(extent, v->last))
            return CXChildVisit_Continue;
        v->last = extent;
    }
    struct node *child = build(c, v->parent);
    if (child && child->foreign)
        return CXChildVisit_Continue; // declared by a system header that is included here
    // for braces left out: only what it holds was written
    if (child && child->made_up) {
        for (struct node *inner = child->first, *next; inner; inner = next) {
            next = inner->next;
            node_append(v->parent, inner);
        }
        return CXChildVisit_Continue;
    }
    if (child)
        node_append(v->parent, child);
    return CXChildVisit_Continue;
}

// Those of the atomic builtins are shown in an order of their own.
static void sort_children(struct node *n)
{
    bool sorted = true;
    for (struct node *c = n->first; c && c->next; c = c->next)
        sorted &= c->start <= c->next->start;
    if (sorted)
        return;
    struct node *list = NULL;
    for (struct node *c = n->first, *next; c; c = next) {
        next = c->next;
        struct node **place = &list;
        while (*place && (*place)->start <= c->start)
            place = &(*place)->next;
        c->next = *place;
        *place = c;
    }
    n->first = list;
    for (n->last = list; n->last->next;)
        n->last = n->last->next;
}

static void build_children(CXCursor c, struct node *n)
{
    struct build_visit v = {.parent = n, .last = clang_getNullRange()};
    v.repeats = clang_getCursorKind(c) == CXCursor_UnexposedExpr;
    clang_visitChildren(c, on_child, &v);
    for (struct node *child = n->first; child; child = child->next) {
        if (child->invocation >= 0 && child->invocation == n->invocation)
            continue;
        if (child->start < n->start)
            n->start = child->start;
        if (child->end > n->end)
            n->end = child->end;
    }
}

static unsigned count_children(struct node *n)
{
    unsigned count = 0;
    for (struct node *child = n->first; child; child = child->next)
        count++;
    return count;
}

static struct node *child_at(struct node *n, unsigned index)
{
    struct node *child = n->first;
    while (child && index--)
        child = child->next;
    return child;
}

// ---- Functions and locals -------------------------------------------------------------------

static struct function *function_named(const char *name)
{
    return *table_at(&front_unit->functions_by_name, name);
}

// f() without a prototype counts as variadic to libclang.
static bool is_variadic(CXType function)
{
    return clang_getCanonicalType(function).kind == CXType_FunctionProto &&
           clang_isFunctionTypeVariadic(function);
}

static struct function *function_of(CXCursor c)
{
    struct known *k = known_find(clang_getCanonicalCursor(c));
    if (k)
        return k->function;
    const char *name = front_text(clang_getCursorSpelling(c));
    struct function *fn = function_named(name);
    if (!fn) {
        fn = mem_alloc(sizeof *fn);
        fn->name = name;
        fn->is_async = true;
        fn->unit = front_unit;
        fn->type = type_new(clang_getCursorType(c));
        fn->result = type_result(fn->type);
        fn->is_variadic = is_variadic(fn->type->type);
        *table_at(&front_unit->functions_by_name, name) = fn;
        VEC_PUSH(&front_unit->functions, fn);
        CXFile file;
        unsigned at = front_offset(clang_getCursorLocation(c), &file);
        fn->source = front_source(file);
        fn->name_offset = at;
        if (front_in_main(file))
            fn->declared_at = at;
    }
    known_add(clang_getCanonicalCursor(c))->function = fn;
    return fn;
}

static void classify_local(struct local *l)
{
    CXType t = l->type->type, c = clang_getCanonicalType(t);
    l->is_volatile = clang_isVolatileQualifiedType(c) || c.kind == CXType_Atomic;
    CXType element = c;
    while (element.kind == CXType_ConstantArray || element.kind == CXType_VariableArray ||
           element.kind == CXType_IncompleteArray)
        element = clang_getCanonicalType(clang_getArrayElementType(element));
    if (clang_isVolatileQualifiedType(element))
        l->is_volatile = true;
    l->is_const = clang_isConstQualifiedType(element);
    l->is_scalar = type_is_scalar(l->type) && c.kind != CXType_Atomic;
    l->is_variable_length = type_is_variably_modified(l->type);
    const char *spelling = front_text(clang_getTypeSpelling(c));
    l->is_va_list = strstr(spelling, "__va_list_tag") != NULL;
    l->is_jmp_buf = strstr(spelling, "__jmp_buf_tag") != NULL;
}

static struct local *local_new(CXCursor c, struct node *scope)
{
    struct local *l = mem_alloc(sizeof *l);
    l->name = front_text(clang_getCursorSpelling(c));
    l->spelling = l->name;
    l->function = current;
    l->type = type_new(clang_getCursorType(c));
    l->offset = front_offset(clang_getCursorLocation(c), NULL);
    l->scope = scope;
    l->field = l->name;
    enum CX_StorageClass storage = clang_Cursor_getStorageClass(c);
    l->is_static = storage == CX_SC_Static || storage == CX_SC_Extern;
    classify_local(l);
    if (scope) {
        l->next_in_scope = scope->locals;
        scope->locals = l;
    }
    VEC_PUSH(&current->locals, l);
    known_add(c)->local = l;
    return l;
}

static struct node *scope_of(struct node *n)
{
    for (; n; n = n->parent)
        if (n->kind == NODE_BLOCK || n->kind == NODE_FOR)
            return n;
    return NULL;
}

static unsigned name_length(unsigned at)
{
    return lex_name_end(current->source->text, at, current->source->length) - at;
}

static void add_mention(unsigned offset, unsigned length, struct local *local, struct function *fn,
                        const char *text, unsigned access)
{
    struct mention m = {.offset = offset,
                        .end = offset + length,
                        .local = local,
                        .function = fn,
                        .text = text,
                        .access = access};
    VEC_PUSH(&current->mentions, m);
}

void front_mention_local(struct local *local, unsigned offset, unsigned length)
{
    add_mention(offset, length, local, NULL, NULL, 0);
}

// An argument of a macro may hold another that names it.
static bool is_spelled(unsigned at, const char *name)
{
    const char *text = current->source->text + at;
    unsigned length = name_length(at);
    return memchr(text, '\\', length) || (strlen(name) == length && !memcmp(text, name, length));
}

// May n be an lvalue that nothing was read from?
static bool is_object(struct node *n)
{
    if (n->converted)
        return false;
    if (n->kind == NODE_PAREN && n->first)
        return is_object(n->first);
    return (n->kind == NODE_REF && !n->constant_ref) || n->kind == NODE_MEMBER ||
           n->kind == NODE_SUBSCRIPT || n->kind == NODE_COMPOUND_LITERAL ||
           n->kind == NODE_GENERIC || (n->kind == NODE_UNARY && n->op != OP_ADDRESS);
}

// How the object named by `ref` is used: climbs over members and subscripts to what finally happens
// to it.
static void classify_access(struct node *ref)
{
    struct local *l = ref->local;
    struct node *n = ref;
    bool part = false;
    for (;;) {
        struct node *up = n->parent;
        if (!up)
            break;
        if (up->kind == NODE_PAREN || up->kind == NODE_GENERIC) {
            n = up;
        } else if ((up->kind == NODE_MEMBER && !up->arrow) ||
                   (up->kind == NODE_UNARY && up->op == OP_OTHER && is_object(n))) {
            n = up; // __real__ and its kind
            part = true;
        } else if (up->kind == NODE_SUBSCRIPT && up->first == n && n->own_type &&
                   !type_is_pointer(n->own_type)) {
            n = up; // of an array or a vector
            part = true;
        } else {
            break;
        }
    }
    struct node *up = n->parent;
    unsigned access = ACCESS_READ;
    if (up && up->kind == NODE_UNARY && up->op == OP_ADDRESS) {
        l->escapes = true;
        l->escape = up;
    } else if (up && up->kind == NODE_UNEVALUATED) {
        access = ACCESS_READ;
    } else if (n->own_type && type_is_array(n->own_type)) {
        l->escapes = true;
        l->escape = n;
    } else if (up && up->kind == NODE_ASSIGN && up->first == n) {
        l->written = true;
        access = ACCESS_WRITE;
        if (up->compound || part || ref->invocation >= 0)
            access |= ACCESS_READ; // the rest keeps its value; a macro may not always write
    } else if (up && up->kind == NODE_UNARY && up->op == OP_STEP) {
        l->written = true;
        access = ACCESS_READ | ACCESS_WRITE;
    } else if (up && up->kind == NODE_ASM) {
        l->escapes = true;
        l->escape = n;
    }
    l->mentioned = true;
    ref->hidden = ref->invocation >= 0 && !is_spelled(ref->at, l->name);
    l->named_by_macro |=
        ref->hidden ||
        (ref->invocation >= 0 && current->source->invocations.at[ref->invocation].stringifies);
    add_mention(ref->at, ref->hidden ? 0 : name_length(ref->at), l, NULL, NULL, access);
}

// An object a compound literal makes lives until its block ends; one that something may point to
// gets a local.
static void classify_literal(struct node *n)
{
    struct node *up = n->parent;
    while (up && up->kind == NODE_PAREN)
        up = up->parent;
    bool address = up && up->kind == NODE_UNARY && up->op == OP_ADDRESS;
    bool array = n->own_type && type_is_array(n->own_type);
    if ((!address && !array) || !current->is_async || !up || up->kind == NODE_UNEVALUATED)
        return;
    for (struct node *outer = up; outer; outer = outer->parent)
        if (outer->kind == NODE_VARIABLE &&
            (outer->local->is_static ||
             (outer->part[0] == n && array && type_is_array(outer->local->type))))
            return;
    struct local *l = mem_alloc(sizeof *l);
    l->name = l->spelling = l->field = "literal";
    l->function = current;
    l->type = n->own_type;
    l->offset = n->start;
    l->scope = scope_of(up);
    l->escapes = l->is_literal = true;
    l->escape = n;
    if (l->scope) {
        l->next_in_scope = l->scope->locals;
        l->scope->locals = l;
    }
    VEC_PUSH(&current->locals, l);
    n->local = l;
    struct mention open = {.offset = address ? up->start : n->start, .local = l};
    open.end = open.offset + address;
    open.literal = address ? LITERAL_ADDRESS : LITERAL_ARRAY;
    struct mention end = {.offset = n->end - 1, .end = n->end, .local = l, .literal = LITERAL_END};
    VEC_PUSH(&current->mentions, open);
    VEC_PUSH(&current->mentions, end);
}

static void classify_all(struct node *n)
{
    if (n->kind == NODE_REF && n->local)
        classify_access(n);
    if (n->kind == NODE_COMPOUND_LITERAL)
        classify_literal(n);
    for (struct node *child = n->first; child; child = child->next)
        classify_all(child);
}

// ---- Expressions ----------------------------------------------------------------------------

static struct node *skip_parens(struct node *n)
{
    while (n && n->kind == NODE_PAREN && n->first)
        n = n->first;
    return n;
}

static enum form_kind form_named(const char *name, bool *is_form)
{
    static const char *const names[] = {"async_form_join", "async_form_select",
                                        "async_form_timeout_ms", "async_form_spawn",
                                        "async_form_group_spawn"};
    for (int i = 0; i < 5; i++)
        if (!strcmp(names[i], name)) {
            *is_form = true;
            return (enum form_kind)i;
        }
    *is_form = false;
    return FORM_JOIN;
}

static void append_operands(struct node *form, struct node *comma)
{
    struct node *left = comma->first;
    if (comma->kind != NODE_BINARY)
        return;
    left = skip_parens(left);
    // `(a, b, 0)` nests to the left; an operand is what stands at the right of each comma.
    struct vec(struct node *) operands = {0};
    struct node *n = left;
    while (n && n->kind == NODE_BINARY && n->op == OP_COMMA) {
        VEC_PUSH(&operands, n->last);
        n = n->first;
    }
    if (n)
        VEC_PUSH(&operands, n);
    for (size_t i = operands.count; i-- > 0;)
        node_append(form, skip_parens(operands.at[i]));
}

// CALL of async_form_...(X): what the macro made becomes a node of its own with the user's
// operands.
static void make_form(struct node *n, enum form_kind form)
{
    struct node *arguments = n->first->next;
    n->kind = NODE_FORM;
    n->form = form;
    n->first = n->last = NULL;
    if ((form == FORM_TIMEOUT || form == FORM_GROUP_SPAWN) && arguments) {
        struct node *next = arguments->next;
        node_append(n, skip_parens(arguments));
        arguments = next;
    }
    if (arguments)
        append_operands(n, skip_parens(arguments));
    const char *text = current->source->text;
    struct token name = lex_next(text, n->at, current->source->length);
    struct token open = lex_next(text, name.end, current->source->length);
    n->start = n->at;
    n->end = lex_group_end(text, open.start, current->source->length);
    n->invocation = -1;
}

static enum operator_kind binary_operator(struct node *n)
{
    struct node *left = n->first, *right = n->last;
    if (!left || left == right)
        return OP_OTHER;
    if (n->invocation >= 0 && left->invocation == n->invocation &&
        right->invocation == n->invocation)
        return OP_OTHER;
    const char *text = current->source->text;
    struct token t = lex_next(text, left->end, right->start);
    if (t.kind != TOKEN_PUNCTUATION)
        return OP_OTHER;
    if (token_is(text, t, ","))
        return OP_COMMA;
    if (token_is(text, t, "&&"))
        return OP_AND;
    if (token_is(text, t, "||"))
        return OP_OR;
    if (token_is(text, t, "<<") || token_is(text, t, ">>"))
        return OP_SHIFT;
    return OP_OTHER;
}

// In a macro the operator may not be seen; but all others than `=` read their left operand.
static bool is_plain_assignment(struct node *n)
{
    if (!n->first || n->first == n->last)
        return false;
    if (n->invocation >= 0)
        return is_object(n->first);
    const char *text = current->source->text;
    return token_is(text, lex_next(text, n->first->end, n->last->start), "=");
}

static void build_unary(struct node *n)
{
    struct node *operand = n->first;
    if (is_keyword_at(n->at, "await")) {
        n->kind = NODE_AWAIT;
        return;
    }
    if (text_at_is(n->at, "async_block_on")) {
        n->kind = NODE_BLOCK_ON;
        struct token name = lex_next(current->source->text, n->at, current->source->length);
        struct token open = lex_next(current->source->text, name.end, current->source->length);
        n->end = lex_group_end(current->source->text, open.start, current->source->length);
        if (operand)
            n->first = n->last = skip_parens(operand), n->first->parent = n, n->first->next = NULL;
        return;
    }
    if (!operand || !operand->own_type || !n->own_type)
        return;
    const char *text = current->source->text;
    unsigned at = n->at < operand->at ? n->at : operand->end;
    if (text[at] == '&' && type_is_pointer(n->own_type) && !text_at_is(at, "&&"))
        n->op = OP_ADDRESS;
    else if (!strncmp(text + at, "++", 2) || !strncmp(text + at, "--", 2))
        n->op = OP_STEP;
    else if (text[at] == '*')
        n->op = OP_DEREFERENCE;
    else if (n->invocation >= 0 && operand->invocation == n->invocation) {
        // Inside a macro the operator may be in the body: the types tell.
        struct type *pointee = operand->own_type;
        CXType to = clang_getCanonicalType(n->own_type->type),
               from = clang_getCanonicalType(pointee->type);
        if (to.kind == CXType_Pointer &&
            clang_equalTypes(clang_getCanonicalType(clang_getPointeeType(to)), from))
            n->op = OP_ADDRESS;
        else if (operand->type && clang_equalTypes(operand->type->type, operand->own_type->type) &&
                 operand->kind != NODE_VALUE && clang_equalTypes(to, from))
            n->op = OP_STEP; // or ~ - + on a value: treated as the stronger of the two
    }
}

static bool is_async_declaration(CXCursor c);

// Clang makes up a declaration at the first call of a function that nobody declares, as in C89.
static bool is_made_up(CXCursor function)
{
    return clang_Range_isNull(clang_getCursorExtent(function));
}

static void build_reference(CXCursor c, struct node *n)
{
    CXCursor target = clang_getCursorReferenced(c);
    enum CXCursorKind kind = clang_getCursorKind(target);
    if (kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl) {
        struct known *k = known_find(target);
        if (k)
            n->local = k->local;
        else
            n->global = true;
        if (n->local && n->local->is_static)
            n->local = NULL, n->global = true;
    } else if (kind == CXCursor_FunctionDecl) {
        n->constant_ref = true;
        n->name = front_text(clang_getCursorSpelling(target));
        n->undeclared = is_made_up(target);
        if (strncmp(n->name, "async_form_", 11) && is_async_declaration(target))
            n->callee = function_of(target);
    } else {
        n->constant_ref = true;
    }
}

static void build_call(struct node *n)
{
    struct node *callee = n->first;
    if (!callee || !callee->type)
        return;
    struct node *name = skip_parens(callee);
    if (name->kind == NODE_REF && name->name) {
        bool is_form;
        enum form_kind form = form_named(name->name, &is_form);
        if (is_form) {
            make_form(n, form);
            return;
        }
    }
    n->is_async_call = type_is_async_function(callee->type->type) ||
                       (front_unit->no_convention && name->kind == NODE_REF && name->callee);
}

static bool is_short_conditional(struct node *first)
{
    const char *text = current->source->text;
    struct token mark = lex_next(text, first->end, current->source->length);
    return token_is(text, mark, "?") &&
           token_is(text, lex_next(text, mark.end, current->source->length), ":");
}

// The arguments among what is below n; the rest is of the macro's body.
static void collect_arguments(struct node *n, const struct range *invocation, struct node *list)
{
    for (struct node *c = n->first, *next; c; c = next) {
        next = c->next;
        if (c->at == invocation->start) {
            collect_arguments(c, invocation, list);
            continue;
        }
        struct node **place = &list->first;
        while (*place && (*place)->start < c->start)
            place = &(*place)->next;
        if (*place && (*place)->start == c->start)
            continue; // the body names a parameter more than once
        c->next = *place;
        *place = c;
        c->parent = list;
    }
}

// What an opaque invocation stands for becomes a call of its arguments.
static struct node *close_opaque(struct node *n)
{
    const struct range *opaque = front_opaque_at(current->source, n->at);
    if (!opaque || n->end != opaque->end)
        return n;
    struct node arguments = {.first = NULL};
    collect_arguments(n, opaque, &arguments);
    n->kind = NODE_VALUE;
    n->first = n->last = arguments.first;
    for (struct node *c = n->first; c; c = c->next) {
        c->parent = n;
        n->last = c;
    }
    return n;
}

// Two operands of one typedef: from libclang 16 on the result has that type, too, and before it has
// what the typedef stands for. The output is to be the same.
static void forget_typedef(struct node *n)
{
    CXType type = clang_getCanonicalType(n->type->type);
    if (type.kind >= CXType_FirstBuiltin && type.kind <= CXType_LastBuiltin)
        n->own_type = n->type = type_new(type);
}

static struct node *build_expression_by_kind(CXCursor c, enum CXCursorKind kind,
                                             struct node *parent)
{
    struct node *n = node_new(NODE_VALUE, parent, c);
    n->own_type = n->type = type_new(clang_getCursorType(c));
    if (kind == CXCursor_InitListExpr)
        n->kind = NODE_INIT_LIST; // its children ask
    build_children(c, n);
    switch (kind) {
    case CXCursor_UnexposedExpr: {
        struct node *only = n->first;
        if (only && only == n->last && only->type && only->at == n->at && only->end == n->end &&
            !type_is_void(n->type)) {
            // An implicit conversion. libclang shows the parameter type `int v[3]` as the array;
            // what is passed may be kept as what it was before.
            if (!type_is_array(n->type))
                only->type = n->type;
            only->converted = true;
            only->parent = parent;
            return only;
        }
        if (only && type_is_void(n->type) && parent && parent->kind == NODE_INIT_LIST)
            n->kind = NODE_DESIGNATED;
        if (only && only != n->last && is_short_conditional(only)) {
            n->kind = NODE_CONDITIONAL;
            n->op = OP_SHORT_CONDITIONAL;
            forget_typedef(n);
            break;
        }
        if (only && only == n->last && only->type && only->at == n->at && only->end == n->end)
            return only->parent = parent, only;
        sort_children(n);
        break;
    }
    case CXCursor_DeclRefExpr:
        n->kind = NODE_REF;
        build_reference(c, n);
        break;
    case CXCursor_ParenExpr:
        n->kind = NODE_PAREN;
        if (n->first && n->first->is_async_call)
            n->is_async_call = false;
        break;
    case CXCursor_UnaryOperator:
        n->kind = NODE_UNARY;
        build_unary(n);
        break;
    case CXCursor_BinaryOperator:
        n->kind = NODE_BINARY;
        n->op = binary_operator(n);
        if (is_plain_assignment(n))
            n->kind = NODE_ASSIGN;
        else if (n->op == OP_OTHER)
            forget_typedef(n);
        break;
    case CXCursor_CompoundAssignOperator:
        n->kind = NODE_ASSIGN;
        n->compound = true;
        break;
    case CXCursor_ConditionalOperator:
        n->kind = NODE_CONDITIONAL;
        forget_typedef(n);
        break;
    case CXCursor_CallExpr:
        n->kind = NODE_CALL;
        build_call(n);
        break;
    case CXCursor_MemberRefExpr: {
        n->kind = NODE_MEMBER;
        n->name = front_text(clang_getCursorSpelling(c));
        n->arrow = n->first && n->first->type && type_is_pointer(n->first->type);
        break;
    }
    case CXCursor_ArraySubscriptExpr:
        n->kind = NODE_SUBSCRIPT;
        break;
    case CXCursor_CStyleCastExpr:
        n->kind = NODE_CAST;
        break;
    case CXCursor_CompoundLiteralExpr:
        n->kind = NODE_COMPOUND_LITERAL;
        break;
    case CXCursor_InitListExpr:
        n->kind = NODE_INIT_LIST;
        break;
    case CXCursor_StmtExpr:
        n->kind = NODE_STATEMENT_EXPRESSION;
        break;
    case CXCursor_GenericSelectionExpr:
        n->kind = NODE_GENERIC;
        break;
    case CXCursor_UnaryExpr:
        n->kind = NODE_UNEVALUATED;
        break;
    case CXCursor_AddrLabelExpr:
        n->kind = NODE_LABEL_ADDRESS;
        break;
    default:
        break;
    }
    return n;
}

static struct node *build_expression(CXCursor c, enum CXCursorKind kind, struct node *parent)
{
    return close_opaque(build_expression_by_kind(c, kind, parent));
}

// ---- Statements -----------------------------------------------------------------------------

static void build_for(struct node *n)
{
    const char *text = current->source->text;
    unsigned limit = current->source->length;
    struct token word = lex_next(text, n->at, limit);
    struct token open = lex_next(text, word.end, limit);
    unsigned close = lex_group_end(text, open.start, limit), semicolons[2] = {0, 0};
    unsigned depth = 0, found = 0;
    for (struct token t = open; t.kind != TOKEN_END && t.end <= close && found < 2;
         t = lex_next(text, t.end, limit)) {
        char ch = t.end - t.start == 1 ? text[t.start] : 0;
        if (ch == '(' || ch == '[' || ch == '{')
            depth++;
        else if (ch == ')' || ch == ']' || ch == '}')
            depth--;
        else if (ch == ';' && depth == 1)
            semicolons[found++] = t.start;
    }
    if (found < 2) // the header is in a macro: only its body is looked into
        return;
    for (struct node *child = n->first; child; child = child->next) {
        if (child->start < semicolons[0])
            n->part[0] = child;
        else if (child->start < semicolons[1])
            n->part[1] = child;
        else if (child->start < close - 1)
            n->part[2] = child;
        else
            n->part[3] = child;
    }
}

static const char *label_target(CXCursor c)
{
    return front_text(clang_getCursorSpelling(c));
}

static enum CXChildVisitResult on_label_ref(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    const char **name = data;
    if (clang_getCursorKind(c) == CXCursor_LabelRef)
        *name = label_target(c);
    return CXChildVisit_Continue;
}

static void cleanup_attribute(CXCursor c, struct local *l)
{
    CXSourceRange extent = clang_getCursorExtent(c);
    unsigned start = front_offset(clang_getRangeStart(extent), NULL);
    const char *text = current->source->text;
    struct token word = lex_next(text, start, current->source->length);
    if (!token_is(text, word, "cleanup") && !token_is(text, word, "__cleanup__"))
        return;
    struct token open = lex_next(text, word.end, current->source->length);
    struct token name = lex_next(text, open.end, current->source->length);
    int hidden = front_invocation(current->source, name.start);
    if (hidden >= 0)
        l->hidden_attribute = hidden + 1;
    l->cleanup = mem_text(text + name.start, name.end - name.start);
}

struct local *front_local_at(const char *name, size_t length, unsigned offset)
{
    for (size_t i = current->locals.count; i-- > 0;) {
        struct local *l = current->locals.at[i];
        if (!l->is_literal && l->offset < offset && (!l->scope || l->scope->end > offset) &&
            !strncmp(l->name, name, length) && !l->name[length])
            return l;
    }
    return NULL;
}

static bool is_named_in_body(const char *name, unsigned length, unsigned end)
{
    const char *text = current->source->text;
    static const char *const words[] = {"sizeof", "_Alignof", "struct", "union",
                                        "char",   "short",    "int",    "long",
                                        "float",  "unsigned", "double"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && !memcmp(name, words[i], length))
            return false;
    for (struct token t = lex_next(text, current->start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.kind == TOKEN_DIRECTIVE ? t.start + 1 : t.end, end))
        if (t.kind == TOKEN_NAME && t.end - t.start == length &&
            !memcmp(text + t.start, name, length))
            return true;
    return false;
}

static void alignment_attribute(CXCursor c, struct local *l)
{
    CXSourceRange extent = clang_getCursorExtent(c);
    unsigned start = front_offset(clang_getRangeStart(extent), NULL);
    const char *text = current->source->text;
    struct token word = lex_next(text, start, current->source->length);
    struct token open = lex_next(text, word.end, current->source->length);
    bool keyword = token_is(text, word, "_Alignas") || token_is(text, word, "alignas");
    if (!token_is(text, open, "(")) { // `aligned` alone: the largest alignment of the target
        l->align = 16;
        l->alignment = "__attribute__((__aligned__)) ";
        return;
    }
    unsigned end = lex_group_end(text, open.start, current->source->length);
    struct token first = lex_next(text, open.end, end - 1);
    l->align = strtoll(text + open.end, NULL, 0);
    if (first.end == end - 1 && first.kind == TOKEN_NAME)
        l->align = front_macro_number(text + first.start, first.end - first.start);
    const char *attribute = keyword ? "_Alignas" : "__attribute__";
    if (l->align > 0 && first.end == end - 1) { // else an expression
        l->alignment =
            mem_format(keyword ? "%s(%lld) " : "%s((__aligned__(%lld))) ", attribute, l->align);
        return;
    }
    for (struct token t = first; t.kind != TOKEN_END; t = lex_next(text, t.end, end - 1))
        if (t.kind == TOKEN_NAME && is_named_in_body(text + t.start, t.end - t.start, start))
            l->alignment_at = start; // it may be another one at file scope
    l->align = 16;
    l->alignment = mem_format(keyword ? "%s%.*s " : "%s((__aligned__%.*s)) ", attribute,
                              (int)(end - open.start), text + open.start);
}

static void build_bound(CXCursor c, struct node *n)
{
    struct node *bound = node_new(NODE_BOUND, n, c), *value = build(c, bound);
    if (!value)
        return;
    node_append(bound, value);
    struct node **place = &n->first; // the front end shows the inner ones first
    while (*place && (*place)->start < bound->start)
        place = &(*place)->next;
    bound->next = *place;
    *place = bound;
    if (!bound->next)
        n->last = bound;
}

static enum CXChildVisitResult on_variable_part(CXCursor c, CXCursor variable, CXClientData data)
{
    struct local *l = data;
    if (clang_isExpression(clang_getCursorKind(c)) &&
        !clang_equalCursors(c, clang_Cursor_getVarDeclInitializer(variable)))
        build_bound(c, l->declaration);
    if (clang_getCursorKind(c) == CXCursor_UnexposedAttr) {
        unsigned start = front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL);
        l->hidden_attribute = front_invocation(current->source, start) + 1;
        cleanup_attribute(c, l);
    }
    if (clang_getCursorKind(c) == CXCursor_AlignedAttr)
        alignment_attribute(c, l);
    if (clang_getCursorKind(c) == CXCursor_TypeRef)
        mention_type(c);
    return CXChildVisit_Continue;
}

static bool has_annotation(CXCursor c);
static void mark_keyword(CXCursor function);

static struct node *build_variable(CXCursor c, struct node *parent)
{
    struct node *n = node_new(NODE_VARIABLE, parent, c);
    n->local = local_new(c, scope_of(parent));
    n->local->declaration = n;
    clang_visitChildren(c, on_variable_part, n->local);
    if (current->is_async && !n->local->is_static && type_is_group(n->local->type)) {
        n->local->is_group = true;
        n->local->cleanup = "async_group_close";
    }
    add_mention(n->local->offset, name_length(n->local->offset), n->local, NULL, NULL, 0);
    CXCursor initializer = clang_Cursor_getVarDeclInitializer(c);
    if (!clang_Cursor_isNull(initializer)) {
        struct node *value = build(initializer, n);
        if (value) {
            node_append(n, value);
            n->part[0] = value;
            if (value->end > n->end)
                n->end = value->end;
        }
    }
    return n;
}

// ---- Structs and unions declared in the function ----------------------------------------------

static unsigned current_scope_end;        // of the type that is built
static struct local_type *enclosing_type; // while the members of a local record are visited

struct forward { // a local record named before it is defined
    CXCursor canonical;
    unsigned offset;
};
static struct vec(struct forward) forwards; // in this function

static enum CXChildVisitResult on_member(CXCursor c, CXCursor parent, CXClientData data);

static enum CXChildVisitResult on_record_attribute(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    unsigned *end = data;
    if (!clang_isAttribute(clang_getCursorKind(c)))
        return CXChildVisit_Continue;
    int hidden =
        front_invocation(current->source,
                         front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL));
    if (hidden >= 0 && current->source->invocations.at[hidden].end > *end)
        *end = current->source->invocations.at[hidden].end;
    return CXChildVisit_Continue;
}

// Attributes behind the closing brace are the type's.
static unsigned end_of_record(CXCursor c)
{
    unsigned end = front_offset(clang_getRangeEnd(clang_getCursorExtent(c)), NULL);
    clang_visitChildren(c, on_record_attribute, &end);
    const char *text = current->source->text;
    for (;;) {
        struct token t = lex_next(text, end, current->source->length);
        if (!token_is(text, t, "__attribute__") && !token_is(text, t, "__attribute"))
            return end;
        t = lex_next(text, t.end, current->source->length);
        if (!token_is(text, t, "("))
            return end;
        end = lex_group_end(text, t.start, current->source->length);
    }
}

static void mention_record(struct local_type *t, unsigned at)
{
    if (!is_spelled(at, t->name))
        return; // a macro names it
    struct mention m = {.offset = at, .text = t->moved, .when = &t->hoisted};
    m.end = at + name_length(at);
    VEC_PUSH(&current->mentions, m);
}

static void add_local_type(CXCursor c, enum CXCursorKind kind)
{
    CXCursor canonical = clang_getCanonicalCursor(c);
    if (local_type_of(canonical) || !clang_isCursorDefinition(c))
        return;
    struct local_type *t = mem_alloc(sizeof *t);
    t->cursor = mem_alloc(sizeof *t->cursor);
    t->cursor->cursor = canonical;
    t->function = current;
    t->inside = enclosing_type;
    t->keyword = kind == CXCursor_UnionDecl ? "union" : "struct";
    t->enums = "";
    t->start = front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL);
    t->end = end_of_record(c);
    const char *text = current->source->text;
    const char *name = front_text(clang_getCursorSpelling(c));
    // 22 names an unnamed struct after its typedef; what counts is the text.
    unsigned tag = front_offset(clang_getCursorLocation(c), NULL);
    bool named = *name && tag + strlen(name) <= t->end && !strncmp(text + tag, name, strlen(name));
    t->name = named ? name : "";
    t->scope_end = current_scope_end;
    unsigned count = (unsigned)current->local_types.count + 1;
    t->moved = named ? mem_format("asyncc_%s_%s_%u", current->name, name, count)
                     : mem_format("asyncc_%s_%u", current->name, count);
    known_add(canonical)->type = t;
    VEC_PUSH(&current->local_types, t);
    for (size_t i = 0; i < forwards.count; i++)
        if (clang_equalCursors(forwards.at[i].canonical, canonical))
            mention_record(t, forwards.at[i].offset);
    struct local_type *saved = enclosing_type;
    enclosing_type = t;
    clang_visitChildren(c, on_member, NULL);
    enclosing_type = saved;
    if (t->inside)
        return; // goes with the outer one
    bool alone = token_is(text, lex_next(text, t->end, current->source->length), ";");
    struct mention m = {.offset = t->start, .end = t->end, .when = &t->hoisted};
    m.text = alone       ? t->enums
             : *t->enums ? mem_format("__typeof__(*((void)sizeof(struct { %s }), (%s %s *)0))",
                                      t->enums, t->keyword, t->moved)
                         : mem_format("%s %s", t->keyword, t->moved);
    VEC_PUSH(&current->mentions, m);
}

static enum CXChildVisitResult on_enumerator_of_local(CXCursor c, CXCursor parent,
                                                      CXClientData data)
{
    (void)parent;
    struct buffer *b = data;
    if (clang_getCursorKind(c) == CXCursor_EnumConstantDecl)
        put(b, "%s = %lld, ", front_text(clang_getCursorSpelling(c)),
            clang_getEnumConstantDeclValue(c));
    return CXChildVisit_Continue;
}

// Its names are the block's, not the struct's, and stay there.
static void add_enum(CXCursor c)
{
    struct local_type *t = enclosing_type;
    while (t && t->inside)
        t = t->inside;
    unsigned end = front_offset(clang_getRangeEnd(clang_getCursorExtent(c)), NULL);
    if (!t || !clang_isCursorDefinition(c) || end <= t->enums_end)
        return; // the front end shows it a second time as the type of a member
    t->enums_end = end;
    unsigned tag = front_offset(clang_getCursorLocation(c), NULL);
    const char *name = front_text(clang_getCursorSpelling(c));
    struct buffer b = {0};
    put(&b, "%senum %s%s{ ", t->enums, is_spelled(tag, name) ? name : "",
        is_spelled(tag, name) ? " " : "");
    clang_visitChildren(c, on_enumerator_of_local, &b);
    put(&b, "}; ");
    t->enums = b.text;
}

static void mention_type(CXCursor c)
{
    CXCursor target = clang_getCursorReferenced(c);
    enum CXCursorKind kind = clang_getCursorKind(target);
    if (kind != CXCursor_StructDecl && kind != CXCursor_UnionDecl)
        return;
    unsigned at = front_offset(clang_getCursorLocation(c), NULL);
    struct local_type *t = local_type_of(target);
    if (t)
        mention_record(t, at);
    else
        VEC_PUSH(&forwards, ((struct forward){clang_getCanonicalCursor(target), at}));
}

static enum CXChildVisitResult on_member(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    (void)data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind == CXCursor_TypeRef)
        mention_type(c);
    if (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl) {
        add_local_type(c, kind);
        return CXChildVisit_Continue;
    }
    if (kind == CXCursor_EnumDecl)
        add_enum(c);
    return CXChildVisit_Recurse;
}

static enum CXChildVisitResult on_type_part(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    if (clang_isExpression(clang_getCursorKind(c)))
        build_bound(c, data);
    return CXChildVisit_Continue;
}

static struct node *build_type(CXCursor c, struct node *parent)
{
    struct node *n = node_new(NODE_TYPE, parent, c), *scope = scope_of(parent);
    current_scope_end = scope ? scope->end : current->end;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind == CXCursor_TypedefDecl)
        n->type = type_new(clang_getTypedefDeclUnderlyingType(c));
    if (kind == CXCursor_TypedefDecl) {
        front_note_typedef(c);
        clang_visitChildren(c, on_member, NULL);
        clang_visitChildren(c, on_type_part, n);
        if (n->invocation < 0)
            VEC_PUSH(&current->mentions,
                     ((struct mention){.offset = n->end,
                                       .end = n->end,
                                       .when = &current->desugars,
                                       .text = " __attribute__((__unused__))"}));
    }
    if (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl)
        add_local_type(c, kind);
    return n;
}

// `__extension__ long long x;`: the front end leaves the word out.
static unsigned before_extension(unsigned start)
{
    static const char word[] = "__extension__";
    const char *text = current->source->text;
    unsigned length = sizeof word - 1, end = start;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\n'))
        end--;
    if (end < length || memcmp(text + end - length, word, length) ||
        (end > length && is_name_byte(text[end - length - 1])))
        return start;
    return end - length;
}

struct cursor_list vec(CXCursor);

static enum CXChildVisitResult on_attributed(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    struct cursor_list *statements = data;
    if (!clang_isAttribute(clang_getCursorKind(c)))
        VEC_PUSH(statements, c);
    return CXChildVisit_Continue;
}

// `[[likely]] if ...`, or one behind a #pragma that is an attribute to the front end.
static struct node *build_attributed(CXCursor c, struct node *parent)
{
    struct cursor_list statements = {0};
    clang_visitChildren(c, on_attributed, &statements);
    struct node *n = statements.count == 1 ? build(statements.at[0], parent) : NULL;
    unsigned start = front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL);
    if (n && start < n->start && lex_next(current->source->text, start, n->start).end <= n->start &&
        current->source->text[start] != '#')
        n->start = start;
    return n;
}

static struct node *build(CXCursor c, struct node *parent)
{
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (clang_isExpression(kind))
        return build_expression(c, kind, parent);
    if (kind == CXCursor_UnexposedStmt) {
        struct node *attributed = build_attributed(c, parent);
        if (attributed)
            return attributed;
    }
    if (kind == CXCursor_TypeRef)
        mention_type(c);
    if (clang_isAttribute(kind) || kind == CXCursor_TypeRef || kind == CXCursor_LabelRef ||
        kind == CXCursor_MemberRef)
        return NULL;
    if (kind == CXCursor_VarDecl)
        return build_variable(c, parent);
    if (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl || kind == CXCursor_EnumDecl ||
        kind == CXCursor_TypedefDecl)
        return build_type(c, parent);
    if (kind == CXCursor_FunctionDecl) {
        mark_keyword(c);
        return node_new(NODE_PROTOTYPE, parent, c);
    }
    struct node *n = node_new(NODE_OTHER, parent, c);
    if (kind == CXCursor_CompoundStmt)
        n->kind = NODE_BLOCK;
    else if (kind == CXCursor_ForStmt)
        n->kind = NODE_FOR;
    else if (kind == CXCursor_IfStmt)
        n->kind = NODE_IF;
    build_children(c, n);
    switch (kind) {
    case CXCursor_DeclStmt:
        n->kind = NODE_DECLARATIONS;
        n->start = before_extension(n->start);
        break;
    case CXCursor_IfStmt:
        n->part[0] = n->first;
        n->part[1] = child_at(n, 1);
        n->part[2] = child_at(n, 2);
        break;
    case CXCursor_WhileStmt:
        n->kind = is_keyword_at(n->at, "defer") ? NODE_DEFER : NODE_WHILE;
        n->part[0] = n->first;
        n->part[1] = n->last;
        break;
    case CXCursor_DoStmt:
        n->kind = NODE_DO;
        n->part[0] = n->last;
        n->part[1] = n->first;
        break;
    case CXCursor_ForStmt:
        build_for(n);
        break;
    case CXCursor_SwitchStmt:
        n->kind = NODE_SWITCH;
        n->part[0] = n->first;
        n->part[1] = n->last;
        break;
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
        n->kind = NODE_CASE;
        n->is_default = kind == CXCursor_DefaultStmt;
        n->part[0] = n->last;
        break;
    case CXCursor_LabelStmt:
        n->kind = NODE_LABEL;
        n->name = front_text(clang_getCursorSpelling(c));
        n->part[0] = n->last;
        break;
    case CXCursor_GotoStmt:
        n->kind = NODE_GOTO;
        clang_visitChildren(c, on_label_ref, &n->name);
        break;
    case CXCursor_IndirectGotoStmt:
        n->kind = NODE_COMPUTED_GOTO;
        break;
    case CXCursor_BreakStmt:
        n->kind = NODE_BREAK;
        break;
    case CXCursor_ContinueStmt:
        n->kind = NODE_CONTINUE;
        break;
    case CXCursor_ReturnStmt:
        n->kind = NODE_RETURN;
        break;
    case CXCursor_NullStmt:
        n->kind = NODE_EMPTY;
        break;
    case CXCursor_GCCAsmStmt:
    case CXCursor_MSAsmStmt:
        n->kind = NODE_ASM;
        break;
    default:
        break;
    }
    (void)count_children;
    return n;
}

// ---- Declarations at file scope -------------------------------------------------------------

static enum CXChildVisitResult on_annotation(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    bool *found = data;
    if (clang_getCursorKind(c) == CXCursor_AnnotateAttr) {
        const char *text = front_text(clang_getCursorSpelling(c));
        if (!strcmp(text, "asyncc.async"))
            *found = true;
    }
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult on_annotation_place(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    unsigned *offset = data;
    if (clang_getCursorKind(c) != CXCursor_AnnotateAttr)
        return CXChildVisit_Continue;
    *offset = front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL);
    return CXChildVisit_Continue; // the last one: an inherited one comes first
}

static unsigned annotation_offset(CXCursor c)
{
    unsigned offset = 0;
    clang_visitChildren(c, on_annotation_place, &offset);
    return offset;
}

struct keyword *source_keyword(struct source *s, unsigned offset)
{
    size_t low = 0, high = s->keywords.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->keywords.at[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->keywords.count && s->keywords.at[low].offset == offset ? &s->keywords.at[low]
                                                                           : NULL;
}

static void mark_keyword(CXCursor function)
{
    CXFile file;
    front_offset(clang_getCursorLocation(function), &file);
    if (!front_in_main(file))
        return;
    struct source *s = front_unit->main;
    struct keyword *first = source_keyword(s, annotation_offset(function));
    for (struct keyword *k = first; k && k < s->keywords.at + s->keywords.count; k++)
        if (k->offset == first->offset) // a macro may say it more than once
            k->declares = true;
        else
            break;
}

static void refuse_other_keywords(struct source *s)
{
    for (size_t i = 0; i < s->keywords.count; i++)
        if (!s->keywords.at[i].declares)
            error_at((struct place){s, s->keywords.at[i].offset}, "E0115",
                     "'async' belongs to the declaration of a function");
}

static bool has_annotation(CXCursor c)
{
    bool found = false;
    clang_visitChildren(c, on_annotation, &found);
    return found;
}

// Does the declaration use anything async? Most do not, and are left alone.
static enum CXChildVisitResult on_possible_use(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    bool *found = data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind == CXCursor_DeclRefExpr || kind == CXCursor_CallExpr ||
        kind == CXCursor_MemberRefExpr) {
        if (type_is_async_function(clang_getCursorType(c)))
            *found = true;
        if (kind == CXCursor_DeclRefExpr && front_unit->no_convention &&
            is_async_declaration(clang_getCursorReferenced(c)))
            *found = true;
        if (kind == CXCursor_DeclRefExpr &&
            !strncmp(front_text(clang_getCursorSpelling(c)), "async_form_", 11))
            *found = true;
    } else if (kind == CXCursor_UnaryOperator) {
        unsigned at = front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL);
        if (is_keyword_at(at, "await") || text_at_is(at, "async_block_on"))
            *found = true;
    } else if (kind == CXCursor_WhileStmt) {
        if (is_keyword_at(front_offset(clang_getRangeStart(clang_getCursorExtent(c)), NULL),
                          "defer"))
            *found = true;
    } else if (kind == CXCursor_FunctionDecl && is_async_declaration(c)) {
        mark_keyword(c);
    }
    return *found ? CXChildVisit_Break : CXChildVisit_Recurse;
}

// `*f` is f again, a pointer, but a descriptor's `*` would be the struct; and `&*f` is f.
static bool dereferences_async(struct node *n)
{
    return n->kind == NODE_UNARY && n->op == OP_DEREFERENCE && n->first->type &&
           type_is_async_pointer(n->first->type);
}

static void mention_functions(struct node *n)
{
    if (dereferences_async(n) || (n->kind == NODE_UNARY && n->op == OP_ADDRESS && n->first &&
                                  dereferences_async(skip_parens(n->first))))
        add_mention(n->at, 1, NULL, NULL, "", 0);
    if (n->kind == NODE_REF && n->callee) {
        struct node *up = n->parent;
        while (up && up->kind == NODE_PAREN)
            up = up->parent;
        bool address = up && up->kind == NODE_UNARY && up->op == OP_ADDRESS; // &f is f
        add_mention(n->at, name_length(n->at), NULL, n->callee,
                    mem_format("%s%s_future_type", address ? "" : "&", n->callee->name), 0);
    }
    for (struct node *child = n->first; child; child = child->next)
        mention_functions(child);
}

static int by_offset(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void finish_mentions(struct function *fn)
{
    if (!fn->mentions.count)
        return;
    mem_sort(fn->mentions.at, fn->mentions.count, sizeof *fn->mentions.at, by_offset);
    size_t kept = 0; // an argument that a macro uses twice is mentioned twice
    for (size_t i = 0; i < fn->mentions.count; i++) {
        struct mention *m = &fn->mentions.at[i], *last = kept ? &fn->mentions.at[kept - 1] : NULL;
        if (last && last->offset == m->offset && last->end == m->end && last->local == m->local &&
            !m->literal && last->end > last->offset)
            last->access |= m->access;
        else
            fn->mentions.at[kept++] = fn->mentions.at[i];
    }
    fn->mentions.count = kept;
}

static void set_extent(struct function *fn, CXCursor c)
{
    CXFile file;
    CXSourceRange extent = clang_getCursorExtent(c);
    fn->start = front_offset(clang_getRangeStart(extent), &file);
    fn->end = front_offset(clang_getRangeEnd(extent), NULL);
    fn->source = front_source(file);
    fn->in_header = !front_in_main(file);
    fn->name_offset = front_offset(clang_getCursorLocation(c), NULL);
    // Attributes and the macro `async` may stand before what libclang calls the start.
    fn->is_static = clang_Cursor_getStorageClass(c) == CX_SC_Static;
    fn->is_inline = clang_Cursor_isFunctionInlined(c);
}

// ---- Conditionals ---------------------------------------------------------------------------

// In an async body only what this translation saw remains: left in, another compiler might choose
// the other branch, which is not translated.
static void drop_conditionals(struct source *s, unsigned start, unsigned end)
{
    if (!s->raw && memchr(s->text + start, '#', end - start))
        s->raw = mem_text(s->text, s->length);
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, end))
        if (t.kind == TOKEN_DIRECTIVE && s->is_main)
            note_conditional(front_unit, s->text, t);
    size_t low = 0, high = s->skipped.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->skipped.at[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->skipped.count && s->skipped.at[low].start < end; low++) {
        unsigned from = s->skipped.at[low].start, to = s->skipped.at[low].end;
        // both ends stand in the line of a directive
        while (from > start && s->text[from - 1] != '\n')
            from--;
        unsigned last = to;
        while (last > from && s->text[last - 1] != '\n')
            last--;
        struct token directive = lex_next(s->text, last, end);
        lex_blank(s->text, from, directive.kind == TOKEN_DIRECTIVE ? directive.end : to);
    }
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, end))
        if (t.kind == TOKEN_DIRECTIVE && lex_is_conditional(s->text, t))
            lex_blank(s->text, t.start, t.end);
}

// By the front end's count: the parameters of a function type that is returned are not ours.
static void add_parameters(struct function *fn, CXCursor c)
{
    for (int i = 0; i < clang_Cursor_getNumArguments(c); i++) {
        struct local *l = local_new(clang_Cursor_getArgument(c, (unsigned)i), NULL);
        l->is_parameter = true;
        if (!*l->name)
            l->name = l->spelling = l->field = mem_format("asyncc_p%d", i + 1);
        // arrays and functions become pointers
        CXType declared = clang_getCanonicalType(l->type->type);
        CXType passed = clang_getArgType(clang_getCanonicalType(fn->type->type), (unsigned)i);
        if (passed.kind != CXType_Invalid && declared.kind != passed.kind) {
            l->type = type_new(passed);
            classify_local(l);
        }
        fn->parameter_count++;
    }
}

static const char *print_declaration(CXCursor c)
{
    CXPrintingPolicy policy = clang_getCursorPrintingPolicy(c);
    clang_PrintingPolicy_setProperty(policy, CXPrintingPolicy_TerseOutput, 1);
    const char *text = front_text(clang_getCursorPrettyPrinted(c, policy));
    clang_PrintingPolicy_dispose(policy);
    return text;
}

static void collect_attributes(struct function *fn, CXCursor c)
{
    unsigned own = annotation_offset(c); // `async` is attributes, too
    size_t kept = 0;
    for (size_t i = 0; i < fn->attributes.count; i++)
        if (fn->attributes.at[i] != own)
            fn->attributes.at[kept++] = fn->attributes.at[i];
    fn->attributes.count = kept;
    CXCursor first = clang_getCanonicalCursor(c); // what is inherited is printed there only
    if (kept)
        fn->declaration_text = mem_format("%s %s", print_declaration(first), print_declaration(c));
}

static enum CXChildVisitResult on_function_part(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    struct function *fn = data;
    if (clang_isAttribute(clang_getCursorKind(c)))
        VEC_PUSH(&fn->attributes, front_offset(clang_getCursorLocation(c), NULL));
    if (clang_getCursorKind(c) == CXCursor_CompoundStmt) {
        CXSourceRange extent = clang_getCursorExtent(c);
        if (fn->is_async)
            drop_conditionals(fn->source, front_offset(clang_getRangeStart(extent), NULL),
                              front_offset(clang_getRangeEnd(extent), NULL));
        fn->body = build(c, NULL);
    }
    return CXChildVisit_Continue;
}

// The poll function's name is another.
static void mention_own_name(struct function *fn)
{
    const char *text = fn->source->text;
    unsigned end = fn->body->end;
    for (struct token t = lex_next(text, fn->body->start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (t.kind != TOKEN_NAME || text[t.start] != '_')
            continue;
        unsigned close = t.end;
        if (token_is(text, t, "__builtin_FUNCTION"))
            close = lex_group_end(text, lex_next(text, t.end, end).start, end);
        else if (!token_is(text, t, "__func__") && !token_is(text, t, "__FUNCTION__") &&
                 !token_is(text, t, "__PRETTY_FUNCTION__"))
            continue;
        fn->names_itself = true;
        add_mention(t.start, close - t.start, NULL, NULL, "asyncc_func", 0);
    }
}

// Where one local hides another, the inner one gets a name of its own: a suspension inside must
// store both.
static void name_locals(struct function *fn)
{
    struct stack {
        struct vec(struct local *) locals;
    };
    struct table by_name = {0};
    for (size_t i = 0; i < fn->locals.count; i++) {
        struct local *l = fn->locals.at[i];
        struct stack *same = *table_at(&by_name, l->name);
        if (!same)
            *table_at(&by_name, l->name) = same = mem_alloc(sizeof *same);
        while (same->locals.count) {
            struct local *outer = same->locals.at[same->locals.count - 1];
            if (!outer->scope || outer->scope->end > l->offset)
                break;
            same->locals.count--;
        }
        if (l->is_literal)
            continue;
        if (same->locals.count && !l->is_static)
            l->spelling = mem_format("%s_asyncc%zu", l->name, same->locals.count + 1);
        VEC_PUSH(&same->locals, l);
    }
}

// Behind its definition `struct NAME` means this one, or one in an inner block.
static struct local_type *local_type_named(struct table *by_name, const char *text,
                                           struct token name)
{
    struct local_type *found = NULL;
    const char *tag = mem_text(text + name.start, name.end - name.start);
    for (struct local_type *t = *table_at(by_name, tag); t; t = t->same_name)
        if (t->start < name.start && name.start < t->scope_end &&
            (!found || found->start < t->start))
            found = t;
    return found;
}

// Wherever the text names them, also where the front end shows no reference: in parameters of
// pointers, in _Generic, in alignments.
static void mention_local_types(struct function *fn)
{
    const char *text = fn->source->text;
    unsigned end = fn->body->end;
    struct table by_name = {0};
    for (size_t i = 0; i < fn->local_types.count; i++) {
        struct local_type *t = fn->local_types.at[i];
        void **same = table_at(&by_name, t->name);
        t->same_name = *same;
        *same = t;
    }
    struct token before = {TOKEN_END, 0, 0};
    for (struct token t = lex_next(text, fn->body->start, end); t.kind != TOKEN_END;
         before = t, t = lex_next(text, t.end, end)) {
        if (t.kind != TOKEN_NAME ||
            (!token_is(text, before, "struct") && !token_is(text, before, "union")))
            continue;
        struct local_type *type = local_type_named(&by_name, text, t);
        if (type)
            mention_record(type, t.start);
    }
}

static void build_function(struct function *fn, CXCursor c)
{
    current = fn;
    front_offset(clang_getCursorLocation(c), &current_file);
    forwards.count = 0;
    set_extent(fn, c);
    add_parameters(fn, c);
    clang_visitChildren(c, on_function_part, fn);
    if (fn->local_types.count && fn->body)
        mention_local_types(fn);
    collect_attributes(fn, c);
    if (fn->body) {
        classify_all(fn->body);
        mention_functions(fn->body);
        if (fn->is_async) {
            mention_own_name(fn);
            front_mention_hidden(fn);
        }
        name_locals(fn);
    }
    finish_mentions(fn);
}

static void on_async_function(CXCursor c)
{
    struct function *fn = function_of(c);
    mark_keyword(c);
    if (!strncmp(fn->name, "async_form_", 11))
        return;
    CXCursor first = clang_getCanonicalCursor(c);
    // inherited
    if (!clang_equalCursors(first, c) && annotation_offset(c) == annotation_offset(first)) {
        CXFile file;
        unsigned at = front_offset(clang_getCursorLocation(c), &file);
        error_at((struct place){front_source(file), at}, "E0108",
                 "'%s' is declared async elsewhere, but not here", fn->name);
    }
    if (!clang_isCursorDefinition(c))
        return;
    fn->type = type_new(clang_getCursorType(c));
    fn->result = type_result(fn->type);
    fn->is_variadic = is_variadic(fn->type->type);
    build_function(fn, c);
    fn->is_main = !strcmp(fn->name, "main");
}

// A plain function or a variable that names async functions or uses a form.
static void on_plain_declaration(CXCursor c, enum CXCursorKind kind)
{
    CXFile file;
    CXSourceRange extent = clang_getCursorExtent(c);
    front_offset(clang_getRangeStart(extent), &file);
    if (!file || clang_Location_isInSystemHeader(clang_getRangeStart(extent)))
        return;
    struct function *fn = mem_alloc(sizeof *fn);
    fn->source = front_source(file);
    fn->unit = front_unit;
    current = fn;
    current_file = file;
    forwards.count = 0;
    bool found = false;
    clang_visitChildren(c, on_possible_use, &found);
    if (!found)
        return;
    set_extent(fn, c);
    fn->type = type_new(clang_getCursorType(c));
    if (kind == CXCursor_FunctionDecl) {
        add_parameters(fn, c);
        clang_visitChildren(c, on_function_part, fn);
    } else {
        fn->body = node_new(NODE_OTHER, NULL, c);
        CXCursor initializer = clang_Cursor_getVarDeclInitializer(c);
        if (!clang_Cursor_isNull(initializer)) {
            struct node *value = build(initializer, fn->body);
            if (value)
                node_append(fn->body, value);
        }
    }
    if (fn->body) {
        classify_all(fn->body);
        mention_functions(fn->body);
    }
    finish_mentions(fn);
    VEC_PUSH(&front_unit->functions, fn);
}

struct by_hand {
    const char *name;
    struct type *type;
    unsigned end;
};
static struct vec(struct by_hand) futures_by_hand;

struct hand_function { // NAME_future_init, _poll, _drop
    const char *name;
    size_t length; // of NAME
    unsigned end;
};
static struct vec(struct hand_function) hand_functions;

static unsigned end_in_main(CXCursor c)
{
    CXFile file;
    unsigned end = front_offset(clang_getRangeEnd(clang_getCursorExtent(c)), &file);
    return front_in_main(file) ? end : front_included_at(file);
}

static void note_taken_name(CXCursor c);

static enum CXChildVisitResult on_enumerator(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    (void)data;
    note_taken_name(c);
    return CXChildVisit_Continue;
}

static bool is_named(CXCursor c, const char *wanted)
{
    CXString name = clang_getCursorSpelling(c);
    bool same = clang_getCString(name) && !strcmp(clang_getCString(name), wanted);
    clang_disposeString(name);
    return same;
}

// The front end gives main the platform's calling convention whatever it says, and for some targets
// (RISC-V, MIPS, AVR) it knows no other.
static bool is_async_declaration(CXCursor c)
{
    if (clang_getCursorKind(c) != CXCursor_FunctionDecl)
        return false;
    if (type_is_async_function(clang_getCursorType(c)))
        return true;
    if (front_unit->no_convention)
        return has_annotation(c);
    return is_named(c, "main") && has_annotation(c);
}

// One that functions of ours would have, if the program has no such name.
static bool is_our_parameter(const char *name)
{
    return !strcmp(name, "self") || !strcmp(name, "cx");
}

// Names that a generated one may collide with.
static void note_taken_name(CXCursor c)
{
    CXString spelling = clang_getCursorSpelling(c);
    const char *name = clang_getCString(spelling);
    CXFile file;
    unsigned at = front_offset(clang_getCursorLocation(c), &file);
    const char *part = name ? strstr(name, "_future_") : NULL;
    if (part && clang_getCursorKind(c) == CXCursor_FunctionDecl)
        VEC_PUSH(&hand_functions, ((struct hand_function){mem_text(name, strlen(name)),
                                                          (size_t)(part - name), end_in_main(c)}));
    if (name && clang_getCursorKind(c) == CXCursor_TypedefDecl &&
        !clang_Location_isInSystemHeader(clang_getCursorLocation(c)))
        *table_at(&front_unit->typedef_names, mem_text(name, strlen(name))) = front_unit;
    bool in_main = front_in_main(file);
    if (name && !in_main)
        take_stems(front_unit, name, (unsigned)strlen(name));
    if (name && ((in_main && strstr(name, "_future")) || is_our_parameter(name))) {
        struct place *place = mem_alloc(sizeof *place);
        *place = (struct place){front_unit->main, at};
        *table_at(&front_unit->taken_names, mem_text(name, strlen(name))) = place;
    }
    clang_disposeString(spelling);
}

static enum CXChildVisitResult on_top(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    (void)data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind == CXCursor_FunctionDecl && !type_is_async_function(clang_getCursorType(c)) &&
        is_named(c, "async_form_join"))
        front_unit->no_convention = true; // async.h declares it before anything else is async
    if (kind == CXCursor_FunctionDecl && is_async_declaration(c)) {
        on_async_function(c);
        return CXChildVisit_Continue;
    }
    if (kind == CXCursor_TypedefDecl)
        front_note_typedef(c);
    if (kind == CXCursor_EnumDecl)
        clang_visitChildren(c, on_enumerator, NULL);
    if (kind == CXCursor_EnumDecl || kind == CXCursor_FunctionDecl || kind == CXCursor_VarDecl ||
        kind == CXCursor_TypedefDecl ||
        (kind == CXCursor_StructDecl && clang_isCursorDefinition(c)) || kind == CXCursor_UnionDecl)
        note_taken_name(c);
    if (kind == CXCursor_FunctionDecl ? clang_isCursorDefinition(c) : kind == CXCursor_VarDecl)
        on_plain_declaration(c, kind);
    else if (kind == CXCursor_StructDecl && clang_isCursorDefinition(c)) {
        CXString spelling = clang_getCursorSpelling(c);
        const char *name = clang_getCString(spelling);
        size_t length = name ? strlen(name) : 0;
        if (length > 7 && !strcmp(name + length - 7, "_future"))
            VEC_PUSH(&futures_by_hand,
                     ((struct by_hand){mem_text(name, length - 7), type_new(clang_getCursorType(c)),
                                       end_in_main(c)}));
        clang_disposeString(spelling);
    }
    return CXChildVisit_Continue;
}

void front_build(struct unit *unit)
{
    memset(known, 0, sizeof known);
    unit->conditionals.count = 0;
    unit->no_convention = false;
    futures_by_hand.count = hand_functions.count = 0;
    front_forget_types();
    front_collect(unit);
    clang_visitChildren(clang_getTranslationUnitCursor(front_tu), on_top, NULL);
    for (size_t i = 0; i < futures_by_hand.count; i++) {
        struct function *fn = function_named(futures_by_hand.at[i].name);
        if (fn) {
            fn->has_future = true;
            fn->future_type = futures_by_hand.at[i].type;
            fn->future_at = futures_by_hand.at[i].end;
        }
    }
    struct table declared = {0};
    for (size_t i = 0; i < hand_functions.count; i++) { // the first declaration of each counts
        struct hand_function *h = &hand_functions.at[i];
        if (*table_at(&declared, h->name))
            continue;
        *table_at(&declared, h->name) = h;
        struct function *fn = function_named(mem_text(h->name, h->length));
        if (fn && fn->has_future && h->end > fn->future_at)
            fn->future_at = h->end;
    }
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        fn->declared_only = fn->is_async && !fn->body && !fn->has_future;
    }
    refuse_other_keywords(unit->main);
}
