// report.c - `--emit=layout`: what each future holds, where, in which states, and why.
//   in:    fn->layout, local->points
//   out:   text or JSON; nothing is decided here
#include "front.h"

#include <string.h>

struct row {
    struct field *field;
    long long offset;
};

static struct vec(struct row) rows;

static void collect_rows(struct field *f, long long base)
{
    if (f->kind == FIELD_MEMBER) {
        VEC_PUSH(&rows, ((struct row){f, base}));
        return;
    }
    long long at = base;
    for (size_t i = 0; i < f->members.count; i++) {
        struct field *m = f->members.at[i];
        if (f->kind == FIELD_STRUCT)
            at = (at + m->align - 1) / m->align * m->align;
        collect_rows(m, at);
        if (f->kind == FIELD_STRUCT)
            at += m->size;
    }
}

static const char *reason_of(struct function *fn, struct field *f)
{
    struct local *l = f->local;
    if (!l)
        return f->comment ? f->comment : "bookkeeping";
    const char *what = l->is_parameter ? "parameter" : l->is_temporary ? "temporary" : "local";
    if (l->escapes && l->is_temporary)
        return "a struct without a name, an array in which is pointed to";
    if (l->escapes)
        return mem_format("%s whose address is taken in line %u", what,
                          source_line(fn->source, l->escape->start));
    if (l->in_own_value)
        return mem_format("%s whose initialiser awaits and names it", what);
    if (l->is_volatile)
        return mem_format("%s, volatile or atomic", what);
    if (l->saved)
        return mem_format("%s, stored on suspension", what);
    if (l->everywhere)
        return mem_format("%s, alive across too many awaits to store at each", what);
    if (l->in_frame && l->points.count)
        return mem_format("%s, alive across an await", what);
    return what;
}

static bool lives_in(struct field *f, unsigned point)
{
    if (f->everywhere)
        return true;
    for (size_t i = 0; i < f->points.count; i++)
        if (f->points.at[i] == point)
            return true;
    return false;
}

static const char *state_of(struct function *fn, unsigned point)
{
    if (point == 0)
        return "start";
    return point <= fn->awaits.count ? fn->awaits.at[point - 1]->state : "done";
}

static void put_names(struct buffer *out, struct function *fn, unsigned point, const char *quote)
{
    bool first = true;
    (void)fn;
    for (size_t i = 0; i < rows.count; i++)
        if (lives_in(rows.at[i].field, point)) {
            const char *text = rows.at[i].field->text;
            put(out, "%s%s%s%s", first ? "" : ", ", quote, text, quote);
            first = false;
        }
}

static void report_text(struct function *fn, struct buffer *out)
{
    put(out, "%s: %lld bytes, align %lld\n", fn->name, fn->layout->size, fn->layout->align);
    for (size_t i = 0; i < rows.count; i++)
        put(out, "  %6lld  %6lld  %-40s %s\n", rows.at[i].offset, rows.at[i].field->size,
            rows.at[i].field->text, reason_of(fn, rows.at[i].field));
    for (unsigned p = 0; p <= fn->awaits.count + 1; p++) {
        put(out, "  in %s", state_of(fn, p));
        if (p && p <= fn->awaits.count)
            put(out, " (line %u)", fn->awaits.at[p - 1]->line);
        put(out, ": ");
        put_names(out, fn, p, "");
        put(out, "\n");
    }
    for (size_t i = 0; i < fn->awaits.count; i++)
        for (size_t j = 0; j < fn->awaits.at[i]->operands.count; j++) {
            struct operand *o = &fn->awaits.at[i]->operands.at[j];
            if (o->storage != STORAGE_EMBEDDED)
                put(out, "  line %u: the future of %s comes from the frame arena: %s\n",
                    fn->awaits.at[i]->line, o->callee ? o->callee->name : "the call",
                    !o->callee                    ? "called through a pointer"
                    : o->storage == STORAGE_FRAME ? "it is recursive"
                                                  : "its size is not known here");
        }
    put(out, "\n");
}

static void report_json(struct function *fn, struct buffer *out, bool first)
{
    put(out, "%s{\"function\":\"%s\",\"size\":%lld,\"align\":%lld,\"fields\":[", first ? "" : ",\n",
        fn->name, fn->layout->size, fn->layout->align);
    for (size_t i = 0; i < rows.count; i++)
        put(out, "%s{\"offset\":%lld,\"size\":%lld,\"declaration\":\"%s\",\"why\":\"%s\"}",
            i ? "," : "", rows.at[i].offset, rows.at[i].field->size, rows.at[i].field->text,
            reason_of(fn, rows.at[i].field));
    put(out, "],\"states\":[");
    for (unsigned p = 0; p <= fn->awaits.count + 1; p++) {
        put(out, "%s{\"state\":\"%s\",\"line\":%u,\"alive\":[", p ? "," : "", state_of(fn, p),
            p && p <= fn->awaits.count ? fn->awaits.at[p - 1]->line : 0);
        put_names(out, fn, p, "\"");
        put(out, "]}");
    }
    put(out, "]}");
}

void report_layout(struct unit *unit, bool json, struct buffer *out)
{
    bool first = true;
    if (json)
        put(out, "[");
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->is_async || !fn->body)
            continue;
        rows.count = 0;
        collect_rows(fn->layout, 0);
        if (json)
            report_json(fn, out, first);
        else
            report_text(fn, out);
        first = false;
    }
    if (json)
        put(out, "]\n");
}
