#ifndef COUNT_H
#define COUNT_H
#include <asyncc/async.h>

// Counts to n, slowly.
async int count(int n);

#endif
