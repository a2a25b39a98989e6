// observe.c - the dump of all tasks, and the counters.
//
// THE WALK. A task that is not polled at the moment is consistent: from its outermost frame, the
// state and the trace tables of future.h lead to the frames of what it awaits, and so on inwards.
// Of a task that is polled nothing can be said: frames on the stack have the state of their last
// suspension, and what was below them may be gone.
#include <asyncc/observe.h>

#include "clock.h"
#include "executor.h"

#include <string.h>

// ---- Frames ---------------------------------------------------------------------------------

enum {
    INDENTED = 24, // levels; deeper ones are not indented further
    NESTED = 64    // forms in operands of forms; deeper ones are left out
};

// What is awaited, found.
struct child {
    const char *name;
    const struct async_frame_type *type; // NULL: written by hand
    const void *future;                  // NULL: it could not be allocated
};

// Where a frame is suspended.
struct stop {
    const struct async_trace *trace;
    const struct async_state_info *state; // NULL: it is not suspended
};

static uint64_t number_at(const void *frame, size_t at, size_t size)
{
    const void *from = (const char *)frame + at;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (size) {
    case 1:
        memcpy(&one, from, 1);
        return one;
    case 2:
        memcpy(&two, from, 2);
        return two;
    case 4:
        memcpy(&four, from, 4);
        return four;
    default:
        memcpy(&eight, from, 8);
        return eight;
    }
}

static const void *pointer_at(const void *frame, size_t at)
{
    const void *pointer;
    memcpy(&pointer, (const char *)frame + at, sizeof pointer);
    return pointer;
}

static struct stop stop_of(const struct async_frame_type *type, const void *frame)
{
    const struct async_trace *trace = type->awaits;
    if (!trace)
        return (struct stop){NULL, NULL};
    uint64_t state = number_at(frame, trace->state_at, trace->state_size);
    if (state == 0 || state > trace->state_count)
        return (struct stop){trace, NULL};
    return (struct stop){trace, &trace->states[state - 1]};
}

static struct child child_of(const struct async_operand_info *operand, const void *frame)
{
    if (operand->kind == ASYNC_OPERAND_EMBEDDED)
        return (struct child){operand->name, operand->type, (const char *)frame + operand->at};
    const void *future = pointer_at(frame, operand->at);
    if (operand->kind == ASYNC_OPERAND_BLOCK)
        return (struct child){operand->name, operand->type, future};
    const struct async_future_type *type = operand->kind == ASYNC_OPERAND_FOREIGN
                                               ? operand->type
                                               : pointer_at(frame, operand->type_at);
    return (struct child){type->name, type->frame, future};
}

static bool is_pending(const struct async_state_info *state, const void *frame, unsigned operand)
{
    if (state->kind != ASYNC_AWAIT_JOIN)
        return true;
    unsigned n = state->operand_count;
    size_t size = n <= 8 ? 1 : n <= 16 ? 2 : n <= 32 ? 4 : 8;
    return number_at(frame, state->left_at, size) >> operand & 1;
}

static void write_indent(FILE *out, unsigned depth)
{
    fprintf(out, "%*s", (int)(2 * (depth < INDENTED ? depth : INDENTED)), "");
}

static void write_task_name(FILE *out, struct async_task *task)
{
    fprintf(out, "task %llu '%s'", (unsigned long long)pool_number(task), async_task_name(task));
}

// Ends the line about a future. Of one that waits for a task, says which.
static void write_whom(FILE *out, const struct child *child)
{
    const struct async_task_join_future *join = child->future;
    if (join && !child->type && !strcmp(child->name, "async_task_join") && join->link) {
        fprintf(out, ": ");
        write_task_name(out, join->task);
    }
    fprintf(out, "\n");
}

static void write_stop(FILE *out, const struct stop *stop, const char *awaited)
{
    fprintf(out, "%s at %s:%u awaits %s (%s)", stop->trace->name, stop->trace->file,
            (unsigned)stop->state->line, awaited, stop->state->name);
}

static void write_folded(FILE *out, unsigned depth, uint64_t folded)
{
    if (!folded)
        return;
    write_indent(out, depth);
    fprintf(out, "... and %llu more like this\n", (unsigned long long)folded);
}

static void write_frames(FILE *out, unsigned depth, unsigned nested, struct child child);

static void write_operands(FILE *out, unsigned depth, unsigned nested,
                           const struct async_state_info *state, const void *frame)
{
    for (unsigned i = 0; i < state->operand_count; i++) {
        if (!is_pending(state, frame, i))
            continue;
        struct child child = child_of(&state->operands[i], frame);
        if (nested < NESTED) {
            write_frames(out, depth, nested + 1, child);
            continue;
        }
        write_indent(out, depth);
        fprintf(out, "%s ...\n", child.name);
    }
}

// What a function that is suspended awaits; of a form, its name.
static struct child awaited(const struct async_state_info *state, const void *frame)
{
    static const char *const forms[] = {[ASYNC_AWAIT_JOIN] = "async_join",
                                        [ASYNC_AWAIT_SELECT] = "async_select",
                                        [ASYNC_AWAIT_TIMEOUT] = "async_timeout_ms"};
    if (state->kind == ASYNC_AWAIT_CALL)
        return child_of(&state->operands[0], frame);
    return (struct child){forms[state->kind], NULL, NULL};
}

