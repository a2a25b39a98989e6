# diff - the same program in two ways: tests/run as blocking C (tests/diff/blocking.sh), and cancelled at each suspension
# (tests/diff/cancel.sh); random programs converted to async ones (tests/diff/csmith.sh), $DIFF_COUNT of them, 200 by
# default, from seed $DIFF_SEED on.
. tests/lib.sh
scratch diff
case ${FILTER:-} in
csmith) ;;
*)
    sh tests/diff/blocking.sh ${FILTER:+"$FILTER"} || fail "diff: blocking.sh"
    sh tests/diff/cancel.sh ${FILTER:+"$FILTER"} || fail "diff: cancel.sh"
    ;;
esac
case ${FILTER:-csmith} in
csmith) ;;
*) exit 0 ;;
esac
if ! command -v csmith >/dev/null || [ ! -f /usr/include/csmith/csmith.h ]; then
    skip "diff/csmith: csmith and libcsmith-dev are not installed"
    exit 0
fi
if KEEP=$T/csmith sh tests/diff/csmith.sh "${DIFF_COUNT:-200}" "${DIFF_SEED:-1}" >"$T/log" 2>&1; then
    ok "diff/csmith: $(tail -n 1 "$T/log")"
else
    fail "diff/csmith: $(tail -n 1 "$T/log")" "$T/log"
fi
exit 0
