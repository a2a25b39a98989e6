// Macros that declare something, in front of async prototypes and functions.
// no-tcc: no _Pragma
#include <asyncc/task.h>
#include <asyncc/async.h>
#define D(f) struct f##_tag { int x; };
#define NOTHING
#define PUSH _Pragma("GCC diagnostic push")
#define POP _Pragma("GCC diagnostic pop")
#define GLOBALS int first, second;
#define API __attribute__((visibility("hidden")))
D(one)
static async int a(struct one_tag *t);
PUSH
NOTHING API async int b(struct one_tag *t);
D(two) async int c(struct two_tag *t);
async int b(struct one_tag *t) { await async_yield(); return t->x; }
POP
static async int a(struct one_tag *t) { return await b(t); }
async int c(struct two_tag *t) { await async_yield(); return t->x; }
GLOBALS
#define VALUE 0
// Directives between what a macro declares and a function are not the function's.
async int main(void) { struct one_tag t = {1}; struct two_tag u = {2}; return await a(&t) + await c(&u) - 3 + VALUE + first + second; }
