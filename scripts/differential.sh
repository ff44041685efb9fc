#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/differential.sh
#
# Runs programs alone and observed, which must have the same output, exit status and counts: parts of CPython's own test
# suite, programs with greenlets, gevent, threads, signals, forks and C++ exceptions, and the native engines; on the
# interpreters of FLOWTAP_PYTHONS ("all", or paths with colons; default: the oldest and the newest).
# A table of the CPU times comes last, for the reader: noise is no failure. Exit status: 0 when all passed, else 1. As root;
# wants build/system_test: cmake --build --preset release --target system_tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

(($# == 0)) || { echo "usage: scripts/differential.sh" >&2 && exit 2; }
unpack_packages unpacked "$PWD/build/packages" || echo "warning: some tests of CPython will be skipped" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
build/system_test --gtest_filter='*PythonSafetyTest.*:*CPythonSuiteTest.*:*NativeUnharmedTest.*' |
    tee "$log" || status=1
printf '\n%-40s %8s %9s\n' 'program (CPU seconds)' alone observed
sed -n 's/^differential: //p' "$log"
awk '/^differential:/ {alone += $(NF - 1); observed += $NF}
     END {printf "%-40s %8.2f %9.2f\n", "all", alone, observed}' "$log"
exit $status
