# fuzz - what tests/fuzz found and was repaired stays so: each program of tests/fuzz/corpus is refused with a message or
# translated to what compiles, by every build of asyncc, within 10 seconds. `sh tests/fuzz/run.sh` looks for more. Line 1
# may be `// asyncc: ASYNCC-FLAGS [-- CC-FLAGS]`, line 2 `// expect: refused` or `// expect: translated`.
. tests/lib.sh
[ $# -gt 0 ] || { each_case tests/fuzz/corpus/*.c; exit; }

source=$1
name=$(basename "$source" .c)
scratch "fuzz/$name"
split_flags $(directive asyncc "$source")
expected=$(directive expect "$source")
include="-Itests/run -Itests/run/files -Itests/run/headers"

for tool in "asyncc:$ASYNCC" $OTHER_TOOLS; do
    what="fuzz/$name: $(tool_name "$tool")"
    rm -f "$T"/out.c*
    ASAN_OPTIONS=detect_leaks=0:exitcode=99 timeout 10 "${tool#*:}" "$source" -o "$T/out.c" $tool_flags -- $include \
        $cc_flags >"$T/messages" 2>&1 </dev/null
    got=$?
    {
        case $got in
        0)
            [ "$expected" != refused ] || echo "it was translated"
            [ -e "$T/out.c" ] || echo "it wrote no output"
            case $tool_flags in
            *--emit*) ;;
            *) gcc -fsyntax-only -w -Iinclude $include $cc_flags "$T/out.c" 2>&1 ;;
            esac
            ;;
        1)
            [ "$expected" != translated ] || echo "it was refused"
            grep -q error "$T/messages" || echo "it says nothing"
            for left in "$T"/out.c*; do
                [ ! -e "$left" ] || echo "it left ${left##*/}"
            done
            ;;
        *) echo "exit status $got" ;;
        esac
    } >"$T/wrong"
    if [ -s "$T/wrong" ]; then
        cat "$T/messages" >>"$T/wrong"
        fail "$what" "$T/wrong"
    else
        ok "$what"
    fi
done
exit 0
