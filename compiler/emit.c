// emit.c - C text of an async function's body: what stays of the source, and what each await
// became.
//   in:    fn->lowered, operand->slot, await->state
//   out:   the body of the poll function
//   needs: layout of every function
#include "emit.h"

#include "front.h"

#include <string.h>
#include <strings.h>

// ---- Lines ----------------------------------------------------------------------------------

void write_text(struct output *o, const char *text, size_t length)
{
    put_text(o->b, text, length);
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\n') {
            o->physical++;
            o->line++;
        }
}

void say(struct output *o, const char *format, ...)
{
    char small[1024];
    size_t length;
    va_list list;
    va_start(list, format);
    const char *text = mem_format_in(small, sizeof small, &length, format, list);
    va_end(list);
    write_text(o, text, length);
}

bool at_line_start(struct output *o)
{
    return !o->b->length || o->b->text[o->b->length - 1] == '\n';
}

static void line_directive(struct output *o, const char *file, unsigned line)
{
    put(o->b, "#line %u \"", line);
    put_escaped(o->b, file);
    put(o->b, "\"\n");
    o->physical++;
    o->file = file;
    o->line = line;
}

// The line about to be written stands for this place of the source.
void sync(struct output *o, unsigned offset)
{
    if (!o->lines || !at_line_start(o))
        return;
    const char *file;
    unsigned line = presumed_line(o->source, offset, &file);
    if (o->line != line || !o->file || strcmp(o->file, file))
        line_directive(o, file, line);
}

// The lines that follow exist in the output only.
void sync_output(struct output *o)
{
    if (!o->lines)
        return;
    if (!at_line_start(o))
        write_text(o, "\n", 1);
    if (o->file != o->output_path || o->line != o->physical)
        line_directive(o, o->output_path, o->physical + 1);
}

void newline(struct output *o, unsigned indent, unsigned offset)
{
    write_text(o, "\n", 1);
    sync(o, offset);
    say(o, "%*s", (int)indent, "");
}

// ---- Source text ----------------------------------------------------------------------------

const char *local_text(struct local *l)
{
    if (l->in_frame)
        return mem_format("%s->%s", l->function->self, l->field);
    return l->spelling;
}

static void write_source(struct output *o, unsigned start, unsigned end)
{
    const char *text = o->source->text;
    while (start < end) {
        const char *stop = memchr(text + start, '\n', end - start);
        unsigned to = stop ? (unsigned)(stop - text) + 1 : end;
        write_text(o, text + start, to - start);
        start = to;
        if (stop && start < end && o->line && o->lines && !(to >= 2 && text[to - 2] == '\\')) {
            const char *file;
            unsigned line = presumed_line(o->source, start, &file);
            if (line != o->line)
                sync(o, start);
        }
    }
}

// `&(T){..}` becomes `((T *)memcpy(&self->literal, &(T){..}, sizeof self->literal))`.
static const char *literal_text(struct mention *m)
{
    struct local *l = m->local;
    if (!l->in_frame)
        return NULL;
    if (m->literal == LITERAL_END)
        return mem_format("}, sizeof %s))", local_text(l));
    bool address = m->literal == LITERAL_ADDRESS;
    const char *type =
        address && type_is_array(l->type) ? type_declare(l->type, "(*)") : type_pointer_to(l->type);
    return mem_format("((%s)memcpy((void *)%s%s, (const void *)%s", type, address ? "&" : "",
                      local_text(l), address ? "&" : "");
}

void copy_source(struct output *o, unsigned start, unsigned end)
{
    struct function *fn = o->fn;
    unsigned at = start;
    if (fn)
        for (size_t i = first_mention(fn, start);
             i < fn->mentions.count && fn->mentions.at[i].offset < end; i++) {
            struct mention *m = &fn->mentions.at[i];
            const char *text = m->text;
            if (m->when && !*m->when)
                continue;
            if (m->literal)
                text = literal_text(m);
            else if (m->local && m->end == m->offset)
                text = NULL; // named in a macro's body
            else if (m->local)
                text = m->local->in_frame || m->local->spelling != m->local->name
                           ? local_text(m->local)
                           : NULL;
            if (!text || m->offset < at)
                continue;
            write_source(o, at, m->offset);
            say(o, "%s", text);
            at = m->end;
        }
    write_source(o, at, end);
}

static void write_rope(struct output *o, const struct rope *r)
{
    for (size_t i = 0; i < r->pieces.count; i++) {
        const struct piece *p = &r->pieces.at[i];
        switch (p->kind) {
        case PIECE_SOURCE:
            copy_source(o, p->start, p->end);
            break;
        case PIECE_TEXT:
            say(o, "%s", p->text);
            break;
        case PIECE_LOCAL:
            say(o, "%s", local_text(p->local));
            break;
        case PIECE_ROPE:
            write_rope(o, p->rope);
            break;
        case PIECE_RESULT:
            say(o, "%s->%s.result", o->fn->self, p->await->operands.at[0].slot);
            break;
        }
    }
}

void store_text(struct output *o, struct type *type, const char *target, const char *value)
{
    if (type_has_const_member(type))
        say(o, "memcpy(&%s, &%s, sizeof %s);", target, value, target);
    else
        say(o, "%s = %s;", target, value);
}

static void store_rope(struct output *o, struct type *type, const char *target,
                       const struct rope *value)
{
    bool block = type_has_const_member(type);
    if (block)
        say(o, "{ %s = ", type_declare(type, "asyncc_stored"));
    else
        say(o, "%s = ", target);
    write_rope(o, value);
    say(o, ";");
    if (block)
        say(o, " memcpy(&%s, &asyncc_stored, sizeof asyncc_stored); }", target);
}

