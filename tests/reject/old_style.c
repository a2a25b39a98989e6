// E0117: arguments for async functions declared without a prototype.
#include <asyncc/async.h>

async int declared();
async int none() { return 0; }
typedef async_fn(int, ()) pointer;

async int calls(pointer p)
{
    int n = await none() + await declared() + await p();
    n += await none(1);            // expect: E0117
    n += await declared(1);        // expect: E0117
    return n + await p(1);         // expect: E0117
}
