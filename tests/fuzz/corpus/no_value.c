// expect: translated
// Variables that are read before they have a value, in a loop that awaits outside their scope.
#include <asyncc/async.h>

async int one(int);

async int f(int sum)
{
    do {
        for (int n = (n); n < sum; n++)
            sum += n;
        int x = x;
        sum += x;
        {
            int y, z = y;
            sum += z;
        }
    } while (await one(sum));
    return sum;
}