static unsigned column_of(struct output *o, unsigned offset)
{
    unsigned line = source_line(o->source, offset);
    unsigned start = o->source->lines.at[line - 1], column = 0;
    for (unsigned i = start;
         i < offset && (o->source->text[i] == ' ' || o->source->text[i] == '\t'); i++)
        column += o->source->text[i] == '\t' ? 8 - column % 8 : 1;
    return column;
}

// ---- Awaits ---------------------------------------------------------------------------------

const char *state_done(struct function *fn)
{
    return mem_format("%s_state_done", fn->stem);
}

static const char *slot(struct output *o, struct operand *operand)
{
    return mem_format("%s->%s", o->fn->self, operand->slot);
}

// A pointer to the operand's future.
static const char *future_of(struct output *o, struct operand *operand)
{
    return operand->storage == STORAGE_EMBEDDED ? mem_format("&%s", slot(o, operand))
                                                : slot(o, operand);
}

static const char *type_of(struct output *o, struct operand *operand)
{
    return operand->callee ? mem_format("%s_future_type.", operand->callee->name)
                           : mem_format("%s_type->", slot(o, operand));
}

static bool by_descriptor(struct operand *operand)
{
    return operand->storage == STORAGE_OPAQUE;
}

static const char *poll_call(struct output *o, struct operand *operand)
{
    if (by_descriptor(operand))
        return mem_format("%spoll(%s, %s)", type_of(o, operand), slot(o, operand), o->fn->cx);
    return mem_format("%s_future_poll(%s, %s)", operand->callee->name, future_of(o, operand),
                      o->fn->cx);
}

static const char *result_of(struct output *o, struct operand *operand)
{
    if (operand->storage == STORAGE_EMBEDDED)
        return mem_format("%s.result", slot(o, operand));
    if (operand->storage == STORAGE_FRAME)
        return mem_format("%s->result", slot(o, operand));
    return mem_format("*(%s)((char *)%s + %sresult_at)", type_declare(operand->result, "*"),
                      slot(o, operand), type_of(o, operand));
}

static void emit_drop(struct output *o, struct operand *operand, unsigned indent, unsigned at)
{
    newline(o, indent, at);
    if (operand->storage == STORAGE_EMBEDDED) {
        say(o, "%s_future_drop(%s);", operand->callee->name, future_of(o, operand));
        return;
    }
    say(o, "if (%s) {", slot(o, operand));
    newline(o, indent + 4, at);
    if (by_descriptor(operand))
        say(o, "%sdrop(%s);", type_of(o, operand), slot(o, operand));
    else
        say(o, "%s_future_drop(%s);", operand->callee->name, slot(o, operand));
    newline(o, indent + 4, at);
    say(o, "async_frame_free(%s);", slot(o, operand));
    newline(o, indent, at);
    say(o, "}");
}

static void emit_init(struct output *o, struct operand *operand, unsigned indent, unsigned at)
{
    const char *self = o->fn->self;
    unsigned inner = indent;
    if (operand->storage != STORAGE_EMBEDDED) {
        if (!operand->callee) {
            newline(o, indent, at);
            say(o, "%s_type = ", slot(o, operand));
            write_rope(o, &operand->pointer);
            say(o, ";");
        }
        newline(o, indent, at);
        const char *size = by_descriptor(operand) ? mem_format("%ssize", type_of(o, operand))
                                                  : mem_format("sizeof *%s", slot(o, operand));
        const char *align =
            by_descriptor(operand) ? mem_format(", %salign", type_of(o, operand)) : "";
        if (!by_descriptor(operand) && operand->callee->layout->align > ASYNC_BLOCK_ALIGN)
            align = mem_format(", _Alignof(struct %s_future)", operand->callee->name);
        say(o, "%s = async_frame_alloc%s(%s, %s%s, %s, &%s_frame);", slot(o, operand),
            *align ? "_aligned" : "", o->fn->cx, size, align, self, o->fn->stem);
        newline(o, indent, at);
        say(o, "if (%s) {", slot(o, operand));
        inner += 4;
    }
    newline(o, inner, at);
    if (!operand->callee) {
        const char *parameters = type_parameter_types(operand->function_type, "void *");
        say(o, "((void (*)(%s))%s_type->init)(%s", parameters, slot(o, operand), slot(o, operand));
    } else {
        say(o, "%s_future_init(%s", operand->callee->name, future_of(o, operand));
    }
    if (operand->arguments.pieces.count) {
        say(o, ", ");
        write_rope(o, &operand->arguments);
    }
    say(o, ");");
    if (operand->storage != STORAGE_EMBEDDED) {
        newline(o, indent, at);
        say(o, "}");
    }
    if (operand->deep) {
        newline(o, indent, at);
        say(o, "%s_frame.frame = NULL;", slot(o, operand));
    }
}

static void emit_saves(struct output *o, struct await *aw, bool store, unsigned indent, unsigned at)
{
    for (size_t i = 0; i < aw->saves.count; i++) {
        struct local *l = aw->saves.at[i];
        if (store && l->is_parameter && !l->written)
            continue; // its field still holds it
        newline(o, indent, at);
        if (store)
            say(o, "%s->%s = %s;", o->fn->self, l->field, l->spelling);
        else
            say(o, "%s = %s->%s;", l->spelling, o->fn->self, l->field);
    }
}

