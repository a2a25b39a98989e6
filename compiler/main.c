// main.c - the command line, and the order of the passes.
#define _GNU_SOURCE
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pass; // below

struct options {
    const char *input, *output, *depfile, *target, *explain;
    const struct pass *dump, *stop_after;
    bool depend, phony, no_line, check, layout, layout_json;
    const char *database;
    long long frame_size; // limit for the warning; 0: none
    struct vec(const char *) flags;
};

static const char usage[] =
    "usage: asyncc IN.c -o OUT.c [OPTION...] [-- CC-FLAGS...]\n"
    "Translates async C into plain C.\n"
    "\n"
    "  -o FILE               where to write; - is standard output (as an input: standard input)\n"
    "  --no-line             no #line directives, for reading\n"
    "  --emit=layout[,json]  write what each future holds, where and why, instead of C\n"
    "  -p DIR                take CC-FLAGS from DIR/compile_commands.json\n"
    "  --check               write nothing; exit 1 when FILE is not what would be written\n"
    "  -MD [-MF DEPFILE]     also write what OUT.c depends on (default: OUT.c.d)\n"
    "  -MP, -MT TARGET       with an empty rule for each header; with another target than OUT.c\n"
    "  --diagnostics=FORM    text (default) or json\n"
    "  -Werror, -Wno-NAME    warnings are errors; no warnings of this name\n"
    "  -Wframe-size=N        warn about futures of more than N bytes\n"
    "  --error-limit=N       stop after N errors (default 20; 0: never)\n"
    "  --explain CODE        what an error code means, and its repair\n"
    "  --dump=PASS           write what a pass of asyncc left, instead of C: front, expand, "
    "check,\n"
    "                        lower, flow or layout\n"
    "  --stop-after=PASS     write nothing, go no further\n"
    "  --help, --version\n"
    "\n"
    "CC-FLAGS are the C compiler's: -I, -D, -std=...\n"
    "Exit status: 0 done, 1 errors in the input, 2 usage or I/O, 70 a defect of asyncc.\n";

// ---- Files ----------------------------------------------------------------------------------

static char *read_stream(int fd, const char *name, size_t *length)
{
    struct buffer b = {0};
    static char chunk[1 << 16];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            usage_error("cannot read %s: %s", name, strerror(errno));
        if (n == 0)
            break;
        put_text(&b, chunk, (size_t)n);
        if (b.length > (64u << 20))
            usage_error("%s is larger than 64 MiB", name);
    }
    *length = b.length;
    return b.text ? b.text : "";
}

static char *read_file(const char *path, size_t *length)
{
    if (!strcmp(path, "-"))
        return read_stream(0, "standard input", length);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        usage_error("cannot open %s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        usage_error("%s is a directory", path);
    char *text = read_stream(fd, path, length);
    close(fd);
    return text;
}

static char temporary_path[4096]; // removed when a signal ends us

static void on_signal(int number)
{
    if (*temporary_path)
        unlink(temporary_path);
    signal(number, SIG_DFL);
    raise(number);
}

static void write_all(int fd, const char *path, const char *text, size_t length)
{
    while (length) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;
            if (*temporary_path)
                unlink(temporary_path);
            usage_error("cannot write %s: %s", path, strerror(error));
        }
        text += n;
        length -= (size_t)n;
    }
}

// A reader sees the old file or the new one, never a part.
static void write_file(const char *path, const char *text, size_t length)
{
    struct stat st;
    if (!strcmp(path, "-")) {
        write_all(1, "standard output", text, length);
        return;
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) { // a device or a pipe: no renaming over it
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            usage_error("cannot write %s: %s", path, strerror(errno));
        write_all(fd, path, text, length);
        close(fd);
        return;
    }
    snprintf(temporary_path, sizeof temporary_path, "%s.XXXXXX", path);
    int fd = mkostemp(temporary_path, O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        *temporary_path = 0;
        usage_error("cannot write %s: %s", path, strerror(error));
    }
    write_all(fd, path, text, length);
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask);
    if (close(fd) || rename(temporary_path, path)) {
        int error = errno;
        unlink(temporary_path);
        usage_error("cannot write %s: %s", path, strerror(error));
    }
    *temporary_path = 0;
}

