// expect: translated
// Results that nobody uses, of callees elsewhere.
#include <asyncc/async.h>
async int g(int);
async int f(void) { (void)await g(3); await g(4); return 0; }
async int h(int x) { x ? await g(1) : await g(2); return (await g(1), x); }
