// diag.c - what the user is told, in clang's format: file:line:col, the source line, a caret, a
// code, the way out. Messages are collected and printed in the order of the source; a note follows
// what it belongs to.
#include "asyncc.h"

#include <stdlib.h>
#include <string.h>

struct diagnostics_options diagnostics_options = {.error_limit = 20};
unsigned error_count;

struct message {
    enum severity severity;
    const char *file, *code, *text, *source_line, *hint;
    unsigned line, column, order;
    struct vec(struct message *) notes;
};

static struct vec(struct message *) messages;
static struct message *current; // what notes and hints attach to
static struct vec(const char *) disabled;

void disable_warning(const char *name)
{
    VEC_PUSH(&disabled, name);
}

static bool is_disabled(const char *name)
{
    for (size_t i = 0; i < disabled.count; i++)
        if (!strcmp(disabled.at[i], name) || !strcmp(disabled.at[i], "all"))
            return true;
    return false;
}

unsigned source_line(struct source *source, unsigned offset)
{
    if (!source->lines.count) {
        VEC_PUSH(&source->lines, 0);
        for (unsigned i = 0; i < source->length; i++)
            if (source->text[i] == '\n')
                VEC_PUSH(&source->lines, i + 1);
    }
    size_t low = 0, high = source->lines.count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (source->lines.at[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (unsigned)low + 1;
}

static struct expansion *last_expansion(struct source *source, unsigned offset)
{
    size_t low = 0, high = source->expansions.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (source->expansions.at[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &source->expansions.at[low - 1] : NULL;
}

bool source_is_expanded(struct source *source, unsigned offset)
{
    struct expansion *e = last_expansion(source, offset);
    return e && offset < e->end;
}

// The place as the user wrote it: inside an expanded macro, the macro's name.
static struct place original_place(struct place at)
{
    if (!at.source->original)
        return at;
    struct expansion *e = last_expansion(at.source, at.offset);
    unsigned offset = !e                   ? at.offset
                      : at.offset < e->end ? e->original_start
                                           : e->original_end + (at.offset - e->end);
    return (struct place){at.source->original, offset};
}

static const char *line_text(struct source *source, unsigned line)
{
    unsigned start = source->lines.at[line - 1], end = start;
    while (end < source->length && source->text[end] != '\n' && source->text[end] != '\r')
        end++;
    return mem_text(source->text + start, end - start);
}

static struct message *message_new(enum severity severity, struct place at, const char *code,
                                   const char *text)
{
    struct message *m = mem_alloc(sizeof *m);
    m->severity = severity;
    m->code = code;
    m->text = text;
    if (at.source) {
        unsigned presumed = presumed_line(at.source, at.offset, &m->file);
        at = original_place(at);
        unsigned physical = source_line(at.source, at.offset);
        m->line = presumed;
        m->column = at.offset - at.source->lines.at[physical - 1] + 1;
        m->source_line = line_text(at.source, physical);
    }
    return m;
}

static char *format_list(const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = mem_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, list);
    return text;
}

static void collect(struct message *m)
{
    m->order = (unsigned)messages.count;
    VEC_PUSH(&messages, m);
    current = m;
    if (m->severity == SEVERITY_ERROR)
        error_count++;
}

void error_at(struct place at, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    collect(message_new(SEVERITY_ERROR, at, code, format_list(format, list)));
    va_end(list);
    current->hint = repair_of(code);
}

void warning_at(struct place at, const char *name, const char *format, ...)
{
    if (is_disabled(name)) {
        current = NULL;
        return;
    }
    va_list list;
    va_start(list, format);
    enum severity severity =
        diagnostics_options.warnings_are_errors ? SEVERITY_ERROR : SEVERITY_WARNING;
    collect(message_new(severity, at, mem_format("-W%s", name), format_list(format, list)));
    va_end(list);
}

void note_at(struct place at, const char *format, ...)
{
    if (!current)
        return;
    va_list list;
    va_start(list, format);
    struct message *note = message_new(SEVERITY_NOTE, at, NULL, format_list(format, list));
    va_end(list);
    VEC_PUSH(&current->notes, note);
}

void hint(const char *format, ...)
{
    if (!current)
        return;
    va_list list;
    va_start(list, format);
    current->hint = format_list(format, list);
    va_end(list);
}

void report_foreign(enum severity severity, const char *file, unsigned line, unsigned column,
                    const char *source_text, const char *text, const char *code)
{
    struct message *m = message_new(severity, (struct place){0}, code, text);
    m->hint = code ? repair_of(code) : NULL;
    m->file = file;
    m->line = line;
    m->column = column;
    m->source_line = source_text;
    if (severity == SEVERITY_NOTE) {
        if (current)
            VEC_PUSH(&current->notes, m);
        return;
    }
    collect(m);
}

static const char *const severity_names[] = {"note", "warning", "error"};
static const char *const severity_colors[] = {"\033[1;36m", "\033[1;35m", "\033[1;31m"};

static const char *clipped(const char *text)
{
    enum {
        TEXT_LIMIT = 2000
    };
    return strlen(text) <= TEXT_LIMIT ? text : mem_format("%.*s...", TEXT_LIMIT, text);
}

static void print_text(const struct message *m)
{
    const char *bold = diagnostics_options.color ? "\033[1m" : "";
    const char *color = diagnostics_options.color ? severity_colors[m->severity] : "";
    const char *reset = diagnostics_options.color ? "\033[0m" : "";
    if (m->file)
        fprintf(stderr, "%s%s:%u:%u: ", bold, m->file, m->line, m->column);
    else
        fprintf(stderr, "%sasyncc: ", bold);
    fprintf(stderr, "%s%s: %s%s%s%s", color, severity_names[m->severity], reset, bold,
            clipped(m->text), reset);
    if (m->code)
        fprintf(stderr, " [%s]", m->code);
    fputc('\n', stderr);
    enum {
        LINE_LIMIT = 4096
    }; // a longer line is not for people
    if (m->source_line && strlen(m->source_line) < LINE_LIMIT) {
        fprintf(stderr, "%s\n", m->source_line);
        for (unsigned i = 0; i + 1 < m->column && m->source_line[i]; i++)
            if (m->source_line[i] == '\t' || (m->source_line[i] & 0xC0) != 0x80)
                fputc(m->source_line[i] == '\t' ? '\t' : ' ', stderr);
        fprintf(stderr, "%s^%s\n", diagnostics_options.color ? "\033[1;32m" : "", reset);
    }
    if (m->hint)
        fprintf(stderr, "  %shelp:%s %s\n", bold, reset, m->hint);
    for (size_t i = 0; i < m->notes.count; i++)
        print_text(m->notes.at[i]);
}

static void print_json_string(const char *text)
{
    fputc('"', stderr);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(stderr, "\\%c", c);
        else if (c < 32)
            fprintf(stderr, "\\u%04x", c);
        else
            fputc(c, stderr);
    }
    fputc('"', stderr);
}

static void print_json(const struct message *m)
{
    fprintf(stderr, "{\"severity\":\"%s\",\"file\":", severity_names[m->severity]);
    print_json_string(m->file ? m->file : "");
    fprintf(stderr, ",\"line\":%u,\"column\":%u,\"message\":", m->line, m->column);
    print_json_string(m->text);
    fputs(",\"code\":", stderr);
    print_json_string(m->code ? m->code : "");
    fputs(",\"help\":", stderr);
    print_json_string(m->hint ? m->hint : "");
    fputs(",\"notes\":[", stderr);
    for (size_t i = 0; i < m->notes.count; i++) {
        if (i)
            fputc(',', stderr);
        print_json(m->notes.at[i]);
    }
    fputs("]}", stderr);
}

static int by_place(const void *left, const void *right)
{
    const struct message *a = *(struct message *const *)left, *b = *(struct message *const *)right;
    int file = a->file && b->file ? strcmp(a->file, b->file) : 0;
    if (file)
        return a->order < b->order ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool same_message(const struct message *a, const struct message *b)
{
    return a->line == b->line && a->column == b->column && a->severity == b->severity &&
           !strcmp(a->text, b->text) && a->file && b->file && !strcmp(a->file, b->file);
}

void flush_diagnostics(void)
{
    if (messages.count > 1)
        mem_sort(messages.at, messages.count, sizeof *messages.at, by_place);
    unsigned errors = 0, warnings = 0;
    const struct message *previous = NULL;
    for (size_t i = 0; i < messages.count; i++) {
        const struct message *m = messages.at[i];
        if (previous && same_message(previous, m))
            continue;
        previous = m;
        if (m->severity == SEVERITY_ERROR && diagnostics_options.error_limit &&
            errors == diagnostics_options.error_limit) {
            if (!diagnostics_options.json)
                fputs("asyncc: too many errors, stopping now\n", stderr);
            break;
        }
        errors += m->severity == SEVERITY_ERROR;
        warnings += m->severity == SEVERITY_WARNING;
        if (diagnostics_options.json) {
            print_json(m);
            fputc('\n', stderr);
        } else {
            print_text(m);
        }
    }
    if (!diagnostics_options.json && (errors || warnings)) {
        if (warnings)
            fprintf(stderr, "%u warning%s%s", warnings, warnings == 1 ? "" : "s",
                    errors ? " and " : "");
        if (errors)
            fprintf(stderr, "%u error%s", errors, errors == 1 ? "" : "s");
        fputs(" generated.\n", stderr);
    }
    messages.count = 0;
    current = NULL;
}

void usage_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("asyncc: error: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(2);
}

void libclang_fault(const char *path)
{
    fprintf(
        stderr,
        "asyncc: libclang crashed on %s; nothing was written.\n"
        "Its clang may crash there, too: repair what 'clang -fsyntax-only' says before, or build\n"
        "asyncc with another libclang (14 to 22).\n",
        path);
    exit(70);
}

void internal_fault(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("asyncc: internal fault: ", stderr);
    vfprintf(stderr, format, list);
    fputs("\nThis is a defect of asyncc, not of your program; nothing was written.\n"
          "Please report it with the input file and the command line.\n",
          stderr);
    va_end(list);
    exit(70);
}
