// front_records.c - structs and unions declared in a function, written for file scope.
//   in:    a local_type whose future needs it
//   out:   its definition under its new name, behind those of the local ones it holds
//
// The text of the declaration means something else at file scope: macros, enumerators, tags and
// variables it names may be others there. So the members are written from what clang knows of
// them. Attributes and pragmas that changed the layout are not to be seen, but the layout is: where
// it is not the one the members have by themselves, attributes are added that give just this one.
// Of the attributes that mean more than layout, may_alias is kept; the others are refused.
#include "front_clang.h"

#include <string.h>

enum {
    BYTE = 8,            // bits
    MAX_ALIGN = 1 << 15, // bytes
    MODES = 3,           // of a layout: as it comes, members aligned more, packed
    MODE_ALIGNED = 1,
    MODE_PACKED = 2
};

struct member {
    CXCursor cursor;
    CXType type;
    long long offset, size, align; // in bits; as laid out by clang, but align as it is written
    int width;                     // of a bit-field; else -1
    long long added;               // alignment of its own, in bytes; 0: none
    long long padding;             // bits in front of one that can have no alignment of its own
};

struct record {
    bool is_union;
    long long size, align, added; // in bytes
    bool packed, may_alias;
    struct vec(struct member) members;
};

static enum CXVisitorResult on_field(CXCursor c, CXClientData data)
{
    struct record *r = data;
    struct member m = {.cursor = c, .type = clang_getCursorType(c)};
    m.offset = clang_Cursor_getOffsetOfField(c);
    m.size = clang_Type_getSizeOf(m.type) * BYTE;
    if (m.size < 0)
        m.size = 0; // a flexible array
    m.align = type_written_align(&(struct type){m.type}) * BYTE;
    m.width = clang_Cursor_isBitField(c) ? clang_getFieldDeclBitWidth(c) : -1;
    VEC_PUSH(&r->members, m);
    return CXVisit_Continue;
}

static long long round_up(long long value, long long to)
{
    return to > 0 ? (value + to - 1) / to * to : value;
}

// An anonymous struct or union, whose members are the outer one's.
static bool is_anonymous(struct member *m)
{
    CXCursor declaration = clang_getTypeDeclaration(clang_getCanonicalType(m->type));
    return m->width < 0 && clang_Cursor_isAnonymousRecordDecl(declaration);
}

// Is `m` where it must be, placed behind `position`? Returns where it ends, or -1.
static long long place(struct member *m, long long position, int mode, long long *align)
{
    long long own = mode == MODE_PACKED ? BYTE : m->align;
    bool named = *front_text(clang_getCursorSpelling(m->cursor)) != '\0';
    m->added = m->padding = 0;
    if (m->width == 0)
        return round_up(position, m->align);
    if (m->width > 0) {
        if (mode != MODE_PACKED && position % own + m->width > m->size)
            position = round_up(position, own);
        if (named && own > *align)
            *align = own;
        return position == m->offset ? position + m->width : -1;
    }
    if (mode != 0 && is_anonymous(m) && round_up(position, own) < m->offset) {
        m->padding = m->offset - position;
        position = m->offset; // unnamed bit-fields, which no initialiser counts
    }
    position = round_up(position, BYTE);
    if (round_up(position, own) != m->offset) {
        while (own < MAX_ALIGN * BYTE && round_up(position, own) != m->offset)
            own *= 2;
        if (mode == 0 || round_up(position, own) != m->offset)
            return -1;
        m->added = own / BYTE;
    }
    if (own > *align)
        *align = own;
    return m->offset + m->size;
}

static bool fits(struct record *r, int mode)
{
    long long end = 0, align = BYTE;
    for (size_t i = 0; i < r->members.count; i++) {
        long long after = place(&r->members.at[i], r->is_union ? 0 : end, mode, &align);
        if (after < 0)
            return false;
        end = after > end || !r->is_union ? after : end;
    }
    if (r->align * BYTE < align)
        return false;
    r->packed = mode == MODE_PACKED;
    r->added = r->align * BYTE > align ? r->align : 0;
    return (mode != 0 || !r->added) && round_up(end, r->align * BYTE) == r->size * BYTE;
}

