// atomics.h - included before each source of the runtime: its atomic operations become the points
// at which the explorer may switch threads. What they do is unchanged.
#ifndef EXPLORE_ATOMICS_H
#define EXPLORE_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>

// The running thread is about to read, or to write, what is at `address`.
void explore_point(const volatile void *address, bool writes);

// A signal may come here.
void explore_signal_point(void);

#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_and
#undef atomic_compare_exchange_weak
#undef atomic_signal_fence

// Only sequentially consistent executions are explored, so the orders that are asked for are not
// looked at; ThreadSanitizer sees those.
#ifdef __clang__
#define REAL(NAME) __c11_atomic_##NAME
#define REAL_EXCHANGE(P, V) __c11_atomic_exchange(P, V, __ATOMIC_SEQ_CST)
#define REAL_COMPARE(P, EXPECTED, V) \
    __c11_atomic_compare_exchange_strong(P, EXPECTED, V, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define REAL_LOAD(P) __c11_atomic_load(P, __ATOMIC_SEQ_CST)
#define REAL_STORE(P, V) __c11_atomic_store(P, V, __ATOMIC_SEQ_CST)
#else
#define REAL(NAME) __atomic_##NAME
#define REAL_EXCHANGE(P, V) __atomic_exchange_n(P, V, __ATOMIC_SEQ_CST)
#define REAL_COMPARE(P, EXPECTED, V) \
    __atomic_compare_exchange_n(P, EXPECTED, V, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define REAL_LOAD(P) __atomic_load_n(P, __ATOMIC_SEQ_CST)
#define REAL_STORE(P, V) __atomic_store_n(P, V, __ATOMIC_SEQ_CST)
#endif

#define atomic_load(P) (explore_point(P, false), REAL_LOAD(P))
#define atomic_load_explicit(P, ORDER) ((void)(ORDER), atomic_load(P))
#define atomic_store(P, V) (explore_point(P, true), REAL_STORE(P, V))
#define atomic_store_explicit(P, V, ORDER) ((void)(ORDER), atomic_store(P, V))
#define atomic_exchange(P, V) (explore_point(P, true), REAL_EXCHANGE(P, V))
#define atomic_fetch_add(P, V) (explore_point(P, true), REAL(fetch_add)(P, V, __ATOMIC_SEQ_CST))
#define atomic_fetch_add_explicit(P, V, ORDER) ((void)(ORDER), atomic_fetch_add(P, V))
#define atomic_fetch_sub(P, V) (explore_point(P, true), REAL(fetch_sub)(P, V, __ATOMIC_SEQ_CST))
#define atomic_fetch_sub_explicit(P, V, ORDER) ((void)(ORDER), atomic_fetch_sub(P, V))
#define atomic_fetch_and(P, V) (explore_point(P, true), REAL(fetch_and)(P, V, __ATOMIC_SEQ_CST))
#define atomic_compare_exchange_weak(P, EXPECTED, V) \
    (explore_point(P, true), REAL_COMPARE(P, EXPECTED, V))
#define atomic_signal_fence(ORDER) ((void)(ORDER), explore_signal_point())

#endif
