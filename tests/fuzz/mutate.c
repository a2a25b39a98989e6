// mutate.c - changes a program so that it mostly stays C: statements and expressions move, are wrapped, become macros,
// awaits come and go, and new code in the grammar of async C is made up. Sometimes tokens or bytes change at random.
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct program program, donor;
static struct text made;

static unsigned start_of(const struct program *p, unsigned token)
{
    return p->tokens.at[token].start;
}

// ---- Making up code --------------------------------------------------------------------------------------

// What made-up code refers to. Put after the includes of a program that lacks it.
static const char prelude[] =
    "struct fz_s { int a, b; int c[3]; struct { int d; } in; unsigned e : 3; };\n"
    "typedef async_fn(int, (int)) fz_call;\n"
    "static async int fz_one(int a) { return a; }\n"
    "static async int fz_two(int a, int b) { return await fz_one(a) + b; }\n"
    "static async void fz_void(void) { }\n"
    "static async struct fz_s fz_struct(int a) { struct fz_s s = {a}; return s; }\n"
    "static async int *fz_pointer(int *p) { await fz_void(); return p; }\n"
    "async double fz_elsewhere(int a);\n"
    "static int fz_plain(int a) { return a; }\n"
    "static int *fz_ref(int *p) { return p; }\n"
    "static int fz_many(int n, ...) { return n; }\n"
    "static void fz_clean(int *p) { (void)p; }\n"
    "static int fz_g, fz_array[4];\n"
    "static struct { fz_call call; } fz_ops;\n"
    "#define FZ_AWAIT(e) await e\n"
    "#define FZ_TRY(e) do { int r_ = await e; if (r_ < 0) fz_g = r_; } while (0)\n"
    "#define FZ_ADD(x, y) ((x) + (y))\n"
    "#define FZ_TWICE(x) x; x\n"
    "#define FZ_IF(c) if (c)\n"
    "#define FZ_LOCAL(n, v) int n = v\n"
    "#define FZ_BEGIN do {\n"
    "#define FZ_END } while (0)\n"
    "#define FZ_STR(x) #x\n"
    "#define FZ_CAT(x, y) x##y\n";

struct scene {   // where made-up code will stand
    unsigned at; // token
    const struct function *function;
    bool awaits, in_loop, in_switch;
    unsigned number; // of the next name
};

static unsigned names;

static void make_name(struct text *o)
{
    text_put(o, "fz_v%u", names++ % 50);
}

static bool pick_variable(const struct scene *sc, const struct variable **found)
{
    unsigned seen = 0;
    for (size_t i = 0; i < program.variables.count; i++) {
        const struct variable *v = &program.variables.at[i];
        if (v->is_int && v->begin < sc->at && sc->at < v->end && v->end <= sc->function->end &&
            chance(++seen) == 0)
            *found = v;
    }
    return seen;
}

static void make_lvalue(struct text *o, const struct scene *sc)
{
    const struct variable *v;
    if (pick_variable(sc, &v) && chance(6))
        text_add(o, program.text + start_of(&program, v->name),
                 program.tokens.at[v->name].end - start_of(&program, v->name));
    else
        text_put(o, chance(2) ? "fz_g" : "fz_array[%u]", chance(4));
}

static void make_value(struct text *o, const struct scene *sc, unsigned depth);
static void make_statement(struct text *o, struct scene *sc, unsigned depth);

// Follows a pattern: E an int value, L an lvalue, N a new name, R the name before, S a statement, A a call that can be
// awaited, D a digit; everything else is itself, and `\x` is x.
static void make(struct text *o, struct scene *sc, unsigned depth, const char *pattern)
{
    unsigned last = names;
    for (const char *c = pattern; *c; c++) {
        bool alone = (c == pattern || !(isalnum((unsigned char)c[-1]) || c[-1] == '_')) &&
                     !(isalnum((unsigned char)c[1]) || c[1] == '_');
        if (!alone || !strchr("ELNRSAD", *c)) {
            text_add(o, c, 1);
            continue;
        }
        switch (*c) {
        case 'E':
            make_value(o, sc, depth);
            break;
        case 'L':
            make_lvalue(o, sc);
            break;
        case 'N':
            last = names;
            make_name(o);
            break;
        case 'R':
            text_put(o, "fz_v%u", last % 50);
            break;
        case 'S':
            make_statement(o, sc, depth);
            break;
        case 'D':
            text_put(o, "%u", chance(9));
            break;
        case 'A': {
            static const char *const calls[] = {"fz_one(E)",      "fz_two(E, E)",      "fz_one(E)",
                                                "fz_ops.call(E)", "(*fz_ops.call)(E)", "(fz_one)(E)"};
            make(o, sc, depth, calls[chance(sizeof calls / sizeof *calls)]);
        }
        }
    }
}

static const char *pick(const char *const *list, size_t count)
{
    return list[chance((unsigned)count)];
}
#define PICK(list) pick(list, sizeof(list) / sizeof *(list))

