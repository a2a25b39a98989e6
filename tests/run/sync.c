// What tasks of one thread share across awaits: each part of sync.h, in order of arrival.
// blocking: no: waits for other tasks
#include <asyncc/sync.h>
#include <asyncc/task.h>
#include <stdio.h>

#include <asyncc/async.h>

// ---- Mutex: what is written under it stays together

static struct async_mutex lock;

static async void talk(const char *name)
{
    await async_mutex_lock(&lock);
    defer { async_mutex_unlock(&lock); }
    for (int i = 0; i < 3; i++) {
        printf("%s%d ", name, i);
        await async_yield();
    }
}

// ---- Semaphore: never more than two at once

static struct async_semaphore slots = {.permits = 2};
static int inside, most;

static async void enter(size_t count)
{
    await async_semaphore_acquire(&slots, count);
    inside += (int)count;
    most = inside > most ? inside : most;
    await async_yield();
    inside -= (int)count;
    async_semaphore_release(&slots, count);
}

// ---- Read-write lock: readers share, a writer is alone, and is not starved

static struct async_rwlock book;
static int readers, pages;

static async void read_page(char name)
{
    await async_rwlock_read(&book);
    readers++;
    await async_yield();
    printf("%c%d/%d ", name, pages, readers);
    await async_yield();
    readers--;
    async_rwlock_read_unlock(&book);
}

static async void write_page(void)
{
    await async_rwlock_write(&book);
    pages++;
    await async_yield();
    printf("w%d/%d ", pages, readers);
    async_rwlock_write_unlock(&book);
}

// ---- Condition and event: a queue of one

static struct async_condition filled, emptied;
static int box;
static struct async_event over;

static async void produce(int n)
{
    for (int i = 1; i <= n; i++) {
        while (box)
            await async_condition_wait(&emptied);
        box = i;
        async_condition_signal(&filled);
    }
}

static async void consume(int n)
{
    for (int i = 0; i < n; i++) {
        while (!box)
            await async_condition_wait(&filled);
        printf("%d ", box);
        box = 0;
        async_condition_signal(&emptied);
    }
    async_event_set(&over);
}

// ---- Once, barrier, wait group

static struct async_once prepared;
static int attempts;

static async int prepare(int n)
{
    if (await async_once_enter(&prepared)) {
        await async_yield();
        async_once_leave(&prepared, ++attempts == 2);
    }
    return n * attempts;
}

static struct async_barrier rounds;
static struct async_wait_group workers;

static async void work(char name)
{
    defer { async_wait_group_done(&workers); }
    for (int i = 0; i < 2; i++) {
        printf("%c%d ", name, i);
        if (await async_barrier_wait(&rounds))
            printf("| ");
    }
}

async int main(void)
{
    await async_join(talk("a"), talk("b"), talk("c"));
    puts("");

    await async_join(enter(1), enter(2), enter(1), enter(1), enter(2));
    printf("at most %d, %zu free\n", most, slots.permits);

    await async_join(read_page('a'), read_page('b'), write_page(), read_page('c'), read_page('d'));
    puts("");

    await async_join(consume(4), produce(4), async_event_wait(&over));
    puts("over");

    int a, b, c;
    await async_join(a = prepare(1), b = prepare(10), c = prepare(100));
    printf("%d %d %d\n", a, b, c);

    async_barrier_init(&rounds, 3);
    async_wait_group_add(&workers, 3);
    for (int i = 0; i < 3; i++)
        async_detach(async_spawn(work((char)('a' + i))));
    await async_wait_group_wait(&workers);
    puts("done");

    // who waits for what never comes is cancelled, and passes on what it was given
    await async_mutex_lock(&lock);
    struct async_task *first = async_spawn(talk("x")), *second = async_spawn(talk("y"));
    await async_yield();
    async_mutex_unlock(&lock); // the first one's, which has not run
    async_cancel(first);
    (void)await async_task_join(second);
    async_detach(first);
    async_detach(second);
    printf("%s\n", async_mutex_try_lock(&lock) ? "free" : "locked");
    async_mutex_unlock(&lock);
    return 0;
}
