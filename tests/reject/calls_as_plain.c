// E0118: async functions used as plain ones.
#include <asyncc/task.h>
#include <asyncc/async.h>
async int f(int x);
typedef void (*callback)(void *);
void on(callback c, void *data);
async void event(void *data);
int plain(int n);

async int wrong(void)
{
    callback c = (callback)event;                       // expect: E0118
    async_fn(int, (int)) p = (async_fn(int, (int)))f;
    (void)(unsigned long)event;
    (void)c;
    return await p(1);
}
