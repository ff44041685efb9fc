#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/package.sh SUITE
#
# Builds flowtap and its Debian package in a fresh root of a Debian SUITE (bookworm, trixie), with that suite's compiler
# and libraries, whose names differ from suite to suite. Leaves build/package-SUITE/flowtap_VERSION_amd64.deb, and beside it
# the roots: `root` as debootstrap makes it, and `builder`, where a later call goes on. Root, with debootstrap.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if (($# != 1)); then
    echo "usage: scripts/package.sh SUITE" >&2
    exit 2
fi

# In a mount namespace of its own, so that nothing stays mounted.
if [[ -z ${FLOWTAP_OWN_MOUNTS:-} ]]; then
    FLOWTAP_OWN_MOUNTS=1 exec unshare --mount --propagation private bash scripts/package.sh "$@"
fi

suite=$1
cache=$PWD/build/package-$suite
builder=$cache/builder
source scripts/packages.sh
source scripts/suites.sh

inside() { LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$builder" "$@"; }

make_roots() {
    [[ -e $cache/.roots ]] && return
    rm -rf "$cache"
    mkdir -p "$cache"
    debootstrap --variant=minbase "$suite" "$cache/root" "$(mirror)"
    cp --archive "$cache/root" "$builder"
    # shellcheck disable=SC2046  # words
    inside apt-get install --yes --quiet --no-install-recommends file python3 $(packages_of build)
    touch "$cache/.roots"
}

make_package() {
    mkdir -p "$builder/flowtap"
    for directory in proc sys dev; do mount --rbind "/$directory" "$builder/$directory"; done
    mount --bind "$PWD" "$builder/flowtap"
    mount -o remount,bind,ro "$builder/flowtap"
    inside sh -euc 'cd /flowtap; cmake --preset release -B /build --log-level=WARNING \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG"'
    inside cmake --build /build --target flowtap
    inside cpack -G DEB --config /build/CPackConfig.cmake -B /build/package
    cp "$builder"/build/package/flowtap_*.deb "$cache"
}

make_roots
make_package
ls "$cache"/flowtap_*.deb
