// E0106: no await in a defer. E0204: and no way out of it. E0206: and it stands in a block.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int f(int n);
void g(int n);

#define LATER(e) defer e

async int wrong(int n)
{
    defer await f(1);           // expect: E0106
    defer { await f(1); }       // expect: E0106
    defer {
        if (n)
            g(await f(2));      // expect: E0106
    }
    LATER(await f(3));          // expect: E0106
    defer return 1;             // expect: E0204
    for (;;) {
        defer break;            // expect: E0204
        defer { if (n) continue; } // expect: E0204
        defer { for (;;) break; }
        defer { switch (n) { case 1: break; } }
        defer goto out;         // expect: E0204
        defer { goto in; in: g(1); }
    }
    if (n)
        defer g(2);             // expect: E0206
    if (n) defer g(2); else g(3); // expect: E0206
    while (n--)
        defer g(4);             // expect: E0206
out:
    return await f(n);
}
