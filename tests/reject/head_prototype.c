// E0116: a prototype that defines a type.
#include <asyncc/async.h>

async enum { ONE } g(void);         // expect: E0116
async int f(void)
{
    return (int)await g();
}
