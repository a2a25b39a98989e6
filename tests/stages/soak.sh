# soak - tests/soak/soak.c: connections that open, stall, reset and are cancelled at random, for a few seconds under ASan
# and UBSan. By hand, for ten minutes: the command at the head of the file.
. tests/lib.sh
scratch soak

run_tool "$ASYNCC" tests/soak/soak.c -o "$T/soak.c" >"$T/log" 2>&1 &&
    sanitized_runtime gcc "$T" &&
    gcc $warnings -O1 $sanitize -Iinclude "$T/soak.c" "$T/libasyncc.a" -lpthread -o "$T/soak" >>"$T/log" 2>&1 ||
    { fail "soak: builds" "$T/log"; exit 0; }
check "soak" timeout 60 "$T/soak" 5 500 1
on_io_uring soak check "soak: io_uring" timeout 60 "$T/soak" 5 500 1
exit 0
