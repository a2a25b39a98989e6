// unset.c - variables that a select or a timeout may leave without a value, and that are read all
// the same: a kind of sometimes-uninitialized of which clang, who sees plain assignments, cannot
// know.
//   in:    the checked tree
//   out:   warnings
//
// Only what is clear is said: the variable has no other value, and what the form returned is thrown
// away, or decides an if on the spot and is not noted there. What it is kept in may be looked at
// anywhere.
#include "front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// What is known of the locals that are an operand's target.
struct target {
    struct local *local;
    struct node *form, *operand;
    long long index; // of the operand; a timeout has but one
    unsigned writes, last_read;
};

struct finding {
    struct function *fn;
    struct vec(struct target) targets;
};

// ---- Which variables ------------------------------------------------------------------------

static bool may_be_unset(struct node *form)
{
    return form->form == FORM_TIMEOUT || (form->form == FORM_SELECT && form->first != form->last);
}

static void find_targets(struct finding *f, struct node *n)
{
    if (n->kind == NODE_FORM && may_be_unset(n)) {
        long long index = 0;
        for (struct node *operand = form_operands(n); operand; operand = operand->next, index++) {
            struct node *assigned = strip(operand);
            struct node *object = assigned->kind == NODE_ASSIGN ? strip(assigned->first) : NULL;
            struct local *l = object && object->kind == NODE_REF ? object->local : NULL;
            if (l && l->declaration && !l->declaration->part[0] && !l->is_static && !l->escapes &&
                !l->named_by_macro)
                VEC_PUSH(&f->targets, ((struct target){l, n, operand, index, 0, 0}));
        }
    }
    for (struct node *c = n->first; c; c = c->next)
        find_targets(f, c);
}

static int by_local(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    if (x->local->offset != y->local->offset)
        return x->local->offset < y->local->offset ? -1 : 1;
    return 0;
}

static struct target *find_target(struct finding *f, struct local *l)
{
    struct target key = {.local = l};
    return bsearch(&key, f->targets.at, f->targets.count, sizeof key, by_local);
}

static void count_accesses(struct finding *f)
{
    for (size_t i = 0; i < f->fn->mentions.count; i++) {
        const struct mention *m = &f->fn->mentions.at[i];
        struct target *t = m->local ? find_target(f, m->local) : NULL;
        if (!t || t->local != m->local)
            continue;
        t->writes += (m->access & ACCESS_WRITE) != 0;
        if (m->access & ACCESS_READ)
            t->last_read = m->offset;
    }
}

static struct node *find_reference(struct node *n, struct local *l, unsigned at)
{
    if (n->kind == NODE_REF && n->local == l && n->at == at)
        return n;
    struct node *found = NULL;
    for (struct node *c = n->first; c && !found; c = c->next)
        if (c->start <= at && at < c->end)
            found = find_reference(c, l, at);
    return found;
}

static bool is_void_cast(const struct node *n)
{
    return n->kind == NODE_CAST && n->type && type_is_void(n->type);
}

// Not what may be named only: in (void)n, sizeof n, typeof(n), _Generic(n, ...).
static bool is_read(struct finding *f, struct local *l, unsigned at)
{
    struct node *n = find_reference(f->fn->body, l, at);
    if (!n)
        return false;
    struct node *up = n->parent;
    while (up && up->kind == NODE_PAREN)
        up = up->parent;
    if (up && is_void_cast(up))
        return false;
    for (; n->parent; n = n->parent)
        if (n->kind == NODE_UNEVALUATED || n->kind == NODE_GENERIC || n->kind == NODE_BOUND)
            return false;
    return true;
}

// The first place in this range where the variable is read; 0: nowhere.
static unsigned read_within(struct finding *f, struct local *l, unsigned start, unsigned end)
{
    size_t count = f->fn->mentions.count;
    for (size_t i = first_mention(f->fn, start); i < count; i++) {
        const struct mention *m = &f->fn->mentions.at[i];
        if (m->offset >= end)
            break;
        if (m->local == l && (m->access & ACCESS_READ) && is_read(f, l, m->offset))
            return m->offset;
    }
    return 0;
}

