# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: install_packages GROUP... installs what is missing of these groups of packages.txt.

# The package names of one group, one per line.
packages_of() {
    local list
    list=$(dirname "${BASH_SOURCE[0]}")/packages.txt
    sed -n "/^\[$1\]/,/^\[/p" "$list" | sed -E '/^\[/d; s/[[:space:]]*#.*//; /^$/d'
}

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "error: run '$*': not root, and there is no sudo; run it as root, then this script again" >&2
        return 1
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}

install_packages() {
    local group package
    local missing=()
    for group in "$@"; do
        for package in $(packages_of "$group"); do
            is_installed "$package" || missing+=("$package")
        done
    done
    ((${#missing[@]} == 0)) && return
    if ! command -v apt-get >/dev/null; then
        echo "error: no apt-get; install what stands for these Debian packages: ${missing[*]}" >&2
        return 1
    fi
    echo "installing ${missing[*]}"
    # Package lists may be absent (containers) or name versions that are gone: then once more with new ones.
    apt_install "${missing[@]}" 2>/dev/null || { as_root apt-get update && apt_install "${missing[@]}"; }
}
