// file.h - files on disk, without waiting for the disk on the executor's thread.
//
//     #include <asyncc/file.h>
//     #include <fcntl.h>
//     #include <asyncc/async.h>
//
//     static async int save(const char *path, const char *temporary, const void *bytes, size_t n)
//     {
//         struct async_file *file;
//         int rc = await async_file_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644, &file);
//         if (rc < 0)
//             return rc;
//         ssize_t written = await async_file_write_at(file, bytes, n, 0);
//         if (written == (ssize_t)n)
//             rc = await async_file_sync(file, false);
//         async_file_close(file);
//         if (written < (ssize_t)n || rc < 0)
//             return written < 0 ? (int)written : rc < 0 ? rc : -ENOSPC;
//         return await async_file_rename(temporary, path);
//     }
//
// Each operation is a call on the pool of threads of blocking.h, with its -EAGAIN when the line is
// full. Reading and writing is by position: there is no current one, so any number of operations
// may be under way on a file, of tasks of any threads. Errors are -errno.
//
// CANCELLING never waits. An operation that has not begun does nothing; one that has begun comes to
// its end on its thread, unseen: bytes may be written, the file may be renamed. It has its own copy
// of the bytes and paths, and keeps the file open until then, so that all of this may be gone, and
// closed, at once. A cancelled open closes what it has opened.
//
// ALLOCATIONS: each operation has a block of memory while it lasts, with room for the bytes that
// are read or written, or for the paths; else -ENOMEM. An open file has one, too.
//
// On a simulated executor the calls are made on its own thread.
#ifndef ASYNCC_FILE_H
#define ASYNCC_FILE_H

#include <asyncc/blocking.h>
#include <sys/stat.h>
#include <sys/types.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_file;

// Closes the file, once the operations that are under way on it are over. Errors of earlier writes
// are told by async_file_sync only. Any thread. NULL is allowed.
void async_file_close(struct async_file *file);

// The descriptor. It stays the file's.
int async_file_fd(const struct async_file *file);

// What the futures below are made of; private to the runtime.
struct async_file_call {
    struct async_blocking_job job;
    struct async_file_block *block; // of the heap; NULL: not begun, or over
};

static inline void async_file_call_init_(struct async_file_call *call)
{
    async_blocking_job_init(&call->job, NULL, NULL, 0, NULL);
    call->block = NULL;
}

// ---- await async_file_open(path, flags, mode, &file) --------------------------------------------
//
// Opens a file with the flags and mode of open(2), and close-on-exec. `path` is read at the first
// poll only. Returns 0 and a file to be closed by the caller, or -ENOENT, -EACCES, -EMFILE, ...
asyncc_async int async_file_open(const char *path, int flags, mode_t mode, struct async_file **out);

struct async_file_open_future {
    struct async_file_call call;
    const char *path;
    struct async_file **out;
    int flags;
    mode_t mode;
    int result;
};

static inline void async_file_open_future_init(struct async_file_open_future *self,
                                               const char *path, int flags, mode_t mode,
                                               struct async_file **out)
{
    async_file_call_init_(&self->call);
    self->path = path;
    self->out = out;
    self->flags = flags;
    self->mode = mode;
}

enum async_poll async_file_open_future_poll(struct async_file_open_future *self,
                                            struct async_context *cx);

