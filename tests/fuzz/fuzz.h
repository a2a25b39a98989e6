// fuzz.h - what the parts of the fuzzer share: text, chance, and a rough view of a C program.
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *at;
    size_t length, capacity;
};

// Appends; at[length] is always 0.
void text_add(struct text *t, const char *from, size_t length);
void text_put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_set(struct text *t, const char *from, size_t length);
// Puts `with` in the place of the bytes from `start` to `end`.
void text_replace(struct text *t, size_t start, size_t end, const char *with);

extern uint64_t chance_state;
unsigned chance(unsigned limit); // 0 .. limit - 1; 0 for 0

// ---- scan.c: a program as tokens, functions, statements and expressions ------------------------------------

enum token_kind {
    T_WORD,
    T_NUMBER,
    T_STRING,
    T_PUNCTUATION,
    T_DIRECTIVE
};

struct token {
    enum token_kind kind;
    unsigned start, end; // bytes
    int match;           // brackets: index of the other one, or -1
};

// Token ranges: [begin, end).
struct range {
    unsigned begin, end;
};

enum statement_kind {
    S_EXPRESSION,
    S_DECLARATION,
    S_BLOCK,
    S_COMPOUND,
    S_JUMP,
    S_LABEL
};

struct statement {
    unsigned begin, end;
    enum statement_kind kind; // S_COMPOUND: if, for, while, do, switch, defer
    unsigned function;        // index
    bool in_block;            // directly: a declaration may stand beside it
    bool in_loop, in_switch;
};

struct variable {
    unsigned name;       // token
    unsigned begin, end; // tokens where it is visible
    bool is_int;
};

struct function {
    unsigned begin, end, name, open; // tokens; the body's brace
    bool is_async;
};

#define LIST(T)             \
    struct {                \
        T *at;              \
        size_t count, room; \
    }
#define LIST_ADD(list, value)                                                                           \
    do {                                                                                                \
        if ((list)->count == (list)->room)                                                              \
            (list)->at = grow((list)->at, ((list)->room = (list)->room * 2 + 16) * sizeof *(list)->at); \
        (list)->at[(list)->count++] = (value);                                                          \
    } while (0)
void *grow(void *old, size_t size); // never fails

struct program {
    const char *text;
    LIST(struct token) tokens;
    LIST(struct range) items; // top-level declarations, functions and directives
    LIST(struct function) functions;
    LIST(struct statement) statements;
    LIST(struct range) expressions;
    LIST(struct variable) variables;
};

void program_scan(struct program *p, const char *text, size_t length);
bool reads(const struct program *p, unsigned token, const char *word);
bool is_type_word(const struct program *p, unsigned token);
bool is_keyword(const struct program *p, unsigned token);

// ---- mutate.c ------------------------------------------------------------------------------------------

// Changes the program `t` a little; `other` is a donor of parts.
void mutate(struct text *t, const struct text *other);
// The next smaller program after step `*step` of the minimiser, or false when there is none left.
bool reduce(const struct text *from, unsigned *step, struct text *to);

#endif