static void make_value(struct text *o, const struct scene *sc, unsigned depth)
{
    static const char *const leaves[] = {
        "L", "L", "D", "L", "'a'", "fz_g", "(int)sizeof(L)", "fz_array[D & 3]"};
    static const char *const awaits[] = {"await A",
                                         "await A",
                                         "await A",
                                         "await A",
                                         "(await fz_struct(E)).a",
                                         "(await fz_struct(E)).c[E & 1]",
                                         "*await fz_pointer(&L)",
                                         "(await fz_pointer(fz_array))[E & 3]",
                                         "FZ_AWAIT(A)",
                                         "(int)await fz_elsewhere(E)",
                                         "await async_timeout_ms(E, L = A)",
                                         "await async_select(L = A, A)",
                                         "(await fz_void(), E)",
                                         "await async_select(fz_void(), A)",
                                         "(await fz_struct(E)).in.d",
                                         "(L = await A)",
                                         "(L += await A)",
                                         "({ int N = await A; R + E; })",
                                         "await (E ? fz_one : fz_ops.call)(E)",
                                         "-await A",
                                         "!await A"};
    static const char *const plain[] = {"E + E",
                                        "(E - E)",
                                        "E * E",
                                        "(E & E)",
                                        "E << E",
                                        "(E, E)",
                                        "(E < E)",
                                        "E == E",
                                        "(E && E)",
                                        "(E || E)",
                                        "(E ? E : E)",
                                        "(E ?: E)",
                                        "(L = E)",
                                        "(L += E)",
                                        "(L <<= E)",
                                        "L++",
                                        "--L",
                                        "-E",
                                        "!E",
                                        "~E",
                                        "(int)(E)",
                                        "(long)(E)",
                                        "fz_array[(E) & 3]",
                                        "((int[]){E, E})[0]",
                                        "((struct fz_s){.b = E, .a = E}).a",
                                        "((struct fz_s){E, E, {E, [2] = E}, {E}}).c[1]",
                                        "fz_plain(E)",
                                        "*fz_ref(&L)",
                                        "fz_many(E, E, E)",
                                        "({ int N = E; R + E; })",
                                        "({ E; })",
                                        "FZ_ADD(E, E)",
                                        "__builtin_expect(E, 1)",
                                        "_Generic(E, int: E, default: 0)",
                                        "\"abc\"[(E) & 1]",
                                        "FZ_STR(L)[0]",
                                        "(__extension__ (E))",
                                        "*&L",
                                        "(*(fz_array + (E & 3)))",
                                        "(E) % (E | 1)",
                                        "FZ_CAT(fz_, g)",
                                        "(&(struct fz_s){E})->a",
                                        "fz_plain(FZ_ADD(E, E))",
                                        "(fz_plain)(E)",
                                        "(E, L++, E)",
                                        "(E != E)",
                                        "(_Bool)(E)",
                                        "(int)((double)(E) * 0.5)",
                                        "(sizeof(int[D + 1]) + E)"};
    struct scene inner = *sc;
    if (depth == 0 || chance(5) == 0)
        make(o, &inner, 0, PICK(leaves));
    else if (sc->awaits && chance(5) < 2)
        make(o, &inner, depth - 1, PICK(awaits));
    else
        make(o, &inner, depth - 1, PICK(plain));
}

