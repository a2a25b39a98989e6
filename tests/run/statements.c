// Awaits in every statement position: conditions, all parts of for, switch operands and bodies, returns, unbraced
// bodies, else-if chains, nested loops, labels, goto, computed goto, Duff's device, statement expressions.
#include "check.h"
#include <asyncc/async.h>

static async int branches(int n)
{
    if (await a('a', n) == 1)
        return 10;
    else if (await a('b', n) == 2)
        return await a('c', 20);
    else if (p('d', n) == 3)
        (void)await a('e', 0);
    else
        return 40;
    if (n)
        if (await a('f', 0))
            return 1;
        else
            return await a('g', 50);
    return 60;
}

static async int unbraced(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < await a('j', 2); j++)
            if (await a('i', i + j) & 1)
                sum += await a('s', 1);
            else
                sum += 10;
    while (n-- > 0)
        (void)await a('w', n);
    do
        sum += 100;
    while (await a('d', ++n) < 1);
    for (; await a('x', n) < 4;)
        n++;
    for (;;)
        if (await a('y', n--) == 3)
            break;
    return sum;
}

static async int for_parts(void)
{
    int i, sum = 0;
    for (await a('1', 0), i = await a('2', 0); i < 6; i += await a('3', 1)) {
        if (i == 1)
            continue;
        if (await a('4', i) == 2)
            continue;
        if (i == 4)
            break;
        sum += i;
    }
    for (int k = await a('5', 3), m = k + await a('6', 1); k < m; await a('7', 0), k++)
        sum += 100;
    for (i = 0; i < 2; i++, await a('8', 0)) {
        switch (await a('9', i)) {
        case 0:
            continue;
        default:
            break;
        }
        sum += 1000;
    }
    return sum;
}

static async int do_continue(void)
{
    int i = 0, seen = 0;
    do {
        if (i++ == 1)
            continue;
        seen += await a('d', 1);
    } while (await a('c', i) < 4);
    return seen;
}

static async int nested(void)
{
    int n = 0;
    for (int i = 0; i < 3; i++) {
        int j = 0;
        while (true) {
            if (await a('n', j) == i)
                break;
            do {
                j++;
                if (await a('m', j) == 1)
                    continue;
                break;
            } while (j < 2);
            n += j;
            if (n > 100)
                return -1;
        }
        if (i == 1)
            continue;
        n += 10;
    }
    return n;
}

static async int switches(int n)
{
    int sum = 0;
    switch (await a('s', n)) {
        int unreached; // in scope, never initialised here
    case 0:
        unreached = 5;
        sum += await a('0', unreached);
        __attribute__((fallthrough));
    case 1 ... 3:
        sum += 1;
        if (n == 2)
            break;
        sum += await a('1', 10);
        break;
    case -1: {
        int local = await a('m', 7);
        sum += local;
        switch (local) {
        case 7:
            sum += await a('i', 100);
            break;
        case 8:
            return -1;
        }
        break;
    }
    default:
        while (await a('d', n--) > 8)
            if (n == 8)
                goto enough;
        sum += 1000;
    enough:
        sum += 2000;
    }
    return sum;
}

static async int jumps_in(int start)
{
    int i = start, n = 0;
    if (start == 2)
        goto middle;
    for (i = 0; i < 4; i++) {
        (void)await a('h', i);
        if (i == 0)
            continue;
    middle:
        n += await a('m', i);
    }
    if (start-- > 0) {
        i = 3;
        goto middle;
    }
    {
        goto inner;
        n += 1000;
        {
        inner:
            n += await a('i', 50);
        }
    }
    return n;
}

static async int computed(const char *program)
{
    static const void *const table[] = {&&add, &&sub, &&twice, &&end};
    int n = 0;
    goto *table[*program++ - '0'];
add:
    n += await a('+', 3);
    goto *table[*program++ - '0'];
sub:
    n -= await a('-', 1);
    goto *table[*program++ - '0'];
twice:
    n *= 2;
    await async_yield();
    goto *table[*program++ - '0'];
end:
    return n;
}

