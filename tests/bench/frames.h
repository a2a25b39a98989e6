// frames.h - what the programs of frames.c work with; in a file of its own, so that no compiler knows it.
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stddef.h>

struct big {
    char bytes[256];
};

#ifdef __cplusplus
extern "C" {
#endif
int value(void);
void fill(char *to, size_t size);
int use(const char *from, size_t size);
#ifdef __cplusplus
}
#endif

// In the order they are printed.
#define FRAME_PROGRAMS(F) \
    F(leaf3) F(scopes2) F(notlive) F(argmove) F(chain8) F(join2) F(loop4k) F(select2) \
    F(scopes_scalar) F(padding) F(handover) F(siblings) F(child_then_buffer) F(result_big) \
    F(pass_down) F(join_many) F(loop_mixed) F(expression)

#endif