static void make_statement(struct text *o, struct scene *sc, unsigned depth)
{
    static const char *const simple[] = {"E;",
                                         "L = E;",
                                         "L += E;",
                                         "L = E;",
                                         ";",
                                         "{ int N = E; L = R; }",
                                         "{ }",
                                         "fz_plain(E);",
                                         "(void)E;",
                                         "L++;",
                                         "if (E) { L = E; }",
                                         "FZ_TWICE(L = E);"};
    static const char *const declared[] = {
        "{ int N = E, R_2 = E; L = R; S }",
        "{ int N[] = {E, E, E}; S L = R[1]; }",
        "{ const int N = E; S L = R; }",
        "{ struct fz_s N = {E, .c = {E, E}}; S L = R.a; }",
        "{ struct fz_s N = {.in.d = E, .e = E}; S L = R.in.d; }",
        "{ struct { int x, y; } N = {E, E}; S L = R.x; }",
        "{ volatile int N = E; S L = R; }",
        "{ static int N = 3; S R = E; }",
        "{ typedef int N; R fz_w = E; S L = fz_w; }",
        "{ enum { N = 3 }; S L = R; }",
        "{ int N[(E & 3) + 1]; R[0] = E; S }",
        "{ __auto_type N = E; S L = R; }",
        "{ __typeof__(L) N = E; S L = R; }",
        "{ extern int fz_x; S L = fz_x; }",
        "{ int fz_proto(int); S L = fz_proto(E); }",
        "{ _Static_assert(1, \"\"); S }",
        "{ union { int i; char c[4]; } N = {E}; S L = R.c[1]; }",
        "{ int *N = &L; S L = *R; }",
        "{ _Alignas(32) int N = E; S L = R; }",
        "{ int (*N)[2] = &(int[2]){E, E}; S L = (*R)[1]; }",
        "{ __attribute__((cleanup(fz_clean))) int N = E; S }",
        "{ FZ_LOCAL(N, E); S L = R; }",
        "{ int N; R = E; S L = R; }",
        "{ register int N = E; S L = R; }",
        "{ struct fz_s N = (struct fz_s){E}, *fz_q = &R; S L = fz_q->a; }",
        "{ int N[2][2] = {{E, E}, [1] = {E}}; S L = R[1][0]; }",
        "{ char N[] = \"text\"; S L = R[E & 3]; }",
        "{ fz_call N = fz_one; S L = E; (void)R; }",
        "{ _Atomic int N = E; S L = R; }",
        "{ long double N = E; S L = (int)R; }",
        "{ _Complex double N = E; S L = (int)R; }",
        "{ struct fz_t { int z; } N = {E}; S L = R.z; }",
        "{ int a = E; { int a = E; S L = a; } L = a; }",
        "{ int N = E; int *fz_p = &R; S L = *fz_p; }"};
    static const char *const compound[] = {"{ S S }",
                                           "if (E) S",
                                           "if (E) S else S",
                                           "while (E) S",
                                           "while (E) { S break; S }",
                                           "do S while (E);",
                                           "do { S continue; } while (E);",
                                           "for (int N = E; R < E; R++) S",
                                           "for (L = E; E; L += E) { S if (E) continue; S }",
                                           "for (;;) { S break; }",
                                           "for (int N = E, fz_m = E; E; E) S",
                                           "switch (E) { case 0: S case 1: S break; default: S }",
                                           "switch (E) { S case 3: S }",
                                           "switch (E) case D: S",
                                           "switch (E & 3) { case 0: do { S case 1: S } while (E); }",
                                           "defer L = D;",
                                           "defer { L = D; }",
                                           "{ defer { L++; } S }",
                                           "FZ_IF(E) S",
                                           "FZ_BEGIN S FZ_END;",
                                           "{ goto N; S R: S }",
                                           "{ N: S if (E) goto R; }",
                                           "if (E) ; else S",
                                           "while (E) ;",
                                           "#if 1\nS\n#else\nS\n#endif\n",
                                           "#ifdef FZ_NOT\nS\n#endif\n",
                                           "{ __label__ N; R: S if (E) goto R; }",
                                           "{ void *N = &&fz_l; goto *R; fz_l: S }",
                                           "asm volatile(\"\" : \"+r\"(L) : \"r\"(E));",
                                           "({ S E; });",
                                           "({ S S });",
                                           "switch (E) { case D ... 12: S }",
                                           "{ N: ; }",
                                           "if (E) { defer L = 1; S } else S"};
    static const char *const awaiting[] = {
        "await A;",
        "(void)await A;",
        "L = await A;",
        "await fz_void();",
        "L = await A + await A;",
        "await async_join(A, L = A);",
        "await async_join(fz_void());",
        "await async_join(L = A, L = A, fz_void());",
        "(void)async_spawn(A);",
        "switch (await async_select(L = A, fz_void())) { case 0: S break; case 1: S }",
        "FZ_TWICE(await A);",
        "{ struct fz_s N = await fz_struct(E); S L = R.b; }",
        "{ int N[2] = {await A, E}; S L = R[1]; }",
        "if (await A) S else S",
        "while (await A) S",
        "do S while (await A);",
        "for (await A; await A; await A) S",
        "switch (await A) { case 0: S default: S }",
        "L = E && await A;",
        "L = E ? await A : E;",
        "fz_many(await A, E, await A);",
        "fz_g += await A;",
        "fz_array[await A & 3] = await A;",
        "*await fz_pointer(&L) += await A;",
        "FZ_AWAIT(A);",
        "(void)async_block_on(A);",
        "{ int N = E; await A; L = R; }",
        "{ int N = E, *fz_p = &R; await A; L = *fz_p; }",
        "{ int N[4]; R[0] = E; await A; L = R[0]; }",
        "{ defer { L = D; } await A; S }",
        "FZ_IF(await A) S"};
    unsigned kind = depth ? chance(10) : 0;
    unsigned below = depth ? depth - 1 : 0;
    if (sc->awaits && kind >= 6)
        make(o, sc, below, PICK(awaiting));
    else if (kind >= 4)
        make(o, sc, below, PICK(declared));
    else if (kind >= 1)
        make(o, sc, below, PICK(compound));
    else
        make(o, sc, below, PICK(simple));
    text_put(o, " ");
}

// ---- Places ------------------------------------------------------------------------------------------------

static struct statement *pick_statement(struct program *p)
{
    return p->statements.count ? &p->statements.at[chance((unsigned)p->statements.count)] : NULL;
}

static struct range *pick_expression(struct program *p)
{
    return p->expressions.count ? &p->expressions.at[chance((unsigned)p->expressions.count)] : NULL;
}

static const struct function *function_at(unsigned token)
{
    for (size_t i = 0; i < program.functions.count; i++)
        if (token >= program.functions.at[i].begin && token < program.functions.at[i].end)
            return &program.functions.at[i];
    return NULL;
}

static bool scene_at(unsigned token, struct scene *sc)
{
    const struct function *f = function_at(token);
    if (!f)
        return false;
    *sc = (struct scene){.at = token, .function = f, .awaits = f->is_async || chance(40) == 0};
    return true;
}

static void put_range(struct text *o, const struct program *p, unsigned begin, unsigned end)
{
    if (begin < end)
        text_add(o, p->text + start_of(p, begin), p->tokens.at[end - 1].end - start_of(p, begin));
}

static void replace(struct text *t, const struct program *p, unsigned begin, unsigned end,
                    const char *with)
{
    if (begin < end)
        text_replace(t, start_of(p, begin), p->tokens.at[end - 1].end, with);
    else if (begin < p->tokens.count)
        text_replace(t, start_of(p, begin), start_of(p, begin), with);
}

static bool mentions(const struct program *p, const struct token *word, const char *in)
{
    for (size_t i = 0; i < p->tokens.count; i++) {
        const struct token *t = &p->tokens.at[i];
        if (t->kind == T_WORD && t->end - t->start == word->end - word->start &&
            !memcmp(p->text + t->start, in + word->start, word->end - word->start))
            return true;
    }
    return false;
}

