// asyncc.h - what the passes share. The order of the passes is in main.c.
//
//   front.c    file + flags -> our own tree of functions; only front_*.c see libclang
//   inline.c   included fragments that define async functions -> part of the file
//   expand.c   macros that hide what must be rewritten -> their text; probe.c: what that is
//   check.c    the rules of the language; the last pass that reports to the user
//   place.c    where in the file futures and functions are written
//   warn.c     what is allowed but seldom meant; unset.c: what a form may leave without a value
//   lower.c    each await becomes a statement of its own; loops and defers made explicit
//   flow.c     what lives across which suspension point
//   layout.c   the future's fields, and which of them share bytes
//   emit.c     C text of a body; assemble.c: of the file around it; trace.c: tables for async_dump
//   report.c   --emit=layout
#ifndef ASYNCC_COMPILER_H
#define ASYNCC_COMPILER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ASYNCC_VERSION "0.1.0"

// ---- memory.c: one arena for the run; nothing is freed before the end -----------------------

void *mem_alloc(size_t size); // zeroed; never NULL: running out is fatal, with a message
void *mem_grow(void *old, size_t old_size, size_t new_size);
char *mem_text(const char *start, size_t length);
// Like qsort, and what is equal keeps its order, so that the output is the same with every C
// library.
void mem_sort(void *at, size_t count, size_t size, int (*compare)(const void *, const void *));
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
// In `small`, or in memory of its own if there is no room for it there.
const char *mem_format_in(char *small, size_t room, size_t *length, const char *format,
                          va_list list) __attribute__((format(printf, 4, 0)));

// A growable array: `struct vec(int) v = {0}; VEC_PUSH(&v, 3); v.at[0]`.
#define vec(T)                  \
    {                           \
        T *at;                  \
        size_t count, capacity; \
    }
#define VEC_PUSH(v, item)                                                                     \
    do {                                                                                      \
        if ((v)->count == (v)->capacity) {                                                    \
            size_t grown_ = (v)->capacity ? (v)->capacity * 2 : 8;                            \
            (v)->at =                                                                         \
                mem_grow((v)->at, (v)->capacity * sizeof *(v)->at, grown_ * sizeof *(v)->at); \
            (v)->capacity = grown_;                                                           \
        }                                                                                     \
        (v)->at[(v)->count++] = (item);                                                       \
    } while (0)

// From text to anything. `*table_at(&t, key)` is NULL until it is set.
struct table {
    struct table_entry **buckets;
    size_t bucket_count, count;
};
void **table_at(struct table *table, const char *key);

struct buffer {
    char *text;
    size_t length, capacity;
};

void put(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_text(struct buffer *b, const char *text, size_t length);
// The text of a string literal or a file name in a #line directive.
void put_escaped(struct buffer *b, const char *text);

// ---- lex.c: just enough of C's lexical grammar to edit text safely --------------------------

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_PUNCTUATION,
    TOKEN_DIRECTIVE
};

struct token {
    enum token_kind kind;
    unsigned start, end;
};

// The first token at or after `at`; comments and white space are skipped. A preprocessing directive
// (a `#` that begins a line, to the end of that line) is one token.
struct token lex_next(const char *text, unsigned at, unsigned limit);
bool token_is(const char *text, struct token token, const char *spelling);
unsigned lex_start(const char *text, unsigned length); // behind the byte order mark
// The end of the bracketed group that opens at `open`; `limit` when it never closes.
unsigned lex_group_end(const char *text, unsigned open, unsigned limit);
bool lex_is_keyword(const char *text, struct token name);
bool lex_is_conditional(const char *text, struct token directive); // #if, #else, #endif, ...
void lex_blank(char *text, unsigned start, unsigned end);          // but line ends stay
// Digraphs and trigraphs of braces and # become what they stand for, followed by blanks; a carriage
// return alone becomes a newline. The length stays.
void lex_normalize(char *text, unsigned length);
// The end of the name at `at`, which may hold \u00e9 and continue on the next line.
unsigned lex_name_end(const char *text, unsigned at, unsigned limit);
// Where a declarator's value would stand, after its attributes, which the tree leaves out: before
// the comma or semicolon that follows `at`.
unsigned lex_declarator_end(const char *text, unsigned at, unsigned limit);
unsigned lex_skip_blank(const char *text, unsigned at, unsigned limit);
bool is_name_byte(char c);

