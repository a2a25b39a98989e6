// blocking.h - the pool of threads, for futures of the runtime whose system calls block.
//
// Such a future has a job as its member, and calls from its own four functions:
//
//     init:  async_blocking_job_init(&self->job, do_it, &self->args, sizeof self->args, NULL);
//     poll:  async_blocking_job_poll(&self->job, cx), then job.result and the args that were
//            copied back
//     drop:  async_blocking_job_drop(&self->job), and the thread goes on with its copy of the args;
//            or blocking_wait_out(&self->job), where the thread uses memory that the dropped future
//            gives back (the caller's buffer).
#ifndef ASYNCC_RUNTIME_BLOCKING_H
#define ASYNCC_RUNTIME_BLOCKING_H

#include <asyncc/blocking.h>

#pragma GCC visibility push(hidden)

// Like async_blocking_job_drop, but a function that runs is waited for, on this thread, and nothing
// is discarded. True: it ran, and job->result is its result. False: it never will.
bool blocking_wait_out(struct async_blocking_job *job);

#pragma GCC visibility pop
#endif
