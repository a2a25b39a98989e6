#include "shared.h"
#include <stdio.h>
#include <asyncc/async.h>

async int other_sum(struct box *b)
{
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum += await b->get(b) + await shared_get(b);
    return sum;
}

async void other_note(char c)
{
    printf("note %c\n", c);
    (void)await countdown(3);
}

// The same name is static elsewhere.
static async int local(int n)
{
    await async_yield();
    return n * 3;
}

async int other_async_pointer_user(int n)
{
    return await local(n);
}

async_fn(int, (int)) other_pointer = local;

async_fn(int, (int)) other_choose(int n)
{
    return n ? local : other_async_pointer_user;
}
