// fuzz.c - runs the compiler on mutated programs and keeps those it gets wrong.
//
//     fuzz run WORK EXECUTIONS SEED PROGRAM.c...   mutates the programs, and those in WORK/queue that it found before
//     fuzz try FILE...                             judges each file
//     fuzz reduce FILE OUT                         makes a smaller program that is wrong in the same way
//
// Each execution is a fork of this process, in which libclang is loaded and warm: the compiler keeps global state and
// frees nothing. It is built with ASan, UBSan, assertions and coverage counters (see run.sh); a program that reaches
// something new joins the queue. Wrong is: a crash, a sanitizer's report, an assertion, an internal fault, more than
// 10 seconds or 1 GiB, a status other than 0 and 1, an error without a message, an output file left by an error or
// missing without one, and an output that a C compiler refuses though it takes the blocking view of the program.
//
// A first line `// asyncc: FLAGS [-- CC-FLAGS]` says how to translate. Runs in the project's directory.
#define _GNU_SOURCE
#include "fuzz.h"

#include <clang-c/Index.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SECONDS = 10,
    MEMORY_LIMIT = 1 << 30,
    LONGEST_PROGRAM = 24 << 10
};

int asyncc_main(int argc, char **argv); // compiler/main.c

// ---- Text and chance ---------------------------------------------------------------------------------------

void *grow(void *old, size_t size)
{
    if (!size) {
        free(old);
        return NULL;
    }
    void *fresh = realloc(old, size);
    if (!fresh)
        abort();
    return fresh;
}

void text_add(struct text *t, const char *from, size_t length)
{
    if (t->length + length + 1 > t->capacity)
        t->at = grow(t->at, t->capacity = (t->length + length + 1) * 2);
    memcpy(t->at + t->length, from, length);
    t->length += length;
    t->at[t->length] = 0;
}

void text_put(struct text *t, const char *format, ...)
{
    char small[4096];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(small, sizeof small, format, list);
    va_end(list);
    text_add(t, small, (size_t)n < sizeof small ? (size_t)n : sizeof small - 1);
}

void text_set(struct text *t, const char *from, size_t length)
{
    t->length = 0;
    text_add(t, from, length);
}

void text_replace(struct text *t, size_t start, size_t end, const char *with)
{
    if (end > t->length)
        end = t->length;
    if (start > end)
        start = end;
    struct text tail = {0};
    text_set(&tail, t->at + end, t->length - end);
    t->length = start;
    char *copy = strdup(with); // it may be a part of t
    text_add(t, copy, strlen(copy));
    text_add(t, tail.at, tail.length);
    free(copy);
    free(tail.at);
}

uint64_t chance_state = 1;

unsigned chance(unsigned limit)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return limit ? (unsigned)((chance_state * 0x2545f4914f6cdd1dull >> 32) % limit) : 0;
}

static void read_text(struct text *t, const char *path)
{
    static char chunk[1 << 16];
    text_set(t, "", 0);
    FILE *f = fopen(path, "rb");
    size_t n;
    while (f && (n = fread(chunk, 1, sizeof chunk, f)))
        text_add(t, chunk, n);
    if (f)
        fclose(f);
}

static void write_text(const char *path, const char *text, size_t length)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(text, 1, length, f) != length || fclose(f)) {
        fprintf(stderr, "fuzz: cannot write %s: %s\n", path, strerror(errno));
        exit(2);
    }
}

// ---- Coverage ------------------------------------------------------------------------------------------------

enum {
    COUNTERS = 1 << 20
};
static unsigned char *counters, *counters_end; // of this process
static unsigned char *reached;                 // of the last execution: shared
static unsigned char seen[COUNTERS];           // a bit for each order of magnitude of a count
static unsigned seen_count;

void __sanitizer_cov_8bit_counters_init(unsigned char *start, unsigned char *end);
void __sanitizer_cov_8bit_counters_init(unsigned char *start, unsigned char *end)
{
    counters = start;
    counters_end = end;
}

static void save_coverage(void)
{
    size_t n = (size_t)(counters_end - counters);
    memcpy(reached, counters, n < COUNTERS ? n : COUNTERS);
}

