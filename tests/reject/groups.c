// E0212: groups that asyncc could not end with their block; what async_group_spawn takes.
#include <asyncc/group.h>
#include <asyncc/async.h>

struct server {
    int port;
    struct async_group conns[2];
};

async int f(int *n);
int plain(int n);
struct async_group global;

async int wrong(struct async_group copied)                      // expect: E0212
{
    struct async_group many[2];                                 // expect: E0212
    struct server server, *elsewhere = 0;                       // expect: E0212
    union { struct async_group g; int n; } both;                // expect: E0212
    struct async_group given = copied;                          // expect: E0212
    struct async_group limited = {.limit = 3};                  // expect: E0212
    struct async_group zero = {0}, one, *pointer = &one;
    static struct async_group kept[2];
    static struct server servers;
    async_group_spawn(&zero, plain(1));                         // expect: E0110
    async_group_spawn(&zero, await f(0));                       // expect: E0110
    async_group_spawn(&zero, f(0), f(0));                       // expect: E0110
    async_group_spawn(pointer, f(&server.port));
    async_group_spawn(&elsewhere->conns[1], f(0));
    async_group_spawn(&kept[1], f(0));
    async_group_spawn(&servers.conns[0], f(0));
    (void)many, (void)both, (void)given, (void)limited;
    return await async_group_wait(&zero) + await async_group_spawn(&one, f(0)); // expect: E0102
}

int not_async(int n)
{
    struct async_group many[2] = {{0}};
    async_group_init(&many[0]);
    return async_group_spawn(&many[0], f(&n)) + async_group_spawn(&many[1], plain(n)); // expect: E0110
}
