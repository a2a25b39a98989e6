// front.c - drives libclang: file + flags -> its tree, its macros.
//   in:    the text of the main file and the compiler's flags
//   out:   front_tu for front_tree.c and front_types.c; the invocations of each source
//   needs: nothing; works the same with libclang 14 to 22 (no version-dependent API)
#include "front_clang.h"

#include <clang-c/CXCompilationDatabase.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

static CXIndex clang_index;
CXTranslationUnit front_tu;
static CXFile main_file;

const char *front_text(CXString text)
{
    const char *c = clang_getCString(text);
    const char *copy = c ? mem_text(c, strlen(c)) : "";
    clang_disposeString(text);
    return copy;
}

// ---- Sources --------------------------------------------------------------------------------

struct unit *front_unit;

struct source *front_source(CXFile file)
{
    if (!file)
        return NULL;
    if (front_unit->main && clang_File_isEqual(file, main_file))
        return front_unit->main;
    static CXFile last_file;
    static struct source *last;
    static unsigned last_parse;
    if (file == last_file && last_parse == front_parses)
        return last;
    last_file = file;
    last_parse = front_parses;
    const char *path = front_text(clang_getFileName(file));
    for (size_t i = 0; i < front_unit->sources.count; i++)
        if (!strcmp(front_unit->sources.at[i]->path, path))
            return last = front_unit->sources.at[i];
    struct source *source = last = mem_alloc(sizeof *source);
    size_t length = 0;
    const char *text = clang_getFileContents(front_tu, file, &length);
    char *copy = mem_text(text ? text : "", length);
    lex_normalize(copy, (unsigned)length);
    source->path = path;
    source->text = copy;
    source->length = (unsigned)length;
    VEC_PUSH(&front_unit->sources, source);
    return source;
}

static CXFile file_of(struct source *source)
{
    return source->is_main ? main_file : clang_getFile(front_tu, source->path);
}

void front_collect_skipped(struct source *source)
{
    CXSourceRangeList *list = clang_getSkippedRanges(front_tu, file_of(source));
    for (unsigned i = 0; list && i < list->count; i++) {
        struct range r = {front_offset(clang_getRangeStart(list->ranges[i]), NULL),
                          front_offset(clang_getRangeEnd(list->ranges[i]), NULL)};
        VEC_PUSH(&source->skipped, r);
    }
    if (list)
        clang_disposeSourceRangeList(list);
}

static unsigned clang_line(struct source *source, unsigned offset, const char **file)
{
    CXSourceLocation location = clang_getLocationForOffset(front_tu, file_of(source), offset);
    CXString name;
    unsigned line = 0, column;
    clang_getPresumedLocation(location, &name, &line, &column);
    if (file)
        *file = front_text(name);
    else
        clang_disposeString(name);
    return line ? line : source_line(source, offset);
}

// Whether a #line directive may be in it. Some lines are taken for one that are none.
static bool may_change_lines(const struct source *s)
{
    if (strstr(s->text, "%:") || strstr(s->text, "?\?="))
        return true;
    for (const char *at = s->text; (at = strchr(at, '#')); at++) {
        const char *word = at + 1;
        word += strspn(word, " \t\f\v");
        if ((*word >= '0' && *word <= '9') || *word == '/' || *word == '\\' || *word == '?' ||
            !strncmp(word, "line", 4))
            return true;
    }
    return false;
}

unsigned presumed_line(struct source *source, unsigned offset, const char **file)
{
    if (source->lines_of != front_parses) {
        source->lines_of = front_parses;
        source->plain_path = NULL;
        if (!may_change_lines(source))
            clang_line(source, 0, &source->plain_path);
    }
    if (!source->plain_path)
        return clang_line(source, offset, file);
    if (file)
        *file = source->plain_path;
    return source_line(source, offset);
}

bool front_in_main(CXFile file)
{
    return file && clang_File_isEqual(file, main_file);
}

unsigned front_offset(CXSourceLocation location, CXFile *file)
{
    unsigned offset = 0;
    clang_getFileLocation(location, file, NULL, NULL, &offset);
    return offset;
}

// ---- Parsing --------------------------------------------------------------------------------

unsigned front_parses;

bool front_is_our_header(CXFile file)
{
    static const char ours[] = "asyncc/async.h";
    const char *path = file ? front_text(clang_getFileName(file)) : "";
    size_t length = strlen(path);
    return length >= sizeof ours - 1 && !strcmp(path + length - (sizeof ours - 1), ours);
}

