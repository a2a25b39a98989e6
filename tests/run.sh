#!/bin/sh
# run.sh - builds asyncc and checks all of it.
#
#     sh tests/run.sh                 every stage
#     sh tests/run.sh golden cli      these stages
#     sh tests/run.sh run/'loop*'     the cases of a stage that are called so
#     BLESS=1 sh tests/run.sh golden  rewrites the expected outputs; read the diff
#
# Installs the Debian packages it lacks when it may, else says which and exits 2. Everything it makes is in
# build-test/. The last line is `N passed, N failed`; the exit status is 0 if none failed.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.." || exit 2
. tests/packages.sh

stages="unit tsan golden reject run diff fuzz cli docs examples hostile consumers soak"
required="gcc libc6-dev binutils cmake make ninja-build pkg-config clang-14 libclang-14-dev llvm-14-dev python3
    libclang-rt-14-dev libcmocka-dev curl netcat-openbsd redis-tools"
optional="tcc wrk csmith libcsmith-dev libclang-22-dev llvm-22-dev" # some are not in every Debian

top=$PWD/build-test
WORK=$top/work
BUILD=$top/release
ASYNCC=$BUILD/bin/asyncc
LIB=$BUILD/lib/libasyncc.a
OTHER_TOOLS=
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
BLESS=${BLESS:-}
mkdir -p "$WORK"
results=$WORK/results
: >"$results"

say()
{
    printf '%s\n' "$1" | tee -a "$results"
}

finish()
{
    passed=$(grep -c '^ok ' "$results")
    failed=$(grep -c '^FAIL ' "$results")
    skipped=$(grep -c '^skip ' "$results")
    if [ "$failed" -gt 0 ]; then
        echo
        echo "Failed:"
        grep '^FAIL ' "$results" | sed 's/^FAIL/   /'
    fi
    [ "$skipped" -eq 0 ] || echo "$skipped skipped"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

prepare()
{
    if command -v dpkg-query >/dev/null; then
        install_packages $(missing_packages $required)
        extra=$(available_packages $(missing_packages $optional))
        if [ -n "$extra" ] && find_root; then
            (install_packages $extra) || echo "Going on without $extra"
        fi
    fi
    for tool in gcc cmake make ninja pkg-config curl nc; do
        command -v $tool >/dev/null || { echo "No '$tool' on this system." >&2; exit 2; }
    done
    CLANG=$(command -v clang-14 || command -v clang) || { echo "No clang on this system." >&2; exit 2; }
    TCC=$(command -v tcc)
}

# build NAME CMAKE-ARGUMENT... - configures and builds in build-test/NAME.
build()
{
    name=$1
    shift
    log=$WORK/build-$name.log
    if cmake -S . -B "$top/$name" -G Ninja -DASYNCC_WERROR=ON "$@" >"$log" 2>&1 &&
       cmake --build "$top/$name" -j "$JOBS" >>"$log" 2>&1; then
        say "ok   build/$name"
    else
        say "FAIL build/$name"
        grep -v '^\[' "$log" | tail -n 60 | sed 's/^/    | /'
        return 1
    fi
}

# run_stage NAME [PATTERN]
run_stage()
{
    echo "# $1"
    before=$(grep -c -E '^(ok|FAIL) ' "$results")
    { FILTER=${2:-} sh "tests/stages/$1.sh"; echo $? >"$WORK/status"; } | tee -a "$results"
    after=$(grep -c -E '^(ok|FAIL) ' "$results")
    [ "$(cat "$WORK/status")" = 0 ] || say "FAIL $1: the stage itself ended with status $(cat "$WORK/status")"
    [ "$after" -gt "$before" ] || say "FAIL $1: nothing was checked"
}

[ $# -gt 0 ] || set -- $stages
for argument; do
    [ -f "tests/stages/${argument%%/*}.sh" ] || { echo "No stage '$argument'. There are: $stages" >&2; exit 2; }
done

prepare
echo "# build"
build release -DCMAKE_BUILD_TYPE=Release -DASYNCC_LLVM_CONFIG=llvm-config-14 || finish
if build dev -DCMAKE_BUILD_TYPE=Debug -DASYNCC_LLVM_CONFIG=llvm-config-14 \
             -DASYNCC_SANITIZE=address,undefined -DASYNCC_TESTS=ON; then
    OTHER_TOOLS="sanitized:$top/dev/bin/asyncc"
fi
if command -v llvm-config-22 >/dev/null; then
    if build 22 -DCMAKE_BUILD_TYPE=Release -DASYNCC_LLVM_CONFIG=llvm-config-22 -DCMAKE_C_COMPILER="$CLANG"; then
        OTHER_TOOLS="$OTHER_TOOLS libclang-22:$top/22/bin/asyncc"
    fi
else
    say "skip build/22: libclang 22 is not installed"
fi

export ASYNCC OTHER_TOOLS BUILD LIB WORK JOBS CLANG TCC BLESS
for argument; do
    case $argument in
    */*) run_stage "${argument%%/*}" "${argument#*/}" ;;
    *) run_stage "$argument" ;;
    esac
done
finish
