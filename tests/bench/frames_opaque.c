// frames_opaque.c - see frames.h.
#include "frames.h"

int value(void)
{
    return 1;
}

void fill(char *to, size_t size)
{
    to[size - 1] = 0;
}

int use(const char *from, size_t size)
{
    return from[size - 1];
}
