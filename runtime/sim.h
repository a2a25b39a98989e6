// sim.h - a thread's simulated world: its clock, its dice, what is to happen, and its descriptors.
//
// The world stands in for the kernel, so it allocates with malloc, not through memory.h: its memory
// is not the runtime's, and no fault is injected there. Everything in it belongs to one thread.
//
//   sim.c          the clock, the dice, events, the table of descriptors
//   sim_flow.c     bytes and messages on their way from one socket to another
//   sim_net.c      sockets: listening, connecting, closing
//   sim_address.c  which socket has which address
//   sim_message.c  sending and receiving
//   sim_sys.c      all of that as a table of system calls
//   sim_peer.c     the other end of a connection as a script
//   reactor_sim.c  the reactor that waits by setting the clock
#ifndef ASYNCC_RUNTIME_SIM_H
#define ASYNCC_RUNTIME_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys.h"

#pragma GCC visibility push(hidden)

struct sim_file;
struct sim_link;

#define SIM_NEVER UINT64_MAX
#define SIM_START_NS UINT64_C(1000000000) // what the clock of a new world shows

struct sim_settings {
    uint64_t seed;
    uint64_t latency_ns; // of a message between two hosts
    uint64_t jitter_ns;  // added to it: 0 to so much
    uint64_t limit_ns;   // of the clock: nothing useful runs longer. SIM_NEVER: no limit
    size_t room;         // bytes that are on their way or unread, per direction
    size_t segment;      // a call moves 1 to so many bytes; 0: as many as it can
    bool threads;        // others wake tasks of this one: waits for them in real time
};

// A descriptor of a simulated file. Its number is that of an eventfd, which makes it unique, small
// and the kernel's business to run out of.
struct sim_descriptor {
    int fd;
    struct sim_file *file;
    struct sim_descriptor *next; // of the same file
    bool watched;                // by the reactor
    bool touched;                // in sim.touched
};

// What happens at some time.
struct sim_event {
    uint64_t when_ns, order; // events of one time: in the order in which they were made
    void (*run)(void *data);
    void *data;
};

struct sim {
    struct sim_settings settings;
    bool set; // the settings are the test kit's, not the environment's
    uint64_t now_ns;
    uint64_t dice;
    struct sim_event *events; // a heap, the next one first
    size_t event_count, event_room;
    uint64_t event_order;
    struct sim_descriptor **descriptors; // by number
    size_t descriptor_room, descriptor_count;
    int *touched; // numbers of descriptors whose state may have changed, to be reported
    size_t touched_count, touched_room;
    struct sim_link *links;       // all of them
    struct sim_file *bound;       // sockets with an address that they can be found by
    struct async_sim_peer *peers; // scripts
    unsigned next_port;
    uint64_t trace; // a hash of what happened
    // Called when nothing can ever happen again, or the limit is reached. NULL: prints and aborts.
    void (*stalled)(const char *why);
    // Called when a script is not followed. NULL: prints.
    void (*complain)(const char *what);
};

extern _Thread_local struct sim sim;

// Are new descriptors of this thread simulated?
bool sim_active(void);

// A new world with these settings, or NULL: those of the environment. What is left of the old one
// is closed.
void sim_begin(const struct sim_settings *settings);

// Closes everything, and frees all memory.
void sim_end(void);

// A number from 0 to n - 1, n > 0.
uint64_t sim_random(uint64_t n);

// Adds to the trace.
void sim_note(uint64_t what);

// Runs an event at a time that is not past.
void sim_at(uint64_t when_ns, void (*run)(void *data), void *data);

// Runs what is due. False: there was nothing.
bool sim_run_due(void);

// ns after from_ns; SIM_NEVER, if that is too far away to be counted.
static inline uint64_t sim_later(uint64_t from_ns, uint64_t ns)
{
    return ns < SIM_NEVER - from_ns ? from_ns + ns : SIM_NEVER;
}

// When the next event is due, or SIM_NEVER.
uint64_t sim_next_ns(void);

// How long a message takes.
uint64_t sim_delay_ns(void);

// The descriptor of this number, or NULL: it is the kernel's.
struct sim_descriptor *sim_find(int fd);

// A new descriptor of the file, which counts one user more. Its number or -errno.
int sim_open(struct sim_file *file);

// -EBADF if it is none.
int sim_close(int fd);

// The file's state may have changed: its descriptors will be reported, and its script goes on.
void sim_touch(struct sim_file *file);

// The simulated system calls; those on other descriptors are the kernel's.
extern const struct sys sim_sys;

#pragma GCC visibility pop
#endif
