// Operands of forms that go on in other functions each time they are woken, deep down, in their own body, and in futures
// written by hand behind a pointer.
// blocking: no: it has futures written by hand, and looks at who runs first
#include "check.h"
#include <asyncc/time.h>
#include <asyncc/async.h>

static async void once(char name)
{
    await async_yield();
    trace(name);
}

static async void twice(char name)
{
    char after = (char)(name + 1);
    await async_yield();
    trace(name);
    await async_yield();
    trace(after);
}

static async int below(char name)
{
    await twice(name);
    await once((char)(name + 2));
    return name;
}

// Three functions deep, one deep, in its own body, and two deep.
static async int several(char name)
{
    int first = await below(name);
    await once((char)(name + 3));
    await async_yield();
    trace((char)(name + 4));
    await twice((char)(name + 5));
    return first - 'a';
}

async int counted(int n);

struct counted_future {
    int left, result;
};

static inline void counted_future_init(struct counted_future *self, int n)
{
    self->left = n;
    self->result = n;
}

static inline enum async_poll counted_future_poll(struct counted_future *self, struct async_context *cx)
{
    if (self->left-- == 0)
        return ASYNC_READY;
    trace((char)('0' + self->left));
    async_waker_wake(&cx->waker);
    return ASYNC_PENDING;
}

static inline void counted_future_drop(struct counted_future *self)
{
    (void)self;
}

static async int deep(int n)
{
    await once('x');
    await twice('y');
    return n;
}

typedef async_fn(int, (int)) op;

static async void by_pointer(op f, op g)
{
    int a, b;
    await async_join(a = f(2), b = g(3));
    CHECK(a == 2 && b == 3);
}

async int main(void)
{
    int a = 0, b = 0;
    await async_join(a = several('a'), b = several('h'));
    CHECK(a == 0 && b == 7);
    TRACE("ahbicjdkelfmgn");
    CHECK(await async_select(a = several('b'), async_sleep_ms(100000)) == 0 && a == 1);
    TRACE("bcdefgh");
    CHECK(await async_timeout_ms(100000, a = several('c')) == 0 && a == 2);
    TRACE("cdefghi");
    await by_pointer(deep, counted);
    TRACE("2x1y0z");
    await by_pointer(counted, deep);
    TRACE("10xyz");
    await by_pointer(counted, counted);
    TRACE("12010");
    return check_summary("operands");
}
