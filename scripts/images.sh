#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/images.sh [--musl] SUITE VERSION [SOURCE]
#
# Builds CPython VERSION (3.13) as the official container images do, with the compiler of a Debian SUITE (bookworm,
# trixie, sid), and runs the system tests of build/ on it: a row of docs/supported.md. The options are those of the "slim"
# images: shared, PGO, LTO, stripped, frame pointers from 3.12 on. --musl: those of the Alpine images (musl, LTO, no PGO,
# and what Alpine's compiler does by default), with Debian's musl-gcc, so without the modules that need other libraries.
# SOURCE is a directory or an archive of CPython's source; without it, the newest of that version in Debian's archives,
# which have no 3.12. FLOWTAP_CC is the suite's compiler to use (gcc; gcc-15), FLOWTAP_PROFILE_TASK replaces what PGO
# learns from, FLOWTAP_JOBS is make's -j (1), and GTEST_FILTER chooses other tests. Root, with debootstrap; PGO and LTO
# take long. What is built stays in build/images, and is not built again.
# Exit status: that of the tests; 2 where there is no such source.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# In a mount namespace of its own, so that nothing stays mounted.
if [[ -z ${FLOWTAP_OWN_MOUNTS:-} ]]; then
    FLOWTAP_OWN_MOUNTS=1 exec unshare --mount --propagation private bash scripts/images.sh "$@"
fi

libc=glibc
if [[ ${1:-} == --musl ]]; then
    libc=musl
    shift
