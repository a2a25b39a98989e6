// Constructs together: switches in loops in statement expressions, gotos between loops with values kept, conditional
// awaits in deep expressions, loops whose locals are initialised anew, and the same function many frames deep.
// cflags: -Wno-implicit-fallthrough -Wno-sequence-point
// cancel: no: the tree it builds is freed only by main, not on cancel
// blocking: no: it looks at the order of evaluation, which C leaves open
#include <stdlib.h>
#include "check.h"
#include <asyncc/async.h>

#define PAUSE await async_yield()

// A local's initialiser runs at each entry; one without keeps nothing it need keep.
static async int fresh(void)
{
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        int v[3] = {i}, n = v[1] + 1;
        struct { int a, b; } s = {.b = i};
        PAUSE;
        v[1] += 5, n++, s.a++;
        PAUSE;
        sum += v[0] + v[1] * 10 + n * 100 + s.a * 1000 + s.b;
    }
    return sum;
}

static async int goto_back_over_declaration(void)
{
    int rounds = 0, sum = 0;
again:;
    int local = await a('l', 10);
    const int fixed = local + rounds;
    local += ++rounds;
    sum += local + fixed;
    if (rounds < 3)
        goto again;
    return sum;
}

static async int goto_in_and_out(int n)
{
    int i = 0, total = 0;
    if (n & 1)
        goto second;
first:
    for (; i < 10; i++) {
        total += await a('1', 1);
        if (i == 3)
            goto second;
    }
    goto end;
second:
    while (i < 8) {
        i++;
        total += await a('2', 10);
        if (i == 6)
            goto first;
    }
end:
    return total * 100 + i;
}

static async int deep_conditions(int x)
{
    return (x > 0 && (await a('a', x) > 1 || (p('b', x) && await a('c', x) == 1)))
               ? (x == 1 ? await a('d', 10) : p('e', 20)) + (x > 2 ? await a('f', x) * (x > 3 && await a('g', 1)) : 0)
               : (await a('h', 0), x ? -1 : await a('i', -2));
}

static int weigh(int x, int y, int z, int w) { return x * 1000 + y * 100 + z * 10 + w; }

static async int partial_evaluation(int k)
{
    int v[4] = {1, 2, 3, 4}, *q = v, i = 0;
    // q++ and i++ run once, before the await; what is on its right after it
    int r = weigh(*q++, v[i++] + (k ? await a('a', 5) : 0), *q, i) + (k && await a('b', 0) ? *q++ : *--q);
    return r * 10 + (int)(q - v);
}

static async int many(int n1, int n2, int n3, int n4, int n5, int n6, int n7, int n8, int n9)
{
    int k1 = n1, k2 = n2, k3 = n3;
    PAUSE;
    k1 += n4, k2 += n5, k3 += n6;
    PAUSE;
    return k1 + k2 * 10 + k3 * 100 + n7 + n8 + n9;
}

static async int switch_in_expression(int n)
{
    int r = 1 + ({
        int value = 0;
        switch (await a('s', n)) {
        case 0:
            value = await a('0', 10);
            break;
        case 1:
            for (int i = 0; i < 4; i++) {
                if (i == 1)
                    continue;
                if (i == 3)
                    break;
                value += await a('1', i + 1);
            }
            break;
        default:
            value = -1;
        }
        value;
    }) * p('m', 2);
    return r;
}

static async int switch_odd(int n)
{
    int r = 0;
    switch (await a('s', n))
    case 5:
        r = await a('5', 50);
    switch (n) {
        for (; n < 3; n++) {
        case 1:
            r += await a('c', 1);
            if (n == 2)
                break;
            continue;
        case 9:
            r += 1000;
        }
        r += 100;
        break;
    default:;
    }
    switch ((unsigned char)await a('t', n + 256)) {
    case 'x' - 'w' + 2: r += 10000; break;
    case 9: { if (0) default: r += 20000; }
    }
    switch (n) { case 1: case 2: case 3: PAUSE; if (n == 3) { __attribute__((fallthrough)); case 4: r += 7; PAUSE; } else case 5: r += 8; }
    return r;
}

struct list { struct list *next; int n; };

static async struct list *build(int n)
{
    if (n == 0)
        return NULL;
    struct list *l = malloc(sizeof *l);
    *l = (struct list){.n = n, .next = await build(n - 1)};
    return l;
}

static async int consume(struct list *l)
{
    int sum = 0;
    for (struct list *next; l; l = next) {
        next = l->next;
        sum += await a('f', l->n);
        free(l);
    }
    return sum;
}

static async void big_frame(void)
{
    char page[20000];
    memset(page, 'p', sizeof page);
    for (size_t i = 0; i < sizeof page; i += 5000) {
        char inner[3000] = {0};
        inner[i / 5000] = 1;
        PAUSE;
        CHECK(page[i] == 'p' && inner[i / 5000] == 1 && inner[2999] == 0);
    }
}

static async unsigned mix(unsigned seed)
{
    unsigned x = seed, i, j, k;
    for (i = 0; i < 5; i++) {
        for (j = i; j < 5; j += await a('.', 1) != 0) {
            x = x * 1103515245u + 12345u;
            if ((x >> 16) % 3 == 0)
                continue;
            for (k = 0; k < (x >> 20) % 4; k++) {
                if ((x ^ k) & 1)
                    PAUSE;
                else if (((x ^ k) & 2) && (x ^= await a('.', (int)k) << 5, k == 2))
                    goto next;
                x += i * j * k;
            }
        }
    next:
        x ^= x >> 7;
    }
    return x;
}

async int main(void)
{
    CHECK(await fresh() == 3756);
    CHECK(await goto_back_over_declaration() == 69);
    CHECK(await goto_in_and_out(0) == 3810);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await deep_conditions(0) == -2);
    TRACE("hi");
    CHECK(await deep_conditions(1) == 10);
    TRACE("abcd");
    CHECK(await deep_conditions(2) == 20);
    TRACE("ae");
    CHECK(await deep_conditions(3) == 20);
    TRACE("aef");
    CHECK(await deep_conditions(4) == 24);
    TRACE("aefg");
    CHECK(await partial_evaluation(1) == 16220);
    CHECK(await partial_evaluation(0) == 11220);
    TRACE("ab");
    CHECK(await many(1, 2, 3, 4, 5, 6, 7, 8, 9) == 5 + 70 + 900 + 24);
    CHECK(await switch_in_expression(0) == 21 && await switch_in_expression(1) == 9);
    CHECK(await switch_in_expression(7) == -1);
    TRACE("s0ms11msm");
    CHECK(await switch_odd(5) == 50 + 20000 + 8);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await switch_odd(1) == 20110);
    CHECK(await consume(await build(50)) == 1275);
    memset(trace_text, 0, sizeof trace_text);
    await big_frame();
    unsigned x = 1;
    for (int i = 0; i < 20; i++) {
        x = await mix(x);
        memset(trace_text, 0, sizeof trace_text);
    }
    printf("%u\n", x);
    return check_summary("interplay");
}
