// sim.c - the clock, the dice, events, and the table of descriptors.
#define _GNU_SOURCE
#include "sim.h"

#include "executor.h"
#include "sim_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

_Thread_local struct sim sim;

bool sim_active(void)
{
    return async_current && async_current->simulated;
}

void *sim_alloc(size_t size)
{
    void *memory = calloc(1, size);
    if (memory)
        return memory;
    fprintf(stderr, "asyncc: sim: out of memory\n");
    abort();
}

static void *larger(void *array, size_t *room, size_t size)
{
    *room = *room ? *room * 2 : 64;
    void *memory = realloc(array, *room * size);
    if (memory)
        return memory;
    fprintf(stderr, "asyncc: sim: out of memory\n");
    abort();
}

// ---- The dice -------------------------------------------------------------------------------
//
// SplitMix64, as published by Guy Steele, Doug Lea and Christine Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014: a counter, and a hash of it.

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_random(uint64_t n)
{
    sim.dice += UINT64_C(0x9e3779b97f4a7c15);
    return mix(sim.dice) % n; // uneven by n / 2^64, which no test will notice
}

void sim_note(uint64_t what)
{
    sim.trace = mix(sim.trace + UINT64_C(0x9e3779b97f4a7c15) + what);
}

uint64_t sim_delay_ns(void)
{
    uint64_t jitter = sim.settings.jitter_ns;
    return sim.settings.latency_ns + (jitter ? sim_random(jitter + 1) : 0);
}

// ---- Events ---------------------------------------------------------------------------------

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->order < b->order;
}

void sim_at(uint64_t when_ns, void (*run)(void *data), void *data)
{
    if (sim.event_count == sim.event_room)
        sim.events = larger(sim.events, &sim.event_room, sizeof *sim.events);
    struct sim_event event = {when_ns, sim.event_order++, run, data};
    size_t at = sim.event_count++;
    for (; at && before(&event, &sim.events[(at - 1) / 2]); at = (at - 1) / 2)
        sim.events[at] = sim.events[(at - 1) / 2];
    sim.events[at] = event;
}

static struct sim_event take_first(void)
{
    struct sim_event first = sim.events[0];
    struct sim_event last = sim.events[--sim.event_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= sim.event_count)
            break;
        if (child + 1 < sim.event_count && before(&sim.events[child + 1], &sim.events[child]))
            child++;
        if (!before(&sim.events[child], &last))
            break;
        sim.events[at] = sim.events[child];
        at = child;
    }
    sim.events[at] = last;
    return first;
}

bool sim_run_due(void)
{
    bool any = false;
    while (sim.event_count && sim.events[0].when_ns <= sim.now_ns) {
        struct sim_event event = take_first();
        sim_note(event.order);
        event.run(event.data);
        any = true;
    }
    return any;
}

uint64_t sim_next_ns(void)
{
    return sim.event_count ? sim.events[0].when_ns : SIM_NEVER;
}

// ---- Descriptors ----------------------------------------------------------------------------

struct sim_descriptor *sim_find(int fd)
{
    return fd >= 0 && (size_t)fd < sim.descriptor_room ? sim.descriptors[fd] : NULL;
}

static void remove_descriptor(struct sim_descriptor *descriptor)
{
    struct sim_file *file = descriptor->file;
    struct sim_descriptor **link = &file->descriptors;
    while (*link != descriptor)
        link = &(*link)->next;
    *link = descriptor->next;
    sim.descriptors[descriptor->fd] = NULL;
    sim.descriptor_count--;
    free(descriptor);
    file_close(file);
}

int sim_open(struct sim_file *file)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    if (sim_find(fd)) // somebody closed the number with close(2)
        remove_descriptor(sim_find(fd));
    while ((size_t)fd >= sim.descriptor_room) {
        size_t room = sim.descriptor_room;
        sim.descriptors = larger(sim.descriptors, &sim.descriptor_room, sizeof *sim.descriptors);
        memset(sim.descriptors + room, 0, (sim.descriptor_room - room) * sizeof *sim.descriptors);
    }
    struct sim_descriptor *descriptor = sim_alloc(sizeof *descriptor);
    *descriptor = (struct sim_descriptor){.fd = fd, .file = file, .next = file->descriptors};
    file->descriptors = descriptor;
    file->opens++;
    sim.descriptors[fd] = descriptor;
    sim.descriptor_count++;
    return fd;
}

int sim_close(int fd)
{
    struct sim_descriptor *descriptor = sim_find(fd);
    if (!descriptor)
        return -EBADF;
    remove_descriptor(descriptor);
    return close(fd) < 0 ? -errno : 0;
}

void sim_touch(struct sim_file *file)
{
    for (struct sim_descriptor *d = file->descriptors; d; d = d->next) {
        if (!d->watched || d->touched)
            continue;
        if (sim.touched_count == sim.touched_room)
            sim.touched = larger(sim.touched, &sim.touched_room, sizeof *sim.touched);
        sim.touched[sim.touched_count++] = d->fd;
        d->touched = true;
    }
    if (file->peer)
        peer_touched(file->peer);
}

// ---- Worlds ---------------------------------------------------------------------------------

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);
    return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

void sim_begin(const struct sim_settings *settings)
{
    sim_end();
    if (settings)
        sim.settings = *settings;
    else
        sim.settings =
            (struct sim_settings){.seed = number_from("ASYNCC_SIM_SEED", 1), .limit_ns = SIM_NEVER};
    sim.set = settings != NULL;
    if (!sim.settings.room)
        sim.settings.room = 65536;
    sim.now_ns = SIM_START_NS;
    sim.dice = sim.settings.seed;
    sim.next_port = 49152;
}

void sim_end(void)
{
    for (size_t fd = 0; fd < sim.descriptor_room; fd++)
        if (sim.descriptors[fd])
            sim_close((int)fd);
    peers_close();
    do {
        while (sim.event_count) { // they hold references
            sim.now_ns = sim.events[0].when_ns;
            sim_run_due();
        }
    } while (links_discard()); // sockets that are on their way to themselves
    peers_free();
    if (sys == &sim_sys)
        sys = &sys_kernel;
    free(sim.events);
    free(sim.descriptors);
    free(sim.touched);
    memset(&sim, 0, sizeof sim);
}
