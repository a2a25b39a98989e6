// frames_main.c - prints the frame bytes of frames.c's programs: by hand, and as asyncc lays them out.
// By hand: a 32-bit state, the result returned through poll and no executor's header; `once` is the awaited leaf.
#include "frames.h"

#include <asyncc/future.h>
#include <stdbool.h>
#include <stdio.h>

struct leaf3 {
    int a, b, c;
    unsigned state : 31, polled : 1;
};
struct scopes2 {
    char a_or_b[1024];
    unsigned state;
    bool polled;
};
struct notlive {
    int n;
    unsigned state : 31, polled : 1;
};
struct argmove {
    struct big mine;
    unsigned state : 31, polled : 1;
};
struct chain8 {
    int a[8];
    unsigned state[7], leaf_state;
};
struct join2 {
    struct leaf3 a, b;
    unsigned state;
};
struct loop4k {
    char a[4096];
    int i, n;
    unsigned state;
    bool polled;
};
struct select2 {
    struct leaf3 a, b;
    unsigned state;
};
struct scopes_scalar {
    union {
        struct {
            int a, b, c;
        } ints;
        struct {
            long a, b;
        } longs;
    };
    int sum;
    unsigned state : 31, polled : 1;
};
struct padding {
    long b, d;
    short c;
    char a, e;
    unsigned state : 31, polled : 1;
};
struct handover {
    struct big big_or_next;
    long n;
    unsigned state;
    bool polled;
};
struct quarter {
    char a[256];
    unsigned state : 31, polled : 1;
};
struct siblings {
    struct quarter child;
    int n_or_sum[2];
    unsigned state;
};
struct child_then_buffer {
    struct quarter child_or_buffer;
    int sum;
    unsigned state;
};
struct result_big {
    struct big big;
    unsigned state : 31, polled : 1;
};
struct pass_down {
    struct big big;
    unsigned state[3];
};
struct join_many {
    struct leaf3 children[4];
    unsigned state;
};
struct loop_mixed {
    long sum, before;
    int i, n;
    unsigned state;
    bool polled;
};
struct expression {
    int child, child_state;
    int first, second, n;
    unsigned state;
};

#define DECLARE(f) extern const struct async_future_type f##_future_type;
FRAME_PROGRAMS(DECLARE)

int main(void)
{
#define PRINT(f) printf("%s %zu %zu\n", #f, sizeof(struct f), f##_future_type.size);
    FRAME_PROGRAMS(PRINT)
    return 0;
}
