// expect: translated
// Tasks spawned by defers.
#include <asyncc/async.h>
#include <asyncc/task.h>
async int g(int);
static async int loc(int x) { return x; }
async int f(void) { defer async_detach(async_spawn(g(1))); defer { struct async_task *t = async_spawn(loc(2)); async_detach(t); } await g(3); return 0; }