static CXTranslationUnit parse(const struct front_options *o, const char *text, unsigned length,
                               unsigned parse_options, enum CXErrorCode *code)
{
    if (o->is_outline)
        parse_options |= CXTranslationUnit_SkipFunctionBodies;
    struct vec(const char *) flags = {0};
    for (unsigned i = 0; i < o->flag_count; i++)
        VEC_PUSH(&flags, o->flags[i]);
    VEC_PUSH(&flags, "-xc");
    VEC_PUSH(&flags, "-D__ASYNCC__=1");
    if (o->include_directory) {
        VEC_PUSH(&flags, "-I");
        VEC_PUSH(&flags, o->include_directory);
    }
    size_t asked;
    const char *const *warnings = front_warning_flags(o->asks_warnings, &asked);
    for (size_t i = 0; i < asked; i++)
        VEC_PUSH(&flags, warnings[i]);
    // Some more than are shown, for several may be the same. libclang compares the notes of each
    // with all before: thousands of errors take minutes.
    VEC_PUSH(&flags, mem_format("-ferror-limit=%llu", 10ull * diagnostics_options.error_limit));
    struct CXUnsavedFile unsaved = {o->path, text, length};
    CXTranslationUnit unit = NULL;
    *code = clang_parseTranslationUnit2(clang_index, o->path, flags.at, (int)flags.count, &unsaved,
                                        1, parse_options, &unit);
    return unit;
}

static struct front_options accepted; // the options that worked

// Has a line of a header this text, as it begins a declaration?
static bool declares(const char *line, const char *text)
{
    if (*line == '/' || *line == ' ')
        return false;
    for (const char *at = line; (at = strstr(at, text)); at++)
        if (at == line || !is_name_byte(at[-1]))
            return true;
    return false;
}

const char *front_header_of(const char *text)
{
    const char *path = mem_format("%s/asyncc", accepted.include_directory), *found = NULL;
    DIR *directory = accepted.include_directory ? opendir(path) : NULL;
    if (!directory)
        return NULL;
    for (struct dirent *entry; !found && (entry = readdir(directory));) {
        FILE *file = fopen(mem_format("%s/%s", path, entry->d_name), "r");
        char line[256];
        while (file && !found && fgets(line, sizeof line, file))
            if (declares(line, text))
                found = mem_format("asyncc/%s", entry->d_name);
        if (file)
            fclose(file);
    }
    closedir(directory);
    return found;
}

