# tsan - the unit tests again under ThreadSanitizer: what crosses threads is wakes, the blocking pool, and the end. On
# epoll and on io_uring.
. tests/lib.sh
build=$BUILD/../tsan
TSAN_OPTIONS=halt_on_error=1:exitcode=99
export TSAN_OPTIONS

if [ $# -gt 0 ]; then
    name=$(basename "$1")
    scratch "tsan/$name${ASYNCC_REACTOR:-}"
    check "tsan/$name" timeout 300 "$1"
    exit 0
fi

# What is explored runs on one thread, and on stacks that ThreadSanitizer does not know.
each_program()
{
    find "$build/tests/unit" -type f ! -name explore_states | sort | xargs -n 1 -P "$JOBS" sh "$0"
}

scratch tsan
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DASYNCC_COMPILER=OFF -DASYNCC_TESTS=ON -DASYNCC_WERROR=ON \
      -DASYNCC_SANITIZE=thread >"$T/log" 2>&1 &&
    cmake --build "$build" -j "$JOBS" >>"$T/log" 2>&1 || { fail "tsan: builds" "$T/log"; exit 0; }
each_program
on_io_uring tsan each_program
exit 0
