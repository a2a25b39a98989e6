# consumers - tests/consumers/: projects that use an installed asyncc, through find_package (Ninja and Makefiles) and
# through pkg-config. Each is built, edited, and must then translate what changed and nothing else.
. tests/lib.sh
scratch consumers
prefix=$T/prefix

check "consumers: cmake --install" cmake --install "$BUILD" --prefix "$prefix" || exit 1
cat >"$T/installed.expected" <<END
bin/asyncc
include/asyncc/async.h
include/asyncc/net.h
END
listed()
{
    while read -r file; do
        [ -e "$prefix/$file" ] || { echo "missing: $file"; return 1; }
    done <"$T/installed.expected"
    for name in libasyncc.a libasyncc.so asyncc.pc asyncc-config.cmake; do
        find "$prefix" -name "$name" | grep . || { echo "missing: $name"; return 1; }
    done
    [ ! -e docs/asyncc.1 ] || [ -e "$prefix/share/man/man1/asyncc.1" ]
}
check "consumers: all is installed" listed
check "consumers: DESTDIR" env DESTDIR="$T/destdir" cmake --install "$BUILD" --prefix /usr
check "consumers: no build path in what is installed" sh -c "! grep -r -l -I '$BUILD' '$prefix'"

# The tree has been moved before it is used: nothing in it may name its first place.
mv "$prefix" "$T/moved"
prefix=$T/moved
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name asyncc.pc)")
export PKG_CONFIG_PATH
check "consumers: asyncc.pc has the version asyncc has" \
    sh -c "'$prefix/bin/asyncc' --version | grep \"\$(pkg-config --modversion asyncc)\""

# rebuild WHAT COUNT TEXT - builds; COUNT lines of the log must name a translation, and TEXT each of them.
rebuild()
{
    sh -c "$build" >"$T/log" 2>&1 </dev/null
    got=$?
    grep -E "$translating" "$T/log" >"$T/translated"
    {
        [ $got -eq 0 ] || echo "the build failed"
        [ "$(wc -l <"$T/translated")" -eq "$2" ] || echo "translated $(wc -l <"$T/translated") files, expected $2"
        ! grep -v -e "$3" "$T/translated" || echo "expected only $3"
        [ "$("$program" 2>&1)" = "$output" ] || echo "the program printed: $("$program" 2>&1)"
    } >"$T/wrong"
    if [ -s "$T/wrong" ]; then
        cat "$T/log" >>"$T/wrong"
        fail "$1" "$T/wrong"
    else
        ok "$1"
    fi
}

# edits NAME DIR - the same edits for every kind of build
edits()
{
    output="hello, world: 3, 42"
    rebuild "consumers/$1: builds" 2 .
    rebuild "consumers/$1: nothing to do" 0 .
    sleep 1.1 # make looks at whole time stamps on some file systems
    touch "$2/src/count.c"
    rebuild "consumers/$1: an async source touched" 1 count
    touch "$2/src/plain.h"
    rebuild "consumers/$1: a header touched that main.c includes" 1 main
    touch "$2/include/count.h"
    rebuild "consumers/$1: a header touched that both include" 2 .
    sed -i 's/42/43/' "$2/src/plain.c"
    output="hello, world: 3, 43"
    rebuild "consumers/$1: a plain source edited" 0 .
    echo '# error "broken"' >>"$2/src/count.c"
    check "consumers/$1: an error in a source stops the build" sh -c "! { $build; }"
    sed -i '$d' "$2/src/count.c"
    sed -i 's/i++/i += 2/' "$2/src/count.c"
    output="hello, world: 4, 43"
    rebuild "consumers/$1: mended" 1 count
    rebuild "consumers/$1: nothing to do after that" 0 .
}

for generator in Ninja "Unix Makefiles"; do
    name=cmake-$(echo "$generator" | tr -cd 'A-Za-z')
    cp -r tests/consumers/cmake "$T/$name"
    check "consumers/$name: configures" cmake -S "$T/$name" -B "$T/$name/build" -G "$generator" \
        -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug || continue
    build="cmake --build '$T/$name/build'"
    program=$T/$name/build/consumer
    translating='Translating '
    edits "$name" "$T/$name"
    sed -i 's/STEPS=3/STEPS=5/' "$T/$name/CMakeLists.txt"
    output="hello, world: 6, 43"
    rebuild "consumers/$name: a definition changed" 2 .
done

cp -r tests/consumers/make "$T/make"
cp -r tests/consumers/cmake/src tests/consumers/cmake/include "$T/make"
build="make -C '$T/make'"
program=$T/make/out/consumer
translating='bin/asyncc .* -o '
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libasyncc.so)")
export LD_LIBRARY_PATH
edits make "$T/make"
unset LD_LIBRARY_PATH

# A shared library serves as well.
shared()
{
    cmake -S tests/consumers/cmake -B "$T/shared" -DCMAKE_PREFIX_PATH="$prefix" -DBUILD_SHARED_LIBS=ON &&
        cmake --build "$T/shared" && ldd "$T/shared/consumer" | grep libasyncc && "$T/shared/consumer"
}
check "consumers: BUILD_SHARED_LIBS" shared

# Inside a larger project, with a generator that has several configurations.
subproject()
{
    cmake -S tests/consumers/cmake -B "$T/subproject" -G "Ninja Multi-Config" -DUSE_SOURCES_OF_ASYNCC="$PWD" &&
        cmake --build "$T/subproject" --config Debug && "$T/subproject/Debug/consumer"
}
check "consumers: add_subdirectory" subproject

examples()
{
    cmake "$BUILD" -DASYNCC_EXAMPLES=ON && cmake --build "$BUILD" && [ -x "$BUILD/bin/http_server" ]
    status=$?
    cmake "$BUILD" -DASYNCC_EXAMPLES=OFF && return $status
}
check "consumers: asyncc_target in asyncc's own build" examples
exit 0
