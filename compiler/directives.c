// directives.c - what stands in lines of its own between the statements of an async function.
//   in:    the checked tree
//   out:   E0211; directives that mean nothing any more are blank in fn->source->text
//   needs: conditionals are dropped, files included in functions are part of the text
//
// A directive between two statements stays between them. One inside of a statement that is taken
// apart would end up before or behind text it stands between in the source: a macro would be
// defined too early, a pragma would hold for the wrong loop.
#include "asyncc.h"

#include <string.h>

static bool begins_with(const char *text, struct token directive, const char *const *words)
{
    struct token t = lex_next(text, directive.start + 1, directive.end);
    for (; *words; words++, t = lex_next(text, t.end, directive.end))
        if (!token_is(text, t, *words))
            return false;
    return true;
}

// Advice to an optimiser on the loop behind it.
static bool is_loop_hint(const char *text, struct token directive)
{
    static const char *const hints[][4] = {
        {"pragma", "GCC", "unroll"}, {"pragma", "GCC", "ivdep"}, {"pragma", "GCC", "novector"},
        {"pragma", "clang", "loop"}, {"pragma", "unroll"},       {"pragma", "nounroll"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (begins_with(text, directive, hints[i]))
            return true;
    return false;
}

// One that holds for the statement behind it.
static bool binds_statement(const char *text, struct token directive)
{
    static const char *const openmp[] = {"pragma", "omp", NULL}, *const openacc[] = {"pragma",
                                                                                     "acc", NULL};
    return begins_with(text, directive, openmp) || begins_with(text, directive, openacc);
}

static bool is_line(const char *text, struct token directive)
{
    struct token word = lex_next(text, directive.start + 1, directive.end);
    return token_is(text, word, "line") || word.kind == TOKEN_NUMBER || word.kind == TOKEN_END;
}

struct walk { // through the tree, from directive to directive
    struct function *fn;
    struct node *around; // the deepest node that the directive is in
    struct node *behind; // the first of its children that starts behind the directive
};

static void walk_to(struct walk *w, unsigned offset)
{
    while (offset >= w->around->end && w->around->parent) {
        w->behind = w->around->next;
        w->around = w->around->parent;
    }
    for (;;) {
        while (w->behind && w->behind->end <= offset)
            w->behind = w->behind->next;
        if (!w->behind || w->behind->start >= offset)
            return;
        w->around = w->behind;
        w->behind = w->around->first;
    }
}

// The statement that the directive is inside of, when that is taken apart.
static struct node *torn_statement(struct node *n)
{
    bool torn = is_taken_apart(n);
    while (n->kind < NODE_BLOCK || n->kind == NODE_VARIABLE) {
        if (n->parent->kind >= NODE_BLOCK && n->parent->kind != NODE_VARIABLE &&
            n->parent->kind != NODE_DECLARATIONS)
            break;
        n = n->parent;
        torn |= is_taken_apart(n);
    }
    return torn ? n : NULL;
}

static void check_directive(struct walk *w, struct token t)
{
    struct source *s = w->fn->source;
    walk_to(w, t.start);
    struct node *around = w->around, *behind = w->behind, *torn = NULL;
    bool moved = around->kind == NODE_BLOCK && around->parent &&
                 around->parent->kind == NODE_STATEMENT_EXPRESSION &&
                 is_taken_apart(around->parent);
    bool between =
        (around->kind == NODE_BLOCK && !moved) ||
        (around->kind == NODE_CASE && around->part[0] && t.end <= around->part[0]->start);
    bool changes_next = between && behind && is_taken_apart(behind);
    if (!between)
        torn = moved ? around->parent : torn_statement(around);
    if ((torn && is_line(s->text, t)) || ((torn || changes_next) && is_loop_hint(s->text, t))) {
        lex_blank(s->text, t.start, t.end);
    } else if (torn || (changes_next && binds_statement(s->text, t))) {
        struct token word = lex_next(s->text, t.start + 1, t.end);
        error_at((struct place){s, t.start}, "E0211", "#%.*s %s a statement that is taken apart",
                 (int)(word.end - word.start), s->text + word.start,
                 torn ? "inside of" : "right before");
        note_at((struct place){s, (torn ? torn : behind)->start}, "the statement is this one");
    }
}

void check_directives(struct function *fn)
{
    const struct source *s = fn->source;
    unsigned start = fn->in_header || fn->top > fn->start ? fn->start : fn->top;
    unsigned end = fn->body->end;
    if (!memchr(s->text + start, '#', end - start))
        return;
    struct walk w = {.fn = fn, .around = fn->body, .behind = fn->body->first};
    for (struct token t = lex_next(s->text, start, end); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, end))
        if (t.kind == TOKEN_DIRECTIVE && t.start > fn->body->start)
            check_directive(&w, t);
        else if (t.kind == TOKEN_DIRECTIVE && !lex_is_conditional(s->text, t))
            error_at((struct place){fn->source, t.start}, "E0211",
                     "a directive inside of the head of async '%s'", fn->name);
}
