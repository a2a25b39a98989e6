// front_clang.h - shared by the files of the front end, the only ones that see libclang.
#ifndef ASYNCC_FRONT_CLANG_H
#define ASYNCC_FRONT_CLANG_H

#include <clang-c/Index.h>

#include "front.h"

struct type {
    CXType type;
};

struct front_cursor {
    CXCursor cursor;
};

extern CXTranslationUnit front_tu;
extern struct unit *front_unit;
extern unsigned front_parses; // what was kept of the parse before this one holds no more

const char *front_text(CXString text);
unsigned front_offset(CXSourceLocation location, CXFile *file);
struct source *front_source(CXFile file);
bool front_in_main(CXFile file);
// Where the main file includes it, first; 0: it does not.
unsigned front_included_at(CXFile file);
bool front_is_our_header(CXFile file); // <asyncc/async.h>
bool front_is_ours(CXFile file);       // a header of ours
void front_note_include(CXCursor directive);
void front_collect_macros(void);
// What a macro like `#define LINE 64` stands for; 0: something else.
long long front_macro_number(const char *name, size_t length);
void front_collect_skipped(struct source *source);

// What clang has to say (front_messages.c). Most of the flags only in the one parse that is to
// warn.
const char *const *front_warning_flags(bool once, size_t *count);
bool front_has_messages(void);  // with a place in a file
bool front_report_errors(void); // false: there are some
bool front_lacks_compiler_headers(void);

struct type *type_new(CXType type);
bool type_is_async_function(CXType type);                 // looks through pointers
const char *front_declare(CXType type, const char *name); // with the qualifiers it has
// A step from what the source calls a type to what the output must write: through local typedefs
// and array elements; the same type where there is none.
CXType front_written_as(CXType type);
struct local_type *local_type_of(CXCursor declaration);
// Of the function whose body is being built: what a name means at `offset`; NULL: no local.
struct local *front_local_at(const char *name, size_t length, unsigned offset);
void front_mention_local(struct local *local, unsigned offset, unsigned length);
void front_mention_hidden(struct function *fn); // front_hidden.c
void front_note_typedef(CXCursor c);
void front_forget_types(void);
// As clang knows it, however it was written; it has no argument.
bool front_has_attribute(CXCursor declaration, const char *word);

#endif
