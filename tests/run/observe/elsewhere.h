#include <asyncc/async.h>

async int elsewhere(async_fn(int, (int)) f, int n);
