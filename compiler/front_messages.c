// front_messages.c - what clang has to say, in the words of async C.
//   in:    front_tu and its diagnostics
//   out:   errors and warnings
#include "front_clang.h"

#include <string.h>

// ---- What clang is asked --------------------------------------------------------------------

// The output of an async function hides these from the C compiler.
static const struct {
    const char *clang, *name;
} lints[] = {
    {"return-type", "return-type"},
    {"return-mismatch", "return-type"}, // as a part of it is called from 18 on
    {"uninitialized", "uninitialized"},
    {"sometimes-uninitialized", "sometimes-uninitialized"},
    {"return-stack-address", "return-stack-address"},
};

// The C compiler warns when it compiles the output. Here only the mismatches of async and plain
// pointers count, and what the output hides; once, for a text with its macros open says the same,
// in lines of any length, which clang counts columns in.
const char *const *front_warning_flags(bool once, size_t *count)
{
    static const char *const always[] = {"-Wno-unknown-warning-option", "-Wno-everything"};
    static const char *const mismatches[] = {
        "-Wincompatible-function-pointer-types",
        "-Wno-error=incompatible-function-pointer-types",
        "-Wincompatible-pointer-types",
        "-Wno-error=incompatible-pointer-types",
        "-Wpointer-type-mismatch",
        "-Wno-error=pointer-type-mismatch",
        "-Wcompare-distinct-pointer-types",
        "-Wno-error=compare-distinct-pointer-types",
        "-Wcast-calling-convention",
    };
    static struct vec(const char *) flags;
    flags.count = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        VEC_PUSH(&flags, always[i]);
    for (size_t i = 0; i < sizeof mismatches / sizeof *mismatches && once; i++)
        VEC_PUSH(&flags, mismatches[i]);
    for (size_t i = 0; i < sizeof lints / sizeof *lints && once; i++) {
        VEC_PUSH(&flags, mem_format("-W%s", lints[i].clang));
        VEC_PUSH(&flags, mem_format("-Wno-error=%s", lints[i].clang));
    }
    *count = flags.count;
    return flags.at;
}

// ---- Its words ------------------------------------------------------------------------------

// The text with `length` bytes of it, at `at`, replaced by `to`.
static const char *replace(const char *text, const char *at, size_t length, const char *to)
{
    return mem_format("%.*s%s%s", (int)(at - text), text, to, at + length);
}

// The bracket that closes the one at `open`; NULL: none does.
static const char *closing(const char *open)
{
    int depth = 0;
    for (const char *at = open; *at; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth == 0)
            return at;
    }
    return NULL;
}

// typeof(T) is what our async_fn is defined as: only T, where it has a calling convention of ours.
static const char *without_typeof(const char *text, const char *attribute)
{
    static const char start[] = "typeof(";
    for (size_t from = 0;;) {
        const char *found = strstr(text + from, start);
        const char *end = found ? closing(found + strlen(start) - 1) : NULL;
        if (!end)
            return text;
        from = (size_t)(found - text) + 1;
        const char *inside = strstr(found, attribute);
        if (!inside || inside > end)
            continue;
        text = replace(text, end, 1, "");
        text = replace(text, text + from - 1, strlen(start), "");
    }
}

// Of 'T' (aka 'T') only 'T'.
static const char *without_alias(const char *text)
{
    static const char middle[] = "' (aka '";
    for (const char *found = text; (found = strstr(found, middle));) {
        const char *start = found, *again = found + strlen(middle);
        while (start > text && start[-1] != '\'')
            start--;
        size_t length = (size_t)(found - start);
        if (strncmp(again, start, length) != 0 || strncmp(again + length, "')", 2) != 0) {
            found++;
            continue;
        }
        size_t at = (size_t)(found - text) + 1;
        text = replace(text, found + 1, strlen(middle) - 1 + length + 2, "");
        found = text + at;
    }
    return text;
}