// Flags that are for code generation, or that make libclang refuse to parse at all.
static bool refuses(const char *flag)
{
    static const char *const prefixes[] = {"-march=",     "-mtune=",  "-mfpmath=",
                                           "-save-temps", "-fplugin", "-specs"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(flag, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

static struct front_options without_refused(const struct front_options *o)
{
    const char **flags = mem_alloc((o->flag_count + 1) * sizeof *flags);
    unsigned count = 0;
    for (unsigned i = 0; i < o->flag_count; i++) {
        const char *flag = o->flags[i];
        if (refuses(flag))
            continue;
        if (!strcmp(flag, "-std=c23") || !strcmp(flag, "-std=gnu23"))
            flag = flag[5] == 'c' ? "-std=c2x" : "-std=gnu2x";
        flags[count++] = flag;
    }
    struct front_options kept = *o;
    kept.flags = flags;
    kept.flag_count = count;
    return kept;
}

enum {
    PARSE_FLAGS = CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_KeepGoing
};

bool front_is_ours(CXFile file)
{
    const char *ours = accepted.include_directory;
    size_t length = ours ? strlen(ours) : 0;
    const char *path = front_text(clang_getFileName(file));
    return length && !strncmp(path, ours, length) &&
           (path[length] == '/' || ours[length - 1] == '/');
}

// Those of the C compiler serve as well. NULL: there are none.
static const char *borrowed_headers(void)
{
    FILE *cc = popen("cc -print-file-name=include 2>/dev/null", "r");
    char path[4096] = "";
    if (!cc || !fgets(path, sizeof path, cc))
        *path = 0;
    if (cc)
        pclose(cc);
    path[strcspn(path, "\n")] = 0;
    return *path == '/' ? mem_text(path, strlen(path)) : NULL;
}

static void parse_with_borrowed_headers(void)
{
    const char *directory = borrowed_headers();
    if (!directory)
        return;
    struct vec(const char *) flags = {0};
    for (unsigned i = 0; i < accepted.flag_count; i++)
        VEC_PUSH(&flags, accepted.flags[i]);
    VEC_PUSH(&flags, "-isystem");
    VEC_PUSH(&flags, directory);
    accepted.flags = flags.at;
    accepted.flag_count = (unsigned)flags.count;
    clang_disposeTranslationUnit(front_tu);
    enum CXErrorCode code;
    front_tu = parse(&accepted, accepted.text, accepted.length, PARSE_FLAGS, &code);
    if (!front_tu)
        internal_fault("the C front end fails the second time on %s", accepted.path);
}

struct open_file {
    CXFile file;
    int directive;
};

struct inclusion { // of a file by the main file, itself or through others
    CXFile file;
    const char *path;
    unsigned offset; // of the directive in the main file
};
static struct vec(struct inclusion) inclusions; // in their order
static struct vec(struct include_directive) include_directives;
static struct vec(struct open_file) open_files; // around the directive that was noted last

static void on_known_inclusion(CXFile file, CXSourceLocation *stack, unsigned depth,
                               CXClientData data)
{
    (void)data;
    CXFile from;
    unsigned offset = depth ? front_offset(stack[depth - 1], &from) : 0;
    if (depth && front_in_main(from))
        VEC_PUSH(&inclusions,
                 ((struct inclusion){file, front_text(clang_getFileName(file)), offset}));
}

bool front_parse(const struct front_options *o, struct unit *unit)
{
    if (!clang_index)
        clang_index = clang_createIndex(0, 0);
    if (front_tu)
        clang_disposeTranslationUnit(front_tu);
    front_parses++;
    enum CXErrorCode code;
    accepted = *o;
    front_tu = parse(&accepted, o->text, o->length, PARSE_FLAGS, &code);
    if (!front_tu) {
        accepted = without_refused(o);
        front_tu = parse(&accepted, o->text, o->length, PARSE_FLAGS, &code);
    }
    if (!front_tu && code == CXError_Crashed)
        libclang_fault(o->path);
    if (!front_tu) {
        CXIndex loud = clang_createIndex(0, 1); // so that its reason reaches stderr
        CXIndex quiet = clang_index;
        clang_index = loud;
        front_tu = parse(&accepted, o->text, o->length, PARSE_FLAGS, &code);
        clang_index = quiet;
        if (!front_tu)
            usage_error("the C front end refuses these flags for %s", o->path);
    }
    if (front_lacks_compiler_headers())
        parse_with_borrowed_headers();
    main_file = clang_getFile(front_tu, o->path);
    struct source *source = mem_alloc(sizeof *source);
    source->path = o->path;
    source->text = mem_text(o->text, o->length);
    source->length = o->length;
    source->is_main = true;
    unit->main = source;
    unit->sources.count = 0;
    unit->functions.count = 0;
    unit->functions_by_name = unit->taken_names = unit->taken_stems = unit->typedef_names =
        (struct table){0};
    VEC_PUSH(&unit->sources, source);
    front_unit = unit;
    inclusions.count = open_files.count = 0;
    memset(&include_directives, 0, sizeof include_directives); // the old list is still in use
    clang_getInclusions(front_tu, on_known_inclusion, NULL);
    return o->is_quiet ? !front_has_messages() : front_report_errors();
}

void front_collect(struct unit *unit)
{
    front_collect_macros();
    front_collect_skipped(unit->main);
}

bool front_probe(const struct front_options *o, const char *text, unsigned length,
                 const unsigned *offsets, unsigned count, const char **names)
{
    struct front_options probe = accepted;
    probe.path = o->path;
    probe.asks_warnings = false;
    enum CXErrorCode code;
    CXTranslationUnit probed =
        parse(&probe, text, length,
              CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing, &code);
    if (!probed)
        return false;
    CXFile file = clang_getFile(probed, o->path);
    for (unsigned i = 0; i < count; i++) {
        CXString name;
        unsigned line, column;
        clang_getPresumedLocation(clang_getLocationForOffset(probed, file, offsets[i]), &name,
                                  &line, &column);
        names[i] = front_text(name);
    }
    clang_disposeTranslationUnit(probed);
    return true;
}

void front_note_include(CXCursor c)
{
    CXFile from, included = clang_getIncludedFile(c);
    unsigned offset = front_offset(clang_getCursorLocation(c), &from);
    if (!from || !included)
        return;
    size_t depth = open_files.count;
    while (depth && !clang_File_isEqual(open_files.at[depth - 1].file, from))
        depth--;
    struct include_directive d = {
        .from = front_text(clang_getFileName(from)),
        .path = front_text(clang_getFileName(included)),
        .real_path = front_text(clang_File_tryGetRealPathName(included)),
        .offset = offset,
        .parent = depth ? open_files.at[depth - 1].directive : -1,
    };
    open_files.count = depth;
    VEC_PUSH(&open_files, ((struct open_file){included, (int)include_directives.count}));
    VEC_PUSH(&include_directives, d);
}

struct include_visit {
    void (*visit)(const char *path, void *data);
    void *data;
};

static void on_inclusion(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data)
{
    (void)stack;
    struct include_visit *v = data;
    if (depth)
        v->visit(front_text(clang_getFileName(file)), v->data);
}

void front_each_include(struct unit *unit, void (*visit)(const char *path, void *data), void *data)
{
    (void)unit;
    struct include_visit v = {visit, data};
    clang_getInclusions(front_tu, on_inclusion, &v);
}

const struct include_directive *front_include_directives(size_t *count)
{
    *count = include_directives.count;
    return include_directives.at;
}

unsigned front_header_end(void)
{
    const char *text = front_unit->main->text;
    unsigned at = 0, length = front_unit->main->length;
    for (size_t i = 0; i < inclusions.count && !at; i++)
        if (front_is_our_header(inclusions.at[i].file))
            at = inclusions.at[i].offset;
    while (at && at < length && text[at - 1] != '\n')
        at++;
    return at;
}

bool front_is_system(const char *path)
{
    return clang_Location_isInSystemHeader(
        clang_getLocationForOffset(front_tu, clang_getFile(front_tu, path), 0));
}

struct source *front_included(const char *path)
{
    return front_source(clang_getFile(front_tu, path));
}

enum {
    KNOWN_FILES = 64
};

unsigned front_included_at(CXFile file)
{
    static struct inclusion known[KNOWN_FILES];
    static unsigned known_parse;
    if (known_parse != front_parses)
        memset(known, 0, sizeof known);
    known_parse = front_parses;
    struct inclusion *k = &known[(uintptr_t)file / 16 % KNOWN_FILES];
    if (k->file == file)
        return k->offset;
    *k = (struct inclusion){.file = file};
    for (size_t i = 0; i < inclusions.count; i++)
        if (clang_File_isEqual(inclusions.at[i].file, file)) {
            k->offset = inclusions.at[i].offset;
            break;
        }
    return k->offset;
}

unsigned front_source_included_at(struct source *source)
{
    return source->is_main ? 0 : front_included_at(file_of(source));
}

// ---- compile_commands.json ------------------------------------------------------------------

const char *const *front_database_flags(const char *database, const char *input, unsigned *count,
                                        const char **directory)
{
    CXCompilationDatabase_Error error;
    CXCompilationDatabase db = clang_CompilationDatabase_fromDirectory(database, &error);
    if (error != CXCompilationDatabase_NoError)
        usage_error("cannot read %s/compile_commands.json", database);
    CXCompileCommands commands = clang_CompilationDatabase_getCompileCommands(db, input);
    if (!commands || !clang_CompileCommands_getSize(commands))
        return NULL;
    CXCompileCommand command = clang_CompileCommands_getCommand(commands, 0);
    *directory = front_text(clang_CompileCommand_getDirectory(command));
    const char *file = front_text(clang_CompileCommand_getFilename(command));
    struct vec(const char *) flags = {0};
    for (unsigned i = 1; i < clang_CompileCommand_getNumArgs(command); i++) {
        const char *flag = front_text(clang_CompileCommand_getArg(command, i));
        if (strcmp(flag, file) && strcmp(flag, input))
            VEC_PUSH(&flags, flag);
    }
    clang_CompileCommands_dispose(commands);
    clang_CompilationDatabase_dispose(db);
    *count = (unsigned)flags.count;
    static const char *const none[] = {NULL};
    return flags.count ? flags.at : none;
}
