// asyncc: -Wframe-size=8
// Awaits in every part of every statement; goto, switch fallthrough, Duff's device.


#include <asyncc/task.h>
typedef async_fn(int, ()) fz_call;
struct { fz_call call } fz_ops;
async fz_f35( [])
{
(void)(await async_timeout_ms(0, fz_ops.call()));
}
