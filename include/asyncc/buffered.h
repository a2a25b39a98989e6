// buffered.h - reading and writing streams through a buffer: lines, records, many small writes.
//
//     #include <asyncc/buffered.h>
//     #include <asyncc/async.h>
//
//     // Answers each line with its length.
//     static async int measure_lines(struct async_stream *stream)
//     {
//         struct async_reader in;
//         struct async_writer out;
//         async_reader_init(&in, stream);
//         defer async_reader_fini(&in);
//         async_writer_init(&out, stream);
//         defer async_writer_fini(&out);
//         async_reader_tie(&in, &out);           // what is answered is sent before `in` waits
//         for (;;) {
//             char *line;
//             ssize_t n = await async_reader_line(&in, 1000, &line);
//             if (n < 0)
//                 return n == -ENODATA ? 0 : (int)n;
//             int rc = await async_writer_reserve(&out, 32);
//             if (rc < 0)
//                 return rc;
//             (void)async_writer_printf(&out, "%zd\n", n);
//         }
//     }
//
// Buffers: by default 16 KiB that the thread's executor lends, and which it gets back when nothing
// is in them. A reader that waits for bytes and has none holds no buffer, and neither does a writer
// that is empty, so an idle connection costs the two structs only. Lent buffers are allocated when
// none is free (then -ENOMEM is possible); nothing else here allocates. Or the buffer is yours, of
// any size: async_reader_init_buffer, async_writer_init_buffer.
//
// With io_uring, the kernel goes on receiving from a TCP connection when a reader that borrows its
// buffers has waited on it, so that bytes are there when they are asked for. What comes while
// nobody waits is for the next read, be it of a reader or of stream.h, and keeps its buffer until
// then. A peer that sends faster than it is read from is received from no further: as long as
// nobody reads, its connection holds two buffers, or what its socket had when it was received from.
//
// Errors are -errno, the stream's. What was in the buffer when one occurred is still there.
//
// Readers and writers are for the thread of their stream, and for one operation at a time each.
// While there is one, they and a buffer of yours stay where they are. Finish them (_fini) while
// nothing waits for them, before or after the stream is closed, and before the executor is.
#ifndef ASYNCC_BUFFERED_H
#define ASYNCC_BUFFERED_H

#include <asyncc/stream.h>
#include <assert.h>
#include <errno.h>
#include <stdint.h>
// async.h comes last: its keywords are macros.
#include <asyncc/async.h>

struct async_writer {
    struct async_stream *stream;
    char *buffer;  // NULL: none is held
    char *at;      // what is not sent yet: in the buffer
    size_t size;   // of it. May be looked at
    size_t room;   // bytes that the buffer has, or would have. May be looked at
    uint64_t done; // bytes that the last async_writer_write has taken. May be looked at
    bool given;    // the buffer is the user's
    const struct async_op *busy; // that of the operation which waits; NULL: none does
};

struct async_reader {
    char *at;    // the bytes that have arrived and are not consumed. May be looked at and changed
    size_t size; // how many. May be looked at
    struct async_stream *stream;
    struct async_writer *tied;   // is flushed before the reader waits; NULL: nobody
    char *buffer;                // NULL: none is held
    size_t room;                 // bytes that the buffer has, or would have. May be looked at
    uint64_t done;               // bytes that the last operation has taken. May be looked at
    bool given;                  // the buffer is the user's
    const struct async_op *busy; // that of the operation which waits; NULL: none does
};

// ---- Readers ------------------------------------------------------------------------------------
//
// Bytes arrive in the reader's buffer and stay there, from `reader.at` on, until they are consumed:
// by async_reader_consume, or by the operations that say so. Every operation here is cancel-safe in
// the sense that no byte is lost: what a dropped one has read is in the reader, but for what it had
// handed over already, which it says.

// A reader that borrows its buffer when bytes arrive.
void async_reader_init(struct async_reader *reader, struct async_stream *stream);

// A reader that has this buffer of at least 1 byte.
void async_reader_init_buffer(struct async_reader *reader, struct async_stream *stream,
                              void *buffer, size_t size);

// Gives the buffer back. What is in it is lost. The stream stays open.
void async_reader_fini(struct async_reader *reader);