static void emit_done(struct output *o, unsigned indent, unsigned at)
{
    newline(o, indent, at);
    say(o, "%s->state = %s;", o->fn->self, state_done(o->fn));
}

void emit_finish(struct output *o, unsigned indent, unsigned at)
{
    emit_done(o, indent, at);
    newline(o, indent, at);
    say(o, "return ASYNC_READY;");
}

static void emit_cancelled(struct output *o, struct await *aw, unsigned indent, unsigned at)
{
    if (!o->fn->has_defer)
        return;
    newline(o, indent, at);
    say(o, "if (!%s) { /* dropped */", o->fn->cx);
    for (size_t i = 0; i < aw->operands.count; i++) {
        unsigned inner = indent + 4;
        bool join = aw->is_form && aw->form == FORM_JOIN;
        if (join) {
            newline(o, inner, at);
            say(o, "if (%s->%s & (%s)1 << %zu) {", o->fn->self, aw->left, "uint64_t", i);
            inner += 4;
        }
        emit_drop(o, &aw->operands.at[i], inner, at);
        if (join) {
            newline(o, inner - 4, at);
            say(o, "}");
        }
    }
    if (aw->is_form && aw->form == FORM_TIMEOUT) {
        newline(o, indent + 4, at);
        say(o, "async_sleep_ms_future_drop(&%s->%s);", o->fn->self, aw->timer);
    }
    if (aw->pending) {
        newline(o, indent + 4, at);
        say(o, "asyncc_leave = 2;");
        newline(o, indent + 4, at);
        say(o, "goto asyncc_leave_%u;", aw->pending->index);
    } else {
        emit_finish(o, indent + 4, at);
    }
    newline(o, indent, at);
    say(o, "}");
}

static void emit_resume(struct output *o, struct await *aw, struct operand *single, unsigned indent,
                        unsigned at)
{
    newline(o, indent, at);
    say(o, "if (0) {");
    newline(o, indent, at);
    say(o, "asyncc_resume_%u:;", aw->index);
    emit_saves(o, aw, false, indent + 4, at);
    emit_cancelled(o, aw, indent + 4, at);
    if (aw->discarded)
        single = NULL;
    if (single && single->storage == STORAGE_OPAQUE) {
        newline(o, indent + 4, at);
        say(o, "if (async_frame_done(%s))", slot(o, single));
    } else if (single && single->generated) {
        newline(o, indent + 4, at);
        say(o, "if (%s%sstate == %s)", slot(o, single),
            single->storage == STORAGE_EMBEDDED ? "." : "->", state_done(single->callee));
    }
    if (single && (single->generated || single->storage == STORAGE_OPAQUE)) {
        newline(o, indent + 8, at);
        say(o, "goto asyncc_ready_%u;", aw->index);
    }
    newline(o, indent, at);
    say(o, "}");
}

static void emit_suspend(struct output *o, struct await *aw, unsigned indent, unsigned at,
                         bool record)
{
    emit_saves(o, aw, true, indent, at);
    newline(o, indent, at);
    say(o, "%s->state = %s;", o->fn->self, aw->state);
    if (record) {
        newline(o, indent, at);
        say(o, "%s->suspended.frame = %s;", o->fn->cx, o->fn->self);
        newline(o, indent, at);
        say(o, "%s->suspended.type = &%s_frame;", o->fn->cx, o->fn->stem);
    }
    newline(o, indent, at);
    say(o, "return ASYNC_PENDING;");
}

// Does the child know its parent, so that it may be resumed alone? A link byte has numbers for so
// many parents only.
static bool is_linked(struct operand *operand)
{
    return operand->generated && (operand->storage != STORAGE_EMBEDDED || operand->link);
}

static void emit_single_await(struct output *o, struct await *aw, unsigned indent, unsigned at)
{
    struct operand *operand = &aw->operands.at[0];
    say(o, "{");
    unsigned in = indent + 4;
    emit_init(o, operand, in, at);
    emit_resume(o, aw, operand, in, at);
    newline(o, in, at);
    // A child that the walk of async_resume found ready is not polled again. A label after the test
    // costs less than a test on the way in, but nothing may follow it: then a label would stand
    // before a case or a brace.
    bool once = operand->generated || operand->storage == STORAGE_OPAQUE;
    const char *pending = mem_format("%s == ASYNC_PENDING", poll_call(o, operand));
    if (aw->discarded && operand->storage == STORAGE_OPAQUE)
        pending = mem_format("(!async_frame_done(%s) && %s)", slot(o, operand), pending);
    else if (aw->discarded && operand->generated)
        pending = mem_format("%s%sstate != %s && %s", slot(o, operand),
                             operand->storage == STORAGE_EMBEDDED ? "." : "->",
                             state_done(operand->callee), pending);
    if (operand->storage == STORAGE_FRAME && aw->discarded)
        pending = mem_format("(%s)", pending);
    if (operand->storage == STORAGE_EMBEDDED)
        say(o, "if (%s) {", pending);
    else
        say(o, "if (!%s || %s) {", slot(o, operand), pending);
    if (operand->storage == STORAGE_EMBEDDED && operand->generated && operand->link &&
        operand->callee->link_byte) {
        newline(o, in + 4, at);
        say(o, "%s.link = %u;", slot(o, operand), operand->link);
    }
    if (by_descriptor(operand)) {
        newline(o, in + 4, at);
        say(o, "if (!%sframe) {", type_of(o, operand));
        newline(o, in + 8, at);
        say(o, "%s->suspended.frame = %s;", o->fn->cx, o->fn->self);
        newline(o, in + 8, at);
        say(o, "%s->suspended.type = &%s_frame;", o->fn->cx, o->fn->stem);
        newline(o, in + 4, at);
        say(o, "}");
    }
    emit_suspend(o, aw, in + 4, at, !is_linked(operand) && !by_descriptor(operand));
    newline(o, in, at);
    say(o, "}");
    if (once && !aw->discarded) {
        newline(o, in > 4 ? in - 4 : 0, at);
        say(o, "asyncc_ready_%u:;", aw->index);
    }
    if (aw->result && !aw->discarded) {
        newline(o, in, at);
        store_text(o, aw->result->type, local_text(aw->result), result_of(o, operand));
    }
    if (operand->storage != STORAGE_EMBEDDED) {
        newline(o, in, at);
        say(o, "async_frame_free(%s);", slot(o, operand));
    }
    newline(o, indent, at);
    say(o, "}");
}

