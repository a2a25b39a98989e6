// frames.h - what the programs of frames.c work with; the compiler knows none of it.
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stddef.h>

struct big {
    char bytes[256];
};

int value(void);
void fill(char *to, size_t size);
int use(const char *from, size_t size);

// In the order they are printed.
#define FRAME_PROGRAMS(F) \
    F(leaf3) F(scopes2) F(notlive) F(argmove) F(chain8) F(join2) F(loop4k) F(select2) \
    F(scopes_scalar) F(padding) F(handover) F(siblings) F(child_then_buffer) F(result_big) \
    F(pass_down) F(join_many) F(loop_mixed) F(expression)

#endif