static bool is_new(void)
{
    bool fresh = false;
    for (size_t i = 0; i < COUNTERS && i < (size_t)(counters_end - counters); i++) {
        unsigned c = reached[i];
        if (!c)
            continue;
        unsigned char bit = (unsigned char)(1u << (c < 4     ? c - 1
                                                   : c < 8   ? 3
                                                   : c < 16  ? 4
                                                   : c < 32  ? 5
                                                   : c < 128 ? 6
                                                             : 7));
        if (!(seen[i] & bit)) {
            seen_count += !seen[i];
            seen[i] |= bit;
            fresh = true;
        }
    }
    return fresh;
}

// In place of the compiler's arena: each object on its own, so that ASan sees its bounds.
static size_t allocated;
void *__wrap_mem_alloc(size_t size);
void *__wrap_mem_alloc(size_t size)
{
    allocated += size;
    void *fresh = allocated < MEMORY_LIMIT ? calloc(1, size ? size : 1) : NULL;
    if (!fresh) {
        fputs("fuzz: too much memory\n", stderr);
        abort();
    }
    return fresh;
}

// ---- One execution -----------------------------------------------------------------------------------------

static char scratch[256], in_path[300], out_path[300], log_path[300];
static char directive[1024];
static char *flags[64], *cc_flags[64];
static int flag_count, cc_flag_count;
static bool is_layout;

static void split_directive(const struct text *t)
{
    flag_count = cc_flag_count = 0;
    is_layout = false;
    if (t->length < 10 || strncmp(t->at, "// asyncc:", 10))
        return;
    size_t n = strcspn(t->at, "\r\n");
    snprintf(directive, sizeof directive, "%.*s", (int)(n - 10), t->at + 10);
    static const char *const known[] = {"--no-line",          "--emit=layout",
                                        "--emit=layout,json", "-Wframe-size=8",
                                        "--diagnostics=json", "-Werror"}; // others may have been mutated
    bool after = false;
    for (char *word = strtok(directive, " \t"); word; word = strtok(NULL, " \t")) {
        if (!strcmp(word, "--"))
            after = true;
        else if (after && cc_flag_count < 40)
            cc_flags[cc_flag_count++] = word;
        for (size_t i = 0; !after && flag_count < 20 && i < sizeof known / sizeof *known; i++)
            if (!strcmp(word, known[i]))
                flags[flag_count++] = word;
    }
    for (int i = 0; i < flag_count; i++)
        is_layout |= !strncmp(flags[i], "--emit", 6);
}

static const char *const include_flags[] = {"-Itests/run", "-Itests/run/files", "-Itests/run/headers"};
enum {
    INCLUDE_FLAGS = sizeof include_flags / sizeof *include_flags
};

static void run_child(void)
{
    char *argv[128];
    int argc = 0, null = open("/dev/null", O_RDWR),
        log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(null, 0);
    dup2(null, 1);
    dup2(log, 2);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(SECONDS);
    argv[argc++] = "asyncc";
    argv[argc++] = in_path;
    argv[argc++] = "-o";
    argv[argc++] = out_path;
    for (int i = 0; i < flag_count; i++)
        argv[argc++] = flags[i];
    argv[argc++] = "--";
    for (int i = 0; i < INCLUDE_FLAGS; i++)
        argv[argc++] = (char *)(uintptr_t)include_flags[i];
    for (int i = 0; i < cc_flag_count; i++)
        argv[argc++] = cc_flags[i];
    argv[argc] = NULL;
    memset(counters, 0, (size_t)(counters_end - counters));
    atexit(save_coverage); // where the compiler exits
    int status = asyncc_main(argc, argv);
    save_coverage();
    _exit(status);
}

// Runs the syntax check of CC. The first error is in `message`.
static bool compiles(const char *cc, bool blocking, struct text *message)
{
    char *argv[128];
    int argc = 0;
    argv[argc++] = "timeout"; // compilers have programs they take minutes for
    argv[argc++] = "10";
    argv[argc++] = (char *)(uintptr_t)cc;
    argv[argc++] = "-fsyntax-only";
    argv[argc++] = "-w";
    argv[argc++] = "-Iinclude";
    for (int i = 0; i < INCLUDE_FLAGS; i++)
        argv[argc++] = (char *)(uintptr_t)include_flags[i];
    for (int i = 0; i < cc_flag_count; i++)
        argv[argc++] = cc_flags[i];
    if (blocking) {
        argv[argc++] = "-include";
        argv[argc++] = "tests/fuzz/blocking.h";
    }
    argv[argc++] = blocking ? in_path : out_path;
    argv[argc] = NULL;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    if (status == 0 || WEXITSTATUS(status) == 124)
        return true;
    read_text(message, log_path);
    return false;
}

