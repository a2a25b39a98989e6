// emit.h - shared by emit.c (bodies), assemble.c (the file around them) and trace.c (its tables).
#ifndef ASYNCC_EMIT_H
#define ASYNCC_EMIT_H

#include "asyncc.h"

struct output {
    struct buffer *b;
    bool lines; // write #line
    const char *output_path;
    unsigned physical; // line of the output being written
    const char *file;  // where the C compiler believes the current line is
    unsigned line;     // 0: nowhere in particular
    struct function *fn;
    struct source *source;
};

void write_text(struct output *o, const char *text, size_t length);
void say(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
// what follows is of this place of the source
void newline(struct output *o, unsigned indent, unsigned offset);
// what follows is of the output only
void sync_output(struct output *o);
bool at_line_start(struct output *o);
void sync(struct output *o, unsigned offset);
void copy_source(struct output *o, unsigned start, unsigned end); // with its mentions replaced
// target = value; also for types whose const members forbid assignment.
void store_text(struct output *o, struct type *type, const char *target, const char *value);
const char *local_text(struct local *l);
const char *state_done(struct function *fn);
void emit_finish(struct output *o, unsigned indent, unsigned at);
bool ends_with_jump(struct stmt *block);
void emit_source_block(struct output *o, struct stmt *s, const char *prologue);
const char *base_name(const char *path);
void put_trace(struct output *o, struct function *fn); // behind the futures of all functions

#endif
