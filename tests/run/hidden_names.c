// Locals named where the front end shows no expression: in enumerators, bounds and widths of members,
// alignments, typeof; beside tags, members and labels of the same name.
// no-tcc: no vectors
#include <asyncc/async.h>
#include <asyncc/task.h>
#include <stddef.h>
#include <stdio.h>

static char buf[100];
static const int table[100];
struct n {
    int a;
    struct l {
        int x;
    } l;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LENGTH (sizeof buf)
#define CONTAINER(p, T, m) \
    ({ __typeof__(((T *)0)->m) *p_ = (p); (T *)((char *)p_ - offsetof(T, m)); })

static async int get(int n)
{
    await async_yield();
    return n;
}

static void keep(void *p)
{
    (void)p;
}

static async int enumerators(void)
{
    int table[] = {1, 2, 3}, sum = 0;
    enum { SIZE = sizeof table / sizeof *table, BY_MACRO = COUNT(table), LAST = SIZE - 1 };
    keep(table);
    (void)await get(1);
    for (int i = 0; i < SIZE; i++)
        sum += table[i];
    return sum * 100 + BY_MACRO * 10 + LAST;
}

static async int members(void)
{
    char buf[10] = {1};
    keep(buf);
    (void)await get(1);
    struct loc {
        char c[sizeof buf];
        int width : sizeof buf;
    } v = {{0}, 1};
    struct {
        char c[LENGTH];
    } w;
    keep(&v);
    (void)await get(1);
    return (int)sizeof(struct { char c[sizeof buf]; }) * 10000 + (int)sizeof v.c * 100 + (int)sizeof w + v.width;
}

static async int alignments(void)
{
    char buf[16] = {1};
    keep(buf);
    (void)await get(1);
    _Alignas(sizeof buf) char c = 1;
    typedef int V __attribute__((vector_size(sizeof buf)));
    struct q {
        char a;
        int b __attribute__((aligned(sizeof buf)));
    };
    int f(char (*a)[sizeof buf]);
    keep(buf);
    return (int)__alignof__(c) * 10000 + (int)sizeof(V) * 100 + (int)sizeof(struct q);
}

static async int others_of_the_name(void)
{
    struct n n = {4, {5}};
    struct l *lp = &n.l;
    (void)await get(1);
    __typeof__(((struct n *)0)->l) *p = lp;
    __typeof__(sizeof(struct { int n; })) size = offsetof(struct n, l);
    __typeof__(n.l) m = n.l;
    int r = CONTAINER(lp, struct n, l)->a + await get(p->x);
    n.a++;
    goto n;
n:
    return r * 100 + m.x * 10 + n.a + (size == 0);
}

async int main(void)
{
    keep(buf);
    printf("%zu %d\n", sizeof buf + COUNT(table) + (size_t)table[0], await enumerators());
    printf("%d %d\n", await members(), await alignments());
    printf("%d\n", await others_of_the_name());
    return 0;
}
