#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: bench/run.sh [--quick] [NAME...]
# Runs all benchmarks of this directory, or the named ones, on the release build, and prints Markdown tables.
# No time is a pass or a failure. Needs root. docs/performance.md has results, and the machine they are from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
source scripts/python.sh

options=()
names=()
for argument in "$@"; do
    case $argument in
    --quick) options+=("$argument") ;;
    -*) echo "usage: bench/run.sh [--quick] [NAME...]" >&2 && exit 2 ;;
    *) names+=("$argument") ;;
    esac
done

if ((${#names[@]} == 0)); then
    for file in bench/*.py bench/*.cpp; do
        file=${file##*/}
        names+=("${file%.*}")
    done
fi

install_packages build sample bench
cmake --preset release --log-level=WARNING
cmake --build --preset release --target flowtap benchmarks
if ! python=$(find_python); then
    echo "error: run the benchmarks: no $(supported_pythons) in /usr/bin or PATH (install one)" >&2
    exit 3
fi

for name in "${names[@]}"; do
    printf '\n## %s\n\n' "$name"
    if [[ -f bench/$name.py ]]; then
        "$python" -B "bench/$name.py" "${options[@]}"
    elif [[ -f bench/$name.cpp ]]; then
        "build/bench/$name" "${options[@]}"
    else
        echo "error: run benchmark $name: there is no bench/$name.py or bench/$name.cpp" >&2
        exit 2
    fi
done