// A part of another program; names that this one lacks become those of something it has.
static void put_foreign(struct text *o, unsigned begin, unsigned end, const struct scene *sc)
{
    for (unsigned i = begin; i < end; i++) {
        const struct token *t = &donor.tokens.at[i];
        bool member = i > 0 && (reads(&donor, i - 1, ".") || reads(&donor, i - 1, "->"));
        if (t->kind != T_WORD || is_keyword(&donor, i) || member || mentions(&program, t, donor.text)) {
            if (t->kind == T_DIRECTIVE)
                text_put(o, "\n");
            put_range(o, &donor, i, i + 1);
            text_put(o, t->kind == T_DIRECTIVE ? "\n" : " ");
        } else if (reads(&donor, i + 1, "(")) {
            bool awaited = i > 0 && reads(&donor, i - 1, "await");
            text_put(o, awaited || (sc->awaits && chance(2)) ? "%sfz_one" : "%sfz_plain",
                     awaited || !sc->awaits ? "" : "");
        } else if (reads(&donor, i + 1, ":") ||
                   (i > 0 && (is_type_word(&donor, i - 1) || reads(&donor, i - 1, "goto")))) {
            put_range(o, &donor, i, i + 1); // what it declares
            text_put(o, " ");
        } else {
            make_lvalue(o, sc);
            text_put(o, " ");
        }
    }
}

static void add_prelude(struct text *t)
{
    if (!strstr(t->at, "fz_") || strstr(t->at, "fz_ops;"))
        return;
    program_scan(&program, t->at, t->length);
    unsigned after = 0;
    for (size_t i = 0; i < program.items.count; i++) {
        unsigned first = program.items.at[i].begin;
        if (program.tokens.at[first].kind != T_DIRECTIVE)
            break;
        if (strstr(t->at + start_of(&program, first), "include") &&
            strcspn(t->at + start_of(&program, first), "\n") > 8)
            after = program.tokens.at[first].end;
    }
    text_set(&made, "\n", 1);
    text_put(&made, "%s", prelude);
    text_replace(t, after, after, made.at);
}

// ---- The mutations -----------------------------------------------------------------------------------------

static void insert_statement(struct text *t)
{
    struct statement *s = pick_statement(&program);
    struct scene sc;
    if (!s || !scene_at(s->begin, &sc))
        return;
    make_statement(&made, &sc, 1 + chance(3));
    if (!s->in_block) {
        text_put(&made, " ");
        put_range(&made, &program, s->begin, s->end);
        text_put(&made, " }");
        struct text copy = {0};
        text_put(&copy, "{ %s", made.at);
        replace(t, &program, s->begin, s->end, copy.at);
        grow(copy.at, 0);
        return;
    }
    replace(t, &program, s->begin, s->begin, made.at);
}

static void replace_expression(struct text *t)
{
    struct range *e = pick_expression(&program);
    struct scene sc;
    if (!e || !scene_at(e->begin, &sc))
        return;
    text_put(&made, "(");
    make_value(&made, &sc, 1 + chance(3));
    text_put(&made, ")");
    replace(t, &program, e->begin, e->end, made.at);
}

static void wrap_expression(struct text *t)
{
    static const char *const wraps[] = {"await fz_one(|)",
                                        "fz_plain(|)",
                                        "(|)",
                                        "(0, |)",
                                        "(1 ? | : 0)",
                                        "(int)(|)",
                                        "FZ_ADD(|, 0)",
                                        "({ |; })",
                                        "(await fz_void(), |)",
                                        "(fz_g ?: |)",
                                        "(fz_g && |)",
                                        "(fz_g = |)",
                                        "fz_array[(|) & 3]",
                                        "(| + await fz_one(1))",
                                        "(await fz_one(1) + |)",
                                        "((int[]){|, await fz_one(2)})[0]",
                                        "((struct fz_s){|}).a",
                                        "(fz_g += |)",
                                        "!|",
                                        "_Generic(1, int: |)",
                                        "FZ_AWAIT(fz_one(|))",
                                        "(__extension__ |)",
                                        "await |",
                                        "*&|",
                                        "sizeof(|)",
                                        "(|, fz_g)",
                                        "(await (|))",
                                        "fz_many(1, |, await fz_one(0))"};
    struct range *e = pick_expression(&program);
    if (!e)
        return;
    const char *wrap = PICK(wraps);
    const char *bar = strchr(wrap, '|');
    text_add(&made, wrap, (size_t)(bar - wrap));
    put_range(&made, &program, e->begin, e->end);
    text_put(&made, "%s", bar + 1);
    replace(t, &program, e->begin, e->end, made.at);
}

static void wrap_statement(struct text *t)
{
    static const char *const wraps[] = {"{ | }",
                                        "if (fz_g) { | }",
                                        "if (fz_g) | else { }",
                                        "if (await fz_one(1)) { | }",
                                        "while (fz_g--) { | }",
                                        "while (await fz_one(0)) |",
                                        "do { | } while (await fz_one(0));",
                                        "do | while (0);",
                                        "for (int fz_i = 0; fz_i < 3; fz_i++) |",
                                        "switch (fz_g) { case 0: | default: ; }",
                                        "switch (await fz_one(2)) { case 2: | }",
                                        "({ | });",
                                        "defer { | }",
                                        "defer |",
                                        "{ defer { fz_g++; } | }",
                                        "{ __attribute__((cleanup(fz_clean))) int fz_c = 0; | }",
                                        "{ int fz_b[(fz_g & 3) + 1]; | (void)fz_b; }",
                                        "FZ_BEGIN | FZ_END;",
                                        "FZ_IF(1) |",
                                        "#if 1\n|\n#endif\n",
                                        "#if 0\n|\n#else\n;\n#endif\n",
                                        "fz_label: |",
                                        "{ | await fz_void(); }",
                                        "{ await fz_void(); | }",
                                        "if (fz_g) ; else |",
                                        "for (;;) { | break; }",
                                        "{ { | } { | } }",
                                        "{ static int fz_k; | fz_k++; }",
                                        "for (;;) { | continue; }",
                                        "#line 7 \"other.c\"\n|\n",
                                        "/* a */ | // b\n",
                                        "{ void fz_n(void) { } | }"};
    struct statement *s = pick_statement(&program);
    if (!s)
        return;
    for (const char *c = PICK(wraps); *c; c++)
        if (*c == '|')
            put_range(&made, &program, s->begin, s->end);
        else if (*c == '#' && made.length == 0)
            text_put(&made, "\n#");
        else
            text_add(&made, c, 1);
    replace(t, &program, s->begin, s->end, made.at);
}

