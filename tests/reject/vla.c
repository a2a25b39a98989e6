// E0201: a variable-length array alive across an await.
#include <string.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

async int f(const char *s);

async int wrong(int n)
{
    char buffer[n];
    memset(buffer, 0, sizeof buffer);
    n += await f(buffer);              // expect: E0201
    return n;
}

async int wrong_in_loop(int n)
{
    for (int i = 1; i < n; i++) {
        int v[i][2];
        v[0][0] = i;
        if (v[0][0] == 3)
            await async_yield();       // expect: E0201
    }
    return n;
}

async int wrong_pointer(int n, int (*rows)[n])    // expect: E0201
{
    await async_yield();
    return rows[1][0];
}

async int wrong_type(int n)
{
    typedef int row[n];
    await async_yield();               // expect: E0201
    return sizeof(row) == 12;
}

async int good(int n)
{
    {
        char v[n];
        v[0] = 1;
        n += v[0];
    }
    await async_yield();
    char last[n];
    last[0] = 2;
    return last[0];
}
