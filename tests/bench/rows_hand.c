// rows_hand.c - the rows as a person would write them by hand, in the shapes that matter:
//   poll    a child's frame is inside its parent's, every resume walks down from the root
//   spill   the same, but loop variables are locals, stored only when something suspends
//   direct  each frame has a resume pointer and its parent; the last act of either direction is a tail call. Needs
//           a compiler that makes it a jump: a depth of 64 is no proof that it does.
//   hybrid  calls go down as in poll; the innermost frame is resumed, then those above it that can go on
#include "bench.h"
#include "chain.h"

#include <stdbool.h>
#include <stddef.h>

#define OPAQUE static __attribute__((noinline))

long bench_never = -1;

enum poll {
    PENDING,
    READY
};

static char memory[1 << 16] __attribute__((aligned(16))); // of the root's frame

struct once {
    bool polled;
};

static inline enum poll once_poll(struct once *self)
{
    if (self->polled)
        return READY;
    self->polled = true;
    return PENDING;
}

// ---- poll and spill

struct polled {
    void (*init)(void *frame, long n);
    enum poll (*poll)(void *frame, long *result);
};

static long run_polled(const struct bench_row *row, long n)
{
    const struct polled *what = row->what;
    long result = 0;
    what->init(memory, n);
    while (what->poll(memory, &result) == PENDING)
        ;
    return result;
}

struct step {
    long a, b;
    unsigned state;
    struct once once;
};

static inline void step_init(struct step *self, long a, long b)
{
    self->a = a;
    self->b = b;
    self->state = 0;
}

static inline enum poll step_poll(struct step *self, long *result)
{
    if (self->state == 0) {
        if (self->b != bench_never) {
            *result = bench_mix(self->a, self->b);
            return READY;
        }
        self->once.polled = false;
        self->state = 1;
    }
    if (once_poll(&self->once) == PENDING)
        return PENDING;
    *result = bench_mix(self->a, self->b);
    return READY;
}

OPAQUE enum poll opaque_step_poll(struct step *self, long *result)
{
    return step_poll(self, result);
}

struct ready {
    long n, i, sum;
    struct step step;
    unsigned state;
};

static void ready_init(void *frame, long n)
{
    struct ready *self = frame;
    self->n = n;
    self->state = 0;
}

#define READY_ROW(NAME, STEP_POLL) \
    static enum poll NAME##_poll(void *frame, long *result) \
    { \
        struct ready *self = frame; \
        if (self->state == 1) \
            goto resume; \
        self->sum = 0; \
        for (self->i = 0; self->i < self->n; self->i++) { \
            step_init(&self->step, self->sum, self->i); \
        resume: \
            if (STEP_POLL(&self->step, &self->sum) == PENDING) { \
                self->state = 1; \
                return PENDING; \
            } \
        } \
        *result = self->sum; \
        return READY; \
    } \
    static enum poll NAME##_spill(void *frame, long *result) \
    { \
        struct ready *self = frame; \
        long n = self->n, i, sum = 0; \
        if (self->state == 1) { \
            i = self->i; \
            goto resume; \
        } \
        for (i = 0; i < n; i++) { \
            step_init(&self->step, sum, i); \
        resume: \
            if (STEP_POLL(&self->step, &sum) == PENDING) { \
                self->i = i; \
                self->state = 1; \
                return PENDING; \
            } \
        } \
        *result = sum; \
        return READY; \
    }
READY_ROW(ready_visible, step_poll)
READY_ROW(ready_opaque, opaque_step_poll)

struct leaf {
    long n, i, sum;
    unsigned state;
    struct once once;
};

static void leaf_init(void *frame, long n)
{
    struct leaf *self = frame;
    self->n = n;
    self->state = 0;
}

static enum poll leaf_poll(void *frame, long *result)
{
    struct leaf *self = frame;
    if (self->state == 1)
        goto resume;
    self->sum = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        self->once.polled = false;
        self->state = 1;
    resume:
        if (once_poll(&self->once) == PENDING)
            return PENDING;
        self->sum = bench_mix(self->sum, self->i);
    }
    *result = self->sum;
    return READY;
}