static void delete_statement(struct text *t)
{
    struct statement *s = pick_statement(&program);
    if (s)
        replace(t, &program, s->begin, s->end, s->in_block ? " " : ";");
}

static void unwrap_statement(struct text *t) // `if (..) { X }` becomes X
{
    for (int i = 0; i < 20; i++) {
        struct statement *s = pick_statement(&program);
        if (!s || s + 1 == program.statements.at + program.statements.count)
            return;
        if (s->kind == S_COMPOUND && s[1].end <= s->end) {
            put_range(&made, &program, s[1].begin, s[1].end);
            replace(t, &program, s->begin, s->end, made.at);
            return;
        }
    }
}

// A statement moves or is copied to another place: of its own function mostly, where its names are known.
static void copy_statement(struct text *t, bool move)
{
    struct statement *from = pick_statement(&program), *to = NULL;
    for (int i = 0; i < 10 && from; i++) {
        to = pick_statement(&program);
        if (to->function == from->function && to != from &&
            (to->end <= from->begin || to->begin >= from->end))
            break;
    }
    if (!from || !to || to == from)
        return;
    put_range(&made, &program, from->begin, from->end);
    text_put(&made, " ");
    bool onto = !to->in_block || chance(3) == 0;
    if (move && from->begin > to->begin)
        replace(t, &program, from->begin, from->end, from->in_block ? " " : ";");
    replace(t, &program, to->begin, onto ? to->end : to->begin, made.at);
}

static void copy_expression(struct text *t)
{
    struct range *from = pick_expression(&program), *to = NULL;
    for (int i = 0; i < 10 && from; i++) {
        to = pick_expression(&program);
        if (function_at(to->begin) == function_at(from->begin) && to != from)
            break;
    }
    if (!to)
        return;
    text_put(&made, "(");
    put_range(&made, &program, from->begin, from->end);
    text_put(&made, ")");
    replace(t, &program, to->begin, to->end, made.at);
}

static void splice_statement(struct text *t)
{
    struct statement *from = pick_statement(&donor), *to = pick_statement(&program);
    struct scene sc;
    if (!from || !to || from->end - from->begin > 300 || !scene_at(to->begin, &sc))
        return;
    text_put(&made, "{ ");
    put_foreign(&made, from->begin, from->end, &sc);
    text_put(&made, " }");
    replace(t, &program, to->begin, chance(2) ? to->end : to->begin, made.at);
}

static void splice_expression(struct text *t)
{
    struct range *from = pick_expression(&donor), *to = pick_expression(&program);
    struct scene sc;
    if (!from || !to || !scene_at(to->begin, &sc))
        return;
    text_put(&made, "(");
    put_foreign(&made, from->begin, from->end, &sc);
    text_put(&made, ")");
    replace(t, &program, to->begin, to->end, made.at);
}

static void splice_item(struct text *t)
{
    if (!donor.items.count || !program.items.count)
        return;
    struct range from = donor.items.at[chance((unsigned)donor.items.count)];
    struct range to = program.items.at[chance((unsigned)program.items.count)];
    text_put(&made, "\n");
    put_range(&made, &donor, from.begin, from.end);
    text_put(&made, "\n");
    replace(t, &program, to.begin, to.begin, made.at);
}

static void change_item(struct text *t)
{
    if (!program.items.count)
        return;
    struct range a = program.items.at[chance((unsigned)program.items.count)];
    struct range b = program.items.at[chance((unsigned)program.items.count)];
    switch (chance(3)) {
    case 0:
        replace(t, &program, a.begin, a.end, " ");
        break;
    case 1: // later
        if (b.begin <= a.begin)
            return;
        put_range(&made, &program, a.begin, a.end);
        text_put(&made, "\n");
        replace(t, &program, b.begin, b.begin, made.at);
        replace(t, &program, a.begin, a.end, " ");
        break;
    case 2: // a prototype only
        for (size_t i = 0; i < program.functions.count; i++)
            if (program.functions.at[i].begin == a.begin)
                replace(t, &program, program.functions.at[i].open, a.end, ";");
    }
}

static void toggle_await(struct text *t)
{
    struct range *e = pick_expression(&program);
    if (!e)
        return;
    if (reads(&program, e->begin, "await"))
        replace(t, &program, e->begin, e->begin + 1, " ");
    else if (e->begin && reads(&program, e->begin - 1, "await"))
        replace(t, &program, e->begin - 1, e->begin, " ");
    else
        replace(t, &program, e->begin, e->begin, " await ");
}

static void toggle_async(struct text *t)
{
    if (!program.functions.count)
        return;
    struct function *f = &program.functions.at[chance((unsigned)program.functions.count)];
    for (unsigned i = f->begin; i < f->name; i++)
        if (reads(&program, i, "async")) {
            replace(t, &program, i, i + 1, "");
            return;
        }
    if (program.tokens.at[f->begin].kind != T_DIRECTIVE)
        replace(t, &program, f->begin, f->begin, "async ");
}