// From now on the reader flushes the writer before it asks its stream for more bytes, so that a
// peer gets all its answers before it is waited for, and many of them at once when it sent many
// requests at once. Operations of the reader return the writer's error then, and both count as in
// use. NULL ends that.
static inline void async_reader_tie(struct async_reader *reader, struct async_writer *writer)
{
    assert(!reader->busy && "an operation that waits may be flushing the other one");
    reader->tied = writer;
}

// Takes n bytes, at most reader->size, off the front, while no operation waits. They may be looked
// at until the next one on the reader begins.
static inline void async_reader_consume(struct async_reader *reader, size_t n)
{
    assert(n <= reader->size && "only what has arrived is consumed");
    if (n == 0) // for `at` may be NULL
        return;
    assert(!reader->busy && "what an operation waits with is not consumed");
    reader->at += n;
    reader->size -= n;
}

// What all operations of readers have.
struct async_reader_operation {
    struct async_op op;
    struct async_reader *reader;
};

static inline void async_reader_operation_init_(struct async_reader_operation *self,
                                                struct async_reader *reader)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->reader = reader;
}

// A dropped one leaves what it has read in the reader.
void async_reader_operation_drop_(struct async_reader_operation *self);

// ---- await async_reader_fill(&reader) -----------------------------------------------------------
//
// Waits until there are bytes. Returns reader.size, the number of bytes at reader.at, at once if
// there are some already; 0 at the end of the stream; or -errno. Consumes nothing.
asyncc_async ssize_t async_reader_fill(struct async_reader *reader);

struct async_reader_fill_future {
    struct async_reader_operation operation;
    ssize_t result;
};

static inline void async_reader_fill_future_init(struct async_reader_fill_future *self,
                                                 struct async_reader *reader)
{
    async_reader_operation_init_(&self->operation, reader);
}

enum async_poll async_reader_fill_future_poll(struct async_reader_fill_future *self,
                                              struct async_context *cx);

static inline void async_reader_fill_future_drop(struct async_reader_fill_future *self)
{
    async_reader_operation_drop_(&self->operation);
}

// ---- await async_reader_peek(&reader, n) --------------------------------------------------------
//
// Waits until there are at least n bytes, in one piece. Returns reader.size then: n or more, or
// fewer at the end of the stream; -EMSGSIZE if the buffer is smaller than n; or -errno. Consumes
// nothing. `async_reader_peek(&reader, reader.size + 1)` waits for more than there is.
asyncc_async ssize_t async_reader_peek(struct async_reader *reader, size_t n);