static void put_make_name(struct buffer *b, const char *path)
{
    for (; *path; path++)
        put(b, *path == ' ' || *path == '#' ? "\\%c" : *path == '$' ? "$%c" : "%c", *path);
}

static void add_dependency(const char *path, void *data)
{
    put(data, " \\\n  ");
    put_make_name(data, path);
}

// So that make does not stop when the header is gone.
static void add_phony_target(const char *path, void *data)
{
    put(data, "\n");
    put_make_name(data, path);
    put(data, ":\n");
}

static void each_header(struct unit *unit, void (*visit)(const char *path, void *data), void *data)
{
    for (size_t i = 0; i < unit->pasted.count; i++)
        visit(unit->pasted.at[i], data);
    front_each_include(unit, visit, data);
}

static void write_depfile(const struct options *o, struct unit *unit)
{
    struct buffer b = {0};
    put_make_name(&b, o->target ? o->target : o->output);
    put(&b, ":");
    add_dependency(o->input, &b);
    each_header(unit, add_dependency, &b);
    put(&b, "\n");
    if (o->phony)
        each_header(unit, add_phony_target, &b);
    write_file(o->depfile ? o->depfile : mem_format("%s.d", o->output), b.text, b.length);
}

// ---- Options --------------------------------------------------------------------------------

static const char *argument_of(int argc, char **argv, int *i, const char *option)
{
    if (*i + 1 >= argc)
        usage_error("%s needs an argument", option);
    return argv[++*i];
}

static void add_response_file(struct options *o, const char *path)
{
    size_t length;
    const char *text = read_file(path, &length);
    for (size_t i = 0; i < length;) {
        while (i < length &&
               (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r'))
            i++;
        struct buffer word = {0};
        char quote = 0;
        bool any = false;
        for (; i < length && (quote || !(text[i] == ' ' || text[i] == '\n' || text[i] == '\t' ||
                                         text[i] == '\r'));
             i++) {
            any = true;
            if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
                quote = quote ? 0 : text[i];
            else if (text[i] == '\\' && quote != '\'' && i + 1 < length)
                put(&word, "%c", text[++i]);
            else
                put(&word, "%c", text[i]);
        }
        if (any)
            VEC_PUSH(&o->flags, word.text ? word.text : "");
    }
}

// What only the compiler proper needs: outputs, dependencies, the input itself.
static void add_flags(struct options *o, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *f = argv[i];
        if (f[0] == '@')
            add_response_file(o, f + 1);
        else if (!strcmp(f, "-c") || !strcmp(f, "-S") || !strcmp(f, "-E") || !strcmp(f, "-MD") ||
                 !strcmp(f, "-MMD") || !strcmp(f, "-MP") || !strcmp(f, "-M") || !strcmp(f, "-MM"))
            continue;
        else if (!strcmp(f, "-o") || !strcmp(f, "-MF") || !strcmp(f, "-MT") || !strcmp(f, "-MQ"))
            i++;
        else
            VEC_PUSH(&o->flags, f);
    }
}

static const struct pass *pass_named(const char *name);

static unsigned number_in(const char *option) // -Wname=N
{
    const char *digits = strchr(option, '=') + 1;
    char *end;
    errno = 0;
    unsigned long n = strtoul(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || errno || n > INT32_MAX)
        usage_error("%s: no number", option);
    return (unsigned)n;
}

static void turn_off_warning(const char *name)
{
    // As compilers do: an option of a newer or older version should not stop a build.
    if (strcmp(name, "all") && !is_warning(name))
        fprintf(stderr, "asyncc: warning: no warning '%s' (man asyncc lists them)\n", name);
    disable_warning(name);
}

static void parse_options(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!strcmp(a, "--")) {
            add_flags(o, argc - i - 1, argv + i + 1);
            break;
        }
        if (!strcmp(a, "-o"))
            o->output = argument_of(argc, argv, &i, a);
        else if (!strcmp(a, "--no-line"))
            o->no_line = true;
        else if (!strcmp(a, "--emit=layout") || !strcmp(a, "--emit=layout,json")) {
            o->layout = true;
            o->layout_json = a[13] == ',';
        } else if (!strcmp(a, "-p"))
            o->database = argument_of(argc, argv, &i, a);
        else if (!strcmp(a, "--check"))
            o->check = true;
        else if (!strcmp(a, "-MD"))
            o->depend = true;
        else if (!strcmp(a, "-MF"))
            o->depfile = argument_of(argc, argv, &i, a);
        else if (!strcmp(a, "-MT"))
            o->target = argument_of(argc, argv, &i, a);
        else if (!strcmp(a, "-MP"))
            o->phony = true;
        else if (!strcmp(a, "--diagnostics=json"))
            diagnostics_options.json = true;
        else if (!strcmp(a, "--diagnostics=text"))
            diagnostics_options.json = false;
        else if (!strcmp(a, "-Werror"))
            diagnostics_options.warnings_are_errors = true;
        else if (!strncmp(a, "-Wno-", 5) && a[5])
            turn_off_warning(a + 5);
        else if (!strncmp(a, "-Wframe-size=", 13))
            o->frame_size = number_in(a);
        else if (!strncmp(a, "--error-limit=", 14))
            diagnostics_options.error_limit = number_in(a);
        else if (!strncmp(a, "--dump=", 7))
            o->dump = pass_named(a + 7);
        else if (!strncmp(a, "--stop-after=", 13))
            o->stop_after = pass_named(a + 13);
        else if (!strcmp(a, "--explain"))
            o->explain = argument_of(argc, argv, &i, a);
        else if (!strncmp(a, "--explain=", 10))
            o->explain = a + 10;
        else if (!strncmp(a, "--emit=", 7) || !strncmp(a, "--diagnostics=", 14))
            usage_error("%s: it takes %s", a,
                        a[2] == 'e' ? "layout or layout,json" : "text or json");
        else if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
            fputs(usage, stdout);
            exit(fflush(stdout) ? 2 : 0);
        } else if (!strcmp(a, "--version")) {
            puts("asyncc " ASYNCC_VERSION);
            exit(fflush(stdout) ? 2 : 0);
        } else if (a[0] == '-' && a[1])
            usage_error(
                "unknown option %s (asyncc --help lists them; the compiler's flags go after --)",
                a);
        else if (o->input)
            usage_error("two input files: %s and %s", o->input, a);
        else
            o->input = a;
    }
}

