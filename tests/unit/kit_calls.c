// The simulated system calls against the kernel's: the same scripts of calls, and their results,
// written down as text, must be the same.
#define _GNU_SOURCE
#include "runtime_support.h"

#include <asyncc/test.h>

#include "executor.h"
#include "sim.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

static char text[8192];
static size_t length;

static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    length += (size_t)vsnprintf(text + length, sizeof text - length, format, args);
    va_end(args);
    assert_true(length < sizeof text);
}

static const char *error_name(long n)
{
    switch (-n) {
#define NAME(E) \
    case E:     \
        return "-" #E
        NAME(EAGAIN);
        NAME(EPIPE);
        NAME(ECONNRESET);
        NAME(ECONNREFUSED);
        NAME(EADDRINUSE);
        NAME(EINVAL);
        NAME(ENOTCONN);
        NAME(ENOTSOCK);
        NAME(EISCONN);
        NAME(EBADF);
        NAME(EINPROGRESS);
        NAME(EDESTADDRREQ);
        NAME(EMSGSIZE);
        NAME(EOPNOTSUPP);
        NAME(ENOENT);
        NAME(EPROTOTYPE);
        NAME(ETIMEDOUT);
    default:
        return NULL;
    }
}

// Writes a result down: a number, or the name of an error.
static long result(const char *what, long n)
{
    const char *error = n < 0 ? error_name(n) : NULL;
    if (error)
        put("%s: %s\n", what, error);
    else
        put("%s: %ld\n", what, n);
    return n;
}

// Lets what is due happen. On the kernel's loopback, it has.
static void happen(void)
{
    if (sys != &sys_kernel)
        sim_run_due();
}

// Waits until the descriptor is ready for one of the events; then writes down which are.
static void ready(const char *what, int fd, int events)
{
    happen();
    struct pollfd look = {.fd = fd, .events = (short)events};
    assert_true(sys->poll(&look, 1, 5000) >= 0);
    look.revents &= POLLIN | POLLOUT; // HUP and ERR come with details that differ
    put("%s:%s%s\n", what, look.revents & POLLIN ? " in" : "",
        look.revents & POLLOUT ? " out" : "");
}

static void receive(const char *what, int fd)
{
    char buf[100];
    happen();
    long n = result(what, sys->recv(fd, buf, sizeof buf, 0));
    if (n > 0)
        put("    %.*s\n", (int)n, buf);
}

