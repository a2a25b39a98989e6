// A byte order mark, tabs, and line ends inside tokens.
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

#define TRY(e) do {	\
	int r_ = await e;	\
	if (r_ < 0)	\
		return r_;	\
} while (0)

static async int f(int n)
{
	await async_yield(); // comment
	/* more
	   comment */ return n;
}

static async int g(int n)
{
	int a	=	await	f(n)	+ 1;	/* tab */
	TRY(f(a));
	const char *text = "a string \
continued";
	int spl\
it = 3;
	a += await f(2);
	await async_yield();
	printf("%s %d %d\n", text, a, split);
	return a;
}

async int main(void)
{
	printf("%d\n", await g(5));
	return 0;
}