fi
if (($# < 2)); then
    echo "usage: scripts/images.sh [--musl] SUITE VERSION [SOURCE]" >&2
    exit 2
fi
suite=$1 version=$2 source=${3:-}
compiler=${FLOWTAP_CC:-gcc}
export GTEST_FILTER=${GTEST_FILTER:-'*Counts*:*Safety*:*Functions*:*CallShapes*'}
cache=$PWD/build/images
root=$cache/$suite
prefix=/opt/$libc-$version
build=/src/$libc-$version
mkdir -p "$cache"

source scripts/suites.sh

inside() { LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

make_root() {
    [[ -e $cache/.$suite ]] && return
    rm -rf "$root"
    debootstrap --variant=minbase "$suite" "$root" "$(mirror)"
    inside apt-get install --yes --quiet --no-install-recommends dpkg-dev gcc libbz2-dev libc6-dev libffi-dev \
        libgdbm-dev liblzma-dev libncurses-dev libreadline-dev libsqlite3-dev libssl-dev libzstd-dev linux-libc-dev make \
        musl-tools python3-greenlet uuid-dev xz-utils zlib1g-dev
    touch "$cache/.$suite"
}

# The archives keep few versions, and their indexes may name some that are gone.
fetch_source() {
    local found
    mkdir -p "$cache"/{lists/partial,apt/archives/partial,sources}
    for found in bookworm trixie sid experimental; do
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $found main"
    done >"$cache/sources.list"
    apt_of apt-get update
    while read -r found; do
        (cd "$cache/sources" && apt_of apt-get source --download-only --tar-only "python$version=$found") && return
    done < <(apt_of apt-cache showsrc "python$version" | sed -n 's/^Version: //p' | sort --version-sort --reverse)
    echo "error: the sources of python$version cannot be had from Debian's archives" >&2
    exit 2
}

newest_source() { find "$cache/sources" -name "python${version}_*.orig.tar.*" | sort --version-sort | tail -n 1; }

unpack_source() {
    [[ -n $source ]] || { fetch_source && source=$(newest_source); }
    rm -rf "${root:?}$build" && mkdir -p "$root$build"
    if [[ -d $source ]]; then
        cp --archive "$source/." "$root$build"
    else
        tar --extract --directory "$root$build" --strip-components=1 --file "$source"
    fi
}

configure_options() {
    echo "--prefix=$prefix --enable-loadable-sqlite-extensions --enable-option-checking=fatal --enable-shared --with-lto"
    if [[ $libc == musl ]]; then
        echo "--without-ensurepip CC=/usr/local/bin/alpine-gcc"
    else
        echo "--with-ensurepip --enable-optimizations CC=$compiler"
    fi
}

compiler_flags() {
    if [[ $libc == musl ]]; then
        echo "-DTHREAD_STACK_SIZE=0x100000"
    else
        inside dpkg-buildflags --get CFLAGS
    fi
    [[ $version == 3.11 ]] || echo "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer"
}

linker_flags() {
    if [[ $libc == musl ]]; then
        echo "-Wl,--strip-all"
    else
        echo "$(inside dpkg-buildflags --get LDFLAGS),--strip-all"
    fi
}

# What Alpine's gcc does unasked. It has no multiarch, which configure would compare with the C library. 3.11's setup.py
# names the directories of Debian's headers, which are glibc's.
make_alpine_compiler() {
    local headers
    cat >"$root/usr/local/bin/alpine-gcc" <<SCRIPT
#!/bin/sh
[ "\$1" = --print-multiarch ] && exit
for argument; do
    shift
    case \$argument in -I/usr/include*) ;; *) set -- "\$@" "\$argument" ;; esac
done
export REALGCC=$compiler
exec musl-gcc -fstack-protector-strong -fstack-clash-protection -Wl,-z,relro,-z,now,--as-needed "\$@"
SCRIPT
    chmod +x "$root/usr/local/bin/alpine-gcc"
    # musl-gcc does not look where Linux' own headers are.
    for headers in linux asm-generic x86_64-linux-gnu/asm; do
        ln -sfn "/usr/include/$headers" "$root/usr/include/x86_64-linux-musl/${headers##*/}"
    done
}

make_python() {
    local flags=("EXTRA_CFLAGS=$(compiler_flags | tr '\n' ' ')") jobs=-j${FLOWTAP_JOBS:-1}
    [[ -z ${FLOWTAP_PROFILE_TASK:-} ]] || flags+=("PROFILE_TASK=$FLOWTAP_PROFILE_TASK")
    [[ $compiler == gcc ]] || inside apt-get install --yes --quiet --no-install-recommends "$compiler"
    [[ $libc == glibc ]] || make_alpine_compiler
    # shellcheck disable=SC2016,SC2046  # the inner shell's variables; words
    inside sh -ec 'cd "$1"; shift; ./configure "$@"' sh "$build" $(configure_options) >"$cache/configure.log"
    inside make -C "$build" "$jobs" "${flags[@]}" "LDFLAGS=$(linker_flags)"
    # As in the images: the program finds its own library, whatever the system has.
    rm "$root$build/python"
    inside make -C "$build" "$jobs" "${flags[@]}" "LDFLAGS=$(linker_flags),-rpath='\$\$ORIGIN/../lib'" python
    inside make -C "$build" install
    touch "$root$prefix/built"
}

# A program of the name that tests expect: it becomes the interpreter, in a mount namespace and with a root of its own,
# as in a container.
wrapper() {
    local path=$cache/$suite-$libc/python$version
    mkdir -p "$(dirname "$path")"
    cat >"$path" <<SCRIPT
#!/bin/sh
exec unshare --mount --propagation private sh -ec '
    cd "$root"
    pivot_root . old
    cd /
    umount --lazy old
    exec "$prefix/bin/python$version" "\$@"' sh "\$@"
SCRIPT
    chmod +x "$path"
    echo "$path"
}

make_root
mkdir -p "$root/old"
mount --bind "$root" "$root"
for directory in proc dev tmp; do mount --rbind "/$directory" "$root/$directory"; done
if [[ ! -e $root$prefix/built ]]; then
    unpack_source
    make_python >"$cache/$suite-$libc-$version.log" 2>&1
fi
mkdir -p "$root$PWD"
mount --rbind "$PWD" "$root$PWD"
python=$(wrapper)
"$python" -VV
FLOWTAP_PYTHONS=$python build/system_test
