// The program has names that generated ones of this file would have.
// blocking: no: what is joined runs at the same time
#include "taken_names.h"
#include <asyncc/async.h>
#include <asyncc/executor.h>
#include <asyncc/task.h>
#include <asyncc/time.h>
#include <stdio.h>

typedef async_fn(int, (int)) op;
enum { f_state_start = 4, f_at_yield = 7 };
int f_states = 3, f_init_any = 5, f_drop_any = 6, f_frame_poll = 8;
enum f_state { aa = 77 };
#define pause_states 100

async int f(int x)
{
    await async_yield();
    return x + f_states + f_state_start + f_at_yield + aa;
}

async int conn(int x)
{
    enum conn_state s = conn_at_yield;
    await async_yield();
    return x + s + conn_state_done;
}

async int pause(int x)
{
    int pause_at_yield = 3, pause_at_timeout = 2;
    await async_yield();
    pause_at_yield += x;
    (void)await async_timeout_ms(1000, async_sleep_ms(0));
    return pause_states + pause_frame + pause_init_any + pause_at_yield + pause_at_timeout;
}

async int step(int n, op p)
{
    struct step_frame frame = {n}, *at = &frame;
    int called = 1, called_frame = 2, called_type = 3, timer_1 = 4, left_1 = 5, timer_2 = 6, left_2 = 7, f_frame = 8;
    int a = 0, b = 0, *v = &called, *w = &called_frame, *x = &called_type, *y = &timer_1, *z = &left_1;
    (void)await async_timeout_ms(1000, p(1));
    await async_join(a = p(1), b = f(2));
    await async_yield();
    return at->n + *v + *w + *x + *y + *z + timer_2 + left_2 + f_frame + a + b + (n ? await step(n - 1, p) : 0);
}

async int f_frame(int x) { await async_yield(); return x; }

async int main(void)
{
    op p = f, q = pause, r = conn;
    enum f_state s = aa;
    printf("%d %d\n", await f(1), await p(2) + s + f_init_any + f_drop_any + f_frame_poll);
    printf("%d %d %d\n", await q(1), await r(2), await conn(3));
    printf("%d %d\n", await step(2, p), await f_frame(3));
    return 0;
}
