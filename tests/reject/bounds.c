// E0208: await in the bound of a typedef; and what else must not stand in bounds.
#include <asyncc/async.h>

async int size(int n);

int plain(void)
{
    int v[size(3)];                    // expect: E0103
    return (int)sizeof v;
}

async int wrong(void)
{
    typedef int row[await size(2)];    // expect: E0208
    int v[size(2)];                    // expect: E0103
    typedef int table[size(4)];        // expect: E0103
    return (int)(sizeof v + sizeof(row) + sizeof(table));
}