static const char *attributes_of(const struct record *r)
{
    long long align = r->packed && r->align > 1 ? r->align : r->added;
    struct buffer list = {0};
    if (r->packed)
        put(&list, ", __packed__");
    if (align)
        put(&list, ", __aligned__(%lld)", align);
    if (r->may_alias)
        put(&list, ", __may_alias__");
    return list.length ? mem_format(" __attribute__((%s))", list.text + 2) : "";
}

static void put_members(struct buffer *b, struct local_type *t, CXType record, int indent);

static void define_records_in(CXType t)
{
    t = clang_getCanonicalType(t);
    while (t.kind == CXType_ConstantArray || t.kind == CXType_IncompleteArray)
        t = clang_getCanonicalType(clang_getArrayElementType(t));
    struct local_type *inner =
        t.kind == CXType_Record ? local_type_of(clang_getTypeDeclaration(t)) : NULL;
    if (inner)
        type_define(inner);
}

static void put_member(struct buffer *b, struct local_type *t, struct member *m, bool packed,
                       int indent)
{
    const char *name = front_text(clang_getCursorSpelling(m->cursor));
    for (long long left = m->padding; left > 0; left -= BYTE)
        put(b, "%*sunsigned%s : %lld;\n", indent, "", packed ? "" : " char",
            left < BYTE ? left : BYTE);
    put(b, "%*s", indent, "");
    if (is_anonymous(m)) {
        put_members(b, t, clang_getCanonicalType(m->type), indent);
    } else {
        define_records_in(m->type);
        put(b, "%s", front_declare(m->type, name));
    }
    if (m->width >= 0)
        put(b, " : %d", m->width);
    if (m->added)
        put(b, " __attribute__((__aligned__(%lld)))", m->added);
    put(b, ";\n");
}

// From the keyword to the attributes behind the closing brace.
static void put_members(struct buffer *b, struct local_type *t, CXType record, int indent)
{
    CXCursor declaration = clang_getTypeDeclaration(record);
    struct record r = {.size = clang_Type_getSizeOf(record),
                       .align = clang_Type_getAlignOf(record)};
    r.is_union = clang_getCursorKind(declaration) == CXCursor_UnionDecl;
    r.may_alias = front_has_attribute(declaration, "may_alias");
    if (front_has_attribute(declaration, "transparent_union"))
        error_at((struct place){t->function->source, t->start}, "E0210",
                 "a transparent union cannot be written at file scope");
    clang_Type_visitFields(record, on_field, &r);
    int mode = 0;
    while (mode < MODES && !fits(&r, mode))
        mode++;
    if (mode == MODES)
        error_at((struct place){t->function->source, t->start}, "E0210",
                 "the layout of this %s cannot be written at file scope", t->keyword);
    put(b, "%s%s%s {\n", r.is_union ? "union" : "struct", indent ? "" : " ",
        indent ? "" : t->moved);
    for (size_t i = 0; i < r.members.count; i++)
        put_member(b, t, &r.members.at[i], r.packed, indent + 4);
    put(b, "%*s}%s", indent, "", attributes_of(&r));
}

// An attribute clang does not know, so that the layout does not tell.
static void refuse_storage_order(struct local_type *t)
{
    const char *text = t->function->source->text;
    for (struct token at = lex_next(text, t->start, t->end); at.kind != TOKEN_END;
         at = lex_next(text, at.end, t->end))
        if (token_is(text, at, "scalar_storage_order") ||
            token_is(text, at, "__scalar_storage_order__"))
            error_at((struct place){t->function->source, at.start}, "E0210",
                     "the storage order of this %s cannot be written at file scope", t->keyword);
}

void type_define(struct local_type *t)
{
    if (t->defined)
        return;
    refuse_storage_order(t);
    t->defined = true;
    for (struct local_type *outer = t; outer; outer = outer->inside)
        outer->hoisted = true;
    struct buffer b = {0};
    put_members(&b, t, clang_getCursorType(t->cursor->cursor), 0);
    put(&b, ";\n");
    t->definition = b.text;
    VEC_PUSH(&t->function->defined_types, t);
}
