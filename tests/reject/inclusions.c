// E0402: a file that asks for what is beside it, or around it, cannot become part of this one.
#include <asyncc/async.h>
#include <asyncc/task.h>

async int get(int n);

#include "inclusions/asks.inc"
