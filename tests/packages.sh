# packages.sh - installs Debian packages when it may. Sourced by tests/run.sh and examples/quickstart.sh.

# missing_packages NAME... - prints those that are not installed.
missing_packages()
{
    for name; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$name"
    done
}

# available_packages NAME... - prints those that apt-get could install.
available_packages()
{
    for name; do
        apt-cache show "$name" >/dev/null 2>&1 && printf '%s ' "$name"
    done
    true
}

# Sets $as_root to what runs a command as root, or fails.
find_root()
{
    as_root=
    [ "$(id -u)" = 0 ] && return
    as_root="sudo -n"
    sudo -n true 2>/dev/null
}

# install_packages NAME... - installs them, or says what to install and exits 2.
install_packages()
{
    [ $# -gt 0 ] || return 0
    if command -v apt-get >/dev/null && find_root; then
        echo "Installing $*"
        if $as_root apt-get update -qq &&
           $as_root env DEBIAN_FRONTEND=noninteractive \
               apt-get install -y -qq --no-install-recommends "$@" >/dev/null; then
            return 0
        fi
        echo "apt-get could not install what is missing." >&2
    fi
    echo "Please install these packages and try again:" >&2
    echo "    sudo apt-get install $*" >&2
    exit 2
}
