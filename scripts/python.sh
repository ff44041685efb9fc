# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced from the repository's directory: find_python prints an interpreter that flowtap can watch; fails
# where there is none. supported_pythons says in words what it looks for.

# Oldest or Newest
python_minor() {
    sed -n "s/.* k$1PythonMinor = \\([0-9]*\\);.*/\\1/p" userspace/python/versions/supported.h
}

supported_pythons() { echo "python3.$(python_minor Oldest) to 3.$(python_minor Newest)"; }

find_python() {
    local candidate oldest newest fits
    oldest=$(python_minor Oldest)
    newest=$(python_minor Newest)
    fits="import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, $newest))"
    for candidate in /usr/bin/python3 $(seq -f 'python3.%g' "$newest" -1 "$oldest") python3; do
        if "$candidate" -c "$fits" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}
