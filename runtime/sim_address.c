// sim_address.c - addresses of simulated sockets: who has which, and who is found by one.
#define _GNU_SOURCE
#include "sim_net.h"

#include <errno.h>
#include <string.h>

void file_unbind(struct sim_file *file)
{
    if (!file->bound)
        return;
    struct sim_file **link = &sim.bound;
    while (*link != file)
        link = &(*link)->next_bound;
    *link = file->next_bound;
    file->bound = false;
}

static in_port_t *port_of(struct sim_place *place)
{
    return place->address.any.sa_family == AF_INET ? &place->address.v4.sin_port
                                                   : &place->address.v6.sin6_port;
}

int place_get(const struct sim_file *file, const struct sockaddr *address, socklen_t length,
              struct sim_place *out)
{
    if (length < sizeof(sa_family_t) || length > sizeof out->address)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    memcpy(&out->address, address, length);
    out->length = length;
    if (out->address.any.sa_family != file->family)
        return file->family == AF_UNIX ? -EINVAL : -EAFNOSUPPORT;
    if (file->family == AF_UNIX) {
        // A path ends with its null character, whether or not the length counts it.
        const char *path = out->address.un.sun_path;
        size_t size = length - offsetof(struct sockaddr_un, sun_path);
        if (size && path[0])
            out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                      strnlen(path, sizeof out->address.un.sun_path - 1) + 1);
        return 0;
    }
    size_t need = file->family == AF_INET ? sizeof out->address.v4 : sizeof out->address.v6;
    if (length < need)
        return -EINVAL;
    out->length = (socklen_t)need;
    if (file->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&out->address.v6.sin6_addr)) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = out->address.v6.sin6_port};
        memcpy(&v4.sin_addr, &out->address.v6.sin6_addr.s6_addr[12], 4);
        memset(&out->address, 0, sizeof out->address);
        out->address.v4 = v4;
        out->length = sizeof v4;
    }
    return 0;
}

static bool is_any(const struct sim_place *place)
{
    if (place->address.any.sa_family == AF_INET)
        return place->address.v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&place->address.v6.sin6_addr);
}

static bool same_host(const struct sim_place *a, const struct sim_place *b)
{
    if (a->address.any.sa_family == AF_INET)
        return a->address.v4.sin_addr.s_addr == b->address.v4.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&a->address.v6.sin6_addr, &b->address.v6.sin6_addr);
}

int place_fits(const struct sim_file *file, struct sim_place *to)
{
    struct sim_place local = file->local;
    if (file->family == AF_UNIX)
        return local.length == to->length && !memcmp(&local.address, &to->address, to->length);
    if (to->address.any.sa_family == AF_UNIX || *port_of(&local) != *port_of(to))
        return 0;
    if (local.address.any.sa_family != to->address.any.sa_family)
        return local.address.any.sa_family == AF_INET6 && !file->only_v6 && is_any(&local);
    if (same_host(&local, to))
        return 3;
    return is_any(&local) || is_any(to) ? 2 : 0;
}

struct sim_file *place_find(enum sim_kind kind, struct sim_place *to)
{
    struct sim_file *best = NULL;
    int most = 0;
    for (struct sim_file *file = sim.bound; file; file = file->next_bound) {
        int fit = file->kind == kind ? place_fits(file, to) : 0;
        if (fit > most) {
            most = fit;
            best = file;
        }
    }
    return best;
}

static bool same_type(const struct sim_file *a, const struct sim_file *b)
{
    return a->kind == b->kind && a->seqpacket == b->seqpacket;
}

// Each type has abstract names of its own; paths are those of one file system.
static bool is_abstract(const struct sim_place *place)
{
    return place->address.any.sa_family == AF_UNIX && !place->address.un.sun_path[0];
}

int place_find_unix(const struct sim_file *file, struct sim_place *to, struct sim_file **out)
{
    for (struct sim_file *other = sim.bound; other; other = other->next_bound) {
        if (other->family != AF_UNIX || !place_fits(other, to))
            continue;
        if (same_type(other, file)) {
            *out = other;
            return 0;
        }
        if (!is_abstract(to))
            return -EPROTOTYPE;
    }
    return is_abstract(to) ? -ECONNREFUSED : -ENOENT;
}

static bool taken(const struct sim_file *file, struct sim_place *place)
{
    for (struct sim_file *other = sim.bound; other; other = other->next_bound) {
        bool shared = file->reuse && other->reuse && other->stage != SIM_LISTENING;
        bool alike = same_type(other, file) ||
                     (file->family == AF_UNIX && other->family == AF_UNIX && !is_abstract(place));
        if (!alike || (shared && file->family != AF_UNIX))
            continue;
        struct sim_place theirs = other->local;
        struct sim_file as_bound = {.family = file->family,
                                    .only_v6 = file->only_v6,
                                    .local = *place};
        if (place_fits(other, place) || place_fits(&as_bound, &theirs))
            return true;
    }
    return false;
}

static void bind_to(struct sim_file *file, const struct sim_place *place)
{
    file->local = *place;
    file->bound = true;
    file->next_bound = sim.bound;
    sim.bound = file;
}

static in_port_t free_port(const struct sim_file *file, struct sim_place *place)
{
    do {
        *port_of(place) = htons((uint16_t)sim.next_port);
        sim.next_port = sim.next_port < 65535 ? sim.next_port + 1 : 49152;
    } while (taken(file, place));
    return *port_of(place);
}

int file_bind(struct sim_file *file, const struct sockaddr *address, socklen_t length)
{
    if (file->kind == SIM_PIPE)
        return -ENOTSOCK;
    struct sim_place place;
    int rc = place_get(file, address, length, &place);
    if (rc < 0)
        return rc;
    if (file->local.length)
        return -EINVAL;
    bool chosen = file->family != AF_UNIX && *port_of(&place);
    if (file->family != AF_UNIX && !chosen)
        free_port(file, &place);
    else if (taken(file, &place))
        return -EADDRINUSE;
    bind_to(file, &place);
    file->chosen = chosen;
    return 0;
}

void place_reach(struct sim_place *place)
{
    if (place->address.any.sa_family == AF_UNIX || !is_any(place))
        return;
    if (place->address.any.sa_family == AF_INET)
        place->address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        place->address.v6.sin6_addr = in6addr_loopback;
}

void file_bind_anyhow(struct sim_file *file, const struct sim_place *to, bool found)
{
    if (file->family == AF_UNIX)
        return;
    struct sim_place place = *to;
    place_reach(&place);
    if (file->local.length) { // to a port
        *port_of(&place) = *port_of(&file->local);
        if (is_any(&file->local) && !found)
            file->local = place;
        return;
    }
    free_port(file, &place);
    if (found)
        bind_to(file, &place);
    else
        file->local = place;
}
