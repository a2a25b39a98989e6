// address.c - addresses from text, to text, and of sockets.
#define _GNU_SOURCE
#include <asyncc/address.h>

#include "sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static struct sockaddr_in *v4(const struct async_address *address)
{
    return (struct sockaddr_in *)(uintptr_t)&address->storage;
}

static struct sockaddr_in6 *v6(const struct async_address *address)
{
    return (struct sockaddr_in6 *)(uintptr_t)&address->storage;
}

static struct sockaddr_un *local(const struct async_address *address)
{
    return (struct sockaddr_un *)(uintptr_t)&address->storage;
}

// ---- From text ------------------------------------------------------------------------------

// The interface behind the % of an IPv6 address: its name, or its number. 0: there is none.
static unsigned interface_of(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (end > text && !*end)
        return number <= UINT32_MAX ? (unsigned)number : 0;
    return if_nametoindex(text);
}

static bool parse_v6(const char *host, struct sockaddr_in6 *out)
{
    char digits[INET6_ADDRSTRLEN];
    size_t n = strcspn(host, "%");
    if (n >= sizeof digits)
        return false;
    memcpy(digits, host, n);
    digits[n] = 0;
    if (inet_pton(AF_INET6, digits, &out->sin6_addr) != 1)
        return false;
    if (!host[n])
        return true;
    out->sin6_scope_id = interface_of(host + n + 1);
    return out->sin6_scope_id != 0;
}

int async_address_ip(const char *host, int port, struct async_address *out)
{
    if (port < 0 || port > 65535)
        return -EINVAL;
    if (!host || !*host)
        host = "0.0.0.0";
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &v4(out)->sin_addr) == 1) {
        out->length = sizeof(struct sockaddr_in);
        out->any.sa_family = AF_INET;
        v4(out)->sin_port = htons((uint16_t)port);
        return 0;
    }
    memset(out, 0, sizeof *out);
    if (!parse_v6(host, v6(out)))
        return -EINVAL;
    out->length = sizeof(struct sockaddr_in6);
    out->any.sa_family = AF_INET6;
    v6(out)->sin6_port = htons((uint16_t)port);
    return 0;
}

int async_address_unix(const char *path, struct async_address *out)
{
    size_t n = strlen(path);
    if (n == 0)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    struct sockaddr_un *address = local(out);
    if (n >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    out->any.sa_family = AF_UNIX;
    memcpy(address->sun_path, path, n);
    bool abstract = *path == '@';
    if (abstract)
        address->sun_path[0] = 0;
    // The 0 at the end belongs to a path, and would be a part of an abstract name.
    out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + !abstract);
    return 0;
}

// ---- To text --------------------------------------------------------------------------------

static void format_v6(const struct sockaddr_in6 *address, char *buf, size_t n)
{
    char host[INET6_ADDRSTRLEN], name[IF_NAMESIZE], scope[IF_NAMESIZE + 1] = "";
    inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof host);
    if (address->sin6_scope_id && if_indextoname(address->sin6_scope_id, name))
        snprintf(scope, sizeof scope, "%%%s", name);
    else if (address->sin6_scope_id)
        snprintf(scope, sizeof scope, "%%%u", (unsigned)address->sin6_scope_id);
    snprintf(buf, n, "[%s%s]:%d", host, scope, ntohs(address->sin6_port));
}

// Abstract names may contain any bytes; zeroes are shown as what they begin with.
static void format_unix(const struct async_address *address, char *buf, size_t n)
{
    const char *path = local(address)->sun_path;
    size_t length = address->length - offsetof(struct sockaddr_un, sun_path);
    if (address->length <= offsetof(struct sockaddr_un, sun_path)) {
        snprintf(buf, n, "unnamed");
        return;
    }
    if (*path)
        length = strnlen(path, length);
    if (length >= n)
        length = n - 1;
    for (size_t i = 0; i < length; i++)
        buf[i] = path[i] ? path[i] : '@';
    buf[length] = 0;
}

char *async_address_format(const struct async_address *address, char *buf, size_t n)
{
    char host[INET_ADDRSTRLEN];
    switch (address->length ? address->any.sa_family : AF_UNSPEC) {
    case AF_INET:
        inet_ntop(AF_INET, &v4(address)->sin_addr, host, sizeof host);
        snprintf(buf, n, "%s:%d", host, ntohs(v4(address)->sin_port));
        break;
    case AF_INET6:
        format_v6(v6(address), buf, n);
        break;
    case AF_UNIX:
        format_unix(address, buf, n);
        break;
    default:
        snprintf(buf, n, "%s", "");
    }
    return buf;
}

// ---- Parts ----------------------------------------------------------------------------------

int async_address_port(const struct async_address *address)
{
    switch (address->length ? address->any.sa_family : AF_UNSPEC) {
    case AF_INET:
        return ntohs(v4(address)->sin_port);
    case AF_INET6:
        return ntohs(v6(address)->sin6_port);
    default:
        return -EINVAL;
    }
}

bool async_address_equal(const struct async_address *a, const struct async_address *b)
{
    if (a->length != b->length || (a->length && a->any.sa_family != b->any.sa_family))
        return false;
    if (a->length && a->any.sa_family == AF_INET)
        return v4(a)->sin_port == v4(b)->sin_port &&
               v4(a)->sin_addr.s_addr == v4(b)->sin_addr.s_addr;
    if (a->length && a->any.sa_family == AF_INET6)
        return v6(a)->sin6_port == v6(b)->sin6_port &&
               v6(a)->sin6_scope_id == v6(b)->sin6_scope_id &&
               memcmp(&v6(a)->sin6_addr, &v6(b)->sin6_addr, sizeof v6(a)->sin6_addr) == 0;
    return memcmp(&a->storage, &b->storage, a->length) == 0;
}

// ---- Of sockets -----------------------------------------------------------------------------

static int ask(int (*call)(int fd, struct sockaddr *address, socklen_t *length), int fd,
               struct async_address *out)
{
    memset(out, 0, sizeof *out);
    socklen_t length = sizeof out->storage;
    int rc = call(fd, &out->any, &length);
    if (rc == 0)
        out->length = length;
    return rc;
}

int async_address_of_socket(int fd, struct async_address *out)
{
    return ask(sys->getsockname, fd, out);
}

int async_address_of_peer(int fd, struct async_address *out)
{
    return ask(sys->getpeername, fd, out);
}
