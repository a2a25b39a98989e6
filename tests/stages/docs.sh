# docs - the programs in README.md and docs/*.md: a block that opens with ```c translate is translated and compiled
# without a warning; with ```c translate run it is run too, and must exit with 0.
. tests/lib.sh
if [ $# -eq 0 ]; then
    scratch docs-blocks
    for file in README.md docs/*.md; do
        [ -e "$file" ] || continue
        awk -v base="$T/$(basename "$file" .md)" '
            /^```c translate/ { out = base ":" NR + 1 ($0 ~ /run *$/ ? ".run" : "") ".c"; next }
            /^```/            { out = ""; next }
            out != ""         { print > out }
        ' "$file"
    done
    check "docs: the runtime under ASan and UBSan" sanitized_runtime gcc "$T/lib" || exit 1
    each_case "$T"/*.c
    exit
fi

name=$(basename "$1" .c)
name=${name%.run}
scratch "docs/$name"
program()
{
    run_tool "$ASYNCC" "$1" -o "$T/out.c" &&
        gcc -O1 $warnings $sanitize -Iinclude "$T/out.c" "$WORK/docs-blocks/lib/libasyncc.a" \
            -lpthread -o "$T/program"
}
check "docs/$name: translates and compiles" program "$1" || exit 0
case $1 in
*.run.c) check "docs/$name: runs" timeout 20 "$T/program" ;;
esac
exit 0
