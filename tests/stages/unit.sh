# unit - tests/unit/*.c: the runtime, with cmocka, under ASan and UBSan. Each file is one program.
. tests/lib.sh
[ $# -gt 0 ] || { each_case tests/unit/*.c; exit; }

name=$(basename "$1" .c)
scratch "unit/$name"
check "unit/$name" timeout 60 "$BUILD/../dev/tests/unit/$name"
exit 0