static async int duff(const char *from, int count)
{
    int sum = 0;
    int n = (await a('d', count) + 3) / 4;
    switch (count & 3) {
    case 0:
        do {
            sum += await a('x', *from++);
            __attribute__((fallthrough));
        case 3:
            sum += await a('x', *from++);
            __attribute__((fallthrough));
        case 2:
            sum += await a('x', *from++);
            __attribute__((fallthrough));
        case 1:
            sum += await a('x', *from++);
        } while (--n > 0);
    }
    return sum;
}

static async int statement_expressions(int n)
{
    int x = ({
        int t = await a('t', n);
        t *= 2;
        t + await a('u', 1);
    });
    x += p('v', 1) + ({ await a('w', 3); }) + ({ int x = await a('x', 100); x; });
    int y = n > 5 ? ({ if (await a('y', n) == 6) return -6; 7; }) : 8;
    for (int i = 0; i < 3; i++)
        x += ({ if (await a('z', i) == 1) continue; 1000; });
    return x + y * 10000;
}

static async int empty_and_labels(void)
{
    ;
    int n = 0;
    {}
    if (await a('a', 1)) {} else {}
    if (await a('b', 1)) ;
    while (await a('c', n++) < 2) ;
    for (;;) {
        switch (await a('s', n)) { default: ; }
        break;
    }
    goto last;
last: __attribute__((unused))
    n += await a('l', 1);
done:
    if (n < 5) {
        n++;
        goto done;
    }
    return n;
}

static async int dead_code(int n)
{
    if (0) {
        (void)await a('x', 1);
    inside:
        return await a('i', n);
    }
    if (n)
        goto inside;
    while (0)
        (void)await a('y', 1);
    return await a('r', -1);
    return await a('n', 5);
}

static async void void_return(int n)
{
    if (n)
        return (void)await a('v', 1);
    (void)await a('w', 2);
}

static async int no_await(int n)
{
    trace('q');
    return n + 1;
}

async int main(void)
{
    CHECK(await branches(1) == 10);
    CHECK(await branches(2) == 20);
    CHECK(await branches(3) == 50);
    CHECK(await branches(0) == 40);
    TRACE("aabcabdefgabd");
    CHECK(await unbraced(2) == 222);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await for_parts() == 1103);
    TRACE("124334343456" "7" "98" "98");
    CHECK(await do_continue() == 3);
    TRACE("dccdcdc");
    CHECK(await nested() == -1);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await switches(0) == 16);
    CHECK(await switches(2) == 1);
    CHECK(await switches(3) == 11);
    CHECK(await switches(-1) == 107);
    CHECK(await switches(9) == 2000);
    CHECK(await switches(5) == 3000);
    TRACE("s01ss1smisdsd");
    CHECK(await jumps_in(0) == 56);
    memset(trace_text, 0, sizeof trace_text);
    CHECK(await jumps_in(2) == 61);
    TRACE("mhmmmi");
    CHECK(await computed("00213") == 11);
    TRACE("++-");
    CHECK(await duff("\1\2\3\4\5\6\7", 7) == 28);
    CHECK(await duff("\1\2\3\4\5\6\7\10", 8) == 36);
    TRACE("dxxxxxxxdxxxxxxxx");
    CHECK(await statement_expressions(5) == 82115);
    TRACE("tuvwxzzz");
    CHECK(await statement_expressions(6) == -6);
    TRACE("tuvwxy");
    CHECK(await empty_and_labels() == 5);
    TRACE("abcccsl");
    CHECK(await dead_code(3) == 3);
    CHECK(await dead_code(0) == -1);
    TRACE("ir");
    await void_return(1);
    await void_return(0);
    TRACE("vw");
    CHECK(await no_await(await no_await(1)) == 3);
    TRACE("qq");
    return check_summary("statements");
}
