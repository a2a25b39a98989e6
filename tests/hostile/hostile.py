#!/usr/bin/env python3
"""hostile.py - a peer that behaves badly, and then looks whether the server has noticed.

    hostile.py CHECK SERVER PORT PID

CHECK is a function below, SERVER one of the examples, which listens on PORT as process PID. Exits with
0 if the server serves an honest client during and after it, and has as many descriptors open as before.
Waits end when what they wait for has happened; LIMIT only bounds how long a broken server is waited for.
"""

import os
import socket
import struct
import sys
import time

LIMIT = 30  # seconds


def connect(port, buffer=None):
    """With `buffer`, the socket takes hardly more than so many bytes that are not received."""
    s = socket.socket()
    s.settimeout(LIMIT)
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.connect(("127.0.0.1", port))
    return s


def receive_until(s, end):
    got = b""
    while end not in got:
        piece = s.recv(65536)
        if not piece:
            raise SystemExit(f"it hung up after {got[-200:]!r}, before {end!r}")
        got += piece
    return got


def reset(s):
    """Closes so that the peer gets an RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Server:
    """What is known of each example: how to behave well, and what to do badly with it."""

    partial = b""  # the start of a request
    endless = b""  # what is repeated for ever, and is never a whole request
    greedy = b""  # asks for a lot of output

    def __init__(self, port, pid):
        self.port = port
        self.pid = pid
        self.base = None

    def honest(self):
        s = connect(self.port)
        self.talk(s)
        s.close()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait_for_descriptors(self, most):
        end = time.monotonic() + LIMIT
        while self.descriptors() > most:
            if time.monotonic() > end:
                raise SystemExit(f"{self.descriptors()} descriptors are open, expected {most}")
            time.sleep(0.01)


class Echo(Server):
    greedy = b"x" * 1000000

    def talk(self, s):
        s.sendall(b"hello\n")
        receive_until(s, b"hello\n")


class Http(Server):
    partial = b"GET / HTTP/1.1\r\nHost: x\r\nX: "
    endless = b"X-Header: y\r\n"
    endless_start = b"GET / HTTP/1.1\r\n"
    greedy = b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n" * 20

    def talk(self, s):
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        if not receive_until(s, b"</p>").startswith(b"HTTP/1.1 200 OK\r\n"):
            raise SystemExit("it refuses an honest request")


class Redis(Server):
    partial = b"*2\r\n$4\r\nECHO\r\n$5\r\nhel"
    endless = b"word "
    greedy = b"GET big\r\n" * 200

    def __init__(self, port, pid):
        super().__init__(port, pid)
        s = connect(port)
        s.sendall(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$200000\r\n" + b"y" * 200000 + b"\r\n")
        receive_until(s, b"+OK")
        s.close()

    def talk(self, s):
        s.sendall(b"*1\r\n$4\r\nPING\r\n")
        receive_until(s, b"+PONG\r\n")


class Chat(Server):
    endless = b"blah "
    endless_start = b"endless\n"
    greedy = b"\n" * 100000
    names = 0

    def enter(self, buffer=None):
        s = connect(self.port, buffer)
        Chat.names += 1
        s.sendall(b"h%d\n" % Chat.names)
        receive_until(s, b"name?\n")
        s.sendall(b"/who\n")
        receive_until(s, b"* here are")
        return s

    def talk(self, s):
        Chat.names += 1
        s.sendall(b"h%d\n/who\n" % Chat.names)
        receive_until(s, b"* here are")


class Socks(Server):
    """In front of the HTTP server, whose port is the next argument."""

    partial = b"\x05\x02\x00"
    endless = b"no protocol"

    def request(self):
        return b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + struct.pack(">H", int(sys.argv[5]))

    @property
    def greedy(self):
        return self.request() + Http.greedy

    def talk(self, s):
        s.sendall(self.request() + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        receive_until(s, b"200 OK")


# ---- The checks ------------------------------------------------------------------------------------


def loris(server):
    """Sends a request byte by byte, for ever. The server gives up, and the others do not notice."""
    clients = [connect(server.port) for _ in range(30)]
    for s in clients:
        s.sendall(server.partial)
    end = time.monotonic() + LIMIT
    while clients:
        for s in clients[:]:
            try:
                s.sendall(b"x")
                s.settimeout(0.001)
                if not s.recv(1000):  # it may explain itself first
                    clients.remove(s)
            except (BlockingIOError, socket.timeout):
                pass
            except OSError:
                clients.remove(s)
        server.honest()
        if time.monotonic() > end:
            raise SystemExit(f"{len(clients)} of 30 are still served")


def endless(server):
    """Sends a line that never ends. The server refuses it, and keeps none of it."""
    before = server.resident_bytes()
    s = connect(server.port)
    sent = 0
    try:
        s.sendall(getattr(server, "endless_start", b""))
        while sent < 500000000:
            sent += s.send(server.endless * 1000)
        raise SystemExit(f"it takes {sent} bytes")
    except OSError:
        pass
    grown = server.resident_bytes() - before
    if grown > 50000000:
        raise SystemExit(f"it has grown by {grown} bytes")


def early_reset(server):
    """Resets connections at once, in the middle of a request, and behind one."""
    for i in range(300):
        s = connect(server.port)
        if i % 3 == 1:
            s.sendall(server.partial)
        if i % 3 == 2:
            s.sendall(server.greedy[:10000])
        reset(s)
    server.honest()


def sigpipe(server):
    """Asks for a lot, and hangs up while it is being sent."""
    for i in range(50):
        s = connect(server.port)
        s.settimeout(0.05)
        try:
            s.sendall(server.greedy)
        except OSError:
            pass  # it waits for us
        s.settimeout(LIMIT)
        s.recv(100)
        if i % 2:
            s.close()
        else:
            reset(s)
    server.honest()


def half_open(server):
    """Stays silent, or stops sending behind a request, or in the middle of one."""
    silent = [connect(server.port) for _ in range(50)]
    server.honest()
    for s in silent:
        s.shutdown(socket.SHUT_WR)
    for s in silent:
        while s.recv(1000):
            pass
    s = connect(server.port)
    server.talk(s)
    s.shutdown(socket.SHUT_WR)
    while s.recv(1000):
        pass
    s = connect(server.port)
    s.sendall(server.partial)
    s.shutdown(socket.SHUT_WR)
    while s.recv(1000):
        pass


def descriptors(server):
    """Opens more connections than the server may have. It waits, and does not spin or die."""
    clients = [connect(server.port) for _ in range(100)]
    end = time.monotonic() + LIMIT
    while True:  # until it has all it can get
        before = server.descriptors()
        time.sleep(0.2)
        if before == server.descriptors() > server.base:
            break
        if time.monotonic() > end:
            raise SystemExit("it does not come to rest")
    cpu, clock = server.cpu_seconds(), time.monotonic()
    time.sleep(1.5)
    used = (server.cpu_seconds() - cpu) / (time.monotonic() - clock)
    print(f"{server.descriptors()} descriptors, {used:.2f} of a processor")
    if server.descriptors() >= 100:
        raise SystemExit("there is no limit")
    if used > 0.5:
        raise SystemExit("it spins")
    for s in clients:
        s.close()
    server.honest()


def slow_reader(server):
    """Takes nothing of what others say. It is thrown out, and the others do not notice."""
    if isinstance(server, Chat):
        slow, talker = server.enter(4096), server.enter()
        line = b"x" * 390 + b"\n"
        before = server.descriptors()

        def say():
            talker.sendall(line * 60)
            talker.sendall(b"/who\n")
            receive_until(talker, b"* here are")

    else:
        slow, talker = connect(server.port, 4096), connect(server.port)
        slow.sendall(b"SUBSCRIBE news\r\n")
        receive_until(slow, b":1\r\n")
        before = server.descriptors()

        def say():
            talker.sendall(b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$50000\r\n" + b"x" * 50000 + b"\r\n")
            receive_until(talker, b"\r\n")

    end = time.monotonic() + LIMIT
    while server.descriptors() >= before:
        say()
        if time.monotonic() > end:
            raise SystemExit("it is still there")
    talker.close()
    slow.close()


def main():
    check, name, port, pid = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    server = {"echo": Echo, "http": Http, "redis": Redis, "chat": Chat, "socks5": Socks}[name](port, pid)
    server.honest()  # what is opened once is open now
    low = server.descriptors()
    end = time.monotonic() + 1
    while time.monotonic() < end:  # until it has noticed that the honest one is gone
        low = min(low, server.descriptors())
        if server.descriptors() > low:
            end = time.monotonic() + 1
        time.sleep(0.05)
    server.base = low
    globals()[check](server)
    server.wait_for_descriptors(server.base)
    server.honest()
    server.wait_for_descriptors(server.base)


main()
