// front_types.c - types as C text, and what the passes ask of them.
#include "front_clang.h"

#include <string.h>

struct place type_subject;

struct type *type_new(CXType type)
{
    struct type *t = mem_alloc(sizeof *t);
    t->type = type;
    return t;
}

static CXType canonical(struct type *type)
{
    return clang_getCanonicalType(type->type);
}

static bool is_array_kind(enum CXTypeKind kind)
{
    return kind == CXType_ConstantArray || kind == CXType_IncompleteArray ||
           kind == CXType_VariableArray || kind == CXType_DependentSizedArray;
}

static bool is_function_kind(enum CXTypeKind kind)
{
    return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

bool type_is_async_function(CXType type)
{
    type = clang_getCanonicalType(type);
    while (type.kind == CXType_Pointer)
        type = clang_getCanonicalType(clang_getPointeeType(type));
    if (!is_function_kind(type.kind))
        return false;
    enum CXCallingConv convention = clang_getFunctionTypeCallingConv(type);
    return convention == CXCallingConv_PreserveMost || convention == CXCallingConv_Swift;
}

// ---- Declarators ----------------------------------------------------------------------------

static const char *qualified(CXType t, const char *inner, bool keep_const)
{
    return mem_format("%s%s%s%s", keep_const && clang_isConstQualifiedType(t) ? "const " : "",
                      clang_isVolatileQualifiedType(t) ? "volatile " : "",
                      clang_isRestrictQualifiedType(t) ? "restrict " : "", inner);
}

static const char *leaf(const char *spelling, CXType t, const char *inner, bool keep_const)
{
    return qualified(t, mem_format(*inner ? "%s %s" : "%s%s", spelling, inner), keep_const);
}

static const char *unqualified_spelling(CXType t)
{
    const char *spelling = front_text(clang_getTypeSpelling(t));
    static const char *const qualifiers[] = {"const ", "volatile ", "restrict "};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < 3; i++)
            if (!strncmp(spelling, qualifiers[i], strlen(qualifiers[i]))) {
                spelling += strlen(qualifiers[i]);
                again = true;
            }
    }
    return spelling;
}

static bool is_local(CXCursor declaration)
{
    for (CXCursor c = clang_getCursorSemanticParent(declaration); !clang_Cursor_isNull(c);
         c = clang_getCursorSemanticParent(c)) {
        enum CXCursorKind kind = clang_getCursorKind(c);
        if (kind == CXCursor_FunctionDecl)
            return true;
        if (clang_isTranslationUnit(kind) || clang_isInvalid(kind))
            return false;
    }
    return false;
}

static const char *declare(CXType t, const char *inner, bool keep_const);

CXType front_written_as(CXType t)
{
    CXCursor declaration = clang_getTypeDeclaration(t);
    if (t.kind == CXType_Elaborated)
        return clang_Type_getNamedType(t);
    if (t.kind == CXType_Typedef)
        return is_local(declaration) ? clang_getTypedefDeclUnderlyingType(declaration) : t;
    if (is_array_kind(t.kind))
        return clang_getArrayElementType(t);
    return t.kind == CXType_Unexposed || t.kind == CXType_Auto ? clang_getCanonicalType(t) : t;
}

// Does what `t` is written as begin with an array's bounds or a function's parameters?
static bool has_suffix(CXType t)
{
    for (CXType next; !is_array_kind(t.kind) && !is_function_kind(t.kind); t = next) {
        next = front_written_as(t);
        if (next.kind == t.kind && clang_equalTypes(next, t))
            return false;
    }
    return true;
}

static const char *declare_parameter(CXType function, unsigned i, const char *name)
{
    CXType argument = clang_getArgType(function, i);
    if (is_array_kind(argument.kind))
        argument = clang_getCanonicalType(argument);
    if (!is_array_kind(argument.kind))
        return declare(argument, name, true);
    CXType element = clang_getArrayElementType(argument);
    const char *text = declare(element, mem_format("*%s", name), true);
    // a canonical array has the qualifiers of its elements
    if (clang_isConstQualifiedType(argument) && !clang_isConstQualifiedType(element))
        text = mem_format("const %s", text);
    if (clang_isVolatileQualifiedType(argument) && !clang_isVolatileQualifiedType(element))
        text = mem_format("volatile %s", text);
    return text;
}

