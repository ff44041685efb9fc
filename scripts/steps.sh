# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: step NAME COMMAND... runs a step and goes on if it fails; end_steps prints what failed, a table of
# all steps and the end of the last step's output, and exits.

results=()
failures=
failed=0
last_output=$(mktemp)
trap 'rm -f "$last_output"' EXIT

step() {
    local name=$1 began=$SECONDS verdict=passed
    shift
    echo "== $name"
    if ! "$@" 2>&1 | tee "$last_output"; then
        verdict=FAILED
        failed=1
        failures+="== $name"$'\n'$(tail -n 40 "$last_output")$'\n'
    fi
    results+=("$(printf '%-8s %5d s  %s' "$verdict" $((SECONDS - began)) "$name")")
}

end_steps() {
    ((failed)) && printf '%s' "$failures"
    echo "== steps"
    printf '%s\n' "${results[@]}" "$(printf '%-8s %5d s' total "$SECONDS")"
    sed -n '/tests passed/,$p' "$last_output"
    exit "$failed"
}
