// E0108: async and plain declarations of one function.
#include <asyncc/async.h>

async int first(void);
int first(void) { return 1; }               // expect: E0108

async int fifth(void);
int fifth(void);                            // expect: E0108

async int good(int n);
async int good(int n) { return n; }