// ---- Sources --------------------------------------------------------------------------------

struct invocation { // of a macro, outermost
    unsigned start, end;
    const char *name;
    const struct macro *macro; // NULL: built in
    unsigned order;            // among all definitions and invocations
    bool has_arguments;        // written NAME(...)
    bool plain_value;          // object-like, and its body is one token or one parenthesised group
    // Of this macro, and those its body names:
    bool stringifies;  // # or ## are used
    bool quotes;       // # is used
    bool counts;       // __COUNTER__ is used
    bool awaits;       // `await` or `defer` is used
    bool is_tangled;   // one has had several definitions
    bool unbalanced;   // it opens or closes brackets that others close or opened
    int braces;        // how many more it opens than it closes
    bool names_hidden; // its body names a local where there is no node for it
    bool expand;       // set by expand.c: must be replaced by its text
};

struct range {
    unsigned start, end;
};

struct keyword { // an `async`
    unsigned offset;
    bool declares; // a function
};

struct expansion {                         // a macro that expand.c replaced by its text
    unsigned start, end;                   // in the text as it is now
    unsigned original_start, original_end; // as the user wrote it
};

struct source {
    const char *path; // as the user gave or included it
    char *text;
    const char *raw; // with the conditionals in async functions; NULL: there are none
    unsigned length;
    bool is_main;
    struct vec(struct invocation) invocations; // sorted by start, disjoint
    // Invocations of macros of the compiler's own headers, as in <stdatomic.h>: another compiler
    // has others. They are never opened, and count as calls. Sorted.
    struct vec(struct range) opaque;
    struct vec(struct keyword) keywords; // of the main file, sorted
    struct vec(struct range) skipped;    // by #if
    struct vec(unsigned) lines;          // offset of each line's start
    const char *plain_path;  // of presumed_line: of all lines, if no directive says otherwise
    unsigned lines_of;       // the parse plain_path was found in
    struct source *original; // before expand.c changed the text; NULL: unchanged
    struct vec(struct expansion) expansions; // sorted
};

struct place {
    struct source *source;
    unsigned offset;
};

// in the text of an expanded macro?
bool source_is_expanded(struct source *source, unsigned offset);
struct keyword *source_keyword(struct source *source, unsigned offset); // or NULL
unsigned source_line(struct source *source, unsigned offset);           // 1-based, physical
// As #line directives say: the user's file and line.
unsigned presumed_line(struct source *source, unsigned offset, const char **file);

// ---- diag.c ---------------------------------------------------------------------------------

enum severity {
    SEVERITY_NOTE,
    SEVERITY_WARNING,
    SEVERITY_ERROR
};

struct diagnostics_options {
    bool json, color, warnings_are_errors;
    unsigned error_limit;
};
extern struct diagnostics_options diagnostics_options;
extern unsigned error_count;