static void change_type(struct text *t)
{
    static const char *const types[] = {"const int",
                                        "volatile int",
                                        "_Atomic int",
                                        "long",
                                        "char",
                                        "unsigned char",
                                        "double",
                                        "long double",
                                        "_Bool",
                                        "static int",
                                        "register int",
                                        "__int128",
                                        "_Complex double",
                                        "int *",
                                        "enum { FZ_E1 }",
                                        "struct { int m; }",
                                        "int __attribute__((vector_size(16)))",
                                        "float",
                                        "unsigned",
                                        "_Alignas(64) int",
                                        "_Atomic(int)",
                                        "__typeof__(1L)",
                                        "const",
                                        "volatile",
                                        "static",
                                        "extern int",
                                        "_Thread_local static int",
                                        "struct fz_s",
                                        "fz_call",
                                        "__auto_type",
                                        "void *",
                                        "int *restrict",
                                        "typedef int",
                                        "signed char",
                                        "int __attribute__((cleanup(fz_clean)))",
                                        "short"};
    for (int i = 0; i < 30 && program.tokens.count; i++) {
        unsigned k = chance((unsigned)program.tokens.count);
        if (reads(&program, k, "int") || reads(&program, k, "char") || reads(&program, k, "long") ||
            reads(&program, k, "unsigned") || reads(&program, k, "bool")) {
            replace(t, &program, k, k + 1, PICK(types));
            return;
        }
    }
}

// `= value` becomes an array, or a name a pointer: declarators.
static void change_declarator(struct text *t)
{
    if (!program.variables.count)
        return;
    struct variable *v = &program.variables.at[chance((unsigned)program.variables.count)];
    static const char *const before[] = {"*", "*const ", "const ", "(*", "*volatile ", "(", "**"};
    static const char *const after[] = {"", "", "", ")[2]", "", ")", ""};
    unsigned k = chance(12);
    if (k >= sizeof before / sizeof *before) {
        static const char *const tails[] = {"[2]",
                                            "[]",
                                            "[fz_g]",
                                            "[2][3]",
                                            " __attribute__((aligned(32)))",
                                            " : 3",
                                            "(void)",
                                            " __attribute__((cleanup(fz_clean)))",
                                            " __attribute__((unused))",
                                            ", fz_more = 0"};
        text_put(&made, "%s", PICK(tails));
        text_replace(t, program.tokens.at[v->name].end, program.tokens.at[v->name].end, made.at);
        return;
    }
    text_put(&made, "%s", before[k]);
    put_range(&made, &program, v->name, v->name + 1);
    text_put(&made, "%s", after[k]);
    replace(t, &program, v->name, v->name + 1, made.at);
}

// Tokens become the body of a macro, an expression among them perhaps its argument.
static void make_macro(struct text *t)
{
    unsigned begin, end;
    if (chance(2)) {
        struct statement *s = pick_statement(&program);
        if (!s)
            return;
        begin = s->begin;
        end = s->end;
        if (chance(3) == 0 && end > begin + 1)
            end = begin + 1 + chance(end - begin);
        else if (chance(3) == 0 && s + 2 < program.statements.at + program.statements.count &&
                 s[1].function == s->function)
            end = s[1].end > end ? s[1].end : end;
        else if (chance(2) && reads(&program, end - 1, ";"))
            end--;
    } else {
        struct range *e = pick_expression(&program);
        if (!e)
            return;
        begin = e->begin;
        end = e->end;
        if (chance(6) == 0)
            end += chance(4);
    }
    if (end > program.tokens.count || begin >= end)
        return;
    const struct function *f = function_at(begin);
    if (!f || end > f->end)
        return;
    struct range inner = {0};
    for (size_t i = 0, seen = 0; i < program.expressions.count; i++) {
        struct range e = program.expressions.at[i];
        if (e.begin >= begin && e.end <= end && chance((unsigned)++seen) == 0)
            inner = e;
    }
    bool with_argument = inner.end && chance(2);
    bool local = chance(4) == 0; // defined inside the function, just before
    unsigned number = chance(1000);
    text_put(&made, "\n#define FZ_M%u%s ", number, with_argument ? "(fz_x)" : chance(4) ? "" : "()");
    bool parentheses = with_argument || made.at[made.length - 2] == ')';
    for (unsigned i = begin; i < end; i++) {
        if (program.tokens.at[i].kind == T_DIRECTIVE)
            return;
        if (with_argument && i == inner.begin) {
            text_put(&made, chance(8) ? "fz_x " : chance(2) ? "fz_x fz_x " : "(fz_x) ");
            i = inner.end - 1;
            continue;
        }
        put_range(&made, &program, i, i + 1);
        text_put(&made, chance(30) ? " " : "\\\n ");
    }
    text_put(&made, "\n");
    struct text use = {0};
    text_put(&use, "FZ_M%u%s", number, parentheses ? "(" : "");
    if (with_argument)
        put_range(&use, &program, inner.begin, inner.end);
    text_put(&use, parentheses ? ") " : " ");
    replace(t, &program, begin, end, use.at);
    unsigned place = f->begin;
    if (local)
        for (size_t i = 0; i < program.statements.count; i++)
            if (program.statements.at[i].in_block && program.statements.at[i].begin <= begin &&
                program.statements.at[i].begin > place)
                place = program.statements.at[i].begin;
    replace(t, &program, place, place, made.at);
    grow(use.at, 0);
}

