// asyncc: -- --target=riscv64-unknown-elf -ffreestanding
// E0404: where clang cannot tell async functions' types, none is used as a value; direct calls work.
#include <stdint.h>
#include <asyncc/async.h>

async int f(int n);

async int calls(int n)
{
    async_fn(int, (int)) p = f;           // expect: E0404
    int sum = await f(n);
    return await p(n) + sum;              // expect: E0102
}

int plain(void)
{
    return f(1);                          // expect: E0103
}