static void add_database_flags(struct options *o)
{
    // libclang would print reasons of its own.
    const char *commands = mem_format("%s/compile_commands.json", o->database);
    if (access(commands, R_OK))
        usage_error("cannot read %s: %s", commands, strerror(errno));
    char *input = realpath(o->input, NULL);
    unsigned count = 0;
    const char *directory = NULL;
    const char *const *flags =
        input ? front_database_flags(o->database, input, &count, &directory) : NULL;
    if (!flags)
        usage_error("no entry for %s in %s/compile_commands.json", o->input, o->database);
    // The entry's relative paths are relative to its directory; ours stay relative to here.
    char *here = getcwd(NULL, 0);
    for (unsigned i = 0; i < count; i++) {
        const char *f = flags[i];
        if (f[0] == '-' && f[1] == 'I' && f[2] && f[2] != '/' &&
            strcmp(directory, here ? here : ""))
            f = mem_format("-I%s/%s", directory, f + 2);
        char *argument[] = {(char *)(uintptr_t)f};
        if (!strcmp(f, "-o") || !strcmp(f, "-MF") || !strcmp(f, "-MT") || !strcmp(f, "-MQ"))
            i++;
        else if (strcmp(f, "--"))
            add_flags(o, 1, argument);
    }
    free(here);
    free(input);
}

// Our headers stand beside the tool: build/bin/asyncc and /usr/bin/asyncc alike.
static const char *find_headers(void)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = 0;
    static const char *const places[] = {"/../include", "/../../include"};
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *path = mem_format("%s%s", self, places[i]);
        if (access(mem_format("%s/asyncc/async.h", path), R_OK) == 0)
            return path;
    }
    return NULL;
}