// `code` is "E..." for an error, a switch name for a warning. The hint says what to do instead.
void error_at(struct place at, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void warning_at(struct place at, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void note_at(struct place at, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
// One the front end made, with a location of its own.
void report_foreign(enum severity severity, const char *file, unsigned line, unsigned column,
                    const char *source_text, const char *message, const char *code);
void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void internal_fault(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void libclang_fault(const char *path) __attribute__((noreturn)); // it crashed, not we
void disable_warning(const char *name);
void flush_diagnostics(void); // prints what was collected, in the order of the source
bool is_warning(const char *name);
int explain_code(const char *code);
const char *repair_of(const char *code); // the one-line way out, or NULL

// ---- The tree -------------------------------------------------------------------------------

enum node_kind {
    // expressions
    NODE_VALUE, // anything we need not look into: literals, offsetof, va_arg ...
    NODE_REF,   // a variable or function by name
    NODE_PAREN,
    NODE_UNARY,
    NODE_BINARY,
    NODE_ASSIGN, // = and op=
    NODE_CONDITIONAL,
    NODE_CALL, // first child: what is called
    NODE_MEMBER,
    NODE_SUBSCRIPT,
    NODE_CAST,
    NODE_COMPOUND_LITERAL,
    NODE_INIT_LIST,
    NODE_DESIGNATED, // in an initialiser list; the value is the last child
    NODE_STATEMENT_EXPRESSION,
    NODE_GENERIC,
    NODE_UNEVALUATED, // sizeof, _Alignof
    NODE_LABEL_ADDRESS,
    NODE_AWAIT,
    NODE_FORM,     // async_join, async_select, ...: children are operands
    NODE_BLOCK_ON, // async_block_on(CALL)
    NODE_BOUND,    // of an array, where a variable or a type declares one
    // statements
    NODE_BLOCK,
    NODE_DECLARATIONS, // children: NODE_VARIABLE, NODE_TYPE, NODE_PROTOTYPE
    NODE_VARIABLE,     // children: bounds; the initialiser, if any, which is part[0], too
    NODE_TYPE,         // children: bounds
    NODE_PROTOTYPE,
    NODE_IF,
    NODE_WHILE,
    NODE_DO,
    NODE_FOR,
    NODE_SWITCH,
    NODE_CASE, // case and default
    NODE_LABEL,
    NODE_GOTO,
    NODE_COMPUTED_GOTO,
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_RETURN,
    NODE_DEFER,
    NODE_EMPTY,
    NODE_ASM,
    NODE_OTHER, // any other statement
};

enum form_kind {
    FORM_JOIN,
    FORM_SELECT,
    FORM_TIMEOUT,
    FORM_SPAWN,
    FORM_GROUP_SPAWN
};

enum operator_kind {
    OP_OTHER,
    OP_COMMA,
    OP_AND,
    OP_OR,
    OP_SHIFT,
    OP_ADDRESS,
    OP_DEREFERENCE,
    OP_STEP,              // ++ and --
    OP_SHORT_CONDITIONAL, // NODE_CONDITIONAL: x ?: y
};

struct type; // opaque outside front.c
struct local;
struct function;
struct await;

struct node {
    enum node_kind kind;
    unsigned start, end; // in the function's source; the whole invocation where a macro made it
    unsigned at;         // where its own first token is: inside an invocation's arguments, say
    int invocation;      // index into source->invocations, or -1
    struct node *parent, *first, *last, *next;
    struct type *type;       // of the value, after implicit conversions; NULL for statements
    struct type *own_type;   // before them
    struct local *local;     // NODE_REF, NODE_VARIABLE
    struct local *locals;    // scopes: what is declared directly in them
    struct deferred *defers; // NODE_BLOCK: its defers, the last one first
    struct function *callee; // NODE_REF to an async function
    const char *name;        // NODE_LABEL, NODE_GOTO, NODE_MEMBER
    enum operator_kind op;
    enum form_kind form;
    bool converted;     // implicitly: it is a value, no longer the object
    bool is_async_call; // NODE_CALL of an async function or pointer
    bool compound;      // NODE_ASSIGN: op=
    bool arrow;         // NODE_MEMBER: ->
    bool has_await;     // here or below
    // below: what keeps it from being copied
    bool has_defer, has_jump, has_label, has_form, has_variable;
    bool global, constant_ref; // NODE_REF: to a global variable; to a function or enumerator
    bool hidden;               // NODE_REF: its local is named in the body of a macro
    bool undeclared;           // NODE_REF: to a function only this call declares, as in C89
    bool is_default;           // NODE_CASE
    bool split;                // NODE_DECLARATIONS: cannot be copied as written
    // NODE_FOR: init, condition, increment, body; NODE_IF: condition, then, else;
    struct node *part[4];
    // NODE_WHILE, NODE_DO, NODE_SWITCH: condition, body; NODE_CASE, NODE_LABEL: statement
    struct await *await; // NODE_AWAIT, after lower
    unsigned effects;    // lower.c: memo of enum effect
    bool foreign;        // of another file
    bool made_up;        // by the front end: nothing of it was written
    bool needs_order;    // lower.c: C leaves the order of its operands open, and they care
    bool needs_place;    // lower.c: a struct that is no object, and an array in it is pointed to
};

enum access {
    ACCESS_READ = 1,
    ACCESS_WRITE = 2
};

struct local {
    const char *name;
    // of the C local in the output: another name where it shadows, or is shadowed by, one
    const char *spelling;
    struct function *function;
    struct node *declaration; // NODE_VARIABLE; NULL for a parameter or temporary
    struct node *scope;       // the block, for, or switch it lives in; NULL: the whole function
    struct type *type;
    unsigned alignment_at; // of one whose value at file scope is not known; 0: it is
    const char *alignment; // its _Alignas or aligned attribute, as text; NULL: its type's
    long long align;
    struct local *next_in_scope;
    unsigned offset; // of its name in the source
    bool mentioned;
    bool named_by_macro; // in the body of one that stays: its name must stay, too
    bool is_parameter, is_temporary;
    bool is_literal; // an unnamed object: a compound literal whose address is taken
    bool is_static;  // stays what it is
    bool is_scalar, is_const, is_volatile, is_variable_length, is_va_list, is_jmp_buf;
    // A struct async_group of an async function: opened where it is declared; `cleanup` closes it.
    bool is_group;
    bool escapes;         // its address is taken, or an array of it decays
    bool in_own_value;    // expand.c: its initialiser awaits and names it: it must be there before
    bool in_own_size;     // expand.c: the same, but only in sizeof
    bool written;         // assigned after its initialisation
    int hidden_attribute; // 1 + index of the invocation that holds an attribute; 0: none
    const char *cleanup;  // function of __attribute__((cleanup(..))), or NULL
    struct node *escape;  // the node that takes its address
    // lower.c
    unsigned first_point, last_point; // awaits in its scope: first_point < index <= last_point
    // flow.c
    bool everywhere;   // occupies its field at every await
    bool in_frame;     // all accesses go to self->field
    bool saved;        // a C local, stored when its function suspends
    bool initial_zero; // saved but declared without a value
    // indices of awaits it occupies its field at, ascending; 0 is the start
    struct vec(unsigned) points;
    // in the future from its first write on: for what must not share bytes with it; 0: none
    unsigned own_point;
    struct local *met; // memo
    struct await *saved_why;
    // layout.c
    const char *field;
};

// A place in a function's text where a name must be replaced, in the order of the source.
struct mention {
    unsigned offset, end;
    struct local *local;       // replaced by self->field when in the frame
    struct function *function; // replaced by &f_future_type
    // of a compound literal kept in local
    enum {
        MENTION_NAME,
        LITERAL_ADDRESS,
        LITERAL_ARRAY,
        LITERAL_END
    } literal;
    const char *text; // else: replaced by this
    const bool *when; // if this holds; NULL: always
    unsigned access;  // of local
};

// The index of the first one at or behind `offset`.
size_t first_mention(struct function *fn, unsigned offset);

enum {
    ASYNC_LINK_LIMIT = 255, // link bytes that name a parent
    ASYNC_BLOCK_ALIGN = 16  // of frames in the arena, unless asked for more (future.h)
};

enum callee_storage {
    STORAGE_EMBEDDED, // in the caller's future
    STORAGE_FRAME,    // in the frame arena, type known in this file
    STORAGE_OPAQUE    // in the frame arena, through its descriptor
};

struct piece { // of text: a range of the source, a literal, a local, the result of an await
    enum {
        PIECE_SOURCE,
        PIECE_TEXT,
        PIECE_LOCAL,
        PIECE_RESULT,
        PIECE_ROPE
    } kind;
    const struct rope *rope; // PIECE_ROPE: a long one is shared, not copied
    unsigned start, end;
    const char *text;
    struct local *local;
    struct await *await;
};

struct rope {
    struct vec(struct piece) pieces;
};

struct await;

struct operand { // one call: of an await, or of a form
    struct node *call;
    struct function *callee; // NULL: through a pointer
    enum callee_storage storage;
    struct rope arguments; // "a, b"
    struct rope pointer;   // what a pointer call goes through
    struct rope target;    // form operands: the lvalue, empty if none
    struct type *result;   // NULL: void
    struct type *function_type;
    struct await *await;
    struct function *caller;
    const char *slot; // name of its member in the future
    unsigned link;    // n of the link byte; 0: polled as if by foreign code
    bool generated;   // by asyncc, in this file
    bool deep;        // form operands: keeps an innermost frame of its own
};

struct await {
    unsigned index;           // 1.., the state's number
    const char *timer, *left; // members of a timeout and of a join
    struct node *node;
    unsigned line;
    const char *state; // name in the enum
    bool is_form;
    enum form_kind form;
    struct rope timeout;
    bool discarded; // nothing uses its value
    struct vec(struct operand) operands;
    struct local *result; // where a form's index or an arena callee's result goes; NULL: none
    struct vec(struct local *) saves; // flow.c: locals stored on suspension, reloaded on resumption
    // flow.c: later awaits whose arguments read the result where it is
    struct vec(unsigned) read_at;
    struct deferred *pending; // innermost defer pending here
};

enum exit_kind {
    EXIT_RETURN,
    EXIT_BREAK,
    EXIT_CONTINUE,
    EXIT_GOTO,
    EXIT_CANCEL
};

struct exit_path { // a jump that leaves blocks with defers
    unsigned id;   // value of asyncc_leave while the defers on the way run
    enum exit_kind kind;
    struct stmt *loop;          // EXIT_BREAK, EXIT_CONTINUE
    const char *label;          // EXIT_GOTO
    struct deferred *outermost; // the last one that runs
};

struct deferred { // a defer statement, or the cleanup of a variable; in force until its block ends
    struct deferred *outer;
    struct deferred *before; // in the same block
    struct node *node;
    struct local *cleanup;
    unsigned index;
    struct node *block;
    struct stmt *body;
    struct vec(struct exit_path *) exits; // the jumps that pass through it
    bool is_target;                       // some jump goes to its label
};

// ---- Lowered statements (lower.c) -----------------------------------------------------------

enum stmt_kind {
    STMT_COPY,       // node's text, as it is
    STMT_EXPRESSION, // rope;
    STMT_SET,        // local = rope;
    STMT_AWAIT,
    STMT_DECLARE, // local, with rope as its value if has_value
    STMT_BLOCK,
    STMT_IF,
    STMT_LOOP,
    STMT_SWITCH,
    STMT_CASE, // "case 1:" is the source up to the statement
    STMT_LABEL,
    STMT_GOTO,
    STMT_COMPUTED_GOTO,
    STMT_BREAK,
    STMT_CONTINUE,
    STMT_RETURN,
    STMT_DEFER, // nothing here; its body stands at the end of the block
};

struct stmt {
    enum stmt_kind kind;
    struct node *node;   // what it came from
    struct node *origin; // the statement of the block that it came from
    struct stmt *next;
    struct rope rope;
    struct node *scope; // STMT_BLOCK: whose defers run at its end
    bool has_value, negate;
    struct local *local;
    struct await *await;
    struct local *copies; // STMT_DECLARE: flow.c: the local whose value it takes over as a whole
    struct stmt *body, *otherwise;
    // STMT_LOOP: for (init; condition; step) { head; body; continue_label: tail }
    struct rope init, condition, step;
    struct stmt *head, *tail;
    bool is_do, has_condition, continue_by_goto, continued;
    unsigned loop;
    struct deferred *deferred; // STMT_DEFER; jumps: innermost in force here; loops: outside
    struct exit_path *exit;    // jumps: leaves through defers
    struct stmt *target;       // STMT_BREAK, STMT_CONTINUE: the loop or switch
    const char *label;
    unsigned point_before; // STMT_DECLARE, blocks: awaits lowered before it
};

struct field { // of a future: a member, or a struct or union of them
    enum {
        FIELD_MEMBER,
        FIELD_STRUCT,
        FIELD_UNION
    } kind;
    const char *text; // FIELD_MEMBER: its declaration
    const char *comment;
    struct local *local;
    long long size, align;
    struct vec(struct field *) members;
    struct vec(unsigned) points; // FIELD_MEMBER: awaits it is in use at; 0 is the start
    bool everywhere;
};

struct function {
    const char *name;
    const char *stem; // what the names generated for this file alone begin with
    struct source *source;
    unsigned start, end; // of the whole definition
    unsigned name_offset;
    struct node *body;   // NULL: only prototypes seen, or a header's future written by hand
    struct type *result; // NULL: void
    struct type *type;
    bool is_static, is_inline, is_async, is_main, is_variadic;
    bool in_header; // defined in an included file
    // struct NAME_future was complete in the source view: written by hand
    bool has_future;
    bool declared_only;   // no body, no struct: known by prototype
    unsigned declared_at; // offset in the main file of its first declaration (0: in a header)
    struct vec(struct local *) locals; // parameters first
    unsigned parameter_count;
    struct vec(struct mention) mentions;
    struct vec(struct await *) awaits;
    unsigned loop_count, deferred_count, exit_count;
    struct vec(struct deferred *) deferred;
    struct vec(unsigned) attributes; // where, in its source
    const char *declaration_text;    // its declaration as clang prints it, if there are any
    const char *poll_attributes, *name_attributes; // attributes.c
    bool has_labels;
    bool names_itself;          // by __func__
    bool goes_on_after_defer;   // some block with a defer is left for another place in the function
    bool returns_through_defer; // some return with a value leaves a block with a defer
    // layout.c: some declaration is taken apart, and its typedef may no longer be named
    bool desugars;
    // uses in this file
    bool used_as_value, spawned, blocked_on;
    bool spawned_alone, spawned_in_group; // how it is spawned
    // check.c, layout.c
    bool recursive; // on a cycle of embedded calls
    bool has_defer;
    unsigned visit;
    const char *self, *cx;                      // names of the poll function's parameters
    struct vec(struct operand *) embedded_uses; // in this file
    unsigned own_points; // flow.c: how many points there are behind the awaits and the result
    bool in_blocks;      // some call puts its frame in the arena
    bool rooted;         // some task or form polls it
    bool one_parent;     // always embedded in the same place
    bool link_byte;      // its frame must know which of its possible parents it has
    unsigned top;        // where its top-level declaration really starts
    unsigned bottom;     // and where it ends
    size_t order;        // assemble.c: among all functions
    bool laid_out, deep;
    unsigned slot_offset; // where in the main file its struct is defined
    struct vec(struct local_type *) local_types, defined_types;
    const char *prologue; // assemble.c
    struct stmt *lowered;
    struct field *layout;
    unsigned future_at;       // by hand: everything of it is declared behind this offset
    struct type *future_type; // has_future: the struct
    struct unit *unit;
};

// Notes the names in a text that a name generated for this file alone may collide with.
void take_stems(struct unit *unit, const char *text, unsigned length);

struct node *strip(struct node *n); // of parentheses
// What a call calls: `(*f)(x)`, `(&f)(x)` and `f(x)` are the same.
struct node *called_expression(struct node *call);
struct function *direct_callee(struct node *call); // NULL: it is a value
bool is_form_operand(struct node *call);           // of async_join and the like
bool is_spawned(struct node *call);
bool is_spawn(struct node *n);              // a form that spawns
struct node *form_argument(struct node *n); // of a form: what comes before its operands, or NULL
struct node *form_operands(struct node *n); // the first one
// The async calls below `n`, each with `data`.
void visit_calls(struct function *fn, struct node *n,
                 void (*visit)(struct function *fn, struct node *call, void *data), void *data);
// Of an array that is reached through a struct which is no object, as in `f().a[1].b`: that struct.
struct node *struct_without_place(struct node *n);

// ---- The passes -----------------------------------------------------------------------------

struct front_options;
bool inline_fragments(struct front_options *options, struct unit *unit);
bool has_fragments(struct unit *unit); // to inline
// Parses and builds with the macros that surely hide an await open. False: nothing was opened, or
// there is something to report, and the text must be parsed as it is.
bool expand_ahead(const struct front_options *options, struct unit *unit);
// may parse again; false: errors reported
bool expand(const struct front_options *options, struct unit *unit);
void check(struct unit *unit);
void choose_names(struct unit *unit);
void mark_uses(struct function *fn, struct node *body);
void find_recursion(struct unit *unit);
void place_functions(struct unit *unit);
// For place.c, before the directive may be lost.
void note_conditional(struct unit *unit, const char *text, struct token directive);
void check_directives(struct function *fn);
void check_macro_names(const struct front_options *options, struct unit *unit);
void inherit_attributes(struct function *fn);
void warn(struct unit *unit);
void warn_unset(struct function *fn);
bool is_statement(struct node *n);             // an expression whose value nobody uses
const char *plainly_called(struct node *call); // the name of a function that is not async, or NULL
void warn_frame_size(struct unit *unit, long long limit);
void lower(struct function *fn);
bool is_taken_apart(struct node *statement); // else it is copied
void flow(struct function *fn);
void layout(struct function *fn);
void report_layout(struct unit *unit, bool json, struct buffer *out);
void assemble_prepare(struct unit *unit); // which callee finds its parent how; before layout
void emit(struct unit *unit, const char *output_path, bool lines, struct buffer *out);

// What they leave, as text (dump.c), and what they promise (verify.c).
void dump_tree(struct unit *unit, struct buffer *out);
void dump_source(struct unit *unit, struct buffer *out);
void dump_checked(struct unit *unit, struct buffer *out);
void dump_lowered(struct unit *unit, struct buffer *out);
void dump_flow(struct unit *unit, struct buffer *out);
void verify_lower(struct function *fn);
void verify_flow(struct function *fn);
void verify_layout(struct function *fn);

// A struct or union declared inside an async function. When its future needs the type, the
// declaration moves in front of the future, under a name of its own.
struct local_type {
    struct front_cursor *cursor;
    struct function *function;
    struct local_type *same_name; // of mention_local_types
    struct local_type *inside;    // declared inside this one, and moves with it
    const char *keyword;          // "struct", "union"
    const char *name, *moved;     // of its tag; its name at file scope
    unsigned start, end;          // of the declaration
    unsigned enums_end;           // of the last of `enums`
    unsigned scope_end;           // of its name
    bool hoisted, defined;
    const char *definition; // at file scope
    const char *enums;      // declared inside it; they stay in the function
};

struct conditional { // an #if (opens 1) or #endif (-1) of the main file
    unsigned start, end;
    int opens;
};

struct unit {
    struct source *main;
    bool no_convention; // for this target clang cannot tell types of async functions from others
    struct vec(struct conditional) conditionals;
    struct vec(struct range) prototypes; // of async functions, in the main file
    struct vec(unsigned) tops;           // where each top-level declaration of the main file starts
    struct vec(struct source *) sources;
    struct vec(const char *) pasted; // inline.c: the files that became part of this one
    struct table functions_by_name;
    struct table typedef_names; // at file scope
    struct table taken_names;   // of plain functions and variables -> struct place
    struct table taken_stems;   // what names like STEM_state begin with
    // every async function named or defined, in order of appearance
    struct vec(struct function *) functions;
};

#endif
