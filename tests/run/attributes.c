// Attributes of async functions, as they are written, from macros and from prototypes; macros before a function that
// declare something else, or nothing.
// no-tcc: no _Pragma
#include <asyncc/task.h>
#include <asyncc/async.h>
#define NOINLINE __attribute__((noinline))
#define D(f) struct f##_tag { int x; };
#define NOTHING
#define PUSH _Pragma("GCC diagnostic push")
#define POP _Pragma("GCC diagnostic pop")
#define API __attribute__((visibility("hidden")))
D(one)
static async int a(struct one_tag *t) { await async_yield(); return t->x; }
NOTHING
NOINLINE static async int b(int n) { await async_yield(); return n; }
PUSH
static __attribute__((hot, section(".text.c"))) async int c(int n) { await async_yield(); return n; }
POP
API __attribute__((unused)) async int d(int n) { await async_yield(); return n; }
__attribute__((__noinline__)) static async int e(int n);
static async int e(int n) { await async_yield(); return n; }
async NOINLINE static int g(int n) { await async_yield(); return n; }
D(two) PUSH D(three) async API int h(struct two_tag *t, struct three_tag *u) { await async_yield(); return t->x + u->x; }
POP
async int main(void) { struct one_tag t = {0}; struct two_tag x = {0}; struct three_tag y = {0}; return await a(&t) + await b(0) + await c(0) + await d(0) + await e(0) + await g(0) + await h(&x, &y); }
