// trace.c - tables that say where a suspended function stands, and where its callees' frames are.
//   in:    await->state, await->line, operand->slot
//   out:   STEM_operands, STEM_states, STEM_trace, to which STEM_frame points
//   needs: the futures and frame types of all functions are declared
//
// Read by async_dump and by debuggers, and by nothing that runs.
#include "emit.h"

static void put_operand(struct output *o, struct function *fn, struct operand *operand)
{
    static const char *const kinds[] = {
        [STORAGE_EMBEDDED] = "EMBEDDED", [STORAGE_FRAME] = "BLOCK", [STORAGE_OPAQUE] = "FOREIGN"};
    struct function *callee = operand->callee;
    const char *type = "NULL", *type_at = "0", *kind = callee ? kinds[operand->storage] : "POINTER";
    if (!callee)
        type_at = mem_format("offsetof(struct %s_future, %s_type)", fn->name, operand->slot);
    else if (operand->storage == STORAGE_OPAQUE)
        type = mem_format("&%s_future_type", callee->name);
    else if (operand->generated)
        type = mem_format("&%s_frame", callee->stem);
    say(o, "    {\"%s\", %s, offsetof(struct %s_future, %s), %s, ASYNC_OPERAND_%s},\n",
        callee ? callee->name : "(pointer)", type, fn->name, operand->slot, type_at, kind);
}

static void put_state(struct output *o, struct function *fn, struct await *aw, size_t first)
{
    static const char *const forms[] = {"JOIN", "SELECT", "TIMEOUT"};
    bool join = aw->is_form && aw->form == FORM_JOIN;
    say(o, "    {\"%s\", %s_operands", aw->state, fn->stem);
    if (first)
        say(o, " + %zu", first);
    say(o, ", %zu, %u, ASYNC_AWAIT_%s, ", aw->operands.count, aw->line,
        aw->is_form ? forms[aw->form] : "CALL");
    if (join)
        say(o, "offsetof(struct %s_future, %s)},\n", fn->name, aw->left);
    else
        say(o, "0},\n");
}

void put_trace(struct output *o, struct function *fn)
{
    if (!fn->awaits.count)
        return;
    say(o, "static const struct async_operand_info %s_operands[] = {\n", fn->stem);
    for (size_t i = 0; i < fn->awaits.count; i++)
        for (size_t j = 0; j < fn->awaits.at[i]->operands.count; j++)
            put_operand(o, fn, &fn->awaits.at[i]->operands.at[j]);
    say(o, "};\n\nstatic const struct async_state_info %s_states[] = {\n", fn->stem);
    for (size_t i = 0, first = 0; i < fn->awaits.count; i++) {
        put_state(o, fn, fn->awaits.at[i], first);
        first += fn->awaits.at[i]->operands.count;
    }
    say(o, "};\n\nstatic const struct async_trace %s_trace = {\n    \"%s\", \"", fn->stem,
        fn->name);
    const char *file; // as the lines are, by #line directives
    presumed_line(fn->source, fn->body->start, &file);
    put_escaped(o->b, base_name(file));
    say(o,
        "\", %s_states, %zu,\n    sizeof((struct %s_future *)0)->state, offsetof(struct %s_future, "
        "state),\n};\n\n",
        fn->stem, fn->awaits.count, fn->name, fn->name);
}