// ---- Many at once ---------------------------------------------------------------------------

static const char *operand_poll(struct output *o, struct operand *operand)
{
    const char *poll = poll_call(o, operand);
    if (operand->deep) {
        const char *frame = mem_format("%s_frame", slot(o, operand));
        const char *recorded =
            by_descriptor(operand) ? mem_format("%sframe != NULL", type_of(o, operand)) : "true";
        const char *type = by_descriptor(operand) ? mem_format("%sframe", type_of(o, operand))
                                                  : mem_format("&%s_frame", operand->callee->stem);
        poll = mem_format("(%s.frame ? async_resume_operand(&%s, %s, %s, %s) : "
                          "async_operand_polled(&%s, %s, %s, %s))",
                          frame, frame, o->fn->cx, future_of(o, operand), type, frame, o->fn->cx,
                          recorded, poll);
    }
    if (operand->storage != STORAGE_EMBEDDED)
        poll = mem_format("(%s ? %s : ASYNC_PENDING)", slot(o, operand), poll);
    return poll;
}

static void emit_operand_result(struct output *o, struct operand *operand, unsigned indent,
                                unsigned at)
{
    if (operand->target.pieces.count && operand->result) {
        newline(o, indent, at);
        write_rope(o, &operand->target);
        say(o, " = %s;", result_of(o, operand));
    }
    if (operand->storage != STORAGE_EMBEDDED) {
        newline(o, indent, at);
        say(o, "async_frame_free(%s);", slot(o, operand));
    }
}

static void emit_join(struct output *o, struct await *aw, unsigned indent, unsigned at)
{
    const char *left = mem_format("%s->%s", o->fn->self, aw->left);
    size_t n = aw->operands.count;
    const char *type = n <= 8    ? "uint8_t"
                       : n <= 16 ? "uint16_t"
                       : n <= 32 ? "uint32_t"
                                 : "uint64_t";
    newline(o, indent, at);
    say(o, "%s = (%s)%lluu;", left, type, n >= 64 ? ~0ull : (1ull << n) - 1);
    emit_resume(o, aw, NULL, indent, at);
    for (size_t i = 0; i < n; i++) {
        newline(o, indent, at);
        say(o, "if (%s & (%s)1 << %zu && %s == ASYNC_READY) {", left,
            n <= 32 ? "uint32_t" : "uint64_t", i, operand_poll(o, &aw->operands.at[i]));
        emit_operand_result(o, &aw->operands.at[i], indent + 4, at);
        newline(o, indent + 4, at);
        say(o, "%s = (%s)(%s & ~((%s)1 << %zu));", left, type, left,
            n <= 32 ? "uint32_t" : "uint64_t", i);
        newline(o, indent, at);
        say(o, "}");
    }
    newline(o, indent, at);
    say(o, "if (%s) {", left);
    emit_suspend(o, aw, indent + 4, at, true);
    newline(o, indent, at);
    say(o, "}");
}

static void emit_select(struct output *o, struct await *aw, unsigned indent, unsigned at)
{
    bool timeout = aw->form == FORM_TIMEOUT;
    const char *result = local_text(aw->result);
    emit_resume(o, aw, NULL, indent, at);
    newline(o, indent, at);
    for (size_t i = 0; i < aw->operands.count; i++) {
        say(o, "%sif (%s == ASYNC_READY) {", i ? "} else " : "",
            operand_poll(o, &aw->operands.at[i]));
        emit_operand_result(o, &aw->operands.at[i], indent + 4, at);
        newline(o, indent + 4, at);
        say(o, "%s = %zu;", result, i);
        newline(o, indent, at);
    }
    if (timeout) {
        say(o, "} else if (async_sleep_ms_future_poll(&%s->%s, %s) == ASYNC_READY) {", o->fn->self,
            aw->timer, o->fn->cx);
        newline(o, indent + 4, at);
        say(o, "%s = -ETIMEDOUT;", result);
        newline(o, indent, at);
    }
    say(o, "} else {");
    emit_suspend(o, aw, indent + 4, at, true);
    newline(o, indent, at);
    say(o, "}");
    for (size_t i = 0; i < aw->operands.count; i++) {
        newline(o, indent, at);
        say(o, "if (%s != %zu) {", result, i);
        emit_drop(o, &aw->operands.at[i], indent + 4, at);
        newline(o, indent, at);
        say(o, "}");
    }
    if (timeout) {
        newline(o, indent, at);
        say(o, "if (%s == 0)", result);
        newline(o, indent + 4, at);
        say(o, "async_sleep_ms_future_drop(&%s->%s);", o->fn->self, aw->timer);
    }
}

