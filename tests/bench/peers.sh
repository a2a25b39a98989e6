# peers.sh - what runtime.sh and io.sh share: building the same programs on other runtimes, and tables of medians.
# Expects $here, $W, $ASYNCC, $LIB. A peer whose compiler or library is not there is left out.

GCC=${GCC:-gcc} GXX=${GXX:-g++} GO=${GO:-go} CARGO=${CARGO:-cargo}
CRATES=${CRATES:-/usr/share/cargo/registry} # of Debian's librust-tokio-dev
cflags="-O2 -DNDEBUG -std=gnu11 -Wall -Wextra -Werror -Iinclude -I$here/runtime -I$here/io"

die()
{
    echo "$1" >&2
    exit 2
}

# have TOOL
have()
{
    command -v "$1" >/dev/null
}

# have_header HEADER COMPILER FLAG...
have_header()
{
    header=$1
    shift
    echo "#include <$header>" | "$@" -fsyntax-only - 2>/dev/null
}

without()
{
    echo "(without $1: $2 is not here)"
}

# asyncc_program SOURCE NAME [FLAG...] - translates and builds
asyncc_program()
{
    source=$1 name=$2
    shift 2
    "$ASYNCC" "$source" -o "$W/$name.out.c" -- -D_GNU_SOURCE -Iinclude -I$here/runtime "$@" || die "asyncc refused $source"
    $GCC $cflags "$@" "$W/$name.out.c" -o "$W/$name" "$LIB" -lpthread $(uring_library) || die "$GCC refused $source"
}

# libasyncc.a may need liburing.
uring_library()
{
    if nm "$LIB" 2>/dev/null | grep -q ' U io_uring_'; then
        echo -luring
    fi
}

# c_program SOURCE NAME [LIBRARY...]
c_program()
{
    source=$1 name=$2
    shift 2
    $GCC $cflags "$source" -o "$W/$name" "$@" || die "$GCC refused $source"
}

libuv_program()
{
    if have_header uv.h $GCC -x c; then
        c_program "$1" "$2" -luv
    else
        without libuv uv.h
    fi
}

asio_program()
{
    if ! have_header asio.hpp $GXX -std=c++20 -x c++; then
        without Asio asio.hpp
    elif [ ! "$W/$2" -nt "$1" ]; then # it takes long
        $GXX -O2 -DNDEBUG -std=c++20 -I$here/runtime "$1" -o "$W/$2" -lpthread || die "$GXX refused $1"
    fi
}

go_program()
{
    if have "$GO"; then
        GOCACHE=$W/go-cache GOFLAGS=-mod=mod $GO build -o "$W/$2" "$1" || die "$GO refused $1"
    else
        without Go "$GO"
    fi
}

# tokio_programs - all of them, as $W/tokio-NAME
tokio_programs()
{
    set -- "$CRATES"/tokio-1.*
    if ! have "$CARGO" || [ ! -d "$1" ]; then
        without tokio "$CARGO or $CRATES/tokio"
        return
    fi
    mkdir -p "$W/tokio/.cargo"
    cat >"$W/tokio/.cargo/config.toml" <<END
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$CRATES"
END
    rm -rf "$W/tokio/src"
    cp -pr $here/tokio/Cargo.toml $here/tokio/src "$W/tokio"
    (cd "$W/tokio" && $CARGO build --release --offline --quiet) || die "$CARGO refused the programs on tokio"
    for source in $here/tokio/src/bin/*.rs; do
        name=$(basename "$source" .rs)
        ln -sf "tokio/target/release/$name" "$W/tokio-$name"
    done
}

# The median of the numbers on standard input, or -.
median()
{
    sort -g | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# value_of FILE ROW PEER - the median over the rounds; lines of FILE are ROUND PEER ROW VALUE
value_of()
{
    awk -v row="$2" -v peer="$3" '$2 == peer && $3 == row && $4 != "-" { print $4 }' "$1" | median
}

# ratio_of FILE ROW PEER LIMIT - the median of the ratios in each round
ratio_of()
{
    awk -v row="$2" -v peer="$3" -v limit="$4" '
        $3 != row || $4 == "-" { next }
        $2 == peer { ours[$1] = $4 }
        $2 == limit { by[$1] = $4 }
        END { for (r in ours) if (by[r] > 0) print ours[r] / by[r] }' "$1" | median
}

ratio()
{
    awk -v "a=$1" -v "b=$2" 'BEGIN { if (a == "-" || b == "-" || b == 0) print "-"; else printf "%.2f\n", a / b }'
}

# verdict VALUE GATE STRETCH [at-least] - held, stretch, MISSED, or - where there is no gate or no value
verdict()
{
    awk -v "v=$1" -v "gate=$2" -v "stretch=$3" -v "least=${4:-}" 'BEGIN {
        if (gate == "-" || v == "-") print "-"
        else if (least ? v >= stretch : v <= stretch) print "stretch"
        else if (least ? v >= gate : v <= gate) print "held"
        else print "MISSED"
    }'
}
