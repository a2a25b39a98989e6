// E0113: the forms of an async main.
// The third parameter of some systems is not one.
#include <asyncc/async.h>

async int main(int argc, char **argv, char **env) // expect: E0113
{
    return argc + argv[0][0] + env[0][0];
}