struct poll_leaf_1 {
    struct leaf leaf;
};

OPAQUE enum poll poll_leaf_1(struct poll_leaf_1 *self, long *result)
{
    return leaf_poll(&self->leaf, result);
}

#define POLL_LEAF(this, below) \
    struct poll_leaf_##this \
    { \
        struct poll_leaf_##below child; \
        unsigned state; \
    }; \
    OPAQUE enum poll poll_leaf_##this(struct poll_leaf_##this *self, long *result) \
    { \
        if (self->state == 0) \
            self->state = 1; \
        if (poll_leaf_##below(&self->child, result) == PENDING) \
            return PENDING; \
        self->state = 2; \
        return READY; \
    }
CHAIN_64(POLL_LEAF)

static void leafloop_64_init(void *frame, long n)
{
    memset(frame, 0, sizeof(struct poll_leaf_64));
    leaf_init(frame, n); // the innermost frame comes first
}

static enum poll leafloop_64_poll(void *frame, long *result)
{
    return poll_leaf_64(frame, result);
}

struct poll_root_1 {
    long a;
    unsigned state;
    struct once once;
};

static inline void poll_root_1_init(struct poll_root_1 *self, long a)
{
    self->a = a;
    self->state = 0;
}

OPAQUE enum poll poll_root_1(struct poll_root_1 *self, long *result)
{
    if (self->state == 0) {
        self->once.polled = false;
        self->state = 1;
    }
    if (once_poll(&self->once) == PENDING)
        return PENDING;
    *result = bench_mix(self->a, 1);
    return READY;
}

#define POLL_ROOT(this, below) \
    struct poll_root_##this \
    { \
        union { \
            long a; \
            struct poll_root_##below child; \
        }; \
        unsigned state; \
    }; \
    static inline void poll_root_##this##_init(struct poll_root_##this *self, long a) \
    { \
        self->a = a; \
        self->state = 0; \
    } \
    OPAQUE enum poll poll_root_##this(struct poll_root_##this *self, long *result) \
    { \
        if (self->state == 0) { \
            poll_root_##below##_init(&self->child, self->a); \
            self->state = 1; \
        } \
        if (poll_root_##below(&self->child, result) == PENDING) \
            return PENDING; \
        *result = bench_mix(*result, this); \
        return READY; \
    }
CHAIN_16(POLL_ROOT)

struct rootloop {
    long n, i, sum;
    unsigned state;
    struct poll_root_16 child;
};

static void rootloop_init(void *frame, long n)
{
    struct rootloop *self = frame;
    self->n = n;
    self->state = 0;
}

static enum poll rootloop_poll(void *frame, long *result)
{
    struct rootloop *self = frame;
    if (self->state == 1)
        goto resume;
    self->sum = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        poll_root_16_init(&self->child, self->sum);
        self->state = 1;
    resume:
        if (poll_root_16(&self->child, &self->sum) == PENDING)
            return PENDING;
    }
    *result = self->sum;
    return READY;
}

// ---- direct

struct direct {
    void (*resume)(struct direct *self);
    struct direct *parent;
};

static struct direct *direct_current; // what the driver resumes next

static void direct_end(struct direct *self)
{
    (void)self;
    direct_current = NULL;
}

static struct direct direct_bottom = {direct_end, NULL};

struct direct_what {
    void (*start)(void *frame, long n, struct direct *parent); // runs up to the first suspension
    size_t result_at;
};

static long run_direct(const struct bench_row *row, long n)
{
    const struct direct_what *what = row->what;
    what->start(memory, n, &direct_bottom);
    while (direct_current)
        direct_current->resume(direct_current);
    return *(long *)(memory + what->result_at);
}

struct direct_leaf {
    struct direct head;
    long n, i, sum;
};

static void direct_leaf_resume(struct direct *head)
{
    struct direct_leaf *self = (struct direct_leaf *)head;
    self->sum = bench_mix(self->sum, self->i);
    if (++self->i < self->n) {
        direct_current = head;
        return;
    }
    head->parent->resume(head->parent);
}

static void direct_leaf_start(void *frame, long n, struct direct *parent)
{
    struct direct_leaf *self = frame;
    self->head.resume = direct_leaf_resume;
    self->head.parent = parent;
    self->n = n;
    self->i = self->sum = 0;
    direct_current = &self->head;
}

struct direct_root_1 {
    struct direct head;
    long a; // then the result
};

static void direct_root_1_resume(struct direct *head)
{
    struct direct_root_1 *self = (struct direct_root_1 *)head;
    self->a = bench_mix(self->a, 1);
    head->parent->resume(head->parent);
}

OPAQUE void direct_root_1_start(struct direct_root_1 *self, long a, struct direct *parent)
{
    self->head.resume = direct_root_1_resume;
    self->head.parent = parent;
    self->a = a;
    direct_current = &self->head;
}

#define DIRECT_ROOT(this, below) \
    struct direct_root_##this \
    { \
        struct direct head; \
        long a; \
        struct direct_root_##below child; \
    }; \
    static void direct_root_##this##_resume(struct direct *head) \
    { \
        struct direct_root_##this *self = (struct direct_root_##this *)head; \
        self->a = bench_mix(self->child.a, this); \
        head->parent->resume(head->parent); \
    } \
    OPAQUE void direct_root_##this##_start(struct direct_root_##this *self, long a, struct direct *parent) \
    { \
        self->head.resume = direct_root_##this##_resume; \
        self->head.parent = parent; \
        direct_root_##below##_start(&self->child, a, &self->head); \
    }
CHAIN_16(DIRECT_ROOT)

struct direct_rootloop {
    struct direct head;
    long n, i, sum;
    struct direct_root_16 child;
};

static void direct_rootloop_resume(struct direct *head)
{
    struct direct_rootloop *self = (struct direct_rootloop *)head;
    self->sum = self->child.a;
    if (++self->i < self->n) {
        direct_root_16_start(&self->child, self->sum, head);
        return;
    }
    head->parent->resume(head->parent);
}

static void direct_rootloop_start(void *frame, long n, struct direct *parent)
{
    struct direct_rootloop *self = frame;
    self->head.resume = direct_rootloop_resume;
    self->head.parent = parent;
    self->n = n;
    self->i = self->sum = 0;
    direct_root_16_start(&self->child, 0, &self->head);
}

// ---- hybrid

struct hybrid {
    enum poll (*poll)(struct hybrid *self);
    struct hybrid *parent;
};

static struct hybrid *hybrid_innermost; // that is suspended

struct hybrid_what {
    void (*init)(void *frame, long n);
    size_t result_at;
};

static long run_hybrid(const struct bench_row *row, long n)
{
    const struct hybrid_what *what = row->what;
    what->init(memory, n);
    struct hybrid *frame = (struct hybrid *)memory;
    while (frame) {
        if (frame->poll(frame) == READY)
            frame = frame->parent;
        else
            frame = hybrid_innermost;
    }
    return *(long *)(memory + what->result_at);
}

struct hybrid_leaf {
    struct hybrid head;
    long n, i, sum;
    unsigned state;
    struct once once;
};

OPAQUE enum poll hybrid_leaf_poll(struct hybrid *head)
{
    struct hybrid_leaf *self = (struct hybrid_leaf *)head;
    if (self->state == 1)
        goto resume;
    self->sum = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        self->once.polled = false;
        self->state = 1;
    resume:
        if (once_poll(&self->once) == PENDING) {
            hybrid_innermost = head;
            return PENDING;
        }
        self->sum = bench_mix(self->sum, self->i);
    }
    return READY;
}