// A future, and below it all that it awaits. Calls in calls may be many: they take no stack, and
// from the third on those alike take no line.
static void write_frames(FILE *out, unsigned depth, unsigned nested, struct child child)
{
    const struct async_state_info *last = NULL;
    unsigned alike = 0; // lines about `last`
    uint64_t folded = 0;
    struct stop stop;
    while (child.type && child.future && (stop = stop_of(child.type, child.future)).state) {
        struct child next = awaited(stop.state, child.future);
        alike = stop.state == last ? alike : 0;
        last = stop.state;
        if (alike == 2 && next.type) {
            folded++;
        } else {
            write_folded(out, depth, folded);
            folded = 0;
            write_indent(out, depth++);
            write_stop(out, &stop, next.name);
            write_whom(out, &next);
            alike++;
        }
        if (stop.state->kind != ASYNC_AWAIT_CALL)
            write_operands(out, depth, nested, stop.state, child.future);
        if (!next.type)
            return;
        child = next;
    }
    // Written by hand, or not started.
    write_folded(out, depth, folded);
    write_indent(out, depth);
    fprintf(out, "%s", child.name);
    write_whom(out, &child);
}

// ---- Tasks ----------------------------------------------------------------------------------

// Its poll or drop is underway.
static bool is_on_stack(const struct async_executor *executor, const struct async_task *task)
{
    for (const struct task_dropping *d = executor->dropping; d; d = d->outer)
        if (d->task == task)
            return true;
    return executor->cx.waker.data == task;
}

// A generated future that is off the stack and not done has suspended, or not begun.
static bool has_run(struct async_task *task)
{
    if (!task->type->frame)
        return true;
    const struct async_trace *trace = task->type->frame->awaits;
    return trace && number_at(task_future(task), trace->state_at, trace->state_size) != 0;
}

static bool is_ready(struct async_task *task)
{
    return task->queued ||
           atomic_load_explicit(&task->shared, memory_order_relaxed) & TASK_NOTIFIED;
}

static const char *condition_of(struct async_task *task)
{
    if (is_on_stack(async_current, task))
        return "running";
    if (!(task->flags & TASK_DONE)) {
        if (task->flags & TASK_HELD)
            return "held by its group's limit";
        if (!has_run(task))
            return "not started";
        return is_ready(task) ? "ready" : "waiting";
    }
    if (task->flags & TASK_NO_MEMORY)
        return "out of memory";
    return task->flags & TASK_CANCELED ? "cancelled" : "finished";
}

static const char *keeper_of(struct async_task *task)
{
    if (!(task->flags & TASK_DONE))
        return "";
    if (task->flags & TASK_HANDLE)
        return ", kept by its handle";
    return task->queued ? ", kept until its turn" : ", kept by wakers";
}

static void write_group(FILE *out, struct async_task *task)
{
    if (!(task->flags & TASK_GROUP) || task->flags & TASK_DONE)
        return;
    struct async_task *owner = group_owner(task);
    fprintf(out, owner ? ", in a group of " : ", in a group");
    if (owner)
        write_task_name(out, owner);
}

static void write_task(FILE *out, struct async_task *task)
{
    write_task_name(out, task);
    if (strcmp(async_task_name(task), task->type->name) != 0)
        fprintf(out, " (%s)", task->type->name);
    fprintf(out, " %s%s", condition_of(task), keeper_of(task));
    write_group(out, task);
    bool suspended = !is_on_stack(async_current, task) &&
                     !(task->flags & (TASK_DONE | TASK_HELD)) && has_run(task);
    struct child root = {task->type->name, task->type->frame, suspended ? task_future(task) : NULL};
    write_whom(out, &root);
    if (root.type && root.future)
        write_frames(out, 1, 0, root);
}

void async_dump(FILE *out)
{
    struct async_executor *executor = async_current;
    if (!executor) {
        fprintf(out, "asyncc: this thread has no executor\n");
        return;
    }
    struct async_counters c;
    async_counters_get(&c);
    fprintf(out, "asyncc: %zu tasks, %zu ready; %llu polls, %llu wakes, %llu turns, %llu waits\n",
            c.tasks, c.ready, (unsigned long long)c.polls, (unsigned long long)c.wakes,
            (unsigned long long)c.turns, (unsigned long long)c.waits);
    struct async_task *task = NULL;
    while ((task = pool_next(&executor->pool, task)))
        write_task(out, task);
}

// ---- Counters -------------------------------------------------------------------------------

void observe_turn_begins(struct async_executor *executor)
{
    executor->counts.turn_since = clock_now_ns();
}

void observe_turn_ends(struct async_executor *executor)
{
    executor->counts.run_ns += clock_now_ns() - executor->counts.turn_since;
    executor->counts.turn_since = 0;
}

void async_counters_clock(bool on)
{
    struct async_executor *executor = executor_get();
    if (executor)
        executor->counts.clock = on;
}

static size_t blocks_in_use(const struct pool *pool)
{
    size_t count = 0;
    for (const struct pool_slab *slab = pool->all; slab; slab = slab->all_next)
        count += slab->live;
    return count;
}

void async_counters_get(struct async_counters *counters)
{
    *counters = (struct async_counters){0};
    const struct async_executor *executor = async_current;
    if (!executor)
        return;
    const struct executor_counts *counts = &executor->counts;
    counters->polls = counts->taken - counts->not_polled;
    counters->wakes = counts->queued;
    counters->received = counts->received;
    counters->turns = counts->turns;
    counters->waits = counts->waits;
    counters->spawned = counts->spawned;
    counters->finished = counts->finished;
    counters->run_ns = counts->run_ns;
    if (counts->turn_since)
        counters->run_ns += clock_now_ns() - counts->turn_since;
    counters->tasks = (size_t)(counts->spawned - counts->finished);
    counters->ready = (size_t)(counts->queued - counts->taken);
    counters->kept = blocks_in_use(&executor->pool) - counters->tasks;
}