static const char *parameter_list(CXType function, const char *first)
{
    struct buffer b = {0};
    int count = clang_getNumArgTypes(function);
    put(&b, "%s", first);
    for (int i = 0; i < count; i++) {
        put(&b, "%s%s", b.length ? ", " : "", declare_parameter(function, (unsigned)i, ""));
    }
    if (function.kind == CXType_FunctionProto && clang_isFunctionTypeVariadic(function))
        put(&b, ", ...");
    return b.length ? b.text : "void";
}

bool front_has_attribute(CXCursor declaration, const char *word)
{
    const char *text = front_text(clang_getCursorPrettyPrinted(declaration, NULL));
    return strstr(text, mem_format("((%s)", word)) || strstr(text, mem_format("((__%s__)", word)) ||
           strstr(text, mem_format("::%s]", word)) || strstr(text, mem_format("::__%s__]", word));
}

// typeof and __auto_type give a type without the typedef it came by, and so without the attributes
// that are the typedef's alone.
static struct vec(CXCursor) marked_typedefs;

void front_note_typedef(CXCursor c)
{
    if (!clang_Cursor_hasAttrs(c))
        return;
    CXType t = clang_getCursorType(c);
    long long align = clang_Type_getAlignOf(t);
    if (front_has_attribute(c, "may_alias") ||
        (align > 0 && align < clang_Type_getAlignOf(clang_getCanonicalType(t))))
        VEC_PUSH(&marked_typedefs, c);
}

static CXType pointed_to(CXType t)
{
    for (t = clang_getCanonicalType(t); t.kind == CXType_Pointer || is_array_kind(t.kind);)
        t = clang_getCanonicalType(t.kind == CXType_Pointer ? clang_getPointeeType(t)
                                                            : clang_getArrayElementType(t));
    return t;
}

static void refuse_lost_attributes(CXType t)
{
    static struct table refused;
    if (clang_getCanonicalType(t).kind != CXType_Pointer)
        return; // an object of its own
    for (size_t i = 0; i < marked_typedefs.count; i++) {
        CXCursor c = marked_typedefs.at[i];
        CXType named = pointed_to(clang_getCursorType(c)), found = pointed_to(t);
        if (strcmp(unqualified_spelling(named), unqualified_spelling(found)))
            continue;
        CXFile file;
        unsigned offset = front_offset(clang_getCursorLocation(c), &file);
        void **known = table_at(&refused, front_text(clang_getCursorUSR(c)));
        if (file && !*known)
            error_at((struct place){front_source(file), offset}, "E0210",
                     "the attribute of '%s' may be lost where typeof or __auto_type gives the type",
                     front_text(clang_getCursorSpelling(c)));
        *known = front_unit;
    }
}

// One the output cannot write at file scope.
static void refuse_type(CXType t, const char *what)
{
    static struct table refused; // one message for a type is enough
    CXFile file;
    unsigned offset = front_offset(clang_getCursorLocation(clang_getTypeDeclaration(t)), &file);
    struct place at = file ? (struct place){front_source(file), offset} : type_subject;
    if (!at.source)
        at.source = front_unit->main;
    void **known = table_at(&refused, mem_format("%s:%u", at.source->path, offset));
    if (!*known)
        error_at(at, "E0210", "%s", what);
    *known = front_unit;
}

struct path_search { // to an object of a type that has no name
    CXCursor type;
    CXCursor found; // the variable or member
    const char *deref;
};

