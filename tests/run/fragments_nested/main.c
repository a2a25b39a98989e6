// Files that become part of this one include others, by macros, by #import, themselves, and from
// their own directory.
// no-tcc: digraphs
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

static async int get(int x)
{
    await async_yield();
    return x;
}

#include "digraphs.inc"

#define FUNCTION "sub/function.inc"
#include FUNCTION

async int by_macro(void)
{
    int count = 0;
#define WHICH "one.inc"
#include "which.inc"
#undef WHICH
#define WHICH "hundred.inc"
#include "which.inc"
    return count;
}

async int by_itself(void)
{
    int count = 0;
#define ROUND 0
#include "itself.inc"
    return count;
}

async int once(void)
{
    int count = 0;
#import "mark.inc"
#import "mark.inc"
    return count;
}

async int main(void)
{
    printf("%d %d %d\n", await digraphs(), await function(), await by_macro());
    printf("%d %d\n", await by_itself(), await once());
    return 0;
}
