// place.c - where in the main file everything stands that is generated.
//   in:    the checked functions
//   out:   fn->top, fn->slot_offset, unit->prototypes; E0116, E0303
#include "front.h"

#include <string.h>

// ---- Top-level declarations -----------------------------------------------------------------

void note_conditional(struct unit *unit, const char *text, struct token directive)
{
    struct token word = lex_next(text, directive.start + 1, directive.end);
    struct conditional c = {directive.start, directive.end, 0};
    if (token_is(text, word, "if") || token_is(text, word, "ifdef") ||
        token_is(text, word, "ifndef"))
        c.opens = 1;
    else if (token_is(text, word, "endif"))
        c.opens = -1;
    else
        return;
    VEC_PUSH(&unit->conditionals, c);
}

static int compare_conditionals(const void *left, const void *right)
{
    const struct conditional *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

static size_t first_conditional(const struct unit *unit, unsigned offset)
{
    size_t low = 0, high = unit->conditionals.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (unit->conditionals.at[middle].start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// `#if .. static async int #else static int #endif f(void) {`: what is replaced must begin at the
// #if.
static unsigned before_open_conditional(struct unit *unit, unsigned top, unsigned end)
{
    int depth = 0;
    size_t first = first_conditional(unit, top);
    for (size_t i = first; i < unit->conditionals.count && unit->conditionals.at[i].start < end;
         i++) {
        depth += unit->conditionals.at[i].opens;
        if (depth >= 0)
            continue;
        int inner = 0;
        size_t j = first; // back to the #if that this one closes
        while (j > 0) {
            inner += unit->conditionals.at[--j].opens;
            if (inner == 1)
                break;
        }
        top = unit->conditionals.at[j].start;
        first = j;
        depth = 0;
    }
    return top;
}

// `{ ... #ifdef ... } #else } #endif`: and end at the #endif.
static unsigned behind_open_conditional(const struct unit *unit, unsigned top, unsigned end)
{
    int depth = 0;
    for (size_t i = first_conditional(unit, top); i < unit->conditionals.count; i++) {
        const struct conditional *c = &unit->conditionals.at[i];
        if (c->start >= end && depth <= 0)
            break;
        depth += c->opens;
        if (c->start >= end && depth <= 0)
            return c->end;
    }
    return end;
}

// Follows `struct NAME {`, so that its brace is told from a function's.
struct record_head {
    enum {
        RECORD_NONE,
        RECORD_KEYWORD,
        RECORD_NAME
    } state;
    unsigned parens; // of an attribute
};

static bool opens_record(struct record_head *head, const char *text, struct token t)
{
    char c = t.end - t.start == 1 ? text[t.start] : 0;
    if (token_is(text, t, "struct") || token_is(text, t, "union") || token_is(text, t, "enum")) {
        *head = (struct record_head){RECORD_KEYWORD, 0};
    } else if (head->state != RECORD_NONE && (c == '(' || c == ')' || head->parens)) {
        head->parens += c == '(' ? 1u : c == ')' && head->parens ? -1u : 0u;
    } else if (head->state == RECORD_KEYWORD && t.kind == TOKEN_NAME) {
        if (!token_is(text, t, "__attribute__"))
            head->state = RECORD_NAME;
    } else if (head->state == RECORD_NAME && (c == ':' || (t.kind == TOKEN_NAME && head->parens))) {
        return false; // enum NAME : TYPE
    } else {
        bool opens = head->state != RECORD_NONE && c == '{';
        head->state = RECORD_NONE;
        return opens;
    }
    return false;
}

static void find_tops(struct unit *unit)
{
    struct source *s = unit->main;
    int depth = 0;
    bool expect = true, in_record = false;
    unsigned parens = 0;
    size_t skipped = 0, v = 0;
    struct record_head head = {0};
    for (struct token t =
             lex_next(s->text, s->length >= 3 && !memcmp(s->text, "\xEF\xBB\xBF", 3) ? 3 : 0,
                      s->length);
         t.kind != TOKEN_END; t = lex_next(s->text, t.end, s->length)) {
        while (skipped < s->skipped.count && s->skipped.at[skipped].end <= t.start)
            skipped++;
        if (t.kind == TOKEN_DIRECTIVE) {
            note_conditional(unit, s->text, t);
            continue;
        }
        if (skipped < s->skipped.count && t.start >= s->skipped.at[skipped].start)
            continue; // left out by #if
        if (expect && depth == 0 && token_is(s->text, t, "_Pragma")) {
            t.end = lex_group_end(s->text, lex_next(s->text, t.end, s->length).start, s->length);
            continue; // no part of the declaration behind it
        }
        if (expect && depth == 0) {
            VEC_PUSH(&unit->tops, t.start);
            expect = false;
        }
        while (v < s->invocations.count && s->invocations.at[v].start < t.start)
            v++;
        bool in_macro = v < s->invocations.count && s->invocations.at[v].start == t.start;
        int hidden = in_macro ? s->invocations.at[v].braces : 0;
        if (hidden)
            t.end = s->invocations.at[v].end;
        char c = t.end - t.start == 1 ? s->text[t.start] : 0;
        if (depth == 0 && opens_record(&head, s->text, t))
            in_record = true;
        if (c == '(')
            parens++;
        else if (c == ')' && parens)
            parens--;
        else if (c == '{' || hidden > 0)
            depth += hidden ? hidden : 1;
        else if ((c == '}' || hidden) && depth > 0) {
            depth += hidden ? hidden : -1;
            if (depth < 0)
                depth = 0;
            // A function ends here, a struct does not; nor does what a declarator or `;` follows.
            struct token next = lex_next(s->text, t.end, s->length);
            bool goes_on = (next.kind == TOKEN_PUNCTUATION && s->text[next.start] != '[') ||
                           next.kind == TOKEN_STRING;
            if (depth == 0 && !goes_on && !in_record && !parens)
                expect = true;
            if (depth == 0)
                in_record = false;
        } else if (c == ';' && depth == 0 && parens == 0) {
            expect = true;
        }
    }
    if (unit->conditionals.count)
        mem_sort(unit->conditionals.at, unit->conditionals.count, sizeof *unit->conditionals.at,
                 compare_conditionals);
}

static unsigned top_of(struct unit *unit, unsigned offset)
{
    size_t low = 0, high = unit->tops.count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (unit->tops.at[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return unit->tops.count ? unit->tops.at[low] : 0;
}

static bool holds_attribute(struct function *fn, const struct invocation *v)
{
    for (size_t i = 0; i < fn->attributes.count; i++)
        if (fn->attributes.at[i] >= v->start && fn->attributes.at[i] < v->end)
            return true;
    return false;
}

// A macro in front of a function that gives it no attribute is about something else: a declaration,
// a pragma.
static unsigned after_macros(struct function *fn, unsigned top)
{
    struct source *s = fn->source;
    for (struct token t = lex_next(s->text, top, fn->start); t.kind != TOKEN_END;
         t = lex_next(s->text, t.end, fn->start)) {
        int i = t.kind == TOKEN_NAME ? front_invocation(s, t.start) : -1;
        const struct invocation *v = i >= 0 ? &s->invocations.at[i] : NULL;
        if (!v || v->end > fn->start)
            continue;
        t.end = v->end;
        struct token next = lex_next(s->text, t.end, s->length);
        while (next.kind == TOKEN_DIRECTIVE)
            next = lex_next(s->text, next.end, s->length);
        if (!holds_attribute(fn, v))
            top = next.start;
    }
    return top;
}

// ---- Heads of async functions ---------------------------------------------------------------

static void refuse_types(struct source *s, unsigned start, unsigned end, const char *name)
{
    const char *text = s->text;
    for (struct token t = lex_next(text, start, end); t.kind != TOKEN_END;
         t = lex_next(text, t.end, end)) {
        if (!token_is(text, t, "struct") && !token_is(text, t, "union") &&
            !token_is(text, t, "enum"))
            continue;
        struct token next = lex_next(text, t.end, end);
        if (next.kind == TOKEN_NAME)
            next = lex_next(text, next.end, end);
        if (token_is(text, next, "{"))
            error_at((struct place){s, t.start}, "E0116", "the head of async '%s' defines a type",
                     name);
    }
}

static void check_head(struct function *fn)
{
    refuse_types(fn->source, fn->in_header ? fn->start : fn->top, fn->body->start, fn->name);
}

// `DECLARE_LIST(node) async int f(void);`: what a macro declares by itself stays.
static unsigned behind_declaring_macros(struct source *s, unsigned start, unsigned limit)
{
    for (struct token t = lex_next(s->text, start, limit); t.kind == TOKEN_NAME;) {
        int i = front_invocation(s, t.start);
        if (i < 0 || !front_macro_is_whole(&s->invocations.at[i]))
            return t.start;
        t = lex_next(s->text, s->invocations.at[i].end, limit);
        start = t.start;
    }
    return start;
}

static void find_prototypes(struct unit *unit)
{
    struct source *s = unit->main;
    for (size_t i = 0; i < unit->tops.count; i++) {
        unsigned start = unit->tops.at[i],
                 limit = i + 1 < unit->tops.count ? unit->tops.at[i + 1] : s->length;
        struct record_head head = {0};
        bool async = false, ended = false;
        start = behind_declaring_macros(s, start, limit);
        unsigned end = start, type = 0;
        for (struct token t = lex_next(s->text, start, limit); t.kind != TOKEN_END && !ended;
             t = lex_next(s->text, t.end, limit)) {
            if (opens_record(&head, s->text, t)) {
                type = t.start;
                t.end = lex_group_end(s->text, t.start, limit);
                continue;
            }
            if (t.kind == TOKEN_NAME && source_keyword(s, t.start))
                async = true;
            if (token_is(s->text, t, "{") || token_is(s->text, t, "=") ||
                token_is(s->text, t, "typedef"))
                async = false, ended = true;
            if (token_is(s->text, t, ";"))
                end = t.end, ended = true;
        }
        if (async && end > start && type)
            error_at((struct place){s, type}, "E0116",
                     "the head of an async function defines a type");
        if (async && end > start)
            VEC_PUSH(&unit->prototypes, ((struct range){start, end}));
    }
}

// ---- Futures --------------------------------------------------------------------------------

struct placing {
    struct unit *unit;
    unsigned first_use;         // of anything async: no future need be defined earlier
    struct vec(unsigned) sites; // the functions of the main file, sorted: futures are defined there
};

static unsigned max_of(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static int compare_offsets(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return a < b ? -1 : a > b;
}

// The first site that is not in front of `offset`.
static unsigned site_behind(const struct placing *p, unsigned offset)
{
    size_t low = 0, high = p->sites.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->sites.at[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->sites.count ? p->sites.at[low] : p->unit->main->length;
}

static unsigned tree_needs(struct unit *unit, struct node *n)
{
    unsigned needs = n->type ? type_needs(n->type) : 0;
    for (struct node *c = n->first; c; c = c->next)
        needs = max_of(needs, tree_needs(unit, c));
    return needs;
}

static void need_future_by_hand(struct function *fn, struct node *call, void *data)
{
    unsigned *needs = data;
    struct function *callee = direct_callee(call);
    if (!callee || callee->body || !callee->has_future || is_spawned(call))
        return;
    *needs = max_of(*needs, callee->future_at);
    if (callee->future_at > fn->top)
        error_at((struct place){fn->source, call->start}, "E0303",
                 "the future of '%s' is written by hand, behind '%s'", callee->name, fn->name);
}

static void place_future(struct function *fn, struct placing *p);

static void place_callee(struct function *fn, struct node *call, void *data)
{
    struct function *callee = direct_callee(call);
    if (!callee || !callee->body || is_spawned(call))
        return;
    if (!callee->visit)
        place_future(callee, data);
    if (!callee->recursive && callee->slot_offset <= fn->top)
        fn->slot_offset = max_of(fn->slot_offset, callee->slot_offset);
}

static void place_future(struct function *fn, struct placing *p)
{
    fn->visit = 1;
    unsigned needs = fn->result ? type_needs(fn->result) : 0;
    visit_calls(fn, fn->body, need_future_by_hand, &needs);
    for (size_t i = 0; i < fn->locals.count; i++)
        needs = max_of(needs, type_needs(fn->locals.at[i]->type));
    if (fn->top > p->first_use)
        needs = max_of(needs, tree_needs(p->unit, fn->body));
    unsigned site = needs > p->first_use ? site_behind(p, needs) : p->first_use;
    fn->slot_offset = site > fn->top ? fn->top : site;
    visit_calls(fn, fn->body, place_callee, p);
}

// Functions of a header are translated before the next function that asyncc replaces.
static unsigned after_include(const struct placing *p, struct function *fn)
{
    unsigned included = front_source_included_at(fn->source);
    return included < p->first_use ? p->first_use : site_behind(p, included + 1);
}

static void find_sites(struct placing *p)
{
    for (size_t i = 0; i < p->unit->functions.count; i++) {
        struct function *fn = p->unit->functions.at[i];
        if (!fn->body || fn->in_header)
            continue;
        unsigned top = top_of(p->unit, fn->name_offset ? fn->name_offset : fn->start);
        if (fn->is_async)
            top = after_macros(fn, top);
        fn->top = before_open_conditional(p->unit, top, fn->end);
        fn->bottom = behind_open_conditional(p->unit, fn->top, fn->end);
        VEC_PUSH(&p->sites, fn->top);
    }
    if (p->sites.count)
        mem_sort(p->sites.at, p->sites.count, sizeof *p->sites.at, compare_offsets);
    p->first_use = p->sites.count ? p->sites.at[0] : p->unit->main->length;
}

static int compare_tops(const void *left, const void *right)
{
    const struct function *a = *(struct function *const *)left,
                          *b = *(struct function *const *)right;
    return a->top < b->top ? -1 : a->top > b->top;
}

// What an #if around the one ends in is replaced with it, so the other may not stand there.
static void refuse_tangled(struct unit *unit)
{
    struct vec(struct function *) sorted = {0};
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->body && !fn->in_header && fn->is_async)
            VEC_PUSH(&sorted, fn);
    }
    if (sorted.count)
        mem_sort(sorted.at, sorted.count, sizeof *sorted.at, compare_tops);
    for (size_t i = 1; i < sorted.count; i++) {
        struct function *before = sorted.at[i - 1], *fn = sorted.at[i];
        if (fn->top < before->bottom)
            error_at((struct place){fn->source, fn->name_offset}, "E0211",
                     "#if and #endif divide '%s' and '%s' elsewhere than between them",
                     before->name, fn->name);
    }
}

void place_functions(struct unit *unit)
{
    struct placing p = {.unit = unit};
    find_tops(unit);
    find_prototypes(unit);
    find_sites(&p);
    refuse_tangled(unit);
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->body && fn->in_header)
            fn->top = after_include(&p, fn);
        if (fn->body && fn->is_async)
            check_head(fn);
    }
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (fn->is_async && fn->body && !fn->visit)
            place_future(fn, &p);
    }
}
