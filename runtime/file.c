// file.c - files, by calls on the blocking pool.
//
// What a call needs is in a block of the heap: the thread has all it touches there, so the future,
// its caller's buffer and its paths may be gone while the call goes on. The block is freed by the
// future when the call is over, or by the pool when nobody waits for it any more.
#define _GNU_SOURCE
#include <asyncc/file.h>

#include "memory.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

struct async_file {
    atomic_uint users; // its owner, and the blocks
    int fd;            // -1: not opened
};

struct async_file_block {
    struct async_file *file; // NULL: a call by paths
    int flags;               // of open; of sync: only the data
    mode_t mode;
    int64_t offset; // or size
    size_t n;
    struct stat stat;
    char bytes[]; // n of them, or paths
};

// ---- Files ----------------------------------------------------------------------------------

static struct async_file *file_new(void)
{
    struct async_file *file = memory_alloc(sizeof *file);
    if (!file)
        return NULL;
    atomic_init(&file->users, 1);
    file->fd = -1;
    return file;
}

static void file_unref(struct async_file *file)
{
    if (atomic_fetch_sub_explicit(&file->users, 1, memory_order_acq_rel) != 1)
        return;
    if (file->fd >= 0)
        sys->close(file->fd);
    memory_free(file);
}

void async_file_close(struct async_file *file)
{
    if (file)
        file_unref(file);
}

int async_file_fd(const struct async_file *file)
{
    return file->fd;
}

// ---- Blocks ---------------------------------------------------------------------------------

static void block_free(struct async_file_block *block)
{
    if (block->file)
        file_unref(block->file);
    memory_free(block);
}

// The pool's: nobody waits for the call any more.
static void discard(void *arg, intptr_t result)
{
    (void)result;
    block_free(arg);
}

// Makes the block of a call, with `size` bytes. NULL with no memory left.
static struct async_file_block *begin(struct async_file_call *call, async_blocking_fn *fn,
                                      struct async_file *file, size_t size)
{
    size_t whole;
    if (__builtin_add_overflow(sizeof(struct async_file_block), size, &whole))
        return NULL;
    struct async_file_block *block = memory_alloc(whole);
    if (!block)
        return NULL;
    block->file = file;
    if (file)
        atomic_fetch_add_explicit(&file->users, 1, memory_order_relaxed);
    block->n = size;
    async_blocking_job_init(&call->job, fn, block, 0, discard);
    call->block = block;
    return block;
}

static void end(struct async_file_call *call)
{
    block_free(call->block);
    call->block = NULL;
}

// Polls a call whose result is all it gives.
static enum async_poll finish(struct async_file_call *call, struct async_context *cx, int *result)
{
    if (!call->block) {
        *result = -ENOMEM;
        return ASYNC_READY;
    }
    intptr_t value;
    if (async_blocking_job_finish(&call->job, cx, &value) == ASYNC_PENDING)
        return ASYNC_PENDING;
    end(call);
    *result = (int)value;
    return ASYNC_READY;
}

// ---- async_file_open ------------------------------------------------------------------------

static intptr_t call_open(void *arg)
{
    struct async_file_block *block = arg;
    block->file->fd = sys->open(block->bytes, block->flags | O_CLOEXEC, block->mode);
    return block->file->fd;
}

static struct async_file_block *begin_open(struct async_file_open_future *self)
{
    struct async_file *file = file_new();
    if (!file)
        return NULL;
    size_t size = strlen(self->path) + 1;
    struct async_file_block *block = begin(&self->call, call_open, file, size);
    file_unref(file); // it is the block's
    if (!block)
        return NULL;
    block->flags = self->flags;
    block->mode = self->mode;
    memcpy(block->bytes, self->path, size);
    return block;
}

