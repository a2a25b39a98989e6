// bench.h - what the C and C++ programs of the rows share: each is run as `PROGRAM TEST N`, does N operations and
// prints a checksum, which is the same for every peer, and the nanoseconds it took.
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A child suspends where an argument equals this, so never; the compilers cannot know.
extern long bench_never;

// The work of one operation: cheap, and no loop of it can be folded.
static inline long bench_mix(long a, long b)
{
    return (long)(((unsigned long)a ^ (unsigned long)b) * 5 + 1);
}

struct bench_row {
    const char *name;
    long (*run)(const struct bench_row *row, long n);
    const void *what; // is run
};

static inline int bench_main(int argc, char **argv, const struct bench_row *rows)
{
    for (; argc == 3 && rows->name; rows++) {
        if (strcmp(rows->name, argv[1]) != 0)
            continue;
        long n = atol(argv[2]);
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        long sum = rows->run(rows, n);
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%ld %ld\n", sum, (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec);
        return 0;
    }
    fprintf(stderr, "usage: %s TEST N\n", argv[0]);
    return 2;
}

#endif