static void change_token(struct text *t)
{
    static const char *const words[] = {"async",
                                        "await",
                                        "defer",
                                        "static",
                                        "const",
                                        "volatile",
                                        "return",
                                        "break",
                                        "continue",
                                        "goto",
                                        "case",
                                        "default",
                                        "if",
                                        "else",
                                        "while",
                                        "for",
                                        "do",
                                        "switch",
                                        "int",
                                        "struct",
                                        "sizeof",
                                        "typedef",
                                        "(",
                                        ")",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ";",
                                        ",",
                                        ":",
                                        "?",
                                        "=",
                                        "+",
                                        "-",
                                        "*",
                                        "&",
                                        "&&",
                                        "||",
                                        "+=",
                                        "++",
                                        "--",
                                        "->",
                                        ".",
                                        "...",
                                        "#",
                                        "##",
                                        "0",
                                        "1",
                                        "-1",
                                        "99999999999999999999",
                                        "\"\"",
                                        "'",
                                        "\"",
                                        "\\",
                                        "\\\n",
                                        "/*",
                                        "*/",
                                        "//",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "?\?/",
                                        "%:",
                                        "<:",
                                        "<%",
                                        "_Pragma(\"x\")",
                                        "__func__",
                                        "__LINE__",
                                        "__COUNTER__",
                                        "__extension__",
                                        "asyncc_await",
                                        "__VA_ARGS__",
                                        "\n#if 1\n",
                                        "\n#endif\n",
                                        "\n#else\n",
                                        "\n#undef await\n",
                                        "\n#define fz_g 1\n",
                                        "\n#pragma once\n",
                                        "\n#line 3\n",
                                        "\\u00e9",
                                        "self",
                                        "cx",
                                        "async_join(",
                                        "async_select(",
                                        "async_spawn(",
                                        "async_fn(int, (int))",
                                        "_Generic(",
                                        "asm(\"\")",
                                        "L'x'",
                                        "0x1p3",
                                        "1i",
                                        "__label__ x;",
                                        "&&x",
                                        "int",
                                        "async int main",
                                        "goto x;",
                                        "x:",
                                        "break;",
                                        "continue;",
                                        "return;",
                                        "return 0;",
                                        "await fz_one(0)"};
    if (!program.tokens.count)
        return;
    unsigned a = chance((unsigned)program.tokens.count), b = chance((unsigned)program.tokens.count);
    switch (chance(5)) {
    case 0:
        replace(t, &program, a, a + 1, " ");
        break;
    case 1:
        text_put(&made, " %s ", PICK(words));
        replace(t, &program, a, a, made.at);
        break;
    case 2:
        text_put(&made, " %s ", PICK(words));
        replace(t, &program, a, a + 1, made.at);
        break;
    case 3:
        put_range(&made, &program, b, b + 1);
        text_put(&made, " ");
        replace(t, &program, a, a + chance(2), made.at);
        break;
    case 4:
        replace(t, &program, a, a + 1 + chance(5) < program.tokens.count ? a + 1 + chance(5) : a + 1,
                " ");
    }
}

static void change_word(struct text *t) // a name becomes another one of the program
{
    unsigned from = 0, to = 0;
    for (int i = 0; i < 40 && program.tokens.count; i++) {
        unsigned k = chance((unsigned)program.tokens.count);
        if (program.tokens.at[k].kind != T_WORD || is_keyword(&program, k))
            continue;
        if (!from) {
            from = k;
        } else {
            to = k;
            break;
        }
    }
    if (!to)
        return;
    put_range(&made, &program, from, from + 1);
    replace(t, &program, to, to + 1, made.at);
}

static void change_bytes(struct text *t)
{
    if (!t->length)
        return;
    char byte[8] = {0};
    unsigned at = chance((unsigned)t->length);
    switch (chance(4)) {
    case 0:
        byte[0] = (char)(1 + chance(255));
        break;
    case 1:
        byte[0] = t->at[chance((unsigned)t->length)];
        break;
    case 2:
        snprintf(byte, sizeof byte, "%c%c", "\n\t \\\r\f"[chance(6)], "\n\t \\/*"[chance(6)]);
    }
    text_replace(t, at, at + chance(2) + (byte[0] == 0), byte);
}

static void change_space(struct text *t) // between two tokens
{
    static const char *const spaces[] = {"\n",
                                         "\n\n",
                                         " /* ; { } \" */ ",
                                         " // ; { \" '\n",
                                         "\\\n",
                                         "\t",
                                         "\r\n",
                                         "\f",
                                         "/**/",
                                         " \\\n ",
                                         "\n#line 100\n",
                                         "\n#if 0\n ' { await\n#endif\n",
                                         "\n#pragma GCC x\n",
                                         "\n#error\n"};
    if (program.tokens.count) {
        unsigned k = chance((unsigned)program.tokens.count);
        replace(t, &program, k, k, spaces[chance(chance(4) ? 9 : sizeof spaces / sizeof *spaces)]);
    }
}

static void change_options(struct text *t)
{
    static const char *const lines[] = {"",
                                        "",
                                        "// asyncc: --no-line\n",
                                        "// asyncc: --emit=layout,json\n",
                                        "// asyncc: --emit=layout\n",
                                        "// asyncc: -- -std=c99\n",
                                        "// asyncc: -- -std=c11\n",
                                        "// asyncc: -- -std=gnu2x\n",
                                        "// asyncc: -- -std=c2x\n",
                                        "// asyncc: -Wframe-size=8\n",
                                        "// asyncc: --diagnostics=json\n",
                                        "// asyncc: -Werror\n",
                                        "// asyncc: -- -std=gnu99\n"};
    size_t old = strncmp(t->at, "// asyncc:", 10) ? 0 : strcspn(t->at, "\n") + 1;
    text_replace(t, 0, old < t->length ? old : 0, PICK(lines));
}

