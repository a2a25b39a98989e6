// E0113: the forms of an async main.
#include <asyncc/async.h>

async void main(void) // expect: E0113
{
}
