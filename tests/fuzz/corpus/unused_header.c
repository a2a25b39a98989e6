// expect: translated
// A header with async functions, and nothing that uses them.
#include "parts.h"