// Where the type begins that ends at `end`: behind the quote, or the bracket or comma of a
// parameter's.
static size_t type_start(const char *text, size_t end)
{
    int depth = 0;
    while (end > 0 && text[end - 1] != '\'') {
        char c = text[end - 1];
        if (depth == 0 && (c == '(' || c == ','))
            break;
        depth += (c == ')') - (c == '(');
        end--;
    }
    while (text[end] == ' ')
        end++;
    return end;
}

// Async is what a calling convention says of a type: 'int (*)(int) __attribute__((swiftcall))' is
// said as 'async int (*)(int)'.
static const char *friendly(const char *text)
{
    static const char *const conventions[] = {"swiftcall", "preserve_most"};
    static const char marker[] = "async ";
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++) {
        const char *attribute = mem_format(" __attribute__((%s))", conventions[i]);
        const char *name = mem_format("'%s'", conventions[i]);
        const char *found;
        while ((found = strstr(text, name)))
            text = replace(text, found, strlen(name), "'async'");
        text = without_typeof(text, attribute);
        while ((found = strstr(text, attribute))) {
            size_t start = type_start(text, (size_t)(found - text));
            text = replace(text, found, strlen(attribute), "");
            if (strncmp(text + start, marker, strlen(marker)) != 0)
                text = replace(text, text + start, 0, marker);
        }
    }
    return without_alias(text);
}

// ---- Which message it is --------------------------------------------------------------------

static const char *diagnostic_line(CXFile file, unsigned offset)
{
    size_t length = 0;
    const char *text = file ? clang_getFileContents(front_tu, file, &length) : NULL;
    if (!text || offset > length)
        return NULL;
    size_t start = offset, end = offset;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    while (end < length && text[end] != '\n' && text[end] != '\r')
        end++;
    return mem_text(text + start, end - start);
}

static bool await_in_line(CXFile file, unsigned offset)
{
    const char *line = diagnostic_line(file, offset);
    return line && strstr(line, "await");
}

// The headers that come with a compiler: libclang looks for its own beside itself, where a copied
// one has none.
static const char *const compiler_headers[] = {"'stddef.h' file not found",
                                               "'stdarg.h' file not found",
                                               "'stdbool.h' file not found",
                                               "'float.h' file not found"};

static bool is_compiler_header(const char *message)
{
    for (size_t i = 0; i < sizeof compiler_headers / sizeof *compiler_headers; i++)
        if (!strcmp(message, compiler_headers[i]))
            return true;
    return false;
}

// Mixing async and plain functions shows as a mismatch of calling conventions, which is never a
// mere warning.
static bool is_async_mismatch(CXDiagnostic d)
{
    if (clang_getDiagnosticSeverity(d) != CXDiagnostic_Warning)
        return false;
    CXString text = clang_getDiagnosticSpelling(d);
    const char *c = clang_getCString(text);
    bool mismatch = c && (strstr(c, "swiftcall") || strstr(c, "preserve_most")) &&
                    (strstr(c, "incompatible") || strstr(c, "pointer type mismatch") ||
                     strstr(c, "distinct pointer types"));
    clang_disposeString(text);
    return mismatch;
}

static bool says(CXDiagnostic d, const char *what)
{
    CXString text = clang_getDiagnosticSpelling(d);
    const char *message = clang_getCString(text);
    bool found = message && strstr(message, what);
    clang_disposeString(text);
    return found;
}

static bool lacks_our_header(CXDiagnostic d)
{
    return says(d, "unknown type name 'async'") || says(d, "undeclared identifier 'await'") ||
           says(d, "undeclared identifier 'defer'") || says(d, "unknown type name 'async_fn'");
}

// ---- The way out ----------------------------------------------------------------------------

