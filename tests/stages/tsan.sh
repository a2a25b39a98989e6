# tsan - the unit tests again under ThreadSanitizer: what crosses threads is wakes, the blocking pool, and the end. On
# epoll and on io_uring.
. tests/lib.sh
scratch "tsan${ASYNCC_REACTOR:-}"
build=$BUILD/../tsan

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DASYNCC_COMPILER=OFF -DASYNCC_TESTS=ON -DASYNCC_WERROR=ON \
      -DASYNCC_SANITIZE=thread >"$T/log" 2>&1 &&
    cmake --build "$build" -j "$JOBS" >>"$T/log" 2>&1 || { fail "tsan: builds" "$T/log"; exit 0; }
TSAN_OPTIONS=halt_on_error=1:exitcode=99
export TSAN_OPTIONS
for program in "$build"/tests/unit/*; do
    name=$(basename "$program")
    [ "$name" != explore_states ] || continue # one thread, and stacks that ThreadSanitizer does not know
    check "tsan/$name" timeout 300 "$program"
done
[ -n "$reactor" ] || on_io_uring tsan sh "$0"
exit 0