// ---- The passes -----------------------------------------------------------------------------

static void each_async_function(struct unit *unit, void (*pass)(struct function *))
{
    for (size_t i = 0; i < unit->functions.count; i++)
        if (unit->functions.at[i]->is_async && unit->functions.at[i]->body)
            pass(unit->functions.at[i]);
}

struct translation {
    const struct options *options;
    struct front_options front;
    struct unit unit;
};

// A pass returns whether there is sense in going on. The first three find errors; check sees the
// whole file first.
static bool pass_front(struct translation *t)
{
    unsigned before = error_count;
    if (!t->options->dump && !t->options->stop_after && expand_ahead(&t->front, &t->unit)) {
        if (!has_fragments(&t->unit))
            return true;
        if (error_count > before)
            return false;
    }
    if (!front_parse(&t->front, &t->unit))
        return false;
    front_build(&t->unit);
    front_report_warnings(&t->unit);
    return true;
}

static bool pass_expand(struct translation *t)
{
    return inline_fragments(&t->front, &t->unit) && expand(&t->front, &t->unit);
}

static bool pass_check(struct translation *t)
{
    check(&t->unit);
    if (error_count)
        return false;
    place_functions(&t->unit);
    each_async_function(&t->unit, check_directives);
    check_macro_names(&t->front, &t->unit);
    each_async_function(&t->unit, inherit_attributes);
    if (!error_count)
        warn(&t->unit);
    return !error_count;
}

static bool pass_lower(struct translation *t)
{
    each_async_function(&t->unit, lower);
    return !error_count;
}

static bool pass_flow(struct translation *t)
{
    assemble_prepare(&t->unit);
    each_async_function(&t->unit, flow);
    return true;
}

static bool pass_layout(struct translation *t)
{
    each_async_function(&t->unit, layout);
    if (t->options->frame_size > 0)
        warn_frame_size(&t->unit, t->options->frame_size);
    return !error_count;
}

static void dump_layout(struct unit *unit, struct buffer *out)
{
    report_layout(unit, false, out);
}

static const struct pass {
    const char *name;
    bool (*run)(struct translation *t);
    void (*dump)(struct unit *unit, struct buffer *out);
    void (*verify)(struct function *fn);
} passes[] = {
    {"front", pass_front, dump_tree, NULL},
    {"expand", pass_expand, dump_source, NULL},
    {"check", pass_check, dump_checked, NULL}, // the last one that finds errors
    {"lower", pass_lower, dump_lowered, verify_lower},
    {"flow", pass_flow, dump_flow, verify_flow},
    {"layout", pass_layout, dump_layout, verify_layout},
};

static const struct pass *pass_named(const char *name)
{
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (!strcmp(passes[i].name, name))
            return &passes[i];
    usage_error("no pass '%s' (asyncc --help lists them)", name);
}

static int compare_output(const struct options *o, const struct buffer *out)
{
    size_t length;
    const char *old = read_file(o->output, &length);
    if (length == out->length && !memcmp(old, out->text, out->length))
        return 0;
    fprintf(stderr, "asyncc: %s is stale: %s translates to something else\n", o->output, o->input);
    return 1;
}

