// http_server.c - HTTP/1.1 with keep-alive and pipelining: serves the files below one directory.
//
//     asyncc http_server.c -o http_server.out.c
//     cc http_server.out.c -lasyncc -lpthread -o http_server
//     ./http_server PORT DIRECTORY [REQUEST_MS]          PORT 0 is any free one
//
// The upper half is plain C: a strict parser of requests, and files. The lower half, from
// "Connections" on, is async, and reads like a server that has one client.

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <asyncc/buffered.h>
#include <asyncc/net.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

enum {
    MAX_HEAD = 8192,      // request line and headers; more is refused with 431
    MAX_LINE = 4096,      // request line; more is refused with 414
    MAX_BODY = 64 * 1024, // bytes of request body we are willing to skip; more is refused with 413
    MAX_PATH = 1024,
    MAX_RESPONSE_HEAD = 512,
    SEND_MS = 30000,  // for the client to take the next chunk
    LINGER_MS = 1000, // after a refusal, for the client to read it
    MAX_LINGER = 4 * 1024 * 1024, // bytes that it may send meanwhile
};

// For a whole request to arrive, and for a connection to be idle.
static uint64_t request_ms = 15000;

// ---- Requests -----------------------------------------------------------------------------------

struct request {
    int status;          // 200, or why the request is refused
    bool head;           // HEAD: the response has no body
    bool close;          // nothing more is read from this connection
    size_t body;         // bytes of request body that follow
    char path[MAX_PATH]; // decoded; begins with '/'
    // while parsing
    bool old; // HTTP/1.0
    bool has_length, says_close, says_keep_alive;
    int hosts;
};

struct text { // a piece of the input
    const char *at;
    size_t size;
};

static bool text_is(struct text t, const char *word)
{
    return t.size == strlen(word) && memcmp(t.at, word, t.size) == 0;
}

static bool text_is_nocase(struct text t, const char *word)
{
    return t.size == strlen(word) && strncasecmp(t.at, word, t.size) == 0;
}

// Cuts what stands before the first `separator` off the front of t; all of t if there is none.
static struct text cut(struct text *t, char separator)
{
    const char *end = memchr(t->at, separator, t->size);
    struct text front = {t->at, end ? (size_t)(end - t->at) : t->size};
    size_t gone = front.size + (end ? 1 : 0);
    t->at += gone;
    t->size -= gone;
    return front;
}