static inline void async_file_open_future_drop(struct async_file_open_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_read_at(file, buf, n, offset) ---------------------------------------------
//
// Reads n bytes at an offset. Returns how many, fewer than n only at the end of the file or when an
// error has stopped it, or -EIO, -ESPIPE (no file on disk), ... buf must stay until then, and is
// written when the task is polled, never by another thread.
asyncc_async ssize_t async_file_read_at(struct async_file *file, void *buf, size_t n,
                                        int64_t offset);

struct async_file_read_at_future {
    struct async_file_call call;
    struct async_file *file;
    void *buf;
    size_t n;
    int64_t offset;
    ssize_t result;
};

static inline void async_file_read_at_future_init(struct async_file_read_at_future *self,
                                                  struct async_file *file, void *buf, size_t n,
                                                  int64_t offset)
{
    async_file_call_init_(&self->call);
    self->file = file;
    self->buf = buf;
    self->n = n;
    self->offset = offset;
}

enum async_poll async_file_read_at_future_poll(struct async_file_read_at_future *self,
                                               struct async_context *cx);

static inline void async_file_read_at_future_drop(struct async_file_read_at_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_write_at(file, buf, n, offset) --------------------------------------------
//
// Writes n bytes at an offset, or at the end of a file that was opened with O_APPEND. Returns how
// many, fewer than n only when an error has stopped it, or -ENOSPC, -EIO, -EFBIG, ... buf is read
// at the first poll only.
asyncc_async ssize_t async_file_write_at(struct async_file *file, const void *buf, size_t n,
                                         int64_t offset);

struct async_file_write_at_future {
    struct async_file_call call;
    struct async_file *file;
    const void *buf;
    size_t n;
    int64_t offset;
    ssize_t result;
};

static inline void async_file_write_at_future_init(struct async_file_write_at_future *self,
                                                   struct async_file *file, const void *buf,
                                                   size_t n, int64_t offset)
{
    async_file_call_init_(&self->call);
    self->file = file;
    self->buf = buf;
    self->n = n;
    self->offset = offset;
}

enum async_poll async_file_write_at_future_poll(struct async_file_write_at_future *self,
                                                struct async_context *cx);

static inline void async_file_write_at_future_drop(struct async_file_write_at_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_stat(file, &stat), await async_file_size(file) ----------------------------
//
// What fstat(2) says, and its st_size. 0 or the size, or -errno.
asyncc_async int async_file_stat(struct async_file *file, struct stat *out);
asyncc_async int64_t async_file_size(struct async_file *file);

struct async_file_stat_future {
    struct async_file_call call;
    struct async_file *file;
    struct stat *out;
    int result;
};

struct async_file_size_future {
    struct async_file_call call;
    struct async_file *file;
    int64_t result;
};

static inline void async_file_stat_future_init(struct async_file_stat_future *self,
                                               struct async_file *file, struct stat *out)
{
    async_file_call_init_(&self->call);
    self->file = file;
    self->out = out;
}

enum async_poll async_file_stat_future_poll(struct async_file_stat_future *self,
                                            struct async_context *cx);

static inline void async_file_stat_future_drop(struct async_file_stat_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

static inline void async_file_size_future_init(struct async_file_size_future *self,
                                               struct async_file *file)
{
    async_file_call_init_(&self->call);
    self->file = file;
}

enum async_poll async_file_size_future_poll(struct async_file_size_future *self,
                                            struct async_context *cx);

static inline void async_file_size_future_drop(struct async_file_size_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_sync(file, data_only) -----------------------------------------------------
//
// Waits until all that was written is on the disk; with data_only, not what is only needed to know
// when that was: fsync(2), fdatasync(2). 0, or the error of an earlier write.
asyncc_async int async_file_sync(struct async_file *file, bool data_only);

struct async_file_sync_future {
    struct async_file_call call;
    struct async_file *file;
    bool data_only;
    int result;
};

static inline void async_file_sync_future_init(struct async_file_sync_future *self,
                                               struct async_file *file, bool data_only)
{
    async_file_call_init_(&self->call);
    self->file = file;
    self->data_only = data_only;
}

enum async_poll async_file_sync_future_poll(struct async_file_sync_future *self,
                                            struct async_context *cx);

static inline void async_file_sync_future_drop(struct async_file_sync_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_truncate(file, size) ------------------------------------------------------
//
// Makes the file this long: cuts it, or fills it with zeroes. 0 or -errno.
asyncc_async int async_file_truncate(struct async_file *file, int64_t size);

struct async_file_truncate_future {
    struct async_file_call call;
    struct async_file *file;
    int64_t size;
    int result;
};

static inline void async_file_truncate_future_init(struct async_file_truncate_future *self,
                                                   struct async_file *file, int64_t size)
{
    async_file_call_init_(&self->call);
    self->file = file;
    self->size = size;
}

enum async_poll async_file_truncate_future_poll(struct async_file_truncate_future *self,
                                                struct async_context *cx);

static inline void async_file_truncate_future_drop(struct async_file_truncate_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

// ---- await async_file_rename(from, to), await async_file_unlink(path) ---------------------------
//
// rename(2) and unlink(2). 0 or -errno. The paths are read at the first poll only.
asyncc_async int async_file_rename(const char *from, const char *to);
asyncc_async int async_file_unlink(const char *path);

struct async_file_rename_future {
    struct async_file_call call;
    const char *from, *to;
    int result;
};

struct async_file_unlink_future {
    struct async_file_call call;
    const char *path;
    int result;
};

static inline void async_file_rename_future_init(struct async_file_rename_future *self,
                                                 const char *from, const char *to)
{
    async_file_call_init_(&self->call);
    self->from = from;
    self->to = to;
}

enum async_poll async_file_rename_future_poll(struct async_file_rename_future *self,
                                              struct async_context *cx);

static inline void async_file_rename_future_drop(struct async_file_rename_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

static inline void async_file_unlink_future_init(struct async_file_unlink_future *self,
                                                 const char *path)
{
    async_file_call_init_(&self->call);
    self->path = path;
}

enum async_poll async_file_unlink_future_poll(struct async_file_unlink_future *self,
                                              struct async_context *cx);

static inline void async_file_unlink_future_drop(struct async_file_unlink_future *self)
{
    async_blocking_job_drop(&self->call.job);
}

#endif