static void emit_await(struct output *o, struct await *aw, unsigned indent)
{
    unsigned at = aw->node->start;
    if (!aw->is_form) {
        emit_single_await(o, aw, indent, at);
        return;
    }
    say(o, "{");
    if (aw->form == FORM_TIMEOUT) {
        newline(o, indent + 4, at);
        say(o, "async_sleep_ms_future_init(&%s->%s, ", o->fn->self, aw->timer);
        write_rope(o, &aw->timeout);
        say(o, ");");
    }
    for (size_t i = 0; i < aw->operands.count; i++)
        emit_init(o, &aw->operands.at[i], indent + 4, at);
    if (aw->form == FORM_JOIN)
        emit_join(o, aw, indent + 4, at);
    else
        emit_select(o, aw, indent + 4, at);
    newline(o, indent, at);
    say(o, "}");
}

// ---- Statements -----------------------------------------------------------------------------

static void emit_list(struct output *o, struct stmt *s, unsigned indent);
static void emit_statement(struct output *o, struct stmt *s, unsigned indent);

static bool ends_with_semicolon(struct node *n)
{
    switch (n->kind) {
    case NODE_BLOCK:
    case NODE_DECLARATIONS:
    case NODE_EMPTY:
    case NODE_TYPE:
        return false;
    case NODE_IF:
        if (n->part[2])
            return ends_with_semicolon(n->part[2]);
        return n->part[1] ? ends_with_semicolon(n->part[1]) : false;
    case NODE_WHILE:
    case NODE_SWITCH:
    case NODE_DEFER:
        return n->part[1] ? ends_with_semicolon(n->part[1]) : false;
    case NODE_FOR:
        return n->part[3] ? ends_with_semicolon(n->part[3]) : false;
    case NODE_CASE:
    case NODE_LABEL:
        return n->part[0] ? ends_with_semicolon(n->part[0]) : false;
    default:
        return true;
    }
}

static unsigned statement_end(struct output *o, struct node *n)
{
    if (!ends_with_semicolon(n))
        return n->end;
    struct token t = lex_next(o->source->text, n->end, o->source->length);
    return token_is(o->source->text, t, ";") ? t.end : n->end;
}

static bool copies_as_written(struct stmt *s)
{
    struct local *l = s->local;
    if (s->kind != STMT_DECLARE)
        return s->kind == STMT_COPY;
    if (l->is_static)
        return true;
    bool from_source = s->rope.pieces.count == 0 ||
                       (s->rope.pieces.count == 1 && s->rope.pieces.at[0].kind == PIECE_SOURCE &&
                        !s->local->declaration->has_await);
    return !l->in_frame && from_source && !(l->saved && l->is_const) && !l->cleanup;
}

static bool group_copies(struct stmt *s, struct node *origin)
{
    for (; s && s->origin == origin; s = s->next)
        if (!copies_as_written(s))
            return false;
    return true;
}

static struct stmt *group_end(struct stmt *s)
{
    struct node *origin = s->origin;
    while (s && s->origin == origin)
        s = s->next;
    return s;
}

// A declaration as written; saved locals without a value get one, so that no compiler need wonder.
static void copy_declarations(struct output *o, struct stmt *s, struct node *n)
{
    unsigned at = n->start;
    for (struct node *origin = s->origin; s && s->origin == origin; s = s->next)
        if (s->kind == STMT_DECLARE && s->local->initial_zero && !s->local->is_static) {
            unsigned end =
                lex_declarator_end(o->source->text, s->local->declaration->end, o->source->length);
            copy_source(o, at, end);
            say(o, " = 0");
            at = end;
        }
    copy_source(o, at, n->end);
}

static void emit_declare(struct output *o, struct stmt *s)
{
    struct local *l = s->local;
    struct node *value = l->declaration->part[0];
    if (l->is_group) {
        if (!l->in_frame)
            say(o, "%s; ", type_declare(l->type, l->spelling));
        say(o, "async_group_open(&%s);", local_text(l));
        return;
    }
    bool list = value && value->kind == NODE_INIT_LIST;
    struct node *declaration = l->declaration->parent;
    bool alone =
        declaration->kind == NODE_DECLARATIONS && declaration->last == l->declaration &&
        (declaration->first == l->declaration ||
         (declaration->first->kind == NODE_TYPE && declaration->first->next == l->declaration));
    for (unsigned i = declaration->start; alone && value && i < value->start; i++)
        alone = strncmp(o->source->text + i, "await", 5) != 0; // in a typeof
    if (!l->in_frame && s->has_value && alone && !l->cleanup && !(l->saved && l->is_const)) {
        copy_source(o, declaration->start, value->start); // its own words, attributes and all
        write_rope(o, &s->rope);
        say(o, ";");
        return;
    }
    if (!l->in_frame) {
        say(o, "%s", type_declare_behind(l->type, l->spelling, declaration->first, l->declaration));
        if (s->has_value) {
            say(o, " = ");
            write_rope(o, &s->rope);
        } else if (l->initial_zero) {
            say(o, " = 0");
        }
        say(o, ";");
        return;
    }
    if (!s->has_value) {
        say(o, ";");
        return;
    }
    const char *type = type_declare(l->type, "");
    if (type_is_array(l->type)) {
        const char *plain = l->is_volatile ? "(void *)" : ""; // nobody else knows it yet
        say(o, "memcpy(%s%s, %s(%s)%s", plain, local_text(l), plain, type, list ? "" : "{");
        write_rope(o, &s->rope);
        say(o, "%s, sizeof %s);", list ? "" : "}", local_text(l));
        return;
    }
    if (s->copies && s->copies->in_frame) { // they may share bytes
        say(o, "memmove(&%s, &%s, sizeof %s);", local_text(l), local_text(s->copies),
            local_text(l));
        return;
    }
    if (type_has_const_member(l->type)) { // the compiler would not let it be assigned
        store_rope(o, l->type, local_text(l), &s->rope);
        return;
    }
    say(o, "%s = ", local_text(l));
    if (list)
        say(o, "(%s)", type);
    write_rope(o, &s->rope);
    say(o, ";");
}