// What is meant depends on which of the two types is async.
static void hint_mismatch(const char *message)
{
    static const char *const between[] = {" with an expression of type ", " to parameter of type ",
                                          " from a function with result type ", " from ", " and "};
    const char *second = NULL;
    for (size_t i = 0; i < sizeof between / sizeof *between && !second; i++)
        second = strstr(message, between[i]);
    const char *async = strstr(message, "'async ");
    if (!second || !async)
        return;
    bool first_is = async < second, second_is = strstr(second, "'async ");
    bool second_is_wanted = strstr(message, " passing ") || strstr(message, " returning ");
    if (first_is && second_is)
        hint("both are async: their parameters and results must be the same");
    else if (second_is_wanted ? second_is : first_is)
        hint("declare the function async, or call it in an async function of its own");
}

// A struct of ours that only its header defines: the header.
static const char *header_of_incomplete(const char *message)
{
    static const char quoted[] = "'struct async_";
    const char *start = strstr(message, "incomplete") ? strstr(message, quoted) : NULL;
    const char *end = start ? strchr(start + 1, '\'') : NULL;
    return end ? front_header_of(mem_format("%.*s {", (int)(end - start - 1), start + 1)) : NULL;
}

// Is this place, of what clang calls a declaration, an await that was the first to name it?
static bool is_awaited_at(CXSourceLocation location)
{
    CXFile file = NULL;
    unsigned column, offset;
    clang_getFileLocation(location, &file, NULL, &column, &offset);
    const char *line = diagnostic_line(file, offset);
    if (!line)
        return false;
    unsigned before = column - 1;
    while (before > 0 && (line[before - 1] == ' ' || line[before - 1] == '('))
        before--;
    return before >= 5 && !strncmp(line + before - 5, "await", 5);
}

static bool is_called_before(CXDiagnostic d)
{
    CXDiagnosticSet notes = clang_getChildDiagnostics(d);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        if (says(note, "previous implicit declaration") ||
            (says(note, "previous declaration is here") &&
             is_awaited_at(clang_getDiagnosticLocation(note))))
            return true;
    }
    return false;
}

static bool lacks_operand(const char *message, const char *line)
{
    static const char *const forms[] = {"async_join", "async_select", "async_timeout_ms",
                                        "async_spawn"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms && line; i++)
        if (!strcmp(message, "expected expression") && strstr(line, forms[i]))
            return true;
    return false;
}

static void hint_foreign(CXDiagnostic d, const char *message, const char *line, const char *code)
{
    const char *header = header_of_incomplete(message);
    if (is_compiler_header(message))
        hint("install libclang's headers (Debian: libclang-common-NN-dev), or add -isystem and the "
             "directory that\n"
             "        'cc -print-file-name=include' prints");
    else if (code && !strcmp(code, "E0118"))
        hint_mismatch(message);
    else if (lacks_our_header(d))
        hint("#include <asyncc/async.h>, and no -DASYNCC_NO_KEYWORDS");
    else if (header)
        hint("#include <%s>", header);
    else if (is_called_before(d))
        hint("declare it in front of the function that calls it");
    else if (lacks_operand(message, line))
        hint("async_join and the like want calls of async functions: async_timeout_ms(50, f(x))");
}

// ---- Reports --------------------------------------------------------------------------------

static void report_clang(CXDiagnostic d, enum severity severity)
{
    CXSourceLocation location = clang_getDiagnosticLocation(d);
    CXFile file = NULL;
    unsigned offset = front_offset(location, &file);
    CXString name;
    unsigned line, column;
    clang_getPresumedLocation(location, &name, &line, &column);
    const char *path = front_text(name);
    if (severity == SEVERITY_NOTE &&
        (strstr(path, "include/asyncc/") || says(d, "consider defining")))
        return; // where our keywords are defined is of no use to anyone
    unsigned physical_column;
    clang_getFileLocation(location, NULL, NULL, &physical_column, NULL);
    const char *message = front_text(clang_getDiagnosticSpelling(d)), *code = NULL;
    if (strstr(message, "variadic function cannot use swiftcall")) {
        message = "an async function cannot be variadic";
        code = "E0109";
    } else if (strstr(message, "previously declared without calling convention")) {
        message = "this function is declared async here, but not before";
        code = "E0108";
    } else if (strstr(message, "initializer element is not") && await_in_line(file, offset)) {
        message = "await in the initialiser of a static variable";
        code = "E0105";
    } else if (is_async_mismatch(d)) {
        code = "E0118";
        if (strstr(message, "cast between incompatible calling conventions"))
            message = "a cast between an async function and a plain one";
    }
    message = friendly(message);
    const char *text = diagnostic_line(file, offset);
    report_foreign(severity, path, line, physical_column, text, message, code);
    hint_foreign(d, message, text, code);
    if (severity == SEVERITY_NOTE)
        return;
    CXDiagnosticSet notes = clang_getChildDiagnostics(d);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++)
        report_clang(clang_getDiagnosticInSet(notes, i), SEVERITY_NOTE);
}

