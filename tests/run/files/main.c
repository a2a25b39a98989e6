// Async functions in other files: by prototype, static inline in a header, through pointers, by hand.
// blocking: no: it has a future written by hand
#include <stdio.h>
#include "parts.h"
#include <asyncc/executor.h>
#include <asyncc/async.h>

struct op {
    const char *name;
    async_fn(int, (int)) run;
};

async int main(void)
{
    const struct op ops[] = {{"double", doubled}, {"square", squared}, {"factorial", factorial}};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++)
        printf("%s %d\n", ops[i].name, await ops[i].run(5));
    printf("direct %d\n", await doubled(4) + await squared(4));
    await twice();
    printf("plain %d\n", plain());
    return 0;
}
