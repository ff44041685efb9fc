#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the Kailash SDK in a process, flowtap beside it, and prints what flowtap counted next to what the program
# counted itself, for each of the SDK's runtimes. Exit status: 0 all the same; 1 something differs; root.
# usage: compare_sdk.sh SDK_DIRECTORY INTERPRETER [--runs N] [--shape NAME]... [-- OPTION OF flowtap run...]
# SDK_DIRECTORY holds the package kailash; INTERPRETER has what that imports. Needs a built build/flowtap, or
# FLOWTAP_PROGRAM. compare_sdk.sh /src/kailash-py/src /usr/bin/python3.13 -- --prefer complete
set -euo pipefail
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/../tests/sdk/compare.py" "$@"
