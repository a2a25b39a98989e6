// expect: translated
// Attributes after declarators of variables that are stored.
#include <asyncc/async.h>
async int one(int);
async int f(int n)
{
    int rc __attribute__((unused)), k __attribute__((aligned(8))) __attribute__((unused)), m;
    unsigned j __attribute__((aligned(32)));
    if (await one(2))
        m = k = j = rc;
    return rc + k + j + m;
}
