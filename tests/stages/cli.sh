# cli - asyncc's command line: what it prints, what it writes, how it exits.
. tests/lib.sh
scratch cli
root=$PWD
cp examples/echo_server.c "$T/good.c"
printf '#include <asyncc/async.h>\nasync int f(void);\nint g(void) { return f() +; }\n' >"$T/bad.c"
cd "$T" || exit 1

# expect WHAT STATUS PATTERN ARGUMENT... - asyncc exits so, and a line of its output matches; "" asks for no output.
expect()
{
    what=cli/$1
    want=$2
    pattern=$3
    shift 3
    timeout 60 "$ASYNCC" "$@" >"$T/log" 2>&1 </dev/null
    got=$?
    echo "(exit status $got; expected $want and '$pattern')" >"$T/why"
    cat "$T/log" >>"$T/why"
    if [ $got -ne "$want" ]; then
        fail "$what" "$T/why"
    elif [ -z "$pattern" ] && [ -s "$T/log" ]; then
        fail "$what" "$T/why"
    elif ! grep -q -e "$pattern" "$T/log" && [ -n "$pattern" ]; then
        fail "$what" "$T/why"
    else
        ok "$what"
    fi
}

# no_file WHAT FILE...
no_file()
{
    what=cli/$1
    shift
    for file; do
        if [ -e "$file" ]; then
            fail "$what: $file exists"
            return
        fi
    done
    ok "$what"
}

version=$(sed -n 's/.*VERSION \([0-9.]*\) LANGUAGES.*/\1/p' "$root/CMakeLists.txt")

expect "help" 0 '--explain' --help
expect "version is the project's" 0 "$version" --version
expect "translates quietly" 0 '' good.c -o good.out.c
check "cli/the output is there" test -s good.out.c
expect "no input" 2 . -o x.c
expect "missing input" 2 'missing.c' missing.c -o x.c
expect "a directory" 2 . "$T" -o x.c
expect "an unknown flag" 2 'frobnicate' --frobnicate good.c -o x.c
expect "an output that cannot be written" 2 'no/such' good.c -o no/such/dir.c
expect "a full disk" 2 . good.c -o /dev/full
expect "an error of the C front end" 1 '^bad.c:3:[0-9]*: error: ' bad.c -o x.c
no_file "failures leave no output" x.c
: >empty.c
expect "an empty file" 0 '' empty.c -o empty.out.c

expect "--check of a fresh output" 0 '' --check good.c -o good.out.c
echo '/* edited */' >>good.out.c
expect "--check of a stale output" 1 . --check good.c -o good.out.c
expect "--check of a missing output" 2 none.c --check good.c -o none.c
no_file "--check writes nothing" none.c

expect "json diagnostics" 1 '"line": *3' --diagnostics=json bad.c -o x.c
expect "a dependency file" 0 '' good.c -o dep.c -MD -MF dep.d
check "cli/it names the output" grep -q '^dep\.c:' dep.d
check "cli/it names the source" grep -q 'good\.c' dep.d
check "cli/it names the headers" grep -q 'asyncc/net\.h' dep.d
expect "one with phony targets" 0 '' good.c -o dep.c -MP -MT 'b/dep.o' -MF dep.d
check "cli/it names the other target" grep -q '^b/dep\.o:' dep.d
check "cli/it has a rule for a header" grep -q 'asyncc/net\.h:$' dep.d

