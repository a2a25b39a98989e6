// opaque.h - keeps the polls of some functions of rows.c from being inlined where they are awaited, as if they were
// in other files. Declares what asyncc makes, so it is empty until then.
#if defined(ASYNCC_TRANSLATED)
#include "chain.h"

#define OPAQUE(f) \
    static __attribute__((__noinline__)) enum async_poll f##_frame_poll(void *, struct async_context *);
#define OPAQUE_LEAF(this, below) OPAQUE(leaf_##this)
#define OPAQUE_ROOT(this, below) OPAQUE(root_##this)
OPAQUE(opaque_step)
OPAQUE(leaf_1)
CHAIN_64(OPAQUE_LEAF)
OPAQUE(root_1)
CHAIN_16(OPAQUE_ROOT)
#endif
