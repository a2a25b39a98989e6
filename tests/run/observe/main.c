// What async_dump says of tasks in every place they may wait in.
// blocking: no: looks at tasks that wait
#define _GNU_SOURCE
#include <asyncc/group.h>
#include <asyncc/observe.h>
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elsewhere.h"
#include <asyncc/async.h>

struct async_event gate;

// ---- The dump, in an order and with numbers that do not depend on how tasks lie in memory

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// "task 12 'x'" becomes "task 'x'".
static void leave_numbers_out(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        *to++ = *from++;
        if (to - text >= 5 && !memcmp(to - 5, "task ", 5) && isdigit((unsigned char)*from))
            while (isdigit((unsigned char)*from) || *from == ' ')
                from++;
    }
    *to = 0;
}

static void dump(const char *title, bool whole)
{
    char *text = NULL, *tasks[64];
    size_t length, count = 0;
    FILE *out = open_memstream(&text, &length);
    async_dump(out);
    fclose(out);
    text[length - 1] = 0; // the last newline
    leave_numbers_out(text);
    for (char *at = strstr(text, "\ntask "); at && count < 64; at = strstr(at, "\ntask ")) {
        *at++ = 0;
        tasks[count++] = at;
    }
    qsort(tasks, count, sizeof *tasks, by_text);
    printf("---- %s\n", title);
    for (size_t i = 0; i < count; i++)
        if (!strstr(tasks[i], " running"))
            printf("%.*s\n", (int)strcspn(tasks[i], whole ? "" : "\n"), tasks[i]);
    free(text);
}

// ---- What waits

static async int leaf(int n)
{
    await async_event_wait(&gate);
    return n;
}

static async int quick(int n)
{
    return n;
}

static async int nested(int n)
{
    int before = await quick(n);
    return before + await leaf(n) + await leaf(n);
}

static async int deeper(void)
{
    defer (void)gate;
    return await nested(1) + await nested(2);
}

// Some operands are done; one is deeper than the others.
static async int joined(void)
{
    int a, b, c;
    await async_join(a = quick(1), b = leaf(2), async_event_wait(&gate), c = deeper());
    return a + b + c;
}

static async int selected(void)
{
    int a = 0, b = 0;
    await async_select(a = nested(1), b = joined(), async_sleep_ms(100000));
    return a + b;
}

static async int limited(void)
{
    int a = 0;
    int status = await async_timeout_ms(100000, a = nested(4));
    return status < 0 ? status : a;
}

// In the arena.
static async int counted(int depth)
{
    if (depth == 0)
        return await leaf(0);
    return await counted(depth - 1) + 1;
}

typedef async_fn(int, (int)) function;
static function tree_again;

static async int tree(int depth)
{
    int a = 0, b = 0;
    if (depth == 0)
        return await leaf(1);
    await async_join(a = tree_again(depth - 1), b = tree_again(depth - 1));
    return a + b;
}

static async int by_pointer(function f, int n)
{
    return await f(n);
}

static async void pointers(void)
{
    int a, b;
    await async_join(a = by_pointer(nested, 1), b = by_pointer(counted, 1));
    (void)a, (void)b;
}

static async int from_elsewhere(function f)
{
    return await elsewhere(f, 7);
}

static async int joins(struct async_task *task)
{
    return await async_task_join(task);
}

static async int joins_many(struct async_task *a, struct async_task *b)
{
    await async_join(async_task_join(a), joins(b));
    return 0;
}

static async int grouped(void)
{
    struct async_group group;
    async_group_limit(&group, 2);
    for (int i = 0; i < 3; i++)
        if (async_group_spawn(&group, leaf(i)) < 0)
            return -1;
    return await async_group_wait(&group);
}

static async void at_once(void)
{
}

static struct async_task *tasks[32];
static int task_count;

static void started(struct async_task *task)
{
    tasks[task_count++] = task;
}

async int main(void)
{
    defer {
        for (int i = 0; i < task_count; i++) {
            async_cancel(tasks[i]);
            async_detach(tasks[i]);
        }
    }
    tree_again = tree;
    started(async_spawn(at_once()));
    started(async_spawn(deeper()));
    started(async_spawn(joined()));
    started(async_spawn(limited()));
    started(async_spawn(counted(100)));
    started(async_spawn(tree(2)));
    started(async_spawn(pointers()));
    started(async_spawn(from_elsewhere(nested)));
    started(async_spawn(joins_many(tasks[1], tasks[2])));
    started(async_spawn(grouped()));
    async_task_set_name(tasks[1], "deep");
    started(async_spawn(async_event_wait(&gate)));
    started(async_spawn(async_task_join(tasks[3])));
    dump("before they run", false);
    await async_yield();
    started(async_spawn(selected()));
    await async_yield();
    dump("waiting", true);
    async_event_set(&gate);
    dump("woken", false);
    async_cancel(tasks[1]);
    for (int i = 0; i < task_count; i++)
        (void)await async_task_join(tasks[i]);
    dump("done", false);
    return 0;
}