expect "-MD to standard output needs a name" 2 'needs -MF' good.c -o - -MD
cp good.c kept.c
expect "the input as output" 2 'is the input' kept.c -o kept.c
expect "the input as dependency file" 2 'is the input' kept.c -o x.c -MF ./kept.c
check "cli/it is still there" cmp good.c kept.c
echo 'int kept;' >kept.h
cp kept.h kept.h.old
printf '#include <asyncc/async.h>\nasync void f(void) { await async_sleep_ms(1); await async_sleep_ms(2); }\n' >headerless.c
expect "a header of ours is missing" 1 '#include <asyncc/time.h>' headerless.c -o x.c
printf '#include <asyncc/task.h>\n#include <asyncc/async.h>\nasync void f(void) { struct async_group g; (void)g; }\n' >grouped.c
expect "the header of a struct of ours is missing" 1 '#include <asyncc/group.h>' grouped.c -o x.c
printf '#include <asyncc/async.h>\nasync int f(void) { return await g(); }\nstatic async int g(void) { return 1; }\n' >late.c
expect "an async function declared too late" 1 'in front of the function that calls it' late.c -o x.c
sed 's/^static //' late.c >later.c
expect "one that is not static" 1 'in front of the function that calls it' later.c -o x.c
printf '#include <asyncc/async.h>\nasync void f(void) { await async_join(); }\n' >operands.c
expect "a form without operands" 1 'want calls of async functions' operands.c -o x.c
printf '#include <asyncc/async.h>\nint g(int);\nasync int f(void) { async_fn(int, (int)) p = g; return await p(1); }\n' >plain.c
printf '#include <asyncc/async.h>\nint g(int);\nstatic async_fn(int, (int)) f(void) { return g; }\n' >returns.c
expect "a plain function returned as an async one" 1 'declare the function async' returns.c -o x.c
printf '#include <asyncc/async.h>\nvoid g(async_fn(int, (int)));\nvoid (*p)(int (*)(int)) = g;\n' >nested.c
expect "an async parameter of a plain function" 1 "of type 'void (async int (\*)(int))'" nested.c -o x.c
expect "a plain function in an async pointer" 1 "'async int (\*)(int)' with an expression of type 'int (int)'" plain.c -o x.c
check "cli/it says what to do" test -n "$(grep 'declare the function async' log)"
{ echo '#include "kept.h"'; cat good.c; } >includes.c
expect "an included file as output" 2 'kept.h is included by the input' includes.c -o kept.h
expect "an included file as dependency file" 2 'kept.h is included by the input' includes.c -o x.c -MF ./kept.h
check "cli/the included file is still there" cmp kept.h.old kept.h
expect "an old C standard" 2 '^asyncc: error: -std=c89: asyncc needs C99' good.c -o x.c -- -std=c89
expect "the last of two standards counts" 0 '' good.c -o x.c -- -ansi -std=gnu11
expect "--check of a dump" 2 'dump' --check --dump=lower good.c -o good.out.c
expect "no compile_commands.json" 2 '^asyncc: error: cannot read nowhere/compile_commands.json' -p nowhere good.c -o x.c
check "cli/it says so in one line" test "$(wc -l <log)" -eq 1

printf 'int f(void) { return a; }\nint g(void) { return b; }\nint h(void) { return c; }\n' >three.c
expect "an error limit" 1 '^2 errors generated' --error-limit=2 three.c -o x.c
check "cli/it prints so many" test "$(grep -c ': error: ' log)" -eq 2

expect "an unknown code" 2 . --explain E999999
expect "a warning explained" 0 'async_detach' --explain lost-task
expect "a warning that there is not" 0 "no warning 'lost-sock'" -Wno-lost-sock good.c -o good.out.c

# Two runs give the same bytes, and neither the place of the file nor the directory of the run shows in them.
mkdir -p elsewhere one two
cp good.c elsewhere/
"$ASYNCC" good.c -o one/out.c
(cd elsewhere && "$ASYNCC" good.c -o ../two/out.c)
check "cli/the same output elsewhere" cmp one/out.c two/out.c
check "cli/no absolute path in the output" sh -c "! grep -n '$T' one/out.c"
# A source that was not translated does not become a program that blocks. What it declares harms nobody.
include=$root/include
printf '#include <asyncc/async.h>\nasync int f(int);\nint g(void) { return 1; }\n' >declares.c
cat >calls.c <<'END'
#include <asyncc/async.h>
static async int f(int x) { return x + 1; }
async int main(int argc, char **argv) { return (void)argv, await f(argc); }
END
# untranslated CC FLAG - is refused, by a message that names asyncc
untranslated()
{
    ! "$@" -I"$include" -c calls.c -o x.o 2>refused && cat refused && grep -q 'translated first: asyncc FILE.c' refused
}
for cc in gcc "$CLANG"; do
    check "cli/declared async by ${cc##*/}" "$cc" -Wall -Wextra -Werror -I"$include" -c declares.c -o x.o
    check "cli/not translated, by ${cc##*/}" untranslated "$cc" -O0
    check "cli/not translated, by ${cc##*/} -O2" untranslated "$cc" -O2
    check "cli/not translated, its syntax only by ${cc##*/}" \
        "$cc" -Wall -Wextra -Werror -I"$include" -fsyntax-only calls.c
done
exit 0