static void emit_final_jump(struct output *o, struct exit_path *e, unsigned indent, unsigned at)
{
    if (e->kind == EXIT_RETURN && o->fn->returns_through_defer && o->fn->result &&
        !type_is_record(o->fn->result)) {
        newline(o, indent, at);
        store_text(o, o->fn->result, mem_format("%s->result", o->fn->self), "asyncc_value");
    }
    if (e->kind == EXIT_RETURN || e->kind == EXIT_CANCEL) {
        emit_finish(o, indent, at);
        return;
    }
    newline(o, indent, at);
    say(o, "asyncc_leave = 0;");
    newline(o, indent, at);
    if (e->kind == EXIT_BREAK)
        say(o, "break;");
    else if (e->kind == EXIT_GOTO)
        say(o, "goto %s;", e->label);
    else if (e->loop->continue_by_goto)
        say(o, "goto asyncc_next_%u;", e->loop->loop);
    else
        say(o, "continue;");
}

static bool is_group(const struct deferred *d)
{
    return d->cleanup && d->cleanup->is_group;
}

// `always`: control gets here by jumps only, so that the last way out needs no test.
static void emit_deferred(struct output *o, struct deferred *d, unsigned indent, bool always)
{
    unsigned at = d->node ? d->node->start : d->cleanup->declaration->start;
    if (d->is_target) {
        newline(o, indent > 4 ? indent - 4 : 0, at);
        say(o, "asyncc_leave_%u:;", d->index);
    }
    newline(o, indent, at);
    // A block's groups end before all else that ends with it: their tasks may still need that.
    for (struct deferred *g = is_group(d) ? NULL : d->before; g; g = g->before)
        if (is_group(g)) {
            say(o, "async_group_close(&%s);", local_text(g->cleanup));
            newline(o, indent, at);
        }
    if (d->cleanup) {
        say(o, "%s(&%s);", d->cleanup->cleanup, local_text(d->cleanup));
    } else {
        struct node *body = d->node->part[1];
        copy_source(o, body->start, statement_end(o, body));
    }
    for (size_t i = 0; i < d->exits.count; i++) {
        struct exit_path *e = d->exits.at[i];
        if (e->outermost != d && d->outer && d->outer->block == d->block)
            continue; // the next defer of this block runs in any case
        bool test = !always || i + 1 < d->exits.count;
        unsigned inner = test ? indent + 4 : indent;
        if (test) {
            newline(o, indent, at);
            say(o, "if (asyncc_leave == %u) {", e->id);
        }
        if (e->outermost == d) {
            emit_final_jump(o, e, inner, at);
        } else {
            newline(o, inner, at);
            say(o, "goto asyncc_leave_%u;", d->outer->index);
        }
        if (test) {
            newline(o, indent, at);
            say(o, "}");
        }
    }
}

bool ends_with_jump(struct stmt *block)
{
    struct stmt *last = block->body;
    while (last && last->next)
        last = last->next;
    return last && (last->kind == STMT_RETURN || last->kind == STMT_BREAK ||
                    last->kind == STMT_CONTINUE || last->kind == STMT_GOTO);
}

static void emit_block_defers(struct output *o, struct stmt *block, unsigned indent)
{
    bool always = ends_with_jump(block);
    for (struct deferred *d = block->scope ? block->scope->defers : NULL; d; d = d->before)
        emit_deferred(o, d, indent, always && !d->before);
}

// The line that a statement's text is of: a declarator may have one of its own.
static unsigned place_of(const struct stmt *s)
{
    const struct node *value = s->kind == STMT_DECLARE ? s->local->declaration->part[0] : NULL;
    return value && value->start > s->origin->start ? value->start : s->origin->start;
}

static bool same_line(struct output *o, unsigned left, unsigned right)
{
    return source_line(o->source, left) == source_line(o->source, right);
}

// One statement of a source block, however many it became.
static unsigned emit_group(struct output *o, struct stmt *s, unsigned indent)
{
    struct node *n = s->origin;
    unsigned end = statement_end(o, n);
    if (group_copies(s, n)) {
        if (n->kind == NODE_DECLARATIONS)
            copy_declarations(o, s, n);
        else
            copy_source(o, n->start, end);
        return end;
    }
    bool first = true;
    for (struct stmt *each = s; each && each->origin == n; each = each->next) {
        if (each->kind == STMT_DEFER)
            continue;
        if (!first || (o->lines && !same_line(o, n->start, place_of(each))))
            newline(o, indent, place_of(each));
        emit_statement(o, each, indent);
        first = false;
    }
    return end;
}