static struct text trim(struct text t)
{
    while (t.size > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
        t.at++, t.size--;
    while (t.size > 0 && (t.at[t.size - 1] == ' ' || t.at[t.size - 1] == '\t'))
        t.size--;
    return t;
}

static bool is_token(struct text t)
{
    for (size_t i = 0; i < t.size; i++)
        if (!isalnum((unsigned char)t.at[i]) && (!t.at[i] || !strchr("!#$%&'*+-.^_`|~", t.at[i])))
            return false;
    return t.size > 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The parsers return 0, or the status to refuse the request with.

// "/a%20b?query" or "http://host/a%20b?query" to "/a b".
static int parse_target(struct request *r, struct text target)
{
    if (target.size >= 7 && strncasecmp(target.at, "http://", 7) == 0) {
        target.at += 7, target.size -= 7;
        const char *slash = memchr(target.at, '/', target.size);
        size_t host = slash ? (size_t)(slash - target.at) : target.size;
        target.at += host, target.size -= host;
        if (target.size == 0)
            target = (struct text){"/", 1};
    }
    target = cut(&target, '?');
    if (target.size == 0 || target.at[0] != '/')
        return 400;

    size_t used = 0;
    for (size_t i = 0; i < target.size; i++) {
        int c = (unsigned char)target.at[i];
        if (c <= ' ' || c == 0x7f || c == '#')
            return 400;
        if (c == '%') {
            int high = i + 1 < target.size ? hex_digit(target.at[i + 1]) : -1;
            int low = i + 2 < target.size ? hex_digit(target.at[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0)
                return 400;
            c = high * 16 + low;
            i += 2;
        }
        if (used + 1 == sizeof r->path)
            return 414;
        r->path[used++] = (char)c;
    }
    r->path[used] = '\0';
    return 0;
}

static int parse_method(struct request *r, struct text method)
{
    static const char *const known[] = {"POST",  "PUT",   "DELETE", "OPTIONS",
                                        "PATCH", "TRACE", "CONNECT"};

    r->head = text_is(method, "HEAD");
    if (r->head || text_is(method, "GET"))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is(method, known[i]))
            return 405;
    return is_token(method) ? 501 : 400;
}

static int parse_version(struct request *r, struct text version)
{
    if (version.size != 8 || memcmp(version.at, "HTTP/", 5) != 0 ||
        !isdigit((unsigned char)version.at[5]) || version.at[6] != '.' ||
        !isdigit((unsigned char)version.at[7]))
        return 400;
    r->old = version.at[7] == '0';
    return version.at[5] == '1' ? 0 : 505;
}

static int parse_request_line(struct request *r, struct text line)
{
    struct text method = cut(&line, ' '), target = cut(&line, ' ');
    int status = parse_version(r, line);
    if (status == 0)
        status = parse_method(r, method);
    if (status == 0)
        status = parse_target(r, target);
    return status;
}

static int parse_content_length(struct request *r, struct text value)
{
    size_t length = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (!isdigit((unsigned char)value.at[i]))
            return 400;
        if (length <= MAX_BODY)
            length = length * 10 + (size_t)(value.at[i] - '0');
    }
    if (value.size == 0 || (r->has_length && length != r->body))
        return 400;
    r->has_length = true;
    r->body = length;
    return length > MAX_BODY ? 413 : 0;
}

static int parse_connection(struct request *r, struct text value)
{
    while (value.size > 0) {
        struct text word = trim(cut(&value, ','));
        if (text_is_nocase(word, "close"))
            r->says_close = true;
        else if (text_is_nocase(word, "keep-alive"))
            r->says_keep_alive = true;
    }
    return 0;
}

static int parse_header(struct request *r, struct text line)
{
    struct text name = cut(&line, ':'), value = trim(line);
    bool no_colon = name.at + name.size == line.at;
    if (no_colon || !is_token(name))
        return 400;
    for (size_t i = 0; i < value.size; i++)
        if (iscntrl((unsigned char)value.at[i]) && value.at[i] != '\t')
            return 400;

    if (text_is_nocase(name, "Host"))
        r->hosts++;
    else if (text_is_nocase(name, "Content-Length"))
        return parse_content_length(r, value);
    else if (text_is_nocase(name, "Transfer-Encoding"))
        return 501;
    else if (text_is_nocase(name, "Connection"))
        return parse_connection(r, value);
    return 0;
}

// Cuts a line off the front of t, which has one.
static struct text cut_line(struct text *t)
{
    const char *end = memmem(t->at, t->size, "\r\n", 2);
    struct text line = {t->at, (size_t)(end - t->at)};
    t->at += line.size + 2;
    t->size -= line.size + 2;
    return line;
}

// Keeps the first reason to refuse. After all but a wrong method we cannot be sure where the next
// request begins.
static void refuse(struct request *r, int status)
{
    if (status == 0)
        return;
    if (r->status == 200)
        r->status = status;
    if (status != 405)
        r->close = true;
}

// Parses a request line and headers, with the empty line behind them. What is wrong with them is in
// r->status.
static void parse_request(struct request *r, struct text head)
{
    *r = (struct request){.status = 200, .path = "/"};
    head.size -= 2; // the empty line
    struct text line = cut_line(&head);
    if (line.size > MAX_LINE) {
        refuse(r, 414);
        return;
    }
    refuse(r, parse_request_line(r, line));
    while (head.size > 0)
        refuse(r, parse_header(r, cut_line(&head)));
    if (r->hosts > 1 || (r->hosts == 0 && !r->old))
        refuse(r, 400);
    if (r->says_close || (r->old && !r->says_keep_alive))
        r->close = true;
}

// Refuses a request of which there is more than we take, but no end.
static void refuse_endless(struct request *r, struct text start)
{
    *r = (struct request){.status = 200, .path = "/"};
    const char *end = memmem(start.at, start.size, "\r\n", 2);
    refuse(r, end && end - start.at <= MAX_LINE ? 431 : 414);
}

// ---- Files --------------------------------------------------------------------------------------

// The file or directory `name` in the directory `at`, which it closes if it is not `root`. -errno.
static int open_next(int root, int at, const char *name)
{
    int next = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int error = errno;
    if (at != root)
        close(at);
    return next < 0 ? -error : next;
}

// Opens the regular file `path`, which begins with '/', below the directory `root`, one component
// at a time. -errno; "..", symbolic links and everything that is no file or directory do not exist
// for us, so there is no way out of root.
static int open_below(int root, const char *path, off_t *size)
{
    int at = root;
    while (at >= 0 && *path) {
        char name[NAME_MAX + 1] = "index.html"; // of a path that ends in '/'
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        bool fits = length < sizeof name;
        if (fits && length > 0) {
            memcpy(name, path, length);
            name[length] = '\0';
        }
        if (!fits || strcmp(name, "..") == 0)
            strcpy(name, ""); // there is no such file
        path += length;
        at = open_next(root, at, name);
    }

    struct stat st;
    if (at >= 0 && (fstat(at, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(at);
        at = -ENOENT;
    }
    *size = at >= 0 ? st.st_size : 0;
    return at;
}

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/plain; charset=utf-8"},
        {"json", "application/json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"gif", "image/gif"},
        {"ico", "image/x-icon"},
        {"wasm", "application/wasm"},
        {"pdf", "application/pdf"},
    };
    const char *name = strrchr(path, '/') + 1;
    if (!*name)
        name = "index.html"; // as open_below does
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; suffix && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(suffix + 1, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

// Reads up to `size` bytes at `offset`. A disk is not waited for: this server takes local files to
// be at hand.
static size_t read_file(int fd, off_t offset, char *to, size_t size)
{
    ssize_t n = pread(fd, to, size, offset);
    return n > 0 ? (size_t)n : 0;
}

// ---- Responses ----------------------------------------------------------------------------------

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Error";
}

// Of MAX_RESPONSE_HEAD bytes at most, for which there is room.
static void put_head(struct async_writer *out, const struct request *r, const char *type,
                     off_t length)
{
    char date[64];
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    (void)async_writer_printf(out,
                              "HTTP/1.1 %d %s\r\n"
                              "Date: %s\r\n"
                              "Content-Type: %s\r\n"
                              "Content-Length: %lld\r\n"
                              "%s"
                              "Connection: %s\r\n\r\n",
                              r->status, reason_of(r->status), date, type, (long long)length,
                              r->status == 405 ? "Allow: GET, HEAD\r\n" : "",
                              r->close ? "close" : "keep-alive");
}

// ---- Connections --------------------------------------------------------------------------------

struct connection {
    struct async_reader in;
    struct async_writer out;
    struct async_tcp *peer;
    int root; // descriptor of the directory that is served
};

// Returns 1, 0 at the end of the input, or -errno.
static async int receive_request(struct connection *c, struct request *r)
{
    char *head;
    ssize_t n = await async_reader_until(&c->in, "\r\n\r\n", MAX_HEAD, &head);
    if (n == -EMSGSIZE) {
        refuse_endless(r, (struct text){c->in.at, c->in.size});
        return 1;
    }
    if (n <= 0)
        return (int)n;
    if (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)
        return 0; // it ended in the middle
    parse_request(r, (struct text){head, (size_t)n});
    return 1;
}

static async int reserve(struct connection *c, size_t size)
{
    int rc;
    if (await async_timeout_ms(SEND_MS, rc = async_writer_reserve(&c->out, size)) != 0)
        return -ETIMEDOUT;
    return rc;
}

static async int flush(struct connection *c)
{
    int rc;
    if (await async_timeout_ms(SEND_MS, rc = async_writer_flush(&c->out)) != 0)
        return -ETIMEDOUT;
    return rc;
}

static async int send_refusal(struct connection *c, const struct request *r)
{
    int rc = await reserve(c, MAX_RESPONSE_HEAD + 64);
    if (rc < 0)
        return rc;
    const char *reason = reason_of(r->status);
    put_head(&c->out, r, "text/plain; charset=utf-8", (off_t)strlen(reason) + 5);
    if (!r->head)
        (void)async_writer_printf(&c->out, "%d %s\n", r->status, reason);
    return 0;
}

// The file is read into the writer's buffer, behind the head and what else is on its way.
static async int send_file(struct connection *c, const struct request *r, int fd, off_t size)
{
    int rc = await reserve(c, MAX_RESPONSE_HEAD);
    if (rc < 0)
        return rc;
    put_head(&c->out, r, type_of(r->path), size);
    off_t at = 0;
    while (!r->head && at < size) {
        rc = await reserve(c, 1);
        if (rc < 0)
            return rc;
        size_t most = c->out.room - c->out.size;
        if ((off_t)most > size - at)
            most = (size_t)(size - at);
        size_t n = read_file(fd, at, async_writer_space(&c->out), most);
        if (n == 0)
            return -EIO; // it became shorter: hang up, for the length is promised
        async_writer_add(&c->out, n);
        at += (off_t)n;
    }
    return 0;
}

static async int respond(struct connection *c, struct request *r)
{
    if (r->status == 200) {
        off_t size;
        int fd = open_below(c->root, r->path, &size);
        if (fd >= 0) {
            defer close(fd);
            return await send_file(c, r, fd, size);
        }
        r->status = fd == -EMFILE || fd == -ENFILE ? 503 : 404;
    }
    return await send_refusal(c, r);
}

// Receives a request and responds to it. Returns 1 if another may follow, 0, or -errno.
static async int serve_request(struct connection *c)
{
    struct request r;
    int rc = 0;
    if (await async_timeout_ms(request_ms, rc = receive_request(c, &r)) != 0) {
        if (c->in.size == 0)
            return 0; // idle
        r = (struct request){.status = 408, .close = true};
    } else if (rc <= 0) {
        return rc;
    }
    rc = await respond(c, &r);
    if (rc == 0 && r.body > 0 && !r.close &&
        await async_timeout_ms(request_ms, rc = async_reader_skip(&c->in, r.body)) != 0)
        return -ETIMEDOUT;
    if (rc < 0 || !r.close)
        return rc < 0 ? rc : 1;
    rc = await flush(c);
    if (rc < 0 || r.status == 200)
        return rc;
    // Says that we are done, and reads on until the client is: closing with input unread could cost
    // it the response.
    async_stream_shutdown(async_tcp_stream(c->peer), SHUT_WR);
    (void)await async_timeout_ms(LINGER_MS, rc = async_reader_skip(&c->in, MAX_LINGER));
    return 0;
}

static async int serve(struct async_tcp *peer, int root)
{
    struct connection c = {.peer = peer, .root = root};
    async_reader_init(&c.in, async_tcp_stream(peer));
    async_writer_init(&c.out, async_tcp_stream(peer));
    async_reader_tie(&c.in, &c.out); // what is responded goes when there is no further request
    defer {
        async_reader_fini(&c.in);
        async_writer_fini(&c.out);
        async_tcp_close(peer);
    }
    int rc;
    while ((rc = await serve_request(&c)) > 0)
        ;
    return rc;
}

async int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s PORT DIRECTORY [REQUEST_MS]\n", argv[0]);
        return 2;
    }
    if (argc > 3)
        request_ms = strtoull(argv[3], NULL, 10);
    int port = atoi(argv[1]);
    int root = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        perror(argv[2]);
        return 1;
    }
    struct async_listener *listener;
    int rc = async_tcp_listen("127.0.0.1", port, &listener);
    if (rc == 0) {
        printf("http: serving %s on http://127.0.0.1:%d/\n", argv[2],
               async_listener_port(listener));
        fflush(stdout);
    }
    while (rc == 0) {
        struct async_tcp *peer;
        if ((rc = await async_tcp_accept(listener, &peer)) != 0)
            break;
        struct async_task *task = async_spawn(serve(peer, root));
        if (!task)
            async_tcp_close(peer);
        async_detach(task);
    }
    fprintf(stderr, "port %d: %s\n", port, strerror(-rc));
    return 1;
}
