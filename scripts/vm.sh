#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/vm.sh SUITE COMMAND...
#
# Runs a command as root under the kernel of a Debian suite (bullseye has 5.10, bookworm 6.1, trixie 6.12, sid the
# newest), in QEMU without KVM, with this machine's files: what is built here runs there. Files are read-only, except
# in /tmp, /run and /dev/shm, which are the guest's own. Debug registers are emulated, so hardware watches can be tested
# where the machine has none. Kernels are kept in build/kernels. QEMU 7 fails to boot some of them at times: a guest that
# does not reach the command within three minutes is started again, up to three times.
# Exit status: the command's; 125 when the guest did not come to its end within FLOWTAP_VM_SECONDS (600).
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
source scripts/suites.sh

if (($# < 2)); then
    echo "usage: scripts/vm.sh SUITE COMMAND..." >&2
    exit 2
fi
suite=$1
shift
cache=$PWD/build/kernels/$suite
boot_seconds=180  # for a boot, on a busy machine; most take 20
mkdir -p "$cache"

# The newest kernel's package, which the first names, and that of its modules where they are apart.
kernel_packages() {
    local found=linux-image-amd64
    for _ in 1 2; do
        # shellcheck disable=SC2086  # names
        found+=$'\n'$(apt_of apt-cache depends $found |
            sed -nE 's/^ *Depends: (linux-(image|binary|modules|base)-[0-9].*)/\1/p')
    done
    grep -e '-[0-9]' <<<"$found" | sort -u
}

fetch_kernel() {
    mkdir -p "$cache/lists/partial" "$cache/apt/archives/partial" "$cache/debs"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >"$cache/sources.list"
    apt_of apt-get update
    (cd "$cache/debs" && mapfile -t packages < <(kernel_packages) && apt_of apt-get download "${packages[@]}")
    for package in "$cache"/debs/*.deb; do dpkg-deb --extract "$package" "$cache/root"; done
    [[ -e $cache/root/lib ]] || ln -s usr/lib "$cache/root/lib"
    cp "$(find "$cache/root/boot" "$cache/root/lib/modules" -name 'vmlinuz*' 2>/dev/null | head -n 1)" "$cache/vmlinuz"
}

# Prints the files of a module and of what it needs, in the order to load them; nothing for what is built in.
module_files() {
    local version
    version=$(basename "$(echo "$cache"/root/lib/modules/*)")
    [[ -e $cache/root/lib/modules/$version/modules.dep.bin ]] || depmod --basedir "$cache/root" "$version"
    modprobe --dirname "$cache/root" --set-version "$version" --show-depends "$1" | awk '$1 == "insmod" {print $2}'
}

unpacked() {
    case $1 in
        *.xz) xz --decompress --stdout "$1" ;;
        *.zst) zstd --quiet --decompress --stdout "$1" ;;
        *) cat "$1" ;;
    esac
}

pack() { (cd "$1" && find . | cpio --quiet --create --format newc | gzip --fast); }

make_initrd() {
    local module number=100 root=$cache/initrd
    rm -rf "$root" && mkdir -p "$root"/{bin,modules,proc,sys,dev,host}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for module in virtio_pci 9pnet_virtio 9p; do module_files "$module"; done | awk '!seen[$0]++' |
        while read -r module; do
            number=$((number + 1))
            unpacked "$module" >"$root/modules/$number.ko"
        done
    cat >"$root/init" <<'INIT'
#!/bin/busybox sh
PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 host /host
mount -t proc proc /host/proc
mount -t sysfs sys /host/sys
mount -t devtmpfs dev /host/dev
mount -t bpf bpf /host/sys/fs/bpf
mount -t tracefs tracing /host/sys/kernel/tracing
mount -t cgroup2 cgroup /host/sys/fs/cgroup
mkdir -p /host/dev/shm
for own in tmp run dev/shm; do mount -t tmpfs own "/host/$own"; done
cp /command /host/run/command
ifconfig lo 127.0.0.1 up
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb chroot /host /bin/bash /run/command
echo "exit status of the command: $?"
poweroff -f
INIT
    chmod +x "$root/init"
    pack "$root" >"$cache/initrd.gz.part" && mv "$cache/initrd.gz.part" "$cache/initrd.gz"
}

# The guest's clock counts its instructions, two nanoseconds each: on a busy machine it would else miscalibrate its clocks and
# time out.
# Starts the guest in the background: $guest. Its console goes to $work/console and to standard output.
start_guest() {
    : >"$work/console"
    timeout "${FLOWTAP_VM_SECONDS:-600}" qemu-system-x86_64 -accel tcg,thread=single -icount shift=1 \
        -cpu max -m 2048 -nographic -no-reboot \
        -net none -kernel "$cache/vmlinuz" -initrd "$work/initrd.gz" \
        -append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr tsc=reliable no_timer_check" \
        -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
        -device virtio-9p-pci,fsdev=host,mount_tag=host </dev/null >"$work/console" 2>&1 &
    guest=$!
    tail --follow --lines=+1 --pid="$guest" "$work/console" 2>/dev/null | sed --unbuffered 's/\r//g' &
    shown=$!
}

# Whether it reaches the command.
comes_up() {
    local left=$boot_seconds
    while ((left-- > 0)) && kill -0 "$guest" 2>/dev/null; do
        sleep 1
        if grep -q 'guest is up' "$work/console"; then return 0; fi
    done
    return 1
}

install_packages vm
if [[ ! -s $cache/initrd.gz ]]; then
    fetch_kernel && make_initrd
    rm -rf "$cache"/{debs,root,initrd,apt,lists}
fi
work=$(mktemp -d)
guest=
trap '[[ -z $guest ]] || kill "$guest" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/command"
printf 'echo guest is up\ncd %q\n%s\n' "$here" "${*@Q}" >"$work/command/command"
# An initrd may be several archives, one after the other.
{ cat "$cache/initrd.gz" && pack "$work/command"; } >"$work/initrd.gz"
for _ in 1 2 3; do
    start_guest
    up=1
    if ! comes_up; then
        up=0
        kill "$guest" 2>/dev/null || true
    fi
    wait "$guest" "$shown" || true
    if ((up)); then break; fi
    echo "vm.sh: the guest did not come up" >&2
done
status=$(sed -n 's/\r//g; s/^exit status of the command: //p' "$work/console" | tail -n 1)
exit "${status:-125}"
