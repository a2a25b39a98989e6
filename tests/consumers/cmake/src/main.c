#include <stdio.h>

#include "plain.h"
#include <count.h>
#include <asyncc/async.h>

async int main(void)
{
    int counted = await count(STEPS);
    printf("%s: %d, %d\n", GREETING, counted, plain());
    return 0;
}