// A message without what differs from program to program: names and numbers.
static void put_pattern(struct text *key, const char *message)
{
    for (const char *c = message; *c && *c != '\n' && key->length < 150; c++) {
        if (!strncmp(c, "\xe2\x80\x98", 3) || *c == '\'' || *c == '`') {
            const char *close =
                *c == '\'' || *c == '`' ? strchr(c + 1, '\'') : strstr(c, "\xe2\x80\x99");
            if (close) {
                c = close + (*c == '\'' || *c == '`' ? 0 : 2);
                text_put(key, "_");
                continue;
            }
        }
        if (!isdigit((unsigned char)*c))
            text_put(key, "%c", isalnum((unsigned char)*c) || *c == '_' || *c == '.' ? *c : '-');
    }
}

static const char *after(const char *in, const char *what)
{
    const char *found = strstr(in, what);
    return found ? found + strlen(what) : NULL;
}

static struct text last_log;
static bool accepted;
static double longest, last_time; // of an execution, in seconds
static const double slow = 0.5;   // what takes longer has no descendants: it is clang that they wait for

// What is wrong with the way the compiler treats the program, as a file name; "" if nothing.
static bool compile_all = true; // else every fourth output only
static bool compile_none;       // FUZZ_COMPILE=0: looks for crashes and hangs alone, at twice the rate

static const char *judge(const struct text *program)
{
    static struct text key;
    text_set(&key, "", 0);
    split_directive(program);
    write_text(in_path, program->at, program->length);
    unlink(out_path);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    memset(reached, 0, COUNTERS);
    pid_t pid = fork();
    if (pid == 0)
        run_child();
    int status;
    struct rusage usage;
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
        abort();
    clock_gettime(CLOCK_MONOTONIC, &end);
    double took = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    last_time = took;
    if (took > longest)
        longest = took;
    read_text(&last_log, log_path);
    const char *log = last_log.at, *found;
    accepted = status == 0;
    bool left = access(out_path, F_OK) == 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        text_put(&key, "hang");
    } else if ((found = after(log, "runtime error: "))) {
        text_put(&key, "ubsan-");
        put_pattern(&key, found);
    } else if ((found = after(log, "SUMMARY: AddressSanitizer: "))) {
        text_put(&key, "asan-");
        const char *place = strstr(found, " in ");
        put_pattern(&key, place && place < strchr(found, '\n') ? place + 4 : found);
    } else if ((found = after(log, "Assertion `"))) {
        text_put(&key, "assert-");
        struct text condition = {0};
        text_set(&condition, found, strcspn(found, "'"));
        put_pattern(&key, condition.at);
        free(condition.at);
    } else if (strstr(log, "fuzz: too much memory")) {
        text_put(&key, "memory");
    } else if (WIFSIGNALED(status)) {
        text_put(&key, "signal-%d", WTERMSIG(status));
    } else if ((found = after(log, "internal fault: "))) {
        text_put(&key, "fault-");
        put_pattern(&key, found);
    } else if (WEXITSTATUS(status) > 1 && !strstr(log, "is not a text file") &&
               !strstr(log, "refuses these flags")) {
        text_put(&key, "status-%d-", WEXITSTATUS(status));
        put_pattern(&key, log);
    } else if (!accepted && !strstr(log, "error")) {
        text_put(&key, "no-message");
    } else if (left != accepted) {
        text_put(&key, left ? "output-left" : "output-missing");
    } else if (accepted && !is_layout && !compile_none && (compile_all || chance(4) == 0)) {
        static const char *const compilers[] = {"gcc", FUZZ_CLANG};
        static struct text refusal, message;
        for (int i = 0; i < 2; i++) {
            if (compiles(compilers[i], false, &refusal))
                break;
            if (compiles(compilers[i], true, &message)) {
                text_put(&key, i ? "clang-" : "gcc-");
                found = after(refusal.at, "error: ");
                put_pattern(&key, found ? found : refusal.at);
                text_set(&last_log, refusal.at, refusal.length);
                break;
            }
        }
    }
    if (access(scratch, F_OK) == 0 && left != accepted)
        unlink(out_path);
    return key.at;
}