// ---- What follows the form ------------------------------------------------------------------

// Of these it is known that they change nothing that the program looks at, and return.
static bool only_reports(struct node *call)
{
    static const char *const reports[] = {"puts",    "printf", "fprintf",  "fputs",
                                          "putchar", "perror", "syslog",   "warn",
                                          "warnx",   "fflush", "vfprintf", "dprintf"};
    const char *name = plainly_called(call);
    for (size_t i = 0; name && i < sizeof reports / sizeof *reports; i++)
        if (!strcmp(name, reports[i]))
            return true;
    return false;
}

// May it tell others how the form ended, by what it writes or calls?
static bool tells(struct node *n)
{
    switch (n->kind) {
    case NODE_ASSIGN:
    case NODE_AWAIT:
    case NODE_FORM:
    case NODE_ASM:
    case NODE_OTHER:
    case NODE_DEFER:
        return true;
    case NODE_UNARY:
        if (n->op == OP_STEP || n->op == OP_ADDRESS)
            return true;
        break;
    case NODE_CALL:
        if (!only_reports(n))
            return true;
        break;
    default:
        break;
    }
    for (struct node *c = n->first; c; c = c->next)
        if (tells(c))
            return true;
    return false;
}

// Does control surely go on behind this statement, as if nothing had happened? What is called may
// end the program, so only known functions count.
static bool goes_on(struct node *n)
{
    if (!n)
        return true;
    switch (n->kind) {
    case NODE_EMPTY:
        return true;
    case NODE_BLOCK:
    case NODE_PAREN:
        for (struct node *c = n->first; c; c = c->next)
            if (!goes_on(c))
                return false;
        return true;
    case NODE_CALL:
        return !tells(n);
    default:
        return false;
    }
}

// Does control surely not go on behind this statement?
static bool leaves(struct node *n)
{
    n = strip(n);
    if (n->kind == NODE_BLOCK)
        return n->last && leaves(n->last);
    return n->kind == NODE_RETURN || n->kind == NODE_GOTO || n->kind == NODE_BREAK ||
           n->kind == NODE_CONTINUE;
}

// A whole number as it is written, or -ETIMEDOUT.
static bool constant(struct finding *f, struct node *n, long long *value)
{
    n = strip(n);
    char text[24];
    size_t length = n->end - n->start;
    if (length >= sizeof text)
        return false;
    memcpy(text, f->fn->source->text + n->start, length);
    text[length] = '\0';
    if (!strcmp(text, "-ETIMEDOUT")) {
        *value = -ETIMEDOUT;
        return true;
    }
    char *end;
    *value = strtoll(text, &end, 0);
    return end != text && !*end;
}

// A condition on what a form returns: `form OPERATOR with`, or not so.
struct condition {
    struct node *decides; // the if
    enum {
        IS_EQUAL,
        IS_LESS,
        IS_MORE
    } how;
    long long with;
    bool negated;
};

