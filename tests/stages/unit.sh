# unit - tests/unit/*.c: the runtime, with cmocka, under ASan and UBSan, on epoll and on io_uring. Each file is one
# program; and so is tests/explore/explore_states.c: what crosses threads, in every order. `// also: sim` among a file's
# first ten lines runs it on that reactor, too.
. tests/lib.sh
if [ $# -eq 0 ]; then
    each_case tests/unit/*.c tests/explore/explore_states.c
    case ${FILTER:-runtime_} in
    runtime_*) on_io_uring unit each_case tests/unit/runtime_*.c ;;
    esac
    exit
fi

name=$(basename "$1" .c)
scratch "unit/$name${ASYNCC_REACTOR:-}"
skip_status=77 # of those that are about io_uring
check "unit/$name" timeout 300 "$BUILD/../dev/tests/unit/$name"
[ -z "${ASYNCC_REACTOR:-}" ] || exit 0
for also in $(directive also "$1"); do
    check "unit/$name: $also" env ASYNCC_REACTOR="$also" timeout 300 "$BUILD/../dev/tests/unit/$name"
done
exit 0
