// libuv.c - an echo server on libuv.
#include "listen.h"

#include <uv.h>

struct connection {
    uv_tcp_t tcp;
    uv_write_t write;
    char buffer[];
};

static size_t buffer_size = 16384;

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
    (void)suggested;
    *out = uv_buf_init(((struct connection *)handle->data)->buffer, (unsigned)buffer_size);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;
    if (status < 0 || uv_read_start((uv_stream_t *)&c->tcp, on_buffer, on_read) < 0)
        end(c);
}

// Tries to write at once; else reads no more till it is written.
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    if (n == 0)
        return;
    if (n < 0) {
        end(c);
        return;
    }
    uv_buf_t rest = uv_buf_init(buf->base, (unsigned)n);
    int sent = uv_try_write(stream, &rest, 1);
    if (sent == n)
        return;
    if (sent > 0)
        rest = uv_buf_init(buf->base + sent, (unsigned)(n - sent));
    c->write.data = c;
    uv_read_stop(stream);
    if (uv_write(&c->write, stream, &rest, 1, on_written) < 0)
        end(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct connection *c = status < 0 ? NULL : malloc(sizeof *c + buffer_size);
    if (!c)
        return;
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
        end(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_buffer, on_read);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    if (argc > 1)
        buffer_size = (size_t)atol(argv[1]);
    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, listen_anywhere(SOCK_NONBLOCK));
    if (uv_listen((uv_stream_t *)&listener, 4096, on_connection) < 0)
        return 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}
