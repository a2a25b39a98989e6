// unix_file.h - the files that Unix sockets are bound to.
#ifndef ASYNCC_RUNTIME_UNIX_FILE_H
#define ASYNCC_RUNTIME_UNIX_FILE_H

#include <asyncc/address.h>

#pragma GCC visibility push(hidden)

struct unix_file;

// Binds a Unix socket. *out is the file that came to be, NULL for an abstract name. With `replace`,
// the file of a socket that nobody is bound to any more makes room. 0 or -errno.
int unix_bind(int fd, const struct async_address *address, int type, bool replace,
              struct unix_file **out);

// Removes the file, unless another has taken its place. NULL is allowed.
void unix_file_remove(struct unix_file *file);

#pragma GCC visibility pop
#endif
