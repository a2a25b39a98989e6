// E0118: plain functions used as async ones, and the other way round, as the front end tells.
#include <asyncc/task.h>
#include <asyncc/async.h>

typedef void (*callback)(void *);
void on(callback c, void *data);
async void event(void *data);
int plain(int n);
async int twice(int n);
typedef async_fn(int, (int)) handler;

async int wrong(void)
{
    on(event, NULL);                                            // expect: E0118
    async_fn(int, (int)) p = (async_fn(int, (int)))plain;       // expect: E0118
    async_fn(int, (int)) q = plain;                             // expect: E0118
    handler h = &plain;                                         // expect: E0118
    async_fn(int, (long)) other = twice;                        // expect: E0118
    if (q == plain)                                             // expect: E0118
        return 1;
    return await p(1) + await h(2) + await other(3);
}
