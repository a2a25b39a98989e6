#include "plain.h"

int plain(void)
{
    return 42;
}
