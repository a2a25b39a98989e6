// blocking.h - the blocking view of a mutated program, as far as a syntax check needs it: included before the program.
#define async_form_join(operands) ((void)(operands))
#define async_form_select(operands) ((void)(operands), 0)
#define async_form_timeout_ms(ms, operands) ((void)(ms), (void)(operands), 0)
#define async_form_spawn(operand) ((void)(operand), (struct async_task *)0)
#define ASYNCC_BLOCKING
#include <asyncc/async.h>
#undef asyncc_defer
#define asyncc_defer while (0)
