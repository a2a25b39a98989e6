// front_clang.h - shared by the files of the front end, the only ones that see libclang.
#ifndef ASYNCC_FRONT_CLANG_H
#define ASYNCC_FRONT_CLANG_H

#include <clang-c/Index.h>

#include "front.h"

struct type {
    CXType type;
};

// A type declared inside an async function that its future needs: moved in front of the future.
struct local_type {
    CXCursor cursor;
    struct function *function;
    const char *name;  // "" for an unnamed one
    const char *moved; // its name at file scope
    unsigned start, end; // of the declaration
    unsigned name_at;    // of the tag, or of the opening brace
    bool hoisted;
    struct local_type *next;
};

extern CXTranslationUnit front_tu;
extern struct unit *front_unit;

const char *front_text(CXString text);
unsigned front_offset(CXSourceLocation location, CXFile *file);
struct source *front_source(CXFile file);
bool front_in_main(CXFile file);
int front_invocation(struct source *source, unsigned offset);
void front_collect_macros(void);
void front_collect_skipped(struct source *source);

struct type *type_new(CXType type);
bool type_is_async_function(CXType type); // looks through pointers
struct local_type *local_type_of(CXCursor declaration);

#endif
