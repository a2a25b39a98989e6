// E0108: a function declared plain first, and async then.
#include <asyncc/async.h>

int second(void);
async int second(void) { return 1; }        // expect: E0108
