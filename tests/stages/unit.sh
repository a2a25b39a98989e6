# unit - tests/unit/*.c: the runtime, with cmocka, under ASan and UBSan. Each file is one program; and so is
# tests/explore/states.c: what crosses threads, in every order.
. tests/lib.sh
[ $# -gt 0 ] || { each_case tests/unit/*.c tests/explore/explore_states.c; exit; }

name=$(basename "$1" .c)
scratch "unit/$name"
check "unit/$name" timeout 300 "$BUILD/../dev/tests/unit/$name"
exit 0
