// warn.c - what is allowed but seldom meant, each warning with a switch of its own (-Wno-NAME).
//   in:    the checked tree, and for frame-size the layout
//   out:   warnings
#include "front.h"

#include <string.h>

// Calls that block the thread, and with it every task of its executor. read, write, recv and send
// are not among them: on a descriptor that was found ready they are what async code is made of.
static const char *const blocking_calls[] = {
    "sleep",
    "usleep",
    "nanosleep",
    "clock_nanosleep",
    "pause",
    "poll",
    "ppoll",
    "select",
    "pselect",
    "epoll_wait",
    "wait",
    "waitpid",
    "waitid",
    "system",
    "popen",
    "getaddrinfo",
    "gethostbyname",
    "getnameinfo",
    "pthread_join",
    "pthread_mutex_lock",
    "pthread_rwlock_rdlock",
    "pthread_rwlock_wrlock",
    "pthread_cond_wait",
    "pthread_cond_timedwait",
    "pthread_barrier_wait",
    "sem_wait",
    "mtx_lock",
    "cnd_wait",
    "thrd_join",
    "thrd_sleep",
    "flock",
    "lockf",
    "fsync",
    "fdatasync",
    "getchar",
    "gets",
    "scanf",
};

struct lock_pair {
    const char *lock, *unlock;
};

static const struct lock_pair locks[] = {
    {"pthread_mutex_lock", "pthread_mutex_unlock"},
    {"pthread_spin_lock", "pthread_spin_unlock"},
    {"pthread_rwlock_rdlock", "pthread_rwlock_unlock"},
    {"pthread_rwlock_wrlock", "pthread_rwlock_unlock"},
    {"mtx_lock", "mtx_unlock"},
    {"flockfile", "funlockfile"},
};

struct warning {
    struct function *fn;
    struct node *held; // a call that took a lock, in the order of the source
    const struct lock_pair *pair;
};

static struct place at(struct warning *w, struct node *n)
{
    return (struct place){w->fn->source, n->start};
}

const char *plainly_called(struct node *call)
{
    struct node *n = strip(call->first);
    return n && n->kind == NODE_REF && !n->callee ? n->name : NULL;
}

static void warn_call(struct warning *w, struct node *n)
{
    const char *name = plainly_called(n);
    if (!name)
        return;
    for (size_t i = 0; i < sizeof blocking_calls / sizeof *blocking_calls; i++)
        if (!strcmp(name, blocking_calls[i])) {
            warning_at(at(w, n), "blocking-call",
                       "'%s' blocks the thread, and with it every task of its executor", name);
            hint(strstr(name, "sleep") ? "await async_sleep_ms(...)"
                                       : "use the awaitable operation, or async_blocking(...)");
        }
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
        if (!strcmp(name, locks[i].lock)) {
            w->held = n;
            w->pair = &locks[i];
        } else if (w->held && !strcmp(name, w->pair->unlock)) {
            w->held = NULL;
        }
    }
}

bool is_statement(struct node *n)
{
    const struct node *up = n->parent;
    if (!up)
        return false;
    switch (up->kind) {
    case NODE_BLOCK: // the value of a statement expression is that of its last statement
        return n->next || !up->parent || up->parent->kind != NODE_STATEMENT_EXPRESSION;
    case NODE_CASE:
    case NODE_LABEL:
        return true;
    case NODE_IF:
        return up->part[0] != n;
    case NODE_FOR:
        return up->part[2] == n || up->part[3] == n;
    case NODE_WHILE:
    case NODE_DO:
        return up->part[1] == n;
    default:
        return false;
    }
}

static void warn_await(struct warning *w, struct node *n)
{
    if (w->held) {
        warning_at(at(w, n), "lock-across-await", "a lock is held across this await");
        note_at(at(w, w->held),
                "taken here; whoever wants it blocks a whole thread until this task goes on");
        w->held = NULL;
    }
    struct node *call = strip(n->first);
    if (is_statement(n) && call && call->kind == NODE_CALL && n->type && !type_is_void(n->type)) {
        warning_at(at(w, n), "unused-result", "the result of this await is thrown away");
        hint("use it, or write (void)await ...");
    }
}

static struct node *pointer_to_local(struct node *n)
{
    n = strip(n);
    while (n && n->kind == NODE_CAST && n->last)
        n = strip(n->last);
    if (!n)
        return NULL;
    struct node *object = n->kind == NODE_UNARY && n->op == OP_ADDRESS ? strip(n->first) : n;
    while (object && object->kind == NODE_MEMBER && !object->arrow)
        object = strip(object->first);
    if (!object || object->kind != NODE_REF || !object->local)
        return NULL;
    bool array = object->own_type && type_is_array(object->own_type) && object == n;
    return (n->kind == NODE_UNARY && n->op == OP_ADDRESS) || array ? object : NULL;
}

