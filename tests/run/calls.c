// Async functions in any order: prototypes, recursion, mutual recursion, pointers everywhere, odd names, K&R parameters.
#include "check.h"
#include <asyncc/async.h>

#define PAUSE await async_yield()

typedef async_fn(int, (int)) step_fn;
typedef struct node { struct node *left, *right; int value; } node;

static async int later(int n);
async int exported(int, const char *);
static inline async int declared_inline(void);
static async int even(unsigned n), odd(unsigned n);
static async step_fn choose(int n);

static async int caller_before_callee(int n)
{
    return await later(n) + await exported(n, "abc") + await declared_inline();
}

static async int later(int n)
{
    PAUSE;
    return n + 1;
}

async int exported(int number, const char *text)
{
    PAUSE;
    return number + (int)strlen(text);
}

static inline async int declared_inline(void)
{
    PAUSE;
    return 1000;
}

static async int even(unsigned n)
{
    if (n == 0)
        return 1;
    PAUSE;
    return await odd(n - 1);
}

static async int odd(unsigned n)
{
    if (n == 0)
        return 0;
    return await even(n - 1);
}

static async unsigned long fib(int n)
{
    if (n < 2)
        return (unsigned long)n;
    return await fib(n - 1) + await fib(n - 2);
}

static async int tree_sum(const node *n)
{
    if (!n)
        return 0;
    int left = await tree_sum(n->left);
    PAUSE;
    int right = await tree_sum(n->right);
    return left + n->value + right;
}

static async int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? await ackermann(m - 1, 1) : await ackermann(m - 1, await ackermann(m, n - 1));
}

static async int hanoi(int n, int from, int to, int via)
{
    if (!n)
        return 0;
    return await hanoi(n - 1, from, via, to) + 1 + await hanoi(n - 1, via, to, from);
}

static async int twice(int n) { PAUSE; return 2 * n; }
static async int square(int n) { PAUSE; return n * n; }
static async int through(step_fn f, int n) { return await f(n); }
static async int through_it(async_fn(int, (int)) f, int n) { return await f(n) + await (*f)(n); }
static async void nothing(void) {}
static async double scale(double d, int n) { PAUSE; return d * n; }
static async step_fn choose(int n) { PAUSE; return n ? twice : square; }
static step_fn choose_now(int n) { return n ? square : NULL; }
static async int apply_all(const step_fn *fs, int n) { while (*fs) n = await (*fs++)(n); return n; }

struct ops {
    const char *name;
    async_fn(int, (int)) run;
    async_fn(double, (double, int)) scale;
    async_fn(void, (void)) nothing;
    struct { step_fn inner[2]; } in;
};
static const struct ops table[] = {
    {"first", twice, scale, nothing, {{twice, square}}},
    {.name = "second", .run = square, .in.inner[1] = twice},
};
static step_fn global_pointer = square, global_array[3] = {[1] = twice, [2] = later};
static async_fn(int, (int)) *pointer_to_pointer = &global_pointer;

static async void pointers(void)
{
    step_fn local = twice;
    step_fn all[] = {twice, square, later, NULL};
    async_fn(int, (int)) direct = square, second = NULL;
    struct ops ops = table[0], *po = &ops;
    CHECK(await local(3) == 6);
    local = square;
    PAUSE;
    CHECK(await local(3) == 9 && await (*local)(3) == 9 && await all[1](4) == 16 && await direct(5) == 25 && !second);
    CHECK(await table[1].run(7) == 49 && await po->run(7) == 14 && await po->scale(0.5, 5) == 2.5);
    CHECK(await po->in.inner[1](6) == 36 && await ops.in.inner[0](6) == 12);
    await po->nothing();
    CHECK(table[1].scale == NULL && !table[1].nothing && po->run == twice && local != twice);
    CHECK(await global_pointer(2) == 4 && await global_array[2](2) == 3 && await (*pointer_to_pointer)(3) == 9);
    global_pointer = later;
    CHECK(await (*pointer_to_pointer)(3) == 4);
    CHECK(await through(twice, 4) == 8 && await through_it(square, 3) == 18 && await apply_all(all, 2) == 17);
    CHECK(await (await choose(1))(5) == 10 && await (await choose(0))(5) == 25 && await choose_now(1)(6) == 36);
    CHECK(await (p('c', 1) ? twice : square)(5) == 10 && await (p('c', 0) ? twice : square)(5) == 25);
    second = p('x', 1) && direct ? direct : twice;
    CHECK(await second(3) == 9);
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
        CHECK(await table[i].run(2) == 4);
    void *erased = (void *)twice;
    CHECK(await ((step_fn)erased)(21) == 42);
    step_fn grid[2][2] = {{twice, square}, {later}};
    CHECK(await grid[1][0](1) == 2 && await grid[0][await through(later, 0)](3) == 9 && !grid[1][1]);
    CHECK(sizeof grid / sizeof **grid == 4);
    union { step_fn f; void *v; } u = {twice};
    CHECK(await u.f(8) == 16);
    CHECK(await (&twice)(8) == 16 && await (*twice)(8) == 16);
}

