// scan.c - a rough view of a C program, right for most of what people write and good enough for mutation: no
// preprocessing, no types; what looks like a declaration is one.
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

static unsigned skip_space(const char *text, unsigned at, unsigned length)
{
    for (;;) {
        while (at < length && isspace((unsigned char)text[at]))
            at++;
        if (at + 1 < length && text[at] == '/' && text[at + 1] == '/') {
            while (at < length && text[at] != '\n')
                at++;
        } else if (at + 1 < length && text[at] == '/' && text[at + 1] == '*') {
            for (at += 2; at < length && !(text[at] == '*' && at + 1 < length && text[at + 1] == '/');
                 at++)
                ;
            at = at + 2 < length ? at + 2 : length;
        } else if (at + 1 < length && text[at] == '\\' && text[at + 1] == '\n') {
            at += 2;
        } else {
            return at;
        }
    }
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 128;
}

static unsigned token_end(const char *text, unsigned at, unsigned length, enum token_kind *kind)
{
    char c = text[at];
    if (c == '#') { // a directive, if nothing but space stands before it in its line
        unsigned before = at;
        while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t'))
            before--;
        if (before == 0 || text[before - 1] == '\n') {
            *kind = T_DIRECTIVE;
            while (at < length && text[at] != '\n')
                at += text[at] == '\\' && at + 1 < length ? 2 : 1;
            return at < length ? at : length;
        }
    }
    if (isdigit((unsigned char)c)) {
        *kind = T_NUMBER;
        while (at < length && (is_word_byte(text[at]) || text[at] == '.'))
            at++;
        return at;
    }
    if (is_word_byte(c)) {
        *kind = T_WORD;
        while (at < length && is_word_byte(text[at]))
            at++;
        return at;
    }
    if (c == '"' || c == '\'') {
        *kind = T_STRING;
        for (at++; at < length && text[at] != c && text[at] != '\n'; at++)
            if (text[at] == '\\' && at + 1 < length)
                at++;
        return at < length ? at + 1 : length;
    }
    *kind = T_PUNCTUATION;
    static const char *const longer[] = {"...", "<<=", ">>=", "->", "++", "--", "<<", ">>",
                                         "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
                                         "*=",  "/=",  "%=",  "&=", "|=", "^=", "##"};
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        if (length - at >= strlen(longer[i]) && !memcmp(text + at, longer[i], strlen(longer[i])))
            return at + (unsigned)strlen(longer[i]);
    return at + 1;
}

bool reads(const struct program *p, unsigned token, const char *word)
{
    if (token >= p->tokens.count)
        return false;
    const struct token *t = &p->tokens.at[token];
    return t->end - t->start == strlen(word) && !memcmp(p->text + t->start, word, t->end - t->start);
}

static bool is_one_of(const struct program *p, unsigned token, const char *const *words)
{
    for (; *words; words++)
        if (reads(p, token, *words))
            return true;
    return false;
}

bool is_type_word(const struct program *p, unsigned token)
{
    static const char *const words[] = {
        "int",         "char",     "long",           "short",         "unsigned", "signed",    "float",
        "double",      "void",     "_Bool",          "bool",          "struct",   "union",     "enum",
        "const",       "volatile", "static",         "extern",        "typedef",  "register",  "auto",
        "__auto_type", "_Alignas", "_Atomic",        "_Thread_local", "__thread", "_Complex",  "size_t",
        "ssize_t",     "uint64_t", "int64_t",        "uint32_t",      "uint8_t",  "uintptr_t", "typeof",
        "__typeof__",  "async_fn", "_Static_assert", "__attribute__", "__int128", "inline",    "async",
        "FILE",        "restrict", "_Float16",       "va_list",       NULL};
    return is_one_of(p, token, words);
}

