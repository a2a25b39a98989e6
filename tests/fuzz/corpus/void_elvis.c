// expect: translated
// x ?: y without a value.
#include <asyncc/async.h>
async void v(void);
async int *p(void);
int many(int a[2], ...);
async int f(int x, struct s *q) { (x ?: await v()); many(0, *await p(), *await p()); int *z = (x ? (int *)0 : await p()); return *(x ? await p() : 0) + (*z ?: *await p()); }