static bool says_fallthrough(struct output *o, unsigned start, unsigned end)
{
    for (unsigned i = start; i + 10 < end; i++)
        if (!strncasecmp(o->source->text + i, "fall", 4) &&
            (!strncasecmp(o->source->text + i + 4, "thr", 3) ||
             !strncasecmp(o->source->text + i + 5, "thr", 3) ||
             !strncasecmp(o->source->text + i + 4, "s thr", 5)))
            return true;
    return false;
}

void emit_source_block(struct output *o, struct stmt *s, const char *prologue)
{
    struct node *n = s->node;
    say(o, "{%s", prologue);
    unsigned at = n->start + 1, indent = column_of(o, n->start) + 4;
    if (at_line_start(o) && s->body && same_line(o, at, s->body->origin->start))
        sync(o, at);
    for (struct stmt *each = s->body; each;) {
        copy_source(o, at, each->origin->start);
        if (o->lines && each->origin->kind == NODE_CASE &&
            says_fallthrough(o, at, each->origin->start))
            // gcc wants it right before the case, and a #line may stand between
            say(o, "/* fallthrough */ ");
        indent = column_of(o, each->origin->start);
        struct stmt *next = group_end(each);
        at = emit_group(o, each, indent);
        each = next;
    }
    emit_block_defers(o, s, indent);
    copy_source(o, at, n->end - 1);
    say(o, "}");
}

// The body of an if, loop or switch: a block in any case.
static void emit_branch(struct output *o, struct stmt *head, struct stmt *body, struct stmt *tail,
                        const char *label, unsigned indent)
{
    if (!head && !tail && !label && body && !body->next && body->kind == STMT_BLOCK && body->node &&
        body->node->kind == NODE_BLOCK) {
        emit_source_block(o, body, "");
        return;
    }
    if (!head && !tail && !label && body && !body->next && body->kind == STMT_COPY &&
        body->node->kind == NODE_BLOCK) {
        copy_source(o, body->node->start, body->node->end);
        return;
    }
    say(o, "{");
    emit_list(o, head, indent + 4);
    emit_list(o, body, indent + 4);
    if (label) {
        newline(o, indent, body ? body->node->start : 0);
        say(o, "%s:;", label);
    }
    emit_list(o, tail, indent + 4);
    struct stmt *last = tail ? tail : body ? body : head;
    newline(o, indent, last ? last->node->start : o->fn->body->start);
    say(o, "}");
}

static void emit_if(struct output *o, struct stmt *s, unsigned indent)
{
    say(o, s->negate ? "if (!(" : "if (");
    write_rope(o, &s->rope);
    say(o, s->negate ? ")) " : ") ");
    emit_branch(o, NULL, s->body, NULL, NULL, indent);
    if (!s->otherwise)
        return;
    say(o, " else ");
    if (!s->otherwise->next && s->otherwise->kind == STMT_IF)
        emit_if(o, s->otherwise, indent);
    else
        emit_branch(o, NULL, s->otherwise, NULL, NULL, indent);
}

static void emit_loop(struct output *o, struct stmt *s, struct stmt *declarations, unsigned indent)
{
    const char *label =
        s->continue_by_goto && s->continued ? mem_format("asyncc_next_%u", s->loop) : NULL;
    if (s->is_do) {
        say(o, "do ");
        emit_branch(o, s->head, s->body, s->tail, label, indent);
        say(o, " while (");
        if (s->has_condition)
            write_rope(o, &s->condition);
        else
            say(o, "1");
        say(o, ");");
        return;
    }
    bool is_for = declarations || s->init.pieces.count || s->step.pieces.count ||
                  !s->has_condition || s->node->kind == NODE_FOR;
    if (is_for) {
        say(o, "for (");
        if (declarations) {
            copy_declarations(o, declarations, declarations->origin);
        } else {
            write_rope(o, &s->init);
            say(o, ";");
        }
        if (s->has_condition) {
            say(o, " ");
            write_rope(o, &s->condition);
        }
        say(o, s->step.pieces.count ? "; " : ";");
        write_rope(o, &s->step);
        say(o, ") ");
    } else {
        say(o, "while (");
        write_rope(o, &s->condition);
        say(o, ") ");
    }
    emit_branch(o, s->head, s->body, s->tail, label, indent);
}

// for (int i = 0; ..): the declaration goes back into the header where it can.
static bool emit_for_with_declaration(struct output *o, struct stmt *s, unsigned indent)
{
    struct stmt *loop = s->body;
    while (loop && loop->kind != STMT_LOOP) {
        if (!copies_as_written(loop))
            return false;
        loop = loop->next;
    }
    if (!loop || !s->node->part[0])
        return false;
    emit_loop(o, loop, s->body, indent);
    return true;
}

static void emit_jump(struct output *o, struct stmt *s)
{
    if (s->exit) {
        say(o, "{ asyncc_leave = %u; goto asyncc_leave_%u; }", s->exit->id, s->deferred->index);
        return;
    }
    if (s->kind == STMT_GOTO)
        say(o, "goto %s;", s->label);
    else if (s->kind == STMT_BREAK)
        say(o, "break;");
    else if (s->target->continue_by_goto)
        say(o, "goto asyncc_next_%u;", s->target->loop);
    else
        say(o, "continue;");
}

