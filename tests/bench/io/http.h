// http.h - what the small HTTP servers in C share: they answer every request with the same text, and read no more of
// it than where it ends. examples/http_server.c does the real work, from a file of as many bytes.
#ifndef HTTP_H
#define HTTP_H

#include <stdio.h>
#include <string.h>

enum { HTTP_BODY = 1024, HTTP_ROOM = 4096 };

static char http_response[HTTP_BODY + 256];
static size_t http_response_size;

static inline void http_prepare(void)
{
    int n = snprintf(http_response, sizeof http_response,
                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                     "Connection: keep-alive\r\n\r\n",
                     HTTP_BODY);
    memset(http_response + n, 'x', HTTP_BODY);
    http_response_size = (size_t)n + HTTP_BODY;
}

// Takes the first request out of `buffer`, of which *size bytes are used: 1, or 0 if it is not complete.
static inline int http_take(char *buffer, size_t *size)
{
    char *end = memmem(buffer, *size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *size -= (size_t)(end + 4 - buffer);
    memmove(buffer, end + 4, *size);
    return 1;
}

#endif
