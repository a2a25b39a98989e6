// expect: translated
// Awaits without a value, in parentheses, casts, commas and arms.
#include <asyncc/async.h>

async void g(int);
async int h(int);

async int f(int x)
{
    (await g(1));
    ((await g(2)));
    (void)await g(3);
    (void)(await g(4));
    x ? (await g(1)) : (await g(2));
    x ? (void)await h(1) : (await g(2));
    (0, await g(1));
    (await h(1), await g(1), (await g(2)));
    for ((await g(1)); x--; (await g(2)))
        ;
    ({ (await g(1)); });
    return ({ (await g(1)); await h(2); });
}

async void v(int x)
{
    if (x)
        return (await g(1));
    return x ? (await g(1)) : (void)(await g(2));
}
