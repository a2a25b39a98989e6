// faults.h - making the n-th allocation or system call fail, and watching what is left.
#ifndef ASYNCC_RUNTIME_FAULTS_H
#define ASYNCC_RUNTIME_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct faults {
    bool armed;                  // occasions count only then
    uint64_t alloc_at, call_at;  // which occasion; 0: none
    uint64_t allocations, calls; // how many there were
    bool hit;                    // one was made to fail
    char what[64];               // which, for people
    void (*closed_twice)(int fd);
};

// This thread's.
extern _Thread_local struct faults faults;

// Watches the runtime's memory from here on.
void faults_begin(void);

// Puts itself between the runtime and its system calls.
void faults_wrap(void);

// What is left of the memory that was allocated since: blocks, and bytes.
size_t faults_memory(size_t *bytes);

void faults_end(void);

// An occasion for an operation that the reactor hands to the kernel by itself: -errno, or 0.
int faults_op(int code);

// An occasion for an allocation to fail.
bool faults_alloc(void);

#pragma GCC visibility pop
#endif