static int stream(int family)
{
    int fd = sys->socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

static struct sockaddr_in v4(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(sys->getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int listening(int *port)
{
    int fd = stream(AF_INET);
    struct sockaddr_in address = v4(0);
    assert_int_equal(sys->bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(sys->listen(fd, 16), 0);
    *port = port_of(fd);
    return fd;
}

static int connecting(int port)
{
    int fd = stream(AF_INET);
    struct sockaddr_in address = v4(port);
    result("connect", sys->connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static long outcome(int fd)
{
    int error = -1;
    sys->getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    return -error;
}

static void tcp_pair(int *a, int *b)
{
    int port, listener = listening(&port);
    *a = connecting(port);
    ready("connected", *a, POLLOUT);
    ready("acceptable", listener, POLLIN);
    *b = sys->accept(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(*b >= 0);
    result("outcome", outcome(*a));
    sys->close(listener);
}

static void close_both(int a, int b)
{
    result("close", sys->close(a));
    result("close", sys->close(b));
}

// ---- Scripts --------------------------------------------------------------------------------

static void tcp_talks(void)
{
    int a, b;
    tcp_pair(&a, &b);
    receive("nothing there", b);
    result("send", sys->send(a, "hello", 5, MSG_NOSIGNAL));
    ready("hello came", b, POLLIN | POLLOUT);
    char buf[3];
    result("peek", sys->recv(b, buf, 3, MSG_PEEK));
    result("part", sys->recv(b, buf, 3, 0));
    receive("rest", b);
    receive("nothing more", b);
    struct iovec parts[] = {{"ab", 2}, {"", 0}, {"cde", 3}};
    result("writev", sys->writev(b, parts, 3));
    happen();
    char x[1], y[10];
    struct iovec into[] = {{x, 1}, {y, 10}};
    result("readv", sys->readv(a, into, 2));
    put("    %c %.*s\n", x[0], 4, y);
    result("read with no room", sys->recv(a, buf, 0, 0));
    close_both(a, b);
}

static void tcp_half_closes(void)
{
    int a, b;
    tcp_pair(&a, &b);
    result("send", sys->send(a, "last", 4, MSG_NOSIGNAL));
    result("shutdown", sys->shutdown(a, SHUT_WR));
    result("send after that", sys->send(a, "x", 1, MSG_NOSIGNAL));
    ready("end came", b, POLLIN | POLLOUT);
    receive("data first", b);
    receive("end", b);
    receive("end again", b);
    result("answer", sys->send(b, "answer", 6, MSG_NOSIGNAL));
    ready("answer came", a, POLLIN);
    receive("answer", a);
    result("shutdown read", sys->shutdown(a, SHUT_RD));
    receive("read after that", a);
    close_both(a, b);
}

static void tcp_closes(void)
{
    int a, b;
    tcp_pair(&a, &b);
    result("close", sys->close(b));
    ready("end came", a, POLLIN);
    receive("end", a);
    result("first send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    happen();
    result("second send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    result("third send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    receive("read", a);
    result("close", sys->close(a));
}

static void tcp_resets(void)
{
    int a, b;
    tcp_pair(&a, &b);
    result("unread", sys->send(a, "unread", 6, MSG_NOSIGNAL));
    ready("came", b, POLLIN);
    result("close", sys->close(b));
    ready("reset came", a, POLLIN | POLLOUT);
    receive("read", a);
    receive("read again", a);
    result("send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    result("close", sys->close(a));

    tcp_pair(&a, &b);
    struct linger linger = {1, 0};
    result("linger", sys->setsockopt(b, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    result("close", sys->close(b));
    ready("reset came", a, POLLIN);
    result("send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    result("send again", sys->send(a, "x", 1, MSG_NOSIGNAL));
    receive("read", a);
    result("close", sys->close(a));
}

static void tcp_refuses(void)
{
    int port, listener = listening(&port);
    int c = connecting(port); // is in line, and is reset with it
    ready("connected", c, POLLOUT);
    sys->close(listener);
    ready("reset came", c, POLLIN);
    receive("read", c);
    sys->close(c);
    c = connecting(port);
    ready("refused", c, POLLOUT);
    result("outcome", outcome(c));
    result("outcome again", outcome(c));
    result("close", sys->close(c));
    c = stream(AF_INET);
    result("send unconnected", sys->send(c, "x", 1, MSG_NOSIGNAL));
    receive("receive unconnected", c);
    result("listen unbound", sys->listen(c, 1) < 0 ? -1 : 0);
    sys->close(c);
}

static void tcp_addresses(void)
{
    int port, listener = listening(&port);
    struct sockaddr_in address = v4(port);
    int other = stream(AF_INET);
    result("bind to a taken one", sys->bind(other, (struct sockaddr *)&address, sizeof address));
    int on = 1;
    sys->setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    result("with reuse", sys->bind(other, (struct sockaddr *)&address, sizeof address));
    address = v4(0);
    result("bind", sys->bind(other, (struct sockaddr *)&address, sizeof address));
    result("bind again", sys->bind(other, (struct sockaddr *)&address, sizeof address));
    result("accept", sys->accept(other, NULL, NULL, 0));
    int c = connecting(port);
    ready("connected", c, POLLOUT);
    result("connect again", sys->connect(c, (struct sockaddr *)&address, sizeof address));
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int accepted = sys->accept(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
    result("accepted has the right peer", ntohs(peer.sin_port) == port_of(c));
    result("size", size);
    size = sizeof peer;
    result("getpeername", sys->getpeername(c, (struct sockaddr *)&peer, &size));
    result("is the listener's", ntohs(peer.sin_port) == port);
    result("local", port_of(accepted) == port);
    int type = 0;
    result("getsockopt", sys->getsockopt(c, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}));
    result("type", type);
    sys->close(accepted);
    sys->close(c);
    sys->close(other);
    sys->close(listener);
    result("close again", sys->close(listener));
}

// A listener of v6 takes v4, too.
static void tcp_both_families(void)
{
    int listener = stream(AF_INET6);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    assert_int_equal(sys->bind(listener, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(sys->listen(listener, 5), 0);
    socklen_t size = sizeof any;
    sys->getsockname(listener, (struct sockaddr *)&any, &size);
    int c = connecting(ntohs(any.sin6_port));
    ready("connected", c, POLLOUT);
    struct sockaddr_in6 peer;
    size = sizeof peer;
    int accepted = sys->accept(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
    result("size", size);
    result("mapped", IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
    sys->close(accepted);
    sys->close(c);
    sys->close(listener);
}

// What comes to who has shut down both directions resets the connection.
static void tcp_hangs_up(void)
{
    int a, b;
    tcp_pair(&a, &b);
    result("shutdown", sys->shutdown(a, SHUT_RDWR));
    ready("end came", b, POLLIN);
    receive("end", b);
    result("send", sys->send(b, "x", 1, MSG_NOSIGNAL));
    happen();
    receive("read a", a);
    receive("read again", a);
    result("send again", sys->send(b, "x", 1, MSG_NOSIGNAL));
    receive("read b", b);
    close_both(a, b);
}

// A listener of v6 only leaves the port to v4, but to no other one of v6.
static void tcp_only_v6(void)
{
    int port, listener = listening(&port), on = 1;
    int any = stream(AF_INET6), loopback = stream(AF_INET6);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)port),
                                   .sin6_addr = in6addr_any};
    result("both", sys->bind(any, (struct sockaddr *)&address, sizeof address));
    sys->setsockopt(any, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    result("only v6", sys->bind(any, (struct sockaddr *)&address, sizeof address));
    address.sin6_addr = in6addr_loopback;
    result("another one", sys->bind(loopback, (struct sockaddr *)&address, sizeof address));
    sys->close(listener);
    close_both(any, loopback);
}

static void backpressure(int a, int b)
{
    static char bytes[100000], into[100000];
    memset(bytes, 'x', sizeof bytes);
    long sent = 0, got = 0, n;
    while ((n = sys->send(a, bytes, sizeof bytes, MSG_NOSIGNAL)) > 0)
        sent += n;
    result("full", n);
    struct pollfd look = {.fd = a, .events = POLLOUT};
    result("not writable", sys->poll(&look, 1, 0));
    happen();
    while ((n = sys->recv(b, into, sizeof into, 0)) > 0 || (n == -EAGAIN && got < sent)) {
        if (n > 0)
            got += n;
        happen();
    }
    result("empty", n);
    result("all came", got == sent);
    ready("writable", a, POLLOUT);
}

static void unix_streams(void)
{
    int fds[2];
    result("socketpair",
           sys->socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
    result("send", sys->send(fds[0], "hello", 5, MSG_NOSIGNAL));
    receive("hello", fds[1]);
    receive("nothing", fds[1]);
    result("shutdown", sys->shutdown(fds[1], SHUT_WR));
    receive("end", fds[0]);
    result("send", sys->send(fds[1], "x", 1, MSG_NOSIGNAL));
    result("close", sys->close(fds[1]));
    result("send to nobody", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    receive("read from nobody", fds[0]);
    result("close", sys->close(fds[0]));
    sys->socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
    sys->send(fds[0], "unread", 6, MSG_NOSIGNAL);
    result("close", sys->close(fds[1]));
    receive("unread", fds[0]);
    receive("again", fds[0]);
    result("close", sys->close(fds[0]));
}

static void unix_paths(void)
{
    // An abstract name: nothing is left in the file system.
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "asyncc-kit-%d", (int)getpid());
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    int listener = stream(AF_UNIX);
    result("bind", sys->bind(listener, (struct sockaddr *)&name, size));
    int c = stream(AF_UNIX);
    result("connect too early", sys->connect(c, (struct sockaddr *)&name, size));
    result("listen", sys->listen(listener, 3));
    result("connect", sys->connect(c, (struct sockaddr *)&name, size));
    int accepted = sys->accept(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    result("accept again", sys->accept(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    int other = stream(AF_UNIX);
    result("bind again", sys->bind(other, (struct sockaddr *)&name, size));
    sys->close(other);
    result("send", sys->send(accepted, "hi", 2, MSG_NOSIGNAL));
    receive("hi", c);
    struct sockaddr_un peer;
    socklen_t got = sizeof peer;
    result("getpeername", sys->getpeername(c, (struct sockaddr *)&peer, &got));
    result("size", got - size);
    got = sizeof peer;
    sys->getpeername(accepted, (struct sockaddr *)&peer, &got);
    result("unnamed", got);
    sys->close(accepted);
    sys->close(listener);
    receive("end", c);
    sys->close(c);
}

static void unix_datagrams(void)
{
    int fds[2];
    sys->socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
    result("send", sys->send(fds[0], "one", 3, MSG_NOSIGNAL));
    result("send", sys->send(fds[0], "two", 3, MSG_NOSIGNAL));
    result("send nothing", sys->send(fds[0], "", 0, MSG_NOSIGNAL));
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    result("cut", sys->recvmsg(fds[1], &message, 0));
    result("was cut", (message.msg_flags & MSG_TRUNC) != 0);
    receive("two", fds[1]);
    receive("nothing", fds[1]);
    receive("empty", fds[1]);
    result("close", sys->close(fds[1]));
    result("send to nobody", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    result("send again", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    result("accept", sys->accept(fds[0], NULL, NULL, 0));
    result("close", sys->close(fds[0]));
}

static void udp(void)
{
    int a = sys->socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int b = sys->socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = v4(0);
    result("bind", sys->bind(b, (struct sockaddr *)&address, sizeof address));
    address = v4(port_of(b));
    struct iovec part = {"ping", 4};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof address,
                             .msg_iov = &part,
                             .msg_iovlen = 1};
    result("send without an address", sys->send(a, "x", 1, 0));
    result("sendmsg", sys->sendmsg(a, &message, 0));
    char buf[10];
    part = (struct iovec){buf, sizeof buf};
    memset(&address, 0, sizeof address);
    happen();
    result("recvmsg", sys->recvmsg(b, &message, 0));
    result("name", message.msg_namelen);
    result("from a", ntohs(address.sin_port) == port_of(a));
    result("from this host", ntohl(address.sin_addr.s_addr) == INADDR_LOOPBACK);
    result("connect", sys->connect(b, (struct sockaddr *)&address, sizeof address));
    result("send", sys->send(b, "pong", 4, 0));
    receive("pong", a);
    int c = sys->socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address = v4(port_of(b));
    part = (struct iovec){"stranger", 8};
    message.msg_namelen = sizeof address;
    result("a stranger", sys->sendmsg(c, &message, 0));
    receive("is not heard", b);
    result("close", sys->close(a));
    result("send to nobody", sys->send(b, "x", 1, 0));
    happen();
    result("is told", sys->send(b, "x", 1, 0));
    static char much[70000];
    result("too much", sys->send(c, much, sizeof much, 0));
    sys->close(b);
    sys->close(c);
}

static void pipes(void)
{
    int fds[2];
    result("pipe", sys->pipe(fds, O_NONBLOCK | O_CLOEXEC));
    char buf[10];
    result("empty", sys->read(fds[0], buf, sizeof buf));
    result("write", sys->write(fds[1], "bytes", 5));
    result("read", sys->read(fds[0], buf, sizeof buf));
    result("wrong end", sys->read(fds[1], buf, sizeof buf));
    result("wrong end", sys->write(fds[0], buf, 1));
    result("recv", sys->recv(fds[0], buf, 1, 0));
    int type;
    result("option",
           sys->getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}));
    result("flags", sys->fcntl(fds[0], F_GETFL, 0) & (O_ACCMODE | O_NONBLOCK));
    sys->write(fds[1], "last", 4);
    result("close", sys->close(fds[1]));
    result("last", sys->read(fds[0], buf, sizeof buf));
    result("end", sys->read(fds[0], buf, sizeof buf));
    result("close", sys->close(fds[0]));
    sys->pipe(fds, O_NONBLOCK | O_CLOEXEC);
    sys->close(fds[0]);
    result("nobody reads", sys->write(fds[1], "x", 1));
    sys->close(fds[1]);
}

static void passing(void)
{
    int fds[2], ends[2];
    sys->socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
    sys->pipe(ends, O_NONBLOCK | O_CLOEXEC);
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {"ab", 2};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &ends[1], sizeof(int));
    result("before", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    result("sendmsg", sys->sendmsg(fds[0], &message, MSG_NOSIGNAL));
    result("after", sys->send(fds[0], "y", 1, MSG_NOSIGNAL));
    sys->close(ends[1]);
    char buf[10];
    result("the pipe is open", sys->read(ends[0], buf, 1));
    part = (struct iovec){buf, sizeof buf};
    message.msg_controllen = sizeof control;
    result("with what was before", sys->recvmsg(fds[1], &message, MSG_CMSG_CLOEXEC));
    int got = -1;
    c = CMSG_FIRSTHDR(&message);
    if (c)
        memcpy(&got, CMSG_DATA(c), sizeof got);
    result("a descriptor came", c && c->cmsg_len == CMSG_LEN(sizeof(int)) && got >= 0);
    receive("after", fds[1]);
    result("write there", sys->write(got, "!", 1));
    result("read here", sys->read(ends[0], buf, sizeof buf));
    sys->close(got);
    result("the pipe is closed", sys->read(ends[0], buf, 1));
    sys->close(ends[0]);
    close_both(fds[0], fds[1]);
}

static void full(void)
{
    int fds[2];
    sys->socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
    backpressure(fds[0], fds[1]);
    close_both(fds[0], fds[1]);
    tcp_pair(&fds[0], &fds[1]);
    backpressure(fds[0], fds[1]);
    close_both(fds[0], fds[1]);
}

// A connection that was reset, or that both have ended, has no peer any more.
static void tcp_is_over(void)
{
    int a, b;
    struct sockaddr_in peer;
    tcp_pair(&a, &b);
    sys->send(a, "unread", 6, MSG_NOSIGNAL);
    ready("came", b, POLLIN);
    sys->close(b);
    ready("reset came", a, POLLIN | POLLOUT);
    socklen_t size = sizeof peer;
    result("getpeername", sys->getpeername(a, (struct sockaddr *)&peer, &size));
    result("shutdown", sys->shutdown(a, SHUT_WR));
    receive("read", a);
    sys->close(a);

    tcp_pair(&a, &b);
    result("shutdown", sys->shutdown(a, SHUT_WR));
    result("shutdown again", sys->shutdown(a, SHUT_WR));
    ready("end came", b, POLLIN);
    size = sizeof peer;
    result("getpeername", sys->getpeername(b, (struct sockaddr *)&peer, &size));
    result("listen", sys->listen(b, 1));
    result("shutdown", sys->shutdown(b, SHUT_WR));
    ready("end came", a, POLLIN);
    size = sizeof peer;
    result("getpeername a", sys->getpeername(a, (struct sockaddr *)&peer, &size));
    result("getpeername b", sys->getpeername(b, (struct sockaddr *)&peer, &size));
    result("shutdown a", sys->shutdown(a, SHUT_RDWR));
    result("shutdown b", sys->shutdown(b, SHUT_WR));
    result("send a", sys->send(a, "x", 1, MSG_NOSIGNAL));
    receive("read b", b);
    close_both(a, b);
}

// A host reaches itself at the address that stands for all of its addresses.
static void tcp_any_address(void)
{
    int port, listener = listening(&port);
    int c = stream(AF_INET);
    struct sockaddr_in address = v4(port);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    result("connect", sys->connect(c, (struct sockaddr *)&address, sizeof address));
    ready("connected", c, POLLOUT);
    socklen_t size = sizeof address;
    result("getpeername", sys->getpeername(c, (struct sockaddr *)&address, &size));
    result("this host", ntohl(address.sin_addr.s_addr) == INADDR_LOOPBACK);
    int accepted = sys->accept(listener, NULL, NULL, SOCK_CLOEXEC);
    sys->getsockname(accepted, (struct sockaddr *)&address, &size);
    result("this host", ntohl(address.sin_addr.s_addr) == INADDR_LOOPBACK);
    sys->close(accepted);
    close_both(c, listener);
}

static void unix_pair(int type, int fds[2])
{
    result("pair", sys->socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
}

static void unix_ends(void)
{
    int fds[2];
    unix_pair(SOCK_STREAM, fds);
    result("send", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    result("shutdown read", sys->shutdown(fds[1], SHUT_RD));
    result("send to who does not read", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    receive("what came before", fds[1]);
    receive("end", fds[1]);
    receive("nothing", fds[0]);
    ready("the sender", fds[0], POLLIN | POLLOUT);
    result("the other direction", sys->send(fds[1], "x", 1, MSG_NOSIGNAL));
    close_both(fds[0], fds[1]);

    unix_pair(SOCK_STREAM, fds);
    result("unread", sys->send(fds[0], "x", 1, MSG_NOSIGNAL));
    result("shutdown", sys->shutdown(fds[1], SHUT_WR));
    result("close", sys->close(fds[1]));
    result("send", sys->send(fds[0], "x", 1, MSG_NOSIGNAL)); // leaves the error to the read
    receive("read", fds[0]);
    receive("read again", fds[0]);
    result("shutdown", sys->shutdown(fds[0], SHUT_WR));
    result("close", sys->close(fds[0]));

    unix_pair(SOCK_SEQPACKET, fds);
    sys->send(fds[0], "one", 3, MSG_NOSIGNAL);
    sys->send(fds[0], "two", 3, MSG_NOSIGNAL);
    receive("one", fds[1]);
    result("shutdown", sys->shutdown(fds[0], SHUT_WR));
    receive("two", fds[1]);
    receive("end", fds[1]);
    result("unread", sys->send(fds[1], "x", 1, MSG_NOSIGNAL));
    result("close", sys->close(fds[0]));
    result("send", sys->send(fds[1], "x", 1, MSG_NOSIGNAL)); // takes it
    receive("read", fds[1]);
    result("close", sys->close(fds[1]));
}

static struct sockaddr_un unix_name(bool abstract, socklen_t *size)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + abstract, sizeof name.sun_path - 1, "%sasyncc-kit-%d",
                     abstract ? "" : "/tmp/", (int)getpid());
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    return name;
}

static int datagrams(int family)
{
    int fd = sys->socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

// To whom it may concern, and nobody is there.
static void unix_strangers(void)
{
    int c = stream(AF_UNIX), d = datagrams(AF_UNIX);
    socklen_t size;
    struct sockaddr_un name = unix_name(true, &size);
    struct msghdr message = {.msg_name = &name,
                             .msg_iov = &(struct iovec){"x", 1},
                             .msg_iovlen = 1};
    for (int abstract = 1; abstract >= 0; abstract--) {
        name = unix_name(abstract, &size);
        message.msg_namelen = size;
        result("connect", sys->connect(c, (struct sockaddr *)&name, size));
        result("connect datagrams", sys->connect(d, (struct sockaddr *)&name, size));
        result("sendmsg", sys->sendmsg(d, &message, MSG_NOSIGNAL));
        int other = stream(AF_UNIX), third = datagrams(AF_UNIX);
        result("bind", sys->bind(other, (struct sockaddr *)&name, size));
        result("connect too early", sys->connect(c, (struct sockaddr *)&name, size));
        result("of another type", sys->connect(d, (struct sockaddr *)&name, size));
        result("of another type", sys->sendmsg(d, &message, MSG_NOSIGNAL));
        result("bind another type", sys->bind(third, (struct sockaddr *)&name, size));
        close_both(other, third);
    }
    sys->unlink(name.sun_path);
    result("send", sys->send(d, "x", 1, MSG_NOSIGNAL));
    result("send", sys->send(c, "x", 1, MSG_NOSIGNAL));
    receive("receive", c);
    close_both(c, d);
}

// Datagrams go to the socket that was connected to, not to another one that has its name now.
static void unix_receivers(void)
{
    socklen_t size;
    struct sockaddr_un name = unix_name(true, &size);
    int c = datagrams(AF_UNIX), d = datagrams(AF_UNIX);
    result("bind", sys->bind(d, (struct sockaddr *)&name, size));
    result("connect", sys->connect(c, (struct sockaddr *)&name, size));
    result("send", sys->send(c, "x", 1, MSG_NOSIGNAL));
    result("close", sys->close(d));
    d = datagrams(AF_UNIX);
    result("bind", sys->bind(d, (struct sockaddr *)&name, size));
    result("send", sys->send(c, "x", 1, MSG_NOSIGNAL));
    result("send again", sys->send(c, "x", 1, MSG_NOSIGNAL));
    result("connect", sys->connect(c, (struct sockaddr *)&name, size));
    result("send", sys->send(c, "y", 1, MSG_NOSIGNAL));
    receive("y", d);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    result("disconnect", sys->connect(c, &none, sizeof none));
    result("send", sys->send(c, "x", 1, MSG_NOSIGNAL));
    result("shutdown", sys->shutdown(c, SHUT_WR));
    close_both(c, d);
}

static void udp_disconnects(void)
{
    int a = datagrams(AF_INET), b = datagrams(AF_INET);
    struct sockaddr_in address = v4(0);
    result("bind", sys->bind(b, (struct sockaddr *)&address, sizeof address));
    address = v4(port_of(b));
    result("connect", sys->connect(a, (struct sockaddr *)&address, sizeof address));
    result("send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    receive("came", b);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    result("disconnect", sys->connect(a, &none, sizeof none));
    result("disconnect again", sys->connect(a, &none, sizeof none));
    result("port", port_of(a));
    socklen_t size = sizeof address;
    result("getpeername", sys->getpeername(a, (struct sockaddr *)&address, &size));
    result("send", sys->send(a, "x", 1, MSG_NOSIGNAL));
    close_both(a, b);
}

// Of a pipe: what is not too long is written as a whole or not at all.
static void whole_writes(void)
{
    static char bytes[4000];
    int fds[2];
    sys->pipe(fds, O_NONBLOCK | O_CLOEXEC);
    long n;
    while ((n = sys->write(fds[1], bytes, sizeof bytes)) == (long)sizeof bytes)
        ;
    result("full", n);
    sys->read(fds[0], bytes, 1);
    result("not enough room", sys->write(fds[1], bytes, sizeof bytes));
    struct pollfd look = {.fd = fds[1], .events = POLLOUT};
    result("not writable", sys->poll(&look, 1, 0));
    sys->read(fds[0], bytes, sizeof bytes);
    ready("writable", fds[1], POLLOUT);
    close_both(fds[0], fds[1]);
}

// ---- Both ways ------------------------------------------------------------------------------

static void agree(void (*script)(void))
{
    static char kernels[sizeof text];
    length = 0;
    script();
    memcpy(kernels, text, length + 1);
    length = 0;
    struct async_test_options options = {.name = "calls"};
    assert_int_equal(async_test_begin(&options), 0);
    const struct sys *faulty = sys;
    sys = &sim_sys;
    script();
    sys = faulty;
    assert_int_equal(async_test_end(NULL), 0);
    sys = &sys_kernel;
    if (strcmp(kernels, text) != 0)
        print_message("the kernel:\n%s\nsim:\n%s\n", kernels, text);
    assert_string_equal(text, kernels);
}

#define AGREE(SCRIPT)                          \
    static void SCRIPT##_agrees(void **unused) \
    {                                          \
        (void)unused;                          \
        agree(SCRIPT);                         \
    }
AGREE(tcp_talks)
AGREE(tcp_half_closes)
AGREE(tcp_closes)
AGREE(tcp_resets)
AGREE(tcp_refuses)
AGREE(tcp_addresses)
AGREE(tcp_both_families)
AGREE(tcp_hangs_up)
AGREE(tcp_only_v6)
AGREE(unix_streams)
AGREE(unix_paths)
AGREE(unix_datagrams)
AGREE(udp)
AGREE(pipes)
AGREE(passing)
AGREE(full)
AGREE(tcp_is_over)
AGREE(tcp_any_address)
AGREE(unix_ends)
AGREE(unix_strangers)
AGREE(unix_receivers)
AGREE(udp_disconnects)
AGREE(whole_writes)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_talks_agrees),
        cmocka_unit_test(tcp_half_closes_agrees),
        cmocka_unit_test(tcp_closes_agrees),
        cmocka_unit_test(tcp_resets_agrees),
        cmocka_unit_test(tcp_refuses_agrees),
        cmocka_unit_test(tcp_addresses_agrees),
        cmocka_unit_test(tcp_both_families_agrees),
        cmocka_unit_test(tcp_hangs_up_agrees),
        cmocka_unit_test(tcp_only_v6_agrees),
        cmocka_unit_test(unix_streams_agrees),
        cmocka_unit_test(unix_paths_agrees),
        cmocka_unit_test(unix_datagrams_agrees),
        cmocka_unit_test(udp_agrees),
        cmocka_unit_test(pipes_agrees),
        cmocka_unit_test(passing_agrees),
        cmocka_unit_test(full_agrees),
        cmocka_unit_test(tcp_is_over_agrees),
        cmocka_unit_test(tcp_any_address_agrees),
        cmocka_unit_test(unix_ends_agrees),
        cmocka_unit_test(unix_strangers_agrees),
        cmocka_unit_test(unix_receivers_agrees),
        cmocka_unit_test(udp_disconnects_agrees),
        cmocka_unit_test(whole_writes_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
