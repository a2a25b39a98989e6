// E0115: async is about functions only.
#include <asyncc/task.h>
#include <asyncc/async.h>

async int (*pointer)(int);    // expect: E0115
typedef async int type(int);  // expect: E0115
struct s {
    async int (*member)(int); // expect: E0115
};
async int variable;           // expect: E0115
async int one(int), two(int), *three(void);

static int plain(void)
{
    async int one(int);
    return 1;
}

async int one(int n)
{
    async int (*local)(int) = 0; // expect: E0115
    async int two(int);
    await async_yield();
    return n + await two(1) + (local != 0) + plain();
}
