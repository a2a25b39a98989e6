// Evaluation order where an expression holds an await: the right side of = first, else left to right; what was
// evaluated before the suspension keeps its value.
// blocking: no: it looks at the order of evaluation, which C leaves open
#include "check.h"
#include <asyncc/async.h>

static int three(int x, int y, int z)
{
    trace('!');
    return x * 100 + y * 10 + z;
}

static int (*choose(char name))(int, int, int)
{
    trace(name);
    return three;
}

static async void arguments(void)
{
    CHECK(three(p('a', 1), await a('b', 2), p('c', 3)) == 123);
    TRACE("abc!");
    CHECK(three(await a('a', 1), p('b', 2), await a('c', 3)) == 123);
    TRACE("abc!");
    CHECK(choose('f')(p('a', 1), p('b', 2), await a('c', 3)) == 123);
    TRACE("fabc!");
    CHECK(three(three(p('a', 0), await a('b', 0), 1), p('c', 2), three(0, 0, await a('d', 3))) == 123);
    TRACE("ab!cd!!");
    int x = 1;
    CHECK(three(x, await set(&x, 2), x) == 122);
    CHECK(three(x++, await a('a', x), x) == 233);
    TRACE("!a!");
    CHECK(await a((char)p('x', 'y'), await a('b', p('c', 4))) == 4);
    TRACE("xcby");
}

static async void assignments(void)
{
    int v[4] = {0, 0, 0, 0}, i = 0, x = 1;
    v[p('l', 1)] = await a('r', 7);
    TRACE("rl");
    CHECK(v[1] == 7);
    v[await a('l', 2)] = p('r', 8);
    TRACE("rl");
    CHECK(v[2] == 8);
    *pp('l', &v[0]) = await a('r', 9);
    TRACE("rl");
    CHECK(v[0] == 9);
    *await ap('l', &v[0]) += await a('r', 1);
    TRACE("rl");
    CHECK(v[0] == 10);
    v[i++] = await a('r', i);
    CHECK(v[0] == 0 && i == 1);
    v[i] += await set(&i, 2);
    CHECK(v[2] == 10 && v[1] == 7);
    x += await set(&x, 5);
    CHECK(x == 10);
    x = x + await set(&x, 5);
    CHECK(x == 15);
    x <<= await set(&x, 1);
    CHECK(x == 2);
    x -= x - await set(&x, 7); // (2 - 7) from 7
    CHECK(x == 12);
    int y = x = await a('q', 3);
    CHECK(x == 3 && y == 3);
    memset(trace_text, 0, sizeof trace_text);
    y = *pp('1', &x) = v[p('2', 0)] = await a('3', 6);
    TRACE("321");
    CHECK(y == 6 && x == 6 && v[0] == 6);
    y = *pp('1', &x) += *pp('2', &v[3]) = await a('3', 4);
    TRACE("321");
    CHECK(y == 10 && x == 10 && v[3] == 4);
}

static async void operators(void)
{
    int x = 1, v[3] = {10, 20, 30}, i = 0;
    CHECK(x + await set(&x, 5) == 6);
    CHECK(await set(&x, 7) + x == 14);
    CHECK(x++ + await a('a', x) == 15);
    CHECK(++x * await set(&x, 2) == 18);
    CHECK(v[i] + await set(&i, 2) + v[i] == 42);
    CHECK(v[await set(&i, 1)] + v[i] == 40);
    CHECK((await set(&i, 2))[v] == 30);
    CHECK((p('a', 1) << await a('b', 2)) == 4);
    TRACE("aab");
    CHECK((await a('a', 1) << p('b', 2)) == 4);
    TRACE("ab");
    CHECK(pp('a', v)[await a('b', 1)] == 20);
    TRACE("ab");
    CHECK((await ap('a', v))[p('b', 1)] == 20);
    TRACE("ab");
    CHECK(p('i', 1)[await ap('v', v)] == 20);
    TRACE("iv");
    CHECK(p('a', 2) * await a('b', 3) + p('c', 4) * await a('d', 5) == 26);
    TRACE("abcd");
    CHECK((p('a', 1) < await a('b', 2)) + (await a('c', 3) == p('d', 3)) == 2);
    TRACE("abcd");
    CHECK(-await a('a', 1) == -1 && !await a('b', 0) && ~await a('c', 0) == -1 && +await a('d', 2) == 2);
    TRACE("abcd");
    CHECK((char)await a('a', 257) == 1);
    CHECK(*await ap('b', &v[2]) == 30);
    CHECK(&*await ap('c', &v[2]) == &v[2]);
    CHECK(&(await ap('c', v))[2] == &v[2]);
    CHECK((*await ap('d', &v[2]))++ == 30 && v[2] == 31);
    CHECK(++*await ap('e', &v[2]) == 32);
    CHECK(--(await ap('f', v))[2] == 31);
    TRACE("abccdef");
}

static async void logic(void)
{
    CHECK((p('a', 0) && await a('b', 1)) == 0);
    TRACE("a");
    CHECK((p('a', 2) && await a('b', 3)) == 1);
    TRACE("ab");
    CHECK((await a('a', 2) || await a('b', 3)) == 1);
    TRACE("a");
    CHECK((await a('a', 0) || p('b', 0) || await a('c', 5)) == 1);
    TRACE("abc");
    CHECK(((await a('a', 0) && p('b', 1)) || (p('c', 1) && await a('d', 0))) == 0);
    TRACE("acd");
    CHECK((p('a', 1) ? await a('b', 2) : await a('c', 3)) == 2);
    TRACE("ab");
    CHECK((await a('a', 0) ? p('b', 2) : await a('c', 3)) == 3);
    TRACE("ac");
    CHECK((await a('a', 0) ? 1 : await a('b', 1) ? await a('c', 7) : 2) == 7);
    TRACE("abc");
    CHECK((await a('a', 4) ?: await a('b', 5)) == 4);
    TRACE("a");
    CHECK((p('a', 0) ?: await a('b', 5)) == 5);
    TRACE("ab");
    CHECK((p('a', 1), await a('b', 2), p('c', 3), await a('d', 4)) == 4);
    TRACE("abcd");
    CHECK(p('x', 1) + (p('a', 0) && await a('b', 1)) + p('y', 2) == 3);
    TRACE("xay");
    int x = 1;
    CHECK(x + (p('a', 1) && await set(&x, 5)) + x == 7);
    x = p('q', 0) || await a('r', 0);
    CHECK(x == 0);
    p('c', 0) ? (void)await a('d', 1) : (void)await a('e', 2);
    TRACE("aqrce");
    p('m', 1) && await a('n', 2);
    p('o', 1) || await a('n', 2);
    TRACE("mno");
    int *q = p('a', 1) ? await ap('b', &x) : NULL;
    CHECK(q == &x);
    q = p('a', 0) ? await ap('b', &x) : NULL;
    CHECK(!q);
    double d = p('a', 1) ? await a('b', 3) : 0.5; // the common type is double
    CHECK(d == 3.0);
    d = p('a', 1) ? 0.5 : await a('b', 3);
    CHECK(d == 0.5);
    CHECK((p('a', 0) ? 1u : await a('b', -1)) > 0u);
}

async int main(void)
{
    await arguments();
    await assignments();
    await operators();
    await logic();
    return check_summary("expr_order");
}