enum async_poll async_file_open_future_poll(struct async_file_open_future *self,
                                            struct async_context *cx)
{
    struct async_file_block *block = self->call.block;
    if (!block)
        block = begin_open(self);
    self->result = -ENOMEM;
    if (!block)
        return ASYNC_READY;
    intptr_t fd;
    if (async_blocking_job_finish(&self->call.job, cx, &fd) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (fd >= 0) {
        *self->out = block->file;
        block->file = NULL; // it is the caller's
    }
    self->result = fd < 0 ? (int)fd : 0;
    end(&self->call);
    return ASYNC_READY;
}

// ---- async_file_read_at, async_file_write_at ------------------------------------------------

static intptr_t call_read(void *arg)
{
    struct async_file_block *block = arg;
    size_t got = 0;
    while (got < block->n) {
        ssize_t n = sys->pread(block->file->fd, block->bytes + got, block->n - got,
                               (off_t)block->offset + (off_t)got);
        if (n < 0 && got == 0)
            return n;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return (intptr_t)got;
}

static intptr_t call_write(void *arg)
{
    struct async_file_block *block = arg;
    size_t done = 0;
    while (done < block->n) {
        ssize_t n = sys->pwrite(block->file->fd, block->bytes + done, block->n - done,
                                (off_t)block->offset + (off_t)done);
        if (n < 0 && done == 0)
            return n;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return (intptr_t)done;
}

enum async_poll async_file_read_at_future_poll(struct async_file_read_at_future *self,
                                               struct async_context *cx)
{
    struct async_file_block *block = self->call.block;
    if (!block) {
        block = begin(&self->call, call_read, self->file, self->n);
        self->result = -ENOMEM;
        if (!block)
            return ASYNC_READY;
        block->offset = self->offset;
    }
    intptr_t n;
    if (async_blocking_job_finish(&self->call.job, cx, &n) == ASYNC_PENDING)
        return ASYNC_PENDING;
    if (n > 0)
        memcpy(self->buf, block->bytes, (size_t)n);
    self->result = n;
    end(&self->call);
    return ASYNC_READY;
}

enum async_poll async_file_write_at_future_poll(struct async_file_write_at_future *self,
                                                struct async_context *cx)
{
    struct async_file_block *block = self->call.block;
    if (!block) {
        block = begin(&self->call, call_write, self->file, self->n);
        self->result = -ENOMEM;
        if (!block)
            return ASYNC_READY;
        block->offset = self->offset;
        if (self->n)
            memcpy(block->bytes, self->buf, self->n);
    }
    intptr_t n;
    if (async_blocking_job_finish(&self->call.job, cx, &n) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = n;
    end(&self->call);
    return ASYNC_READY;
}

// ---- async_file_stat, async_file_size -------------------------------------------------------

static intptr_t call_stat(void *arg)
{
    struct async_file_block *block = arg;
    return sys->fstat(block->file->fd, &block->stat);
}

// ASYNC_READY: 0 and what the system says, or -errno.
static enum async_poll stat_poll(struct async_file_call *call, struct async_file *file,
                                 struct async_context *cx, int *result, struct stat *out)
{
    struct async_file_block *block = call->block;
    if (!block)
        block = begin(call, call_stat, file, 0);
    *result = -ENOMEM;
    if (!block)
        return ASYNC_READY;
    intptr_t rc;
    if (async_blocking_job_finish(&call->job, cx, &rc) == ASYNC_PENDING)
        return ASYNC_PENDING;
    *result = (int)rc;
    if (*result == 0)
        *out = block->stat;
    end(call);
    return ASYNC_READY;
}

enum async_poll async_file_stat_future_poll(struct async_file_stat_future *self,
                                            struct async_context *cx)
{
    return stat_poll(&self->call, self->file, cx, &self->result, self->out);
}

enum async_poll async_file_size_future_poll(struct async_file_size_future *self,
                                            struct async_context *cx)
{
    int rc;
    struct stat stat;
    if (stat_poll(&self->call, self->file, cx, &rc, &stat) == ASYNC_PENDING)
        return ASYNC_PENDING;
    self->result = rc == 0 ? (int64_t)stat.st_size : rc;
    return ASYNC_READY;
}

// ---- async_file_sync, async_file_truncate ---------------------------------------------------

static intptr_t call_sync(void *arg)
{
    struct async_file_block *block = arg;
    return block->flags ? sys->fdatasync(block->file->fd) : sys->fsync(block->file->fd);
}

static intptr_t call_truncate(void *arg)
{
    struct async_file_block *block = arg;
    return sys->ftruncate(block->file->fd, (off_t)block->offset);
}

enum async_poll async_file_sync_future_poll(struct async_file_sync_future *self,
                                            struct async_context *cx)
{
    if (!self->call.block) {
        struct async_file_block *block = begin(&self->call, call_sync, self->file, 0);
        if (block)
            block->flags = self->data_only;
    }
    return finish(&self->call, cx, &self->result);
}

enum async_poll async_file_truncate_future_poll(struct async_file_truncate_future *self,
                                                struct async_context *cx)
{
    if (!self->call.block) {
        struct async_file_block *block = begin(&self->call, call_truncate, self->file, 0);
        if (block)
            block->offset = self->size;
    }
    return finish(&self->call, cx, &self->result);
}

// ---- async_file_rename, async_file_unlink ---------------------------------------------------

static intptr_t call_rename(void *arg)
{
    struct async_file_block *block = arg;
    return sys->rename(block->bytes, block->bytes + strlen(block->bytes) + 1);
}

static intptr_t call_unlink(void *arg)
{
    struct async_file_block *block = arg;
    return sys->unlink(block->bytes);
}

enum async_poll async_file_rename_future_poll(struct async_file_rename_future *self,
                                              struct async_context *cx)
{
    if (!self->call.block) {
        size_t from = strlen(self->from) + 1, to = strlen(self->to) + 1;
        struct async_file_block *block = begin(&self->call, call_rename, NULL, from + to);
        if (block) {
            memcpy(block->bytes, self->from, from);
            memcpy(block->bytes + from, self->to, to);
        }
    }
    return finish(&self->call, cx, &self->result);
}

enum async_poll async_file_unlink_future_poll(struct async_file_unlink_future *self,
                                              struct async_context *cx)
{
    if (!self->call.block) {
        size_t size = strlen(self->path) + 1;
        struct async_file_block *block = begin(&self->call, call_unlink, NULL, size);
        if (block)
            memcpy(block->bytes, self->path, size);
    }
    return finish(&self->call, cx, &self->result);
}
