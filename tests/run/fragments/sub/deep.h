#define DEEP 40
