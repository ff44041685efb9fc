# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: install_packages GROUP... installs what is missing of these groups of packages.txt;
# unpack_packages GROUP FOLDER puts the files of a group into a folder and installs nothing.

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

# For programs whose package would start a service or make users on this machine. Without what they depend on.
unpack_packages() {
    local package folder=$2
    local stamp
    for package in $(packages_of "$1"); do
        stamp=$folder/.$package
        [[ -e $stamp ]] && continue
        mkdir -p "$folder"
        echo "unpacking $package into $folder"
        (
            cd "$folder" && rm -f "$package"_*.deb
            apt-get download "$package" 2>/dev/null || { as_root apt-get update && apt-get download "$package"; }
            dpkg --extract "$package"_*.deb . && rm -f "$package"_*.deb
        ) || return 1
        touch "$stamp"
    done
}
