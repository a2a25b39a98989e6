// sim_net.h - simulated sockets and pipes.
#ifndef ASYNCC_RUNTIME_SIM_NET_H
#define ASYNCC_RUNTIME_SIM_NET_H

#include <limits.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "sim.h"

#pragma GCC visibility push(hidden)

union sim_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
};

struct sim_place {
    union sim_address address;
    socklen_t length; // 0: none
};

// ---- Flows ----------------------------------------------------------------------------------

// A descriptor inside a message.
struct sim_passed {
    struct sim_file *file; // NULL: the kernel's
    int fd;                // then its number, ours to close
};

enum sim_chunk_kind {
    CHUNK_DATA,
    CHUNK_END,  // the writer has shut down
    CHUNK_RESET // the connection is gone
};

struct sim_chunk {
    struct sim_chunk *next;
    enum sim_chunk_kind kind;
    size_t size, at; // bytes, and how many of them were read
    struct sim_place from;
    struct sim_passed *passed; // to go with the first byte
    size_t passed_count;
    unsigned char bytes[];
};

// One direction of a connection, or what a datagram socket receives.
struct sim_flow {
    struct sim_link *link;
    struct sim_flow *back;       // the other direction
    struct sim_file *reader;     // NULL: closed
    struct sim_file *writer;     // NULL: closed, or anybody
    struct sim_chunk *first;     // those that have arrived are in front
    struct sim_chunk *under_way; // the first one that has not arrived
    struct sim_chunk **end;
    uint64_t last_ns;         // when the last one arrives
    size_t used;              // bytes in it
    size_t room;              // bytes it takes
    bool messages;            // keeps their limits
    bool far;                 // from host to host: with a delay
    bool ended;               // an END or RESET has arrived
    struct sim_file *blocked; // who had no room, by next_blocked; each counts a reference
};

struct sim_link {
    unsigned refs;               // files that use a flow, and chunks under way
    struct sim_link *next, **at; // in sim.links, and what points to it there
    struct sim_flow flow[2];
};

struct sim_link *link_new(bool messages, bool far);
void link_release(struct sim_link *link);

// Frees what has come through one of the links and was not read. False: there is no such link.
bool links_discard(void);

// Sends a chunk, which is the flow's from here on.
void flow_put(struct sim_flow *flow, struct sim_chunk *chunk);

// Of a pipe: so many bytes are written as a whole or not at all, so that those of several writers
// do not mix.
static inline size_t flow_atomic(const struct sim_flow *flow)
{
    return flow->room < PIPE_BUF ? flow->room : PIPE_BUF;
}

// Is there something to read?
bool flow_has_data(const struct sim_flow *flow);

// Tells the file when there is room again; in no other flow any more. Or in none.
void flow_block(struct sim_flow *flow, struct sim_file *file);
void flow_unblock(struct sim_file *file);
void flow_has_room(struct sim_flow *flow);

// Frees what can be read.
void flow_discard(struct sim_flow *flow);

// Removes the first chunk.
struct sim_chunk *flow_shift(struct sim_flow *flow);

struct sim_chunk *chunk_new(enum sim_chunk_kind kind, size_t size);

// Frees a chunk, and closes the descriptors in it.
void chunk_free(struct sim_chunk *chunk);

// ---- Files ----------------------------------------------------------------------------------

enum sim_kind {
    SIM_TCP,
    SIM_UDP,
    SIM_UNIX_STREAM,
    SIM_UNIX_DATAGRAM,
    SIM_PIPE
};

enum sim_stage {
    SIM_NEW,
    SIM_LISTENING,
    SIM_CONNECTING,
    SIM_CONNECTED // of datagram sockets: `remote` is set
};