bool front_has_messages(void)
{
    bool found = false;
    for (unsigned i = 0; i < clang_getNumDiagnostics(front_tu) && !found; i++) {
        CXDiagnostic d = clang_getDiagnostic(front_tu, i);
        CXFile file = NULL;
        front_offset(clang_getDiagnosticLocation(d), &file);
        found = file != NULL;
        clang_disposeDiagnostic(d);
    }
    return found;
}

// A missing header makes errors of all that follows: as in clang itself, it is the last one to
// tell.
bool front_report_errors(void)
{
    bool failed = false, missing = false;
    for (unsigned i = 0; i < clang_getNumDiagnostics(front_tu); i++) {
        CXDiagnostic d = clang_getDiagnostic(front_tu, i);
        CXFile file = NULL;
        front_offset(clang_getDiagnosticLocation(d), &file);
        enum CXDiagnosticSeverity severity = clang_getDiagnosticSeverity(d);
        bool is_missing =
            severity >= CXDiagnostic_Error && (says(d, "file not found") || lacks_our_header(d));
        bool told = !missing && (severity >= CXDiagnostic_Error || is_async_mismatch(d));
        missing |= is_missing;
        // An error without a file is about an option clang does not know; the tree is complete.
        if (file && told) {
            report_clang(d, SEVERITY_ERROR);
            failed = true;
        }
        clang_disposeDiagnostic(d);
    }
    return !failed;
}

static const char *lint_name(CXDiagnostic d)
{
    if (clang_getDiagnosticSeverity(d) != CXDiagnostic_Warning)
        return NULL;
    CXString option = clang_getDiagnosticOption(d, NULL);
    const char *text = clang_getCString(option), *found = NULL;
    for (size_t i = 0; i < sizeof lints / sizeof *lints && text && !found; i++)
        if (!strncmp(text, "-W", 2) && !strcmp(text + 2, lints[i].clang))
            found = lints[i].name;
    clang_disposeString(option);
    return found;
}

static bool is_in_async_function(const struct unit *unit, unsigned offset)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        const struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && fn->source->is_main && fn->start <= offset &&
            offset < fn->end)
            return true;
    }
    return false;
}

void front_report_warnings(struct unit *unit)
{
    for (unsigned i = 0; i < clang_getNumDiagnostics(front_tu); i++) {
        CXDiagnostic d = clang_getDiagnostic(front_tu, i);
        CXFile file = NULL;
        unsigned offset = front_offset(clang_getDiagnosticLocation(d), &file);
        const char *name = file && front_in_main(file) ? lint_name(d) : NULL;
        if (name && is_in_async_function(unit, offset))
            warning_at((struct place){unit->main, offset}, name, "%s",
                       front_text(clang_getDiagnosticSpelling(d)));
        clang_disposeDiagnostic(d);
    }
}

bool front_lacks_compiler_headers(void)
{
    bool lacks = false;
    for (unsigned i = 0; i < clang_getNumDiagnostics(front_tu) && !lacks; i++) {
        CXDiagnostic d = clang_getDiagnostic(front_tu, i);
        for (size_t j = 0; j < sizeof compiler_headers / sizeof *compiler_headers; j++)
            lacks |= clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error &&
                     says(d, compiler_headers[j]);
        clang_disposeDiagnostic(d);
    }
    return lacks;
}
