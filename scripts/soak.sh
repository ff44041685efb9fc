#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/soak.sh [SECONDS]
#
# Runs build/system_test's SoakTest for SECONDS (300; an hour is 3600): targets that come and go or are killed, thousands
# of workflows, scrapes and reloads, under one daemon. A table of what the daemon holds comes last; memory, descriptors,
# threads, entries of the kernel's tables, links and series must be flat.
# Exit status: 0 when they are, else 1. As root; wants build/system_test: cmake --build --preset release --target system_tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-300}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: scripts/soak.sh [SECONDS]" >&2 && exit 2; }
FLOWTAP_SOAK_SECONDS=$seconds build/system_test --gtest_filter='SoakTest.*'
