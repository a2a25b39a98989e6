// http_libuv.c - a small HTTP server on libuv.
#define _GNU_SOURCE
#include "http.h"
#include "listen.h"

#include <uv.h>

struct connection {
    uv_tcp_t tcp;
    size_t size;
    char buffer[HTTP_ROOM];
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void end(struct connection *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct connection *c = handle->data;
    (void)suggested;
    *out = uv_buf_init(c->buffer + c->size, (unsigned)(sizeof c->buffer - c->size));
}

static void on_written(uv_write_t *write, int status)
{
    if (status < 0)
        end(write->data);
    free(write);
}

static void respond(struct connection *c)
{
    uv_buf_t all = uv_buf_init(http_response, (unsigned)http_response_size);
    if (uv_try_write((uv_stream_t *)&c->tcp, &all, 1) == (int)http_response_size)
        return;
    uv_write_t *write = malloc(sizeof *write);
    if (!write)
        abort();
    write->data = c;
    if (uv_write(write, (uv_stream_t *)&c->tcp, &all, 1, on_written) < 0)
        end(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    (void)buf;
    if (n < 0) {
        end(c);
        return;
    }
    c->size += (size_t)n;
    while (http_take(c->buffer, &c->size))
        respond(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct connection *c = status < 0 ? NULL : malloc(sizeof *c);
    if (!c)
        return;
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    c->size = 0;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
        end(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_buffer, on_read);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    http_prepare();
    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, listen_anywhere(SOCK_NONBLOCK));
    if (uv_listen((uv_stream_t *)&listener, 4096, on_connection) < 0)
        return 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}