static void hybrid_leaf_init(void *frame, long n)
{
    struct hybrid_leaf *self = frame;
    self->head.poll = hybrid_leaf_poll;
    self->head.parent = NULL;
    self->n = n;
    self->state = 0;
}

struct hybrid_root_1 {
    struct hybrid head;
    long a; // then the result
    unsigned state;
    struct once once;
};

OPAQUE enum poll hybrid_root_1_poll(struct hybrid *head)
{
    struct hybrid_root_1 *self = (struct hybrid_root_1 *)head;
    if (self->state == 0) {
        self->once.polled = false;
        self->state = 1;
    }
    if (once_poll(&self->once) == PENDING) {
        hybrid_innermost = head;
        return PENDING;
    }
    self->a = bench_mix(self->a, 1);
    return READY;
}

static inline void hybrid_root_1_init(struct hybrid_root_1 *self, long a, struct hybrid *parent)
{
    self->head.poll = hybrid_root_1_poll;
    self->head.parent = parent;
    self->a = a;
    self->state = 0;
}

#define HYBRID_ROOT(this, below) \
    struct hybrid_root_##this \
    { \
        struct hybrid head; \
        long a; \
        unsigned state; \
        struct hybrid_root_##below child; \
    }; \
    OPAQUE enum poll hybrid_root_##this##_poll(struct hybrid *head) \
    { \
        struct hybrid_root_##this *self = (struct hybrid_root_##this *)head; \
        if (self->state == 0) { \
            hybrid_root_##below##_init(&self->child, self->a, head); \
            self->state = 1; \
            if (hybrid_root_##below##_poll(&self->child.head) == PENDING) \
                return PENDING; \
        } \
        self->a = bench_mix(self->child.a, this); \
        return READY; \
    } \
    static inline void hybrid_root_##this##_init(struct hybrid_root_##this *self, long a, \
                                                 struct hybrid *parent) \
    { \
        self->head.poll = hybrid_root_##this##_poll; \
        self->head.parent = parent; \
        self->a = a; \
        self->state = 0; \
    }
