#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/test.sh [--full]
#
# Format, static analysis of what changed, unit tests under sanitizers, then real processes watched by the release
# build on the oldest and the newest interpreter. --full: static analysis of everything, every source compiled by
# itself, every interpreter, the long form of the fault tests, the fuzzers for a minute each, two other kernels, and five
# minutes of churn under one daemon.
# A table of the steps and ctest's own summary, which names the tests that were skipped, come last, with the cases of real
# processes that passed only when they were run again. Exit status: 0 when
# all passed, 1 when any step failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
source scripts/steps.sh
source scripts/analysis.sh

full=0
case ${1:-} in
    '') ;;
    --full) full=1 ;;
    *) echo "usage: scripts/test.sh [--full]" >&2 && exit 2 ;;
esac
jobs=$(nproc)

check_format() {
    find userspace exporter bpf bench tests \( -name '*.h' -o -name '*.c' -o -name '*.cpp' \) -print0 |
        xargs -0 clang-format --dry-run -Werror
}

# Sanitizers of this age abort at times where the kernel randomises addresses by more than 28 bits.
with_fixed_addresses() {
    if setarch --addr-no-randomize true 2>/dev/null; then
        setarch --addr-no-randomize "$@"
    else
        "$@"
    fi
}

# build PRESET TARGET...
build() {
    cmake --preset "$1" --log-level=WARNING >/dev/null && cmake --build --preset "$1" --target "${@:2}"
}

# unit_tests PRESET [REGEX]: one process for each program; which cases were skipped, and why, is in the log.
unit_tests() {
    with_fixed_addresses ctest --preset "$1" --label-regex unit --parallel "$jobs" --tests-regex "${2:-.}" || return 1
    awk '/: Skipped$/ {getline reason} /^\[  SKIPPED \] .* ms\)$/ {print "skipped: " $4 ": " reason}' \
        "build/$1/Testing/Temporary/LastTest.log" | sort -u
}

address_sanitizer() { build asan unit_tests && unit_tests asan; }
thread_sanitizer() { build tsan threads_test && unit_tests tsan '^threads_test$'; }

# A case that fails is run once more, since it shares the machine with others; the log has the output of both runs.
name_repeated() {
    awk '/^[0-9]+\/[0-9]+ Test: / {name = $3} /^Test Failed/ {failed[name] = 1}
         /^Test Passed/ && name in failed {print "passed only when run again: " name}' build/Testing/Temporary/LastTest.log
}

real_processes() {
    local label='^(system|engines|deploy|docs)$' outcome=0
    # Three times as many at once as there are CPUs: they wait more than they compute.
    local how=(--preset release --label-regex "$label" --parallel $((3 * jobs)) --repeat until-pass:2)
    if ((full)); then
        local -x FLOWTAP_LONG_TESTS=1 FLOWTAP_PYTHONS=all
    fi
    ctest "${how[@]}" || outcome=$?
    name_repeated
    return "$outcome"
}

install_packages build sample test
# Without a browser the tests that need one are skipped.
if [[ ${FLOWTAP_BROWSER_TESTS:-0} == 1 ]]; then
    install_packages browser
fi
step "flowtap (release build)" scripts/build.sh
unpack_packages unpacked "$PWD/build/packages" ||
    echo "warning: no Prometheus or no tests of CPython: what needs them will be skipped" >&2
if ((full)); then
    scripts/kubernetes_tools.sh || echo "warning: no helm: the tests that need it will be skipped" >&2
fi
step "format (clang-format)" check_format
if ((full)); then
    step "static analysis of everything (clang-tidy)" analyse_everything
    step "every source by itself (debug build)" build debug all
else
    step "static analysis of what changed (clang-tidy)" analyse_changes
fi
step "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer" address_sanitizer
step "unit tests of threads under ThreadSanitizer" thread_sanitizer
step "programs to watch and their tests (release build)" build release system_tests
if ((full)); then
    step "soak (release build, 300 s)" scripts/soak.sh 300
    step "other kernels (two, one interpreter)" scripts/kernels.sh --short
    step "fuzzers (60 s each)" scripts/fuzz.sh 60
fi
# The last: what it skipped is said at the end.
step "real processes (release build)" real_processes
end_steps