static enum CXChildVisitResult on_path_candidate(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    struct path_search *s = data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind != CXCursor_FieldDecl && kind != CXCursor_VarDecl && kind != CXCursor_TypedefDecl)
        return CXChildVisit_Continue;
    CXType t = clang_getCanonicalType(clang_getCursorType(c));
    const char *deref = "";
    while (is_array_kind(t.kind) || t.kind == CXType_Pointer) {
        deref = mem_format("%s[0]", deref);
        t = clang_getCanonicalType(t.kind == CXType_Pointer ? clang_getPointeeType(t)
                                                            : clang_getArrayElementType(t));
    }
    if (!clang_equalCursors(clang_getTypeDeclaration(t), s->type))
        return CXChildVisit_Continue;
    s->found = c;
    s->deref = deref;
    return CXChildVisit_Break;
}

// What stands at file scope and is of a record or an enumeration, an array of such, or a pointer to
// one; by the hash of that type.
struct named_by {
    unsigned hash, order;
    CXCursor cursor;
};
static struct {
    bool known;
    struct vec(struct named_by) at;
} file_scope;

static int by_hash(const void *left, const void *right)
{
    const struct named_by *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static enum CXChildVisitResult on_file_scope(CXCursor c, CXCursor parent, CXClientData data)
{
    (void)parent;
    (void)data;
    enum CXCursorKind kind = clang_getCursorKind(c);
    if (kind != CXCursor_VarDecl && kind != CXCursor_TypedefDecl)
        return CXChildVisit_Continue;
    CXCursor type = clang_getTypeDeclaration(pointed_to(clang_getCursorType(c)));
    if (clang_isDeclaration(clang_getCursorKind(type)))
        VEC_PUSH(&file_scope.at,
                 ((struct named_by){clang_hashCursor(type), (unsigned)file_scope.at.count, c}));
    return CXChildVisit_Continue;
}

void front_forget_types(void)
{
    marked_typedefs.count = 0;
    file_scope.known = false;
    file_scope.at.count = 0;
}

static void search_file_scope(CXCursor unit, struct path_search *s)
{
    if (!file_scope.known) {
        file_scope.known = true;
        clang_visitChildren(unit, on_file_scope, NULL);
        if (file_scope.at.count)
            mem_sort(file_scope.at.at, file_scope.at.count, sizeof *file_scope.at.at, by_hash);
    }
    unsigned hash = clang_hashCursor(s->type);
    size_t low = 0, high = file_scope.at.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file_scope.at.at[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < file_scope.at.count && file_scope.at.at[low].hash == hash; low++)
        if (on_path_candidate(file_scope.at.at[low].cursor, unit, s) == CXChildVisit_Break)
            return;
}

// `struct { int x; } v[2];`: `__typeof__(v[0])`, or of the member it is the type of.
static const char *unnamed_spelling(CXType t)
{
    struct path_search s = {.type = clang_getTypeDeclaration(t), .found = clang_getNullCursor()};
    CXCursor parent = clang_getCursorSemanticParent(s.type);
    if (clang_getCursorKind(parent) == CXCursor_TranslationUnit)
        search_file_scope(parent, &s);
    else
        clang_visitChildren(parent, on_path_candidate, &s);
    if (clang_Cursor_isNull(s.found)) {
        refuse_type(t, "a type without a name is needed at file scope");
        return unqualified_spelling(t);
    }
    const char *name = front_text(clang_getCursorSpelling(s.found));
    if (clang_getCursorKind(s.found) == CXCursor_VarDecl)
        return mem_format("__typeof__(%s%s)", name, s.deref);
    const char *outer = clang_getCursorKind(s.found) == CXCursor_TypedefDecl
                            ? name
                            : declare(clang_getCursorType(parent), "", false);
    return clang_getCursorKind(s.found) == CXCursor_TypedefDecl
               ? mem_format("__typeof__((*(%s *)0)%s)", outer, s.deref)
               : mem_format("__typeof__(((%s *)0)->%s%s)", outer, name, s.deref);
}

// By the name or type that `t` stands for, with the qualifiers of `t`.
static const char *declare_under(CXType t, CXType under, const char *inner, bool keep_const)
{
    bool adds_const = keep_const && clang_isConstQualifiedType(t);
    const char *added =
        mem_format("%s%s%s", adds_const && !clang_isConstQualifiedType(under) ? "const " : "",
                   clang_isVolatileQualifiedType(t) && !clang_isVolatileQualifiedType(under)
                       ? "volatile "
                       : "",
                   clang_isRestrictQualifiedType(t) && !clang_isRestrictQualifiedType(under)
                       ? "restrict "
                       : "");
    if (clang_getCanonicalType(under).kind == CXType_Pointer)
        return declare(under, mem_format("%s%s", added, inner), keep_const);
    return mem_format("%s%s", added, declare(under, inner, keep_const));
}

// The declarators before one of the same declaration: a typedef's name may be theirs.
static struct node *hiding_from, *hiding_to;

static bool is_hidden(const char *name)
{
    for (struct node *n = hiding_from; n != hiding_to; n = n->next)
        if (n->local && !strcmp(n->local->spelling, name))
            return true;
    return false;
}

static const char *declare(CXType t, const char *inner, bool keep_const)
{
    if (t.kind == CXType_Pointer) {
        CXType pointee = clang_getPointeeType(t);
        if (type_is_async_function(pointee) &&
            clang_getCanonicalType(pointee).kind != CXType_Pointer)
            return leaf("async_fn_pointer", t, inner, keep_const);
        CXType target = clang_getCanonicalType(pointee);
        if (target.kind == CXType_Record && is_local(clang_getTypeDeclaration(target)) &&
            !local_type_of(clang_getTypeDeclaration(target)))
            // never completed
            return leaf("void", pointee, mem_format("*%s", qualified(t, inner, keep_const)), true);
        const char *star = mem_format("*%s", qualified(t, inner, keep_const));
        if (has_suffix(pointee))
            star = mem_format("(%s)", star);
        return declare(pointee, star, true);
    }
    if (t.kind == CXType_ConstantArray)
        return declare(clang_getArrayElementType(t),
                       mem_format("%s[%lld]", inner, clang_getArraySize(t)), keep_const);
    if (t.kind == CXType_IncompleteArray)
        return declare(clang_getArrayElementType(t), mem_format("%s[]", inner), keep_const);
    if (is_function_kind(t.kind) && !type_is_async_function(t) &&
        clang_getFunctionTypeCallingConv(t) > CXCallingConv_C)
        refuse_type(t, "a function type of another calling convention is needed at file scope");
    if (t.kind == CXType_FunctionProto)
        return declare(clang_getResultType(t), mem_format("%s(%s)", inner, parameter_list(t, "")),
                       true);
    if (t.kind == CXType_FunctionNoProto)
        return declare(clang_getResultType(t), mem_format("%s()", inner), true);
    if (t.kind == CXType_Atomic)
        return leaf(mem_format("_Atomic(%s)", declare(clang_Type_getValueType(t), "", true)), t,
                    inner, keep_const);
    CXType c = clang_getCanonicalType(t);
    CXCursor declaration = clang_getTypeDeclaration(t);
    enum CXCursorKind declared = clang_getCursorKind(declaration);
    if (t.kind == CXType_Elaborated) {
        return declare_under(t, clang_Type_getNamedType(t), inner, keep_const);
    }
    if (declared == CXCursor_TypedefDecl && t.kind == CXType_Typedef) {
        bool hides_const = !keep_const && (clang_isConstQualifiedType(c) || is_array_kind(c.kind));
        const char *name = front_text(clang_getCursorSpelling(declaration));
        if (!is_local(declaration) && !hides_const && !is_hidden(name))
            return leaf(name, t, inner, keep_const);
        if (is_hidden(name) && clang_Cursor_isAnonymous(clang_getTypeDeclaration(c)))
            refuse_type(t, "a type needed behind a declarator called like its only name");
        if (c.kind == CXType_ExtVector)
            refuse_type(t, "a vector type that only has this name is needed at file scope");
        if (front_has_attribute(declaration, "may_alias"))
            refuse_type(t, "a type that may alias others only by this name is needed at file "
                           "scope");
        return declare_under(t, clang_getTypedefDeclUnderlyingType(declaration), inner, keep_const);
    }
    if (t.kind == CXType_Record || t.kind == CXType_Enum) {
        if (is_local(declaration)) {
            if (t.kind == CXType_Enum)
                return declare(clang_getEnumDeclIntegerType(declaration), inner, keep_const);
            struct local_type *local = local_type_of(declaration);
            if (local) {
                for (struct local_type *l = local; l; l = l->inside)
                    l->hoisted = true;
                return leaf(mem_format("%s %s", local->keyword, local->moved), t, inner,
                            keep_const);
            }
        }
        const char *spelling = unqualified_spelling(t);
        if (strstr(spelling, "(unnamed") || strstr(spelling, "(anonymous"))
            spelling = unnamed_spelling(t);
        return leaf(spelling, t, inner, keep_const);
    }
    if (c.kind != t.kind || (t.kind == CXType_Unexposed && !clang_equalTypes(c, t))) {
        if (!clang_equalTypes(c, t) || c.kind != t.kind) {
            if (t.kind == CXType_Unexposed || t.kind == CXType_Auto)
                refuse_lost_attributes(t);
            return declare(c, inner, keep_const);
        }
    }
    return leaf(t.kind == CXType_Bool ? "_Bool" : unqualified_spelling(t), t, inner, keep_const);
}

const char *front_declare(CXType t, const char *name)
{
    return declare(t, name, true);
}

const char *type_declare(struct type *type, const char *name)
{
    return declare(type->type, name, false);
}

const char *type_declare_behind(struct type *type, const char *name, struct node *first,
                                struct node *declarator)
{
    hiding_from = first, hiding_to = declarator;
    const char *text = type_declare(type, name);
    hiding_from = hiding_to = NULL;
    return text;
}

const char *type_specifiers(struct type *type)
{
    CXType t = type->type;
    for (;;) {
        CXType inner = is_array_kind(t.kind)        ? clang_getArrayElementType(t)
                       : t.kind == CXType_Pointer   ? clang_getPointeeType(t)
                       : is_function_kind(t.kind)   ? clang_getResultType(t)
                       : t.kind == CXType_Unexposed ? clang_getCanonicalType(t) // parentheses
                                                    : t;
        if (inner.kind == CXType_Invalid || clang_equalTypes(inner, t))
            return declare(t, "", true);
        t = inner;
    }
}

const char *type_pointer_to(struct type *type)
{
    CXType c = canonical(type);
    if (!is_array_kind(c.kind))
        return declare(type->type, "*", true);
    CXType element = clang_getArrayElementType(c);
    bool nested = is_array_kind(clang_getCanonicalType(element).kind);
    return declare(element, nested ? "(*)" : "*", true);
}

const char *type_parameters(struct function *fn, const char *prefix)
{
    struct buffer b = {0};
    put(&b, "%s", prefix);
    for (unsigned i = 0; i < fn->parameter_count; i++) {
        struct local *p = fn->locals.at[i];
        put(&b, "%s%s", b.length ? ", " : "", declare(p->type->type, p->name, false));
    }
    return b.length ? b.text : "void";
}

const char *type_parameter_types(struct type *function, const char *first)
{
    return parameter_list(canonical(function), first);
}

const char *type_parameter_declare(struct type *function, unsigned index, const char *name)
{
    return declare_parameter(canonical(function), index, name);
}

unsigned type_parameter_count(struct type *function)
{
    int count = clang_getNumArgTypes(canonical(function));
    return count < 0 ? 0 : (unsigned)count;
}

// ---- Questions ------------------------------------------------------------------------------

struct type *type_result(struct type *function)
{
    CXType result = clang_getResultType(function->type);
    if (result.kind == CXType_Invalid)
        result = clang_getResultType(canonical(function));
    return clang_getCanonicalType(result).kind == CXType_Void ? NULL : type_new(result);
}

struct type *type_function_of(struct type *callee)
{
    CXType t = callee->type;
    for (;;) {
        CXType c = clang_getCanonicalType(t);
        if (c.kind != CXType_Pointer)
            return type_new(is_function_kind(t.kind) ? t : c);
        t = clang_getPointeeType(c);
    }
}

bool type_is_void(struct type *type)
{
    return !type || canonical(type).kind == CXType_Void;
}

bool type_is_scalar(struct type *type)
{
    CXType c = canonical(type);
    switch (c.kind) {
    case CXType_Pointer:
    case CXType_Enum:
    case CXType_BlockPointer:
        return true;
    case CXType_Unexposed: { // _BitInt, nullptr_t
        const char *spelling = unqualified_spelling(c);
        return strstr(spelling, "_BitInt") != NULL || !strcmp(spelling, "nullptr_t");
    }
    default:
        return c.kind >= CXType_FirstBuiltin && c.kind <= CXType_LastBuiltin &&
               c.kind != CXType_Void;
    }
}

bool type_is_record(struct type *type)
{
    return canonical(type).kind == CXType_Record;
}

static enum CXVisitorResult on_field(CXCursor c, CXClientData data)
{
    bool *found = data;
    struct type member = {clang_getCursorType(c)};
    CXType t = canonical(&member);
    for (; is_array_kind(t.kind); t = clang_getCanonicalType(clang_getArrayElementType(t)))
        *found |= clang_isConstQualifiedType(t); // as its elements
    member.type = t;
    *found |= clang_isConstQualifiedType(t) ||
              (t.kind == CXType_Record && type_has_const_member(&member));
    return *found ? CXVisit_Break : CXVisit_Continue;
}

bool type_has_const_member(struct type *type)
{
    bool found = false;
    if (type_is_record(type))
        clang_Type_visitFields(canonical(type), on_field, &found);
    return found;
}

bool type_is_array(struct type *type)
{
    return is_array_kind(canonical(type).kind);
}

bool type_is_variably_modified(struct type *type)
{
    for (CXType t = canonical(type);;) {
        if (t.kind == CXType_VariableArray)
            return true;
        if (t.kind == CXType_Pointer)
            t = clang_getCanonicalType(clang_getPointeeType(t));
        else if (is_array_kind(t.kind))
            t = clang_getCanonicalType(clang_getArrayElementType(t));
        else if (is_function_kind(t.kind))
            t = clang_getCanonicalType(clang_getResultType(t));
        else
            return false;
    }
}

bool type_points_to(struct type *type, const char *tag)
{
    CXType t = canonical(type);
    if (t.kind != CXType_Pointer)
        return false;
    CXType to = clang_getCanonicalType(clang_getPointeeType(t));
    return to.kind == CXType_Record &&
           !strcmp(front_text(clang_getCursorSpelling(clang_getTypeDeclaration(to))), tag);
}

bool type_is_group(struct type *type)
{
    CXType t = canonical(type);
    return t.kind == CXType_Record &&
           !strcmp(front_text(clang_getCursorSpelling(clang_getTypeDeclaration(t))), "async_group");
}

static enum CXVisitorResult on_group_field(CXCursor c, CXClientData data)
{
    struct type member = {clang_getCursorType(c)};
    bool *found = data;
    *found = type_holds_group(&member);
    return *found ? CXVisit_Break : CXVisit_Continue;
}

bool type_holds_group(struct type *type)
{
    struct type element = {canonical(type)};
    while (is_array_kind(element.type.kind))
        element.type = clang_getCanonicalType(clang_getArrayElementType(element.type));
    bool found = type_is_group(&element);
    if (!found && type_is_record(&element))
        clang_Type_visitFields(element.type, on_group_field, &found);
    return found;
}

bool type_can_be_negative(struct type *type)
{
    enum CXTypeKind kind = type_is_void(type) ? CXType_Void : canonical(type).kind;
    return kind == CXType_Int || kind == CXType_Long || kind == CXType_LongLong;
}

bool type_is_pointer(struct type *type)
{
    return canonical(type).kind == CXType_Pointer;
}

bool type_is_function_pointer(struct type *type)
{
    CXType c = canonical(type);
    return c.kind == CXType_Pointer &&
           is_function_kind(clang_getCanonicalType(clang_getPointeeType(c)).kind);
}

bool type_is_async_pointer(struct type *type)
{
    return type_is_function_pointer(type) && type_is_async_function(type->type);
}

bool type_has_prototype(struct type *function)
{
    return canonical(function).kind == CXType_FunctionProto;
}

bool type_is_variadic(struct type *function)
{
    CXType c = canonical(function);
    return c.kind == CXType_FunctionProto && clang_isFunctionTypeVariadic(c);
}

bool type_is_storable(struct type *type)
{
    CXType c = canonical(type);
    return c.kind != CXType_Void && !is_function_kind(c.kind) && clang_Type_getSizeOf(c) >= 0 &&
           !type_is_variably_modified(type);
}

bool type_same(struct type *a, struct type *b)
{
    return clang_equalTypes(canonical(a), canonical(b));
}

long long type_size(struct type *type)
{
    return clang_Type_getSizeOf(type->type);
}

long long type_align(struct type *type)
{
    return clang_Type_getAlignOf(type->type);
}

long long type_written_align(struct type *type)
{
    CXType t = type->type;
    for (;;) {
        CXType next = front_written_as(t);
        if (clang_equalTypes(next, t) && next.kind == t.kind)
            return clang_Type_getAlignOf(t);
        t = next;
    }
}

static unsigned declaration_end(CXCursor declaration)
{
    CXFile file;
    CXCursor definition = clang_getCursorDefinition(declaration);
    if (clang_Cursor_isNull(definition))
        definition = declaration;
    unsigned end = front_offset(clang_getRangeEnd(clang_getCursorExtent(definition)), &file);
    if (!file || is_local(declaration))
        return 0;
    return front_in_main(file) ? end : front_included_at(file);
}

unsigned type_needs(struct type *type)
{
    CXType t = type->type;
    unsigned needs = 0;
    for (int depth = 0; depth < 64; depth++) {
        CXCursor declaration = clang_getTypeDeclaration(t);
        if (!clang_isInvalid(clang_getCursorKind(declaration))) {
            unsigned end = declaration_end(declaration);
            needs = end > needs ? end : needs;
        }
        if (t.kind == CXType_Elaborated) {
            t = clang_Type_getNamedType(t);
        } else if (t.kind == CXType_Typedef) {
            if (!is_local(declaration))
                return needs;
            t = clang_getTypedefDeclUnderlyingType(declaration);
        } else if (is_array_kind(t.kind)) {
            t = clang_getArrayElementType(t);
        } else if (t.kind == CXType_Pointer) {
            t = clang_getPointeeType(t);
        } else if (is_function_kind(t.kind)) {
            for (int i = 0; i < clang_getNumArgTypes(t); i++) {
                unsigned end = type_needs(type_new(clang_getArgType(t, (unsigned)i)));
                needs = end > needs ? end : needs;
            }
            t = clang_getResultType(t);
        } else if (t.kind == CXType_Atomic) {
            t = clang_Type_getValueType(t);
        } else if (t.kind == CXType_Vector || t.kind == CXType_ExtVector ||
                   t.kind == CXType_Complex) {
            t = clang_getElementType(t);
        } else if (t.kind == CXType_Unexposed || t.kind == CXType_Auto) {
            CXType c = clang_getCanonicalType(t);
            if (c.kind == t.kind)
                return needs;
            t = c;
        } else {
            return needs;
        }
    }
    return needs;
}
