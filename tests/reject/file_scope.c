// An await in an initialiser outside every function.
#include <asyncc/async.h>

async int f(int n);

int outside = await f(1); // expect: E0105
