// load.c - the one load generator: connections that each have one request in flight, and a look at the server.
//
//     load PORT PID CONNECTIONS BYTES 1000ms     echo for a second after a warm-up
//     load PORT PID CONNECTIONS BYTES 5000       echo so many requests
//     load PORT PID CONNECTIONS BYTES idle       one echo on each, then what each costs PID in resident memory
//
// Prints, for the first two, requests a second, the server's processor time a request (microseconds), the median and
// the 99th percentile of the latency (microseconds), and the number of requests; for idle, bytes a connection.
// The contents of one request in 16 are compared. Exits with 1 if anything is not as it should be.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_BYTES = 1 << 20,
    PATTERNS = 1024,
    CHECKED = 16,
    MOST_US = 1 << 20,
    EVENTS = 512,
    BATCH = 64, // connections that are opened before the server is waited for
    FIRST = 100 // connections that are there before memory is measured
};

struct connection {
    int fd;
    uint64_t request; // its number
    size_t received;  // bytes of it
    uint64_t sent_at; // ns
};

static unsigned char pattern[MOST_BYTES + PATTERNS], scratch[MOST_BYTES];
static uint32_t latencies[MOST_US]; // requests by microseconds
static uint64_t requests;           // done
static size_t bytes;
static int epoll, port;
static long pid;

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// ---- The server

// Processor time of all its threads.
static uint64_t server_cpu_ns(void)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *dir = opendir(path);
    if (!dir)
        fail("the server is gone");
    uint64_t sum = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        unsigned long long ns = 0;
        snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", pid, entry->d_name);
        FILE *f = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!f)
            continue;
        if (fscanf(f, "%llu", &ns) == 1)
            sum += ns;
        fclose(f);
    }
    closedir(dir);
    return sum;
}

static double server_rss(void)
{
    char path[64];
    long pages;
    snprintf(path, sizeof path, "/proc/%ld/statm", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        fail("the server is gone");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

// ---- Requests

static const unsigned char *content_of(const struct connection *c)
{
    return pattern + c->request % PATTERNS;
}

static void send_request(struct connection *c)
{
    c->request = requests;
    c->received = 0;
    c->sent_at = now_ns();
    for (size_t sent = 0; sent < bytes;) {
        ssize_t n = send(c->fd, content_of(c) + sent, bytes - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = c->fd, .events = POLLOUT}, 1, 1000);
        else
            fail("send");
    }
}

// Is the response complete now?
static bool receive(struct connection *c)
{
    ssize_t n = recv(c->fd, scratch, bytes - c->received, 0);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0)
        fail("recv");
    if (c->request % CHECKED == 0 && memcmp(scratch, content_of(c) + c->received, (size_t)n) != 0) {
        errno = EBADMSG;
        fail("the response is not the request");
    }
    c->received += (size_t)n;
    if (c->received < bytes)
        return false;
    uint64_t us = (now_ns() - c->sent_at) / 1000;
    latencies[us < MOST_US ? us : MOST_US - 1]++;
    requests++;
    return true;
}

static void open_connection(struct connection *c)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
        fail("epoll_ctl");
}

// Runs requests until `done` says so; `again`: each connection sends its next when one is done.
static void run(bool again, uint64_t until_ns, uint64_t until_requests)
{
    struct epoll_event events[EVENTS];
    while (requests < until_requests && now_ns() < until_ns) {
        int n = epoll_wait(epoll, events, EVENTS, 1000);
        if (n == 0)
            fail("no response for a second");
        for (int i = 0; i < n; i++)
            if (receive(events[i].data.ptr) && again)
                send_request(events[i].data.ptr);
    }
}

// Each is open, and has echoed once.
static void open_all(struct connection *c, long count)
{
    for (long i = 0; i < count; i++) {
        open_connection(&c[i]);
        send_request(&c[i]);
        if ((i + 1) % BATCH == 0 || i + 1 == count)
            run(false, UINT64_MAX, requests + (uint64_t)(i % BATCH) + 1);
    }
}

// ---- What is asked for

static double percentile(double part)
{
    uint64_t all = 0, seen = 0;
    for (long us = 0; us < MOST_US; us++)
        all += latencies[us];
    for (long us = 0; us < MOST_US; us++)
        if ((double)(seen += latencies[us]) >= part * (double)all)
            return (double)us;
    return MOST_US;
}

static void measure(struct connection *c, long count, uint64_t ns, uint64_t most)
{
    open_all(c, count);
    uint64_t first = requests;
    for (long i = 0; i < count; i++)
        send_request(&c[i]);
    if (ns)
        run(true, now_ns() + ns / 4, UINT64_MAX);
    memset(latencies, 0, sizeof latencies);
    if (ns)
        first = requests;
    uint64_t start = now_ns(), cpu = server_cpu_ns();
    run(true, ns ? start + ns : UINT64_MAX, ns ? UINT64_MAX : first + most);
    double took = (double)(now_ns() - start), done = (double)(requests - first);
    printf("%.0f %.3f %.0f %.0f %.0f\n", done / took * 1e9, (double)(server_cpu_ns() - cpu) / done / 1e3,
           percentile(0.5), percentile(0.99), done);
}

static void measure_idle(struct connection *c, long count)
{
    open_all(c, FIRST);
    usleep(100000);
    double rss = server_rss();
    open_all(c + FIRST, count);
    usleep(300000);
    printf("%.1f\n", (server_rss() - rss) / (double)count);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT PID CONNECTIONS BYTES MILLISECONDSms|REQUESTS|idle\n", argv[0]);
        return 2;
    }
    port = atoi(argv[1]);
    pid = atol(argv[2]);
    long count = atol(argv[3]);
    bytes = (size_t)atol(argv[4]);
    const char *what = argv[5];
    if (count < 1 || bytes < 1 || bytes > MOST_BYTES)
        fail("out of range");
    alarm(60);
    srand(1);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)rand();
    epoll = epoll_create1(0);
    struct connection *c = calloc((size_t)count + FIRST, sizeof *c);
    if (epoll < 0 || !c)
        fail("start");
    if (strcmp(what, "idle") == 0)
        measure_idle(c, count);
    else if (strstr(what, "ms"))
        measure(c, count, strtoull(what, NULL, 10) * 1000000, 0);
    else
        measure(c, count, 0, strtoull(what, NULL, 10));
    return 0;
}
