// memory.c - see memory.h.
#include "memory.h"

_Thread_local bool (*memory_fails)(void);
