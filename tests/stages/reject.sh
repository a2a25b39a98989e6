# reject - tests/reject/NAME.c gets exactly the diagnostics its comments announce, from every libclang:
#     x = f();      // expect: CODE [CODE...]          an error on this line
#     // expect-next: CODE [CODE...]                   an error on the next line
#     x = f();      // expect-warning: NAME [NAME...]  a warning with the switch -WNAME on this line
# A CODE of `none` is an error that has no code, such as one of clang's. With an error expected, asyncc exits 1 and
# leaves no output; without, it exits 0 and writes it. Files below tests/reject/NAME/ may announce some, too. Line 1 may be `// asyncc: ASYNCC-FLAGS [-- CC-FLAGS]`.
. tests/lib.sh
[ $# -gt 0 ] || { each_case tests/reject/*.c; exit; }

source=$1
name=$(basename "$source" .c)
scratch "reject/$name"
split_flags $(directive asyncc "$source")

# One line a diagnostic: LINE error|warning CODE
set -- "$source" $(find "tests/reject/$name" -type f 2>/dev/null)
awk -v main="$source" '
    function expected(line, kind, rest,    words, count, i) {
        sub(/\*\/.*/, "", rest)
        count = split(rest, words, /[ \t\r]+/)
        for (i = 1; i <= count; i++)
            if (words[i] != "")
                print (FILENAME == main ? line : FILENAME ":" line), kind, words[i]
    }
    match($0, /\/\/ expect: /)         { expected(FNR, "error", substr($0, RSTART + RLENGTH)) }
    match($0, /\/\/ expect-next: /)    { expected(FNR + 1, "error", substr($0, RSTART + RLENGTH)) }
    match($0, /\/\/ expect-warning: /) { expected(FNR, "warning", substr($0, RSTART + RLENGTH)) }
' "$@" | sort >"$T/expected"
if [ ! -s "$T/expected" ]; then
    fail "reject/$name: no line says what to expect"
    exit 0
fi
status=0
grep -q ' error ' "$T/expected" && status=1

# The same from asyncc's messages. What is reported without a place, or in another file, is never expected.
found()
{
    awk -v file="$source" '
        match($0, /^[^:]+:[0-9]+:[0-9]+: (fatal error|error|warning): /) {
            split($0, at, ":")
            kind = at[4] ~ /error/ ? "error" : "warning"
            code = "none"
            if (match($0, /\[[^][]*\]$/))
                code = substr($0, RSTART + 1, RLENGTH - 2)
            if (kind == "warning")
                sub(/^-W/, "", code)
            print (at[1] == file ? at[2] : at[1] ":" at[2]), kind, code
            next
        }
        / (error|warning): / { print "?", $0 }
    ' "$1" | sort
}

for tool in "libclang-14:$ASYNCC" $OTHER_TOOLS; do
    what="reject/$name: $(tool_name "$tool")"
    rm -f "$T/out.c"
    run_tool "${tool#*:}" "$source" -o "$T/out.c" $tool_flags -- $cc_flags >"$T/messages" 2>&1 </dev/null
    got=$?
    found "$T/messages" >"$T/found"
    {
        [ $got -eq $status ] || echo "exit status $got, not $status"
        if [ $status -eq 1 ] && [ -e "$T/out.c" ]; then
            echo "it left an output file"
        elif [ $status -eq 0 ] && [ ! -e "$T/out.c" ]; then
            echo "it wrote no output"
        fi
        for left in "$T"/out.c?* "$T"/.out.c*; do
            [ ! -e "$left" ] || echo "it left ${left##*/}"
        done
        diff "$T/expected" "$T/found" | sed -n 's/^</missing: line/p; s/^>/unexpected: line/p'
    } >"$T/wrong"
    if [ -s "$T/wrong" ]; then
        cat "$T/messages" >>"$T/wrong"
        fail "$what" "$T/wrong"
    else
        ok "$what"
    fi
done
exit 0
