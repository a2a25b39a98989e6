// hand.c - the limit: the runtime's rows as a person would write them in C for one thread and nothing else. An
// intrusive queue, one malloc a task, waiters inside the tasks that wait, a timer wheel of 1 ms. Nothing can be
// cancelled but a timer, no other thread can wake anybody, and no system call comes between.
#define _GNU_SOURCE
#include "row.h"

#include <stdbool.h>
#include <stdint.h>

// ---- Tasks: what `run` returns from has arranged for the task to be woken, or is done

struct task {
    struct task *next;
    void (*run)(struct task *task);
};

static struct {
    struct task *first, *last;
} ready;

static bool finished;

static inline void wake(struct task *task)
{
    task->next = NULL;
    if (ready.first)
        ready.last->next = task;
    else
        ready.first = task;
    ready.last = task;
}

static void *new_task(size_t size, void (*run)(struct task *))
{
    struct task *task = malloc(size);
    if (!task)
        abort();
    task->run = run;
    return task;
}

// The compiler must not know what is at `p`: in a program, it would be another function's.
static inline void escape(void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

// ---- The wheel: four levels of 256 slots

struct timer {
    struct timer *next, *prev; // in its slot
    uint64_t tick;
    struct task *task;
};

struct slot {
    struct timer *next, *prev; // as in a timer
};

enum { LEVELS = 4, SLOTS = 256 };

static struct {
    uint64_t tick; // what was due then has fired
    uint64_t now;  // the last look at the clock
    long count;
    struct slot slots[LEVELS][SLOTS];
} wheel;

static uint64_t clock_ms(void)
{
    return (uint64_t)(row_now() / 1e6);
}

static void wheel_start(void)
{
    wheel.tick = wheel.now = clock_ms();
    for (int level = 0; level < LEVELS; level++)
        for (int i = 0; i < SLOTS; i++) {
            struct slot *slot = &wheel.slots[level][i];
            slot->next = slot->prev = (struct timer *)slot;
        }
}

static inline void wheel_put(struct timer *timer)
{
    uint64_t differ = timer->tick ^ wheel.tick;
    int level = differ ? (63 - __builtin_clzll(differ)) / 8 : 0;
    struct slot *slot = &wheel.slots[level][timer->tick >> (8 * level) & (SLOTS - 1)];
    timer->next = (struct timer *)slot;
    timer->prev = slot->prev;
    slot->prev->next = timer;
    slot->prev = timer;
}

static inline void timer_arm(struct timer *timer, struct task *task, uint64_t ms)
{
    timer->tick = wheel.now + ms + 1;
    timer->task = task;
    wheel.count++;
    wheel_put(timer);
}

static inline void timer_disarm(struct timer *timer)
{
    wheel.count--;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
}

static struct timer *take_slot(int level)
{
    struct slot *slot = &wheel.slots[level][wheel.tick >> (8 * level) & (SLOTS - 1)];
    struct timer *first = slot->next;
    if (first == (struct timer *)slot)
        return NULL;
    slot->prev->next = NULL;
    slot->next = slot->prev = (struct timer *)slot;
    return first;
}

static void wheel_step(void)
{
    wheel.tick++;
    for (int level = LEVELS - 1; level > 0; level--) {
        if (wheel.tick & ((UINT64_C(1) << (8 * level)) - 1))
            continue;
        for (struct timer *timer = take_slot(level), *next; timer; timer = next) {
            next = timer->next;
            wheel_put(timer);
        }
    }
    for (struct timer *timer = take_slot(0), *next; timer; timer = next) {
        next = timer->next;
        wheel.count--;
        wake(timer->task);
    }
}

// Ticks until something may be due.
static uint64_t wheel_idle(void)
{
    uint64_t ticks = 1;
    for (; (wheel.tick + ticks) & (SLOTS - 1); ticks++) {
        struct slot *slot = &wheel.slots[0][(wheel.tick + ticks) & (SLOTS - 1)];
        if (slot->next != (struct timer *)slot)
            break;
    }
    return ticks;
}

static void wheel_advance(void)
{
    wheel.now = clock_ms();
    while (wheel.tick < wheel.now)
        wheel_step();
}

static void wheel_wait(void)
{
    uint64_t ms = wheel.tick + wheel_idle();
    struct timespec until = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

// ---- The loop

static void run_all(struct task *root)
{
    wheel_start();
    wake(root);
    while (!finished) {
        for (int i = 0; i < 256 && ready.first; i++) {
            struct task *task = ready.first;
            ready.first = task->next;
            task->run(task);
        }
        if (!wheel.count)
            continue;
        if (!ready.first && !finished)
            wheel_wait();
        wheel_advance();
    }
}

// Each row is a root task with these members first.
struct row {
    struct task task;
    int at; // the case to go on at
    long n, i, sum;
    double start;
};

static void row_done(struct row *row, const char *name)
{
    row_print(name, (row_now() - row->start) / (double)row->n, row->sum);
    finished = true;
}

// Leaves `run`, to go on behind this when it is woken.
#define PAUSE(self, label) \
    do { \
        (self)->at = label; \
        return; \
    case label:; \
    } while (0)

// ---- Spawn and join

struct child {
    struct task task;
    struct task *joiner;
    bool done;
    long argument, result;
};

static void child_run(struct task *task)
{
    struct child *self = (struct child *)task;
    self->result = row_value(self->argument);
    self->done = true;
    if (self->joiner)
        wake(self->joiner);
}

static struct child *spawn_child(long argument)
{
    struct child *child = new_task(sizeof *child, child_run);
    child->joiner = NULL;
    child->done = false;
    child->argument = argument;
    wake(&child->task);
    return child;
}

struct spawn_join {
    struct row row;
    struct child *child;
};

static void spawn_join_run(struct task *task)
{
    struct spawn_join *self = (struct spawn_join *)task;
    switch (self->row.at) {
    case 0:
        for (self->row.i = 0; self->row.i < self->row.n; self->row.i++) {
            self->child = spawn_child(self->row.i);
            if (!self->child->done) {
                self->child->joiner = task;
                PAUSE(&self->row, 1);
            }
            self->row.sum += self->child->result;
            free(self->child);
        }
    }
    row_done(&self->row, "spawn_join");
}

static long batch_sum, batch_left;
static struct task *batch_waiter;

struct batch_child {
    struct task task;
    long argument;
};

static void batch_child_run(struct task *task)
{
    struct batch_child *self = (struct batch_child *)task;
    batch_sum += row_value(self->argument);
    free(self);
    if (!--batch_left)
        wake(batch_waiter);
}

static void spawn_batch_run(struct task *task)
{
    struct row *self = (struct row *)task;
    switch (self->at) {
    case 0:
        batch_left = self->n;
        for (long i = 0; i < self->n; i++) {
            struct batch_child *child = new_task(sizeof *child, batch_child_run);
            child->argument = i;
            wake(&child->task);
        }
        batch_waiter = task;
        PAUSE(self, 1);
    }
    self->sum = batch_sum;
    row_done(self, "spawn_batch");
}

// ---- Sleep

static long armed;

struct sleeper {
    struct task task;
    struct timer timer;
    long argument; // ms, then -1
};

static void sleeper_run(struct task *task)
{
    struct sleeper *self = (struct sleeper *)task;
    if (self->argument >= 0) {
        armed++;
        timer_arm(&self->timer, task, (uint64_t)self->argument);
        self->argument = -1;
        return;
    }
    free(self);
    if (!--batch_left)
        wake(batch_waiter);
}

static void spawn_sleepers(long n)
{
    for (long i = 0; i < n; i++) {
        struct sleeper *sleeper = new_task(sizeof *sleeper, sleeper_run);
        sleeper->argument = row_sleep_ms(i);
        wake(&sleeper->task);
    }
}

static void sleep_run(struct task *task)
{
    static double rss, cpu;
    struct row *self = (struct row *)task;
    switch (self->at) {
    case 0:
        rss = row_rss();
        self->start = row_now();
        batch_left = self->n;
        spawn_sleepers(self->n);
        while (armed < self->n) {
            wake(task);
            PAUSE(self, 1);
        }
        row_print("sleep_create", (row_now() - self->start) / (double)self->n, armed);
        row_print("sleep_rss", (row_rss() - rss) / (double)self->n, armed);
        cpu = row_cpu();
        batch_waiter = task;
        PAUSE(self, 2);
    }
    row_print("sleep_fire", (row_cpu() - cpu) / (double)self->n, armed - batch_left);
    finished = true;
}

struct timeout_cancel {
    struct row row;
    struct timer timer;
};

static void timeout_cancel_run(struct task *task)
{
    struct timeout_cancel *self = (struct timeout_cancel *)task;
    struct row *row = &self->row;
    switch (row->at) {
    case 0:
        setenv("BENCH_LEAD_MS", ROW_OTHERS_MS, 1);
        spawn_sleepers(ROW_OTHERS);
        while (armed < ROW_OTHERS) {
            wake(task);
            PAUSE(row, 1);
        }
        row->start = row_now();
        for (row->i = 0; row->i < row->n; row->i++) {
            timer_arm(&self->timer, task, ROW_TIMEOUT_MS);
            wake(task);
            PAUSE(row, 2);
            timer_disarm(&self->timer);
            row->sum++;
        }
    }
    row_done(row, "timeout_cancel");
}

// ---- Yield

static long turns;

struct turn_taker {
    struct task task;
    int at;
    long left;
};

static void turn_taker_run(struct task *task)
{
    struct turn_taker *self = (struct turn_taker *)task;
    switch (self->at) {
    case 0:
        for (; self->left > 0; self->left--) {
            turns++;
            wake(task);
            PAUSE(self, 1);
        }
    }
    if (!--batch_left)
        wake(batch_waiter);
}

static void yield_pp_run(struct task *task)
{
    struct row *self = (struct row *)task;
    switch (self->at) {
    case 0:
        batch_left = 2;
        for (int i = 0; i < 2; i++) {
            struct turn_taker *taker = new_task(sizeof *taker, turn_taker_run);
            taker->at = 0;
            taker->left = self->n / 2;
            wake(&taker->task);
        }
        batch_waiter = task;
        PAUSE(self, 1);
    }
    self->sum = turns;
    row_done(self, "yield_pp");
}

// ---- Lines of waiting tasks, channels

struct waiter {
    struct waiter *next;
    struct task *task;
};

struct line {
    struct waiter *first, *last;
};

static inline void line_wait(struct line *line, struct waiter *waiter, struct task *task)
{
    waiter->task = task;
    waiter->next = NULL;
    if (line->first)
        line->last->next = waiter;
    else
        line->first = waiter;
    line->last = waiter;
}

static inline bool line_wake(struct line *line)
{
    struct waiter *first = line->first;
    if (!first)
        return false;
    line->first = first->next;
    wake(first->task);
    return true;
}

// `sent` and `received` count on for ever; the capacity is a power of two.
struct channel {
    unsigned sent, received, capacity;
    struct line senders, receivers;
    long items[];
};

static struct channel *new_channel(unsigned capacity)
{
    struct channel *channel = calloc(1, sizeof *channel + capacity * sizeof(long));
    if (!channel)
        abort();
    channel->capacity = capacity;
    escape(channel);
    return channel;
}

static inline bool channel_send(struct channel *channel, long item)
{
    if (channel->sent - channel->received == channel->capacity)
        return false;
    channel->items[channel->sent++ & (channel->capacity - 1)] = item;
    if (channel->receivers.first)
        line_wake(&channel->receivers);
    return true;
}

static inline bool channel_receive(struct channel *channel, long *item)
{
    if (channel->sent == channel->received)
        return false;
    *item = channel->items[channel->received++ & (channel->capacity - 1)];
    if (channel->senders.first)
        line_wake(&channel->senders);
    return true;
}

struct player {
    struct task task;
    int at;
    long i, n, item;
    struct channel *in, *out;
    struct waiter waiter;
};

static void pong_run(struct task *task)
{
    struct player *self = (struct player *)task;
    switch (self->at) {
    case 0:
        for (self->i = 0; self->i < self->n; self->i++) {
            while (!channel_receive(self->in, &self->item)) {
                line_wait(&self->in->receivers, &self->waiter, task);
                PAUSE(self, 1);
            }
            while (!channel_send(self->out, self->item + 1)) {
                line_wait(&self->out->senders, &self->waiter, task);
                PAUSE(self, 2);
            }
        }
    }
}

struct ping {
    struct row row;
    struct channel *in, *out;
    struct waiter waiter;
    long item;
};

static void chan_pp_run(struct task *task)
{
    struct ping *self = (struct ping *)task;
    struct row *row = &self->row;
    switch (row->at) {
    case 0:
        self->out = new_channel(1);
        self->in = new_channel(1);
        struct player *pong = new_task(sizeof *pong, pong_run);
        pong->at = 0;
        pong->n = row->n / 2;
        pong->in = self->out;
        pong->out = self->in;
        wake(&pong->task);
        for (row->i = 0; row->i < row->n / 2; row->i++) {
            while (!channel_send(self->out, row->i)) {
                line_wait(&self->out->senders, &self->waiter, task);
                PAUSE(row, 1);
            }
            while (!channel_receive(self->in, &self->item)) {
                line_wait(&self->in->receivers, &self->waiter, task);
                PAUSE(row, 2);
            }
            row->sum += self->item;
        }
    }
    row_done(row, "chan_pp");
}

// What changes with each message is kept in locals while the task runs.
static void producer_run(struct task *task)
{
    struct player *self = (struct player *)task;
    struct channel *out = self->out;
    long i = self->i, n = self->n;
    for (; i < n; i++)
        if (!channel_send(out, row_value(i))) {
            line_wait(&out->senders, &self->waiter, task);
            self->i = i;
            return;
        }
}

static void mpsc(struct task *task, int producers, const char *name)
{
    struct ping *self = (struct ping *)task;
    struct row *row = &self->row;
    if (row->at == 0) {
        row->at = 1;
        self->in = new_channel(ROW_CAPACITY);
        row->i = row->n / producers * producers;
        for (int i = 0; i < producers; i++) {
            struct player *producer = new_task(sizeof *producer, producer_run);
            producer->i = 0;
            producer->n = row->n / producers;
            producer->out = self->in;
            wake(&producer->task);
        }
    }
    struct channel *in = self->in;
    long i = row->i, sum = row->sum, item;
    for (; i > 0; i--) {
        if (!channel_receive(in, &item)) {
            line_wait(&in->receivers, &self->waiter, task);
            row->i = i;
            row->sum = sum;
            return;
        }
        sum += item;
    }
    row->sum = sum;
    row_done(row, name);
}

static void mpsc1_run(struct task *task)
{
    mpsc(task, 1, "mpsc1");
}

static void mpsc4_run(struct task *task)
{
    mpsc(task, 4, "mpsc4");
}

// ---- Oneshot

struct oneshot {
    bool sent;
    long value;
    struct task *waiter;
};

static inline void oneshot_send(struct oneshot *oneshot, long value)
{
    oneshot->value = value;
    oneshot->sent = true;
    if (oneshot->waiter)
        wake(oneshot->waiter);
}

struct oneshot_row {
    struct row row;
    struct oneshot oneshot;
};

static void oneshot_ready_run(struct task *task)
{
    struct oneshot_row *self = (struct oneshot_row *)task;
    struct row *row = &self->row;
    switch (row->at) {
    case 0:
        for (row->i = 0; row->i < row->n; row->i++) {
            self->oneshot = (struct oneshot){0};
            escape(&self->oneshot);
            oneshot_send(&self->oneshot, row_value(row->i));
            escape(&self->oneshot);
            if (!self->oneshot.sent) {
                self->oneshot.waiter = task;
                PAUSE(row, 1);
            }
            row->sum += self->oneshot.value;
        }
    }
    row_done(row, "oneshot_ready");
}

struct oneshot_sender {
    struct task task;
    struct oneshot *to;
    long argument;
};

static void oneshot_sender_run(struct task *task)
{
    struct oneshot_sender *self = (struct oneshot_sender *)task;
    oneshot_send(self->to, row_value(self->argument));
    free(self);
}

static void oneshot_task_run(struct task *task)
{
    struct oneshot_row *self = (struct oneshot_row *)task;
    struct row *row = &self->row;
    switch (row->at) {
    case 0:
        for (row->i = 0; row->i < row->n; row->i++) {
            self->oneshot = (struct oneshot){0};
            struct oneshot_sender *sender = new_task(sizeof *sender, oneshot_sender_run);
            sender->to = &self->oneshot;
            sender->argument = row->i;
            wake(&sender->task);
            if (!self->oneshot.sent) {
                self->oneshot.waiter = task;
                PAUSE(row, 1);
            }
            row->sum += self->oneshot.value;
        }
    }
    row_done(row, "oneshot_task");
}

// ---- Mutex

struct mutex {
    bool locked;
    struct line waiting;
};

// False: it is locked, and will be ours when we are woken.
static inline bool mutex_lock(struct mutex *mutex, struct waiter *waiter, struct task *task)
{
    if (!mutex->locked) {
        mutex->locked = true;
        return true;
    }
    line_wait(&mutex->waiting, waiter, task);
    return false;
}

static inline void mutex_unlock(struct mutex *mutex)
{
    if (!line_wake(&mutex->waiting))
        mutex->locked = false;
}

static struct mutex row_mutex;

struct mutex_row {
    struct row row;
    struct waiter waiter;
};

static void mutex_un_run(struct task *task)
{
    struct mutex_row *self = (struct mutex_row *)task;
    struct row *row = &self->row;
    switch (row->at) {
    case 0:
        for (row->i = 0; row->i < row->n; row->i++) {
            if (!mutex_lock(&row_mutex, &self->waiter, task))
                PAUSE(row, 1);
            row->sum += row_value(row->i);
            escape(&row_mutex);
            mutex_unlock(&row_mutex);
            escape(&row_mutex);
        }
    }
    row_done(row, "mutex_un");
}

struct locker {
    struct task task;
    int at;
    long i, n;
    struct waiter waiter;
};

static void locker_run(struct task *task)
{
    struct locker *self = (struct locker *)task;
    switch (self->at) {
    case 0:
        for (self->i = 0; self->i < self->n; self->i++) {
            if (!mutex_lock(&row_mutex, &self->waiter, task))
                PAUSE(self, 1);
            wake(task);
            PAUSE(self, 2);
            batch_sum += row_value(self->i);
            mutex_unlock(&row_mutex);
        }
    }
    if (!--batch_left)
        wake(batch_waiter);
}

static void mutex_ct_run(struct task *task)
{
    struct row *self = (struct row *)task;
    switch (self->at) {
    case 0:
        batch_left = 8;
        for (int i = 0; i < 8; i++) {
            struct locker *locker = new_task(sizeof *locker, locker_run);
            locker->at = 0;
            locker->n = self->n / 8;
            wake(&locker->task);
        }
        batch_waiter = task;
        PAUSE(self, 1);
    }
    self->sum = batch_sum;
    row_done(self, "mutex_ct");
}

// ---- Which

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        size_t size;
        void (*run)(struct task *);
    } rows[] = {
        {"spawn_join", sizeof(struct spawn_join), spawn_join_run},
        {"spawn_batch", sizeof(struct row), spawn_batch_run},
        {"sleep", sizeof(struct row), sleep_run},
        {"timeout_cancel", sizeof(struct timeout_cancel), timeout_cancel_run},
        {"yield_pp", sizeof(struct row), yield_pp_run},
        {"chan_pp", sizeof(struct ping), chan_pp_run},
        {"mpsc1", sizeof(struct ping), mpsc1_run},
        {"mpsc4", sizeof(struct ping), mpsc4_run},
        {"oneshot_ready", sizeof(struct oneshot_row), oneshot_ready_run},
        {"oneshot_task", sizeof(struct oneshot_row), oneshot_task_run},
        {"mutex_un", sizeof(struct mutex_row), mutex_un_run},
        {"mutex_ct", sizeof(struct row), mutex_ct_run},
    };
    for (size_t i = 0; argc == 3 && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, argv[1]) != 0)
            continue;
        struct row *row = calloc(1, rows[i].size);
        if (!row)
            abort();
        row->task.run = rows[i].run;
        row->n = atol(argv[2]);
        row->start = row_now();
        run_all(&row->task);
        return 0;
    }
    fprintf(stderr, "usage: %s ROW N\n", argv[0]);
    return 2;
}