// Parameters and locals with the names asyncc's own output uses.
static async int names(int self, int cx, int state, int link, int result)
{
    int future = 1, at = 2, type = 3, frame = 4;
    PAUSE;
    self += await later(cx), state++, link++, result *= 2;
    PAUSE;
    return self * 100000 + cx * 10000 + state * 1000 + link * 100 + result * 10 + future + at + type + frame;
}

static async int local_names(int a_2)
{
    int result = 5, state = 6, self = 7, cx = 8, link = 9, asyncc = 1, a_future = 2, done = 3;
    struct async_context *context = NULL;
    CHECK(await a('a', result) + await a('b', state) == 11);
    struct { int result, state, self; } s = {1, 2, 3};
    PAUSE;
    CHECK(s.result + s.state + s.self == 6 && !context);
    goto state;
state:
    PAUSE;
    return result + state + self + cx + link + asyncc + a_future + done + a_2;
}

static async int read_done(int n) { PAUSE; return n; }
static async int read(int n) { PAUSE; return await read_done(n) + 1; }
static async int f_state(void) { PAUSE; return 1; }
static async int f_state_done(void) { PAUSE; return 2; }
static async int f_at(void) { return await f_state() + await f_state_done(); }
static async int f(void) { PAUSE; return await f_at(); }
static async int state(int state) { PAUSE; return state; }
static async int result(void) { int result = 4; PAUSE; return await state(result); }
static async int poll(int poll) { PAUSE; return await result() + poll; }
static async int self(void) { PAUSE; return 6; }

#if !defined __STDC_VERSION__ || __STDC_VERSION__ < 202300L
static async int old_style(a, b, c) int a; char b; const int *c; { PAUSE; return a + b + *c; }
static async int no_prototype() { PAUSE; return 7; }
#endif

static async int qualified(const int a, volatile int b, int *restrict c, register int d, const char s[], int m[][2],
                           int (*f)(const char *), int unused[3])
{
    int keep = a + b;
    (void)unused;
    PAUSE;
    *c += 1;
    return keep + *c + d + f(s) + m[1][1] + (int)sizeof m - (int)sizeof(void *);
}

static int length(const char *s) { return (int)strlen(s); }
static async int parameters_change(int n) { while (n < 5) n += await later(0); return n; }
__attribute__((noinline)) static async __attribute__((unused)) int attributes(void) { PAUSE; return 3; }
async static int swapped(void) { PAUSE; return 4; }
extern async int external(void);
async extern int external(void) { PAUSE; return 5; }
static int async middle(void) { PAUSE; return 6; }
static async const char *returns_pointer(void) { PAUSE; return "p"; }
static async unsigned long long int returns_long(void) { PAUSE; return 1ull << 63; }
static async _Bool returns_bool(int n) { PAUSE; return n; }
static async char returns_char(int n) { return (char)await later(n); }
static async int (*returns_function(void))(const char *) { PAUSE; return length; }
static async int (*returns_array(void))[2] { static int v[2] = {1, 2}; PAUSE; return &v; }

async int main(int argc, char **argv)
{
    CHECK(argc == 1 && argv[0] && !argv[1]);
    CHECK(await caller_before_callee(1) == 1006);
    CHECK(await even(10) == 1 && await odd(10) == 0 && await even(2001) == 0);
    CHECK(await fib(15) == 610);
    node leaves[2] = {{NULL, NULL, 1}, {NULL, NULL, 2}}, root = {&leaves[0], &leaves[1], 10};
    CHECK(await tree_sum(&root) == 13);
    CHECK(await ackermann(2, 3) == 9);
    CHECK(await hanoi(6, 0, 1, 2) == 63);
    await pointers();
    CHECK(await names(1, 2, 3, 4, 5) == 424610);
    CHECK(await local_names(1) == 42);
    CHECK(await read(1) == 2 && await f() == 3 && await poll(1) == 5 && await self() == 6);
    CHECK(await old_style(1, 2, &(int){3}) == 6 && await no_prototype() == 7);
    int c = 3, m[2][2] = {{0, 0}, {0, 40}};
    CHECK(await qualified(1, 2, &c, 4, "12345", m, length, c ? m[0] : NULL) == 56 && c == 4);
    CHECK(await parameters_change(2) == 5);
    CHECK(await attributes() + await swapped() + await external() + await middle() == 18);
    CHECK(*await returns_pointer() == 'p' && await returns_long() >> 63 == 1 && await returns_bool(7) == 1);
    CHECK(await returns_char(255) == 0 && (await returns_function())("12") == 2 && (*await returns_array())[1] == 2);
    PAUSE;
    CHECK(argc == 1 && argv[0]);
    return check_summary("calls");
}
