// test_left.c - what is left behind by a test: tasks, timers, descriptors, memory.
#define _GNU_SOURCE
#include "test_left.h"

#include <asyncc/test.h>

#include "faults.h"
#include "io.h"
#include "sim_net.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Descriptors that were open before, a bit for each.
static _Thread_local struct {
    unsigned char *bits;
    size_t room; // bytes
} open_before;

static _Thread_local unsigned living;

static void count_living(struct async_task *task)
{
    living += !(task->flags & (TASK_DONE | TASK_BORROWED));
}

unsigned left_running(struct async_executor *executor)
{
    living = 0;
    pool_each(&executor->pool, count_living);
    return living + peers_unfinished();
}

static void tell_task(struct async_task *task)
{
    if (task->flags & TASK_BORROWED)
        return;
    const struct async_future_type *type = task->type;
    if (!(task->flags & TASK_DONE))
        async_test_problem("a task of '%s' (%s) is left", type->name, type->file);
    else if (task->flags & TASK_HANDLE)
        async_test_problem("the handle of a task of '%s' was not given up", type->name);
}

// Calls visit for each descriptor of the process that is open.
static void each_fd(void (*visit)(int fd))
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);
        if (fd >= 0 && fd != dirfd(dir))
            visit(fd);
    }
    closedir(dir);
}

static void remember_fd(int fd)
{
    size_t at = (size_t)fd / CHAR_BIT;
    if (at >= open_before.room) {
        size_t room = 2 * at + 64;
        unsigned char *fds = realloc(open_before.bits, room);
        if (!fds)
            return;
        memset(fds + open_before.room, 0, room - open_before.room);
        open_before.bits = fds;
        open_before.room = room;
    }
    open_before.bits[at] |= (unsigned char)(1u << fd % CHAR_BIT);
}

static void tell_fd(int fd)
{
    static const char *const kinds[] = {"TCP", "UDP", "Unix stream", "Unix datagram", "pipe"};
    size_t at = (size_t)fd / CHAR_BIT;
    if (at < open_before.room && open_before.bits[at] & 1u << fd % CHAR_BIT)
        return;
    const struct sim_descriptor *descriptor = sim_find(fd);
    async_test_problem("descriptor %d is left open (%s%s)", fd,
                       descriptor ? kinds[descriptor->file->kind] : "of the kernel",
                       descriptor && descriptor->file->stage == SIM_LISTENING ? ", listening" : "");
}

static void tell_timers(struct async_executor *executor)
{
    if (!timer_wheel_busy(&executor->timers))
        return;
    timer_wheel_advance(&executor->timers, executor->ops->now_ns(executor->reactor));
    if (timer_wheel_next(&executor->timers) != TIMER_NEVER)
        async_test_problem("a timer is left");
}

static void tell_memory(void)
{
    size_t bytes, blocks = faults_memory(&bytes);
    if (blocks)
        async_test_problem("%zu bytes of the runtime's memory are left, in %zu blocks", bytes,
                           blocks);
}

// ---- The report -----------------------------------------------------------------------------

void left_remember(void)
{
    each_fd(remember_fd);
}

void left_forget(void)
{
    free(open_before.bits);
    memset(&open_before, 0, sizeof open_before);
}

void left_tell_tasks(struct async_executor *executor)
{
    pool_each(&executor->pool, tell_task);
    living = 0;
    pool_each(&executor->pool, count_living);
    if (!living) // else the timers are theirs
        tell_timers(executor);
}

void left_tell_rest(void)
{
    each_fd(tell_fd);
    tell_memory();
}
