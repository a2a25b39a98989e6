// asyncc:
// An array whose address escapes, a defer, a select.
#include <errno.h>
#include <asyncc/net.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

async int once(struct async_tcp *peer);

async int once(struct async_tcp *peer)
{
    char buf[64];
    ssize_t n = 0;
    defer async_tcp_close(peer);

    if (await async_select(n = async_tcp_read(peer, buf, sizeof buf), async_sleep_ms(1000)) == 1)
        return -ETIMEDOUT;
    return n > 0 ? (int)await async_tcp_write_all(peer, buf, (size_t)n) : (int)n;
}