CHAIN_16(HYBRID_ROOT)

struct hybrid_rootloop {
    struct hybrid head;
    long n, i, sum;
    unsigned state;
    struct hybrid_root_16 child;
};

static enum poll hybrid_rootloop_poll(struct hybrid *head)
{
    struct hybrid_rootloop *self = (struct hybrid_rootloop *)head;
    if (self->state == 1)
        goto resume;
    self->sum = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        hybrid_root_16_init(&self->child, self->sum, head);
        self->state = 1;
        if (hybrid_root_16_poll(&self->child.head) == PENDING)
            return PENDING;
    resume:
        self->sum = self->child.a;
    }
    return READY;
}

static void hybrid_rootloop_init(void *frame, long n)
{
    struct hybrid_rootloop *self = frame;
    self->head.poll = hybrid_rootloop_poll;
    self->head.parent = NULL;
    self->n = n;
    self->state = 0;
}

// ---- Recursion: frames from a free list

struct fib {
    union {
        struct direct direct;
        struct hybrid hybrid;
        struct fib *next_free;
    };
    long n, first, result;
    struct fib *child;
    unsigned state;
    struct once once;
};

static struct fib *fib_free;

static inline struct fib *fib_new(void)
{
    struct fib *frame = fib_free;
    if (!frame)
        return malloc(sizeof *frame);
    fib_free = frame->next_free;
    return frame;
}

static inline void fib_delete(struct fib *frame)
{
    frame->next_free = fib_free;
    fib_free = frame;
}

static enum poll hybrid_fib_poll(struct hybrid *head)
{
    struct fib *self = (struct fib *)head;
    switch (self->state) {
    case 0:
        if (self->n < 2) {
            self->once.polled = false;
            self->state = 3;
            goto leaf;
        }
        self->child = fib_new();
        self->child->hybrid = (struct hybrid){hybrid_fib_poll, head};
        self->child->n = self->n - 1;
        self->child->state = 0;
        self->state = 1;
        if (hybrid_fib_poll(&self->child->hybrid) == PENDING)
            return PENDING;
        break;
    case 2:
        goto second;
    case 3:
        goto leaf;
    }
    self->first = self->child->result;
    self->child->hybrid = (struct hybrid){hybrid_fib_poll, head};
    self->child->n = self->n - 2;
    self->child->state = 0;
    self->state = 2;
    if (hybrid_fib_poll(&self->child->hybrid) == PENDING)
        return PENDING;
second:
    self->result = self->first + self->child->result;
    fib_delete(self->child);
    return READY;
leaf:
    if (once_poll(&self->once) == PENDING) {
        hybrid_innermost = head;
        return PENDING;
    }
    self->result = self->n;
    return READY;
}