static void generate_function(struct text *t)
{
    if (!program.items.count)
        return;
    struct function whole = {0, (unsigned)program.tokens.count, 0, 0, true};
    struct scene sc = {.at = 0, .function = &whole, .awaits = chance(8)};
    static const char *const heads[] = {"async int",
                                        "static async int",
                                        "static async void",
                                        "async struct fz_s",
                                        "static inline async int",
                                        "async int *",
                                        "static async double",
                                        "int",
                                        "static async int *const",
                                        "extern async int"};
    static const char *const parameters[] = {"(void)",
                                             "(int fz_a)",
                                             "(int fz_a, int *fz_b)",
                                             "(struct fz_s fz_a)",
                                             "(int fz_a[3], const char *fz_b)",
                                             "(fz_call fz_a)",
                                             "(const int fz_a)",
                                             "(int fz_a, ...)",
                                             "(int fz_n, int fz_a[fz_n])",
                                             "()"};
    unsigned head = chance(10), number = chance(100);
    text_put(&made, "\n%s fz_f%u%s\n{\n", heads[head], number, PICK(parameters));
    for (unsigned i = chance(5) + 1; i; i--)
        make_statement(&made, &sc, 1 + chance(3));
    static const char *const tails[] = {"return E;",
                                        "return E;",
                                        "return;",
                                        "return await fz_struct(E);",
                                        "return E;",
                                        "return fz_ref(&L);",
                                        "return await fz_elsewhere(E);",
                                        "return E;",
                                        "return await fz_pointer(&L);",
                                        "return await A;"};
    if (chance(8))
        make(&made, &sc, 2, tails[head]);
    text_put(&made, "\n}\n");
    struct range to = program.items.at[chance((unsigned)program.items.count)];
    if (chance(3))
        text_add(t, made.at, made.length);
    else
        replace(t, &program, to.begin, to.begin, made.at);
}

static void mutate_once(struct text *t, const struct text *other)
{
    static const struct {
        unsigned weight;
        void (*change)(struct text *t);
    } changes[] = {{12, insert_statement}, {10, replace_expression}, {10, wrap_expression},
                   {10, wrap_statement},   {6, delete_statement},    {3, unwrap_statement},
                   {6, copy_expression},   {3, toggle_await},        {2, toggle_async},
                   {4, change_type},       {3, change_declarator},   {9, make_macro},
                   {2, change_token},      {3, change_word},         {1, change_bytes},
                   {2, change_space},      {2, change_options},      {4, change_item},
                   {6, generate_function}};
    program_scan(&program, t->at, t->length);
    text_set(&made, "", 0);
    unsigned k = chance(110);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (k < changes[i].weight) {
            changes[i].change(t);
            return;
        }
        k -= changes[i].weight;
    }
    if (k < 6) {
        copy_statement(t, k & 1);
        return;
    }
    program_scan(&donor, other->at, other->length);
    if (k < 9)
        splice_statement(t);
    else if (k < 11)
        splice_expression(t);
    else
        splice_item(t);
}

void mutate(struct text *t, const struct text *other)
{
    for (unsigned i = 1 + chance(chance(3) ? 3 : 8); i; i--)
        mutate_once(t, other);
    add_prelude(t);
}

// ---- Reducing ----------------------------------------------------------------------------------------------

bool reduce(const struct text *from, unsigned *step, struct text *to)
{
    program_scan(&program, from->at, from->length);
    text_set(to, from->at, from->length);
    unsigned k = *step, items = (unsigned)program.items.count,
             statements = (unsigned)program.statements.count;
    unsigned expressions = (unsigned)program.expressions.count, tokens = (unsigned)program.tokens.count;
    if (k < items) { // from the end
        struct range r = program.items.at[items - 1 - k];
        replace(to, &program, r.begin, r.end, "");
        return true;
    }
    k -= items;
    if (k < 3 * statements) {
        struct statement *s = &program.statements.at[k / 3];
        text_set(&made, "", 0);
        bool last = s + 1 == program.statements.at + statements || s[1].end > s->end;
        if (k % 3 == 1 && !last) { // its first statement instead of it
            put_range(&made, &program, s[1].begin, s[1].end);
        } else if (k % 3 == 2) { // a block without its braces
            if (s->kind != S_BLOCK || s->end - s->begin < 3)
                return true;
            put_range(&made, &program, s->begin + 1, s->end - 1);
        } else if (k % 3 == 1) {
            return true;
        }
        replace(to, &program, s->begin, s->end, k % 3 || s->in_block ? made.at : ";");
        return true;
    }
    k -= 3 * statements;
    if (k < expressions) {
        struct range r = program.expressions.at[k];
        replace(to, &program, r.begin, r.end, "0");
        return true;
    }
    k -= expressions;
    static const unsigned widths[] = {16, 4, 2, 1};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        unsigned width = widths[i], count = (tokens + width - 1) / width;
        if (k < count) {
            unsigned end = (k + 1) * width < tokens ? (k + 1) * width : tokens;
            replace(to, &program, k * width, end, "");
            return true;
        }
        k -= count;
    }
    if (k < tokens) { // no comments, one newline for several
        unsigned start = k ? program.tokens.at[k - 1].end : 0, end = program.tokens.at[k].start;
        char with[2] = {memchr(from->at + start, '\n', end - start) ? '\n' : ' ', 0};
        if (end > start + 1 && (k || strncmp(from->at, "// asyncc:", 10)))
            text_replace(to, start, end, k ? with : "");
        return true;
    }
    return false;
}
