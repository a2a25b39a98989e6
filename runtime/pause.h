// pause.h - operations that are tried again after a while, since nobody tells when they may
// succeed.
#ifndef ASYNCC_RUNTIME_PAUSE_H
#define ASYNCC_RUNTIME_PAUSE_H

#include "io.h"

#pragma GCC visibility push(hidden)

// Is this how a call fails that needs a descriptor or memory of the system's?
bool pause_helps(intptr_t error);

// Pauses an operation that is IDLE. ASYNC_PENDING.
enum async_poll pause_begin(struct async_pause *pause, struct async_op *op,
                            struct async_context *cx, unsigned ms);

// 1: it pauses. 0: it does not, or not any more: try again. -ECANCELED: op->source, which is NULL
// now, was closed meanwhile.
int pause_poll(struct async_pause *pause, struct async_op *op, struct async_context *cx);

// A future is dropped.
void pause_drop(struct async_pause *pause, struct async_op *op);

#pragma GCC visibility pop
#endif
