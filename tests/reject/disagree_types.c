// Declarations of different types are clang's business.
#include <asyncc/async.h>

async int third(int n);
async int third(long n); // expect: none
