// attributes.c - which attributes of an async function what is made of it takes over.
//   in:    fn->top, fn->declaration_text            (check.c, front_tree.c)
//   out:   fn->poll_attributes, fn->name_attributes (assemble.c)
//
// An attribute may be written as such, where clang may not even know it, or come from a macro or an
// earlier prototype: both the text of the definition and clang's print of the declaration are
// looked at.
#include "front.h"

#include <string.h>

// About a function's code. All others are about its calls, which clang has checked.
static const char *const about_code[] = {
    "cold",
    "flatten",
    "hot",
    "minsize",
    "no_icf",
    "no_instrument_function",
    "no_profile_instrument_function",
    "no_sanitize",
    "no_sanitize_address",
    "no_sanitize_thread",
    "no_sanitize_undefined",
    "no_split_stack",
    "no_stack_protector",
    "noclone",
    "noinline",
    "noipa",
    "optimize",
    "optnone",
    "section",
    "stack_protect",
    "target",
};

// About its name outside the file.
static const char *const about_name[] = {"visibility", "weak"};

struct wanted {
    const char *const *names;
    size_t count;
    struct buffer kept;
};

static bool is_wanted(const struct wanted *w, const char *name, size_t length)
{
    if (length > 4 && !strncmp(name, "__", 2) && !strncmp(name + length - 2, "__", 2)) {
        name += 2;
        length -= 4;
    }
    for (size_t i = 0; i < w->count; i++)
        if (strlen(w->names[i]) == length && !strncmp(w->names[i], name, length))
            return true;
    return false;
}

static bool has_word(const struct buffer *list, const char *word, size_t length)
{
    for (size_t i = 0; i + length <= list->length; i++)
        if (!strncmp(list->text + i, word, length) &&
            (i == 0 || !is_name_byte(list->text[i - 1])) &&
            (i + length == list->length || !is_name_byte(list->text[i + length])))
            return true;
    return false;
}

// One `((a, b(1)))`.
static void keep_of_group(const char *text, unsigned at, unsigned end, struct wanted *w)
{
    for (struct token t = lex_next(text, at, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (t.kind != TOKEN_NAME)
            continue;
        struct token open = lex_next(text, t.end, end);
        unsigned stop = token_is(text, open, "(") ? lex_group_end(text, open.start, end) : t.end;
        if (is_wanted(w, text + t.start, t.end - t.start) &&
            !has_word(&w->kept, text + t.start, t.end - t.start)) {
            put(&w->kept, "%s", w->kept.length ? ", " : "");
            put_text(&w->kept, text + t.start, stop - t.start);
        }
        t.end = stop;
    }
}

static void keep_of_text(const char *text, unsigned start, unsigned end, struct wanted *w)
{
    for (struct token t = lex_next(text, start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (!token_is(text, t, "__attribute__") && !token_is(text, t, "__attribute"))
            continue;
        struct token open = lex_next(text, t.end, end);
        if (!token_is(text, open, "("))
            continue;
        unsigned stop = lex_group_end(text, open.start, end);
        struct token inner = lex_next(text, open.end, stop);
        if (token_is(text, inner, "("))
            keep_of_group(text, inner.end, lex_group_end(text, inner.start, stop) - 1, w);
        t.end = stop;
    }
}

static const char *attributes_of(struct function *fn, const char *const *names, size_t count)
{
    struct wanted w = {names, count, {0}};
    keep_of_text(fn->source->text, fn->in_header ? fn->start : fn->top, fn->body->start, &w);
    if (fn->declaration_text)
        keep_of_text(fn->declaration_text, 0, (unsigned)strlen(fn->declaration_text), &w);
    return w.kept.length ? mem_format("__attribute__((%s)) ", w.kept.text) : "";
}

void inherit_attributes(struct function *fn)
{
    fn->poll_attributes = attributes_of(fn, about_code, sizeof about_code / sizeof *about_code);
    fn->name_attributes =
        fn->is_static ? "" : attributes_of(fn, about_name, sizeof about_name / sizeof *about_name);
}
