// E0302: names that collide with the generated ones.
#include <asyncc/task.h>
#include <asyncc/async.h>

struct f_future { int n; };
void g_future_init(int *n);
int h_future_type;
enum { i_future_poll };
typedef int j_future_drop;

async int f(int n) { await async_yield(); return n; } // expect: E0302
async int g(int n) { await async_yield(); return n; } // expect: E0302
async int h(int n) { await async_yield(); return n; } // expect: E0302
async int i(int n) { await async_yield(); return n; } // expect: E0302
async int j(int n) { await async_yield(); return n; } // expect: E0302
