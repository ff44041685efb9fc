#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/kernels.sh [SUITE...]
#
# Runs a few system tests of build/, among them those of hardware watches, under the kernels of Debian suites (default:
# bullseye and trixie, which have 5.10 and 6.12), and prints a table. Exit status: 0 when all passed, else 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/python.sh

cases='Native/CountsTest.*/recursion_engine_c:Python/CountsTest.*/sync_*:Python/CountsTest.*/async_*:Found/FunctionsTest.AreCounted*'
suites=("$@")
((${#suites[@]} > 0)) || suites=(bullseye trixie)
python=$(find_python)
failed=0
table=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for suite in "${suites[@]}"; do
    began=$SECONDS
    verdict=passed
    # What works there is found out once for all cases: loading the programs takes an emulated CPU half a minute.
    scripts/vm.sh "$suite" bash -c "uname -r; build/flowtap check --json >/tmp/machine.json
        FLOWTAP_PATIENCE_SECONDS=300 FLOWTAP_MACHINE=/tmp/machine.json FLOWTAP_PYTHONS=$python build/system_test --gtest_filter='$cases'" |
        tee "$log" || { verdict=FAILED && failed=1; }
    # A run in which nothing ran has shown nothing.
    grep -q '^\[  PASSED  \] [1-9]' "$log" || { verdict=FAILED && failed=1; }
    table+=("$(printf '%-20s %-8s %5d s  %s skipped' "$suite" "$verdict" $((SECONDS - began)) \
        "$(grep -c '^\[  SKIPPED \].*ms)' "$log" || true)")")
done
echo "== kernels"
printf '%s\n' "${table[@]}"
exit "$failed"
