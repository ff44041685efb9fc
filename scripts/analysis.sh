# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: clang-tidy over all sources of flowtap, or over those that changed. .clang-tidy says which checks;
# tests are not among the files.

most_sources=12  # in the default run: half a minute each on a slow machine

# clang_tidy [FILE...]: all files where none is named.
clang_tidy() {
    local log pattern="/(userspace|exporter)/"
    cmake --preset debug --log-level=WARNING >/dev/null &&
        cmake --build --preset debug --target flowtap_skeletons || return 1
    (($# == 0)) || pattern="/($(IFS='|' && echo "${*//./\\.}"))\$"
    log=$(mktemp)
    # The commands are GCC's, and so are some of their warnings.
    if run-clang-tidy -quiet -j "$(nproc)" -p build/debug -extra-arg=-Wno-unknown-warning-option "$pattern" \
        >"$log" 2>&1; then
        rm -f "$log"
        echo "no findings"
        return
    fi
    grep -vE '^clang-tidy|warnings? generated|^Suppressed|^Use -header-filter' "$log"
    rm -f "$log"
    return 1
}

# changed_since COMMIT: sources that differ from it; of a header, the source of the same name.
changed_since() {
    git diff --name-only --diff-filter=d "$1" -- userspace exporter | sed 's/\.h$/.cpp/' | sort -u |
        while read -r file; do
            if [[ $file == *.cpp && -e $file ]]; then echo "$file"; fi
        done
}

# The commit that this branch left main at; fails where that is unknown or nothing has changed since.
branch_point() {
    local main point
    for main in origin/main main; do
        point=$(git merge-base HEAD "$main" 2>/dev/null) || continue
        git diff --quiet "$point" -- userspace exporter && continue
        echo "$point"
        return
    done
    return 1
}

analyse_changes() {
    local point files commit
    if point=$(branch_point); then
        mapfile -t files < <(changed_since "$point" | head -n "$most_sources")
        echo "${#files[@]} sources (at most $most_sources) that changed since ${point::12}, where this branch left main"
    elif commit=$(git log -1 --format=%H -- userspace exporter 2>/dev/null) &&
        git rev-parse --verify --quiet "$commit~1" >/dev/null; then
        mapfile -t files < <(changed_since "$commit~1" | head -n "$most_sources")
        echo "nothing changed against main: ${#files[@]} sources of the last commit (at most $most_sources)"
    else
        files=(userspace/main.cpp userspace/plan/planner.cpp exporter/http/network.cpp)
        echo "no history to compare with: a sample of ${#files[@]} sources"
    fi
    ((${#files[@]} == 0)) || clang_tidy "${files[@]}"
}

analyse_everything() { clang_tidy; }
