// Without our header the first error says so, and is the last.
async int f(void)                                       // expect: none
{
    return await g();
}
