// Comments begin and end in directives as they do in the rest of the text.
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stdio.h>

#define GLOB "a/*.c"
#define URL "x" // see /* there
#define QUOTE '"'
#define SLASH '/' /* one
                     that goes on */
#define ESCAPED "\"/*"

async int one(int n)
{
#define INNER "b/*"
    await async_yield();
    return n + (int)sizeof INNER; /* 4 */
#undef INNER
}

async int main(void)
{
    /* c */
    printf("%s %s %c %c %s %d\n", GLOB, URL, QUOTE, SLASH, ESCAPED, await one(1));
    return 0;
}