static void direct_fib_start(struct fib *self, long n, struct direct *parent);

static void direct_fib_second(struct direct *head)
{
    struct fib *self = (struct fib *)head;
    self->result = self->first + self->child->result;
    fib_delete(self->child);
    head->parent->resume(head->parent);
}

static void direct_fib_first(struct direct *head)
{
    struct fib *self = (struct fib *)head;
    self->first = self->child->result;
    head->resume = direct_fib_second;
    direct_fib_start(self->child, self->n - 2, head);
}

static void direct_fib_leaf(struct direct *head)
{
    struct fib *self = (struct fib *)head;
    self->result = self->n;
    head->parent->resume(head->parent);
}

static void direct_fib_start(struct fib *self, long n, struct direct *parent)
{
    self->direct.parent = parent;
    self->n = n;
    if (n < 2) {
        self->direct.resume = direct_fib_leaf;
        direct_current = &self->direct;
        return;
    }
    self->direct.resume = direct_fib_first;
    self->child = fib_new();
    direct_fib_start(self->child, n - 1, &self->direct);
}

static long run_fib_hybrid(const struct bench_row *row, long n)
{
    (void)row;
    long sum = 0;
    for (; n > 0; n--) {
        struct fib *root = fib_new();
        root->hybrid = (struct hybrid){hybrid_fib_poll, NULL};
        root->n = 25;
        root->state = 0;
        struct hybrid *frame = &root->hybrid;
        while (frame) {
            if (frame->poll(frame) == READY)
                frame = frame->parent;
            else
                frame = hybrid_innermost;
        }
        sum += root->result;
        fib_delete(root);
    }
    return sum;
}

static long run_fib_direct(const struct bench_row *row, long n)
{
    (void)row;
    long sum = 0;
    for (; n > 0; n--) {
        struct fib *root = fib_new();
        direct_fib_start(root, 25, &direct_bottom);
        while (direct_current)
            direct_current->resume(direct_current);
        sum += root->result;
        fib_delete(root);
    }
    return sum;
}

int main(int argc, char **argv)
{
    static const struct polled visible_poll = {ready_init, ready_visible_poll},
                               visible_spill = {ready_init, ready_visible_spill},
                               opaque_poll = {ready_init, ready_opaque_poll},
                               opaque_spill = {ready_init, ready_opaque_spill},
                               leaf_polled = {leaf_init, leaf_poll},
                               leafloop_64 = {leafloop_64_init, leafloop_64_poll},
                               rootloop_polled = {rootloop_init, rootloop_poll};
    static const struct direct_what leaf_direct = {direct_leaf_start, offsetof(struct direct_leaf, sum)},
                                    rootloop_direct = {direct_rootloop_start,
                                                       offsetof(struct direct_rootloop, sum)};
    static const struct hybrid_what leaf_hybrid = {hybrid_leaf_init, offsetof(struct hybrid_leaf, sum)},
                                    rootloop_hybrid = {hybrid_rootloop_init,
                                                       offsetof(struct hybrid_rootloop, sum)};
    static const struct bench_row rows[] = {
        {"ready_visible:poll", run_polled, &visible_poll},
        {"ready_visible:spill", run_polled, &visible_spill},
        {"ready_opaque:poll", run_polled, &opaque_poll},
        {"ready_opaque:spill", run_polled, &opaque_spill},
        {"suspend:poll", run_polled, &leaf_polled},
        {"suspend:hybrid", run_hybrid, &leaf_hybrid},
        {"suspend:direct", run_direct, &leaf_direct},
        {"leafloop_64:poll", run_polled, &leafloop_64},
        {"rootloop_16:poll", run_polled, &rootloop_polled},
        {"rootloop_16:hybrid", run_hybrid, &rootloop_hybrid},
        {"rootloop_16:direct", run_direct, &rootloop_direct},
        {"fib:hybrid", run_fib_hybrid, NULL},
        {"fib:direct", run_fib_direct, NULL},
        {0},
    };
    return bench_main(argc, argv, rows);
}
