// timer.c - a hierarchical timer wheel.
//
// Level 0 has a slot for each tick of the current 256, level 1 one for each 256 ticks of the
// current 65536, and so on. A timer sits at the level of the highest byte in which its tick differs
// from the wheel's, in the slot named by that byte; so every slot in use at a level comes after the
// wheel's own position there, and when the wheel reaches it, the slot's timers move to lower
// levels. Timers beyond 2^48 ticks (there are none unless a tick is 1 ns) wait in the top level and
// are sorted again each time round.
//
// FRESH TIMERS. Reading the clock costs more than everything else here, so arming does not: a new
// timer waits in a list until the executor's turn is over, and its time starts then. A timer that
// is disarmed in the same turn, like most timeouts, has cost two list operations.
//
// CACHE MISSES. With a million timers each of them is somewhere else in memory, and fetching it is
// what costs. So whoever walks a list asks for what the next step needs while it works on this one.
#include "timer.h"

#include <assert.h>

// Moves all of `from` to the empty list `to`.
static void list_move(struct async_timer_link *to, struct async_timer_link *from)
{
    if (list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    from->next = from->prev = from;
}

// Where the timer's tick says.
static void insert(struct timer_wheel *wheel, struct async_timer *timer)
{
    uint64_t differ = timer->when ^ wheel->tick;
    int level = differ ? (63 - __builtin_clzll(differ)) / 8 : 0;
    if (level >= TIMER_LEVELS)
        level = TIMER_LEVELS - 1;
    unsigned slot = (timer->when >> (8 * level)) & (TIMER_SLOTS - 1);
    wheel->busy |= 1u << level;
    wheel->occupied[level][slot / 64] |= UINT64_C(1) << (slot % 64);
    list_push(&wheel->slots[level][slot], &timer->link);
}

static int tick_shift(const struct timer_wheel *wheel)
{
    return wheel->exact ? 0 : TIMER_TICK_SHIFT;
}

// Replaces the deadline by its tick.
static void insert_at(struct timer_wheel *wheel, struct async_timer *timer, uint64_t deadline)
{
    int shift = tick_shift(wheel);
    uint64_t tick = (deadline >> shift) + ((deadline & ((UINT64_C(1) << shift) - 1)) != 0);
    uint64_t far = (TIMER_NEVER >> shift) - 1; // still a time in nanoseconds
    timer->when = tick < far ? tick : far;
    insert(wheel, timer);
}

bool timer_arm_at(struct timer_wheel *wheel, struct async_timer *timer)
{
    if (timer->when <= wheel->now_ns)
        return false;
    insert_at(wheel, timer, timer->when);
    return true;
}

bool timer_wheel_busy(const struct timer_wheel *wheel)
{
    return wheel->busy || !list_empty(&wheel->fresh);
}

// The first slot in use in [from, TIMER_SLOTS), or TIMER_SLOTS. Clears the bits of empty ones it
// meets.
static unsigned find_slot(struct timer_wheel *wheel, int level, unsigned from)
{
    for (unsigned word = from / 64; word < TIMER_SLOTS / 64; word++) {
        uint64_t *bits = &wheel->occupied[level][word];
        uint64_t mask = word == from / 64 ? ~UINT64_C(0) << (from % 64) : ~UINT64_C(0);
        while (*bits & mask) {
            unsigned bit = (unsigned)__builtin_ctzll(*bits & mask);
            if (!list_empty(&wheel->slots[level][word * 64 + bit]))
                return word * 64 + bit;
            *bits &= ~(UINT64_C(1) << bit);
        }
    }
    return TIMER_SLOTS;
}

// The next tick at which a slot must be emptied, or TIMER_NEVER.
static uint64_t next_tick(struct timer_wheel *wheel)
{
    while (wheel->busy) {
        int level = __builtin_ctz(wheel->busy);
        int shift = 8 * level;
        unsigned here = (wheel->tick >> shift) & (TIMER_SLOTS - 1);
        // where this round of the level began
        uint64_t around = wheel->tick >> shift >> 8 << 8 << shift;
        unsigned slot = find_slot(wheel, level, here + 1);
        if (slot < TIMER_SLOTS)
            return around | (uint64_t)slot << shift;
        // Beyond the top level's round: sorted again in the next one.
        if (level == TIMER_LEVELS - 1 && (slot = find_slot(wheel, level, 0)) < TIMER_SLOTS)
            return around + ((uint64_t)TIMER_SLOTS << shift) + ((uint64_t)slot << shift);
        wheel->busy &= ~(1u << level);
    }
    return TIMER_NEVER;
}

// Empties the slot the wheel has reached into the empty list.
static void take_slot(struct timer_wheel *wheel, int level, struct async_timer_link *list)
{
    unsigned slot = (wheel->tick >> (8 * level)) & (TIMER_SLOTS - 1);
    list_move(list, &wheel->slots[level][slot]);
    wheel->occupied[level][slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

// Sorts the timers of a slot the wheel has reached into lower levels.
static void cascade(struct timer_wheel *wheel, int level)
{
    struct async_timer_link list = {0};
    take_slot(wheel, level, &list);
    for (struct async_timer_link *link = list.next; link && link != &list;) {
        struct async_timer_link *next = link->next;
        __builtin_prefetch(next->next);
        insert(wheel, (struct async_timer *)link);
        link = next;
    }
}

static void fire_due(struct timer_wheel *wheel)
{
    while (!list_empty(&wheel->due)) {
        struct async_timer *timer = (struct async_timer *)wheel->due.next;
        struct async_timer_link *next = timer->link.next;
        if (next != &wheel->due) {
            __builtin_prefetch(next->next);
            __builtin_prefetch(((struct async_timer *)next)->waker.data);
        }
        list_remove(&timer->link);
        timer->when = ASYNC_TIMER_FIRED;
        async_waker_wake_and_drop(&timer->waker); // the timer may be gone now
    }
}

static void start_fresh(struct timer_wheel *wheel)
{
    while (!list_empty(&wheel->fresh)) {
        struct async_timer *timer = (struct async_timer *)wheel->fresh.next;
        __builtin_prefetch(timer->link.next->next);
        list_remove(&timer->link);
        uint64_t left = TIMER_NEVER - wheel->now_ns;
        insert_at(wheel, timer, timer->when < left ? wheel->now_ns + timer->when : TIMER_NEVER);
    }
}

void timer_wheel_advance(struct timer_wheel *wheel, uint64_t now_ns)
{
    if (!list_empty(&wheel->due))
        return; // a wake looks at the wheel, whose turn goes on afterwards
    wheel->now_ns = now_ns;
    uint64_t now = now_ns >> tick_shift(wheel);
    uint64_t next;
    while ((next = next_tick(wheel)) <= now) {
        wheel->tick = next;
        for (int level = TIMER_LEVELS - 1; level > 0; level--)
            if (!(next & ((UINT64_C(1) << (8 * level)) - 1)))
                cascade(wheel, level);
        take_slot(wheel, 0, &wheel->due);
        fire_due(wheel);
    }
    // Nothing lies in between, so every timer keeps its place.
    if (now > wheel->tick)
        wheel->tick = now;
    start_fresh(wheel);
}

uint64_t timer_wheel_next(struct timer_wheel *wheel)
{
    uint64_t tick = next_tick(wheel);
    return tick == TIMER_NEVER ? TIMER_NEVER : tick << tick_shift(wheel);
}

void timer_wheel_fini(struct timer_wheel *wheel)
{
    list_move(&wheel->due, &wheel->fresh);
    fire_due(wheel);
    for (int level = 0; wheel->busy && level < TIMER_LEVELS; level++) {
        for (int slot = 0; slot < TIMER_SLOTS; slot++) {
            list_move(&wheel->due, &wheel->slots[level][slot]);
            fire_due(wheel);
        }
    }
    wheel->busy = 0;
}