static void warm_up(void)
{
    static const char text[] =
        "#include <asyncc/async.h>\n#include <stdio.h>\nint main(void) { return 0; }\n";
    struct CXUnsavedFile file = {"warm.c", text, sizeof text - 1};
    static const char *const arguments[] = {"-xc", "-Iinclude"};
    CXIndex index = clang_createIndex(0, 0);
    CXTranslationUnit unit = NULL;
    clang_parseTranslationUnit2(index, "warm.c", arguments, 2, &file, 1,
                                CXTranslationUnit_DetailedPreprocessingRecord, &unit);
    clang_disposeTranslationUnit(unit);
    clang_disposeIndex(index);
}

// ---- The campaign ------------------------------------------------------------------------------------------

struct entry {
    struct text text;
    bool accepted;
    unsigned tries, slow; // executions of what was made of it
};
static LIST(struct entry) queue;
static LIST(char *) findings;

static void queue_add(const struct text *t)
{
    struct entry e = {.accepted = accepted};
    text_set(&e.text, t->at, t->length);
    LIST_ADD(&queue, e);
}

static void note_finding(const char *work, const char *key, const struct text *t)
{
    unsigned count = 0;
    for (size_t i = 0; i < findings.count; i++)
        count += !strcmp(findings.at[i], key);
    if (count >= 3)
        return;
    LIST_ADD(&findings, strdup(key));
    char path[1024];
    for (;; count++) {
        snprintf(path, sizeof path, "%s/findings/%s.%u.c", work, key, count);
        if (access(path, F_OK))
            break;
        if (count > 8)
            return;
    }
    write_text(path, t->at, t->length);
    snprintf(path, sizeof path, "%s/findings/%s.%u.log", work, key, count);
    write_text(path, last_log.at, last_log.length);
    printf("finding: %s\n", key);
}

static bool load_queue(const char *work)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/queue", work);
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    static struct text t;
    for (int i = 0; i < count; i++) {
        if (*names[i]->d_name != '.') {
            snprintf(path, sizeof path, "%s/queue/%s", work, names[i]->d_name);
            read_text(&t, path);
            judge(&t);
            if (is_new() && last_time < slow)
                queue_add(&t);
            else
                unlink(path);
        }
        free(names[i]);
    }
    return count > 2;
}

static struct entry *pick_entry(void)
{
    for (int i = 0; i < 4; i++) { // mostly programs that are translated, that are short, and found lately
        struct entry *e = &queue.at[chance((unsigned)queue.count)],
                     *other = &queue.at[chance((unsigned)queue.count)];
        if (other->text.length < e->text.length)
            e = other;
        if (chance(3) == 0)
            e = &queue.at[queue.count - 1 - chance((unsigned)(queue.count / 8 + 1))];
        if (e->accepted || chance(12) == 0)
            return e;
    }
    return &queue.at[chance((unsigned)queue.count)];
}