struct sim_file {
    enum sim_kind kind;
    enum sim_stage stage;
    int family;     // 0: a pipe
    unsigned refs;  // one while `opens` is not 0, and one for each event that comes to it
    unsigned opens; // descriptors, messages that carry it, a listener's queue, or a script
    struct sim_descriptor *descriptors;
    struct async_sim_peer *peer; // the script that reads and writes here
    struct sim_place local, remote;
    bool bound;                    // in sim.bound
    struct sim_file *next_bound;   // there
    bool reuse, abortive, only_v6; // SO_REUSEADDR, SO_LINGER with 0 seconds, IPV6_V6ONLY
    bool seqpacket;                // SIM_UNIX_STREAM that keeps the limits of messages
    int flags;                     // O_NONBLOCK
    int error;                     // to be told once, as SO_ERROR or by a call
    bool shut_read, shut_write;
    bool broken;                          // reset: writing is EPIPE once the error was told
    bool chosen;                          // SIM_UDP: bind named its port
    struct sim_flow *in, *out;            // NULL: none
    struct sim_file *queue, *next_queued; // of a listener: connections to be accepted
    unsigned queued, backlog;
    bool succeeded;            // it has connected: the next connect says so
    unsigned tries;            // connection requests that found a full queue
    struct sim_file *receiver; // SIM_UNIX_DATAGRAM: the one it is connected to, if a socket is; a
                               // reference
    struct sim_flow *blocked;  // whose list it is in; NULL: none's
    struct sim_file *next_blocked;
};

void *sim_alloc(size_t size);

struct sim_file *file_new(enum sim_kind kind, int family);
void file_release(struct sim_file *file);

// One user (`opens`) less. The last one closes it.
void file_close(struct sim_file *file);

// READY_* of readiness.h.
unsigned file_ready(const struct sim_file *file);

// What the system calls of these names do; 0, bytes, or -errno.
int file_bind(struct sim_file *file, const struct sockaddr *address, socklen_t length);
int file_listen(struct sim_file *file, int backlog);
int file_connect(struct sim_file *file, const struct sockaddr *address, socklen_t length);
int file_shutdown(struct sim_file *file, int how);
// The number of the connection's descriptor.
int file_accept(struct sim_file *file, struct sim_file **out);
ssize_t file_recvmsg(struct sim_file *file, struct msghdr *message, int flags);
ssize_t file_sendmsg(struct sim_file *file, const struct msghdr *message, int flags);

// The address as the file's family has it; v4 in v6 becomes v4. 0 or -errno.
int place_get(const struct sim_file *file, const struct sockaddr *address, socklen_t length,
              struct sim_place *out);

// Does what is sent to `to` come to the socket? 0: no; the higher, the better it fits.
int place_fits(const struct sim_file *file, struct sim_place *to);

// Whom what is sent there comes to, or NULL.
struct sim_file *place_find(enum sim_kind kind, struct sim_place *to);

// The Unix socket of the file's type that has the address. 0, or -errno as connect says it.
int place_find_unix(const struct sim_file *file, struct sim_place *to, struct sim_file **out);

// Makes an address that stands for all of this host's the one at which it is reached.
void place_reach(struct sim_place *place);

// Gives a socket that was not bound an address to send to `to` from. `found`: one it is found by.
void file_bind_anyhow(struct sim_file *file, const struct sim_place *to, bool found);
void file_unbind(struct sim_file *file);

// Is the TCP connection gone, by a reset or by both ends? Then it has no peer any more.
bool file_is_over(const struct sim_file *file);

// Where a datagram goes to. NULL: it is lost.
int file_find_receiver(struct sim_file *file, const struct msghdr *message, struct sim_flow **out);

// Connects two new files with each other.
void files_connect(struct sim_file *a, struct sim_file *b);

// Resets the connection: the other end is told.
void file_reset(struct sim_file *file);

// The error to be told, once.
int file_take_error(struct sim_file *file);

// ---- Scripts: sim_peer.c --------------------------------------------------------------------

void peer_touched(struct async_sim_peer *peer);

// How many of them have steps left to take.
unsigned peers_unfinished(void);

// Closes their connections; their events do nothing from here on.
void peers_close(void);

void peers_free(void);

#pragma GCC visibility pop
#endif
