// E0102: only calls of async functions are awaited. E0103: and they are not called without.
#include <string.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <asyncc/async.h>

async int f(int n);
async struct { int m; } g(void);
int plain(int n);
int (*plain_pointer)(int);
async_fn(int, (int)) pointer;

async int wrong(const char *s)
{
    int n = await plain(1);          // expect: E0102
    n += (int)await strlen(s);       // expect: E0102
    n += await n;                    // expect: E0102
    n += await plain_pointer(1);     // expect: E0102
    n += await (n + 1);              // expect: E0102
    f(1);                            // expect: E0103
    (void)f(2);                      // expect: E0103
    n += f(3);                       // expect: E0103
    n += await f(f(4));              // expect: E0103
    pointer(5);                      // expect: E0103
    n += await f(1) + f(2);          // expect: E0103
    async_sleep_ms(5);               // expect: E0103
    for (f(1); n < 2; n++)           // expect: E0103
        await await f(1);            // expect: E0102
    return f(n);                     // expect: E0103
}

int plain_too(void)
{
    f(1);         // expect: E0103
    return f(2);  // expect: E0103
}