bool is_keyword(const struct program *p, unsigned token)
{
    static const char *const words[] = {"if",
                                        "else",
                                        "for",
                                        "while",
                                        "do",
                                        "switch",
                                        "case",
                                        "default",
                                        "break",
                                        "continue",
                                        "return",
                                        "goto",
                                        "sizeof",
                                        "_Alignof",
                                        "_Generic",
                                        "await",
                                        "defer",
                                        "asm",
                                        "__asm__",
                                        "__extension__",
                                        "__builtin_offsetof",
                                        "offsetof",
                                        "va_arg",
                                        "__builtin_types_compatible_p",
                                        NULL};
    return is_one_of(p, token, words) || is_type_word(p, token);
}

static void tokenise(struct program *p, unsigned length)
{
    LIST(unsigned) open = {0};
    for (unsigned at = skip_space(p->text, 0, length); at < length;
         at = skip_space(p->text, at, length)) {
        struct token t = {.start = at, .match = -1};
        at = t.end = token_end(p->text, at, length, &t.kind);
        char c = p->text[t.start];
        if (t.kind == T_PUNCTUATION && strchr("([{", c)) {
            LIST_ADD(&open, (unsigned)p->tokens.count);
        } else if (t.kind == T_PUNCTUATION && strchr(")]}", c) && open.count) {
            struct token *left = &p->tokens.at[open.at[open.count - 1]];
            char l = p->text[left->start];
            if ((l == '(' && c == ')') || (l == '[' && c == ']') || (l == '{' && c == '}')) {
                t.match = (int)open.at[--open.count];
                left->match = (int)p->tokens.count;
            }
        }
        LIST_ADD(&p->tokens, t);
    }
    grow(open.at, 0);
}

static unsigned after_bracket(const struct program *p, unsigned i) // i itself is a bracket or not
{
    int match = p->tokens.at[i].match;
    return match > (int)i ? (unsigned)match + 1 : i + 1;
}

static unsigned find_at_depth(const struct program *p, unsigned i, unsigned end, const char *word)
{
    while (i < end && !reads(p, i, word))
        i = after_bracket(p, i);
    return i < end ? i : end;
}

// ---- Statements ------------------------------------------------------------------------------------------

struct inside {
    unsigned function;
    bool in_loop, in_switch;
};

static bool looks_declared(const struct program *p, unsigned i)
{
    if (reads(p, i, "async") || (is_type_word(p, i) && !reads(p, i + 1, "(")))
        return true;
    if (reads(p, i, "typeof") || reads(p, i, "__typeof__") || reads(p, i, "__attribute__") ||
        reads(p, i, "_Alignas") || reads(p, i, "_Atomic") || reads(p, i, "async_fn") ||
        reads(p, i, "_Static_assert"))
        return true;
    return i + 1 < p->tokens.count && p->tokens.at[i].kind == T_WORD && !is_keyword(p, i) &&
           p->tokens.at[i + 1].kind == T_WORD;
}

static void find_variables(struct program *p, unsigned begin, unsigned end, unsigned visible_end)
{
    bool is_int = false, plain = true;
    for (unsigned i = begin; i < end; i = after_bracket(p, i)) {
        if (reads(p, i, "int") || reads(p, i, "char") || reads(p, i, "long") ||
            reads(p, i, "unsigned") || reads(p, i, "short") || reads(p, i, "_Bool") ||
            reads(p, i, "bool") || reads(p, i, "size_t"))
            is_int = true;
        if (reads(p, i, "typedef") || reads(p, i, "const") || reads(p, i, "struct") ||
            reads(p, i, "static"))
            plain = false;
        if (reads(p, i, "=")) { // over the initialiser
            while (i + 1 < end && !reads(p, i + 1, ","))
                i = after_bracket(p, i + 1) - 1;
            continue;
        }
        if (i == begin || p->tokens.at[i].kind != T_WORD || is_keyword(p, i))
            continue;
        bool pointer = reads(p, i - 1, "*"), array = reads(p, i + 1, "[");
        if (!array && !reads(p, i + 1, "=") && !reads(p, i + 1, ";") && !reads(p, i + 1, ",") &&
            !reads(p, i + 1, ")"))
            continue;
        struct variable v = {i, i, visible_end, is_int && plain && !pointer && !array};
        LIST_ADD(&p->variables, v);
    }
}

static unsigned scan_statement(struct program *p, unsigned i, unsigned end, bool in_block,
                               struct inside in);

