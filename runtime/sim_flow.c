// sim_flow.c - bytes and messages on their way from one socket to another.
//
// What is sent becomes a chunk at the end of the flow. With a delay, an event lets it arrive later;
// chunks never overtake each other.
#define _GNU_SOURCE
#include "sim_net.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct sim_link *link_new(bool messages, bool far)
{
    struct sim_link *link = sim_alloc(sizeof *link);
    for (int i = 0; i < 2; i++) {
        struct sim_flow *flow = &link->flow[i];
        flow->link = link;
        flow->back = &link->flow[!i];
        flow->end = &flow->first;
        flow->room = sim.settings.room;
        flow->messages = messages;
        flow->far = far;
    }
    link->next = sim.links;
    link->at = &sim.links;
    if (link->next)
        link->next->at = &link->next;
    sim.links = link;
    return link;
}

void link_release(struct sim_link *link)
{
    if (--link->refs)
        return;
    for (int i = 0; i < 2; i++)
        while (link->flow[i].first)
            chunk_free(flow_shift(&link->flow[i]));
    for (int i = 0; i < 2; i++)
        flow_has_room(&link->flow[i]);
    *link->at = link->next;
    if (link->next)
        link->next->at = link->at;
    free(link);
}

struct sim_chunk *chunk_new(enum sim_chunk_kind kind, size_t size)
{
    struct sim_chunk *chunk = sim_alloc(sizeof *chunk + size);
    chunk->kind = kind;
    chunk->size = size;
    return chunk;
}

void chunk_free(struct sim_chunk *chunk)
{
    for (size_t i = 0; i < chunk->passed_count; i++) {
        if (chunk->passed[i].file)
            file_close(chunk->passed[i].file);
        else
            close(chunk->passed[i].fd);
    }
    free(chunk->passed);
    free(chunk);
}

struct sim_chunk *flow_shift(struct sim_flow *flow)
{
    struct sim_chunk *chunk = flow->first;
    flow->first = chunk->next;
    if (!flow->first)
        flow->end = &flow->first;
    if (flow->under_way == chunk)
        flow->under_way = chunk->next;
    flow->used -= chunk->size - chunk->at;
    return chunk;
}

bool flow_has_data(const struct sim_flow *flow)
{
    return flow->first && flow->first != flow->under_way;
}

void flow_discard(struct sim_flow *flow)
{
    while (flow_has_data(flow))
        chunk_free(flow_shift(flow));
}

void flow_unblock(struct sim_file *file)
{
    if (!file->blocked)
        return;
    struct sim_file **link = &file->blocked->blocked;
    while (*link != file)
        link = &(*link)->next_blocked;
    *link = file->next_blocked;
    file->blocked = NULL;
    file_release(file);
}

bool links_discard(void)
{
    for (struct sim_link *link = sim.links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            if (!flow_has_data(&link->flow[i]))
                continue;
            link->refs++; // while descriptors in it are closed
            flow_discard(&link->flow[i]);
            link_release(link);
            return true;
        }
    }
    return false;
}

void flow_block(struct sim_flow *flow, struct sim_file *file)
{
    if (file->blocked == flow)
        return;
    flow_unblock(file);
    file->blocked = flow;
    file->refs++;
    file->next_blocked = flow->blocked;
    flow->blocked = file;
}

void flow_has_room(struct sim_flow *flow)
{
    while (flow->blocked) {
        struct sim_file *file = flow->blocked;
        flow->blocked = file->next_blocked;
        file->blocked = NULL;
        sim_touch(file);
        file_release(file);
    }
}

// The reader of a connection that is gone gets an answer to what it sends: a reset.
static void refuse(struct sim_flow *flow)
{
    if (flow->messages)
        return;
    if (flow->writer && !flow->writer->broken)
        flow_put(flow->back, chunk_new(CHUNK_RESET, 0));
}

static void reset_arrives(struct sim_flow *flow)
{
    struct sim_file *file = flow->reader;
    bool had_ended = flow->ended;
    flow->ended = true;
    if (!file || file->broken)
        return;
    file->broken = true;
    file->error = had_ended && file->kind == SIM_TCP ? EPIPE : ECONNRESET;
    sim_touch(file);
}

// It has shut down both directions of a TCP connection: what comes then ends it.
static bool is_deaf(const struct sim_file *reader)
{
    return reader && reader->kind == SIM_TCP && reader->shut_read && reader->shut_write;
}

// The next chunk under way has arrived. Its link may be gone afterwards.
static void arrive(struct sim_flow *flow)
{
    struct sim_chunk *chunk = flow->under_way;
    flow->under_way = chunk->next;
    sim_note((uint64_t)chunk->kind << 32 | chunk->size);
    bool data = chunk->kind == CHUNK_DATA;
    bool deaf = data && is_deaf(flow->reader);
    bool keep = data && flow->reader && !deaf;
    if (!keep) { // only what is unread stands before it
        struct sim_chunk **link = &flow->first;
        while (*link != chunk)
            link = &(*link)->next;
        *link = chunk->next;
        if (!chunk->next)
            flow->end = link;
        flow->used -= chunk->size;
    }
    if (chunk->kind == CHUNK_RESET) {
        reset_arrives(flow);
    } else {
        flow->ended |= chunk->kind == CHUNK_END;
        if (data && !keep)
            refuse(flow);
        if (deaf)
            reset_arrives(flow);
        else if (flow->reader)
            sim_touch(flow->reader);
    }
    if (!keep)
        chunk_free(chunk);
    link_release(flow->link);
}

static void arrive_later(void *data)
{
    arrive(data);
}

void flow_put(struct sim_flow *flow, struct sim_chunk *chunk)
{
    chunk->next = NULL;
    *flow->end = chunk;
    flow->end = &chunk->next;
    flow->used += chunk->size;
    bool first = !flow->under_way;
    if (first)
        flow->under_way = chunk;
    flow->link->refs++;
    uint64_t when_ns = sim.now_ns + (flow->far ? sim_delay_ns() : 0);
    if (when_ns < flow->last_ns)
        when_ns = flow->last_ns;
    flow->last_ns = when_ns;
    if (first && when_ns <= sim.now_ns)
        arrive(flow);
    else
        sim_at(when_ns, arrive_later, flow);
}