struct async_reader_peek_future {
    struct async_reader_operation operation;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_reader_peek_future_init(struct async_reader_peek_future *self,
                                                 struct async_reader *reader, size_t n)
{
    async_reader_operation_init_(&self->operation, reader);
    self->n = n;
}

enum async_poll async_reader_peek_future_poll(struct async_reader_peek_future *self,
                                              struct async_context *cx);

static inline void async_reader_peek_future_drop(struct async_reader_peek_future *self)
{
    async_reader_operation_drop_(&self->operation);
}

// ---- await async_reader_read(&reader, buf, n) ---------------------------------------------------
//
// Waits for bytes, and consumes at most n of them into buf. Returns how many (at least 1 unless n
// is 0), 0 at the end of the stream, or -errno. If there are none yet and n is not less than the
// reader's buffer, they are read into buf directly. Cancel-safe: a dropped read has consumed
// nothing.
asyncc_async ssize_t async_reader_read(struct async_reader *reader, void *buf, size_t n);

struct async_reader_read_future {
    struct async_reader_operation operation;
    void *buf;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_reader_read_future_init(struct async_reader_read_future *self,
                                                 struct async_reader *reader, void *buf, size_t n)
{
    async_reader_operation_init_(&self->operation, reader);
    self->buf = buf;
    self->n = n;
}

enum async_poll async_reader_read_future_poll(struct async_reader_read_future *self,
                                              struct async_context *cx);

static inline void async_reader_read_future_drop(struct async_reader_read_future *self)
{
    async_reader_operation_drop_(&self->operation);
}

// ---- await async_reader_read_exact(&reader, buf, n) ---------------------------------------------
//
// Consumes n bytes into buf. Returns n, -ENODATA if the stream ends before, or -errno. n that fit
// into the reader's buffer are consumed together: when it fails or is dropped, they are all still
// in the reader. Of more than that, reader.done bytes are in buf then, and the others come next.
asyncc_async ssize_t async_reader_read_exact(struct async_reader *reader, void *buf, size_t n);

struct async_reader_read_exact_future {
    struct async_reader_operation operation;
    void *buf;
    bool begun;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_reader_read_exact_future_init(struct async_reader_read_exact_future *self,
                                                       struct async_reader *reader, void *buf,
                                                       size_t n)
{
    async_reader_operation_init_(&self->operation, reader);
    self->buf = buf;
    self->n = n;
    self->begun = false;
}

enum async_poll async_reader_read_exact_future_poll(struct async_reader_read_exact_future *self,
                                                    struct async_context *cx);

static inline void async_reader_read_exact_future_drop(struct async_reader_read_exact_future *self)
{
    if (!self->begun)
        self->operation.reader->done = 0;
    async_reader_operation_drop_(&self->operation);
}

// ---- await async_reader_until(&reader, delimiter, limit, &at) -----------------------------------
//
// Consumes the bytes up to and with the next `delimiter`, a string ("\n", "\r\n\r\n"; "" is the
// byte 0). Returns how many, and where they are in *at, in one piece, until the next operation on
// the reader begins. At the end of the stream: what is left, without a delimiter, or 0. -EMSGSIZE:
// there is none in the first `limit` bytes, or in as many as the buffer has room for; nothing was
// consumed: go on with async_reader_consume, or give up. Or -errno. The limit counts the delimiter;
// SIZE_MAX is none but the buffer. The delimiter must stay. Cancel-safe: a dropped one has consumed
// nothing.
asyncc_async ssize_t async_reader_until(struct async_reader *reader, const char *delimiter,
                                        size_t limit, char **at);

struct async_reader_until_future {
    struct async_reader_operation operation;
    const char *delimiter;
    size_t searched; // bytes in which no delimiter begins
    char **at;
    union {
        size_t limit; // until done
        ssize_t result;
    };
};

static inline void async_reader_until_future_init(struct async_reader_until_future *self,
                                                  struct async_reader *reader,
                                                  const char *delimiter, size_t limit, char **at)
{
    async_reader_operation_init_(&self->operation, reader);
    self->delimiter = delimiter;
    self->searched = 0;
    self->at = at;
    self->limit = limit;
}

enum async_poll async_reader_until_future_poll(struct async_reader_until_future *self,
                                               struct async_context *cx);

static inline void async_reader_until_future_drop(struct async_reader_until_future *self)
{
    async_reader_operation_drop_(&self->operation);
}

// ---- await async_reader_line(&reader, limit, &line) ---------------------------------------------
//
// Consumes a line, which ends in "\n" or "\r\n". Returns its length without these, and where it is
// in *line, with a zero behind it, until the next operation on the reader begins. The last line of
// the stream may lack its end. -ENODATA: the stream has ended. -EMSGSIZE: the line is longer than
// `limit`, or with its end, or the zero, than the buffer; nothing was consumed: go on with
// async_reader_consume, or give up. Or -errno. A line may hold zeros of its own. SIZE_MAX is no
// limit but the buffer. Cancel-safe: a dropped one has consumed nothing.
asyncc_async ssize_t async_reader_line(struct async_reader *reader, size_t limit, char **line);

struct async_reader_line_future {
    struct async_reader_until_future until;
    size_t limit;
    ssize_t result;
};

static inline void async_reader_line_future_init(struct async_reader_line_future *self,
                                                 struct async_reader *reader, size_t limit,
                                                 char **line)
{
    size_t whole = limit < SIZE_MAX - 2 ? limit + 2 : SIZE_MAX;
    async_reader_until_future_init(&self->until, reader, "\n", whole, line);
    self->limit = limit;
}

enum async_poll async_reader_line_future_poll(struct async_reader_line_future *self,
                                              struct async_context *cx);

static inline void async_reader_line_future_drop(struct async_reader_line_future *self)
{
    async_reader_until_future_drop(&self->until);
}

// ---- await async_reader_skip(&reader, n) --------------------------------------------------------
//
// Consumes n bytes and forgets them. Returns 0, -ENODATA if the stream ends before, or -errno. When
// it fails or is dropped, reader.done of them are gone.
asyncc_async int async_reader_skip(struct async_reader *reader, uint64_t n);

struct async_reader_skip_future {
    struct async_reader_operation operation;
    uint64_t n;
    bool begun;
    int result;
};

static inline void async_reader_skip_future_init(struct async_reader_skip_future *self,
                                                 struct async_reader *reader, uint64_t n)
{
    async_reader_operation_init_(&self->operation, reader);
    self->n = n;
    self->begun = false;
}

enum async_poll async_reader_skip_future_poll(struct async_reader_skip_future *self,
                                              struct async_context *cx);

static inline void async_reader_skip_future_drop(struct async_reader_skip_future *self)
{
    if (!self->begun)
        self->operation.reader->done = 0;
    async_reader_operation_drop_(&self->operation);
}

// ---- Writers ------------------------------------------------------------------------------------
//
// What is written is kept in the buffer until that is full, or until the writer is flushed. Writers
// do not flush by themselves: async_writer_fini forgets what was not.

// A writer that borrows its buffer when something is written.
void async_writer_init(struct async_writer *writer, struct async_stream *stream);

// A writer that has this buffer of at least 1 byte.
void async_writer_init_buffer(struct async_writer *writer, struct async_stream *stream,
                              void *buffer, size_t size);

// Gives the buffer back. What is in it is lost. The stream stays open.
void async_writer_fini(struct async_writer *writer);

// Adds n bytes if they fit into what is left of the buffer. 0; -ENOBUFS, and then nothing was added
// (await async_writer_reserve before); or -ENOMEM.
int async_writer_put(struct async_writer *writer, const void *bytes, size_t n);

// Adds text in the same way, without its zero; while it is made it takes a byte more. Returns its
// length, -ENOBUFS, -ENOMEM, or -EINVAL (what printf does not take).
int async_writer_printf(struct async_writer *writer, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

// Where the room is that async_writer_reserve has made, up to writer.room - writer.size bytes,
// until the next operation. What is stored there by other means counts once it is added.
static inline char *async_writer_space(struct async_writer *writer)
{
    return writer->at + writer->size;
}

static inline void async_writer_add(struct async_writer *writer, size_t n)
{
    assert(n <= writer->room - writer->size && "there is room for what is added");
    writer->size += n;
}

// What all operations of writers have.
struct async_writer_operation {
    struct async_op op;
    struct async_writer *writer;
};

static inline void async_writer_operation_init_(struct async_writer_operation *self,
                                                struct async_writer *writer)
{
    async_op_init_(&self->op, NULL, NULL, 0);
    self->writer = writer;
}

// A dropped one leaves what was not sent in the writer.
void async_writer_operation_drop_(struct async_writer_operation *self);

// ---- await async_writer_flush(&writer) ----------------------------------------------------------
//
// Sends what is in the buffer, and gives it back. Returns 0, or -EPIPE, -ECONNRESET, ..., and then
// the writer keeps what was not sent. Cancel-safe: a dropped flush has sent a part; the next one
// goes on with the rest.
asyncc_async int async_writer_flush(struct async_writer *writer);

struct async_writer_flush_future {
    struct async_writer_operation operation;
    int result;
};

static inline void async_writer_flush_future_init(struct async_writer_flush_future *self,
                                                  struct async_writer *writer)
{
    async_writer_operation_init_(&self->operation, writer);
}

enum async_poll async_writer_flush_future_poll(struct async_writer_flush_future *self,
                                               struct async_context *cx);

static inline void async_writer_flush_future_drop(struct async_writer_flush_future *self)
{
    async_writer_operation_drop_(&self->operation);
}

// ---- await async_writer_reserve(&writer, n) -----------------------------------------------------
//
// Makes room for n bytes, by flushing if there is none: puts and prints of that size succeed then,
// and async_writer_space is where it is. Returns 0, -EMSGSIZE if the buffer is smaller than n,
// -ENOMEM, or the error of the flush. Cancel-safe as a flush is.
asyncc_async int async_writer_reserve(struct async_writer *writer, size_t n);

struct async_writer_reserve_future {
    struct async_writer_operation operation;
    size_t n;
    int result;
};

static inline void async_writer_reserve_future_init(struct async_writer_reserve_future *self,
                                                    struct async_writer *writer, size_t n)
{
    async_writer_operation_init_(&self->operation, writer);
    self->n = n;
}

enum async_poll async_writer_reserve_future_poll(struct async_writer_reserve_future *self,
                                                 struct async_context *cx);

static inline void async_writer_reserve_future_drop(struct async_writer_reserve_future *self)
{
    async_writer_operation_drop_(&self->operation);
}

// ---- await async_writer_write(&writer, buf, n) --------------------------------------------------
//
// Writes all n bytes: into the buffer if they fit, and otherwise through it, in one system call
// with what is in it already; bytes that fill a buffer by themselves are not copied. Returns n, or
// -errno. When it fails or is dropped, the writer has taken writer.done of them; the others are not
// written.
asyncc_async ssize_t async_writer_write(struct async_writer *writer, const void *buf, size_t n);

struct async_writer_write_future {
    struct async_writer_operation operation;
    const char *buf;
    struct iovec parts[2]; // of the system call: what is in the buffer, and what is not
    bool begun;
    union {
        size_t n; // until done
        ssize_t result;
    };
};

static inline void async_writer_write_future_init(struct async_writer_write_future *self,
                                                  struct async_writer *writer, const void *buf,
                                                  size_t n)
{
    async_writer_operation_init_(&self->operation, writer);
    self->buf = (const char *)buf;
    self->n = n;
    self->begun = false;
}

enum async_poll async_writer_write_future_poll(struct async_writer_write_future *self,
                                               struct async_context *cx);
void async_writer_write_future_drop(struct async_writer_write_future *self);

// ---- await async_reader_copy(&reader, stream) ---------------------------------------------------
//
// Consumes everything up to the end of the reader's stream, and writes it to `stream`, from what is
// in the reader already on. Returns how many bytes, or -errno of either side. While it waits for
// bytes it holds no buffer. reader.done is the count so far, for others to look at meanwhile, and
// after it failed or was dropped: what was read and not written is in the reader, and another copy
// goes on. Shutting `stream` down behind the last byte is left to you.
asyncc_async int64_t async_reader_copy(struct async_reader *reader, struct async_stream *stream);

struct async_reader_copy_future {
    struct async_reader_operation operation;
    struct async_stream *stream;
    bool begun;
    int64_t result;
};

static inline void async_reader_copy_future_init(struct async_reader_copy_future *self,
                                                 struct async_reader *reader,
                                                 struct async_stream *stream)
{
    async_reader_operation_init_(&self->operation, reader);
    self->stream = stream;
    self->begun = false;
}

enum async_poll async_reader_copy_future_poll(struct async_reader_copy_future *self,
                                              struct async_context *cx);
void async_reader_copy_future_drop(struct async_reader_copy_future *self);

// ---- await async_copy(from, to) -----------------------------------------------------------------
//
// The same with a reader of its own. NOT cancel-safe in one respect: a dropped copy may have read
// up to 16 KiB that it has not written. Both directions of a connection are two of them at once:
//
//     await async_join(up = async_copy(client, server), down = async_copy(server, client));
//
// but each direction should shut the other side down when it ends: see examples/socks5_proxy.c.
asyncc_async int64_t async_copy(struct async_stream *from, struct async_stream *to);

struct async_copy_future {
    struct async_reader_copy_future copy;
    struct async_reader reader;
    int64_t result;
};

static inline void async_copy_future_init(struct async_copy_future *self, struct async_stream *from,
                                          struct async_stream *to)
{
    async_reader_init(&self->reader, from);
    async_reader_copy_future_init(&self->copy, &self->reader, to);
}

enum async_poll async_copy_future_poll(struct async_copy_future *self, struct async_context *cx);

static inline void async_copy_future_drop(struct async_copy_future *self)
{
    self->copy.operation.reader = &self->reader; // it may have moved before its first poll
    async_reader_copy_future_drop(&self->copy);
    async_reader_fini(&self->reader);
}

#endif
