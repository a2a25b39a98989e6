// lex.c - just enough of C's lexical grammar (C11 6.4) to edit text safely.
#include "asyncc.h"

#include <ctype.h>
#include <string.h>

bool is_name_byte(char c)
{
    unsigned char low = (unsigned char)(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (c & 0x80);
}

// Nothing but blanks and comments is between the start of the line and `at`.
static bool at_line_start(const char *text, unsigned at)
{
    for (;;) {
        unsigned before = at;
        while (at > 0 && strchr(" \t\v\f", text[at - 1]))
            at--;
        if (at > 1 && text[at - 1] == '\n' && text[at - 2] == '\\')
            at -= 2; // the line goes on
        if (at > 3 && text[at - 1] == '/' && text[at - 2] == '*') {
            for (at -= 3; at > 1 && (text[at - 1] != '*' || text[at - 2] != '/');)
                at--;
            at = at > 1 ? at - 2 : 0;
        }
        if (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r')
            return true;
        if (at == before)
            return at == 3 && !memcmp(text, "\xEF\xBB\xBF", 3);
    }
}

static unsigned skip_block_comment(const char *text, unsigned at, unsigned limit)
{
    for (at += 2; at + 1 < limit; at++)
        if (text[at] == '*' && text[at + 1] == '/')
            return at + 2;
    return limit;
}

static bool spliced(const char *text, unsigned at) // is the newline at `at` escaped by a backslash?
{
    if (at > 0 && text[at - 1] == '\r')
        at--;
    return at > 0 && text[at - 1] == '\\';
}

static unsigned skip_line_comment(const char *text, unsigned at, unsigned limit)
{
    while (at < limit && (text[at] != '\n' || spliced(text, at)))
        at++;
    return at;
}

unsigned lex_start(const char *text, unsigned length)
{
    return length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

unsigned lex_skip_blank(const char *text, unsigned at, unsigned limit)
{
    while (at < limit) {
        if (isspace((unsigned char)text[at]))
            at++;
        else if (text[at] == '\\' && at + 1 < limit &&
                 (text[at + 1] == '\n' || text[at + 1] == '\r'))
            at++;
        else if (text[at] == '/' && at + 1 < limit && text[at + 1] == '*')
            at = skip_block_comment(text, at, limit);
        else if (text[at] == '/' && at + 1 < limit && text[at + 1] == '/')
            at = skip_line_comment(text, at, limit);
        else
            break;
    }
    return at < limit ? at : limit;
}

static unsigned skip_quoted(const char *text, unsigned at, unsigned limit)
{
    char quote = text[at++];
    while (at < limit && text[at] != quote && text[at] != '\n')
        if (text[at] == '\\' && at + 2 < limit && text[at + 1] == '\r' && text[at + 2] == '\n')
            at += 3;
        else
            at += text[at] == '\\' && at + 1 < limit ? 2 : 1;
    return at < limit ? at + 1 : limit;
}

// Where the literal that opens at `at` closes; `at` if it does not: the apostrophe of `#error
// don't`.
static unsigned closing_quote(const char *text, unsigned at, unsigned limit)
{
    unsigned end = skip_quoted(text, at, limit);
    return end > at + 1 && text[end - 1] == text[at] ? end - 1 : at;
}

// To the end of a directive; a comment may hold more than one line.
static unsigned skip_line(const char *text, unsigned at, unsigned limit)
{
    while (at < limit && (text[at] != '\n' || spliced(text, at))) {
        char next = at + 1 < limit ? text[at + 1] : 0;
        if (text[at] == '/' && next == '*')
            at = skip_block_comment(text, at, limit);
        else if (text[at] == '/' && next == '/')
            return skip_line_comment(text, at, limit);
        else if (text[at] == '"' || text[at] == '\'')
            at = closing_quote(text, at, limit) + 1;
        else
            at++;
    }
    return at;
}

static unsigned punctuator_length(const char *text, unsigned at, unsigned limit)
{
    char c = text[at], second = at + 1 < limit ? text[at + 1] : 0,
         third = at + 2 < limit ? text[at + 2] : 0;
    switch (c) {
    case '.':
        return second == '.' && third == '.' ? 3 : 1;
    case '<':
    case '>':
        return second == c ? (third == '=' ? 3 : 2) : second == '=' ? 2 : 1;
    case '-':
        return second == '>' || second == '-' || second == '=' ? 2 : 1;
    case '+':
    case '&':
    case '|':
    case '=':
        return second == c || second == '=' ? 2 : 1;
    case '*':
    case '/':
    case '%':
    case '^':
    case '!':
        return second == '=' ? 2 : 1;
    case '#':
    case ':':
        return second == c ? 2 : 1;
    default:
        return 1;
    }
}

struct token lex_next(const char *text, unsigned at, unsigned limit)
{
    at = lex_skip_blank(text, at, limit);
    struct token token = {TOKEN_END, at, at};
    if (at >= limit)
        return token;
    char c = text[at];
    if (c == '#' && at_line_start(text, at)) {
        token.kind = TOKEN_DIRECTIVE;
        token.end = skip_line(text, at, limit);
    } else if (c == '"' || c == '\'') {
        token.kind = TOKEN_STRING;
        token.end = skip_quoted(text, at, limit);
    } else if (isdigit((unsigned char)c) ||
               (c == '.' && at + 1 < limit && isdigit((unsigned char)text[at + 1]))) {
        token.kind = TOKEN_NUMBER;
        unsigned end = at + 1;
        while (end < limit &&
               (is_name_byte(text[end]) || text[end] == '.' ||
                (text[end] == '\'' && end + 1 < limit && isalnum((unsigned char)text[end + 1])) ||
                ((text[end] == '+' || text[end] == '-') && strchr("eEpP", text[end - 1]))))
            end++;
        token.end = end;
    } else if (is_name_byte(c)) {
        unsigned end = at;
        while (end < limit && is_name_byte(text[end]))
            end++;
        token.kind = TOKEN_NAME;
        token.end = end;
        unsigned length = end - at; // an encoding prefix belongs to its literal
        if (end < limit && (text[end] == '"' || text[end] == '\'') &&
            ((length == 1 && strchr("LuU", c)) ||
             (length == 2 && c == 'u' && text[at + 1] == '8'))) {
            token.kind = TOKEN_STRING;
            token.end = skip_quoted(text, end, limit);
        }
    } else {
        token.kind = TOKEN_PUNCTUATION;
        token.end = at + punctuator_length(text, at, limit);
    }
    return token;
}

bool token_is(const char *text, struct token token, const char *spelling)
{
    size_t length = strlen(spelling);
    return token.end - token.start == length && !memcmp(text + token.start, spelling, length);
}

static unsigned splice_length(const char *text, unsigned at, unsigned limit)
{
    if (text[at] != '\\' || at + 1 >= limit)
        return 0;
    if (text[at + 1] == '\r' && at + 2 < limit && text[at + 2] == '\n')
        return 3;
    return text[at + 1] == '\n' ? 2 : 0;
}

unsigned lex_name_end(const char *text, unsigned at, unsigned limit)
{
    unsigned end = at; // behind the last byte that belongs to it
    while (at < limit) {
        unsigned splice = splice_length(text, at, limit);
        if (splice) {
            at += splice;
            continue;
        }
        bool universal = text[at] == '\\' && at + 1 < limit && (text[at + 1] | 0x20) == 'u';
        if (!universal && !is_name_byte(text[at]))
            break;
        at += universal ? 2 : 1;
        end = at;
    }
    return end;
}

unsigned lex_declarator_end(const char *text, unsigned at, unsigned limit)
{
    unsigned end = at, depth = 0;
    for (struct token t = lex_next(text, end, limit); t.kind != TOKEN_END;
         t = lex_next(text, t.end, limit)) {
        if (depth == 0 && (token_is(text, t, ",") || token_is(text, t, ";")))
            return end;
        depth += token_is(text, t, "(");
        depth -= token_is(text, t, ")");
        end = t.end;
    }
    return at;
}

unsigned lex_group_end(const char *text, unsigned open, unsigned limit)
{
    unsigned depth = 0;
    for (struct token t = lex_next(text, open, limit); t.kind != TOKEN_END;
         t = lex_next(text, t.end, limit)) {
        if (t.kind != TOKEN_PUNCTUATION || t.end - t.start != 1)
            continue;
        if (strchr("([{", text[t.start]))
            depth++;
        else if (strchr(")]}", text[t.start]) && --depth == 0)
            return t.end;
    }
    return limit;
}

void lex_blank(char *text, unsigned start, unsigned end)
{
    for (unsigned i = start; i < end; i++)
        if (text[i] != '\n' && text[i] != '\r')
            text[i] = ' ';
}

static bool has_rare_spellings(const char *text, unsigned length)
{
    const char *end = text + length;
    for (const char *at = text; (at = memchr(at, '\r', (size_t)(end - at))); at++)
        if (at + 1 < end && at[1] != '\n')
            return true;
    for (const char *at = text; (at = memchr(at, '%', (size_t)(end - at))); at++)
        if ((at > text && at[-1] == '<') || (at + 1 < end && (at[1] == '>' || at[1] == ':')))
            return true;
    for (const char *at = text; (at = memchr(at, '?', (size_t)(end - at))); at++)
        if (at + 1 < end && at[1] == '?')
            return true;
    return false;
}

void lex_normalize(char *text, unsigned length)
{
    static const struct {
        const char *rare, *usual;
    } spellings[] = {{"<%", "{ "},    {"%>", "} "},    {"%:%:", "##  "}, {"%:", "# "},
                     {"?\?<", "{  "}, {"?\?>", "}  "}, {"?\?=", "#  "}};
    if (!has_rare_spellings(text, length))
        return;
    for (unsigned i = 0; i + 1 < length; i++)
        if (text[i] == '\r' && text[i + 1] != '\n')
            text[i] = '\n';
    for (struct token t = lex_next(text, 0, length); t.kind != TOKEN_END;) {
        size_t same = 0;
        for (size_t i = 0; i < sizeof spellings / sizeof *spellings && !same; i++) {
            size_t n = strlen(spellings[i].rare);
            if (t.kind == TOKEN_PUNCTUATION && t.start + n <= length &&
                !memcmp(text + t.start, spellings[i].rare, n)) {
                memcpy(text + t.start, spellings[i].usual, n);
                same = n;
            }
        }
        t = lex_next(text, same ? t.start + (unsigned)same : t.end, length);
    }
}

bool lex_is_conditional(const char *text, struct token directive)
{
    static const char *const words[] = {"if",   "ifdef", "ifndef",  "elif",
                                        "else", "endif", "elifdef", "elifndef"};
    struct token word = lex_next(text, directive.start + 1, directive.end);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(text, word, words[i]))
            return true;
    return false;
}

bool lex_is_keyword(const char *text, struct token name)
{
    static const char *const words[] = {
        "auto",       "break",  "case",     "char",     "const",    "continue", "default",
        "do",         "double", "else",     "enum",     "extern",   "float",    "for",
        "goto",       "if",     "inline",   "int",      "long",     "register", "restrict",
        "return",     "short",  "signed",   "sizeof",   "static",   "struct",   "switch",
        "typedef",    "union",  "unsigned", "void",     "volatile", "while",    "typeof",
        "__typeof__", "asm",    "__asm__",  "_Alignof", "_Generic",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(text, name, words[i]))
            return true;
    return false;
}
