// E0302: names that collide with the generated ones.
#include <asyncc/task.h>
#include <asyncc/async.h>

struct f_future { int n; }; // expect: E0302
void g_future_init(int *n); // expect: E0302
int h_future_type; // expect: E0302
enum { i_future_poll }; // expect: E0302
typedef int j_future_drop; // expect: E0302

async int f(int n) { await async_yield(); return n; }
async int g(int n) { await async_yield(); return n; }
async int h(int n) { await async_yield(); return n; }
async int i(int n) { await async_yield(); return n; }
async int j(int n) { await async_yield(); return n; }
