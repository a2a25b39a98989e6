// explain.c - every code: what it means, an example, its repair. Data, one entry a rule.
#include "asyncc.h"

#include <string.h>

struct explanation {
    const char *code, *repair, *text;
};

static const struct explanation explanations[] = {
    {"E0101", "make the function async, or use async_block_on(...) in plain C",
     "await suspends the function it stands in, and only an async function can be suspended.\n\n"
     "    int f(void) { return await g(); }          // error\n"
     "    async int f(void) { return await g(); }    // repaired\n"},
    {"E0102", "call an async function here, or leave the await out",
     "Only the call of an async function, by name or through an async_fn pointer, can be "
     "awaited.\n\n"
     "    int n = await strlen(s);    // error: strlen is a plain function\n"
     "    int n = (int)strlen(s);     // repaired\n"},
    {"E0103", "write 'await' before it, or hand it to async_spawn(...)",
     "The call of an async function runs nothing by itself: futures are lazy.\n\n"
     "    async_sleep_ms(10);          // error\n"
     "    await async_sleep_ms(10);    // repaired\n"},
    {"E0104", "await before the expression and use the value in it",
     "sizeof, typeof and _Generic do not evaluate their operand, so an await there would never "
     "happen.\n\n"
     "    size_t n = sizeof(await f());              // error\n"
     "    int v = await f(); size_t n = sizeof v;    // repaired\n"},
    {"E0105", "assign after the declaration, in an async function",
     "A static variable is initialised before any function runs.\n"},
    {"E0106", "await before the block is left",
     "A defer also runs when its task is cancelled, and then nothing can be waited for.\n\n"
     "    defer { await flush(s); }          // error\n"
     "    int rc = await work(s);\n"
     "    await flush(s);                    // repaired\n"},
    {"E0107", "await into a variable and use that as the operand",
     "An asm statement cannot be suspended.\n"},
    {"E0108", "write async at the definition too",
     "A prototype and the definition of a function must agree on async.\n\n"
     "    async int f(void);\n"
     "    int f(void) { return 1; }          // error\n"
     "    async int f(void) { return 1; }    // repaired\n"},
    {"E0109", "pass an array and its length, or a va_list used before the first await",
     "The arguments of an async function are stored in its future, whose size is fixed.\n"},
    {"E0110", "write f(x) or lvalue = f(x)",
     "async_join, async_select, async_timeout_ms and async_spawn take calls of async functions, "
     "because they run "
     "the futures themselves.\n\n"
     "    await async_select(n = await f(), g());    // error\n"
     "    await async_select(n = f(), g());          // repaired\n"},
    {"E0111", "await it",
     "async_block_on runs an executor to the end of the call. Inside an async function that "
     "would stop every other task.\n"},
    {"E0112", "call the cleanup before each return",
     "defer is part of async functions; plain C has no such thing.\n"},
    {"E0113", "write async int main(void), or async int main(int argc, char **argv)",
     "async main has the forms of C's main.\n"},
    {"E0114", "give the struct, union or enum a tag",
     "The future declares a member of the result's type, so the "
     "type needs a name.\n"},
    {"E0115", "a pointer to an async function is async_fn(RESULT, (PARAMETERS))",
     "async says that a function is one; a variable, member or typedef is not.\n\n"
     "    async int (*handler)(int);             // error\n"
     "    async_fn(int, (int)) handler;          // repaired\n"},
    {"E0116", "define the type in front of the function",
     "The head of an async function is replaced by its future and what goes with it; a type that "
     "it defines would go, "
     "too.\n\n"
     "    async struct pair { int a, b; } get(void);                     // error\n"
     "    struct pair { int a, b; }; async struct pair get(void);        // repaired\n"},
    {"E0117", "declare it with its parameters",
     "An old-style declaration does not tell how arguments are passed on:\n\n"
     "    async int g();                   // a call g(1) is an error\n"
     "    async int g(int n);              // repaired\n"},
    {"E0118",
     "pass a plain function that spawns it, or declare the pointer with async_fn(T, (P, Q))",
     "An async function is not called like a plain one: called through a plain pointer it would "
     "not\n"
     "run.\n\n"
     "    void on_event(void (*callback)(void *));\n"
     "    async void work(void *data);\n"
     "    on_event(work);                                                         // error\n"
     "    static void start(void *data) { async_detach(async_spawn(work(data))); }\n"
     "    on_event(start);                                                        // repaired\n"},
    {"E0201", "give it a constant size, or close its block before the await",
     "A future has a fixed size, so an array whose size is known at run time only cannot live in "
     "it.\n\n"
     "    char buf[n]; fill(buf); await send(s);        // error\n"
     "    { char buf[n]; fill(buf); } await send(s);    // repaired\n"},
    {"E0202", "do it in a plain function",
     "setjmp, alloca and va_list refer to a stack frame, and the frame of an async function is "
     "gone at each "
     "suspension.\n"},
    {"E0203", "move the label before the defer, or the defer into a block of its own",
     "A jump into a block after its defer would leave it unclear whether the defer is pending.\n"},
    {"E0204", "let the defer run to its end",
     "A defer runs while its block is being left; it cannot go elsewhere.\n"},
    {"E0205", "put the statements of the case in a block of their own",
     "    switch (x) { case 1: defer f(); case 2: ; }        // error\n"
     "    switch (x) { case 1: { defer f(); } case 2: ; }    // repaired\n"},
    {"E0206", "put it in a block: { defer ...; }",
     "A defer runs when its block is left, so it needs one.\n"},
    {"E0207", "move the statement expression's block out",
     "Its block is moved out of the expression, and a jump into it "
     "could not be.\n"},
    {"E0208", "await the size first, and declare the type with it",
     "    typedef int row[await size()];                          // error\n"
     "    int count = await size(); typedef int row[count];       // repaired\n"
     "    int row[await size()];                                  // a variable may\n"},
    {"E0209", "keep it in a variable of a type you choose, before the await",
     "Operands are evaluated from left to right; one of an incomplete type, or of one the front "
     "end "
     "does not\n"
     "tell, cannot be kept while a later one awaits.\n"},
    {"E0210", "declare the type outside of the function",
     "A struct or union that an async function declares and keeps across an await is written once\n"
     "more at file scope, member by member, with attributes where its layout asks for them. This\n"
     "one has a layout that no such declaration gives: bit-fields under #pragma pack, for "
     "example,\n"
     "or a member of a type that has no name; or an attribute of another kind, such as may_alias "
     "of\n"
     "a typedef or scalar_storage_order.\n"},
    {"E0211", "put it between two statements",
     "A statement with an await, a return or a label in it is taken apart, and a directive that\n"
     "stands in the middle of its text has no place in what it becomes:\n\n"
     "    if (n > 0)\n"
     "    #define LIMIT 2                  // error\n"
     "        n = await get(LIMIT);\n\n"
     "Between statements, and within statements that stay as they are, directives are kept. #if "
     "and\n"
     "its kind may stand anywhere. Loop hints (#pragma GCC unroll, ...) before a loop that is "
     "taken\n"
     "apart are left out.\n"},
    {"E0212", "declare each group as a variable: struct async_group g;",
     "The tasks of a group end when the block that declares it is left, and asyncc sees to that. "
     "It does so for variables of their own, which begin as empty groups, and whose address is "
     "passed on.\n\n"
     "    struct async_group g[2];                          // error\n"
     "    struct async_group first, second;                 // repaired\n"
     "    struct server { struct async_group conns; } s;    // error: allocate it, or make it\n"
     "                                                      // static, and call "
     "async_group_cancel\n"},
    {"E0301", "spawn it as a task of its own, or await the calls one after the other",
     "The operands of async_join, async_select and async_timeout_ms are stored by value; a "
     "function that holds "
     "itself would have no end.\n"},
    {"E0302", "rename it",
     "For async f the names f_future, f_future_init, f_future_poll, f_future_drop and "
     "f_future_type are generated.\n"},
    {"E0303", "define the future in front of the functions that await it",
     "A future holds those of the functions it awaits, whose structs must be complete there:\n\n"
     "    async int user(void) { return await h(3); }    // error\n"
     "    struct h_future { int state, result; };        // move this in front of user\n"},
    {"E0401", "write the statement without the macro",
     "What a macro hides must be plain text before it can be rewritten, and this one's expansion "
     "is no complete "
     "text: it expands to itself, or has unbalanced parentheses.\n"},
    {"E0402", "include that file where the functions are used",
     "A file that defines async functions becomes part of the file that includes it, in the place "
     "of\n"
     "the include directive. One that comes by a compiler flag (-include) has none; and one that "
     "asks\n"
     "for the files beside it, or how deep it is included, would get another answer there.\n"},
    {"E0404", "call it directly, or translate for another target",
     "Pointers to async functions are told from others by a calling convention in what clang "
     "parses. For RISC-V, MIPS, "
     "AVR and MSP430 it knows none.\n"},
    {"E0405",
     "#undef it behind its last use, before the next async function, or give it another name",
     "What is generated stands between the functions of the file and at its end, and a macro that\n"
     "is called like a keyword, or like a member of the generated structs, would be expanded "
     "there,\n"
     "too:\n\n"
     "    #define state (connection->state)        // error\n"
     "    #define connection_state (connection->state)        // repaired\n"},
    // The warnings, by name.
    {"blocking-call",
     "await the function of the runtime that does the same, or hand it to a thread",
     "The call stops the whole thread, and with it every task of the executor.\n\n"
     "    async void pause(void) { sleep(1); }                      // warned of\n"
     "    async void pause(void) { await async_sleep_ms(1000); }    // repaired\n"},
    {"lock-across-await", "give the lock back before the await",
     "While the task is suspended the lock stays taken: another task of the same thread that wants "
     "it stops them both.\n"},
    {"unused-result", "use the result, or write (void)await ...",
     "The awaited function returns a value, often the error, that nobody looks at.\n"},
    {"lost-task", "keep the handle, or async_detach(...) it",
     "Without its handle a task can neither be joined nor cancelled nor released.\n\n"
     "    async_spawn(worker(1));                  // warned of\n"
     "    async_detach(async_spawn(worker(1)));    // repaired\n"},
    {"local-to-task", "pass the value, or memory that lives as long as the task",
     "A spawned task may live longer than the function that spawned it, whose locals are then "
     "gone.\n"},
    {"endless-loop", "await async_yield() in it",
     "The loop has neither an await, a call nor a way out: no other task of the thread ever runs "
     "again.\n"},
    {"return-type", "return a value of the function's type on every path",
     "As clang says it; the C compiler does not see the function as it was written.\n"},
    {"uninitialized", "give it a value where it is declared",
     "As clang says it. The output gives such a variable the value 0 at the start, so that "
     "neither\n"
     "the C compiler nor valgrind notices.\n"},
    {"sometimes-uninitialized", "give it a value where it is declared",
     "As clang says it: on one of the ways to its use the variable has no value. Also what an "
     "operand of\n"
     "async_select or async_timeout_ms would have set, if another one was first:\n\n"
     "    int n;\n"
     "    (void)await async_timeout_ms(50, n = f());             // warned of: n is read below\n"
     "    if (await async_timeout_ms(50, n = f()) != 0)          // repaired\n"
     "        return -ETIMEDOUT;\n"
     "    return n;\n"},
    {"return-stack-address", "return a value, or memory that the caller provides",
     "As clang says it: the address of a local variable is returned, which is gone then.\n"},
    {"frame-size", "keep large arrays elsewhere, or end their life before the await",
     "The function's future is larger than -Wframe-size=N allows. --emit=layout says what is in "
     "it, and why.\n"},
};

static const struct explanation *find_explanation(const char *code)
{
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (!strcmp(explanations[i].code, code))
            return &explanations[i];
    return NULL;
}

bool is_warning(const char *name)
{
    return name[0] != 'E' && find_explanation(name);
}

const char *repair_of(const char *code)
{
    const struct explanation *e = find_explanation(code);
    return e ? e->repair : NULL;
}

int explain_code(const char *code)
{
    const struct explanation *e = find_explanation(!strncmp(code, "-W", 2) ? code + 2 : code);
    if (!e) {
        fprintf(stderr, "asyncc: error: no code %s; the codes are:", code);
        for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
            fprintf(stderr, " %s", explanations[i].code);
        fputc('\n', stderr);
        return 2;
    }
    printf("%s: %s\n\n%s", e->code, e->repair, e->text);
    return fflush(stdout) ? 2 : 0;
}