static bool compare(struct finding *f, struct node *comparison, struct condition *c)
{
    const char *text = f->fn->source->text;
    struct token t = lex_next(text, comparison->first->end, comparison->last->start);
    if (!constant(f, comparison->last, &c->with))
        return false;
    static const struct {
        const char *text;
        int how;
        bool negated;
    } operators[] = {{"==", IS_EQUAL, false}, {"!=", IS_EQUAL, true}, {"<", IS_LESS, false},
                     {">=", IS_LESS, true},   {">", IS_MORE, false},  {"<=", IS_MORE, true}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (token_is(text, t, operators[i].text)) {
            c->how = operators[i].how;
            c->negated = operators[i].negated;
            return true;
        }
    return false;
}

// Is the awaited form, alone or compared with a constant, what an if decides by?
static bool find_condition(struct finding *f, struct node *await, struct condition *c)
{
    *c = (struct condition){.how = IS_EQUAL, .negated = true};
    bool negated = false, compared = false;
    struct node *n = await;
    for (struct node *up = n->parent; up; n = up, up = up->parent) {
        if (up->kind == NODE_IF) {
            c->decides = up;
            c->negated ^= negated;
            return up->part[0] == n;
        }
        if (up->kind == NODE_UNARY && f->fn->source->text[up->start] == '!')
            negated = !negated;
        else if (up->kind == NODE_BINARY && up->first == n && !compared && !negated &&
                 compare(f, up, c))
            compared = true;
        else if (up->kind != NODE_PAREN)
            return false;
    }
    return false;
}

static bool holds(const struct condition *c, long long value)
{
    bool so = c->how == IS_EQUAL  ? value == c->with
              : c->how == IS_LESS ? value < c->with
                                  : value > c->with;
    return so != c->negated;
}

// May the operand have lost where the condition turns out like that?
static bool may_have_lost(const struct target *t, const struct condition *c, bool outcome)
{
    if (t->form->form == FORM_TIMEOUT)
        return holds(c, -ETIMEDOUT) == outcome;
    long long index = 0;
    for (struct node *operand = form_operands(t->form); operand; operand = operand->next, index++)
        if (index != t->index && holds(c, index) == outcome)
            return true;
    return false;
}

// ---- Warnings -------------------------------------------------------------------------------

static bool is_thrown_away(struct node *n)
{
    struct node *up = n->parent;
    while (up && (up->kind == NODE_PAREN || is_void_cast(up))) {
        n = up;
        up = up->parent;
    }
    return is_statement(n);
}

// The call may tell others by itself that it has come to its end.
static bool passes_address(struct node *n)
{
    if (n->kind == NODE_UNARY && n->op == OP_ADDRESS)
        return true;
    for (struct node *c = n->first; c; c = c->next)
        if (passes_address(c))
            return true;
    return false;
}

static void say(struct finding *f, const struct target *t, unsigned read)
{
    warning_at((struct place){f->fn->source, t->operand->start}, "sometimes-uninitialized",
               "'%s' has no value if %s, and is read all the same", t->local->name,
               t->form->form == FORM_TIMEOUT ? "the time is over first"
                                             : "another operand is the first to finish");
    note_at((struct place){f->fn->source, read}, "read here");
    hint("look at what %s returns, or give '%s' a value where it is declared",
         t->form->form == FORM_TIMEOUT ? "async_timeout_ms" : "async_select", t->local->name);
}

// What the form returned decides an if, and is known nowhere else.
static unsigned read_behind_if(struct finding *f, const struct target *t, const struct condition *c,
                               int outcome)
{
    struct node *lost = c->decides->part[outcome ? 1 : 2],
                *other = c->decides->part[outcome ? 2 : 1];
    unsigned read = lost ? read_within(f, t->local, lost->start, lost->end) : 0;
    if (read || t->last_read < c->decides->end || !goes_on(lost))
        return read;
    if (other && tells(other) && !leaves(other))
        return 0;
    return read_within(f, t->local, c->decides->end, f->fn->end);
}

static void warn_target(struct finding *f, const struct target *t)
{
    struct node *await = t->form->parent;
    if (!await || await->kind != NODE_AWAIT || passes_address(t->operand))
        return;
    struct condition c;
    unsigned read = 0;
    if (is_thrown_away(await)) {
        if (t->last_read >= await->end)
            read = read_within(f, t->local, await->end, f->fn->end);
    } else if (find_condition(f, await, &c)) {
        for (int outcome = 1; outcome >= 0 && !read; outcome--)
            if (may_have_lost(t, &c, outcome))
                read = read_behind_if(f, t, &c, outcome);
    }
    if (read)
        say(f, t, read);
}

void warn_unset(struct function *fn)
{
    struct finding f = {.fn = fn};
    find_targets(&f, fn->body);
    if (!f.targets.count)
        return;
    mem_sort(f.targets.at, f.targets.count, sizeof *f.targets.at, by_local);
    count_accesses(&f);
    for (size_t i = 0; i < f.targets.count; i++)
        if (f.targets.at[i].writes == 1)
            warn_target(&f, &f.targets.at[i]);
}