static int campaign(const char *work, unsigned long executions, int count, char **paths)
{
    struct text t = {0};
    char path[1024];
    static const char *const parts[] = {"queue", "findings"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", work, parts[i]);
        mkdir(path, 0777);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    load_queue(work);
    for (int i = 0; i < count; i++) {
        read_text(&t, paths[i]);
        if (t.length > 2 * LONGEST_PROGRAM)
            continue;
        const char *key = judge(&t);
        if (*key)
            note_finding(work, key, &t);
        is_new();
        queue_add(&t);
    }
    time_t start = time(NULL);
    unsigned long taken = 0;
    for (unsigned long n = 1; n <= executions && queue.count; n++) {
        struct entry *e = pick_entry();
        e->tries++;
        text_set(&t, e->text.at, e->text.length);
        mutate(&t, &queue.at[chance((unsigned)queue.count)].text);
        if (t.length <= LONGEST_PROGRAM + e->text.length / 2 && t.length <= 3 * LONGEST_PROGRAM) {
            compile_all = false;
            const char *key = judge(&t);
            taken += accepted;
            compile_all = true;
            bool new_path = !*key && is_new();
            if (new_path)
                key = judge(&t);
            e->slow += last_time > slow;
            if (e->slow > 2 && e->slow > e->tries / 100)
                *e = queue.at[--queue.count];
            if (*key) {
                note_finding(work, key, &t);
            } else if (new_path && last_time < slow) {
                queue_add(&t);
                snprintf(path, sizeof path, "%s/queue/%016lx%08x.c", work, (unsigned long)time(NULL),
                         (unsigned)queue.count);
                write_text(path, t.at, t.length);
            }
        }
        if (n % 1000 == 0 || n == executions) {
            time_t now = time(NULL);
            printf("%lu executions, %.0f/s, %.0f %% translated, %zu programs, %u edges, %zu findings, "
                   "longest %.1f s\n",
                   n, (double)n / (double)(now > start ? now - start : 1),
                   100.0 * (double)taken / (double)n, queue.count, seen_count, findings.count, longest);
            snprintf(path, sizeof path, "%s/executions", work);
            FILE *f = fopen(path, "a");
            if (f) {
                fprintf(f, "%lu\n", n % 1000 ? n % 1000 : 1000);
                fclose(f);
            }
        }
    }
    return findings.count ? 1 : 0;
}

static int try_files(int count, char **paths)
{
    int failed = 0;
    struct text t = {0};
    for (int i = 0; i < count; i++) {
        read_text(&t, paths[i]);
        const char *key = judge(&t);
        printf("%s: %s\n", paths[i], *key ? key : accepted ? "translated" : "refused");
        if (*key)
            fputs(last_log.at, stdout);
        failed += *key != 0;
    }
    return failed ? 1 : 0;
}

static int reduce_file(const char *from, const char *to)
{
    struct text best = {0}, smaller = {0};
    read_text(&best, from);
    char *key = strdup(judge(&best));
    if (!*key) {
        printf("%s: nothing is wrong\n", from);
        return 1;
    }
    bool progress = true;
    while (progress) {
        progress = false;
        for (unsigned step = 0; reduce(&best, &step, &smaller);) {
            if (smaller.length < best.length && !strcmp(judge(&smaller), key)) {
                struct text swap = best;
                best = smaller;
                smaller = swap;
                progress = true;
            } else {
                step++;
            }
        }
    }
    write_text(to, best.at, best.length);
    printf("%s: %s: %zu bytes\n", to, key, best.length);
    return 0;
}

int main(int argc, char **argv)
{
    const char *compile = getenv("FUZZ_COMPILE");
    compile_none = compile && !strcmp(compile, "0");
    if (argc < 3)
        return 2;
    snprintf(scratch, sizeof scratch, "%s/asyncc-fuzz-%ld",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (long)getpid());
    mkdir(scratch, 0777);
    snprintf(in_path, sizeof in_path, "%s/in.c", scratch);
    snprintf(out_path, sizeof out_path, "%s/out.c", scratch);
    snprintf(log_path, sizeof log_path, "%s/log", scratch);
    reached = mmap(NULL, COUNTERS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    signal(SIGPIPE, SIG_IGN);
    setenv("LIBCLANG_NOTHREADS", "1", 1);
    setenv("LC_ALL", "C", 1);
    mallopt(M_ARENA_MAX, 1); // one heap that grows in large steps: a third of the time, without ASan
    mallopt(M_TOP_PAD, 32 << 20);
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    warm_up();
    int status = 2;
    if (!strcmp(argv[1], "run") && argc > 5) {
        chance_state = strtoull(argv[4], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
        status = campaign(argv[2], strtoul(argv[3], NULL, 10), argc - 5, argv + 5);
    } else if (!strcmp(argv[1], "try")) {
        status = try_files(argc - 2, argv + 2);
    } else if (!strcmp(argv[1], "reduce") && argc == 4) {
        status = reduce_file(argv[2], argv[3]);
    }
    unlink(in_path);
    unlink(out_path);
    unlink(log_path);
    rmdir(scratch);
    return status;
}
