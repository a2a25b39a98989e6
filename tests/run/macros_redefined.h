// Included more than once: STEP is another macro each time, CHECK shows its argument.
#undef STEP
#ifndef FIRST_STEP
#define FIRST_STEP
#define STEP(x) await get((x) + 1)
#else
#define STEP(x) await get((x) + 2)
#endif

#ifndef CHECK
#define CHECK(a)                                                                                   \
    do {                                                                                           \
        int r_ = -a;                                                                               \
        printf("%s = %d\n", #a, r_ + await get(0));                                                \
    } while (0)
#define SHOW(a) SHOW_BOTH(a, -a)
#define SHOW_BOTH(a, b) (printf("%s|%s ", #a, #b), await get(b))
#define SHOW_SUM(a) (await get(a - ~-a) - SHOW(-a))
#endif
