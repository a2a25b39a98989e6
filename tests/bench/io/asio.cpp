// asio.cpp - an echo server on Asio's C++20 coroutines, one thread, without locks.
#include <asio.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

static awaitable<void> serve(tcp::socket peer, size_t size)
{
    char *buffer = (char *)malloc(size); // not touched, as a vector's would be
    try {
        peer.set_option(tcp::no_delay(true));
        for (;;) {
            size_t n = co_await peer.async_read_some(asio::buffer(buffer, size), use_awaitable);
            co_await asio::async_write(peer, asio::buffer(buffer, n), use_awaitable);
        }
    } catch (const std::exception &) {
    }
    free(buffer);
}

static awaitable<void> accept_all(tcp::acceptor &acceptor, size_t size)
{
    for (;;) {
        tcp::socket peer = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(peer), size), asio::detached);
    }
}

int main(int argc, char **argv)
{
    asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    acceptor.listen(4096);
    printf("echo: listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    fflush(stdout);
    asio::co_spawn(context, accept_all(acceptor, argc > 1 ? (size_t)atol(argv[1]) : 16384), asio::detached);
    context.run();
}
