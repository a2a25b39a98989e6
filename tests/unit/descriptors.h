// descriptors.h - set-up and teardown of tests that leave no descriptor open.
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "runtime_support.h"

#include <dirent.h>

static inline int open_descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int descriptors_before;

static inline int count_descriptors(void **unused)
{
    (void)unused;
    descriptors_before = open_descriptors();
    return 0;
}

static inline int no_descriptor_leaks(void **unused)
{
    (void)unused;
    async_executor_close();
    assert_int_equal(open_descriptors(), descriptors_before);
    return 0;
}

#endif
