# lib.sh - what the stages share. A stage runs in the project's directory, prints one line a check,
#     ok   golden/loop: output
#     FAIL golden/loop: output          (and why, indented)
#     skip golden/loop: tcc: reason
# and exits 0 if it could check all it wanted to check.
#
# From tests/run.sh: $ASYNCC (the compiler under test), $OTHER_TOOLS ("NAME:PATH ..." whose output must be the same),
# $BUILD and $LIB (its build directory and library), $WORK (scratch), $JOBS, $FILTER (a pattern of case names).

set -u
ASAN_OPTIONS=detect_stack_use_after_return=1:exitcode=99
UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS
stage=$(basename "$0" .sh)
warnings="-Wall -Wextra -Werror"
sanitize="-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

# A stage may be run again with another reactor: then its checks are called so.
reactor=${ASYNCC_REACTOR:+, $ASYNCC_REACTOR}

ok()
{
    printf 'ok   %s\n' "$1$reactor"
}

skip()
{
    printf 'skip %s\n' "$1$reactor"
}

# Does the kernel, or the sandbox we are in, let us use io_uring?
io_uring_works()
{
    "$BUILD/../dev/tests/unit/runtime_uring" probe >/dev/null 2>&1
}

# on_io_uring WHAT COMMAND... - runs it with that reactor, or says why not.
on_io_uring()
{
    what=$1
    shift
    if io_uring_works; then
        (ASYNCC_REACTOR=io_uring; export ASYNCC_REACTOR; "$@")
    else
        skip "$what, io_uring: it is refused here"
    fi
}

# The start and the end of FILE, short enough for one write to a pipe.
excerpt()
{
    if [ "$(wc -l <"$1")" -gt 40 ]; then
        head -n 15 "$1"
        echo ...
        tail -n 20 "$1"
    else
        cat "$1"
    fi | cut -c 1-300 | sed 's/^/    | /' | head -c 3500
}

# fail WHAT [FILE] - with FILE as the reason. One write, so that parallel cases do not mix.
fail()
{
    detail=
    if [ -n "${2:-}" ] && [ -s "$2" ]; then
        detail="
$(excerpt "$2")"
    fi
    printf 'FAIL %s%s\n' "$1$reactor" "$detail"
}

# check WHAT COMMAND... - ok if it exits 0. Its output is in $T/log. Skipped, where a stage sets $skip_status, if it exits
# with that: its last line says why.
check()
{
    what=$1
    shift
    "$@" >"$T/log" 2>&1 </dev/null
    set -- $? # not a variable of our own: "status" and the like are the stages'
    if [ "$1" -eq 0 ]; then
        ok "$what"
    elif [ "$1" = "${skip_status:-}" ]; then
        skip "$what: $(tail -n 1 "$T/log")"
    else
        echo "(exit status $1)" >>"$T/log"
        fail "$what" "$T/log"
        return 1
    fi
}

# An empty scratch directory for a stage or a case, in $T.
scratch()
{
    T=$WORK/$1
    rm -rf "$T"
    mkdir -p "$T"
}

# each_case FILE... - runs this stage's script once a file, $JOBS at a time.
each_case()
{
    selected=
    for file; do
        name=${file##*/}
        case ${name%.c} in
        ${FILTER:-*}) selected="$selected $file" ;;
        esac
    done
    if [ ! -e "$1" ]; then
        fail "$stage: no cases found in $1"
    elif [ -z "$selected" ]; then
        fail "$stage: no case is called $FILTER"
    else
        printf '%s\n' $selected | xargs -n 1 -P "$JOBS" sh "$0"
    fi
}

# directive NAME FILE - the rest of the comment `// NAME: ...` among the first ten lines.
directive()
{
    sed -n "1,10s|^// $1: *||p" "$2" | tr -d '\r'
}

# Splits "asyncc's flags -- the C compiler's flags" into $tool_flags and $cc_flags.
split_flags()
{
    tool_flags=
    cc_flags=
    after=
    for word; do
        if [ "$word" = -- ]; then
            after=yes
        elif [ -n "$after" ]; then
            cc_flags="$cc_flags $word"
        else
            tool_flags="$tool_flags $word"
        fi
    done
}

tool_name()
{
    echo "${1%%:*}"
}

# run_tool PATH ARGUMENT... - one of the compilers; a crash of it is loud, and its arenas are no leaks.
run_tool()
{
    ASAN_OPTIONS=detect_leaks=0:exitcode=99 timeout 60 "$@"
}

# sanitized_runtime CC DIR - libasyncc.a under ASan and UBSan, as CC does them.
sanitized_runtime()
{
    mkdir -p "$2"
    for file in runtime/*.c; do
        object=$2/$(basename "$file" .c).o
        echo "$file" "$object"
    done | xargs -n 2 -P "$JOBS" sh -c '"$0" -O1 '"$sanitize"' -Iinclude -Iruntime -c "$1" -o "$2"' "$1" &&
        rm -f "$2/libasyncc.a" &&
        ar rcs "$2/libasyncc.a" "$2"/*.o
}

# build_example NAME - examples/NAME.c, and the plain C in examples/NAME/ if there is any, under ASan and UBSan with
# the runtime in $T/lib.
build_example()
{
    parts=
    [ ! -d "examples/$1" ] || parts=$(ls examples/"$1"/*.c)
    run_tool "$ASYNCC" "examples/$1.c" -o "$T/$1.c" &&
        gcc -O1 $warnings $sanitize -Iinclude -iquote examples "$T/$1.c" $parts "$T/lib/libasyncc.a" -lpthread -o "$T/$1"
}

# start_server PROGRAM ARGUMENT... - which prints "...:PORT" when it listens. Sets $port and $pid; its output is in
# $T/server.log.
start_server()
{
    : >"$T/server.log" # so that no line of another server's is read
    "$@" >"$T/server.log" 2>&1 </dev/null &
    pid=$!
    tries=0
    while [ $tries -lt 100 ]; do
        port=$(sed -n '1s/.*:\([0-9][0-9]*\).*/\1/p' "$T/server.log")
        [ -z "$port" ] || return 0
        kill -0 $pid 2>/dev/null || return 1
        sleep 0.05
        tries=$((tries + 1))
    done
    return 1
}

stop_server()
{
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}
