#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/kernels.sh [--short] [--write] [SUITE...]
#
# Runs system tests of build/ under the kernels of Debian suites, in QEMU (scripts/vm.sh), and prints a table: the counts
# of a native engine and of Python, hardware watches, what is lost while flowtap is stopped, detaching, kill -9, the five
# capabilities alone at Debian's kernel.perf_event_paranoid, steps of the wall clock. Default: bullseye (5.10), bookworm
# (6.1), trixie (6.12), trixie-backports and sid (the newest); --short: the first and the third, without the capabilities.
# --write: the table and what each kernel lacks become docs/kernels.md, with the last run of those not run this time.
# An emulated CPU takes a minute or more to verify the BPF programs: allow ten minutes for each kernel.
# Exit status: 0 when everything passed or was skipped for want of something that is named, else 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/python.sh

cases='KernelTest.*:KernelCapabilitiesTest.*'
all=(bullseye bookworm trixie trixie-backports sid)
suites=()
short=0 write=0
for argument in "$@"; do
    case $argument in
        --short) short=1 ;;
        --write) write=1 ;;
        -*) echo "usage: scripts/kernels.sh [--short] [--write] [SUITE...]" >&2 && exit 2 ;;
        *) suites+=("$argument") ;;
    esac
done
((short)) && cases='KernelTest.*'
if ((${#suites[@]} == 0)); then
    suites=("${all[@]}")
    ((short)) && suites=(bullseye trixie)
fi
python=$(find_python)
python_name=$("$python" -c 'import platform; print("CPython", platform.python_version())')
logs=build/kernels/logs
mkdir -p "$logs"
export FLOWTAP_VM_SECONDS=${FLOWTAP_VM_SECONDS:-2400}

# A column of the table and the test that it tells of.
columns=(
    'native engine: KernelTest.CountsANativeEngine'
    'Python: KernelTest.CountsPythonsWorkflowsAndTasks'
    'hardware watches: KernelTest.CountsPlainFunctionsByHardwareWatches'
    'wall clock set: KernelTest.CountsAndTimesAsBeforeWhenTheWallClockIsSet'
    'losses: KernelTest.CountsWhatItLosesWhileItIsStopped'
    'detach: KernelTest.GivesATargetItsBytesBackWhenItIsNoLongerNamed'
    'kill -9: KernelTest.LeavesNothingInATargetWhenItIsKilled'
    'five capabilities: KernelCapabilitiesTest.CountOrSayWhatTheyLack'
)
((short)) && columns=("${columns[@]:0:7}")

# shellcheck disable=SC2016  # for the guest's shell
in_guest='echo "kernel: $(uname -r)"; exec build/system_test --gtest_filter="$1"'

# result_of TEST LOG: passed, skipped, FAILED, or "not run".
result_of() {
    if grep -qF "[       OK ] $1 (" "$2"; then
        echo passed
    elif grep -qF "[  SKIPPED ] $1 (" "$2"; then
        echo skipped
    elif grep -qF "[  FAILED  ] $1" "$2"; then
        echo FAILED
    else
        echo "not run"
    fi
}

# row SUITE LOG
row() {
    local line column
    line="| $(sed -n 's/^kernel: //p' "$2" | head -n 1) | $1 | $(date --utc --reference="$2" +%F) |"
    for column in "${columns[@]}"; do line+=" $(result_of "${column#*: }" "$2") |"; done
    echo "$line"
}

heading() {
    local line='| kernel | suite | date |' rule='|---|---|---|'
    for column in "${columns[@]}"; do line+=" ${column%%: *} |" && rule+='---|'; done
    printf '%s\n' "$line" "$rule"
}

notes() {
    printf '\n**%s** (%s)\n\n' "$(sed -n 's/^kernel: //p' "$2" | head -n 1)" "$1"
    sed -n 's/.*kernel-note: \(.*\)/- \1/p' "$2" | sed 's/flowtap: //' | sort -u
}

# The rows of those suites that have a log.
rows() {
    local suite
    for suite in "$@"; do [[ ! -s $logs/$suite.log ]] || row "$suite" "$logs/$suite.log"; done
}

all_notes() {
    local suite
    for suite in "$@"; do [[ ! -s $logs/$suite.log ]] || notes "$suite" "$logs/$suite.log"; done
}

document() {
    cat <<TEXT
# Kernels

Written by \`scripts/kernels.sh --write\`, which boots each kernel in QEMU without KVM and runs tests of \`tests/system\` there
with ${python_name}. Debian's kernels have \`kernel.perf_event_paranoid\` at 3, so this is what flowtap does there, as root and
with the five capabilities of [Requirements](requirements.md).

$(heading)
$(rows "${all[@]}")

- native engine, Python, hardware watches: workflows, nodes and plain functions were counted exactly as the programs counted
  them themselves.
- wall clock set: steps by days changed no count, duration or age.
- losses: what did not fit while flowtap was stopped was counted.
- detach, kill -9: the target had its bytes back, and went on as it does alone.
- five capabilities: a daemon that has no others counts, or says what it lacks.

\`columns\` in [scripts/kernels.sh](../scripts/kernels.sh) names the test of each.

## What differs
$(all_notes "${all[@]}")
TEXT
}

failed=0
for suite in "${suites[@]}"; do
    log=$logs/$suite.log
    scripts/vm.sh "$suite" env "FLOWTAP_PYTHONS=$python" FLOWTAP_MAY_SET_CLOCK=1 FLOWTAP_PATIENCE_SECONDS=900 \
        bash -c "$in_guest" guest "$cases" | tee "$log" || failed=1
    # A run in which nothing ran has shown nothing.
    grep -q '^\[  PASSED  \] [1-9]' "$log" || failed=1
done
echo "== kernels"
heading
rows "${suites[@]}"
all_notes "${suites[@]}"
if ((write)); then document >docs/kernels.md; fi
exit "$failed"
