#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every check there is: format, static analysis, unit tests under sanitizers, then all tests on the release
# build, attaching to real processes. ctest's summary comes last and names the tests that were skipped.
# Exit status: 0 when all passed, 1 when any step failed. Results of each step stand before that summary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

jobs=$(nproc)
results=()
failures=
failed=0

# step NAME COMMAND...: runs it, notes how it ended and how long it took, and goes on. What a failed one said
# last is said again at the end.
step() {
    local name=$1 began=$SECONDS verdict=passed log
    shift
    echo "== $name"
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" || { verdict=FAILED && failed=1 && failures+="== $name"$'\n'$(tail -n 40 "$log")$'\n'; }
    rm -f "$log"
    results+=("$(printf '%-8s %4d s  %s' "$verdict" $((SECONDS - began)) "$name")")
}

check_format() {
    find userspace exporter bpf bench tests \( -name '*.h' -o -name '*.c' -o -name '*.cpp' \) -print0 |
        xargs -0 clang-format --dry-run -Werror
}

# .clang-tidy says which checks; the tests' sources are not among the files.
check_tidy() {
    local log
    log=$(mktemp)
    if run-clang-tidy -quiet -j "$jobs" -p build "^$PWD/(userspace|exporter)/" >"$log" 2>&1; then
        echo "no findings"
        rm -f "$log"
    else
        grep -vE '^clang-tidy|warnings? generated|^Suppressed|^Use -header-filter' "$log"
        rm -f "$log"
        return 1
    fi
}

# Sanitizers of this age abort at times where the kernel randomises addresses by more than 28 bits.
with_fixed_addresses() {
    if setarch --addr-no-randomize true 2>/dev/null; then
        setarch --addr-no-randomize "$@"
    else
        "$@"
    fi
}

test_under_address_sanitizer() {
    cmake --preset asan --log-level=WARNING && cmake --build --preset asan --target unit_tests &&
        with_fixed_addresses ctest --preset asan --label-regex unit --parallel "$jobs"
}

# Only what has threads of ours.
test_under_thread_sanitizer() {
    cmake --preset tsan --log-level=WARNING &&
        cmake --build --preset tsan --target exporter_test http_test pipeline_test &&
        with_fixed_addresses build/tsan/exporter_test --gtest_brief=1 &&
        with_fixed_addresses build/tsan/http_test --gtest_brief=1 &&
        with_fixed_addresses build/tsan/pipeline_test --gtest_brief=1
}

install_packages build sample test
# Without a browser the tests that need one are skipped.
if [[ ${FLOWTAP_BROWSER_TESTS:-0} == 1 ]]; then
    install_packages browser
fi
scripts/build.sh
unpack_packages unpacked "$PWD/build/packages" ||
    echo "warning: no prometheus: the tests that need it will be skipped" >&2
step "format (clang-format)" check_format
step "static analysis (clang-tidy)" check_tidy
step "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer" test_under_address_sanitizer
step "exporter and pipeline under ThreadSanitizer" test_under_thread_sanitizer
step "build of everything (release)" cmake --build --preset release

echo "== steps so far, then all tests on the release build"
printf '%s\n' "${results[@]}"
ctest --preset release --parallel "$jobs" || failed=1  # system tests are marked to run alone
if ((failed)); then
    printf '%s' "$failures" >&2
    printf 'FAILED: see above; steps before the tests:\n' >&2
    printf '  %s\n' "${results[@]}" >&2
fi
exit "$failed"
