// front.h - what the passes may ask the C front end.
#ifndef ASYNCC_FRONT_H
#define ASYNCC_FRONT_H

#include "asyncc.h"

struct front_options {
    const char *path; // of the main file, as the user gave it
    const char *text; // its contents
    unsigned length;
    const char *const *flags;
    unsigned flag_count;
    const char *include_directory; // of our headers
    bool asks_warnings;
    bool is_outline; // function bodies are left out
    bool is_quiet;   // where there is anything to report, parsing fails instead
};

// Parses; false when errors were reported. May be called again with a changed text.
bool front_parse(const struct front_options *options, struct unit *unit);
// Collects the invocations of the main file; front_build does, too.
void front_collect(struct unit *unit);
// Builds the tree of every function that has to do with async.
void front_build(struct unit *unit);
// What clang warns of in async functions and the C compiler could not see in the output.
void front_report_warnings(struct unit *unit);
// The files the main file includes, for a dependency file.
void front_each_include(struct unit *unit, void (*visit)(const char *path, void *data), void *data);

struct include_directive { // also one that includes nothing a second time
    const char *from, *path, *real_path;
    unsigned offset; // in `from`
    int parent;      // the index of the directive that includes `from`; -1: it is the main file
};
// Those of all files, in the order of translation. They keep their place in memory.
const struct include_directive *front_include_directives(size_t *count);
struct source *front_included(const char *path);
bool front_is_system(const char *path); // a header of the system
// Behind which offset of the main file <asyncc/async.h> is there; 0: from the start.
unsigned front_header_end(void);
// Where the main file includes it, or what includes it; 0: it is the main file.
unsigned front_source_included_at(struct source *source);

// The flags of `input` (an absolute path) in DIR/compile_commands.json, without compiler and input;
// NULL: none.
const char *const *front_database_flags(const char *database, const char *input, unsigned *count,
                                        const char **directory);

struct macro { // one definition of it
    const char *name, *text;
    unsigned start, end; // from its name to the end of its body, in the text
    bool has_parameters;
    bool is_built_in;  // it has no text
    bool is_opaque;    // of the compiler's own headers: it is never opened
    bool is_ambiguous; // the name has another definition, of another text
    // What is said of its body holds for the macros it names, too.
    bool is_tangled;  // one of them is ambiguous
    bool stringifies; // # or ## are used
    bool quotes;      // # is used
    bool counts;      // __COUNTER__ is used
    bool awaits;      // `await` or `defer` is used
    unsigned listed;  // in which list of front_macros_behind
    // probe.c: how it is defined there
    bool is_spaced, is_hidden;
};
struct token macro_body(const struct macro *m);

// The macros that names in the invocation stand for, and those their bodies name, without the ones
// that have no text; each once per list.
void front_macros_behind(const struct source *s, const struct invocation *v, unsigned list,
                         void (*visit)(struct macro *macro, void *data), void *data);
bool front_is_macro(const char *name, size_t length); // anywhere in the unit
bool front_has_future_macros(void);                   // some name has "_future" in it
// The header of ours with this text in a declaration, "f(" or "struct s {"; or NULL.
const char *front_header_of(const char *text);
// Is its body empty, a pragma, or ended by a semicolon or brace, so that what follows is another
// declaration?
bool front_macro_is_whole(const struct invocation *v);
// Where the program defines this macro, which has no parameters unless it may; false if it does
// not.
bool front_macro_place(const char *name, bool with_parameters, struct place *place);
// The opaque invocation that begins here, or NULL.
const struct range *front_opaque_at(const struct source *source, unsigned start);
// The words of the language, but not those that the program has defined itself.
void front_each_keyword(void (*visit)(const char *name, void *data), void *data);
// Does a name in this part of a header stand for a macro that may be another one later, or come to
// stand for one?
bool front_macros_may_change(struct source *source, unsigned start, unsigned end);
// index of the one around offset, or -1
int front_invocation(struct source *source, unsigned offset);

// Expansion: a second look at a changed text of the main file. Returns, for each probe offset, the
// file name that a #line directive gave the place.
bool front_probe(const struct front_options *options, const char *text, unsigned length,
                 const unsigned *offsets, unsigned count, const char **names);

// Whose types are written: where an error about one that is not declared anywhere is reported.
extern struct place type_subject;
// A declaration of `name` with this type, without a const that would forbid assigning to it.
const char *type_declare(struct type *type, const char *name);
// The same behind the declarators from `first` to `declarator`, whose names may hide a typedef's.
const char *type_declare_behind(struct type *type, const char *name, struct node *first,
                                struct node *declarator);
// What stands before the declarator: "const char" of an array of pointers to it.
const char *type_specifiers(struct type *type);
// "T *" of an object of this type, "T *" of an array of T.
const char *type_pointer_to(struct type *type);
// "T a, U b" of a function type, with the parameters' names; "void" if there are none.
const char *type_parameters(struct function *fn, const char *prefix);
const char *type_parameter_types(struct type *function, const char *first);
const char *type_parameter_declare(struct type *function, unsigned index, const char *name);
unsigned type_parameter_count(struct type *function);
struct type *type_result(struct type *function);    // NULL: void
struct type *type_function_of(struct type *callee); // looks through pointers
bool type_is_void(struct type *type);
bool type_is_scalar(struct type *type);
bool type_is_record(struct type *type);
bool type_has_const_member(struct type *type); // an object of it cannot be assigned
bool type_is_array(struct type *type);
bool type_is_variably_modified(struct type *type);       // an array's size in it is not constant
bool type_points_to(struct type *type, const char *tag); // struct TAG
bool type_is_group(struct type *type);                   // struct async_group
bool type_holds_group(struct type *type);                // it, or an array or record of them
bool type_can_be_negative(struct type *type);            // int, long or long long
bool type_is_pointer(struct type *type);
bool type_is_function_pointer(struct type *type);
bool type_is_async_pointer(struct type *type); // to a function
bool type_has_prototype(struct type *function);
bool type_is_variadic(struct type *function);
bool type_is_storable(struct type *type); // a temporary of it can be declared
bool type_same(struct type *a, struct type *b);
long long type_size(struct type *type);
long long type_align(struct type *type);
// Of the type as it is written where the local typedefs it comes by are not known.
long long type_written_align(struct type *type);
// Behind which offset of the main file everything is declared that the type needs.
unsigned type_needs(struct type *type);

// Writes t->definition, for file scope, and those of the types it needs, in t->function's list.
void type_define(struct local_type *t);

#endif
