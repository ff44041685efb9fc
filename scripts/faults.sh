#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/faults.sh [--long]
#
# Kills, stops, starves and storms flowtap and its targets under load: the tests of tests/system/faults, and those of
# limits and losses. --long: ten times as much (100 restarts, stops of ten seconds).
# Exit status: 0 when all passed or were skipped for want of something that is named, else 1. As root; wants
# build/system_test: cmake --build --preset release --target system_tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
    '') ;;
    --long) export FLOWTAP_LONG_TESTS=1 ;;
    *) echo "usage: scripts/faults.sh [--long]" >&2 && exit 2 ;;
esac
build/system_test --gtest_filter='*FaultsTest.*:HostileTargetTest.*:FullDiskTest.*:MemoryTest.*:*LimitTest.*:*FewDescriptorsTest.*:*LossTest.*:BurstsTest.*'
