// require.h - for tests that cannot go on after a check has failed. check.h counts instead.
#ifndef TESTS_RUN_REQUIRE_H
#define TESTS_RUN_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(e)                                 \
    do {                                           \
        if (!(e)) {                                \
            printf("line %d: %s\n", __LINE__, #e); \
            exit(1);                               \
        }                                          \
    } while (0)

#endif