static void scan_block(struct program *p, unsigned i, unsigned end, struct inside in)
{
    while (i < end) {
        if (p->tokens.at[i].kind == T_DIRECTIVE) {
            i++;
            continue;
        }
        unsigned next = scan_statement(p, i, end, true, in);
        i = next > i ? next : i + 1;
    }
}

static unsigned scan_compound(struct program *p, unsigned i, unsigned end, struct inside in)
{
    bool is_if = reads(p, i, "if"), is_do = reads(p, i, "do"), is_switch = reads(p, i, "switch");
    if (is_switch)
        in.in_switch = true;
    else if (!is_if && !reads(p, i, "defer"))
        in.in_loop = true;
    bool is_for = reads(p, i, "for");
    i++;
    if (i < end && reads(p, i, "(")) {
        unsigned close = after_bracket(p, i);
        if (is_for && looks_declared(p, i + 1))
            find_variables(p, i + 1, find_at_depth(p, i + 1, close, ";") + 1, close);
        i = close;
    }
    if (i < end)
        i = scan_statement(p, i, end, false, in);
    if (is_if && i < end && reads(p, i, "else"))
        i = scan_statement(p, i + 1, end, false, in);
    if (is_do && i < end)
        i = find_at_depth(p, i, end, ";") + 1;
    return i < end ? i : end;
}

static unsigned scan_statement(struct program *p, unsigned i, unsigned end, bool in_block,
                               struct inside in)
{
    static const char *const compound[] = {"if", "for", "while", "do", "switch", "defer", NULL};
    static const char *const jumps[] = {"return", "break", "continue", "goto", NULL};
    if (i >= end)
        return end;
    struct statement s = {i, end, S_EXPRESSION, in.function, in_block, in.in_loop, in.in_switch};
    size_t index = p->statements.count;
    LIST_ADD(&p->statements, s);
    if (reads(p, i, "{")) {
        s.kind = S_BLOCK;
        s.end = after_bracket(p, i);
        if (s.end > end)
            s.end = end;
        if (s.end > i + 1)
            scan_block(p, i + 1, s.end - 1, in);
    } else if (is_one_of(p, i, compound)) {
        s.kind = S_COMPOUND;
        s.end = scan_compound(p, i, end, in);
    } else if (reads(p, i, "case") || reads(p, i, "default") ||
               (p->tokens.at[i].kind == T_WORD && reads(p, i + 1, ":"))) {
        s.kind = S_LABEL;
        unsigned colon = find_at_depth(p, i, end, ":");
        s.end = colon < end ? scan_statement(p, colon + 1, end, in_block, in) : end;
    } else {
        s.kind = is_one_of(p, i, jumps) ? S_JUMP : looks_declared(p, i) ? S_DECLARATION : S_EXPRESSION;
        unsigned semicolon = find_at_depth(p, i, end, ";");
        s.end = semicolon < end ? semicolon + 1 : end;
        if (s.kind == S_DECLARATION)
            find_variables(p, i, s.end, end);
        for (unsigned k = i; k + 1 < s.end; k++) // statement expressions
            if (reads(p, k, "(") && reads(p, k + 1, "{") && p->tokens.at[k + 1].match > 0)
                scan_block(p, k + 2, (unsigned)p->tokens.at[k + 1].match, in);
    }
    p->statements.at[index] = s;
    return s.end;
}

// ---- Expressions -----------------------------------------------------------------------------------------

static void add_expression(struct program *p, unsigned begin, unsigned end)
{
    if (begin >= end || is_type_word(p, begin) || reads(p, begin, "{"))
        return;
    for (unsigned i = begin; i < end; i = after_bracket(p, i))
        if (reads(p, i, ";") || p->tokens.at[i].kind == T_DIRECTIVE)
            return;
    struct range r = {begin, end};
    LIST_ADD(&p->expressions, r);
}

static unsigned operand_end(const struct program *p, unsigned i, unsigned end)
{
    while (i < end && !reads(p, i, ",") && !reads(p, i, ";") && !reads(p, i, ")") && !reads(p, i, "]") &&
           !reads(p, i, "}"))
        i = after_bracket(p, i);
    return i < end ? i : end;
}

