// cpu.c - the processor time of commands, in interleaved rounds:
//     cpu ROUNDS COMMAND... [VERSUS COMMAND...]
// prints for each command the median of its user and system milliseconds and the peak of its memory in KiB; with two
// commands also the median of the rounds' ratios, the first to the second. What they print is thrown away.
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROUNDS_MAX = 1000
};

struct command {
    char **argv;
    double ms[ROUNDS_MAX];
    long peak;
};

static void run(struct command *c, int round)
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
            _exit(126);
        execvp(c->argv[0], c->argv);
        _exit(127);
    }
    int status;
    struct rusage use;
    if (pid < 0 || wait4(pid, &status, 0, &use) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "cpu: '%s' failed\n", c->argv[0]);
        exit(2);
    }
    c->ms[round] = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
                   (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
    if (use.ru_maxrss > c->peak)
        c->peak = use.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    static struct command commands[2];
    static double ratios[ROUNDS_MAX];
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: cpu ROUNDS COMMAND... [VERSUS COMMAND...]\n");
        return 2;
    }
    int count = 1;
    commands[0].argv = argv + 2;
    for (char **word = argv + 2; *word; word++) {
        if (strcmp(*word, "VERSUS") == 0 && word[1]) {
            *word = NULL;
            commands[1].argv = word + 1;
            count = 2;
            break;
        }
    }
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++)
            run(&commands[i], round);
        if (count == 2)
            ratios[round] = commands[0].ms[round] / commands[1].ms[round];
    }
    for (int i = 0; i < count; i++)
        printf("%.2f %ld ", median(commands[i].ms, rounds), commands[i].peak);
    if (count == 2)
        printf("%.3f", median(ratios, rounds));
    printf("\n");
    return 0;
}
