# shellcheck shell=bash
# What the scripts of a release share. To be read with `source`, in the top folder of the repository. It works with the
# bash of macOS (3.2) and with that of git for Windows.

# The version of koctl.
version() {
    sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml
}

# The target of this machine.
host() {
    rustc --version --verbose | sed -n 's/^host: //p'
}

# Prints SHA-256 and name of each file, as sha256sum does.
digests() {
    if command -v sha256sum >/dev/null; then sha256sum -- "$@"; else shasum --algorithm 256 -- "$@"; fi
}

# The name of the program of a target.
program() {
    case $1 in *-windows-*) echo koctl.exe ;; *) echo koctl ;; esac
}

# Packages that the scripts call, if a program is missing. Only on Debian and its relatives, as root; elsewhere the
# message names what to install.
# Usage: need PROGRAM PACKAGE [PROGRAM PACKAGE]...
need() {
    local missing=()
    while [ $# -gt 0 ]; do
        command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "These packages are missing: ${missing[*]}. Install them, for example with: sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
}

# Everything that a release is made of is here.
# shellcheck disable=SC2034 # used by those who read this file
dist=${KOCTL_DIST:-$PWD/target/dist}

# Times in what is made are that of the commit.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