static void emit_return(struct output *o, struct stmt *s, unsigned indent)
{
    struct function *fn = o->fn;
    unsigned at = s->node->start;
    say(o, "{");
    if (s->rope.pieces.count) {
        newline(o, indent + 4, at);
        if (!fn->result) {
            write_rope(o, &s->rope);
            say(o, ";");
        } else if (s->exit && !type_is_record(fn->result)) {
            say(o, "asyncc_value = ");
            write_rope(o, &s->rope);
            say(o, ";");
        } else if (type_is_record(fn->result)) {
            // What is returned may lie in bytes that the result shares; what defers need does not
            // (flow.c).
            say(o, "%s = ", type_declare(fn->result, "asyncc_value"));
            write_rope(o, &s->rope);
            say(o, ";");
            newline(o, indent + 4, at);
            store_text(o, fn->result, mem_format("%s->result", fn->self), "asyncc_value");
        } else {
            // The state first: with the result between, clang does not merge this exit with the
            // pending ones.
            say(o, "%s->state = %s;", fn->self, state_done(fn));
            newline(o, indent + 4, at);
            say(o, "%s->result = ", fn->self);
            write_rope(o, &s->rope);
            say(o, ";");
            newline(o, indent + 4, at);
            say(o, "return ASYNC_READY;");
            newline(o, indent, at);
            say(o, "}");
            return;
        }
    }
    if (s->exit) {
        newline(o, indent + 4, at);
        say(o, "asyncc_leave = %u;", s->exit->id);
        newline(o, indent + 4, at);
        say(o, "goto asyncc_leave_%u;", s->deferred->index);
    } else {
        emit_finish(o, indent + 4, at);
    }
    newline(o, indent, at);
    say(o, "}");
}

static struct local_type *moved_type(struct function *fn, struct node *type)
{
    for (size_t i = 0; i < fn->local_types.count; i++)
        if (fn->local_types.at[i]->start == type->start)
            return fn->local_types.at[i]->hoisted ? fn->local_types.at[i] : NULL;
    return NULL;
}

// `struct {..} x = await f();`: the variable's declaration repeats the type's.
static bool is_written_with_variable(struct stmt *type)
{
    struct stmt *s = type->next;
    while (s && s->origin == type->origin && s->kind != STMT_DECLARE)
        s = s->next;
    if (!s || s->origin != type->origin || type->node->next != s->local->declaration)
        return false;
    struct local *l = s->local;
    return !l->in_frame && s->has_value && s->node->kind == NODE_DECLARATIONS &&
           s->node->last == l->declaration && !l->cleanup && !(l->saved && l->is_const);
}

static void emit_statement(struct output *o, struct stmt *s, unsigned indent)
{
    switch (s->kind) {
    case STMT_COPY:
        if (s->node->kind == NODE_TYPE && moved_type(o->fn, s->node)) {
            say(o, "%s", moved_type(o->fn, s->node)->enums);
            break;
        }
        if (s->node->kind == NODE_TYPE && is_written_with_variable(s))
            break;
        copy_source(o, s->node->start, statement_end(o, s->node));
        if (s->node->kind == NODE_TYPE && s->origin->kind == NODE_DECLARATIONS)
            say(o, ";");
        break;
    case STMT_EXPRESSION:
        write_rope(o, &s->rope);
        say(o, ";");
        break;
    case STMT_SET:
        store_rope(o, s->local->type, local_text(s->local), &s->rope);
        break;
    case STMT_AWAIT:
        emit_await(o, s->await, indent);
        break;
    case STMT_DECLARE:
        emit_declare(o, s);
        break;
    case STMT_BLOCK:
        if (s->node && s->node->kind == NODE_BLOCK) {
            emit_source_block(o, s, "");
        } else if (!s->has_value || !emit_for_with_declaration(o, s, indent)) {
            say(o, "{");
            emit_list(o, s->body, indent + 4);
            emit_block_defers(o, s, indent + 4);
            newline(o, indent, s->node->start);
            say(o, "}");
        }
        break;
    case STMT_IF:
        emit_if(o, s, indent);
        break;
    case STMT_LOOP:
        emit_loop(o, s, NULL, indent);
        break;
    case STMT_SWITCH:
        say(o, "switch (");
        write_rope(o, &s->rope);
        say(o, ") ");
        emit_branch(o, NULL, s->body, NULL, NULL, indent);
        break;
    case STMT_CASE:
        copy_source(o, s->node->start, s->node->part[0]->start);
        if (s->body) {
            emit_statement(o, s->body, indent + 4);
            emit_list(o, s->body->next, indent + 4);
        }
        break;
    case STMT_LABEL:
        say(o, "%s:", s->label);
        if (!s->body)
            say(o, ";");
        emit_list(o, s->body, indent);
        break;
    case STMT_GOTO:
    case STMT_BREAK:
    case STMT_CONTINUE:
        emit_jump(o, s);
        break;
    case STMT_COMPUTED_GOTO:
        say(o, "goto *");
        write_rope(o, &s->rope);
        say(o, ";");
        break;
    case STMT_RETURN:
        emit_return(o, s, indent);
        break;
    case STMT_DEFER:
        break;
    }
}

static void emit_list(struct output *o, struct stmt *s, unsigned indent)
{
    struct node *before = NULL;
    for (; s; s = s->next) {
        bool first = s->origin != before; // of its group
        before = s->origin;
        if (s->kind == STMT_DEFER)
            continue;
        newline(o, indent, s->node->start);
        if (first && s->origin->kind == NODE_DECLARATIONS && s->origin->parent &&
            s->origin->parent->kind == NODE_BLOCK && group_copies(s, s->origin)) {
            copy_declarations(o, s, s->origin);
            struct stmt *end = group_end(s);
            while (s->next != end)
                s = s->next;
            continue;
        }
        emit_statement(o, s, indent);
    }
}