// A group's tasks end with its block: what lives as long is safe.
static bool outlives_group(struct local *l, struct node *group)
{
    group = strip(group);
    struct node *object =
        group->kind == NODE_UNARY && group->op == OP_ADDRESS ? strip(group->first) : NULL;
    if (!object || object->kind != NODE_REF || !object->local || !object->local->is_group)
        return false;
    if (!l->scope)
        return true;
    for (struct node *scope = object->local->scope; scope; scope = scope->parent)
        if (scope == l->scope)
            return true;
    return false;
}

static void warn_spawn(struct warning *w, struct node *n)
{
    struct node *group = form_argument(n);
    bool is_looked_at = n->parent && (n->parent->kind == NODE_BLOCK || n->parent->kind == NODE_IF);
    if (!group && (is_statement(n) || is_looked_at)) {
        warning_at(at(w, n), "lost-task",
                   "the handle of this task is lost, and its memory with it");
        hint("async_detach(async_spawn(...)) lets it run on its own");
    }
    struct node *call = strip(form_operands(n));
    if (!w->fn->is_async || !call || call->kind != NODE_CALL)
        return;
    for (struct node *argument = call->first->next; argument; argument = argument->next) {
        struct node *object = pointer_to_local(argument);
        if (!object || (group && outlives_group(object->local, group)))
            continue;
        warning_at(at(w, argument), "local-to-task",
                   "a pointer to '%s' is handed to a task that may outlive it",
                   object->local->name);
        hint(group ? "declare the group in the same block or further in, or pass the value"
                   : "join the task before the block ends, or pass the value");
    }
}

static bool leaves_loop(struct node *n, bool nested)
{
    switch (n->kind) {
    case NODE_AWAIT:
    case NODE_RETURN:
    case NODE_GOTO:
    case NODE_COMPUTED_GOTO:
    case NODE_CALL: // may end the program, or block
    case NODE_ASM:
        return true;
    case NODE_BREAK:
        if (!nested)
            return true;
        break;
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR:
    case NODE_SWITCH:
        nested = true;
        break;
    default:
        break;
    }
    for (struct node *c = n->first; c; c = c->next)
        if (leaves_loop(c, nested))
            return true;
    return false;
}

static bool is_always_true(struct warning *w, struct node *n)
{
    if (!n)
        return true;
    n = strip(n);
    struct token t = lex_next(w->fn->source->text, n->start, n->end);
    return n->kind == NODE_VALUE &&
           (token_is(w->fn->source->text, t, "1") || token_is(w->fn->source->text, t, "true"));
}

static void warn_loop(struct warning *w, struct node *n)
{
    struct node *condition = n->kind == NODE_FOR ? n->part[1] : n->part[0];
    struct node *body = n->kind == NODE_FOR ? n->part[3] : n->part[1];
    if (!body || !is_always_true(w, condition))
        return;
    for (struct node *c = n->first; c; c = c->next)
        if (c != condition && leaves_loop(c, false))
            return;
    warning_at(at(w, n), "endless-loop", "this loop never ends and never suspends");
    hint("await something in it, async_yield() if nothing else");
}

static void warn_node(struct warning *w, struct node *n)
{
    switch (n->kind) {
    case NODE_CALL:
        if (w->fn->is_async)
            warn_call(w, n);
        break;
    case NODE_FORM:
        if (is_spawn(n))
            warn_spawn(w, n);
        break;
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR:
        if (w->fn->is_async)
            warn_loop(w, n);
        break;
    default:
        break;
    }
    for (struct node *c = n->first; c; c = c->next)
        warn_node(w, c);
    if (n->kind == NODE_AWAIT)
        warn_await(w, n);
}

void warn(struct unit *unit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct warning w = {.fn = unit->functions.at[i]};
        if (!w.fn->body)
            continue;
        warn_node(&w, w.fn->body);
        warn_unset(w.fn);
    }
}

void warn_frame_size(struct unit *unit, long long limit)
{
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct function *fn = unit->functions.at[i];
        if (!fn->is_async || !fn->body || fn->layout->size <= limit)
            continue;
        warning_at((struct place){fn->source, fn->name_offset}, "frame-size",
                   "the future of '%s' has %lld bytes, more than %lld", fn->name, fn->layout->size,
                   limit);
        hint("asyncc --emit=layout says what they are");
    }
}