static void scan_expressions(struct program *p, unsigned begin, unsigned end)
{
    for (unsigned i = begin; i < end; i++) {
        const struct token *t = &p->tokens.at[i];
        if (t->kind == T_NUMBER || t->kind == T_STRING) {
            add_expression(p, i, i + 1);
        } else if (reads(p, i, "return")) {
            add_expression(p, i + 1, find_at_depth(p, i, end, ";"));
        } else if (reads(p, i, "=") || (t->kind == T_PUNCTUATION && t->end - t->start == 2 && t->end &&
                                        p->text[t->end - 1] == '=')) {
            add_expression(p, i + 1, operand_end(p, i + 1, end));
        } else if ((reads(p, i, "(") || reads(p, i, "[")) && t->match > (int)i) {
            unsigned close = (unsigned)t->match;
            for (unsigned k = i + 1, next; k < close; k = next + 1) {
                next = operand_end(p, k, close);
                add_expression(p, k, next);
            }
        } else if (t->kind == T_WORD && !is_keyword(p, i) && i > begin && !reads(p, i - 1, ".") &&
                   !reads(p, i - 1, "->") && !reads(p, i - 1, "goto") && !reads(p, i + 1, ":")) {
            bool awaited = reads(p, i - 1, "await");
            if (reads(p, i + 1, "(")) {
                add_expression(p, i, after_bracket(p, i + 1));
                if (awaited)
                    add_expression(p, i - 1, after_bracket(p, i + 1));
            } else if (p->tokens.at[i - 1].kind != T_WORD || is_keyword(p, i - 1)) {
                if (!is_type_word(p, i - 1) && !reads(p, i - 1, "*"))
                    add_expression(p, i, i + 1);
            }
        }
    }
}

// ---- The whole file ----------------------------------------------------------------------------------------

static void scan_item(struct program *p, unsigned begin, unsigned end, unsigned open)
{
    unsigned parameters = open - 1; // its ")"
    while (parameters > begin &&
           !(reads(p, parameters, ")") && p->tokens.at[parameters].match > (int)begin))
        parameters--;
    if (parameters == begin)
        return;
    unsigned left = (unsigned)p->tokens.at[parameters].match;
    struct function f = {begin, end, left - 1, open, false};
    for (unsigned i = begin; i < left; i++)
        if (reads(p, i, "async") || reads(p, i, "asyncc_async"))
            f.is_async = true;
    for (unsigned i = left + 1, next; i < parameters; i = next + 1) {
        next = find_at_depth(p, i, parameters, ",");
        find_variables(p, i, next, end);
    }
    struct inside in = {(unsigned)p->functions.count, false, false};
    LIST_ADD(&p->functions, f);
    scan_block(p, open + 1, end - 1, in);
    scan_expressions(p, open + 1, end - 1);
}

void program_scan(struct program *p, const char *text, size_t length)
{
    p->text = text;
    p->tokens.count = p->items.count = p->functions.count = 0;
    p->statements.count = p->expressions.count = p->variables.count = 0;
    tokenise(p, (unsigned)length);
    unsigned count = (unsigned)p->tokens.count;
    for (unsigned i = 0; i < count;) {
        unsigned begin = i, open = 0;
        if (p->tokens.at[i].kind == T_DIRECTIVE) {
            i++;
        } else {
            while (i < count && !reads(p, i, ";")) {
                if (reads(p, i, "{") && i > begin && p->tokens.at[i].match > (int)i &&
                    (reads(p, i - 1, ")") || p->tokens.at[i - 1].kind == T_DIRECTIVE) &&
                    find_at_depth(p, begin, i, "=") == i) {
                    open = i;
                    break;
                }
                i = after_bracket(p, i);
            }
            i = i < count ? after_bracket(p, i) : count;
        }
        struct range r = {begin, i};
        LIST_ADD(&p->items, r);
        if (open)
            scan_item(p, begin, i, open);
    }
}
