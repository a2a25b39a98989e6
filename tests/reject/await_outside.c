// E0101: await outside an async function. E0112: so is defer.
#include <asyncc/time.h>
#include <asyncc/async.h>

async int f(int n);

int plain(int n)
{
    int x = await f(n); // expect: E0101
    defer n++;          // expect: E0112
    return x;
}

int file_scope = 1;
