#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Leaves build/flowtap. Installs what a build needs and is missing (Debian 12; root, or sudo).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

if [[ ! -r /sys/kernel/btf/vmlinux ]]; then
    echo "error: read /sys/kernel/btf/vmlinux: not there; bpf/ is built from a kernel's types" \
        "(mount sysfs, or use a kernel with CONFIG_DEBUG_INFO_BTF)" >&2
    exit 3
fi
install_packages build
cmake --preset release --log-level=WARNING
cmake --build --preset release --target flowtap
echo "built $PWD/build/flowtap"
