// local.c - what few tasks have: a name, and local values.
#include "executor.h"
#include "memory.h"

#include <errno.h>
#include <string.h>

struct task_local {
    struct task_local *next;
    const struct async_task_key *key;
    void *value; // not NULL
};

static struct task_extra *extra_of(struct async_task *task)
{
    if (task->flags & TASK_EXTRA)
        return task->extra;
    struct task_extra *extra = memory_zeroed(sizeof *extra);
    if (!extra)
        return NULL;
    extra->joiners = task->joiners;
    if (extra->joiners)
        extra->joiners->link = &extra->joiners;
    task->extra = extra;
    task->flags |= TASK_EXTRA;
    return extra;
}

void task_extra_free(struct async_task *task)
{
    memory_free(task->extra->name);
    memory_free(task->extra);
    task->flags &= (uint16_t)~TASK_EXTRA;
    task->joiners = NULL;
}

struct async_task *async_task_current(void)
{
    return async_current ? task_current(async_current) : NULL;
}

// ---- Names ----------------------------------------------------------------------------------

const char *async_task_name(struct async_task *task)
{
    return task->flags & TASK_EXTRA && task->extra->name ? task->extra->name : task->type->name;
}

int async_task_set_name(struct async_task *task, const char *name)
{
    if (!task)
        task = async_task_current();
    if (!task)
        return -ESRCH;
    struct task_extra *extra = extra_of(task);
    size_t size = strlen(name) + 1;
    char *copy = extra ? memory_alloc(size) : NULL;
    if (!copy)
        return -ENOMEM;
    memcpy(copy, name, size);
    memory_free(extra->name);
    extra->name = copy;
    return 0;
}

// ---- Local values ---------------------------------------------------------------------------

// Where the value of a key is, or where one would be linked: never NULL.
static struct task_local **find(struct task_extra *extra, const struct async_task_key *key)
{
    struct task_local **at = &extra->locals;
    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

static void destroy(const struct async_task_key *key, void *value)
{
    if (key->destroy)
        key->destroy(value);
}

static void remove_local(struct task_local **at)
{
    struct task_local *local = *at;
    *at = local->next;
    destroy(local->key, local->value);
    memory_free(local);
}

// Adds one whose key is not there.
static int add_local(struct async_task *task, const struct async_task_key *key, void *value)
{
    struct task_extra *extra = extra_of(task);
    struct task_local *local = extra ? memory_alloc(sizeof *local) : NULL;
    if (!local)
        return -ENOMEM;
    *local = (struct task_local){extra->locals, key, value};
    async_current->has_locals = true;
    extra->locals = local;
    return 0;
}

int async_task_local_set(const struct async_task_key *key, void *value)
{
    struct async_task *task = async_task_current();
    if (!task)
        return -ESRCH;
    struct task_local **at = task->flags & TASK_EXTRA ? find(task->extra, key) : NULL;
    if (!at || !*at)
        return value ? add_local(task, key, value) : 0;
    if (!value) {
        remove_local(at);
        return 0;
    }
    void *old = (*at)->value;
    (*at)->value = value;
    if (old != value)
        destroy(key, old);
    return 0;
}

void *async_task_local_get(const struct async_task_key *key)
{
    struct async_task *task = async_task_current();
    if (!task || !(task->flags & TASK_EXTRA))
        return NULL;
    struct task_local *local = *find(task->extra, key);
    return local ? local->value : NULL;
}

int task_inherit(struct async_task *to, struct async_task *from)
{
    for (struct task_local *local = from->extra->locals; local; local = local->next) {
        void *value = local->key->inherit ? local->key->inherit(local->value) : NULL;
        if (!value || add_local(to, local->key, value) == 0)
            continue;
        destroy(local->key, value);
        return -ENOMEM;
    }
    return 0;
}

void task_locals_fini(struct async_task *task)
{
    while (task->extra->locals)
        remove_local(&task->extra->locals);
}
