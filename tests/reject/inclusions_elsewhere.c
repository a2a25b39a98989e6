// asyncc: -- -Itests/reject/inclusions_elsewhere/a -Itests/reject/inclusions_elsewhere/b
// E0402: b/function.inc includes the value.h beside it, but as part of this file it would find the one in a.
#include <asyncc/async.h>
#include <asyncc/task.h>

async int get(int n);

#include <function.inc>