static bool same_file(const char *left, const char *right)
{
    struct stat a, b;
    return !strcmp(left, right) || (!stat(left, &a) && !stat(right, &b) && S_ISREG(a.st_mode) &&
                                    a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static void refuse_overwritten(const char *path, void *data)
{
    const struct options *o = data;
    if (same_file(path, o->output))
        usage_error("the output %s is included by the input", o->output);
    if (o->depfile && same_file(path, o->depfile))
        usage_error("the dependency file %s is included by the input", o->depfile);
}

// The headers, and what is generated, are C99.
static void refuse_old_standard(const struct options *o)
{
    static const char *const old[] = {"c89",   "c90",          "gnu89",
                                      "gnu90", "iso9899:1990", "iso9899:199409"};
    const char *standard = NULL, *flag = NULL;
    for (size_t i = 0; i < o->flags.count; i++)
        if (!strncmp(o->flags.at[i], "-std=", 5) || !strcmp(o->flags.at[i], "-ansi")) {
            flag = o->flags.at[i];
            standard = flag[1] == 'a' ? "c89" : flag + 5;
        }
    for (size_t i = 0; standard && i < sizeof old / sizeof *old; i++)
        if (!strcmp(standard, old[i]))
            usage_error("%s: asyncc needs C99 or later (-std=c11)", flag);
}

static int translate(struct options *o)
{
    size_t length;
    char *text = read_file(o->input, &length);
    if (memchr(text, 0, length))
        usage_error("%s is not a text file", o->input);
    lex_normalize(text, (unsigned)length);
    const char *path = !strcmp(o->input, "-") ? "<stdin>.c" : o->input;
    if (o->database)
        add_database_flags(o);
    refuse_old_standard(o);
    struct translation t = {.options = o};
    t.front = (struct front_options){
        .path = path,
        .text = text,
        .length = (unsigned)length,
        .flags = o->flags.at,
        .flag_count = (unsigned)o->flags.count,
        .include_directory = find_headers(),
        .asks_warnings = true,
    };
    struct buffer out = {0};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        if (!passes[i].run(&t))
            return 1;
#ifndef NDEBUG
        if (passes[i].verify)
            each_async_function(&t.unit, passes[i].verify);
#endif
        if (o->stop_after == &passes[i])
            return 0;
        if (o->dump == &passes[i]) {
            passes[i].dump(&t.unit, &out);
            write_file(o->output, out.text, out.length);
            return 0;
        }
    }
    const char *slash = strrchr(o->output, '/');
    if (o->layout)
        report_layout(&t.unit, o->layout_json, &out);
    else
        emit(&t.unit, slash ? slash + 1 : o->output, !o->no_line, &out);
    if (error_count)
        return 1; // of types that cannot be written at file scope
    if (o->check)
        return compare_output(o, &out);
    each_header(&t.unit, refuse_overwritten, o);
    write_file(o->output, out.text, out.length);
    if (o->depend || o->depfile)
        write_depfile(o, &t.unit);
    return 0;
}

static void *run(void *data)
{
    static int status;
    status = translate(data);
    return &status;
}

// A translation only grows: what one parse frees the next one takes, and nothing goes back to the
// system before the end.
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    mallopt(M_MMAP_THRESHOLD, 32 << 20); // the most it takes
#endif
}

// Deep nesting needs a deep stack: clang's parser and our passes recurse over the tree.
static int run_on_big_stack(struct options *o)
{
    setenv("LIBCLANG_NOTHREADS", "1", 1);
    keep_memory();
    pthread_attr_t attributes;
    pthread_t thread;
    void *status;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)512 << 20);
    if (pthread_create(&thread, &attributes, run, o) || pthread_join(thread, &status))
        usage_error("cannot start: no memory for a stack");
    return *(int *)status;
}

static void refuse_overwriting(const struct options *o)
{
    if (!strcmp(o->input, "-"))
        return;
    if (!o->check && same_file(o->input, o->output))
        usage_error("the output %s is the input", o->output);
    if (o->depfile && same_file(o->input, o->depfile))
        usage_error("the dependency file %s is the input", o->depfile);
    if (o->depfile && strcmp(o->depfile, "-") && same_file(o->output, o->depfile))
        usage_error("the dependency file %s is the output", o->depfile);
}

int main(int argc, char **argv)
{
    struct options o = {0};
    diagnostics_options.color = isatty(2);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    signal(SIGPIPE, SIG_IGN);
    parse_options(&o, argc, argv);
    if (o.explain)
        return explain_code(o.explain);
    if (!o.input)
        usage_error("no input file (asyncc --help)");
    if (!o.output && (o.layout || o.dump || o.stop_after))
        o.output = "-";
    if (!o.output)
        usage_error("no output file: say -o OUT.c");
    if (o.check && o.dump)
        usage_error("--check compares a translation or a layout, not a dump");
    refuse_overwriting(&o);
    if (o.depend && !o.depfile && !strcmp(o.output, "-"))
        usage_error("-MD with standard output needs -MF FILE");
    int status = run_on_big_stack(&o);
    flush_diagnostics();
    return status;
}
